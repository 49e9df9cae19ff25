"""What the network reads in training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from recsys.data.dataset import Catalogue, Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.network import Network
from recsys.models.sequence.batches import epoch_batches
from recsys.models.sequence.examples import Example
from recsys.models.sequence.learner import SKIPPED, SequenceLearner
from recsys.models.training.config import TrainConfig


@pytest.mark.parametrize(("objective", "dropout"), [("causal", 0.4), ("causal", 0.0), ("masked", 0.4)])
def test_the_causal_objective_skips_items_at_half_the_dropout_rate(
    objective: str, dropout: float, planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[np.ndarray] = []
    forward = Network.forward

    def seen(self: Network, x: Tensor, *rest: object) -> Tensor:
        read.append((x.detach() == 0).all(dim=2).numpy().ravel())
        return forward(self, x, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Network, "forward", seen)
    config = AttentionConfig(objective=objective, embedding_size=16, max_length=12, dropout=dropout)  # type: ignore[arg-type]
    learner = SequenceLearner(planted, config.fitted(planted), TrainConfig(batch_size=512).fitted(planted))
    real = 0
    steps = 12 if objective == "causal" else 11  # a masked chunk ends with its answer
    for batch in epoch_batches(planted, steps, 512, np.random.default_rng(0)):
        learner.learn(batch, 1e-3, np.random.default_rng(learner.steps))
        real += int(learner.example(batch, np.random.default_rng(0)).items.astype(bool).sum())
    padding = sum(map(len, read)) - real
    skipped = (sum(part.sum() for part in read) - padding) / real
    assert skipped == pytest.approx(SKIPPED * dropout if objective == "causal" else 0.0, abs=0.02)


def test_the_loss_within_scenarios_changes_the_weights_and_is_off_by_default(planted: Dataset) -> None:
    def trained(dataset: Dataset, **how: Any) -> str:
        config = AttentionConfig(embedding_size=16, max_length=12, **how).fitted(dataset)
        learner = SequenceLearner(dataset, config, TrainConfig(batch_size=512).fitted(dataset))
        for batch in epoch_batches(dataset, 12, 512, np.random.default_rng(0)):
            learner.learn(batch, 1e-3, np.random.default_rng(learner.steps))
        tensors = learner.snapshot().tensors()
        return "".join(f"{name}{hash(value.tobytes())}" for name, value in sorted(tensors.items()))

    single = replace(planted, catalogue=Catalogue.bare(planted.items.ids))
    assert trained(planted, scenarios="loss") == trained(planted, scenarios="loss and weights") != trained(planted)
    assert trained(planted) == trained(planted, scenarios="weights") == trained(single)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_parts_of_a_batch_hold_each_prediction_once(count: int) -> None:
    """Of five histories the third has nothing to predict; a part without predictions is left out."""
    items, weights = np.arange(1, 21).reshape(5, 4), np.arange(9, dtype=np.float32)
    positions = np.array([0, 1, 2, 5, 6, 12, 13, 16, 18])
    example = Example(items, np.full(5, 4), positions, 100 + positions, weights)
    parts = example.parts(count)
    assert len(parts) == min(count, 4) and all(len(part.targets) for part in parts)
    assert np.array_equal(np.concatenate([part.targets for part in parts]), example.targets)
    read = [part.items.ravel()[part.positions] for part in parts]
    assert np.array_equal(np.concatenate(read), items.ravel()[positions])
    assert np.array_equal(np.concatenate([part.weights for part in parts if part.weights is not None]), weights)
