"""Beyond-accuracy metrics against hand-computed values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.quality import gini
from recsys.metrics import beyond_accuracy, item_content

LISTS = np.array([[1, 2], [1, 3], [1, 0]])


def test_coverage_and_exposure_by_hand() -> None:
    assert beyond_accuracy.exposure(LISTS, 4).tolist() == [3, 1, 1, 0]
    assert beyond_accuracy.estimate_coverage(LISTS, 4).value == 0.75


def test_gini_by_hand() -> None:
    assert gini(np.array([2, 2, 2])) == 0
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert gini(np.array([1, 2, 3, 4])) == pytest.approx(0.25)
    assert gini(np.zeros(3)) == 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_gini_is_half_the_mean_difference(counts: list[int]) -> None:
    values = np.array(counts, dtype=float)
    mean = values.mean()
    expected = np.abs(values[:, None] - values).mean() / (2 * mean) if mean else 0.0
    assert gini(values) == pytest.approx(expected, abs=1e-9)


def test_novelty_is_self_information_in_bits() -> None:
    counts = np.array([0, 7, 0, 3])
    assert beyond_accuracy.novelty(np.array([[1, 2], [3, 0]]), counts, 7).tolist() == [1.5, 1.0]


def test_a_list_mean_skips_empty_places_and_is_nan_for_an_empty_list() -> None:
    counts = np.array([0, 6, 2, 4])
    assert beyond_accuracy.list_mean(LISTS, counts[LISTS]).tolist() == [4, 5, 6]
    assert np.isnan(beyond_accuracy.list_mean(np.zeros((1, 2), int), np.ones((1, 2)))).all()


def test_diversity_is_one_minus_the_mean_cosine() -> None:
    features = csr_matrix(np.array([[0, 0], [1, 0], [0, 1], [0.6, 0.8]]))
    got = item_content.diversity(np.array([[1, 1, 0], [1, 2, 0], [1, 2, 3], [3, 0, 0]]), features)
    np.testing.assert_allclose(got, [0, 1, 1 - (0 + 0.6 + 0.8) / 3, 0], atol=1e-12)


def test_features_are_tags_if_there_are_tags_else_users(planted: Dataset) -> None:
    by_tag = item_content.item_features(planted)
    assert (by_tag[1] @ by_tag[2].T)[0, 0] == pytest.approx(1)
    assert (by_tag[1] @ by_tag[40].T)[0, 0] == 0
    by_users = item_content.item_features(replace(planted, catalogue=Catalogue.bare(planted.items.ids)))
    assert (by_users[1] @ by_users[2].T)[0, 0] > (by_users[1] @ by_users[40].T)[0, 0]
    lengths = np.sqrt(np.asarray(by_users.multiply(by_users).sum(axis=1)).ravel())
    np.testing.assert_allclose(lengths[1:], 1)
    assert lengths[0] == 0


def test_serendipity_counts_hits_that_are_not_popular() -> None:
    lists = np.array([[1, 2, 3, 4], [1, 2, 3, 4]])
    popular = np.array([[1, 9, 8, 7], [9, 8, 7, 6]])
    assert beyond_accuracy.serendipity(lists, [np.array([1, 2]), np.array([5])], popular).tolist() == [0.25, 0.0]


def test_the_coverage_interval_contains_its_value_and_is_narrower_for_similar_lists() -> None:
    rng = np.random.default_rng(0)
    wide = beyond_accuracy.estimate_coverage(rng.integers(1, 5001, size=(200, 10)), 5000)
    narrow = beyond_accuracy.estimate_coverage(rng.integers(1, 51, size=(200, 10)), 5000)
    assert wide.low < wide.value < wide.high
    assert narrow.high - narrow.low < wide.high - wide.low


def test_the_gini_interval_agrees_with_repeated_samples_of_users() -> None:
    weights = 1 / np.arange(1, 101)
    rng = np.random.default_rng(1)
    draws = [rng.choice(100, size=(400, 10), p=weights / weights.sum()) + 1 for _ in range(200)]
    spread = np.std([gini(beyond_accuracy.exposure(draw, 100)) for draw in draws])
    estimate = beyond_accuracy.estimate_gini(draws[0], 100)
    assert (estimate.high - estimate.low) / (2 * beyond_accuracy.Z) == pytest.approx(spread, rel=0.3)


def test_unexpectedness_is_the_share_that_is_not_popular() -> None:
    popular = np.array([[1, 9, 8, 7], [1, 2, 3, 4], [1, 2, 3, 4]])
    lists = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [5, 1, 0, 0]])
    assert beyond_accuracy.unexpectedness(lists, popular).tolist() == [0.75, 0.0, 0.5]


def test_popular_lists_leave_out_the_history_and_break_ties_by_index() -> None:
    counts = np.array([0, 3, 5, 3, 1])
    lists = beyond_accuracy.popular_lists(counts, [np.array([2]), np.array([], int), np.array([1, 2, 3])], 3)
    assert lists.tolist() == [[1, 3, 4], [2, 1, 3], [4, 0, 0]]


def test_popularity_bands_hold_half_then_thirty_then_twenty_percent_of_interactions() -> None:
    assert beyond_accuracy.popularity_bands(np.array([0, 5, 50, 15, 15, 15])).tolist() == [-1, 2, 0, 1, 1, 2]


def test_calibration_by_hand() -> None:
    categories = csr_matrix(np.array([[0, 0], [1, 0], [0, 1], [0.5, 0.5], [0, 0]]))
    histories = [np.array([1, 2]), np.array([1, 1]), np.array([3]), np.array([4]), np.array([1])]
    lists = np.array([[1, 2], [2, 2], [3, 0], [1, 2], [4, 0]])
    shares = item_content.category_shares(histories, categories)
    got = item_content.calibration(lists, shares, categories)
    np.testing.assert_allclose(got, [0, np.log(1 / 0.01), 0, np.nan, np.nan], atol=1e-12)
    half = item_content.calibration(
        np.array([[1, 1]]), item_content.category_shares([np.array([3])], categories), categories
    )
    assert half[0] == pytest.approx(0.5 * np.log(0.5 / (0.99 + 0.005)) + 0.5 * np.log(0.5 / 0.005))


def test_categories_are_tags_else_scenarios_else_none(planted: Dataset) -> None:
    tags = item_content.item_categories(planted)
    assert tags is not None and tags.toarray()[[0, 1, 40]].tolist() == [[0, 0], [1, 0], [0, 1]]
    bare = Catalogue.bare(planted.items.ids, planted.catalogue.scenarios[1:])
    scenarios = item_content.item_categories(replace(planted, catalogue=bare))
    assert scenarios is not None and scenarios.toarray()[[1, 40]].tolist() == [[1, 0], [0, 1]]
    assert item_content.item_categories(replace(planted, catalogue=Catalogue.bare(planted.items.ids))) is None
