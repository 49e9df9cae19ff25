"""Adapters per scenario: the right gradients, merged into the scored vectors, saved, resumed, off by default."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recsys.data.dataset import Catalogue, Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.model import AttentionModel
from recsys.models.sequence.batches import epoch_batches
from recsys.models.sequence.learner import SequenceLearner
from recsys.models.sequence.scenario_adapters import RANK, ScenarioAdapters
from recsys.models.storage import load_model, save_model
from recsys.models.training.averaging import AveragedWeights
from recsys.models.training.config import TrainConfig
from recsys.models.training.loss import shared_softmax

ITEMS = np.array([3, 1, 4, 2, 1])  # of scenarios 2, 1, none, 1, 1
SCENARIO_OF = np.array([0, 1, 1, 2, 0])


def drawn(size: int = 6, rank: int = 2) -> ScenarioAdapters:
    """Adapters in float64 whose two matrices are both random."""
    rng = np.random.default_rng(3)
    adapters = ScenarioAdapters(SCENARIO_OF, size, rng, rank)
    adapters.down = adapters.down.detach().double().requires_grad_()
    adapters.up = torch.from_numpy(rng.normal(size=(2, size, rank))).requires_grad_()
    return adapters


def test_an_item_is_scored_by_the_state_that_its_scenario_adapts() -> None:
    adapters, rng = drawn(), np.random.default_rng(0)
    state, vectors = (torch.from_numpy(rng.normal(size=shape)) for shape in ((6,), (5, 6)))
    scores = adapters.adapted(vectors, ITEMS) @ state
    for row, item in enumerate(ITEMS):
        number, adapted = SCENARIO_OF[item] - 1, state
        if number >= 0:
            adapted = state + (state @ adapters.up[number]) @ adapters.down[number]
        assert float(scores[row].detach()) == pytest.approx(float((adapted @ vectors[row]).detach()))


def test_gradients_equal_finite_differences_of_the_loss() -> None:
    adapters, rng = drawn(), np.random.default_rng(1)
    states, vectors = (torch.from_numpy(rng.normal(size=shape)).requires_grad_() for shape in ((4, 6), (5, 6)))
    biases, same = torch.from_numpy(rng.normal(size=5)), torch.tensor([-1, 0, 2, -1])

    def loss() -> torch.Tensor:
        scored = adapters.adapted(vectors, ITEMS)
        return shared_softmax(states, scored[[0, 2, 4, 1]], biases[:4], scored[2:], biases[2:], same, 0.7)

    leaves = [adapters.down, adapters.up, vectors, states]
    for leaf, gradient in zip(leaves, torch.autograd.grad(loss(), leaves), strict=True):
        flat, step = leaf.data.view(-1), 1e-6
        for place in rng.choice(len(flat), min(12, len(flat)), replace=False):
            before = float(flat[place])
            flat[place] = before + step
            above = float(loss().detach())
            flat[place] = before - step
            below = float(loss().detach())
            flat[place] = before
            assert (above - below) / (2 * step) == pytest.approx(float(gradient.view(-1)[place]), abs=1e-7)


def learner_of(dataset: Dataset, scenarios: str) -> SequenceLearner:
    config: Any = AttentionConfig(embedding_size=16, max_length=12, scenarios=scenarios)  # type: ignore[arg-type]
    return SequenceLearner(dataset, config.fitted(dataset), TrainConfig(batch_size=512).fitted(dataset))


def trained(dataset: Dataset, scenarios: str, steps: int = 4) -> SequenceLearner:
    learner = learner_of(dataset, scenarios)
    batches = list(epoch_batches(dataset, 12, 512, np.random.default_rng(0)))
    for batch in (batches * steps)[:steps]:
        learner.learn(batch, 1e-2, np.random.default_rng(learner.steps))
    return learner


def test_training_begins_as_without_adapters_and_then_departs(planted: Dataset) -> None:
    batch = next(epoch_batches(planted, 12, 512, np.random.default_rng(0)))
    losses = [learner_of(planted, how).learn(batch, 1e-3, np.random.default_rng(0)) for how in ("as one", "adapters")]
    assert losses[0] == losses[1]
    with_adapters, without = (trained(planted, how).snapshot() for how in ("adapters", "as one"))
    moved = with_adapters.item_vectors - with_adapters.input_vectors
    assert np.abs(moved[1:]).max() > 1e-4
    for name in planted.catalogue.scenario_names:
        assert np.linalg.matrix_rank(moved[planted.catalogue.in_scenario(name)], tol=1e-6) <= RANK
    assert without.input_vectors is without.item_vectors and "input_vectors" not in without.tensors()


def test_off_by_default_and_without_scenarios(planted: Dataset) -> None:
    assert not AttentionConfig().scenario_adapters
    assert AttentionConfig(scenarios="loss, adapters and weights").scenario_adapters
    single = replace(planted, catalogue=Catalogue.bare(planted.items.ids))
    one, other = (trained(single, how, 2).snapshot().tensors() for how in ("adapters", "as one"))
    assert set(one) == set(other) and all(np.array_equal(one[name], other[name]) for name in one)


def test_saved_averaged_and_given_other_markov_scores(planted: Dataset, tmp_path: Path) -> None:
    model = trained(planted, "adapters").snapshot()
    histories = planted.histories(range(5))
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert isinstance(again, AttentionModel)
    np.testing.assert_array_equal(again.scores(histories), model.scores(histories))
    np.testing.assert_array_equal(model.with_markov(None, 0.0).scores(histories), model.scores(histories))
    np.testing.assert_array_equal(AveragedWeights().add(model).scores(histories), model.scores(histories))
    assert (
        again.parameters
        == model.parameters
        == trained(planted, "as one", 1).snapshot().parameters + model.item_vectors.size
    )
    tensors = model.tensors()
    tensors["input_vectors"] = tensors["input_vectors"][:, :4]
    with pytest.raises(ValueError, match="input_vectors"):
        AttentionModel.from_tensors(tensors, model.meta())


def test_a_training_continues_with_its_adapters(planted: Dataset) -> None:
    first = trained(planted, "adapters", 3)
    second = learner_of(planted, "adapters")
    second.load_tensors(first.tensors())
    batch = next(epoch_batches(planted, 12, 512, np.random.default_rng(5)))
    for learner in (first, second):
        learner.learn(batch, 1e-2, np.random.default_rng(9))
    one, other = (learner.snapshot().tensors() for learner in (first, second))
    assert all(np.array_equal(one[name], other[name]) for name in one)
