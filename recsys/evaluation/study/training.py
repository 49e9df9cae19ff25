"""The model of a transfer study: trained for a number of epochs that follows from the data, never from a clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from recsys.data.dataset import Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.recommender import Encoder
from recsys.models.training.batches import count_batches
from recsys.models.training.config import TrainConfig

READ = 6_000_000  # interactions read in all folds together: about two minutes on two cores
LEAST = 2  # epochs


def study_epochs(dataset: Dataset, folds: int) -> int:
    """Epochs of a fold's model: the rule for any training, fewer where the data are large.

    Together the folds read at most READ interactions. An epoch is at most 250 batches, as in `train`.
    """
    from recsys.models.training.loop import LONGEST_EPOCH, default_epochs

    model, config = AttentionConfig().fitted(dataset), TrainConfig().fitted(dataset)
    assert model.max_length and config.batch_size
    parts = math.ceil(count_batches(dataset, model.max_length, config.batch_size) / LONGEST_EPOCH)
    affordable = int(READ / folds / max(dataset.n_interactions / parts, 1))
    return max(LEAST, min(default_epochs(dataset) * parts, affordable))


def train_encoder(
    dataset: Dataset, epochs: int, seed: int, report: Callable[..., object]
) -> tuple[Encoder, dict[str, Any]]:
    """The attention model by rule, and the configs it was trained with, filled in."""
    from recsys.models.training.loop import train

    config = TrainConfig(epochs=epochs, seed=seed)
    trained: Encoder | None = None
    for epoch in train(dataset, None, config):
        trained = epoch.model
        report(0.5 * epoch.epoch / epoch.epochs, f"Training without them: epoch {epoch.epoch} of {epoch.epochs}")
    assert trained is not None
    used = config.fitted(dataset).to_json()
    del used["epochs"]  # told for each fold
    return trained, {"model": AttentionConfig().fitted(dataset).to_json(), "train": used}
