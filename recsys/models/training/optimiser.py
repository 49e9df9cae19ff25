"""Adam for a table of which each step uses few rows, so that the size of the catalogue does not matter."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

FLOOR = 0.05  # of the learning rate, where the cosine ends
BETAS = (0.9, 0.98)  # decay of the moments


class RowAdamW:
    """Adam (Kingma & Ba 2015) that leaves rows without gradient, and their moments, as they are.

    The same update as torch's SparseAdam, without sparse tensors, which not every device has.

    Args:
        table: float32 (rows, width), changed in place.
    """

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.mean, self.square = torch.zeros_like(table), torch.zeros_like(table)

    def to(self, device: str) -> None:
        """Moves the table and its moments to a device."""
        self.table, self.mean, self.square = (part.to(device) for part in (self.table, self.mean, self.square))

    def __len__(self) -> int:
        return len(self.table)

    def take(self, ids: Tensor) -> Tensor:
        """A copy of some rows that collects a gradient."""
        return self.table[ids].requires_grad_()

    def update(self, ids: Tensor, rows: Tensor, learning_rate: float, step: int, epsilon: float = 1e-8) -> None:
        """One step from the gradient collected on `rows = take(ids)`; `step` counts from 1 for the bias correction."""
        if rows.grad is None:
            return
        first, second = BETAS
        mean = self.mean[ids].lerp_(rows.grad, 1 - first)
        square = self.square[ids].mul_(second).addcmul_(rows.grad, rows.grad, value=1 - second)
        self.mean[ids], self.square[ids] = mean, square
        scale = square.div(1 - second**step).sqrt_().add_(epsilon)
        self.table[ids] = rows.detach().addcdiv(mean, scale, value=-learning_rate / (1 - first**step))


def schedule(progress: float) -> float:
    """Share of the learning rate at 0 … 1 of the training: a cosine from 1 down to 5%."""
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """The moments of torch's AdamW as named arrays."""
    state = optimiser.state_dict()["state"]
    return {f"{index}.{name}": value.cpu().numpy() for index, entry in state.items() for name, value in entry.items()}


def load_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, np.ndarray]) -> None:
    """Back to where `optimiser_tensors` was called."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".")
        state.setdefault(int(index), {})[name] = torch.from_numpy(value.copy())
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
