"""The weights of a sequence model while they are trained on an accelerator, by torch's own kernels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recsys.data.dataset import Dataset
from recsys.models.sequence.batches import SequenceBatch
from recsys.models.sequence.dropout import Dropout, TorchDropout
from recsys.models.sequence.learner import Scored, SequenceLearner
from recsys.models.sequence.model import SequenceModel
from recsys.models.training.config import TrainConfig
from recsys.models.training.device import autocast_type
from recsys.models.training.loss import standard_softmax


class DeviceLearner(SequenceLearner):
    """A `SequenceLearner` for devices other than the CPU: a whole batch at once, by few large kernels.

    Attention is `scaled_dot_product_attention`, dropout torch's, the loss its cross-entropy. The network's weights are
    trained by its fused AdamW, the tables by `RowAdamW`, so that the tensors are those of `SequenceLearner` and a
    training continues on any device. Attributes:
        precision: of the network under autocast, torch.bfloat16, or None for float32. Weights, loss and optimisers are
            float32 in both cases.
    """

    def __init__(self, dataset: Dataset, model: Any, train: TrainConfig, features: np.ndarray | None = None) -> None:
        super().__init__(dataset, model, train, features)
        self.network.standard = True
        self.precision = autocast_type(train.device) if getattr(self.network, "mixed_precision", False) else None

    def learn(self, batch: SequenceBatch, learning_rate: float, rng: np.random.Generator, threads: int = 1) -> float:
        """See `Learner.learn`. The same seed gives the same random numbers on the same kind of device."""
        with seeded(self.device, int(rng.spawn(1)[0].integers(2**62))):
            return float(self.step(batch, learning_rate, rng))

    def step(self, batch: SequenceBatch, learning_rate: float, rng: np.random.Generator) -> Tensor:
        """One step of gradient descent; the loss before it, a scalar on the device."""
        step = self._begin(batch, rng)
        leaves = self._leaves(step)
        with torch.enable_grad():
            loss = self._loss(step.example, step, TorchDropout(self.model.dropout))
            gradients = torch.autograd.grad(loss, leaves)
        for leaf, gradient in zip(leaves, gradients, strict=True):
            leaf.grad = gradient
        self._update(step, learning_rate)
        return loss.detach()

    def _states(self, x: Tensor, lengths: Tensor | None, dropout: Dropout) -> Tensor:
        """See `SequenceLearner`; in float32."""
        if self.precision is None:
            return super()._states(x, lengths, dropout)
        with torch.autocast(torch.device(self.device).type, self.precision):
            return super()._states(x, lengths, dropout).float()

    def _cross_entropy(self, given: Scored, items: tuple[np.ndarray, np.ndarray], weights: Tensor | None) -> Tensor:
        """See `SequenceLearner`. Within scenarios the others' negatives are left out by a mask."""
        count = len(items[1])
        if self.scenario_share == 0:
            return standard_softmax(*given, math.log(len(self.seen) / count), weights)
        of_target, of_negative = (self.scenario_of[part] for part in items)
        drawn = np.bincount(of_negative, minlength=len(self.seen_in))
        correction = np.log(np.maximum(self.seen_in, 1) / np.maximum(drawn, 1)).astype(np.float32)[of_target]
        target, negative = self._tensor(of_target), self._tensor(of_negative)
        compared = target[:, None] == negative
        return standard_softmax(*given, self._tensor(correction)[:, None], weights, compared)

    def snapshot(self) -> SequenceModel:
        """See `SequenceLearner`. The model is on the CPU and computes as any that is opened there."""
        model = super().snapshot()
        model.network.standard = False
        return model

    def bytes_needed(self, parameters: int) -> int:
        """Memory of weights, moments, the activations and the scores of one batch."""
        return super().bytes_needed(parameters) + 12 * self.batch_size * self.train.negatives


@contextmanager
def seeded(device: str, seed: int) -> Iterator[None]:
    """torch's default random numbers follow a seed inside, those of the processor and of the device.

    Trainings side by side in threads of one process disturb each other's; in processes they don't.
    """
    kind = torch.device(device).type
    there = [] if kind == "cpu" else [0]
    with torch.random.fork_rng(there, device_type="cuda" if kind == "cpu" else kind):
        torch.manual_seed(seed)
        yield
