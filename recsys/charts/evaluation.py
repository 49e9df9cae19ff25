"""Figures of Evaluate: models with intervals, quality against cost, wins per user, quality over α."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.charts.intervals import add_curve, add_interval
from recsys.charts.style import (
    GROUPS,
    QUIET,
    SOURCE,
    TARGET,
    format_number,
    format_percent,
    group_colour,
    group_symbol,
    in_words,
    plain_text,
    sentence_figure,
)
from recsys.metrics import MISSED
from recsys.metrics.registry import find_metric, metric_label
from recsys.metrics.uncertainty import Estimate
from recsys.wording import listed, tr

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.evaluation.quality_over_alpha import QualityOverAlpha
    from recsys.evaluation.report import Report


def intervals_figure(report: Report, metric: str) -> Figure:
    """One row per model, best on top: a point with its 95% interval and the numbers beside it."""
    lowest_first = find_metric(metric).better == "lower"
    ordered = sorted(report.models, key=lambda m: m.estimates[metric].value, reverse=lowest_first)
    figure = sentence_figure(
        tr(
            "{model} has the lowest {metric}" if lowest_first else "{model} has the highest {metric}",
            model=plain_text(tr(ordered[-1].label)),
            metric=metric_label(metric),
        ),
        x=tr("{metric} over {users:,} users with 95% interval", metric=metric_label(metric), users=len(report.users)),
        alternative=in_words((tr(m.label), m.estimates[metric].text) for m in reversed(ordered)),
        height=110 + 44 * len(ordered),
    )
    for model in ordered:
        estimate = model.estimates[metric]
        first = model.name == report.names[0]
        colour, symbol = (GROUPS[0], "diamond") if first else (QUIET, "circle")
        add_interval(figure, plain_text(tr(model.label)), estimate, colour, symbol, numbers=True)
    _fit_axes(figure, [m.estimates[metric] for m in ordered])
    return figure


def _fit_axes(figure: Figure, estimates: Sequence[Estimate]) -> None:
    """Ranges that leave space for the numbers at the right."""
    low, high = min(e.low for e in estimates), max(e.high for e in estimates)
    low = min(low, 0.0)
    figure.update_xaxes(range=[low - 0.03 * (high - low), high + 0.28 * max(high - low, 1e-6)])
    figure.update_yaxes(range=[-0.6, len(estimates) - 0.4])


def pareto_figure(rows: Sequence[tuple[str, float, float]], metric: str, cost: str) -> Figure:
    """Quality against cost on a log axis; a line joins the models that no other beats in both.

    Args:
        rows: (name, cost, quality) of each model; those that cost nothing are left out.
        cost: axis title with its unit.
    """
    import plotly.graph_objects as go

    known = sorted((r for r in rows if r[1] > 0), key=lambda r: (r[1], -r[2]))
    front: list[tuple[str, float, float]] = []
    for row in known:
        if not front or row[2] > front[-1][2]:
            front.append(row)
    names = listed([plain_text(name, 30) for name, *_ in front] or [""])
    label = tr(metric_label(metric))
    figure = sentence_figure(
        tr("Nothing is both cheaper and better than {names}", names=names)
        if front
        else tr("There is nothing to compare"),
        x=cost,
        y=label,
        alternative=in_words(
            (n, tr(", ").join((f"{cost} {format_number(c)}", f"{label} {format_number(q)}"))) for n, c, q in known
        ),
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
                f"{label}: {format_number(quality)}<extra></extra>",
            )
        )
    figure.update_xaxes(type="log")
    figure.update_yaxes(rangemode="tozero")
    return figure


def win_loss_figure(
    first: str,
    second: str,
    ranks: tuple[np.ndarray, np.ndarray],
    labels: Sequence[str],
    positions: np.ndarray | None = None,
) -> Figure:
    """Each user as a point: the rank of the held-out item by one model against the other, on log axes.

    Points carry the user's position as `customdata`, so that a selection can be opened on other pages.

    Args:
        ranks: int (n,) each.
        labels: of the users that are drawn.
        positions: int (m,), which users are drawn; by default all. The title counts all.
    """
    import plotly.graph_objects as go

    last = max((int(r[r < MISSED].max(initial=1)) for r in ranks), default=1)  # misses are drawn at the last rank
    a, b = (np.minimum(r, last).astype(float) for r in ranks)
    drawn = np.arange(len(a)) if positions is None else positions
    wins, losses = int((a < b).sum()), int((a > b).sum())
    figure = sentence_figure(
        tr(
            "{first} ranks it better for {wins:,} users, {second} for {losses:,}",
            first=plain_text(first, 24),
            wins=wins,
            second=plain_text(second, 24),
            losses=losses,
        ),
        x=tr("rank of the held-out item by {model} (1 = first)", model=plain_text(second, 30)),
        y=tr("rank by {model}", model=plain_text(first, 30)),
        alternative=tr(
            "{first} ranks it better for {wins} users, {second} for {losses}; {equal} equal",
            first=first,
            wins=wins,
            second=second,
            losses=losses,
            equal=len(a) - wins - losses,
        ),
        height=430,
        width=44,
    )
    against = tr("{first} against {second}", first="%{y:,.0f}", second="%{x:,.0f}")
    top = float(max(a.max(initial=1), b.max(initial=1)))
    line = {"x": [1, top], "y": [1, top], "mode": "lines", "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(**line, line={"dash": "dot", "color": QUIET}, showlegend=False))
    for name, inside, colour, symbol in (
        (tr("better by {model}", model=first), a < b, GROUPS[0], "circle"),
        (tr("better by {model}", model=second), a > b, GROUPS[2], "diamond"),
        (tr("equal"), a == b, QUIET, "square"),
    ):
        places = np.flatnonzero(inside[drawn])
        at, texts = drawn[places], [plain_text(labels[int(place)]) for place in places]
        marker = {"size": 8, "opacity": 0.6, "color": colour, "symbol": symbol}
        named = {"name": plain_text(name), "text": texts, "hovertemplate": f"%{{text}}<br>{against}<extra></extra>"}
        figure.add_trace(go.Scattergl(x=b[at], y=a[at], mode="markers", customdata=at, marker=marker, **named))
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log", autorange="reversed")
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25})
    return figure


def alpha_figure(curve: QualityOverAlpha, targets: str = "") -> Figure:
    """NDCG over α with its interval, and both controls as thin labelled lines.

    Args:
        targets: what they are called, for the title; "" for all users.
    """
    import plotly.graph_objects as go

    figure = sentence_figure(
        tr(curve.verdict_for(plain_text(targets))),
        x=tr("α, the share of the source (0 = target alone)"),
        y=tr("NDCG@{k}, mean with 95% interval", k=curve.k),
        alternative=in_words((f"α {a:.2g}", e.text) for a, e in zip(curve.alphas, curve.curve, strict=True)),
        height=420,
        width=90,
    )
    alphas = curve.alphas.tolist()
    controls = zip(map(tr, curve.controls), curve.controls.values(), ("dash", "dot"), strict=True)
    for name, values, dash in controls:
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
    add_curve(figure, alphas, curve.curve)
    for alpha, name, colour in ((0, tr("target"), TARGET), (1, tr("source"), SOURCE)):
        figure.add_annotation(
            x=alpha, y=0, yref="paper", text=name, showarrow=False, font={"color": colour}, yanchor="bottom"
        )
    return figure


def like_figure(accuracy: Mapping[str, Estimate]) -> Figure:
    """Like / not-like accuracy of each model with its interval, against the 0.5 of a constant answer."""
    ordered = sorted(accuracy.items(), key=lambda pair: pair[1].value)
    best, highest = ordered[-1]
    share = format_percent(highest.value)
    figure = sentence_figure(
        tr(
            "{model} tells liked items from others {share} of the time; a constant answer, 50%",
            model=plain_text(best),
            share=share,
        ),
        x=tr("like / not-like accuracy with 95% interval"),
        alternative=in_words((name, estimate.text) for name, estimate in ordered),
        height=130 + 40 * len(ordered),
    )
    for name, estimate in ordered:
        add_interval(figure, plain_text(name), estimate, GROUPS[0], "circle", numbers=True)
    _fit_axes(figure, [estimate for _, estimate in ordered])
    figure.add_vline(x=0.5, line={"dash": "dot", "color": QUIET}, annotation_text=tr("constant answer 0.5"))
    return figure
