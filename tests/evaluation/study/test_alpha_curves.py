"""Ranks over α, and α chosen on one half of the users and evaluated on the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.evaluation.study.alpha_curves import (
    ALPHAS,
    choose_alpha,
    choose_column,
    choose_shrinkage,
    fit_shrinkage,
    ranks_over_alpha,
    shrunk_index,
)
from recsys.metrics import ranks
from recsys.metrics.accuracy import discounted_gain


@settings(max_examples=80)
@given(st.integers(0, 10**6), st.booleans())
def test_ranks_equal_counting_at_each_alpha(seed: int, integers: bool) -> None:
    """Integer scores tie; their blends at multiples of 1/20 are close enough to exact for a tolerance of 1e-9."""
    rng = np.random.default_rng(seed)
    target, source = (
        rng.integers(-4, 5, 60).astype(np.float32) if integers else rng.normal(size=60).astype(np.float32) for _ in "ts"
    )
    positive, seen = 7, np.array([3, 11, 40])
    found = ranks_over_alpha(target, source, positive, seen)
    ranked = np.setdiff1d(np.arange(60), seen)
    for place, alpha in enumerate(ALPHAS):
        scores = alpha * source.astype(float) + (1 - alpha) * target.astype(float)
        assert found[place] == (scores[ranked] >= scores[positive] - 1e-9).sum()
    for most in (1, 5, 11):
        np.testing.assert_array_equal(ranks_over_alpha(target, source, positive, seen, most), np.minimum(found, most))


def test_both_ends_equal_the_ranks_of_the_metrics() -> None:
    rng = np.random.default_rng(0)
    target, source = rng.integers(0, 4, (2, 50)).astype(np.float32)
    found = ranks_over_alpha(target[1:], source[1:], 7, np.array([3, 11, 40]))
    for scores, rank in ((target, found[0]), (source, found[-1])):
        assert ranks(scores[None], [np.array([4, 12, 41])], [np.array([8])]).rank.tolist() == [rank]


def test_ndcg_of_one_held_out_item_by_hand() -> None:
    gains = discounted_gain(np.array([1, 2, 3, 10, 11]), 10)
    assert np.allclose(gains, [1, 1 / np.log2(3), 0.5, 1 / np.log2(11), 0])


def test_alpha_is_chosen_on_the_other_half_only() -> None:
    """α = 0 is best for half 0 and α = 1 for half 1: each is evaluated at the other's α, and gets nothing."""
    curves = np.zeros((8, 21))
    half = np.array([0, 1] * 4)
    curves[half == 0, 0] = 1.0
    curves[half == 1, 20] = 1.0
    quality, chosen = choose_alpha(curves, half)
    assert chosen == (1.0, 0.0)
    assert not quality.any()
    assert choose_alpha(np.ones((8, 21)), half)[1] == (0.0, 0.0)  # nothing to gain: no transfer


def test_each_half_is_evaluated_at_an_alpha_of_the_other() -> None:
    """α = 0.2 is best for half 0 and α = 0.8 for half 1: half 1 is evaluated at 0.2."""
    half = np.array([0, 1] * 20)
    curves = np.zeros((40, 21))
    curves[half == 0, 4], curves[half == 1, 16] = 0.8, 0.8
    curves[half == 1, 4] = 0.3
    quality, chosen = choose_alpha(curves, half)
    assert chosen == (0.8, 0.2)
    assert quality[half == 1].tolist() == [0.3] * 20


def test_shrinkage_finds_the_planted_c() -> None:
    curves, half = {}, {}
    for k in (1, 2, 4, 12):
        curves[k] = np.tile(-np.abs(ALPHAS - 4 / (4 + k)), (10, 1))
        half[k] = np.arange(10) % 2
    assert fit_shrinkage(curves, {k: half[k] == 0 for k in curves}) == 4.0
    assert choose_shrinkage(curves, half)[4].max() > -0.03
    assert shrunk_index(4.0, 0) == 20
    assert shrunk_index(0.0, 0) == 0


def test_a_setting_is_chosen_on_one_half_and_evaluated_on_the_other() -> None:
    table = np.zeros((8, 3))
    half = np.array([0, 1] * 4)
    table[half == 0, 1] = 0.4  # best for half 0
    table[half == 1, 2] = 0.6  # best for half 1
    table[half == 1, 1] = 0.1
    quality, chosen = choose_column(table, half)
    assert chosen == (2, 1)
    np.testing.assert_array_equal(quality, np.where(half == 0, 0.0, 0.1))
