"""Figures of a transfer: ranks over α, what changed, scores over α."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recsys.charts.style import CONTEXT, SOURCE, TARGET, blend_colour, plain_text, sentence_figure, with_opacity
from recsys.wording import tr, tr_n

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.transfer.alpha_suggestion import Suggestion
    from recsys.transfer.path.alpha_path import AlphaPath
    from recsys.transfer.privacy import PrivacyPoint

_SLOPE = 0.006  # half the interval of α over which a line moves to its new rank
_NEAR = 0.02  # α between two points of a horizontal line, so that hovering finds one
LINES = 40  # more lines can't be distinguished


def bump_chart(path: AlphaPath, titles: Sequence[str], alpha: float | None = None) -> Figure:
    """Ranks over α: a line per item; blue in the target's own list, orange in the source's, the mixed colour in both.

    Args:
        path: the exact lists over α.
        titles: by item index.
        alpha: the current α, drawn as a vertical line.
    """
    changes = len(path.steps) - 1
    figure = sentence_figure(
        tr_n(
            "The list changes {n:,} time between α = 0 and α = 1",
            "The list changes {n:,} times between α = 0 and α = 1",
            changes,
        )
        if changes
        else tr("The list is the same at every α"),
        alternative=tr(
            "Best for the target: {of_target}. Best for the source: {of_source}.",
            of_target=_named(path.steps[0].items, titles),
            of_source=_named(path.steps[-1].items, titles),
        ),
    )
    first, last = path.steps[0].items, path.steps[-1].items
    lines, at_alpha = [], tr("at α = {alpha}", alpha="%{x:.3f}")
    for item in _most_present(path, LINES):
        at, ranks = _rank_line(path, item)
        lines.append(
            {
                "x": at,
                "y": ranks,
                "mode": "lines",
                "line": {"color": _colour(item, first, last), "width": 2.5},
                "opacity": 0.9 if item in first or item in last else 0.55,
                "name": plain_text(titles[item]),
                "hovertemplate": f"{plain_text(titles[item])}<br>{at_alpha}<extra></extra>",
            }
        )
    figure.add_traces([*lines, *_item_names(path, titles)])
    _mark(figure, alpha)
    figure.update_xaxes(title=tr("α, the source’s share"), range=[0, 1], tickformat=".1f", automargin=False)
    figure.update_yaxes(visible=False, range=[len(first) + 0.8, 0.4], automargin=False)
    figure.update_layout(height=max(320, 100 + 30 * len(first)), margin={"l": 270, "r": 270, "b": 50})
    return figure


def _named(items: Sequence[int], titles: Sequence[str]) -> str:
    return ", ".join(titles[item] for item in items[:3])


def _most_present(path: AlphaPath, limit: int) -> list[int]:
    """The items that are in the list over the largest part of α, in order of item index."""
    present: dict[int, float] = {}
    for step in path.steps:
        for item in step.items:
            present[int(item)] = present.get(int(item), 0.0) + step.end - step.start
    return sorted(sorted(present, key=lambda item: -present[item])[:limit])


def _rank_line(path: AlphaPath, item: int) -> tuple[list[float], list[float]]:
    """The line of one item: horizontal while its rank stays, sloped at each change, below the list while outside."""
    outside = len(path.steps[0].items) + 1.0
    corners: list[tuple[float, float]] = []
    for step in path.steps:
        rank = step.items.index(item) + 1.0 if item in step.items else outside
        slope = min(_SLOPE, (step.end - step.start) / 2)
        corners.append((step.start + (slope if step.start else 0.0), rank))
        corners.append((step.end - (slope if step.end < 1 else 0.0), rank))
    line = corners[:1]
    for before, (at, rank), after in zip(corners, corners[1:], corners[2:], strict=False):
        if not before[1] == rank == after[1] or at - line[-1][0] > _NEAR:
            line.append((at, rank))
    line += corners[-1:]
    return [at for at, _ in line], [rank for _, rank in line]


def _colour(item: int, first: Sequence[int], last: Sequence[int]) -> str:
    if item in first:
        return blend_colour(0.5) if item in last else TARGET
    return SOURCE if item in last else CONTEXT


def _item_names(path: AlphaPath, titles: Sequence[str]) -> list[dict[str, Any]]:
    """The item names of both lists beside the lines, in place of a legend.

    They are two traces of text: annotations would take several times as long to draw.
    """
    traces = []
    for step, side, place in ((path.steps[0], 0.0, "middle left"), (path.steps[-1], 1.0, "middle right")):
        names = [plain_text(titles[item], 32) for item in step.items]
        ranks = range(1, len(names) + 1)
        traces.append(
            {
                "x": [side] * len(names),
                "y": list(ranks),
                "text": [f"{n}  {r} " if not side else f" {r}  {n}" for r, n in zip(ranks, names, strict=True)],
                "mode": "text",
                "textposition": place,
                "cliponaxis": False,
                "hoverinfo": "skip",
                "name": tr("source’s list" if side else "target’s list"),
            }
        )
    return traces


def _mark(figure: Figure, alpha: float | None) -> None:
    """Marks the current α by a vertical dotted line; `add_vline` is several times slower."""
    if alpha is not None:
        line = {"color": blend_colour(alpha), "width": 2, "dash": "dot"}
        figure.update_layout(
            shapes=[{"type": "line", "x0": alpha, "x1": alpha, "y0": 0, "y1": 1, "yref": "y domain", "line": line}]
        )


def score_curves(path: AlphaPath, titles: Sequence[str], alpha: float | None = None) -> Figure:
    """Scores over α: straight lines, since the blend is linear; the list changes exactly where two of them cross.

    The dotted line is the score of the list's last item, which an item must exceed to enter.
    """
    figure = sentence_figure(
        tr("Scores are straight lines in α: the list changes where two cross"),
        alternative=tr("Each line is an item. Dotted: the score of the last rank, which an item must exceed to enter."),
        height=420,
    )
    scores = {
        int(item): (float(t), float(s)) for item, t, s in zip(path.contenders, path.target, path.source, strict=True)
    }
    first, last = path.steps[0].items, path.steps[-1].items
    at_alpha = tr("score {score} at α = {alpha}", score="%{y:.3g}", alpha="%{x:.3f}")
    lines: list[dict[str, Any]] = [
        {
            "x": [0, 1],
            "y": list(scores[item]),
            "mode": "lines",
            "line": {"color": _colour(item, first, last), "width": 2},
            "hovertemplate": f"{plain_text(titles[item])}<br>{at_alpha}<extra></extra>",
        }
        for item in _most_present(path, LINES)
    ]
    threshold_at = [step.start for step in path.steps] + [1.0]
    lowest = [step.items[-1] for step in path.steps] + [path.steps[-1].items[-1]]
    threshold = {
        "x": threshold_at,
        "y": [(1 - a) * scores[i][0] + a * scores[i][1] for a, i in zip(threshold_at, lowest, strict=True)],
        "mode": "lines",
        "line": {"color": CONTEXT, "width": 4, "dash": "dot"},
        "hovertemplate": tr("score of rank {rank}: {score}", rank=len(first), score="%{y:.3g}") + "<extra></extra>",
    }
    figure.add_traces([*lines, threshold])
    _mark(figure, alpha)
    figure.update_xaxes(title=tr("α, the source’s share"), range=[0, 1], tickformat=".1f")
    figure.update_yaxes(title=tr("score (no unit)"), zeroline=False)
    return figure


def what_changed(path: AlphaPath, tags: Sequence[Sequence[str]], alpha: float, limit: int = 12) -> Figure:
    """Tags in the list: the target's own list (blue ring) against the list at α (disc in the blend's colour).

    Args:
        tags: tags of each item, by item index.
        limit: the most rows; those with the largest change are shown.
    """
    own, now = (_tag_shares(step.items, tags) for step in (path.steps[0], path.step_at(alpha)))
    names = sorted({*own, *now}, key=lambda tag: (-abs(now.get(tag, 0) - own.get(tag, 0)), tag))[:limit]
    names.sort(key=lambda tag: now.get(tag, 0) - own.get(tag, 0))
    changes = [now.get(tag, 0) - own.get(tag, 0) for tag in names]
    if names and changes[-1] > 0:
        title = tr("At α = {alpha:.2f} the list has more “{tag}”", alpha=alpha, tag=plain_text(names[-1], 30))
    elif names and changes[0] < 0:
        title = tr("At α = {alpha:.2f} the list has less “{tag}”", alpha=alpha, tag=plain_text(names[0], 30))
    else:
        title = tr("The tags of the list have not changed")
    figure = sentence_figure(title)
    shown = [plain_text(tag, 30) for tag in names]
    steps: list[tuple[float | None, str | None]] = []
    for name, row in zip(names, shown, strict=True):
        steps += [(own.get(name, 0), row), (now.get(name, 0), row), (None, None)]  # a gap between two rows
    figure.add_scatter(
        x=[share for share, _ in steps],
        y=[row for _, row in steps],
        mode="lines",
        line={"color": CONTEXT, "width": 2},
        showlegend=False,
        hoverinfo="skip",
    )
    for label, shares, symbol, colour in (
        (tr("target’s own list"), own, "circle-open", TARGET),
        (tr("list at α = {alpha:.2f}", alpha=alpha), now, "circle", blend_colour(alpha)),
    ):
        figure.add_scatter(
            x=[shares.get(name, 0) for name in names],
            y=shown,
            mode="markers",
            marker={"symbol": symbol, "size": 12, "color": colour, "line": {"width": 2, "color": colour}},
            name=label,
            hovertemplate="%{y}: %{x:.0%}<extra>" + label + "</extra>",
        )
    figure.update_xaxes(title=tr("share of the list with this tag"), tickformat=".0%", range=[-0.02, None])
    figure.update_layout(
        height=190 + 24 * max(3, len(names)), showlegend=True, legend={"orientation": "h", "y": -0.22, "yanchor": "top"}
    )
    return figure


def _tag_shares(items: Sequence[int], tags: Sequence[Sequence[str]]) -> dict[str, float]:
    counts: dict[str, float] = {}
    for item in items:
        for tag in tags[item]:
            counts[tag] = counts.get(tag, 0.0) + 1 / len(items)
    return counts


def alpha_evidence(found: Suggestion, alpha: float | None = None) -> Figure:
    """NDCG@10 over α for users with about as many known items, with its 95% interval.

    Args:
        found: the suggestion, with the curve it was read from.
        alpha: the current α.
    """
    curve = found.curve
    if found.helps:
        title = tr(
            "With {known} known items, α = {alpha:.2g} found the next item more often than α = 0",
            known=curve.observed,
            alpha=found.alpha,
        )
    else:
        title = tr("With {known} known items, no α is shown to beat α = 0", known=curve.observed)
    share = tr("α, the source’s share")
    figure = sentence_figure(title, x=share, y="NDCG@10", alternative=tr(found.evidence), height=360)
    figure.add_scatter(
        x=[*curve.alphas, *curve.alphas[::-1]],
        y=[*curve.high, *curve.low[::-1]],
        fill="toself",
        fillcolor=with_opacity(CONTEXT, 0.2),
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=curve.alphas,
        y=curve.values,
        mode="lines+markers",
        line={"color": CONTEXT, "width": 2},
        marker={"size": 9, "color": [blend_colour(a) for a in curve.alphas]},
        customdata=list(zip(curve.low, curve.high, strict=True)),
        hovertemplate="α = %{x:.2f}: %{y:.3f} [%{customdata[0]:.3f}, %{customdata[1]:.3f}]<extra></extra>",
    )
    figure.add_hline(y=curve.values[0], line={"color": TARGET, "width": 1.5, "dash": "dot"})
    for at, word in ((found.alpha if found.helps else None, tr("suggested")), (alpha, tr("current α"))):
        if at is not None:
            figure.add_vline(x=at, line={"color": blend_colour(at), "width": 2}, annotation_text=word)
    return figure


def privacy_figure(points: Sequence[PrivacyPoint], epsilon: float, members: int) -> Figure:
    """How much of the list survives the noise, over ε (logarithmic), with the 10–90% range over draws.

    Args:
        points: from `privacy_curve`.
        epsilon: the current ε.
        members: number of users in the source.
    """
    near = min(points, key=lambda point: abs(point.epsilon - epsilon))
    values = {"epsilon": near.epsilon, "overlap": near.overlap}
    if members == 1:
        title = tr(
            "At ε = {epsilon:g}, {overlap:.0%} of the list remains after noise on one user’s embedding", **values
        )
    else:
        title = tr(
            "At ε = {epsilon:g}, {overlap:.0%} of the list remains after noise on the mean of {users:,} users",
            **values,
            users=members,
        )
    figure = sentence_figure(
        title,
        x=tr("ε, smaller is more private (logarithmic)"),
        y=tr("share of the list that remains"),
        alternative=tr("Each point is the mean over draws of the noise; bars contain eight of ten draws."),
        height=360,
    )
    figure.add_scatter(
        x=[point.epsilon for point in points],
        y=[point.overlap for point in points],
        mode="lines+markers",
        line={"color": SOURCE, "width": 2.5},
        marker={"size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, point.high - point.overlap) for point in points],
            "arrayminus": [max(0.0, point.overlap - point.low) for point in points],
            "color": CONTEXT,
        },
        customdata=[point.noise for point in points],
        hovertemplate="ε = %{x:g}: "
        + tr("{share} remains, noise {noise}", share="%{y:.0%}", noise="%{customdata:.3g}")
        + "<extra></extra>",
    )
    figure.add_vline(x=near.epsilon, line={"color": CONTEXT, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(type="log", tickvals=[point.epsilon for point in points])
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%")
    return figure
