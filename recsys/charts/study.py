"""Figures of the transfer study, drawn from its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recsys.charts.style import (
    GROUPS,
    QUIET,
    blend_colour,
    format_interval,
    group_colour,
    group_symbol,
    plain_text,
    sentence_figure,
    with_opacity,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONTROLS = ("random source", "shuffled pairs")


def gain_figure(point: Mapping[str, Any]) -> Figure:
    """The gain over α = 0 at each α with its interval, for one number of known items."""
    import plotly.graph_objects as go

    gains = point["gain"]
    best = max(gains, key=lambda one: one["value"])
    k = int(point["observed"])
    some = f"{k} item{'s' * (k != 1)} known"
    shown = format_interval(best["value"], best["low"], best["high"])
    figure = sentence_figure(
        f"With {some}, the gain is largest at α = {best['alpha']:.2g}: {shown}",
        x="α, the share borrowed",
        y="NDCG@10 minus that at α = 0",
        alternative="; ".join(f"α {one['alpha']:.2g}: {one['value']:.3f}" for one in gains),
        height=360,
    )
    alphas = [one["alpha"] for one in gains]
    figure.add_trace(
        go.Scatter(
            x=[*alphas, *alphas[::-1]],
            y=[*(one["high"] for one in gains), *(one["low"] for one in gains[::-1])],
            fill="toself",
            fillcolor=with_opacity(blend_colour(0.5), 0.2),
            line={"width": 0},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=alphas,
            y=[one["value"] for one in gains],
            mode="lines+markers",
            line={"color": blend_colour(0.5), "width": 3},
            marker={"color": [blend_colour(a) for a in alphas], "size": 8},
            hovertemplate="α = %{x:.2f}: %{y:.3f}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"dash": "dot", "color": QUIET}, annotation_text="no transfer")
    return figure


def methods_figure(point: Mapping[str, Any]) -> Figure:
    """NDCG@10 of the transfer and everything beside it, best on top; controls are hollow."""
    import plotly.graph_objects as go

    ordered = sorted(point["methods"].items(), key=lambda pair: pair[1]["value"])
    best = ordered[-1][0]
    figure = sentence_figure(
        f"With {int(point['observed'])} known, {plain_text(best)} ranks best of {len(ordered)} ways",
        x=f"NDCG@10 on {int(point['people']):,} people, with 95% interval",
        alternative="; ".join(f"{name}: {format_interval(e['value'], e['low'], e['high'])}" for name, e in ordered),
        height=120 + 28 * len(ordered),
    )
    for name, e in ordered:
        control = name in CONTROLS
        figure.add_trace(
            go.Scatter(
                x=[e["value"]],
                y=[plain_text(name)],
                error_x={"array": [e["high"] - e["value"]], "arrayminus": [e["value"] - e["low"]], "thickness": 2},
                mode="markers",
                marker={
                    "size": 12,
                    "symbol": "circle-open" if control else "diamond" if name == "transfer" else "circle",
                    "color": blend_colour(0.5) if name == "transfer" else QUIET if control else GROUPS[3],
                },
                hovertemplate=f"{plain_text(name)}: {format_interval(e['value'], e['low'], e['high'])}<extra></extra>",
            )
        )
    return figure


def gain_by_known_items_figure(points: list[Mapping[str, Any]]) -> Figure:
    """The transfer against no transfer and the controls, over how many items are known."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        "The less is known of a person, the more there is to borrow",
        x="items known of the person",
        y="NDCG@10",
        height=360,
    )
    shown = [n for n in ("transfer", "target alone", *CONTROLS, "popularity") if n in points[0]["methods"]]
    gains = [p["methods"]["transfer"]["value"] - p["methods"]["target alone"]["value"] for p in points]
    if gains[0] <= gains[-1]:
        figure.layout.title.text = "What is borrowed does not help most where least is known"
    for number, name in enumerate(shown):
        colour = blend_colour(0.5) if name == "transfer" else group_colour(number)
        figure.add_trace(
            go.Scatter(
                x=[str(p["observed"]) for p in points],
                y=[p["methods"][name]["value"] for p in points],
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 4 if name == "transfer" else 2},
                marker={"symbol": group_symbol(number), "size": 10},
                hovertemplate=f"{plain_text(name)}, %{{x}} known: %{{y:.3f}}<extra></extra>",
            )
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.3})
    return figure
