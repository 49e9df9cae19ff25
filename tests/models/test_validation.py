from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout, leave_one_out
from recsys.models.baselines import fit_baseline
from recsys.models.validation import CELLS, figures, make_judge, next_item_quality, ranks, sample


def test_ranks_by_hand_ties_count_against_and_seen_items_do_not_count() -> None:
    scores = np.array([[-np.inf, 5, 4, 4, 3], [-np.inf, 1, 9, 2, 2]], dtype=np.float32)
    found = ranks(scores, [np.array([1]), np.array([2, 2])], np.array([2, 3]))
    np.testing.assert_array_equal(found, [1, 1])  # 3 ties with 2; 4 ties with 3, and 2 was seen


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_ranks_agree_with_counting_one_by_one(seed: int, items: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (3, items + 1)).astype(np.float32)
    scores[:, 0] = -np.inf
    seen = [rng.integers(1, items + 1, rng.integers(0, 4)) for _ in range(3)]
    positives = rng.integers(1, items + 1, 3)
    expected = [
        sum(
            scores[row, item] >= scores[row, positives[row]]
            for item in range(1, items + 1)
            if item != positives[row] and item not in seen[row]
        )
        for row in range(3)
    ]
    np.testing.assert_array_equal(ranks(scores, seen, positives), expected)


def test_figures_by_hand() -> None:
    found = figures(np.array([0, 2, 10]))
    assert found["ndcg@10"] == pytest.approx((1 + 1 / 2) / 3)
    assert found["hr@10"] == pytest.approx(2 / 3)
    assert found["mrr"] == pytest.approx((1 + 1 / 3 + 1 / 11) / 3)


def test_a_sample_is_bounded_by_people_and_by_scores(planted: Dataset) -> None:
    validation = leave_one_out(planted).validation
    assert len(sample(validation, 40, seed=0)) == 120
    assert len(sample(validation, 40, seed=0, most=30)) == 30
    assert len(sample(validation, CELLS, seed=0)) == 100
    some = sample(validation, 40, seed=0, most=30)
    for user, history in zip(some.users, some.histories, strict=True):
        np.testing.assert_array_equal(history, planted.history(int(user))[:-2])


def test_quality_of_a_model_that_knows_nothing_of_people(planted: Dataset) -> None:
    split = leave_one_out(planted)
    found = next_item_quality(fit_baseline("popularity", split.train), split.test)
    assert 0 < found["ndcg@10"] < found["hr@10"] < 0.6


def test_nobody_to_judge_by_means_no_markov(planted: Dataset) -> None:
    nobody = Holdout(np.zeros(0, dtype=np.int64), (), ())
    assert make_judge(nobody, planted, markov=True).markov is None
