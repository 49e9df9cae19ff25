"""What training reports: one frozen value per epoch, and an estimate before the start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.models.trainable import TrainableModel


@dataclass(frozen=True, eq=False)
class EpochReport:
    """The state of a training after an epoch.

    Attributes:
        epoch: 1 … epochs. An epoch is a pass over the data, or 250 batches of a longer pass.
        loss: mean loss of the epoch, in nats.
        validation: "ndcg@10", "hr@10", "mrr"; for a model with Markov scores also NDCG@10 of "network" and "markov",
            each alone.
        seconds, seconds_left: since the start, and until the end at this speed.
        examples_per_second: interactions read.
        best: whether this epoch is the best so far on validation.
        model: the best so far, ready to use.
        per_user: float64 (n,) NDCG@10 of each validation user; empty without validation users.
    """

    epoch: int
    epochs: int
    loss: float
    validation: dict[str, float]
    seconds: float
    seconds_left: float
    examples_per_second: float
    best: bool
    model: TrainableModel
    per_user: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """What a training will take on this machine.

    Attributes:
        parameters: trained numbers.
        megabytes: weights, their moments, and the largest batch's activations.
        seconds_per_epoch: measured by a probe of about two seconds.
        epochs: as configured, or as many as the minutes allow.
    """

    parameters: int
    megabytes: float
    seconds_per_epoch: float
    epochs: int

    @property
    def minutes(self) -> float:
        """Time of the whole training."""
        return self.seconds_per_epoch * self.epochs / 60
