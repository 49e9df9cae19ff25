"""Figures of groups and splits: a metric by group of users, exposure of item groups, and the rows of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.intervals import add_interval
from recsys.charts.style import DROPPED, GROUPS, KEPT, QUIET, format_percent, plain_text, sentence_figure
from recsys.metrics.registry import metric_label
from recsys.wording import Message, numbered, tr, worded

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.evaluation.segments import ItemGroup, Segments
    from recsys.evaluation.split_timeline import TimelineRow

REPEATED = "{name} · {number}"  # plotly draws equal labels in one row
MARKERS = {
    Message("trained on"): (KEPT, "circle"),
    Message("known, not trained on"): (GROUPS[3], "circle-open"),
    Message("validation"): (GROUPS[1], "diamond"),
    Message("test"): (DROPPED, "star"),
    Message("unused"): (QUIET, "x-thin-open"),
}


def segments_figure(found: Segments) -> Figure:
    """A row per group with its interval; too small groups are hollow; a line marks the overall mean."""
    groups = [*found.groups][::-1]
    figure = sentence_figure(
        plain_text(tr(found.sentence), 160),
        x=tr("{metric} with 95% interval", metric=metric_label(found.metric)),
        alternative=tr("; ").join(
            tr("{group}: {estimate}, {users} users", group=g.name, estimate=g.estimate.text, users=g.users)
            for g in found.groups
        ),
        height=130 + 36 * max(1, len(groups)),
    )
    lowest = min((g for g in groups if not g.too_small), key=lambda g: g.estimate.value, default=None)
    labels = numbered((f"{plain_text(worded(g.name), 34)} ({g.users:,})" for g in found.groups), REPEATED)[::-1]
    for group, label in zip(groups, labels, strict=True):
        worst = group is lowest and found.gap is not None and found.gap.low > 0
        symbol = "circle-open" if group.too_small else "circle"
        hover = ", " + tr("{n:,} users", n=group.users)
        add_interval(figure, label, group.estimate, GROUPS[2] if worst else GROUPS[0], symbol, hover)
    figure.add_vline(
        x=found.overall.value,
        line={"dash": "dot", "color": QUIET},
        annotation_text=tr("all users"),
        annotation_yshift=14,
    )
    return figure


def exposure_figure(groups: Sequence[ItemGroup], by: str) -> Figure:
    """For each item group: its shares of the catalogue, of the interactions, and of the recommended places."""
    import plotly.graph_objects as go

    most = max(groups, key=lambda g: g.of_recommended - g.of_interactions, default=None)
    title = tr("There are no groups of items")
    if most:
        title = tr(
            "{group} gets {places} of the recommended places and {interactions} of the interactions",
            group=plain_text(worded(most.name), 30),
            places=format_percent(most.of_recommended),
            interactions=format_percent(most.of_interactions),
        )
    figure = sentence_figure(
        title,
        x=tr(by),
        y=tr("share"),
        alternative=tr("; ").join(
            tr("{group}: recommended {share}", group=g.name, share=format_percent(g.of_recommended)) for g in groups
        ),
    )
    names = numbered((plain_text(worded(g.name), 24) for g in groups), REPEATED)
    for label, values, colour in (
        (tr("of the catalogue"), [g.of_catalogue for g in groups], QUIET),
        (tr("of interactions"), [g.of_interactions for g in groups], GROUPS[3]),
        (tr("of recommended places"), [g.of_recommended for g in groups], GROUPS[0]),
    ):
        figure.add_trace(
            go.Bar(x=names, y=values, name=label, marker_color=colour, text=[format_percent(v) for v in values])
        )
    figure.update_layout(barmode="group", showlegend=True, legend={"orientation": "h", "y": -0.3})
    figure.update_yaxes(tickformat=".0%")
    return figure


def split_figure(timeline: Sequence[TimelineRow], title: str, dated: bool, steps: bool = False) -> Figure:
    """A row per user, a marker per interaction by the part of the split it belongs to.

    Args:
        dated: the axis is time, not the position in the history.
        steps: times are step numbers, not unix seconds.
    """
    import plotly.graph_objects as go

    along = tr("position in the history")
    if dated:
        along = tr("step") if steps else tr("day")
    figure = sentence_figure(title, x=along, y="", height=170 + 24 * len(timeline))
    for part, (colour, symbol) in MARKERS.items():
        marks = [
            (when if dated else position, number)
            for number, row in enumerate(timeline)
            for position, (when, of) in enumerate(zip(row.when, row.part, strict=True), 1)
            if of == part
        ]
        if not marks:
            continue
        when = np.array([mark[0] for mark in marks])
        figure.add_trace(
            go.Scatter(
                x=(when * 1e9).astype("datetime64[ns]") if dated and not steps else when,
                y=[number for _, number in marks],
                mode="markers",
                name=tr(part),
                marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 1.5, "color": colour}},
                hovertemplate=f"{tr(part)}<extra></extra>",
            )
        )
    names = [tr("user {user}", user=plain_text(row.user, 12)) for row in timeline]
    figure.update_yaxes(tickvals=list(range(len(timeline))), ticktext=names, autorange="reversed", showgrid=False)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.4})
    return figure
