"""Dropout: from a pool of random numbers that is drawn once, or torch's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

Drop = Callable[[Tensor], Tensor]


class Dropout(Protocol):
    """What a step in training leaves out."""

    def __call__(self, x: Tensor) -> Tensor:
        """Activations, some of which are set to zero and the others enlarged."""
        ...

    def kept(self, read: Tensor, share: float) -> Tensor:
        """Which of the items read (B, T) are kept, all but `share` of them: bool (B, T, 1)."""
        ...


def no_drop(x: Tensor) -> Tensor:
    """Dropout outside training."""
    return x


class PooledDropout:
    """Dropout whose masks are slices of one pool, from a random offset: drawing bits takes longer than multiplying.

    Args:
        pool: float32, each 0 with probability p, else 1 / (1 − p); longer than any input. None: p is 0.
        rng: draws the offsets.
    """

    def __init__(self, pool: Tensor | None, rng: np.random.Generator) -> None:
        self.pool, self.rng = pool, rng

    @staticmethod
    def draw(p: float, size: int, rng: np.random.Generator) -> Tensor | None:
        """A pool of `size` numbers."""
        if not p:
            return None
        kept = (rng.random(size, dtype=np.float32) >= p).astype(np.float32)
        return torch.from_numpy(kept / (1 - p))

    def __call__(self, x: Tensor) -> Tensor:
        if self.pool is None:
            return x
        first = int(self.rng.integers(0, len(self.pool) - x.numel()))
        return x * self.pool[first : first + x.numel()].view(x.shape)

    def kept(self, read: Tensor, share: float) -> Tensor:
        """See `Dropout.kept`."""
        return torch.from_numpy(self.rng.random((*read.shape, 1)) >= share)


class TorchDropout:
    """torch's dropout, whose random numbers are drawn on the device; the caller seeds them.

    Args:
        p: the share of activations set to zero.
    """

    def __init__(self, p: float) -> None:
        self.p = p

    def __call__(self, x: Tensor) -> Tensor:
        return torch.nn.functional.dropout(x, self.p)

    def kept(self, read: Tensor, share: float) -> Tensor:
        """See `Dropout.kept`."""
        return torch.rand((*read.shape, 1), device=read.device) >= share
