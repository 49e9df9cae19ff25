"""The model of a transfer study, trained for a number of epochs that depends on the data only, not on a clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsys.data.dataset import Dataset
from recsys.models.recommender import Encoder
from recsys.models.trainable import ModelConfig
from recsys.models.training.config import TrainConfig
from recsys.wording import Message

MOST_INTERACTIONS = 6_000_000  # trained on in all folds and epochs together: about two minutes on two cores
FEWEST_EPOCHS = 2


def study_epochs(dataset: Dataset, folds: int, model: ModelConfig | None = None) -> int:
    """Epochs of a fold's model (by default the default one): as in any training, fewer for large data.

    All folds together train on at most MOST_INTERACTIONS, repetitions counted. As in `train`, an epoch is at most 250
    batches.
    """
    from recsys.models.training.loop import default_config, default_epochs, epochs_per_pass

    parts = epochs_per_pass(dataset, (model or default_config()).fitted(dataset), TrainConfig().fitted(dataset))
    affordable = int(MOST_INTERACTIONS / folds / max(dataset.n_interactions / parts, 1))
    return max(FEWEST_EPOCHS, min(default_epochs(dataset) * parts, affordable))


def train_encoder(
    dataset: Dataset,
    epochs: int,
    seed: int,
    progress: Callable[..., object],
    checkpoint: Path | None = None,
    model: ModelConfig | None = None,
) -> tuple[Encoder, dict[str, Any]]:
    """A model without texts of the items, with default settings of its training, and the configs it was trained with.

    Args:
        checkpoint: a folder from which a training that was stopped continues.
        model: its config; by default that of the default model.
    """
    from recsys.models.training.loop import default_config, train

    model, config = model or default_config(), TrainConfig(epochs=epochs, seed=seed)
    trained: object = None
    for epoch in train(dataset, model, config, checkpoint=checkpoint, every_epoch=False):
        trained = epoch.model
        progress(
            0.5 * epoch.epoch / epoch.epochs,
            Message("Training on the other users: epoch {n} of {epochs}", n=epoch.epoch, epochs=epoch.epochs),
        )
    assert isinstance(trained, Encoder)
    fitted = config.fitted(dataset).to_json()
    del fitted["epochs"]  # recorded for each fold
    return trained, {"model": model.fitted(dataset).to_json(), "train": fitted}
