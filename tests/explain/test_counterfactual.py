"""The smallest removal equals a search over all sets, and says so when not all sets were tried."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from recsys.explain.counterfactual import smallest_removal
from recsys.explain.history_influence import margins_and_ranks, unseen_items
from tests.explain.test_history_influence import Additive


def brute_force(model: Additive, history: np.ndarray, item: int, candidates: np.ndarray, k: int) -> int | None:
    for size in range(len(history) + 1):
        for chosen in combinations(range(len(history)), size):
            if margins_and_ranks(model.scores([np.delete(history, chosen)]), item, candidates)[1][0] > k:
                return size
    return None


@pytest.mark.parametrize("seed", range(40))
def test_the_result_equals_a_search_over_every_set(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = Additive(rng.normal(size=(16, 16)) + rng.normal(size=16) * 0.5)
    history = rng.permutation(np.arange(1, 16))[:6]
    candidates = unseen_items(15, history)
    scores = model.scores([history])[0]
    item = int(np.argmax(np.where(candidates, scores, -np.inf)))
    found = smallest_removal(model.scores, history, item, candidates, k=3)
    expected = brute_force(model, history, item, candidates, 3)
    assert found.proven_minimal
    if expected is None:
        assert found.removed is None
    else:
        assert found.removed is not None
        assert len(found.removed) == expected
        after = margins_and_ranks(model.scores([np.delete(history, found.removed)]), item, candidates)[1][0]
        assert after == found.rank_after > 3


def test_two_redundant_items_must_both_be_removed() -> None:
    table = np.zeros((11, 11))
    table[1, 9] = table[2, 9] = 1.0  # either of items 1 and 2 is enough for 9
    table[3, 8] = 0.5

    class Either(Additive):
        def scores(self, histories):  # type: ignore[no-untyped-def]
            out = np.stack([self.table[h].max(axis=0, initial=0) for h in histories])
            out[:, 0] = -np.inf
            return out

    history = np.array([1, 3, 2])
    found = smallest_removal(Either(table).scores, history, 9, unseen_items(10, history), k=1)
    assert found.removed == (0, 2)
    assert found.proven_minimal
    assert "2 items" in found.sentence("Nine", 1)
    assert "no smaller set" in found.sentence("Nine", 1)


def test_when_not_all_sets_were_tried_the_result_is_not_proven_minimal() -> None:
    rng = np.random.default_rng(1)
    table = np.zeros((61, 61))
    history = np.arange(1, 31)
    table[1:31, 40] = 1 + rng.random(30) * 0.1
    table[1:31, 41] = 0.9
    table[0] = 0
    prior = np.zeros(61)
    prior[42] = 20.0

    class Prior(Additive):
        def scores(self, histories):  # type: ignore[no-untyped-def]
            return super().scores(histories) + prior

    found = smallest_removal(Prior(table).scores, history, 40, unseen_items(60, history), k=1, max_evaluations=600)
    assert found.removed is not None
    assert len(found.removed) > 2
    assert not found.proven_minimal
    assert "may exist" in found.sentence("Forty", 1)


def test_items_that_stay_without_history_and_items_outside_the_list_are_reported() -> None:
    table = np.zeros((6, 6))

    class Prior(Additive):
        def scores(self, histories):  # type: ignore[no-untyped-def]
            return np.tile(np.array([-np.inf, 0, 0, 3.0, 2.0, 1.0]), (len(histories), 1))

    history, candidates = np.array([1, 2]), unseen_items(5, np.array([1, 2]))
    stays = smallest_removal(Prior(table).scores, history, 3, candidates, k=1)
    assert stays.removed is None
    assert "without any history" in stays.sentence("Three", 1)
    outside = smallest_removal(Prior(table).scores, history, 5, candidates, k=2)
    assert outside.removed == ()
    assert "its rank is 3" in outside.sentence("Five", 2)
