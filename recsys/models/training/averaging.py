"""The mean of the weights after each of the last epochs, which ranks better than the last (Izmailov et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsys.models.trainable import TrainableModel


class AveragedWeights:
    """A running mean of models of one shape.

    Args:
        tensors: their mean so far, by name.
        count: models in it.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray] | None = None, count: int = 0) -> None:
        self.tensors, self.count = dict(tensors or {}), count

    def add(self, model: TrainableModel) -> TrainableModel:
        """Adds a model without Markov scores (those are counted, not trained); returns the mean of all so far."""
        self.count += 1
        for name, value in model.tensors().items():
            before = self.tensors.get(name, value)
            self.tensors[name] = before + (value - before) / np.float32(self.count)
        return type(model).from_tensors(self.tensors, model.meta())
