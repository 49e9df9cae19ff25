"""Figures of the data's shape: where the rows went, and six questions about what stayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import (
    DROPPED,
    KEPT,
    QUIET,
    format_number,
    format_percent,
    plain_text,
    sentence_figure,
    with_opacity,
)
from recsys.data.quality import COLD, gini, scenario_overlap, share_for_half, weekly

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.data.dataset import Dataset

CORNER = 40  # people and items in the readable corner
DENSITY_CELLS = 60


def flow(rows_read: int, rows_kept: int, dropped: Mapping[str, int]) -> Figure:
    """A Sankey of the file's rows into kept and dropped by reason; the widths are rows."""
    lost = {reason: count for reason, count in dropped.items() if count}
    share = rows_kept / max(rows_read, 1)
    title = (
        f"All {rows_read:,} rows are kept"
        if not lost
        else f"{rows_kept:,} of {rows_read:,} rows are kept ({format_percent(share)}); "
        f"{rows_read - rows_kept:,} are dropped"
    )
    words = ", ".join(f"{count:,} {reason}" for reason, count in lost.items())
    words = f"{title}. Dropped: {words}." if lost else title
    figure = sentence_figure(title, alternative=words, height=220 + 24 * len(lost) if lost else 160)
    labels = [f"read · {rows_read:,}", f"kept · {rows_kept:,}"]
    labels += [f"{plain_text(reason)} · {count:,}" for reason, count in lost.items()]
    # Small flows would be invisible: a drop is drawn at least 1.2% wide, and its label tells the exact number.
    widths = [max(rows_kept, 1)] + [max(count, rows_read * 0.012) for count in lost.values()]
    colours = [KEPT] + [DROPPED] * len(lost)
    figure.add_sankey(
        arrangement="snap",
        node={
            "label": labels,
            "color": [QUIET, *colours],
            "pad": 18,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}<extra></extra>",
        },
        link={
            "source": [0] * len(widths),
            "target": list(range(1, len(widths) + 1)),
            "value": widths,
            "color": [with_opacity(colour, 0.35) for colour in colours],
            "hovertemplate": "%{target.label}<extra></extra>",
        },
    )
    return figure


def corner(dataset: Dataset) -> Figure:
    """Heatmap of a readable corner: the most active people against the most chosen items."""
    people = np.argsort(-dataset.lengths, kind="stable")[:CORNER]
    items = np.argsort(-dataset.item_counts[1:], kind="stable")[:CORNER] + 1
    block = dataset.matrix()[people][:, items].toarray()
    filled = float((block > 0).mean()) if block.size else 0.0
    figure = sentence_figure(
        f"Even in the busiest corner, {format_percent(1 - filled)} of the cells are empty"
        if filled < 0.9
        else "The busiest corner is nearly full",
        x=f"the {len(items)} most chosen items",
        y=f"the {len(people)} most active people",
    )
    titles = [plain_text(dataset.catalogue.titles[item], 40) for item in items]
    names = [plain_text(dataset.users.external(int(person)), 24) for person in people]
    hover = [[f"{name}<br>{title}" for title in titles] for name in names]
    figure.add_heatmap(
        z=np.minimum(block, 3),
        customdata=hover,
        colorscale=[[0, with_opacity(QUIET, 0.12)], [0.34, with_opacity(KEPT, 0.7)], [1, KEPT]],
        zmin=0,
        zmax=3,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{customdata}<br>%{z} times<extra></extra>",
    )
    figure.update_xaxes(showticklabels=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, showgrid=False, autorange="reversed")
    return figure


def density(dataset: Dataset) -> Figure:
    """The whole matrix, coarse: people and items from most to least active, rows per thousand cells."""
    rank_user = _rank(dataset.lengths)[dataset.user_of]
    rank_item = _rank(dataset.item_counts[1:])[dataset.sequence - 1]
    shape = (min(DENSITY_CELLS, dataset.n_users), min(DENSITY_CELLS, dataset.n_items))
    y = rank_user * shape[0] // max(dataset.n_users, 1)
    x = rank_item * shape[1] // max(dataset.n_items, 1)
    grid = np.bincount(y * shape[1] + x, minlength=shape[0] * shape[1]).reshape(shape)
    cells = dataset.n_users * dataset.n_items / max(grid.size, 1)
    share = dataset.n_interactions / max(dataset.n_users * dataset.n_items, 1)
    figure = sentence_figure(
        f"One cell in {1 / share:,.0f} of the whole matrix is filled" if share else "The matrix is empty",
        x="items, most chosen first (%)",
        y="people, most active first (%)",
    )
    figure.add_heatmap(
        z=np.log10(1 + 1000 * grid / cells),
        customdata=1000 * grid / cells,
        x=(np.arange(shape[1]) + 0.5) * 100 / shape[1],
        y=(np.arange(shape[0]) + 0.5) * 100 / shape[0],
        colorscale=[[0, with_opacity(QUIET, 0.08)], [0.5, with_opacity(KEPT, 0.45)], [1, KEPT]],
        showscale=False,
        hovertemplate="%{customdata:.3g} of 1,000 cells are filled here<extra></extra>",
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def long_tail(dataset: Dataset) -> Figure:
    """The Lorenz-like curve of items: the share of all rows that the most chosen items hold."""
    counts = np.sort(dataset.item_counts[1:])[::-1]
    held = np.concatenate([[0.0], np.cumsum(counts) / max(counts.sum(), 1)])
    x = np.linspace(0, 1, len(held))
    half = share_for_half(counts)
    keep = np.unique(np.linspace(0, len(held) - 1, min(len(held), 500)).astype(int))
    figure = sentence_figure(
        f"Half of all rows go to {format_percent(half)} of the items",
        x="items, most chosen first (%)",
        y="rows they hold (%)",
        alternative=f"Half of all rows go to {format_percent(half)} of the items; Gini {gini(counts):.2f}.",
    )
    figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": QUIET, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=x[keep] * 100,
        y=held[keep] * 100,
        mode="lines",
        line={"color": KEPT, "width": 3},
        fill="tozeroy",
        fillcolor=with_opacity(KEPT, 0.12),
        hovertemplate="the top %{x:.1f}% of items hold %{y:.0f}% of rows<extra></extra>",
    )
    figure.add_scatter(x=[half * 100], y=[50], mode="markers", marker={"color": DROPPED, "size": 11}, hoverinfo="skip")
    figure.add_annotation(x=74, y=48, text="if all were equal", showarrow=False, font={"color": QUIET}, textangle=0)
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(range=[0, 102])
    return figure


def activity(dataset: Dataset) -> Figure:
    """Interactions in each week, or a sentence that there are no times."""
    weeks, counts = weekly(dataset)
    if not len(weeks):
        figure = sentence_figure("The data has no usable times: the order of rows is the order of choices")
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        return figure
    dates = weeks.astype("datetime64[s]").astype("datetime64[D]")
    top = int(counts.argmax())
    figure = sentence_figure(
        f"The busiest week began on {dates[top]}: {counts[top]:,} rows",
        x=f"{len(weeks):,} weeks",
        y="rows a week",
    )
    figure.add_scatter(
        x=dates.astype(str),
        y=counts,
        mode="lines",
        line={"color": KEPT, "width": 2},
        fill="tozeroy",
        fillcolor=with_opacity(KEPT, 0.15),
        hovertemplate="week of %{x}: %{y:,} rows<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


def history_lengths(dataset: Dataset) -> Figure:
    """How many items people have: a histogram over lengths that double from bar to bar."""
    lengths = dataset.lengths
    cold = int((lengths < COLD).sum())
    figure = sentence_figure(
        f"The median person has {format_number(int(np.median(lengths)))} rows; {cold:,} have fewer than {COLD}",
        x="rows of a person",
        y="people",
    )
    top = int(np.ceil(np.log2(max(int(lengths.max(initial=1)), 1) + 1)))
    edges = 2 ** np.arange(top)
    counts, _ = np.histogram(lengths, np.append(edges, edges[-1] * 2))
    labels = [f"{low:,}" if low == 1 else f"{low:,}–{low * 2 - 1:,}" for low in edges]
    figure.add_bar(
        x=labels,
        y=counts,
        marker={"color": [with_opacity(KEPT, 0.85)] * len(counts)},
        text=[f"{count:,}" if count else "" for count in counts],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y:,} people have %{x} rows<extra></extra>",
    )
    figure.update_xaxes(type="category", tickangle=-35)
    return figure


def overlap(dataset: Dataset) -> Figure:
    """How many people each pair of scenarios shares; for one scenario, how many items people rarely choose."""
    names, shared = scenario_overlap(dataset)
    if len(names) < 2:
        return item_counts(dataset)
    alone = np.maximum(np.diag(shared), 1)
    share = shared / alone[:, None]
    off = share + np.eye(len(names)) * 9
    low = np.unravel_index(int(off.argmin()), off.shape)
    a, b = plain_text(names[low[0]], 24), plain_text(names[low[1]], 24)
    figure = sentence_figure(
        f"At least {format_percent(off.min())} of the people in one scenario are in another ({a} → {b})"
    )
    labels = [plain_text(name, 24) for name in names]
    figure.add_heatmap(
        z=share,
        x=labels,
        y=labels,
        text=[
            [f"{format_percent(share[i, j])}<br>{shared[i, j]:,}" for j in range(len(names))] for i in range(len(names))
        ],
        texttemplate="%{text}" if len(names) <= 8 else "",
        colorscale=[[0, with_opacity(QUIET, 0.08)], [1, with_opacity(KEPT, 0.7)]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="of the people in %{y}, this share is in %{x}: %{text}<extra></extra>",
    )
    figure.update_xaxes(showgrid=False, title_text="… are also in")
    figure.update_yaxes(showgrid=False, autorange="reversed", title_text="people of")
    return figure


def item_counts(dataset: Dataset) -> Figure:
    """Items by how often they were chosen, from the most to the least, on logarithmic axes."""
    counts = np.sort(dataset.item_counts[1:])[::-1]
    rare = int((counts < COLD).sum())
    figure = sentence_figure(
        f"{rare:,} of {len(counts):,} items were chosen fewer than {COLD} times",
        x="item’s place by popularity",
        y="times chosen",
    )
    keep = np.unique(np.geomspace(1, max(len(counts), 1), 400).astype(int)) - 1
    figure.add_scatter(
        x=keep + 1,
        y=counts[keep],
        mode="lines",
        line={"color": KEPT, "width": 3},
        hovertemplate="place %{x:,}: chosen %{y:,} times<extra></extra>",
    )
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(type="log", dtick=1)
    return figure


SHAPES = {
    "corner": corner,
    "density": density,
    "long tail": long_tail,
    "activity": activity,
    "history lengths": history_lengths,
    "overlap": overlap,
}
"""The six figures of the data's shape, in the order they are shown."""


def _rank(counts: np.ndarray) -> np.ndarray:
    """Place of each entry when sorted from the largest: int64 (n,), from 0."""
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return rank
