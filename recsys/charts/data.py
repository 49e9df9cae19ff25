"""Figures of the data: rows kept and dropped, and six figures of the shape of what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

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
from recsys.data.quality import COLD, MAX_WEEKS, gini, scenario_overlap, share_for_half, weekly
from recsys.wording import tr

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.data.dataset import Dataset

CORNER = 40  # users and items in the corner of the matrix
DENSITY_CELLS = 60  # per side of the coarse matrix
MIN_FLOW = 0.012  # of the height, at which a dropped flow is still visible


def flow(rows_read: int, rows_kept: int, dropped: Mapping[str, int]) -> Figure:
    """A Sankey diagram of the rows read, kept and dropped by reason.

    Args:
        dropped: label of a reason, in the language of the reader -> rows.
    """
    lost = {reason: count for reason, count in dropped.items() if count}
    share = rows_kept / max(rows_read, 1)
    if lost:
        title = tr(
            "{kept:,} of {read:,} rows are kept ({share}); {dropped:,} are dropped",
            kept=rows_kept,
            read=rows_read,
            share=format_percent(share),
            dropped=rows_read - rows_kept,
        )
        each = (tr("{n:,} {reason}", n=count, reason=reason) for reason, count in lost.items())
        reasons = reduce(lambda first, second: tr("{first}, {second}", first=first, second=second), each)
        text = tr("{title}. Dropped: {reasons}.", title=title, reasons=reasons)
    else:
        title = text = tr("All {n:,} rows are kept", n=rows_read)
    figure = sentence_figure(title, alternative=text, height=220 + 24 * len(lost) if lost else 160)
    labels = [f"{tr('read')} · {rows_read:,}", f"{tr('kept')} · {rows_kept:,}"]
    labels += [f"{plain_text(reason)} · {count:,}" for reason, count in lost.items()]
    # Small flows would be invisible, so they are drawn wider; the labels have the exact numbers.
    widths = [max(rows_kept, 1)] + [max(count, rows_read * MIN_FLOW) for count in lost.values()]
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
    """Heatmap of a corner of the matrix: the most active users and the most popular items."""
    users = np.argsort(-dataset.lengths, kind="stable")[:CORNER]
    items = np.argsort(-dataset.item_counts[1:], kind="stable")[:CORNER] + 1
    block = dataset.matrix()[users][:, items].toarray()
    filled = float((block > 0).mean()) if block.size else 0.0
    figure = sentence_figure(
        tr("Even in the busiest corner, {share} of the cells are empty", share=format_percent(1 - filled))
        if filled < 0.9
        else tr("The busiest corner is nearly full"),
        x=tr("the {n} most popular items", n=len(items)),
        y=tr("the {n} most active users", n=len(users)),
    )
    titles = [plain_text(dataset.catalogue.titles[item], 40) for item in items]
    names = [plain_text(dataset.users.external(int(user)), 24) for user in users]
    hover = [[f"{name}<br>{title}" for title in titles] for name in names]
    options = {"customdata": hover, "zmin": 0, "zmax": 3, "xgap": 1, "ygap": 1}
    _add_heatmap(figure, np.minimum(block, 3), "%{customdata}<br>" + tr("%{z} times"), {0.34: 0.7, 1: 1.0}, **options)
    figure.update_xaxes(showticklabels=False)
    figure.update_yaxes(showticklabels=False)
    return figure


def density(dataset: Dataset) -> Figure:
    """The whole matrix in coarse cells, users by activity and items by popularity: interactions per 1,000 pairs."""
    rank_user = _rank(dataset.lengths)[dataset.user_of]
    rank_item = _rank(dataset.item_counts[1:])[dataset.sequence - 1]
    shape = (min(DENSITY_CELLS, dataset.n_users), min(DENSITY_CELLS, dataset.n_items))
    y = rank_user * shape[0] // max(dataset.n_users, 1)
    x = rank_item * shape[1] // max(dataset.n_items, 1)
    grid = np.bincount(y * shape[1] + x, minlength=shape[0] * shape[1]).reshape(shape)
    cells = dataset.n_users * dataset.n_items / max(grid.size, 1)
    share = dataset.n_pairs / max(dataset.n_users * dataset.n_items, 1)
    if share > 0.2:  # "one in 1" and "one in 2" would say little
        title = tr("{share} of the user–item pairs have an interaction", share=format_percent(share))
    elif share:
        title = tr("One user–item pair in {n:,.0f} has an interaction", n=1 / share)
    else:
        title = tr("There are no interactions")
    figure = sentence_figure(
        title,
        x=tr("items, most popular first (%)"),
        y=tr("users, most active first (%)"),
    )
    per_thousand = 1000 * grid / cells
    centres = [(np.arange(size) + 0.5) * 100 / size for size in shape]
    hover = tr("%{customdata:.3g} interactions per 1,000 pairs")
    z, opacities = np.log10(1 + per_thousand), {0.5: 0.45, 1: 1.0}
    _add_heatmap(figure, z, hover, opacities, customdata=per_thousand, x=centres[1], y=centres[0])
    return figure


def long_tail(dataset: Dataset) -> Figure:
    """The share of all interactions that the most popular items have, over the share of items."""
    counts = np.sort(dataset.item_counts[1:])[::-1]
    shares = np.concatenate([[0.0], np.cumsum(counts) / max(counts.sum(), 1)]) * 100
    half = share_for_half(counts)
    drawn = np.unique(np.linspace(0, len(shares) - 1, min(len(shares), 500)).astype(int))
    title = tr("Half of all interactions go to {share} of the items", share=format_percent(half))
    figure = sentence_figure(
        title,
        x=tr("items, most popular first (%)"),
        y=tr("their share of interactions (%)"),
        alternative=tr("{title}; Gini {gini:.2f}.", title=title, gini=gini(counts)),
    )
    figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": QUIET, "dash": "dot"}, hoverinfo="skip")
    hover = tr("%{y:.0f}% of interactions go to the top %{x:.1f}% of items")
    _add_line(figure, np.linspace(0, 100, len(shares))[drawn], shares[drawn], hover, fill="tozeroy")
    figure.add_scatter(x=[half * 100], y=[50], mode="markers", marker={"color": DROPPED, "size": 11}, hoverinfo="skip")
    figure.add_annotation(x=74, y=48, text=tr("equal popularity"), showarrow=False, textangle=0)
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(range=[0, 102])
    return figure


def activity(dataset: Dataset) -> Figure:
    """Interactions in each week; without times or with step numbers, a title that says so."""
    weeks, counts = weekly(dataset)
    if not len(weeks):
        if dataset.timestamps is None:
            figure = sentence_figure(tr("The data has no times: the order of rows is the order of interactions"))
        elif not dataset.dated:
            figure = sentence_figure(
                tr("The times are step numbers: they give the order of interactions, but no dates")
            )
        else:
            figure = sentence_figure(tr("The times span more than {n:,} weeks", n=MAX_WEEKS))
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        return figure
    dates = weeks.astype("datetime64[s]").astype("datetime64[D]")
    top = int(counts.argmax())
    figure = sentence_figure(
        tr("The busiest week, from {date}, has {n:,} interactions", date=str(dates[top]), n=int(counts[top])),
        x=tr("{n:,} weeks", n=len(weeks)),
        y=tr("interactions per week"),
    )
    _add_line(figure, dates.astype(str), counts, tr("week of %{x}: %{y:,} interactions"), fill="tozeroy")
    figure.update_yaxes(rangemode="tozero")
    return figure


def history_lengths(dataset: Dataset) -> Figure:
    """Histogram of history lengths, in bins that double in width."""
    lengths = dataset.lengths
    cold = int((lengths < COLD).sum())
    figure = sentence_figure(
        tr(
            "The median history has {median} interactions; {cold:,} users have fewer than {least}",
            median=format_number(int(np.median(lengths))),
            cold=cold,
            least=COLD,
        ),
        x=tr("interactions of a user"),
        y=tr("users"),
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
        hovertemplate=tr("%{y:,} users have %{x} interactions") + "<extra></extra>",
    )
    figure.update_xaxes(type="category", tickangle=-35)
    return figure


def overlap(dataset: Dataset) -> Figure:
    """The users that each pair of scenarios has in common; with one scenario, the popularity of items."""
    names, shared = scenario_overlap(dataset)
    if len(names) < 2:
        return item_counts(dataset)
    share = shared / np.maximum(np.diag(shared), 1)[:, None]
    off = np.where(np.eye(len(names), dtype=bool), np.inf, share)
    low = np.unravel_index(int(off.argmin()), off.shape)
    a, b = plain_text(names[low[0]], 24), plain_text(names[low[1]], 24)
    figure = sentence_figure(
        tr(
            "At least {share} of the users of one scenario are in another ({one} → {other})",
            share=format_percent(off.min()),
            one=a,
            other=b,
        )
    )
    labels = [plain_text(name, 24) for name in names]
    rows = zip(share, shared, strict=True)
    texts = [[f"{format_percent(part)}<br>{n:,}" for part, n in zip(*row, strict=True)] for row in rows]
    options = {"zmin": 0, "zmax": 1, "xgap": 2, "ygap": 2, "texttemplate": "%{text}" if len(names) <= 8 else ""}
    hover = tr("share of the users of %{y} who are in %{x}: %{text}")
    _add_heatmap(figure, share, hover, {1: 0.7}, x=labels, y=labels, text=texts, **options)
    figure.update_xaxes(title_text=tr("… are also in"))
    figure.update_yaxes(title_text=tr("users of"))
    return figure


def item_counts(dataset: Dataset) -> Figure:
    """Interactions of each item by its popularity rank, on logarithmic axes."""
    counts = np.sort(dataset.item_counts[1:])[::-1]
    rare = int((counts < COLD).sum())
    figure = sentence_figure(
        tr("{n:,} of {total:,} items have fewer than {least} interactions", n=rare, total=len(counts), least=COLD),
        x=tr("popularity rank of the item"),
        y=tr("interactions"),
    )
    drawn = np.unique(np.geomspace(1, max(len(counts), 1), 400).astype(int)) - 1
    _add_line(figure, drawn + 1, counts[drawn], tr("rank %{x:,}: %{y:,} interactions"))
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
"""Name -> figure of the data's shape, in the order in which they are shown."""


def _add_heatmap(figure: Figure, z: np.ndarray, hover: str, opacities: Mapping[float, float], **options: Any) -> None:
    """Adds a heatmap with the first row on top.

    Args:
        opacities: position on the colour scale (0, 1] -> opacity of the colour.
    """
    scale = [[0, with_opacity(QUIET, 0.1)], *([at, with_opacity(KEPT, part)] for at, part in opacities.items())]
    figure.add_heatmap(z=z, colorscale=scale, showscale=False, hovertemplate=f"{hover}<extra></extra>", **options)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")


def _add_line(figure: Figure, x: np.ndarray, y: np.ndarray, hover: str, fill: str | None = None) -> None:
    line = {"color": KEPT, "width": 3}
    hover = f"{hover}<extra></extra>"
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, fill=fill, fillcolor=with_opacity(KEPT, 0.12), hovertemplate=hover
    )


def _rank(counts: np.ndarray) -> np.ndarray:
    """Rank of each entry from the largest: int64 (n,), from 0."""
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return rank
