"""Popularity, item-kNN and EASE against numbers worked out by hand or by another formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.errors import InputError
from recsys.models.baselines import BASELINES, fit_baseline, item_knn
from recsys.models.baselines.ease import EASE, MAX_ITEMS
from recsys.models.baselines.item_knn import ItemKNN
from recsys.models.baselines.popularity import Popularity, RecentPopularity
from tests.models.test_conformance import dataset_of

THREE = [[1, 2, 3], [1, 2], [1, 4]]  # item 1: three users, 2: two, 3 and 4: one


def test_popularity_is_the_logarithm_of_the_count() -> None:
    scores = Popularity.fit(dataset_of(THREE, 5)).scores([np.array([1])])[0]
    assert np.allclose(scores[1:], np.log([4, 3, 2, 2, 1]))


def test_a_choice_counts_half_after_a_half_life() -> None:
    dataset = replace(dataset_of([[1, 2], [3]], 3), timestamps=np.array([0.0, 100.0, 90.0]))
    scores = RecentPopularity.fit(dataset, half_life=0.1).scores([np.array([1])])[0]
    # ages as shares of the span: item 1: 1 (ten half-lives), item 2: 0, item 3: .1 (one half-life)
    assert np.allclose(scores[1:], np.log1p([2.0**-10, 1.0, 0.5]), rtol=1e-6)


@pytest.mark.parametrize("timestamps", [None, np.array([1.0, np.nan, 2.0, 3.0])])
def test_without_times_the_end_of_a_history_is_its_present(timestamps: np.ndarray | None) -> None:
    dataset = replace(dataset_of([[1, 2], [3, 1]], 3), timestamps=timestamps)
    scores = RecentPopularity.fit(dataset, half_life=0.5).scores([np.array([1])])[0]
    assert np.allclose(scores[1:], np.log1p([0.5 + 1.0, 1.0, 0.5]))


def test_item_knn_is_the_shrunk_cosine() -> None:
    model = ItemKNN.fit(dataset_of(THREE, 5), shrink=10.0)
    scores = model.scores([np.array([2]), np.array([3, 4])])
    one_two, two_three = 2 / (6**0.5 + 10), 1 / (2**0.5 + 10)
    assert np.allclose(scores[0, 1:], [one_two, 0, two_three, 0, 0])
    one_three = 1 / (3**0.5 + 10)  # and so is item 4's
    assert np.allclose(scores[1, 1:], [2 * one_three, two_three, 0, 0, 0])


def test_item_knn_keeps_the_nearest_only() -> None:
    model = ItemKNN.fit(dataset_of(THREE, 5), neighbours=1)
    assert model.similarity.getnnz(axis=1).max() == 1
    assert model.scores([np.array([3])])[0, 2] > 0  # 2 is nearer to 3 than 1 is
    assert model.scores([np.array([3])])[0, 1] == 0


def test_item_knn_counts_users_not_interactions() -> None:
    often = ItemKNN.fit(dataset_of([[1, 2, 3, 1, 1], [1, 2, 2], [1, 4]], 5))
    assert np.allclose(often.similarity.toarray(), ItemKNN.fit(dataset_of(THREE, 5)).similarity.toarray())


@pytest.mark.parametrize(("length", "neighbours"), [(30, 1500), (30, 40), (4, 10)])  # dense pairs, and sparse ones
def test_item_knn_in_blocks_keeps_the_nearest_of_the_whole_table(
    length: int, neighbours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_knn, "PAIRS", 5000)  # blocks of a few items
    rng = np.random.default_rng(3)
    dataset = dataset_of([list(rng.choice(150, length, replace=False) + 1) for _ in range(60)], 150)
    chosen = (dataset.matrix().toarray() > 0).astype(float)
    n = chosen.sum(axis=0)
    cosine = chosen.T @ chosen / (np.sqrt(np.outer(n, n)) + 10.0)
    np.fill_diagonal(cosine, 0.0)
    dropped = np.argsort(-cosine, axis=1, kind="stable")[:, neighbours:]  # of equals the lowest numbers are kept
    np.put_along_axis(cosine, dropped, 0.0, axis=1)
    found = ItemKNN.fit(dataset, neighbours=neighbours).similarity.toarray()
    assert np.allclose(found, cosine, atol=1e-6)


def test_ease_is_a_ridge_regression_of_each_item_on_all_others() -> None:
    rng = np.random.default_rng(1)
    dataset = dataset_of([list(rng.choice(12, 5, replace=False) + 1) for _ in range(40)], 12)
    chosen = (dataset.matrix().toarray() > 0).astype(float)[:, 1:]
    weights = EASE.fit(dataset, regularization=7.0).weights[1:, 1:]
    for item in range(12):
        others = np.delete(np.arange(12), item)
        x, y = chosen[:, others], chosen[:, item]
        ridge = np.linalg.solve(x.T @ x + 7.0 * np.eye(11), x.T @ y)
        assert np.allclose(weights[others, item], ridge, atol=1e-5)
        assert weights[item, item] == 0


def test_ease_says_when_there_are_too_many_items(planted: Dataset) -> None:
    n = MAX_ITEMS + 1
    ids = IdMap([str(number) for number in range(n)])
    large = replace(planted, items=ids, catalogue=type(planted.catalogue).bare(ids.ids))
    with pytest.raises(InputError, match=r"EASE takes at most 20,000 items \(got 20,001\)"):
        EASE.fit(large)


def test_an_unknown_name_is_refused_with_the_known_ones(planted: Dataset) -> None:
    assert len(BASELINES) == 9
    with pytest.raises(InputError, match=r"must be one of .*ease.* \(got magic\)"):
        fit_baseline("magic", planted)
