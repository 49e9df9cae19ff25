"""Figures of the picture: in three dimensions, flat for reports, its quality, and who a group is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import (
    KEPT,
    QUIET,
    format_number,
    format_percent,
    group_colour,
    plain_text,
    sentence_figure,
    with_opacity,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.embeddings.projection_quality import Quality

SHAPES_3D = ("circle", "diamond", "square", "cross", "x", "circle-open", "diamond-open", "square-open")
"""The marker shapes plotly has in three dimensions."""
_MOST = 20_000  # points a figure draws; more are thinned out evenly


def cloud_figure(
    points: np.ndarray,
    names: Sequence[str],
    labels: np.ndarray,
    groups: Sequence[str],
    *,
    colours: Sequence[str] | None = None,
    chosen: Sequence[int] = (),
    title: str = "Near each other: similar taste",
    height: int = 560,
) -> Figure:
    """The picture in three dimensions (or two), one trace a group, the chosen ones ringed.

    Args:
        points: float (n, 2 or 3).
        names: shown on hover, one a point. labels: int (n,), groups: their names.
        colours: of the groups; None takes the house's.
        chosen: rows that are marked.
    """
    import plotly.graph_objects as go

    figure = sentence_figure(title, alternative=f"{title}: {len(points):,} points in {len(groups)} groups.")
    flat = points.shape[1] == 2
    rows = np.arange(0, len(points), max(1, -(-len(points) // _MOST)))
    size = float(np.clip(90 / np.sqrt(len(rows) + 1), 2.0, 6.0))
    for group, name in enumerate(groups):
        own = rows[labels[rows] == group]
        if not len(own):
            continue
        colour = colours[group % len(colours)] if colours else group_colour(group)
        marker = {"size": size * (1.6 if flat else 1.0), "color": colour, "opacity": 0.8, "line": {"width": 0}}
        marker["symbol"] = SHAPES_3D[group % len(SHAPES_3D)]
        figure.add_trace(_points(go, points[own], marker, [plain_text(names[i]) for i in own], plain_text(name, 40)))
    if len(chosen):
        marker = {"size": size * 2.2, "color": "rgba(0,0,0,0)", "line": {"width": 3, "color": KEPT}}
        marker["symbol"] = "circle-open"
        figure.add_trace(_points(go, points[list(chosen)], marker, [plain_text(names[i]) for i in chosen], "chosen"))
    empty = {"showticklabels": False, "title": "", "showgrid": flat, "showbackground": False, "zeroline": False}
    figure.update_layout(
        height=height, showlegend=True, legend={"itemsizing": "constant", "x": 0, "y": 1, "bgcolor": "rgba(0,0,0,0)"}
    )
    if flat:
        figure.update_xaxes(showticklabels=False, showgrid=False)
        figure.update_yaxes(showticklabels=False, showgrid=False, scaleanchor="x")
    else:
        figure.update_layout(scene={"xaxis": empty, "yaxis": empty, "zaxis": empty, "aspectmode": "data"})
        figure.update_layout(margin={"l": 0, "r": 0, "b": 0})
    return figure


def _points(go: object, places: np.ndarray, marker: Mapping[str, object], hover: list[str], name: str) -> object:
    kind = "Scatter3d" if places.shape[1] == 3 else "Scattergl"
    axes = dict(zip("xyz", places.T, strict=False))
    template = f"%{{text}}<extra>{name}</extra>"
    return getattr(go, kind)(mode="markers", marker=marker, text=hover, hovertemplate=template, name=name, **axes)


def quality_figure(quality: Quality) -> Figure:
    """How far the picture can be trusted: three bars from 0 to 1."""
    import plotly.graph_objects as go

    kept = format_percent(quality.preservation)
    rows = [
        ("neighbours shown are real", quality.trustworthiness),
        ("real neighbours are shown near", quality.continuity),
        (f"of the {quality.neighbours} nearest stay so", quality.preservation),
    ]
    words = "; ".join(f"{name}: {format_number(value)}" for name, value in rows)
    figure = sentence_figure(
        f"{kept} of everybody’s {quality.neighbours} nearest are among the nearest in the picture",
        x="0 = none, 1 = all",
        alternative=f"{words}.",
        height=210,
    )
    names, values = zip(*reversed(rows), strict=True)
    bars = go.Bar(
        x=values,
        y=names,
        orientation="h",
        marker={"color": KEPT},
        text=[format_number(value) for value in values],
        width=0.55,
    )
    figure.add_trace(bars)
    figure.update_xaxes(range=[0, 1.02])
    return figure


def column_figure(name: str, shares: Mapping[str, tuple[float, float]], group: str = "the group") -> Figure:
    """A column of the user table: the group's shares as bars, everybody's as marks."""
    import plotly.graph_objects as go

    values = list(shares)
    most = max(values, key=lambda value: shares[value][0] / max(shares[value][1], 1e-9))
    figure = sentence_figure(
        f"{plain_text(name, 24)}: “{plain_text(most, 24)}” is {format_percent(shares[most][0])} here, "
        f"{format_percent(shares[most][1])} of all",
        alternative="; ".join(
            f"{plain_text(v)}: {format_percent(own)} of {group}, {format_percent(all_)} of all"
            for v, (own, all_) in shares.items()
        ),
        height=90 + 26 * len(values),
        width=40,
    )
    shown = [plain_text(value, 24) for value in values]
    own, everybody = zip(*shares.values(), strict=True)
    figure.add_trace(go.Bar(y=shown, x=own, orientation="h", marker={"color": KEPT}, name="here", width=0.6))
    line = {"symbol": "line-ns", "size": 16, "line": {"width": 3, "color": QUIET}}
    figure.add_trace(go.Scatter(y=shown, x=everybody, mode="markers", marker=line, name="everybody"))
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return figure


def history_lengths_figure(own: np.ndarray, everybody: np.ndarray, noun: str = "items") -> Figure:
    """How much the group has chosen, as shares of people, beside everybody."""
    import plotly.graph_objects as go

    top = max(2.0, float(np.percentile(everybody, 98)))
    edges = np.unique(np.rint(np.geomspace(1, top + 1, 12)).astype(int))
    middle_own, middle_all = float(np.median(own)), float(np.median(everybody))
    figure = sentence_figure(
        f"Half of them have at least {format_number(middle_own)} {noun}, of all {format_number(middle_all)}",
        x=f"{noun} of a person",
        height=190,
        width=40,
    )
    names = [f"{low}" if high - low == 1 else f"{low}–{high - 1}" for low, high in itertools.pairwise(edges)]
    for values, colour, name in ((everybody, with_opacity(QUIET, 0.5), "everybody"), (own, KEPT, "here")):
        counted, _ = np.histogram(np.clip(values, edges[0], edges[-1] - 1), bins=edges)
        figure.add_trace(go.Bar(x=names, y=counted / max(len(values), 1), marker={"color": colour}, name=name))
    figure.update_layout(barmode="overlay", bargap=0.1)
    figure.update_yaxes(tickformat=".0%", nticks=4)
    return figure
