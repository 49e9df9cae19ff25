"""The mean of models, by hand, and as the result of training."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.models.attention.config import AttentionConfig
from recsys.models.sequence.learner import SequenceLearner
from recsys.models.sequence.model import SequenceModel
from recsys.models.training import loop
from recsys.models.training.averaging import AveragedWeights
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train

SMALL, SHORT = AttentionConfig(embedding_size=16, max_length=12), TrainConfig(epochs=4, batch_size=256)


def models(dataset: Dataset) -> list[SequenceModel]:
    made = []
    for seed in range(3):
        config = SMALL.fitted(dataset)
        made.append(SequenceLearner(dataset, config, TrainConfig(seed=seed).fitted(dataset)).snapshot())
    return made


def test_the_mean_is_that_of_all_weights(planted: Dataset) -> None:
    mean, made = AveragedWeights(), models(planted)
    for model in made:
        together = mean.add(model)
    assert mean.count == 3
    for name, value in together.tensors().items():
        parts = [model.tensors()[name] for model in made]
        np.testing.assert_allclose(value, np.mean(parts, axis=0), atol=1e-6, err_msg=name)


def test_a_mean_continues_from_its_tensors_and_count(planted: Dataset) -> None:
    first, second, third = models(planted)
    mean = AveragedWeights()
    mean.add(first)
    mean.add(second)
    again = AveragedWeights(mean.tensors, mean.count).add(third)
    whole = mean.add(third)
    assert all(np.array_equal(value, again.tensors()[name]) for name, value in whole.tensors().items())
    assert np.array_equal(first.tensors()["item_vectors"], models(planted)[0].tensors()["item_vectors"])


def test_training_ends_with_the_mean_of_the_second_half(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[SequenceModel] = []
    add = AveragedWeights.add
    monkeypatch.setattr(AveragedWeights, "add", lambda self, model: (taken.append(model), add(self, model))[1])
    split = leave_one_out(planted)
    monkeypatch.setattr(loop, "JOIN", 0.0)
    last = list(train(split.train, SMALL, SHORT))[-1]
    assert len(taken) == 2  # epochs 3 and 4 of 4
    np.testing.assert_allclose(
        last.model.item_vectors, np.mean([model.item_vectors for model in taken], axis=0), atol=1e-6
    )
