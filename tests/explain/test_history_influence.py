"""Influence is exact, adds up for additive models, and finds the planted cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.explain.counterfactual import smallest_removal
from recsys.explain.history_influence import (
    blended_scorer,
    deletion_curve,
    influence,
    margins_and_ranks,
    unseen_items,
)
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.markov import Markov
from recsys.models.gru4rec.config import GRU4RecConfig
from recsys.models.gru4rec.model import GRU4Rec
from recsys.models.recommender import items_read
from recsys.models.sequence.model import SequenceModel
from tests.conftest import planted_dataset


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
    for position in range(len(HISTORY)):
        margin, rank = margins_and_ranks(additive.scores([np.delete(HISTORY, position)]), 9, candidates)
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


class Counting:
    """Scores of a million items, each history scored by its length; keeps how many were scored in each call."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        self.calls.append(len(histories))
        row = np.arange(1_000_001, dtype=np.float32)
        return np.stack([row * len(history) for history in histories])


def test_a_few_histories_are_scored_at_once_where_there_are_very_many_items() -> None:
    model, history = Counting(), np.arange(1, 11)
    candidates = unseen_items(1_000_000, history)
    found = influence(model.scores, history, 1_000_000, candidates)
    curve = deletion_curve(model.scores, history, 1_000_000, candidates, found.order)
    smallest_removal(model.scores, history, 1_000_000, candidates, k=1, max_evaluations=30)
    assert max(model.calls) <= 8
    np.testing.assert_allclose(found.effects, found.margin / 10, rtol=1e-5)
    np.testing.assert_allclose(curve, np.linspace(found.margin, 0, 11), rtol=1e-5)


def sequence_model(kind: str, markov: bool) -> SequenceModel:
    """A network with random weights that reads 6 items; its Markov scores read 9."""
    data, rng = planted_dataset(), np.random.default_rng(2)
    shape = {"embedding_size": 8, "max_length": 6}
    if kind == "gru":
        config, model_class = GRU4RecConfig(**shape).fitted(data), GRU4Rec
    else:
        config, model_class = AttentionConfig(**shape, objective=kind).fitted(data), AttentionModel
    network = model_class.build_network(config)
    network.reset(torch.Generator().manual_seed(1))
    vectors = rng.normal(size=(data.n_items + 1, 8)).astype(np.float32)
    vectors[0] = 0
    mask, bias = rng.normal(size=8).astype(np.float32), np.zeros(data.n_items + 1, np.float32)
    return model_class(config, network, vectors, bias, mask, Markov.fit(data, recent=9) if markov else None, 0.7)


@pytest.mark.parametrize("markov", [False, True])
@pytest.mark.parametrize("kind", ["causal", "masked", "gru"])
def test_items_that_a_sequence_model_does_not_read_have_no_effect_and_are_not_scored(kind: str, markov: bool) -> None:
    model, history = sequence_model(kind, markov), np.arange(1, 31)
    newest = items_read(model)
    assert newest == (9 if markov else 6)
    calls = []

    def scorer(histories: Sequence[History]) -> np.ndarray:
        calls.append(len(histories))
        return model.scores(histories)

    candidates = unseen_items(40, history)
    found, all_scored = (influence(scorer, history, 35, candidates, count) for count in (newest, None))
    assert calls == [newest + 1, 31]
    np.testing.assert_allclose(found.effects, all_scored.effects, atol=1e-5)
    assert found.ranks.tolist() == all_scored.ranks.tolist()
    assert not found.effects[:-newest].any()
    assert np.abs(found.effects[-5:]).min() > 1e-5, "the items that it reads have effects"


def test_the_smallest_removal_is_the_same_where_items_that_are_not_read_are_not_scored() -> None:
    model, history = sequence_model("causal", True), np.arange(1, 31)
    candidates = unseen_items(40, history)
    item = int(np.argmax(np.where(candidates, model.scores([history])[0], -np.inf)))
    for k in (1, 2, 4):
        found = [smallest_removal(model.scores, history, item, candidates, k, 300, count) for count in (9, None)]
        assert found[0] == found[1]


def test_every_item_is_scored_of_a_model_that_reads_all_of_them() -> None:
    assert items_read(Additive(np.zeros((3, 3)))) is None
