"""How a model is trained, whichever it is. `None` means: by rule, from the size of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import RATING_MODES
from recsys.models.config import Config, option
from recsys.models.training.device import DEVICES, choose_device


@dataclass(frozen=True)
class TrainConfig(Config):
    """Length, step size and stopping of a training; the same fields for every trainable model."""

    epochs: int | None = option(
        None, "Epochs", "Passes over the data. By rule 4 to 60, fewer where there is more data.", 1, 100_000
    )
    minutes: float | None = option(
        None,
        "Time (minutes)",
        "By rule, epochs follow the size of the data. With a time: as many as fit, at most 1.5 times the rule’s.",
        0.01,
        100_000,
        step=1,
        basic=True,
    )
    learning_rate: float = option(
        4e-3,
        "Learning rate",
        "Size of the steps at the start; it falls to 5%. Too large: the loss jumps. Too small: training is slow.",
        1e-6,
        1.0,
        step=0.001,
    )
    batch_size: int | None = option(
        None,
        "Batch size",
        "Interactions in one step; by rule 256 to 2,560. Lower it first when memory runs out.",
        32,
        1_000_000,
    )
    negatives: int = option(
        1024, "Negative samples", "Items that each next item is compared with, drawn anew for each step.", 1, 1_000_000
    )
    weight_decay: float = option(
        0.0, "Weight decay", "Pulls the weights of the network towards zero, against overfitting.", 0.0, 10.0, step=0.01
    )
    patience: int | None = option(
        None,
        "Patience",
        "Stops after so many epochs without a better validation; empty: never early.",
        1,
        100_000,
        empty="never",
    )
    seed: int = option(0, "Seed", "The same seed gives the same model.", 0, 2**32 - 1)
    device: str = option(
        "auto",
        "Device",
        "Where the model is trained. Automatic: on a CUDA GPU if there is one, else on the CPU. Its run opens on any "
        "machine.",
        choices=DEVICES,
    )
    ratings: str = option(
        "ignore",
        "Ratings",
        "Weigh: higher rated interactions count more (0.25 to 1.75). Mark dislikes: what users rated far below their "
        "own mean stays in the history but is not predicted. The model is then also trained without ratings, which "
        "takes as long again, and the report says what they change.",
        choices=RATING_MODES,
    )

    def fitted(self, dataset: Dataset) -> TrainConfig:
        """The same config with batch_size and device filled by rule.

        batch_size: a fortieth of the interactions, 256 … 2,560, so that an epoch of small data still takes 40 steps.

        Raises:
            InputError: this machine does not have the device. A config may name any, since it travels with its run.
        """
        size = self.batch_size or int(min(max(dataset.n_interactions / 40, 256), 2560))
        return replace(self, batch_size=size, device=choose_device(self.device))
