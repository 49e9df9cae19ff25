"""The figures of training: titles, lines and marks."""

from __future__ import annotations

from typing import Any

import pytest

from recsys.charts.style import SOURCE, TARGET, alternative_of
from recsys.charts.training import curve_title, loss_curve, runs_over_time, training_curve

LINES = {"popularity": {"ndcg@10": 0.04}, "item-knn": {"ndcg@10": 0.06}}


def reports(*scores: float) -> list[dict[str, Any]]:
    return [
        {"epoch": n, "loss": 5.0 / n, "seconds": 2.0 * n, "ndcg@10": score, "network": score / 2}
        for n, score in enumerate(scores, 1)
    ]


def evaluated(*scores: float, low: float, high: float) -> list[dict[str, Any]]:
    """Reports whose last epoch is the best and was compared with item-knn, validation user by validation user."""
    rows = reports(*scores)
    value = {"value": scores[-1], "against": 0.06, "difference": scores[-1] - 0.06, "low": low, "high": high}
    rows[-1]["comparison"] = {"baseline": "item-knn"} | value
    return rows


@pytest.mark.parametrize(
    ("rows", "epochs", "lines", "title"),
    [
        ([], 0, {}, "The curve starts here"),
        ([], 0, LINES, "The line to beat is Item-kNN with 0.0600"),
        (
            reports(0.03), 10, LINES,
            "NDCG@10 0.0300 after 1 of 10 epochs; Item-kNN, the best simple baseline, reaches 0.0600",
        ),
        (
            evaluated(0.03, 0.15, low=0.05, high=0.13), 2, LINES,
            "Better than Item-kNN, the best simple baseline, after 2 epochs: NDCG@10 0.150 against 0.0600, "
            "difference +0.0900 [+0.0500, +0.130]",
        ),
        (
            evaluated(0.03, 0.07, low=-0.01, high=0.03), 2, LINES,
            "Not better than Item-kNN, the best simple baseline, after 2 epochs: NDCG@10 0.0700 against 0.0600, "
            "difference +0.0100 [−0.0100, +0.0300]",
        ),
        (
            evaluated(0.03, low=-0.05, high=-0.01), 4, LINES,
            "Not better than Item-kNN, the best simple baseline, after 1 of 4 epochs: NDCG@10 0.0300 against 0.0600, "
            "difference −0.0300 [−0.0500, −0.0100]",
        ),
        (reports(0.03), 1, {}, "The model scores 0.0300 after 1 epoch"),
        (reports(0.03), 1, {"popularity": {"ndcg@10": 0.0}}, "The model scores 0.0300 after 1 epoch"),
        ([{"epoch": 1, "loss": 4.0}], 9, {}, "Loss 4 after 1 epoch; no validation users"),
    ],
)  # fmt: skip
def test_the_title_compares_the_model_with_the_best_baseline(rows: Any, epochs: int, lines: Any, title: str) -> None:
    assert curve_title(rows, epochs, lines) == title


def test_the_baselines_are_drawn_before_the_first_epoch() -> None:
    figure = training_curve([], 0, LINES)
    levels = {trace.name: set(trace.y) for trace in figure.data}
    assert levels == {"Most popular": {0.04}, "Item-kNN": {0.06}}
    assert {note.text for note in figure.layout.annotations} == {"Most popular 0.0400", "Item-kNN 0.0600"}
    assert len({trace.line.dash for trace in figure.data}) == 2, "told apart without colour"


def test_baselines_too_near_for_two_names_share_one_label() -> None:
    close = LINES | {"markov": {"ndcg@10": 0.061}}
    for figure in (training_curve([], 0, close), runs_over_time({"mine": (reports(0.05), close)})):
        names = {note.text: note.y for note in figure.layout.annotations if "●" not in note.text}
        assert names == {"Most popular 0.0400": 0.04, "Markov scores 0.0610 · Item-kNN 0.0600": 0.061}


def test_the_curve_has_space_for_all_epochs_and_marks_the_best() -> None:
    figure = training_curve(reports(0.05, 0.09, 0.07), 10, LINES | {"<b>mine</b>": {"ndcg@10": 0.03}})
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["the model"].x) == [1, 2, 3] and list(by_name["the model"].y) == [0.05, 0.09, 0.07]
    assert list(by_name["network alone"].y) == [0.025, 0.045, 0.035]
    assert (list(by_name["best so far"].x), list(by_name["now"].x)) == ([2], [3])
    assert "&lt;b&gt;mine&lt;/b&gt;" in by_name
    assert figure.layout.xaxis.range[1] > 10
    assert not {SOURCE, TARGET} & {trace.line.color for trace in figure.data}
    assert "Item-kNN, the best simple baseline" in alternative_of(figure)


def test_the_title_of_a_finished_run_uses_its_saved_comparison() -> None:
    kept = {"baseline": "markov", "value": 0.2, "against": 0.25, "difference": -0.05, "low": -0.08, "high": -0.02}
    title = curve_title(evaluated(0.1, 0.3, low=0.1, high=0.3), 2, LINES | {"markov": {"ndcg@10": 0.25}}, kept)
    assert title.startswith(
        "Not better than Markov scores, the best simple baseline, after 2 epochs: NDCG@10 0.200 against"
    )


def test_the_best_is_marked_once_when_it_is_the_newest() -> None:
    names = [trace.name for trace in training_curve(reports(0.05, 0.09), 2, {}).data]
    assert names.count("best so far") == 1 and "now" not in names


def test_the_loss_title_names_first_and_last_value() -> None:
    figure = loss_curve(reports(0.1, 0.2))
    assert figure.layout.title.text == "The loss went from 5 to 2.50 nats"
    assert list(figure.data[0].y) == [5.0, 2.5]
    assert loss_curve([]).layout.title.text == "The loss will fall here"


def test_runs_side_by_side_share_a_clock() -> None:
    figure = runs_over_time(
        {"first": (reports(0.1, 0.2), {}), "second": (reports(0.3), {"item-knn": LINES["item-knn"]})}
    )
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["first"].x) == [2.0, 4.0] and list(by_name["second"].y) == [0.3]
    assert figure.layout.title.text == "“second” leads with 0.300"
    assert set(by_name) == {"first", "second", "Item-kNN"}, "the baselines of the last run are drawn"
    assert runs_over_time({}).layout.title.text == "No runs to compare yet"
    counts = runs_over_time({"counts only": ([], LINES)})
    assert len(counts.data) == 2 and counts.layout.title.text == "None of these runs was evaluated during training"
    beside = runs_over_time({"counts only": ([{"epoch": 1, "loss": 4.0}], LINES), "mine": (reports(0.0), {})})
    assert beside.layout.title.text == "“mine” leads with 0"
