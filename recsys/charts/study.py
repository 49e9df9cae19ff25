"""Figures of a transfer study, drawn from its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from recsys.charts.intervals import add_curve, add_interval
from recsys.charts.style import (
    GROUPS,
    QUIET,
    blend_colour,
    group_colour,
    group_symbol,
    in_words,
    plain_text,
    sentence_figure,
    with_opacity,
)
from recsys.evaluation.study import methods
from recsys.evaluation.study.methods import ALONE, TRANSFER
from recsys.metrics.uncertainty import Estimate
from recsys.wording import tr, tr_n

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from plotly.graph_objects import Figure


def gain_figure(point: Mapping[str, Any]) -> Figure:
    """The gain over α = 0 at each α with its interval, for one number of known items."""
    gains = point["gain"]
    best = max(gains, key=lambda one: one["value"])
    k = int(point["observed"])
    figure = sentence_figure(
        tr_n(
            "With {n} known item, the gain is largest at α = {alpha:.2g}: {gain}",
            "With {n} known items, the gain is largest at α = {alpha:.2g}: {gain}",
            k,
            alpha=best["alpha"],
            gain=_estimate(best).text,
        ),
        x=tr("α, the share of the source"),
        y=tr("NDCG@10 minus NDCG@10 at α = 0"),
        alternative=in_words((f"α {one['alpha']:.2g}", f"{one['value']:.3f}") for one in gains),
        height=360,
    )
    add_curve(figure, [one["alpha"] for one in gains], [_estimate(one) for one in gains])
    figure.add_hline(y=0, line={"dash": "dot", "color": QUIET}, annotation_text=tr("no transfer"))
    return figure


def methods_figure(point: Mapping[str, Any]) -> Figure:
    """NDCG@10 of every method, best on top; controls are hollow."""
    ordered = sorted(point["methods"].items(), key=lambda pair: pair[1]["value"])
    figure = sentence_figure(
        tr(
            "With {known} known, {method} ranks best of {methods} methods",
            known=int(point["observed"]),
            method=plain_text(tr(methods.label(ordered[-1][0]))),
            methods=len(ordered),
        ),
        x=tr("NDCG@10 on {users:,} users, with 95% interval", users=int(point["people"])),
        alternative=in_words((tr(methods.label(name)), _estimate(e).text) for name, e in ordered),
        height=120 + 28 * len(ordered),
    )
    for name, e in ordered:
        control, label = methods.is_control(name), plain_text(tr(methods.label(name)))
        colour = blend_colour(0.5) if name == TRANSFER else QUIET if control else GROUPS[3]
        symbol = "circle-open" if control else "diamond" if name == TRANSFER else "circle"
        add_interval(figure, label, _estimate(e), colour, symbol)
    return figure


def gain_by_known_items_figure(points: list[Mapping[str, Any]]) -> Figure:
    """Every method over the number of known items; controls are grey bands of their intervals, transfer is thick.

    Each line is named at its right end: labels are moved apart and joined to their lines.
    """
    import plotly.graph_objects as go

    places, known = list(range(len(points))), [f"{int(p['observed'])}" for p in points]
    shown = [m for m in methods.reported() if all(m.name in p["methods"] for p in points)]
    figure = sentence_figure(
        _gain_title(points),
        x=tr("known items of the user"),
        y="NDCG@10",
        height=_PLOT + _TOP + _BOTTOM,
        alternative=in_words((tr(m.label), _over_known(points, m.name)) for m in shown),
    )
    named: list[tuple[str, float, str]] = []  # label, value at the right end, colour
    for method in shown:
        if method.role == "control":
            estimates = [_estimate(p["methods"][method.name]) for p in points]
            figure.add_trace(_band(places, estimates, method.label))
            named.append(
                (tr("{method} (control)", method=method.label), (estimates[-1].low + estimates[-1].high) / 2, QUIET)
            )
    for number, method in enumerate(m for m in shown if m.role != "control"):
        name, label, transfers = method.name, tr(method.label), method.role in ("transfer", "learned")
        values = [p["methods"][name]["value"] for p in points]
        colour = blend_colour(0.5) if name == TRANSFER else group_colour(number)
        named.append((label, values[-1], colour))
        figure.add_trace(
            go.Scatter(
                x=places,
                y=values,
                text=known,
                mode="lines+markers",
                name=label,
                line={
                    "color": colour,
                    "width": 4 if name == TRANSFER else 2.5 if transfers else 1.5,
                    "dash": "solid" if transfers else "dot",
                },
                marker={"symbol": group_symbol(number), "size": 10 if transfers else 7},
                hovertemplate=f"{label}, {tr('{n} known', n='%{text}')}: %{{y:.3f}}<extra></extra>",
            )
        )
    figure.update_xaxes(tickvals=places, ticktext=known, range=[-0.2, places[-1] + 0.1], showgrid=False)
    _name_lines(figure, places[-1], named)
    return figure


def _gain_title(points: Sequence[Mapping[str, Any]]) -> str:
    """Where transfer is shown to be better than the target alone: claims a trend only where all points follow it."""
    alone = [next(one for one in point["comparisons"] if one["against"] == ALONE) for point in points]
    gains = [float(one["value"]) for one in alone]
    better = [place for place, one in enumerate(alone) if one["shown"] and gains[place] > 0]
    if not better:
        return tr("Transfer is not shown to help, however many items are known")
    if 0 in better and len(points) > 1 and all(first > second for first, second in pairwise(gains)):
        return tr("The fewer items are known, the more transfer helps")
    best = max(better, key=gains.__getitem__)
    return tr_n(
        "Transfer helps most where {n} item is known: {gain} NDCG@10",
        "Transfer helps most where {n} items are known: {gain} NDCG@10",
        int(points[best]["observed"]),
        gain=_estimate(alone[best]).signed(),
    )


_PLOT, _TOP, _BOTTOM, _RIGHT = 400, 56, 54, 270  # pixels: height of the plot, margins above, below and for the names
_LINE = 17  # pixels of a name


def _over_known(points: list[Mapping[str, Any]], name: str) -> str:
    return tr(", ").join(
        tr("{value:.3f} with {known} known", value=p["methods"][name]["value"], known=int(p["observed"]))
        for p in points
    )


def _name_lines(figure: Figure, last: int, named: list[tuple[str, float, str]]) -> None:
    """Names at the right end of the lines, in the order of their values, moved apart where they would overlap.

    Args:
        last: the rightmost place of the x-axis.
        named: label, value there and colour of each line.
    """
    values = [float(y) for trace in figure.data for y in trace.y]
    low, high = min(values), max(values)
    pad = 0.04 * (high - low) or 0.01
    low, high = low - pad, high + pad
    ordered = sorted(named, key=lambda one: one[1])
    pixels = [(value - low) / (high - low) * _PLOT for _, value, _ in ordered]
    figure.update_layout(margin={"t": _TOP, "b": _BOTTOM, "r": _RIGHT, "l": 70}, height=_PLOT + _TOP + _BOTTOM)
    figure.update_yaxes(range=[low, high], automargin=False)
    figure.update_xaxes(automargin=False)
    figure.update_layout(
        annotations=[
            {
                "x": last, "y": value, "ax": 34, "ay": at - to, "text": label, "xanchor": "left", "showarrow": True,
                "arrowhead": 0, "arrowwidth": 1.2, "arrowcolor": colour, "standoff": 6, "font": {"size": 12.5},
            }
            for (label, value, colour), at, to in zip(ordered, pixels, _apart(pixels), strict=True)
        ]
    )  # fmt: skip


def _apart(pixels: list[float]) -> list[float]:
    """Ascending heights moved so that neighbours are at least a line apart and all lie inside the plot."""
    heights = list(pixels)
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + _LINE)
    for i in range(len(heights) - 1, -1, -1):
        heights[i] = min(heights[i], _PLOT - _LINE * (len(heights) - 1 - i))
    return heights


def _band(places: list[int], estimates: list[Estimate], label: str) -> go.Scatter:
    """The intervals of a control as a grey band."""
    import plotly.graph_objects as go

    return go.Scatter(
        x=[*places, *places[::-1]],
        y=[*(e.high for e in estimates), *(e.low for e in estimates[::-1])],
        mode="lines",
        fill="toself",
        fillcolor=with_opacity(QUIET, 0.25),
        line={"width": 1, "color": with_opacity(QUIET, 0.6)},
        name=tr("{method} (control, 95% interval)", method=label),
        hoverinfo="skip",
    )


def _estimate(content: Mapping[str, Any]) -> Estimate:
    return Estimate(content["value"], content["low"], content["high"])
