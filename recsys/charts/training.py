"""Figures of training: the curve against the baselines' lines, the loss, and runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.charts.style import GROUPS, QUIET, format_number, group_colour, plain_text, sentence_figure, with_opacity
from recsys.models.table import model_label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MODEL = GROUPS[0]
DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")
QUALITY = "NDCG@10 on validation users, 0 … 1"
HEIGHT = 430

Reports = Sequence[Mapping[str, Any]]
Quality = Mapping[str, Mapping[str, float]]


def training_curve(
    reports: Reports,
    epochs: int,
    baselines: Quality,
    comparison: Mapping[str, Any] | None = None,
) -> Figure:
    """Validation accuracy epoch by epoch, with the baselines as level lines.

    Args:
        reports: one mapping per epoch with "epoch" and "ndcg@10" (with Markov scores also "network", of the network
            alone).
        epochs: how many there will be; 0 while unknown.
        baselines: {name: {"ndcg@10": …}}.
        comparison: of a finished run with the best baseline, see `recsys.runs.Run.evidence`.
    """
    evaluated = [report for report in reports if "ndcg@10" in report]
    title = curve_title(reports, epochs, baselines, comparison)
    figure = sentence_figure(title, x="epoch (pass over the data)", y=QUALITY, height=HEIGHT, alternative=title)
    last = max([epochs, 1, *(int(report["epoch"]) for report in evaluated)])
    for number, (name, quality) in enumerate(sorted(baselines.items(), key=lambda entry: entry[1]["ndcg@10"])):
        _level(figure, model_label(name), float(quality["ndcg@10"]), last, DASHES[number % len(DASHES)])
    if evaluated:
        _line(figure, evaluated, "network", name="network alone", color=with_opacity(MODEL, 0.6), width=1.5, dash="dot")
        _line(figure, evaluated, "ndcg@10", name="the model", color=MODEL, width=4)
        newest, best = evaluated[-1], max(evaluated, key=lambda report: float(report["ndcg@10"]))
        _mark(figure, best, "best so far", "star", 14, last)
        if newest is not best:
            _mark(figure, newest, "now", "circle", 11, last)
    figure.update_xaxes(range=[0.0, last * 1.04], showgrid=False, tickformat=",d", nticks=min(last, 8) + 1)
    figure.update_yaxes(range=[0.0, 1.15 * _highest(evaluated, baselines)], nticks=6)
    return figure


def _highest(evaluated: Reports, baselines: Quality) -> float:
    """The largest value drawn; a quarter while there is none."""
    drawn = [float(row["ndcg@10"]) for row in evaluated]
    return max([*drawn, *(float(quality["ndcg@10"]) for quality in baselines.values())], default=0.0) or 0.25


def curve_title(reports: Reports, epochs: int, baselines: Quality, comparison: Mapping[str, Any] | None = None) -> str:
    """The sentence over the curve: the model against the best simple baseline, with the interval of the difference.

    Args:
        comparison: of a finished run; by default that of the newest best epoch.
    """
    evaluated = [float(report["ndcg@10"]) for report in reports if "ndcg@10" in report]
    best = max(baselines, key=lambda name: float(baselines[name]["ndcg@10"]), default="")
    bar, rival = (float(baselines[best]["ndcg@10"]) if best else 0.0), model_label(best)
    if not evaluated:
        if reports:
            went = f"{len(reports):,} epoch{'s' * (len(reports) > 1)}"
            return f"Loss {format_number(float(reports[-1]['loss']))} after {went}; no validation users"
        return (
            f"The line to beat is {plain_text(rival)} with {format_number(bar)}" if rival else "The curve starts here"
        )
    of = f" of {epochs:,}" if len(evaluated) < epochs else ""
    when = f"after {len(evaluated):,}{of} epoch{'s' * (max(len(evaluated), epochs) > 1)}"
    newest = next((report["comparison"] for report in reversed(reports) if "comparison" in report), None)
    if comparison or newest:
        return comparison_sentence(comparison or newest or {}, when)
    if not rival or bar <= 0:
        return f"The model scores {format_number(max(evaluated))} {when}"
    reached = f"{plain_text(rival)}, the best simple baseline, reaches {format_number(bar)}"
    return f"NDCG@10 {format_number(max(evaluated))} {when}; {reached}"


def comparison_sentence(comparison: Mapping[str, Any], when: str = "") -> str:
    """Whether the model is better than the best simple baseline; only where the whole interval lies above 0."""
    lead = "Better" if float(comparison["low"]) > 0 else "Not better"
    difference, low, high = (_signed(float(comparison[name])) for name in ("difference", "low", "high"))
    model, other = (format_number(float(comparison[name])) for name in ("value", "against"))
    baseline = plain_text(model_label(comparison["baseline"]))
    return (
        f"{lead} than {baseline}, the best simple baseline{', ' + when if when else ''}: NDCG@10 "
        f"{model} against {other}, difference {difference} [{low}, {high}]"
    )


def _signed(value: float) -> str:
    return format_number(value) if value < 0 else f"+{format_number(value)}"


def loss_curve(reports: Reports) -> Figure:
    """Cross-entropy by epoch, in nats."""
    losses = [float(report["loss"]) for report in reports]
    title = (
        f"The loss went from {format_number(losses[0])} to {format_number(losses[-1])} nats"
        if losses
        else "The loss will fall here"
    )
    figure = sentence_figure(title, x="epoch", y="loss, nats", height=240, width=46)
    if losses:
        _line(figure, reports, "loss", name="loss", color=QUIET, width=3)
    return figure


def runs_over_time(runs: Mapping[str, tuple[Reports, Quality]]) -> Figure:
    """Quality over training time of several runs on the same data.

    Args:
        runs: {name: (reports, validation of its baselines)}; the lines drawn are those of the last.
    """
    best = {
        name: max((float(r["ndcg@10"]) for r in reports if "ndcg@10" in r), default=0.0)
        for name, (reports, _) in runs.items()
    }
    leader = max(best, key=best.__getitem__, default="")
    title = (
        f"“{plain_text(leader, 40)}” leads with {format_number(best[leader])}" if leader else "No runs to compare yet"
    )
    figure = sentence_figure(title, x="training time, seconds", y=QUALITY, height=HEIGHT)
    until = 1.0
    for number, (name, (reports, _)) in enumerate(runs.items()):
        evaluated = [report for report in reports if "ndcg@10" in report]
        if not evaluated:
            continue
        until = max(until, float(evaluated[-1]["seconds"]))
        _line(figure, evaluated, "ndcg@10", x="seconds", name=plain_text(name, 40), color=group_colour(number), width=3)
        end = evaluated[-1]
        figure.add_annotation(
            x=end["seconds"], y=end["ndcg@10"], text=plain_text(name, 24), showarrow=False, xanchor="right", yshift=10,
            font={"color": group_colour(number)},
        )  # fmt: skip
    baselines = list(runs.values())[-1][1] if runs else {}
    for number, (name, quality) in enumerate(sorted(baselines.items())):
        _level(figure, model_label(name), float(quality["ndcg@10"]), until, DASHES[number % len(DASHES)])
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(range=[0.0, until * 1.02])
    return figure


def _level(figure: Figure, name: str, value: float, until: float, dash: str) -> None:
    """A baseline: a level line with its name and value on it."""
    shown = f"{plain_text(name)} {format_number(value)}"
    figure.add_scatter(
        x=[0, until], y=[value, value], mode="lines", line={"color": QUIET, "width": 2, "dash": dash},
        name=plain_text(name), hovertemplate=f"{shown}<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        x=0, y=value, text=shown, showarrow=False, xanchor="left", yanchor="bottom", font={"color": QUIET}
    )


def _line(
    figure: Figure, reports: Reports, y: str, *, name: str, color: str, width: float, x: str = "epoch", dash: str = ""
) -> None:
    rows = [report for report in reports if y in report]
    figure.add_scatter(
        x=[float(report[x]) for report in rows],
        y=[float(report[y]) for report in rows],
        mode="lines" if len(rows) > 1 else "markers",
        line={"color": color, "width": width, "dash": dash or "solid"},
        marker={"color": color, "size": 8},
        name=name,
        hovertemplate=f"{name}<br>{x} %{{x:.4g}}: %{{y:.3g}}<extra></extra>",
    )


def _mark(figure: Figure, report: Mapping[str, Any], name: str, symbol: str, size: int, last: int) -> None:
    x, y = float(report["epoch"]), float(report["ndcg@10"])
    figure.add_scatter(
        x=[x], y=[y], mode="markers+text", marker={"color": MODEL, "size": size, "symbol": symbol},
        text=[f"{name} {format_number(y)}"], textfont={"color": MODEL},
        textposition="top left" if x > last / 2 else "top right",
        name=name,
        hovertemplate=f"{name}: epoch %{{x:.0f}}, %{{y:.3g}}<extra></extra>",
    )  # fmt: skip
