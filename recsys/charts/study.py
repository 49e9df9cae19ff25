"""Figures of a transfer study, drawn from its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recsys.charts.intervals import add_curve, add_interval
from recsys.charts.style import (
    GROUPS,
    QUIET,
    blend_colour,
    group_colour,
    group_symbol,
    plain_text,
    sentence_figure,
    with_opacity,
)
from recsys.evaluation.study import methods
from recsys.evaluation.study.methods import ALONE, TRANSFER
from recsys.metrics.uncertainty import Estimate

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from plotly.graph_objects import Figure


def gain_figure(point: Mapping[str, Any]) -> Figure:
    """The gain over α = 0 at each α with its interval, for one number of known items."""
    gains = point["gain"]
    best = max(gains, key=lambda one: one["value"])
    k = int(point["observed"])
    known = f"{k} known item{'s' * (k != 1)}"
    figure = sentence_figure(
        f"With {known}, the gain is largest at α = {best['alpha']:.2g}: {_estimate(best).text}",
        x="α, the share of the source",
        y="NDCG@10 minus NDCG@10 at α = 0",
        alternative="; ".join(f"α {one['alpha']:.2g}: {one['value']:.3f}" for one in gains),
        height=360,
    )
    add_curve(figure, [one["alpha"] for one in gains], [_estimate(one) for one in gains])
    figure.add_hline(y=0, line={"dash": "dot", "color": QUIET}, annotation_text="no transfer")
    return figure


def methods_figure(point: Mapping[str, Any]) -> Figure:
    """NDCG@10 of every method, best on top; controls are hollow."""
    ordered = sorted(point["methods"].items(), key=lambda pair: pair[1]["value"])
    best = methods.label(ordered[-1][0])
    figure = sentence_figure(
        f"With {int(point['observed'])} known, {plain_text(best)} ranks best of {len(ordered)} methods",
        x=f"NDCG@10 on {int(point['people']):,} users, with 95% interval",
        alternative="; ".join(f"{methods.label(name)}: {_estimate(e).text}" for name, e in ordered),
        height=120 + 28 * len(ordered),
    )
    for name, e in ordered:
        control, label = methods.is_control(name), plain_text(methods.label(name))
        colour = blend_colour(0.5) if name == TRANSFER else QUIET if control else GROUPS[3]
        symbol = "circle-open" if control else "diamond" if name == TRANSFER else "circle"
        add_interval(figure, label, _estimate(e), colour, symbol)
    return figure


def gain_by_known_items_figure(points: list[Mapping[str, Any]]) -> Figure:
    """Every method over the number of known items; controls are grey bands of their intervals, transfer is thick."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        "The fewer items are known, the more transfer helps",
        x="known items of the user",
        y="NDCG@10",
        height=360,
    )
    known = [str(p["observed"]) for p in points]
    shown = [m for m in methods.METHODS if all(m.name in p["methods"] for p in points)]
    gains = [p["methods"][TRANSFER]["value"] - p["methods"][ALONE]["value"] for p in points]
    if gains[0] <= gains[-1]:
        figure.layout.title.text = "Transfer does not help most where the fewest items are known"
    for method in shown:
        if method.role == "control":
            estimates = [_estimate(p["methods"][method.name]) for p in points]
            figure.add_trace(_band(known, estimates, method.label))
    for number, method in enumerate(m for m in shown if m.role != "control"):
        name, transfers = method.name, method.role in ("transfer", "learned")
        figure.add_trace(
            go.Scatter(
                x=known,
                y=[p["methods"][name]["value"] for p in points],
                mode="lines+markers",
                name=method.label,
                line={
                    "color": blend_colour(0.5) if name == TRANSFER else group_colour(number),
                    "width": 4 if name == TRANSFER else 2.5 if transfers else 1.5,
                    "dash": "solid" if transfers else "dot",
                },
                marker={"symbol": group_symbol(number), "size": 10 if transfers else 7},
                hovertemplate=f"{method.label}, %{{x}} known: %{{y:.3f}}<extra></extra>",
            )
        )
    figure.update_layout(showlegend=True, height=460, legend={"orientation": "h", "y": -0.25})
    return figure


def _band(known: list[str], estimates: list[Estimate], label: str) -> go.Scatter:
    """The intervals of a control as a grey band."""
    import plotly.graph_objects as go

    return go.Scatter(
        x=[*known, *known[::-1]],
        y=[*(e.high for e in estimates), *(e.low for e in estimates[::-1])],
        fill="toself",
        fillcolor=with_opacity(QUIET, 0.25),
        line={"width": 0},
        name=f"{label} (control, 95% interval)",
        hoverinfo="skip",
    )


def _estimate(content: Mapping[str, Any]) -> Estimate:
    return Estimate(content["value"], content["low"], content["high"])
