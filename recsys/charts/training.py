"""Figures of training: the curve against the baselines' lines, the loss, and runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.charts.style import GROUPS, QUIET, format_number, group_colour, plain_text, sentence_figure, with_opacity
from recsys.models.table import model_label
from recsys.wording import Message, tr, tr_n

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MODEL = GROUPS[0]
DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")
QUALITY = Message("NDCG@10 on validation users, 0 … 1")
HEIGHT = 430
MARGINS, LABEL = 120, 18  # pixels: above and below the plot; height of a label
_NAMES = {"epoch": Message("epoch"), "seconds": Message("seconds")}  # of the x axis, on hover

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
    figure = sentence_figure(title, x=tr("epoch (pass over the data)"), y=tr(QUALITY), height=HEIGHT, alternative=title)
    last = max([epochs, 1, *(int(report["epoch"]) for report in evaluated)])
    top = 1.15 * _highest(evaluated, baselines)
    _levels(figure, baselines, last, top)
    if evaluated:
        _line(
            figure,
            evaluated,
            "network",
            name=tr("network alone"),
            color=with_opacity(MODEL, 0.6),
            width=1.5,
            dash="dot",
        )
        _line(figure, evaluated, "ndcg@10", name=tr("the model"), color=MODEL, width=4)
        newest, best = evaluated[-1], max(evaluated, key=lambda report: float(report["ndcg@10"]))
        near = newest is not best and float(newest["epoch"]) - float(best["epoch"]) < last / 3
        said = _mark(figure, best, tr("best so far"), "star", 14, last, shown=not near)
        if newest is not best:
            _mark(figure, newest, tr("now"), "circle", 11, last, before=f"{said} · " if near else "")
    figure.update_xaxes(range=[0.0, last * 1.04], showgrid=False, tickformat=",d", nticks=min(last, 8) + 1)
    figure.update_yaxes(range=[0.0, top], nticks=6)
    return figure


def _highest(evaluated: Reports, baselines: Quality) -> float:
    """The largest value drawn; a quarter while there is none."""
    drawn = [float(row["ndcg@10"]) for row in evaluated if "ndcg@10" in row]
    return max([*drawn, *(float(quality["ndcg@10"]) for quality in baselines.values())], default=0.0) or 0.25


def curve_title(reports: Reports, epochs: int, baselines: Quality, comparison: Mapping[str, Any] | None = None) -> str:
    """The sentence over the curve: the model against the best simple baseline, with the interval of the difference.

    Args:
        comparison: of a finished run; by default that of the newest best epoch.
    """
    evaluated = [float(report["ndcg@10"]) for report in reports if "ndcg@10" in report]
    best = max(baselines, key=lambda name: float(baselines[name]["ndcg@10"]), default="")
    bar, rival = (float(baselines[best]["ndcg@10"]) if best else 0.0), plain_text(tr(model_label(best)))
    if not evaluated:
        if reports:
            return tr_n(
                "Loss {loss} after {n:,} epoch; no validation users",
                "Loss {loss} after {n:,} epochs; no validation users",
                len(reports),
                loss=format_number(float(reports[-1]["loss"])),
            )
        if not rival:
            return tr("The curve starts here")
        return tr("The line to beat is {baseline} with {value}", baseline=rival, value=format_number(bar))
    when = _when(len(evaluated), epochs)
    newest = next((report["comparison"] for report in reversed(reports) if "comparison" in report), None)
    if comparison or newest:
        return comparison_sentence(comparison or newest or {}, when)
    value = format_number(max(evaluated))
    if not rival or bar <= 0:
        return tr("The model scores {value} {when}", value=value, when=when)
    return tr(
        "NDCG@10 {value} {when}; {baseline}, the best simple baseline, reaches {reached}",
        value=value,
        when=when,
        baseline=rival,
        reached=format_number(bar),
    )


def _when(done: int, epochs: int) -> Message:
    """How far a training is, as a part of a sentence."""
    if done < epochs:
        return Message("after {done:,} of {epochs:,} epochs", done=done, epochs=epochs)
    return Message.plural("after {n:,} epoch", "after {n:,} epochs", done)


def comparison_sentence(comparison: Mapping[str, Any], when: Message | None = None) -> str:
    """Whether the model is better than the best simple baseline; only where the whole interval lies above 0."""
    difference, low, high = (_signed(float(comparison[name])) for name in ("difference", "low", "high"))
    model, other = (format_number(float(comparison[name])) for name in ("value", "against"))
    baseline: str = plain_text(tr(model_label(comparison["baseline"])))
    if when is not None:
        baseline = Message("{baseline}, the best simple baseline, {when}", baseline=baseline, when=when)
    else:
        baseline = Message("{baseline}, the best simple baseline", baseline=baseline)
    return tr(
        "Better than {baseline}: NDCG@10 {model} against {other}, difference {difference}"
        if float(comparison["low"]) > 0
        else "Not better than {baseline}: NDCG@10 {model} against {other}, difference {difference}",
        baseline=baseline,
        model=model,
        other=other,
        difference=f"{difference} [{low}, {high}]",
    )


def _signed(value: float) -> str:
    return format_number(value) if value < 0 else f"+{format_number(value)}"


def loss_curve(reports: Reports) -> Figure:
    """Cross-entropy by epoch, in nats."""
    losses = [float(report["loss"]) for report in reports]
    title = (
        tr(
            "The loss went from {first} to {last} nats",
            first=format_number(losses[0]),
            last=format_number(losses[-1]),
        )
        if losses
        else tr("The loss will fall here")
    )
    figure = sentence_figure(title, x=tr("epoch"), y=tr("loss, nats"), height=240, width=46)
    if losses:
        _line(figure, reports, "loss", name=tr("loss"), color=QUIET, width=3)
    return figure


def runs_over_time(runs: Mapping[str, tuple[Reports, Quality]]) -> Figure:
    """Quality over training time of several runs on the same data.

    Args:
        runs: {name: (reports, validation of its baselines)}; the lines drawn are those of the last.
    """
    measured = {name: [float(r["ndcg@10"]) for r in reports if "ndcg@10" in r] for name, (reports, _) in runs.items()}
    best = {name: max(values) for name, values in measured.items() if values}
    if best:
        leader = max(best, key=best.__getitem__)
        title = tr("“{run}” leads with {value}", run=plain_text(leader, 40), value=format_number(best[leader]))
    else:
        title = tr("None of these runs was evaluated during training") if runs else tr("No runs to compare yet")
    figure = sentence_figure(title, x=tr("training time, seconds"), y=tr(QUALITY), height=HEIGHT)
    until = 1.0
    for number, (name, (reports, _)) in enumerate(runs.items()):
        evaluated = [report for report in reports if "ndcg@10" in report]
        if not evaluated:
            continue
        until = max(until, float(evaluated[-1]["seconds"]))
        _line(figure, evaluated, "ndcg@10", x="seconds", name=plain_text(name, 40), color=group_colour(number), width=3)
        end, colour = evaluated[-1], group_colour(number)
        label = f'<span style="color:{colour}">●</span> {plain_text(name, 24)}'  # words in it would be too pale
        figure.add_annotation(
            x=end["seconds"], y=end["ndcg@10"], text=label, showarrow=False, xanchor="right", yshift=10
        )
    baselines = list(runs.values())[-1][1] if runs else {}
    top = 1.15 * _highest([report for reports, _ in runs.values() for report in reports], baselines)
    _levels(figure, baselines, until, top)
    figure.update_yaxes(range=[0.0, top])
    figure.update_xaxes(range=[0.0, until * 1.02])
    return figure


def _levels(figure: Figure, baselines: Quality, until: float, top: float) -> None:
    """The baselines: level lines, named with their values at the left. Lines too near for two names share one label.

    Args:
        until: the right end of the lines.
        top: of the y axis, which begins at 0.
    """
    near = top * LABEL / (HEIGHT - MARGINS)
    named: list[tuple[float, str]] = []  # height of the label, its words
    ascending = sorted(baselines.items(), key=lambda entry: float(entry[1]["ndcg@10"]))
    for number, (name, quality) in enumerate(ascending):
        value, label = float(quality["ndcg@10"]), plain_text(tr(model_label(name)))
        words = f"{label} {format_number(value)}"
        figure.add_scatter(
            x=[0, until], y=[value, value], mode="lines", name=label, hovertemplate=f"{words}<extra></extra>",
            line={"color": QUIET, "width": 2, "dash": DASHES[number % len(DASHES)]},
        )  # fmt: skip
        if named and value - named[-1][0] < near:
            words = f"{words} · {named.pop()[1]}"
        named.append((value, words))
    for value, words in named:
        figure.add_annotation(x=0, y=value, text=words, showarrow=False, xanchor="left", yanchor="bottom")


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
        hovertemplate=f"{name}<br>{tr(_NAMES[x])} %{{x:.4g}}: %{{y:.3g}}<extra></extra>",
    )


def _mark(
    figure: Figure,
    report: Mapping[str, Any],
    name: str,
    symbol: str,
    size: int,
    last: int,
    *,
    shown: bool = True,
    before: str = "",
) -> str:
    """An epoch's mark with its name and value as its label. Two that are near share the label of the later one.

    Args:
        shown: whether it has a label.
        before: stands before its label.

    Returns:
        Name and value.
    """
    x, y = float(report["epoch"]), float(report["ndcg@10"])
    said = f"{name} {format_number(y)}"
    figure.add_scatter(
        x=[x], y=[y], mode="markers+text", marker={"color": MODEL, "size": size, "symbol": symbol},
        text=[before + said if shown else ""],
        textposition="top left" if x > last / 2 else "top right",
        name=name,
        hovertemplate=f"{name}: {tr(_NAMES['epoch'])} %{{x:.0f}}, %{{y:.3g}}<extra></extra>",
    )  # fmt: skip
    return said
