"""Figures of Evaluate: who is best with how much doubt, where the doubt lies, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.style import (
    GROUPS,
    QUIET,
    SOURCE,
    TARGET,
    blend_colour,
    format_interval,
    format_number,
    format_percent,
    group_colour,
    group_symbol,
    plain_text,
    sentence_figure,
    with_opacity,
)
from recsys.metrics import MISSED
from recsys.metrics.uncertainty import Estimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.evaluation.alpha_curve import AlphaCurve
    from recsys.evaluation.evaluate import Report


def metric_label(name: str) -> str:
    """How a metric is called on screen: "ndcg@10" → "NDCG@10", "popularity_lift@10" → "popularity lift@10"."""
    base, at, k = name.partition("@")
    words = {"hr": "hit rate", "ndcg": "NDCG", "mrr": "MRR", "map": "MAP", "auc": "AUC", "gini": "exposure Gini"}
    return words.get(base, base.replace("_", " ")) + at + k


def intervals_figure(report: Report, metric: str, first: str | None = None) -> Figure:
    """One row per model, best on top: a point with its 95% interval and the numbers beside it."""

    ordered = sorted(report.models, key=lambda m: m.estimates[metric].value)
    own = first or report.names[0]
    figure = sentence_figure(
        f"{plain_text(ordered[-1].name)} has the highest {metric_label(metric)}",
        x=f"{metric_label(metric)}, mean over {len(report.users):,} people with 95% interval",
        alternative="; ".join(f"{m.name}: {m.estimates[metric].text}" for m in reversed(ordered)),
        height=110 + 44 * len(ordered),
    )
    for model in ordered:
        estimate = model.estimates[metric]
        mine = model.name == own
        colour = GROUPS[0] if mine else QUIET
        _interval_row(
            figure, plain_text(model.name), estimate, colour, "diamond" if mine else "circle", "★ " if mine else ""
        )
    _room_for_numbers(figure, [m.estimates[metric] for m in ordered])
    return figure


def _interval_row(figure: Figure, name: str, estimate: Estimate, colour: str, symbol: str, mark: str = "") -> None:
    """A point with its interval, the numbers to the right of it."""
    import plotly.graph_objects as go

    figure.add_trace(
        go.Scatter(
            x=[estimate.value],
            y=[name],
            error_x={
                "array": [estimate.high - estimate.value],
                "arrayminus": [estimate.value - estimate.low],
                "thickness": 3,
                "width": 7,
            },
            mode="markers",
            marker={"size": 13, "symbol": symbol, "color": colour},
            hovertemplate=f"{name}: {estimate.text}<extra></extra>",
        )
    )
    numbers = {"x": [estimate.high], "y": [name], "text": [f"  {mark}{estimate.text}"], "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(**numbers, mode="text", textposition="middle right", cliponaxis=False))


def _room_for_numbers(figure: Figure, estimates: Sequence[Estimate]) -> None:
    low, high = min(e.low for e in estimates), max(e.high for e in estimates)
    low = min(low, 0.0)
    figure.update_xaxes(range=[low - 0.03 * (high - low), high + 0.28 * max(high - low, 1e-6)])
    figure.update_yaxes(range=[-0.6, len(estimates) - 0.4])


def pareto_figure(rows: Sequence[tuple[str, float, float]], metric: str, cost: str, log: bool = True) -> Figure:
    """Quality against cost; models that no other beats in both are joined.

    Args:
        rows: (name, cost, quality) of each model.
        cost: axis title with its unit.
    """
    import plotly.graph_objects as go

    known = sorted((r for r in rows if r[1] > 0 or not log), key=lambda r: (r[1], -r[2]))
    front: list[tuple[str, float, float]] = []
    for row in known:
        if not front or row[2] > front[-1][2]:
            front.append(row)
    names = ", ".join(plain_text(name, 30) for name, *_ in front)
    figure = sentence_figure(
        f"Nothing is both cheaper and better than {names}" if front else "There is nothing to compare",
        x=cost,
        y=metric_label(metric),
        alternative="; ".join(f"{n}: {cost} {format_number(c)}, {metric} {format_number(q)}" for n, c, q in known),
        height=430,
        width=44,
    )
    figure.add_trace(
        go.Scatter(
            x=[r[1] for r in front],
            y=[r[2] for r in front],
            mode="lines",
            line={"shape": "hv", "dash": "dot", "color": QUIET},
            hoverinfo="skip",
        )
    )
    for number, (name, price, quality) in enumerate(known):
        figure.add_trace(
            go.Scatter(
                x=[price],
                y=[quality],
                mode="markers+text",
                text=[plain_text(name, 24)],
                textposition="top center",
                cliponaxis=False,
                marker={"size": 13, "color": group_colour(number), "symbol": group_symbol(number)},
                hovertemplate=f"{plain_text(name)}<br>{cost}: {format_number(price)}<br>"
                f"{metric}: {format_number(quality)}<extra></extra>",
            )
        )
    if log:
        figure.update_xaxes(type="log")
    figure.update_yaxes(rangemode="tozero")
    return figure


def win_loss_figure(first: str, second: str, ranks: tuple[np.ndarray, np.ndarray], labels: Sequence[str]) -> Figure:
    """Each person as a point: the place of the held-out item by one model against the other; both axes log.

    Points carry the person's position as `customdata`, so that a selection can be opened elsewhere.
    """
    import plotly.graph_objects as go

    last = max((int(r[r < MISSED].max(initial=1)) for r in ranks), default=1)  # who was missed stands last
    a, b = (np.minimum(r, last).astype(float) for r in ranks)
    wins, losses = int((a < b).sum()), int((a > b).sum())
    figure = sentence_figure(
        f"{plain_text(first, 24)} ranks it better for {wins:,} people, {plain_text(second, 24)} for {losses:,}",
        x=f"place of the held-out item by {plain_text(second, 30)} (1 = first)",
        y=f"place by {plain_text(first, 30)}",
        alternative=f"{wins} people above the line for {first}, {losses} for {second}, {len(a) - wins - losses} even",
        height=430,
        width=44,
    )
    top = float(max(a.max(initial=1), b.max(initial=1)))
    line = {"x": [1, top], "y": [1, top], "mode": "lines", "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(**line, line={"dash": "dot", "color": QUIET}, showlegend=False))
    for name, inside, colour, symbol in (
        (f"better by {first}", a < b, GROUPS[0], "circle"),
        (f"better by {second}", a > b, GROUPS[2], "diamond"),
        ("even", a == b, QUIET, "square"),
    ):
        at = np.flatnonzero(inside)
        figure.add_trace(
            go.Scattergl(
                x=b[at],
                y=a[at],
                mode="markers",
                name=plain_text(name),
                customdata=at,
                text=[plain_text(labels[int(i)]) for i in at],
                marker={"size": 8, "opacity": 0.6, "color": colour, "symbol": symbol},
                hovertemplate="%{text}<br>%{y:,.0f} against %{x:,.0f}<extra></extra>",
            )
        )
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log", autorange="reversed")
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25})
    return figure


def alpha_figure(curve: AlphaCurve) -> Figure:
    """NDCG over α with its interval, and both controls as thin lines that are labelled."""
    import plotly.graph_objects as go

    figure = sentence_figure(
        curve.verdict,
        x="α, the share borrowed from the source (0 = the target alone)",
        y=f"NDCG@{curve.k}, mean with 95% interval",
        alternative="; ".join(f"α {a:.2g}: {e.text}" for a, e in zip(curve.alphas, curve.curve, strict=True)),
        height=420,
        width=90,
    )
    alphas = curve.alphas.tolist()
    lows, highs = [e.low for e in curve.curve], [e.high for e in curve.curve]
    figure.add_trace(
        go.Scatter(
            x=[*alphas, *alphas[::-1]],
            y=[*highs, *lows[::-1]],
            fill="toself",
            fillcolor=with_opacity(blend_colour(0.5), 0.18),
            line={"width": 0},
            hoverinfo="skip",
        )
    )
    for (name, values), dash in zip(curve.controls.items(), ("dash", "dot"), strict=True):
        figure.add_trace(
            go.Scatter(
                x=alphas,
                y=[e.value for e in values],
                mode="lines+text",
                text=[""] * (len(alphas) - 1) + [name],
                textposition="top left" if dash == "dash" else "bottom left",
                line={"dash": dash, "color": QUIET},
                hovertemplate=f"{name}, α = %{{x:.2f}}: %{{y:.3f}}<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=alphas,
            y=[e.value for e in curve.curve],
            mode="lines+markers",
            line={"width": 3, "color": blend_colour(0.5)},
            marker={"size": 11, "color": [blend_colour(float(a)) for a in alphas]},
            text=[format_interval(e.value, e.low, e.high) for e in curve.curve],
            hovertemplate="α = %{x:.2f}: %{text}<extra></extra>",
        )
    )
    figure.add_annotation(
        x=0, y=0, yref="paper", text="target", showarrow=False, font={"color": TARGET}, yanchor="bottom"
    )
    figure.add_annotation(
        x=1, y=0, yref="paper", text="source", showarrow=False, font={"color": SOURCE}, yanchor="bottom"
    )
    return figure


def like_figure(accuracy: Mapping[str, tuple[float, float, float]]) -> Figure:
    """Balanced accuracy of like/not-like for each model with its interval, against the majority's .5."""

    ordered = sorted(accuracy.items(), key=lambda pair: pair[1][0])
    best, (value, *_) = ordered[-1]
    figure = sentence_figure(
        f"{plain_text(best)} tells liked items from others {format_percent(value)} of the time; a constant answer, 50%",
        x="balanced accuracy with 95% interval",
        alternative="; ".join(f"{name}: {format_interval(*numbers)}" for name, numbers in ordered),
        height=130 + 40 * len(ordered),
    )
    for name, numbers in ordered:
        _interval_row(figure, plain_text(name), Estimate(*numbers), GROUPS[0], "circle")
    _room_for_numbers(figure, [Estimate(*numbers) for _, numbers in ordered])
    figure.add_vline(x=0.5, line={"dash": "dot", "color": QUIET}, annotation_text="majority .5")
    return figure
