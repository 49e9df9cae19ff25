"""Figures of Explain: bars of influence, the parts of a score, where the network looked, and how far that explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import GROUPS, QUIET, SOURCE, TARGET, format_number, plain_text, sentence_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.explain.attention import AttentionMap, DeletionStudy
    from recsys.explain.history_influence import Influence
    from recsys.explain.score_parts import Part

SUPPORTS, HOLDS_BACK = "#009E73", "#D55E00"
ROW = 26  # pixels a bar


def influence_figure(found: Influence, titles: Sequence[str], item_title: str, most: int = 15) -> Figure:
    """Bars of influence, strongest on top; each bar's position in the history is its `customdata`.

    Args:
        titles: of the history items, oldest first.
        most: the strongest are shown, in either direction.
    """
    import plotly.graph_objects as go

    strongest = sorted(range(len(found.effects)), key=lambda p: -abs(found.effects[p]))[:most]
    order = sorted(strongest, key=lambda p: found.effects[p])
    if order and found.effects[order[-1]] > 0:
        title = f"“{plain_text(item_title, 40)}” hangs most on “{plain_text(titles[order[-1]], 40)}”"
    else:
        title = f"Nothing in this history speaks for “{plain_text(item_title, 40)}”"
    figure = sentence_figure(
        title,
        x="lead lost without it, in score points (below 0: it holds back)",
        alternative="; ".join(f"{titles[p]}: {format_number(float(found.effects[p]))}" for p in order[::-1]),
        height=110 + ROW * max(1, len(order)),
    )
    effects = [float(found.effects[p]) for p in order]
    figure.add_trace(
        go.Bar(
            x=effects,
            y=list(range(len(order))),
            orientation="h",
            customdata=order,
            marker_color=[SUPPORTS if e > 0 else HOLDS_BACK for e in effects],
            hovertext=[f"{plain_text(titles[p])}: {format_number(float(found.effects[p]))}" for p in order],
            hovertemplate="%{hovertext}<br>click to take it away<extra></extra>",
        )
    )
    figure.update_yaxes(tickvals=list(range(len(order))), ticktext=[plain_text(titles[p], 38) for p in order])
    moves = [f" place {found.rank:,} → {found.ranks[p]:,}" if found.ranks[p] != found.rank else "" for p in order]
    beside = {"x": [max(e, 0.0) for e in effects], "y": list(range(len(order))), "text": moves, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(**beside, mode="text", textposition="middle right", cliponaxis=False))
    low, high = min(0.0, *effects, 0.0), max(0.0, *effects, 0.0)
    figure.update_xaxes(range=[low - 0.02 * (high - low), high + 0.3 * max(high - low, 1e-6)])
    return figure


def parts_figure(parts: Sequence[Part], title: str) -> Figure:
    """A bar for each summand of a lead; source is orange, target blue, others take the group colours."""
    import plotly.graph_objects as go

    fixed = {"source": SOURCE, "target": TARGET}
    figure = sentence_figure(
        title,
        x="part of the lead, in score points",
        alternative="; ".join(f"{p.name}: {format_number(p.value)}" for p in parts),
        height=110 + 40 * len(parts),
    )
    figure.add_trace(
        go.Bar(
            x=[p.value for p in parts],
            y=[plain_text(p.name, 40) for p in parts],
            orientation="h",
            marker_color=[fixed.get(p.name, GROUPS[n % len(GROUPS)]) for n, p in enumerate(parts)],
            text=[format_number(p.value) for p in parts],
            hovertemplate="%{y}: %{x:.3g}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return figure


def attention_figure(found: AttentionMap, titles: Sequence[str], block: int, head: int, newest: int = 20) -> Figure:
    """Heatmap of one head over the newest items: each row looks at the columns."""
    import plotly.graph_objects as go

    weights = found.weights[block, head][-newest:, -newest:]
    names = [f"{n + 1} {plain_text(t, 22)}" for n, t in enumerate(titles[-newest:])]
    last = weights[-1]
    looked = plain_text(titles[-newest:][int(last.argmax())], 36)
    figure = sentence_figure(
        f"At the end, head {head + 1} of block {block + 1} looks most at “{looked}”",
        x="number of the item looked at (1 = oldest shown)",
        y="item that looks",
        alternative="; ".join(f"{n}: {format_number(float(w))}" for n, w in zip(names, last, strict=True)),
        height=520,
    )
    figure.add_trace(
        go.Heatmap(
            z=weights,
            x=list(range(len(names))),
            y=list(range(len(names))),
            colorscale=[[0, "rgba(0,158,115,0)"], [1, "rgba(0,158,115,1)"]],
            zmin=0,
            colorbar={"title": "weight"},
            text=[[f"{plain_text(a, 30)} → {plain_text(b, 30)}" for b in titles[-newest:]] for a in titles[-newest:]],
            hovertemplate="%{text}: %{z:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(tickvals=list(range(len(names))), ticktext=[str(n + 1) for n in range(len(names))])
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, autorange="reversed")
    return figure


def deletion_figure(study: DeletionStudy) -> Figure:
    """Lead left against share of history deleted, for each order of deleting; the lower the curve, the better."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        study.sentence,
        x="share of the history deleted",
        y="share of the lead that is left",
        alternative="; ".join(f"{name}: area {area.text}" for name, area in study.areas.items()),
        height=380,
        width=84,
    )
    looks = {"influence": (GROUPS[0], "solid"), "attention": (GROUPS[1], "dash"), "random": (QUIET, "dot")}
    for name, curve in study.curves.items():
        colour, dash = looks.get(name, (GROUPS[3], "solid"))
        grid = np.linspace(0, 1, len(curve))
        at = max(1, len(curve) // 3)
        labels = ["" if i != at else f"by {name}" for i in range(len(curve))]
        figure.add_trace(
            go.Scatter(
                x=grid,
                y=curve,
                mode="lines+markers+text",
                text=labels,
                textposition="top right" if name != "influence" else "bottom left",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=f"by {name}: %{{y:.0%}} left after %{{x:.0%}}<extra></extra>",
            )
        )
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%")
    return figure
