"""The mean of the weights after each of the last epochs, which ranks better than the last (Izmailov et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsys.models.attention.model import AttentionModel


class AveragedWeights:
    """A running mean of models of one shape.

    Args:
        tensors: their mean so far, by name; those of the Markov scores, which are counted and not learned, left out.
        count: models in it.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray] | None = None, count: int = 0) -> None:
        self.tensors, self.count = dict(tensors or {}), count

    def with_one_more(self, model: AttentionModel) -> AttentionModel:
        """Takes a model in; the mean of all so far, with the Markov scores of this one."""
        bare = model.with_markov(None, model.markov_weight)
        self.count += 1
        for name, value in bare.tensors().items():
            before = self.tensors.get(name, value)
            self.tensors[name] = before + (value - before) / np.float32(self.count)
        mean = AttentionModel.from_tensors(self.tensors, bare.meta())
        return mean.with_markov(model.markov, model.markov_weight)
