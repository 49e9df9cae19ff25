from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.evaluation.study.curves import (
    ALPHAS,
    choose_alpha,
    choose_and_judge,
    fit_shrinkage,
    ndcg,
    ranks_over_alpha,
    shrink,
    shrunk_place,
)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_ranks_equal_counting_at_each_alpha(seed: int, whole: bool) -> None:
    """Whole numbers tie on purpose; halves and quarters of them are exact in floats, so ties are true ties."""
    rng = np.random.default_rng(seed)
    target, source = (
        rng.integers(-4, 5, 60).astype(np.float32) if whole else rng.normal(size=60).astype(np.float32) for _ in "ts"
    )
    positive, left_out = 7, np.array([3, 11, 40])
    found = ranks_over_alpha(target, source, positive, left_out)
    ranked = np.setdiff1d(np.arange(60), left_out)
    for place, alpha in enumerate(ALPHAS):
        scores = alpha * source.astype(float) + (1 - alpha) * target.astype(float)
        assert found[place] == (scores[ranked] >= scores[positive] - 1e-9).sum()


def test_ndcg_by_hand() -> None:
    assert np.allclose(ndcg(np.array([1, 2, 3, 10, 11])), [1, 1 / np.log2(3), 0.5, 1 / np.log2(11), 0])


def test_alpha_is_chosen_on_the_other_half_only() -> None:
    """Half 0 would like α = 0 and half 1 α = 1: each is judged at the other's choice, and so gets nothing."""
    curves = np.zeros((8, 21))
    half = np.array([0, 1] * 4)
    curves[half == 0, 0] = 1.0
    curves[half == 1, 20] = 1.0
    evaluated, chosen = choose_alpha(curves, half)
    assert chosen.tolist() == [1.0, 0.0]
    assert not evaluated.any()
    assert choose_alpha(np.ones((8, 21)), half)[1].tolist() == [0.0, 0.0]  # nothing to gain: no transfer


def test_the_suggested_alpha_is_one_that_was_judged_on_others() -> None:
    """Half 0 likes α = .2 and half 1 α = .8: their mean, .5, is good for nobody, and nobody was judged at it."""
    half = np.array([0, 1] * 20)
    curves = np.zeros((40, 21))
    curves[half == 0, 4], curves[half == 1, 16] = 0.8, 0.8
    curves[half == 1, 4] = 0.3
    place, evaluated = choose_and_judge(curves, half)
    assert ALPHAS[place] == 0.2
    assert evaluated.tolist() == [0.3] * 20, "judged on the half it was not chosen on"


def test_shrinkage_finds_the_planted_c() -> None:
    curves, half = {}, {}
    for k in (1, 2, 4, 12):
        curves[k] = np.tile(-np.abs(ALPHAS - 4 / (4 + k)), (10, 1))
        half[k] = np.arange(10) % 2
    assert fit_shrinkage(curves, {k: half[k] == 0 for k in curves}) == 4.0
    evaluated, c = shrink(curves, half)
    assert c == 4.0
    assert evaluated[4].max() > -0.03
    assert shrunk_place(4.0, 0) == 20
    assert shrunk_place(0.0, 0) == 0
