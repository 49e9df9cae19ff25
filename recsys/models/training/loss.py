"""Softmax cross-entropy against negatives that a batch shares, with its gradient computed in the same pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

_ROWS = 512  # states scored at once: a block of scores that stays in the processor's cache


class SharedSoftmax(torch.autograd.Function):
    """mean of −w · log( e^{s·v⁺} / (e^{s·v⁺} + Σ_n e^{s·v_n + c}) ) over the states s.

    The gradient is computed with the loss, block by block, so that the (n, K) scores never exist as a whole: three
    matrix products and one exponential, about three times faster than autograd.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states: Tensor,  # (n, D)
        positives: Tensor,  # (n, D): the vector of each state's target
        biases: Tensor,  # (n,): and its bias
        negatives: Tensor,  # (K, D)
        negative_biases: Tensor,  # (K,)
        same: Tensor,  # int64 (n,): index of the target among the negatives, or −1
        correction: float,  # c: log of how many items each negative stands for
        weights: Tensor | None,  # w: (n,) of each state, with mean 1 over a training; None for 1
    ) -> Tensor:
        right = (states * positives).sum(1) + biases  # (n,)
        d_states, d_right = torch.empty_like(states), torch.empty_like(right)
        d_negatives, d_biases = torch.zeros_like(negatives), torch.zeros_like(negative_biases)
        shift = negative_biases + correction
        total = states.new_zeros(())
        for first in range(0, len(states), _ROWS):
            part = slice(first, first + _ROWS)
            scores = torch.addmm(shift, states[part], negatives.T)  # (m, K)
            hit = torch.nonzero(same[part] >= 0)[:, 0]
            scores[hit, same[part][hit]] = -torch.inf
            top = torch.maximum(scores.amax(1), right[part])
            scores.sub_(top[:, None]).exp_()
            own = torch.exp(right[part] - top)
            whole = scores.sum(1) + own
            losses, share = torch.log(whole) + top - right[part], own / whole - 1.0
            scores.div_(whole[:, None] * len(states))
            if weights is not None:
                losses, share = losses * weights[part], share * weights[part]
                scores.mul_(weights[part, None])
            total += losses.sum()
            d_right[part] = share / len(states)
            torch.mm(scores, negatives, out=d_states[part])
            d_negatives.addmm_(scores.T, states[part])
            d_biases += scores.sum(0)
        d_states.addcmul_(positives, d_right[:, None])
        ctx.save_for_backward(d_states, states * d_right[:, None], d_right, d_negatives, d_biases)
        return total / len(states)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        return (*(grad * saved for saved in ctx.saved_tensors), None, None, None)


def shared_softmax(
    states: Tensor,
    positives: Tensor,
    biases: Tensor,
    negatives: Tensor,
    negative_biases: Tensor,
    same: Tensor,
    correction: float,
    weights: Tensor | None = None,
) -> Tensor:
    """The mean loss, a scalar. See `SharedSoftmax`."""
    given = (states, positives, biases, negatives, negative_biases, same, correction, weights)
    loss: Tensor = SharedSoftmax.apply(*given)  # type: ignore[no-untyped-call]
    return loss


def scenario_softmax(
    states: Tensor,
    positives: Tensor,
    biases: Tensor,
    negatives: Tensor,
    negative_biases: Tensor,
    same: Tensor,
    scenarios: tuple[np.ndarray, np.ndarray],
    sizes: np.ndarray,
    weights: Tensor | None = None,
) -> Tensor:
    """The mean loss where each target is compared with the negatives of its own scenario only; after ABXI (2025).

    Args:
        scenarios: int (n,) of the targets, int (K,) of the negatives.
        sizes: int (scenarios,), how many items of each scenario negatives are drawn from.
    """
    of_target, of_negative = scenarios
    total = states.new_zeros(())
    for scenario in np.unique(of_target):
        rows, columns = (torch.from_numpy(np.flatnonzero(of == scenario)).to(states.device) for of in scenarios)
        place = torch.full((len(of_negative),), -1, dtype=torch.long, device=states.device)
        place[columns] = torch.arange(len(columns), device=states.device)
        hit = torch.where(same[rows] >= 0, place[same[rows].clamp_min(0)], -1)
        correction = math.log(max(int(sizes[scenario]), 1) / max(len(columns), 1))
        shared = (negatives[columns], negative_biases[columns], hit, correction)
        weight = None if weights is None else weights[rows]
        loss = shared_softmax(states[rows], positives[rows], biases[rows], *shared, weight)
        total = total + loss * (len(rows) / len(of_target))
    return total


def standard_softmax(
    states: Tensor,
    positives: Tensor,
    biases: Tensor,
    negatives: Tensor,
    negative_biases: Tensor,
    same: Tensor,
    correction: float | Tensor,
    weights: Tensor | None = None,
    compared: Tensor | None = None,
) -> Tensor:
    """The loss of `shared_softmax` by torch's cross-entropy and autograd, in a few large kernels.

    The (n, K) scores exist as a whole. No shape depends on the values, so that no device waits for the processor.

    Args:
        correction: the same for all states, or float32 (n, 1).
        compared: bool (n, K), which negatives each state is compared with; None for all.
    """
    right = (states * positives).sum(1) + biases
    others = torch.addmm(negative_biases, states, negatives.T) + correction
    left_out = torch.arange(len(negatives), device=same.device) == same[:, None]
    if compared is not None:
        left_out = left_out | ~compared
    scores = torch.cat([right[:, None], others.masked_fill(left_out, -torch.inf)], dim=1)
    losses = torch.nn.functional.cross_entropy(scores, torch.zeros_like(same), reduction="none")
    return (losses if weights is None else losses * weights).mean()
