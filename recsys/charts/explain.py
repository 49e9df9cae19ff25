"""Figures of Explain: influence of history items, parts of a score, attention weights, deletion curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import (
    DROPPED,
    GROUPS,
    KEPT,
    QUIET,
    SOURCE,
    TARGET,
    format_number,
    full_text,
    group_colour,
    in_words,
    plain_text,
    sentence_figure,
    with_opacity,
)
from recsys.explain.attention import ORDERS
from recsys.wording import tr

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.explain.attention import AttentionMap, DeletionStudy
    from recsys.explain.history_influence import Influence
    from recsys.explain.score_parts import ScorePart

BAR_HEIGHT = 26  # pixels


def influence_figure(influence: Influence, titles: Sequence[str], item_title: str, limit: int = 15) -> Figure:
    """Bars of influence, largest on top; each bar's position in the history is its `customdata`.

    Args:
        titles: of the history items, oldest first.
        limit: how many items to show, by absolute effect.
    """
    import plotly.graph_objects as go

    effects = [float(effect) for effect in influence.effects]
    strongest = sorted(range(len(effects)), key=lambda position: -abs(effects[position]))[:limit]
    order = sorted(strongest, key=lambda position: effects[position])
    shown, rows = [effects[position] for position in order], list(range(len(order)))
    if shown and shown[-1] > 0:
        best = plain_text(titles[order[-1]], 40)
        title = tr("“{best}” supports “{item}” most", best=best, item=plain_text(item_title, 40))
    else:
        title = tr("No item of this history supports “{item}”", item=plain_text(item_title, 40))
    figure = sentence_figure(
        title,
        x=tr("score lost without this item"),
        alternative=in_words((titles[position], format_number(effects[position])) for position in order[::-1]),
        height=120 + BAR_HEIGHT * max(1, len(order)),
    )
    figure.add_trace(
        go.Bar(
            x=shown,
            y=rows,
            orientation="h",
            customdata=order,
            marker_color=[KEPT if effect > 0 else DROPPED for effect in shown],
            hovertext=[f"{full_text(titles[position])}: {format_number(effects[position])}" for position in order],
            hovertemplate=f"%{{hovertext}}<br>{tr('click to remove it from the history')}<extra></extra>",
        )
    )
    ranks = [int(influence.ranks[position]) for position in order]
    figure.add_trace(
        go.Scatter(
            x=[max(effect, 0.0) for effect in shown],
            y=rows,
            text=[
                " " + tr("rank {before:,} → {after:,}", before=influence.rank, after=rank)
                if rank != influence.rank
                else ""
                for rank in ranks
            ],
            hoverinfo="skip",
            mode="text",
            textposition="middle right",
            cliponaxis=False,
        )
    )
    low, high = min(0.0, *shown, 0.0), max(0.0, *shown, 0.0)
    figure.update_xaxes(range=[low - 0.02 * (high - low), high + 0.3 * max(high - low, 1e-6)])
    figure.update_yaxes(tickvals=rows, ticktext=[plain_text(titles[position], 34) for position in order])
    return figure


def parts_figure(parts: Sequence[ScorePart], title: str) -> Figure:
    """A bar for each summand of a margin; source is orange, target blue, others take the group colours."""
    import plotly.graph_objects as go

    party_colours = {"source": SOURCE, "target": TARGET}
    figure = sentence_figure(
        title,
        x=tr("part of the margin, in score points"),
        alternative=in_words((tr(part.name), format_number(part.value)) for part in parts),
        height=120 + 40 * len(parts),
    )
    figure.add_trace(
        go.Bar(
            x=[part.value for part in parts],
            y=[plain_text(tr(part.name), 40) for part in parts],
            orientation="h",
            marker_color=[party_colours.get(part.name, group_colour(n)) for n, part in enumerate(parts)],
            text=[format_number(part.value) for part in parts],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    low, high = min(0.0, *(part.value for part in parts)), max(0.0, *(part.value for part in parts))
    padding = 0.18 * max(high - low, 1e-6)  # for the number beside the longest bar
    figure.update_xaxes(range=[low - padding * (low < 0), high + padding * (high > 0)])
    figure.update_yaxes(autorange="reversed")
    return figure


def attention_figure(attention: AttentionMap, titles: Sequence[str], layer: int, head: int, newest: int = 20) -> Figure:
    """Heatmap of one head's attention weights over the newest items, from the row's item to the column's."""
    import plotly.graph_objects as go

    weights, titles = attention.weights[layer, head][-newest:, -newest:], titles[-newest:]
    ticks = list(range(len(titles)))
    labels = [f"{n + 1} {plain_text(title, 22)}" for n, title in enumerate(titles)]
    names, newest_row = [full_text(title, 80) for title in titles], weights[-1]
    figure = sentence_figure(
        tr(
            "In layer {layer}, head {head}, the newest item attends most to “{item}”",
            layer=layer + 1,
            head=head + 1,
            item=plain_text(titles[int(newest_row.argmax())], 36),
        ),
        x=tr("attended item, by its number"),
        y=tr("attending item"),
        alternative=in_words((n, format_number(float(w))) for n, w in zip(labels, newest_row, strict=True)),
        height=520,
    )
    figure.add_trace(
        go.Heatmap(
            z=weights,
            x=ticks,
            y=ticks,
            colorscale=[[0, with_opacity(KEPT, 0)], [1, with_opacity(KEPT, 1)]],
            zmin=0,
            colorbar={"title": tr("weight"), "thickness": 14},
            text=[[f"{row}<br>→ {column}" for column in names] for row in names],
            hovertemplate="%{text}: %{z:.3f}<extra></extra>",
        )
    )
    every = 1 if len(ticks) <= 10 else 3  # more numbers would touch each other in a narrow column
    figure.update_xaxes(tickvals=ticks[::every], ticktext=[str(n + 1) for n in ticks[::every]], tickangle=0)
    figure.update_yaxes(tickvals=ticks, ticktext=labels, autorange="reversed")
    return figure


def deletion_figure(study: DeletionStudy) -> Figure:
    """Remaining margin over the share of the history deleted, for each order of deletion; lower is better."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        tr(study.sentence),
        x=tr("share of the history deleted"),
        y=tr("share of the margin that remains"),
        alternative=tr("; ").join(
            tr("{order}: area {area}", order=ORDERS[name], area=area.text) for name, area in study.areas.items()
        ),
        height=380,
        width=84,
    )
    styles = {"influence": (GROUPS[0], "solid"), "attention": (GROUPS[1], "dash"), "random": (QUIET, "dot")}
    for name, curve in study.curves.items():
        colour, dash = styles[name]
        labelled = max(1, len(curve) // 3)
        label = tr("by {order}", order=ORDERS[name])
        remains = tr("{share} remains after {deleted}", share="%{y:.0%}", deleted="%{x:.0%}")
        figure.add_trace(
            go.Scatter(
                x=np.linspace(0, 1, len(curve)),
                y=curve,
                mode="lines+markers+text",
                text=[label if n == labelled else "" for n in range(len(curve))],
                textposition="top right" if name != "influence" else "bottom left",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=f"{label}: {remains}<extra></extra>",
            )
        )
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%")
    return figure
