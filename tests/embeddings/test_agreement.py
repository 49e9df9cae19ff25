"""The agreement of groups with a column of the user table."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from recsys.embeddings.agreement import MOST_VALUES, _adjusted_rand, agreement


def test_the_same_groups_under_other_names_agree_fully_and_random_ones_not_at_all() -> None:
    labels = np.repeat([0, 1, 2], 60)
    same = agreement(labels, [f"name {label}" for label in labels])
    assert same is not None and (same.value, same.low, same.high) == (1.0, 1.0, 1.0)
    shuffled = np.random.default_rng(0).permutation(labels)
    random = agreement(labels, [str(label) for label in shuffled])
    assert random is not None and random.low < 0 < random.high


def test_the_value_is_scikit_learns_and_users_without_a_value_are_left_out() -> None:
    rng = np.random.default_rng(1)
    labels, values = rng.integers(0, 5, 300), rng.integers(0, 4, 300)
    values[:200] = labels[:200] % 4
    texts = [str(value) for value in values]
    found = agreement(np.append(labels, [0, 0]), [*texts, "", ""])
    assert found is not None
    assert found.value == pytest.approx(adjusted_rand_score(values, labels))
    table = np.zeros((5, 4), dtype=int)
    np.add.at(table, (labels, values), 1)
    assert _adjusted_rand(table) == pytest.approx(found.value)


def test_the_interval_holds_the_value_of_the_population_in_about_95_of_100_samples() -> None:
    """Users with one of three values, 70% of whom are in the group of their value."""
    rng, inside = np.random.default_rng(2), 0

    def sample(n: int) -> tuple[np.ndarray, list[str]]:
        values = rng.integers(0, 3, n)
        labels = np.where(rng.random(n) < 0.7, values, rng.integers(0, 3, n))
        return labels, [str(value) for value in values]

    population = agreement(*sample(400_000))
    assert population is not None
    for _ in range(100):
        found = agreement(*sample(300))
        assert found is not None
        inside += found.low <= population.value <= found.high
    assert 88 <= inside <= 100


def test_nothing_is_said_of_one_group_one_value_or_an_id() -> None:
    assert agreement(np.zeros(10, int), [*"abababab", "", ""]) is None
    assert agreement(np.arange(10) % 2, ["a"] * 10) is None
    assert agreement(np.arange(200) % 2, [str(i) for i in range(200)]) is None
    assert MOST_VALUES < 200
