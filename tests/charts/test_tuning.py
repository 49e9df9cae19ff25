"""The figures of a search over settings."""

from __future__ import annotations

import pytest

from recsys.charts.style import title_of
from recsys.charts.tuning import BEST, parallel_coordinates, search_progress
from recsys.metrics.uncertainty import Estimate
from recsys.runs.tuning import SearchPlan, SearchResult, Trial
from recsys.runs.tuning.result import Compared
from recsys.runs.tuning.space import Dimension

SPACE = (
    Dimension("embedding_size", 16, choices=(8, 16, 32)),
    Dimension("learning_rate", 0.004, low=0.001, high=0.1, log=True),
    Dimension("dropout", 0.2, low=0.0, high=0.6),
)
VALUES = (("done", 16, 0.004, 0.2, 0.05), ("pruned", 8, 0.001, 0.6, 0.02), ("done", 32, 0.01, 0.3, 0.07),
          ("failed", 8, 0.1, 0.0, 0.0), ("done", 8, 0.02, 0.1, 0.06))  # fmt: skip
TRIALS = tuple(
    Trial("attention", n, {"embedding_size": size, "learning_rate": rate, "dropout": drop}, state, value, (), 4, 1.0)
    for n, (state, size, rate, drop, value) in enumerate(VALUES)
)


def test_each_finished_trial_is_a_line_over_axes_of_its_own_kind_and_the_best_is_drawn_last() -> None:
    same = Compared(*[Estimate(0.05, 0.04, 0.06)] * 3)
    figure = parallel_coordinates(SearchResult(SearchPlan(), SPACE, TRIALS, 2, same, same, (), {}))
    (lines,) = figure.data
    size, rate, drop, value = lines.dimensions
    assert list(value["values"]) == [0.02, 0.05, 0.06, 0.07], "the one that broke off is left out"
    assert list(lines.line.color) == [0, 1, 1, 2] and lines.line.colorscale[-1][1] == BEST
    assert list(size["values"]) == [0, 1, 0, 2] and list(size.ticktext) == ["8", "16", "32"]
    assert list(rate["values"]) == pytest.approx([-3, -2.39794, -1.69897, -2]) and list(rate.range) == [-3, -1]
    assert rate.ticktext[0] == "0.00100" and rate.ticktext[-1] == "0.100"
    assert list(drop["values"]) == [0.6, 0.2, 0.1, 0.3] and size.label == "Embedding<br>size"
    assert title_of(figure).startswith("The best of 5 trials has NDCG@10 0.0700 on the validation users")


def test_progress_shows_the_best_so_far_among_trials_that_were_trained_to_their_end() -> None:
    rows = [{"number": trial.number, "state": trial.state, "value": trial.value} for trial in TRIALS]
    best, done, ended = search_progress(rows, 12).data
    assert list(best.x) == [1, 3, 5] and list(best.y) == [0.05, 0.07, 0.07]
    assert list(done.y) == [0.05, 0.07, 0.06] and list(ended.x) == [2]
    assert title_of(search_progress([], 12)) == "The first trial has the starting settings"
    assert "0.0700 on the validation users" in title_of(search_progress(rows, 12))
