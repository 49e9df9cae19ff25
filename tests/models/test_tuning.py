"""Baselines take their settings from validation users, at a bounded cost, and say which."""

from __future__ import annotations

import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.models.baselines import BASELINES, fit_baseline, tuning
from recsys.models.baselines.tuning import GRIDS, tune_baseline
from recsys.models.validation import next_item_quality


@pytest.mark.parametrize("name", ["popularity", "recent-popularity", "item-knn", "ease", "als", "markov"])
def test_tuning_never_does_worse_on_validation_than_the_defaults(name: str, planted: Dataset) -> None:
    split = leave_one_out(planted)
    found = tune_baseline(name, split.train, split.validation)
    default = next_item_quality(fit_baseline(name, split.train), split.validation)["ndcg@10"]
    assert next_item_quality(found.model, split.validation)["ndcg@10"] >= default
    assert found.model.name == name
    again = fit_baseline(name, split.train, **found.settings)
    assert (again.scores(planted.histories([0])) == found.model.scores(planted.histories([0]))).all()


def test_the_settings_that_do_best_are_taken(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """One neighbour is the next step of the planted walk; hundreds bring noise."""
    split = leave_one_out(planted)
    monkeypatch.setitem(GRIDS, "item-knn", ({"neighbours": 1}, {"neighbours": 6}))  # type: ignore[misc]
    scores = {
        n: next_item_quality(fit_baseline("item-knn", split.train, neighbours=n), split.validation)["ndcg@10"]
        for n in (1, 6)
    }
    found = tune_baseline("item-knn", split.train, split.validation)
    assert found.settings == {"neighbours": max(scores, key=scores.__getitem__)}
    assert found.tried == 2 and scores[1] != scores[6]


def test_the_first_settings_are_the_defaults(planted: Dataset) -> None:
    for name, grid in GRIDS.items():
        assert name in BASELINES
        if name not in ("bpr-item-mean", "mean-item-mlp"):
            default, first = fit_baseline(name, planted), fit_baseline(name, planted, **grid[0])
            assert (default.scores(planted.histories([3])) == first.scores(planted.histories([3]))).all(), name


def test_large_data_try_fewer_settings_and_at_least_one(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    split = leave_one_out(planted)
    assert tune_baseline("item-knn", split.train, split.validation).tried == 4
    monkeypatch.setattr(tuning, "SECONDS", 1e-9)
    found = tune_baseline("item-knn", split.train, split.validation)
    assert (found.tried, found.settings) == (1, GRIDS["item-knn"][0])


@pytest.mark.parametrize("name", ["item-knn", "markov", "popularity"])
def test_without_validation_a_tenth_of_the_users_choose_and_every_row_is_fitted(name: str, planted: Dataset) -> None:
    found = tune_baseline(name, planted)
    whole = fit_baseline(name, planted, **found.settings)
    assert (whole.scores(planted.histories([5])) == found.model.scores(planted.histories([5]))).all()
