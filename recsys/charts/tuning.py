"""Figures of a search over settings: its trials in order, and their settings as parallel coordinates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.charts.style import GROUPS, QUIET, format_number, sentence_figure
from recsys.wording import tr, tr_n

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from recsys.runs.tuning import SearchResult, Trial
    from recsys.runs.tuning.space import Dimension

BEST, OTHERS, ENDED = GROUPS[2], GROUPS[3], QUIET
"""Colours of the best trial, of other finished ones, and of those that were ended early. The best is thicker, too, as
the table beside the figure names it."""
HEIGHT = 440
TICKS = 4  # of an axis of numbers


def search_progress(trials: Sequence[Mapping[str, Any]], planned: int) -> Figure:
    """NDCG@10 of each trial so far, and the best so far as a stepped line.

    Args:
        trials: "number", "state" and "value" of each. planned: how many there will be.
    """
    done = [trial for trial in trials if trial["state"] == "done"]
    best = max((float(trial["value"]) for trial in done), default=0.0)
    start = next((float(trial["value"]) for trial in done if trial["number"] == 0), None)
    if start is None:
        title = tr("The first trial has the starting settings")
    else:
        title = tr(
            "Best NDCG@10 so far {best} on the validation users; the starting settings have {start}",
            best=format_number(best),
            start=format_number(start),
        )
    figure = sentence_figure(title, x=tr("trial"), y=tr("NDCG@10 on validation users, 0 … 1"), height=340)
    so_far = [max(float(one["value"]) for one in done[: place + 1]) for place in range(len(done))]
    figure.add_scatter(
        x=[int(trial["number"]) + 1 for trial in done],
        y=so_far,
        mode="lines",
        line={"shape": "hv", "color": BEST, "width": 3},
        name=tr("best so far"),
        hovertemplate=f"{tr('best so far')}: %{{y:.3g}}<extra></extra>",
    )
    for state, name, symbol, colour in (
        ("done", tr("trained to its end"), "circle", OTHERS),
        ("pruned", tr("ended early"), "x", ENDED),
    ):
        rows = [trial for trial in trials if trial["state"] == state]
        figure.add_scatter(
            x=[int(trial["number"]) + 1 for trial in rows],
            y=[float(trial["value"]) for trial in rows],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 10},
            name=name,
            hovertemplate=f"{tr('trial')} %{{x}}, {name}: %{{y:.3g}}<extra></extra>",
        )
    figure.update_xaxes(range=[0.5, planned + 0.5], tickformat=",d", nticks=min(planned, 12) + 1, showgrid=False)
    figure.update_yaxes(rangemode="tozero", nticks=6)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.3})
    return figure


def parallel_coordinates(result: SearchResult) -> Figure:
    """A line per trial across its settings to its NDCG@10; the best is drawn last, over the others."""
    import plotly.graph_objects as go

    trials = [trial for trial in result.of_model if trial.number != result.best and trial.state != "failed"]
    best = result.of_model[result.best]
    trials = [*sorted(trials, key=lambda trial: (trial.state == "done", trial.value)), best]
    title = tr_n(
        "The best of {n} trial has NDCG@10 {best} on the validation users; the starting settings have {start}",
        "The best of {n} trials has NDCG@10 {best} on the validation users; the starting settings have {start}",
        len(result.of_model),
        best=format_number(best.value),
        start=format_number(result.of_model[0].value),
    )
    figure = sentence_figure(title, height=HEIGHT, alternative=title)
    values = [trial.value for trial in trials]
    axes = [_axis(dimension, trials) for dimension in result.space]
    axes.append({"label": "NDCG@10", "values": values, **_number_ticks(min(values), max(values))})
    figure.add_trace(
        go.Parcoords(
            dimensions=axes,
            line={
                "color": [_level(trial, best) for trial in trials],
                "colorscale": [[0.0, ENDED], [0.5, OTHERS], [1.0, BEST]],
                "cmin": 0,
                "cmax": 2,
            },
            labelangle=0,
            labelside="top",
            unselected={"line": {"opacity": 0.1}},
        )
    )
    figure.update_layout(margin={"l": 60, "r": 50, "t": 160, "b": 24})
    return figure


def _level(trial: Trial, best: Trial) -> int:
    """0 for a trial that was ended early, 1 for one trained to its end, 2 for the best."""
    return 2 if trial is best else int(trial.state == "done")


def _axis(dimension: Dimension, trials: Sequence[Trial]) -> dict[str, Any]:
    """The axis of a setting: equal steps between choices, a logarithm where factors count."""
    label, values = "<br>".join(_wrapped(tr(dimension.label))), [trial.settings[dimension.name] for trial in trials]
    if dimension.choices:
        places = [dimension.choices.index(value) for value in values]
        ticks = {
            "tickvals": list(range(len(dimension.choices))),
            "ticktext": list(map(format_number, dimension.choices)),
        }
        return {"label": label, "values": places, "range": [-0.1, len(dimension.choices) - 0.9], **ticks}
    if dimension.log:
        low, high = math.log10(dimension.low), math.log10(dimension.high)
        marks = [low + (high - low) * step / (TICKS - 1) for step in range(TICKS)]
        texts = [format_number(10**mark) for mark in marks]
        logs = [math.log10(value) for value in values]
        return {"label": label, "values": logs, "range": [low, high], "tickvals": marks, "ticktext": texts}
    return {"label": label, "values": values, **_number_ticks(dimension.low, dimension.high)}


def _number_ticks(low: float, high: float) -> dict[str, Any]:
    """Range and ticks of an axis of numbers; a range of no width is widened."""
    if high <= low:
        low, high = low - 0.5 * abs(low or 1.0), low + 0.5 * abs(low or 1.0)
    marks = [low + (high - low) * step / (TICKS - 1) for step in range(TICKS)]
    return {"range": [low, high], "tickvals": marks, "ticktext": list(map(format_number, marks))}


def _wrapped(label: str) -> list[str]:
    """A label in lines of about twelve characters, so that neighbouring axes keep apart."""
    from textwrap import wrap

    return wrap(label, 12, break_long_words=False) or [label]
