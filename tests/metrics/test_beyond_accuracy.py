"""What lists are like, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsys.data.dataset import Catalogue, Dataset
from recsys.metrics import beyond_accuracy

SHOWN = np.array([[1, 2], [1, 3], [1, 0]])


def test_coverage_and_exposure_by_hand() -> None:
    assert beyond_accuracy.exposure(SHOWN, 4).tolist() == [3, 1, 1, 0]
    assert beyond_accuracy.coverage(SHOWN, 4) == 0.75


def test_gini_by_hand() -> None:
    assert beyond_accuracy.gini(np.array([2, 2, 2])) == 0
    assert beyond_accuracy.gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert beyond_accuracy.gini(np.array([1, 2, 3, 4])) == pytest.approx(0.25)
    assert beyond_accuracy.gini(np.zeros(3)) == 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_gini_is_half_the_mean_difference(counts: list[int]) -> None:
    values = np.array(counts, dtype=float)
    mean = values.mean()
    expected = np.abs(values[:, None] - values).mean() / (2 * mean) if mean else 0.0
    assert beyond_accuracy.gini(values) == pytest.approx(expected, abs=1e-9)


def test_novelty_is_surprise_in_bits() -> None:
    counts = np.array([0, 7, 0, 3])
    assert beyond_accuracy.novelty(np.array([[1, 2], [3, 0]]), counts, 7).tolist() == [1.5, 1.0]


def test_popularity_skips_empty_places() -> None:
    assert beyond_accuracy.popularity_in(SHOWN, np.array([0, 6, 2, 4])).tolist() == [4, 5, 6]


def test_diversity_is_one_minus_the_mean_cosine() -> None:
    features = csr_matrix(np.array([[0, 0], [1, 0], [0, 1], [0.6, 0.8]]))
    got = beyond_accuracy.diversity(np.array([[1, 1, 0], [1, 2, 0], [1, 2, 3], [3, 0, 0]]), features)
    np.testing.assert_allclose(got, [0, 1, 1 - (0 + 0.6 + 0.8) / 3, 0], atol=1e-12)


def test_features_are_tags_where_there_are_tags_else_who_chose(planted: Dataset) -> None:
    by_tag = beyond_accuracy.item_features(planted)
    assert (by_tag[1] @ by_tag[2].T)[0, 0] == pytest.approx(1)
    assert (by_tag[1] @ by_tag[40].T)[0, 0] == 0
    by_people = beyond_accuracy.item_features(replace(planted, catalogue=Catalogue.bare(planted.items.ids)))
    assert (by_people[1] @ by_people[2].T)[0, 0] > (by_people[1] @ by_people[40].T)[0, 0]
    lengths = np.sqrt(np.asarray(by_people.multiply(by_people).sum(axis=1)).ravel())
    np.testing.assert_allclose(lengths[1:], 1)
    assert lengths[0] == 0


def test_serendipity_counts_hits_that_popularity_would_have_missed() -> None:
    shown = np.array([[1, 2, 3, 4], [1, 2, 3, 4]])
    obvious = np.array([[1, 9, 8, 7], [9, 8, 7, 6]])
    assert beyond_accuracy.serendipity(shown, [np.array([1, 2]), np.array([5])], obvious).tolist() == [0.25, 0.0]


def test_coverage_interval_holds_its_value_and_shrinks_when_lists_overlap() -> None:
    rng = np.random.default_rng(0)
    wide = beyond_accuracy.estimate_coverage(rng.integers(1, 5001, size=(200, 10)), 5000)
    narrow = beyond_accuracy.estimate_coverage(rng.integers(1, 51, size=(200, 10)), 5000)
    assert wide.low < wide.value < wide.high
    assert narrow.high - narrow.low < wide.high - wide.low


def test_gini_interval_agrees_with_fresh_samples_of_people() -> None:
    weights = 1 / np.arange(1, 101)
    rng = np.random.default_rng(1)
    draws = [rng.choice(100, size=(400, 10), p=weights / weights.sum()) + 1 for _ in range(200)]
    spread = np.std([beyond_accuracy.gini(beyond_accuracy.exposure(draw, 100)) for draw in draws])
    estimate = beyond_accuracy.estimate_gini(draws[0], 100)
    assert (estimate.high - estimate.low) / (2 * beyond_accuracy.Z) == pytest.approx(spread, rel=0.3)
