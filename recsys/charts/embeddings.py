"""Figures of a projection in three dimensions, of its quality, and of the profile of a group."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from recsys.embeddings.clusters import TOLERANCE
from recsys.embeddings.group_profile import UNKNOWN
from recsys.wording import tr

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.embeddings.clusters import Clusters
    from recsys.embeddings.projection_quality import Quality

SHAPES_3D = ("circle", "diamond", "square", "cross", "x", "circle-open", "diamond-open", "square-open")
"""The marker shapes that plotly has in three dimensions."""
_MAX_POINTS = 20_000  # of a figure; of more, every n-th is drawn


@dataclass(frozen=True, eq=False)
class ColourScale:
    """Colours of numbers.

    Args:
        title: what the numbers are.
        places: (n,), of each point on the scale, 0 … 255.
        colours: from one end to the other.
        low, high: the labels at the ends.
    """

    title: str
    places: np.ndarray
    colours: Sequence[str]
    low: str
    high: str


def cloud_figure(
    points: np.ndarray,
    names: Sequence[str],
    labels: np.ndarray,
    groups: Sequence[str],
    *,
    colours: Sequence[str] | None = None,
    scale: ColourScale | None = None,
    chosen: Sequence[int] = (),
    title: str = "",
    height: int = 560,
) -> Figure:
    """A projection in three dimensions, one trace per group or one coloured by number, chosen points with a ring.

    Args:
        points: float (n, 3).
        names: of the points, shown on hover.
        labels: int (n,), the group of each point.
        groups: names of the groups.
        colours: of the groups; None uses the theme's.
        scale: colours by number in place of the groups.
        chosen: rows with a ring.
        title: "" for one that says how to read it.
    """
    from plotly.graph_objects import Scatter3d

    title = title or tr("Near points have similar embeddings")
    figure = sentence_figure(title, alternative=_counted(title, len(points), len(groups), scale))
    rows = np.arange(0, len(points), max(1, -(-len(points) // _MAX_POINTS)))
    size = float(np.clip(90 / np.sqrt(len(rows) + 1), 2.0, 6.0))

    def add(members: np.ndarray, marker: Mapping[str, object], name: str) -> None:
        x, y, z = points[members].T
        hover = {
            "text": [plain_text(names[row]) for row in members],
            "hovertemplate": f"%{{text}}<extra>{name}</extra>",
        }
        figure.add_trace(Scatter3d(x=x, y=y, z=z, mode="markers", marker=marker, name=name, **hover))

    usual = {"size": size, "opacity": 0.8, "line": {"width": 0}}
    if scale is not None:
        add(rows, {**usual, "color": scale.places[rows], **_scale_settings(scale)}, plain_text(scale.title, 40))
    for group, name in enumerate(groups if scale is None else ()):
        members = rows[labels[rows] == group]
        colour = colours[group % len(colours)] if colours else group_colour(group)
        if len(members):
            symbol = SHAPES_3D[group % len(SHAPES_3D)]
            add(members, {**usual, "color": colour, "symbol": symbol}, plain_text(name, 40))
    if len(chosen):
        ring = {"size": size * 2.2, "color": "rgba(0,0,0,0)", "line": {"width": 3, "color": KEPT}}
        add(np.asarray(chosen), {**ring, "symbol": "circle-open"}, tr("chosen"))
    axis = {"showticklabels": False, "title": "", "showgrid": False, "showbackground": False, "zeroline": False}
    figure.update_layout(
        height=height,
        legend={"itemsizing": "constant", "x": 0, "y": 1, "bgcolor": "rgba(0,0,0,0)"},
        scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data"},
        margin={"l": 0, "r": 0, "b": 0},
        showlegend=scale is None or len(chosen) > 0,
    )
    return figure


def _counted(title: str, points: int, groups: int, scale: ColourScale | None) -> str:
    if scale is None:
        return tr("{title}: {points:,} points in {groups} groups.", title=title, points=points, groups=groups)
    return tr("{title}: {points:,} points coloured by {number}.", title=title, points=points, number=scale.title)


def _scale_settings(scale: ColourScale) -> dict[str, object]:
    """The scale's colours and its bar, as plotly takes them."""
    bar = {
        "title": {"text": plain_text(scale.title, 40)},
        "tickvals": [0, 255],
        "ticktext": [plain_text(scale.low, 40), plain_text(scale.high, 40)],
        "len": 0.6,
    }
    return {"cmin": 0, "cmax": 255, "colorscale": list(scale.colours), "colorbar": bar}


def quality_figure(quality: Quality) -> Figure:
    """The quality of a projection: three bars from 0 to 1."""
    import plotly.graph_objects as go

    rows = [
        (tr("trustworthiness: near points are true neighbours"), quality.trustworthiness),
        (tr("continuity: true neighbours are near points"), quality.continuity),
        (tr("preservation: share of the {n} nearest", n=quality.neighbours), quality.preservation),
    ]
    words = tr("; ").join(f"{name}: {format_number(value)}" for name, value in rows)
    figure = sentence_figure(
        tr(
            "{share} of the {n} nearest neighbours are still nearest on the map",
            share=format_percent(quality.preservation),
            n=quality.neighbours,
        ),
        x=tr("0 = none, 1 = all"),
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
        textposition="outside",
        cliponaxis=False,
        width=0.55,
    )
    figure.add_trace(bars)
    figure.update_xaxes(range=[0, 1.02])
    return figure


def number_of_groups_figure(clusters: Clusters) -> Figure:
    """The silhouette of each number of groups that was compared; the chosen one is marked."""
    import plotly.graph_objects as go

    numbers, values = zip(*clusters.compared, strict=True)
    chosen, enough = len(clusters), max(values) - TOLERANCE * abs(max(values))
    figure = sentence_figure(
        tr(
            "{n} groups: the largest number within {tolerance} of the best silhouette",
            n=chosen,
            tolerance=format_percent(TOLERANCE),
        ),
        x=tr("number of groups"),
        y=tr("silhouette (−1 to 1)"),
        alternative=tr("; ").join(
            tr("{n} groups: {silhouette}", n=number, silhouette=format_number(value))
            for number, value in clusters.compared
        ),
        height=250,
    )
    figure.add_trace(
        go.Scatter(
            x=numbers, y=values, mode="lines+markers", line={"color": QUIET}, marker={"size": 6}, name=tr("compared")
        )
    )
    mark = {"color": KEPT, "size": 13, "symbol": "diamond"}
    figure.add_trace(go.Scatter(x=[chosen], y=[clusters.silhouette], mode="markers", marker=mark, name=tr("chosen")))
    line = {"dash": "dot", "color": QUIET}
    words = tr("{share} of the best", share=format_percent(1 - TOLERANCE))
    figure.add_hline(y=enough, line=line, annotation_text=words)
    figure.update_xaxes(dtick=2)
    return figure


def column_figure(name: str, shares: Mapping[str, tuple[float, float]]) -> Figure:
    """A column of the user table: the group's shares as bars, the shares of all users as marks."""
    import plotly.graph_objects as go

    values = list(shares)
    most = max(values, key=lambda value: shares[value][0] / max(shares[value][1], 1e-9))
    figure = sentence_figure(
        tr(
            "{column}: “{value}” is {here} here, {all} of all",
            column=plain_text(name, 24),
            value=plain_text(_value(most), 24),
            here=format_percent(shares[most][0]),
            all=format_percent(shares[most][1]),
        ),
        alternative=tr("; ").join(
            tr(
                "{value}: {own} of the group, {all} of all",
                value=plain_text(_value(value)),
                own=format_percent(own),
                all=format_percent(overall),
            )
            for value, (own, overall) in shares.items()
        ),
        height=90 + 26 * len(values),
        width=40,
    )
    shown = [plain_text(_value(value), 24) for value in values]
    own, overall = zip(*shares.values(), strict=True)
    figure.add_trace(go.Bar(y=shown, x=own, orientation="h", marker={"color": KEPT}, name=tr("here"), width=0.6))
    line = {"symbol": "line-ns", "size": 16, "line": {"width": 3, "color": QUIET}}
    figure.add_trace(go.Scatter(y=shown, x=overall, mode="markers", marker=line, name=tr("all users")))
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return figure


def _value(value: str) -> str:
    """A value of a column as it is shown."""
    return tr(UNKNOWN) if value == UNKNOWN else value


def history_lengths_figure(own: np.ndarray, overall: np.ndarray) -> Figure:
    """History lengths of a group beside those of all users, as shares of users."""
    import plotly.graph_objects as go

    top = max(2.0, float(np.percentile(overall, 98)))
    edges = np.unique(np.rint(np.geomspace(1, top + 1, 12)).astype(int))
    median_own, median_all = float(np.median(own)), float(np.median(overall))
    figure = sentence_figure(
        tr(
            "Median history: {here} items here, {all} of all users",
            here=format_number(median_own),
            all=format_number(median_all),
        ),
        x=tr("items of a user"),
        height=190,
        width=40,
    )
    names = [f"{low}" if high - low == 1 else f"{low}–{high - 1}" for low, high in itertools.pairwise(edges)]
    for values, colour, name in ((overall, with_opacity(QUIET, 0.5), tr("all users")), (own, KEPT, tr("here"))):
        counted, _ = np.histogram(np.clip(values, edges[0], edges[-1] - 1), bins=edges)
        figure.add_trace(go.Bar(x=names, y=counted / max(len(values), 1), marker={"color": colour}, name=name))
    figure.update_layout(barmode="overlay", bargap=0.1)
    figure.update_yaxes(tickformat=".0%", nticks=4)
    return figure
