"""Influence is exact, adds up for additive models, and finds the planted cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.explain.history_influence import (
    blended_scorer,
    deletion_curve,
    influence,
    leave_one_out_histories,
    margins_and_ranks,
    unseen_items,
)
from recsys.models.attention.model import AttentionModel


@dataclass(frozen=True)
class Additive:
    """Each history item adds a fixed number to the score of each item, so the influence is known in closed form."""

    table: np.ndarray  # (n + 1, n + 1)
    name: str = "additive"

    @property
    def n_items(self) -> int:
        return len(self.table) - 1

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        out = np.stack([self.table[h].sum(axis=0) for h in histories])
        out[:, 0] = -np.inf
        return out


@pytest.fixture(scope="module")
def additive() -> Additive:
    return Additive(np.random.default_rng(0).normal(size=(31, 31)))


HISTORY = np.array([3, 7, 11, 20, 25])


def test_effects_of_an_additive_model_are_its_summands(additive: Additive) -> None:
    candidates = unseen_items(30, HISTORY)
    found = influence(additive.scores, HISTORY, 5, candidates)
    table = additive.table
    expected = [table[known, 5] - table[known, candidates].mean() for known in HISTORY]
    np.testing.assert_allclose(found.effects, expected, atol=1e-12)
    assert found.margin == pytest.approx(sum(expected))
    assert HISTORY[found.order[0]] == HISTORY[int(np.argmax(expected))]


def test_batched_equals_one_by_one(additive: Additive) -> None:
    candidates = unseen_items(30, HISTORY)
    found = influence(additive.scores, HISTORY, 9, candidates)
    for position, shorter in enumerate(leave_one_out_histories(HISTORY)):
        margin, rank = margins_and_ranks(additive.scores([shorter]), 9, candidates)
        assert found.margin - margin[0] == pytest.approx(found.effects[position])
        assert rank[0] == found.ranks[position]


def test_rank_counts_ties_against_the_item() -> None:
    scores = np.array([[0.0, 1.0, 1.0, 0.5]])
    candidates = np.array([False, True, True, True])
    assert margins_and_ranks(scores, 1, candidates)[1].tolist() == [2]
    assert margins_and_ranks(scores, 3, candidates)[1].tolist() == [3]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_a_blend_weakens_the_targets_effects_by_its_share(additive: Additive, alpha: float) -> None:
    candidates = unseen_items(30, HISTORY)
    other = additive.scores([np.array([1, 2])])[0]
    whole = influence(additive.scores, HISTORY, 5, candidates)
    mixed = influence(blended_scorer(additive.scores, other, alpha), HISTORY, 5, candidates)
    np.testing.assert_allclose(mixed.effects, (1 - alpha) * whole.effects, atol=1e-12)


def test_the_deletion_curve_ends_without_history(additive: Additive) -> None:
    candidates = unseen_items(30, HISTORY)
    order = influence(additive.scores, HISTORY, 5, candidates).order
    curve = deletion_curve(additive.scores, HISTORY, 5, candidates, order)
    assert curve[-1] == pytest.approx(0)


def test_the_newest_item_of_a_planted_walk_has_the_largest_influence(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    named = 0
    for user in range(60):
        history = data.history(user)
        scores = model.scores([history])[0]
        scores[history] = -np.inf
        found = influence(model.scores, history, int(np.argmax(scores)), unseen_items(model.n_items, history))
        named += int(found.order[0] >= len(history) - 2)
    assert named >= 45


def test_an_empty_history_has_no_effects(additive: Additive) -> None:
    found = influence(additive.scores, np.array([], int), 5, unseen_items(30, np.array([], int)))
    assert len(found.effects) == 0
    assert found.order.tolist() == []


def test_an_item_that_does_not_exist_is_refused(additive: Additive) -> None:
    with pytest.raises(InputError, match="must be between 1 and 30"):
        influence(additive.scores, HISTORY, 31, unseen_items(30, HISTORY))
