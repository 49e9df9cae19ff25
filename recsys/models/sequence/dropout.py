"""Dropout from a pool of random numbers that is drawn once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Drop = Callable[[Tensor], Tensor]


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
    def draw(p: float, size: int, rng: np.random.Generator, device: str = "cpu") -> Tensor | None:
        """A pool of `size` numbers."""
        if not p:
            return None
        kept = (rng.random(size, dtype=np.float32) >= p).astype(np.float32)
        return torch.from_numpy(kept / (1 - p)).to(device)

    def __call__(self, x: Tensor) -> Tensor:
        if self.pool is None:
            return x
        first = int(self.rng.integers(0, len(self.pool) - x.numel()))
        return x * self.pool[first : first + x.numel()].view(x.shape)
