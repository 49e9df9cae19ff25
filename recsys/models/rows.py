"""A large table of which each step touches few rows: AdamW on those rows only, so that the cost doesn't grow with it."""

from __future__ import annotations

import torch
from torch import Tensor


class RowAdamW:
    """Adam (Kingma & Ba 2015) that leaves rows without gradient, and their moments, as they are.

    Args:
        table: float32 (rows, width), changed in place.
        betas: how slowly the moments follow.
    """

    def __init__(self, table: Tensor, betas: tuple[float, float]) -> None:
        self.table, self.betas = table, betas
        self.mean, self.square = torch.zeros_like(table), torch.zeros_like(table)

    def __len__(self) -> int:
        return len(self.table)

    def take(self, ids: Tensor) -> Tensor:
        """A copy of some rows that collects a gradient."""
        return self.table[ids].requires_grad_()

    def update(self, ids: Tensor, rows: Tensor, learning_rate: float, step: int, epsilon: float = 1e-8) -> None:
        """One step from the gradient collected on `rows = take(ids)`; `step` counts from 1 for the bias correction."""
        if rows.grad is None:
            return
        first, second = self.betas
        mean = self.mean[ids].lerp_(rows.grad, 1 - first)
        square = self.square[ids].mul_(second).addcmul_(rows.grad, rows.grad, value=1 - second)
        self.mean[ids], self.square[ids] = mean, square
        scale = square.div(1 - second**step).sqrt_().add_(epsilon)
        self.table[ids] = rows.detach().addcdiv(mean, scale, value=-learning_rate / (1 - first**step))
