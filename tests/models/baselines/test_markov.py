from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data.dataset import Dataset
from recsys.models.baselines.markov import Markov, windowed_counts
from tests.models.small import dataset_of


def test_pairs_are_weighted_by_one_over_their_distance_within_a_user() -> None:
    counts = windowed_counts(dataset_of([[1, 2, 3], [3, 1]], 3), window=2).toarray()
    expected = np.zeros((4, 4))
    expected[1, 2] = expected[2, 3] = expected[3, 1] = 1.0
    expected[1, 3] = 0.5
    np.testing.assert_allclose(counts, expected)


def test_a_score_worked_out_by_hand() -> None:
    # Item 1 is followed by 2 (weight 1) and 3 (1/2); item 3 by 1. Popularity counts + 1: 3, 2, 3 of 8.
    model = Markov.fit(dataset_of([[1, 2, 3], [3, 1]], 3), window=2, power=1.0, prior=0.5)
    (found,) = model.scores([np.array([3, 1])])
    p = np.array([3, 2, 3]) / 8
    from_1 = np.log1p(np.array([0, 1 / 1.5, 0.5 / 1.5]) / p)  # weight 1, the newest
    from_3 = np.log1p(np.array([1.0, 0, 0]) / p)  # weight 1/2
    np.testing.assert_allclose(found[1:], np.log(p) + from_1 + from_3 / 2, rtol=1e-6)
    assert found[0] == -np.inf


def test_an_empty_history_gets_the_popularity_and_unknown_items_change_nothing() -> None:
    model = Markov.fit(dataset_of([[1, 2, 3, 2]], 3))
    empty, unknown = model.scores([np.zeros(0, dtype=np.int32), np.array([0, 99, -3])])
    np.testing.assert_array_equal(empty, unknown)
    assert empty.argmax() == 2
    np.testing.assert_array_equal(model.scores([np.array([1, 99])]), model.scores([np.array([1])]))


@pytest.mark.parametrize("histories", [[[1]], [[1], [2]], [[1, 1, 1, 1]], [[2, 2], [2]]])
def test_data_without_a_step_from_item_to_item_still_scores(histories: list[list[int]]) -> None:
    scores = Markov.fit(dataset_of(histories, 2)).scores([np.array([1]), np.array([2, 1])])
    assert np.isfinite(scores[:, 1:]).all()


@given(st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=12), min_size=1, max_size=8), st.integers(1, 5))
def test_counts_agree_with_counting_pair_by_pair(histories: list[list[int]], window: int) -> None:
    expected = np.zeros((7, 7))
    for history in histories:
        for place, item in enumerate(history):
            for distance in range(1, window + 1):
                if place + distance < len(history):
                    expected[item, history[place + distance]] += 1 / distance
    np.testing.assert_allclose(windowed_counts(dataset_of(histories, 6), window).toarray(), expected, rtol=1e-5)


def test_a_planted_walk_is_followed(planted: Dataset) -> None:
    scores = Markov.fit(planted).scores([np.array([4, 5, 6])])
    assert scores[0].argmax() == 7


def test_tensors_and_back(planted: Dataset) -> None:
    model = Markov.fit(planted, window=3, power=1.3, prior=0.9)
    again = Markov.from_tensors(model.tensors(), model.meta())
    np.testing.assert_array_equal(model.scores(planted.histories([0, 1])), again.scores(planted.histories([0, 1])))
