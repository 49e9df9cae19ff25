from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from recsys.models.training.loss import scenario_softmax, shared_softmax, standard_softmax


def by_autograd(
    states: torch.Tensor,
    positives: torch.Tensor,
    biases: torch.Tensor,
    negatives: torch.Tensor,
    negative_biases: torch.Tensor,
    same: torch.Tensor,
    correction: float,
) -> torch.Tensor:
    """The same loss, the plain way: the right answer beside the negatives, cross-entropy."""
    right = (states * positives).sum(1, keepdim=True) + biases[:, None]
    others = states @ negatives.T + negative_biases + correction
    for row, place in enumerate(same.tolist()):
        if place >= 0:
            others = others.index_put(
                (torch.tensor([row]), torch.tensor([place])), torch.tensor(-torch.inf, dtype=others.dtype)
            )
    target = torch.zeros(len(states), dtype=torch.long)
    return torch.nn.functional.cross_entropy(torch.cat([right, others], 1), target)


@pytest.mark.parametrize("softmax", [shared_softmax, standard_softmax])
@pytest.mark.parametrize("count", [1, 7, 1300])
def test_loss_and_gradients_equal_autograds(count: int, softmax: Any) -> None:
    torch.manual_seed(count)
    parts = [
        torch.randn(count, 8, dtype=torch.float64),
        torch.randn(count, 8, dtype=torch.float64),
        torch.randn(count, dtype=torch.float64),
        torch.randn(11, 8, dtype=torch.float64),
        torch.randn(11, dtype=torch.float64),
    ]
    same = torch.randint(-1, 11, (count,))
    ours = [part.clone().requires_grad_() for part in parts]
    theirs = [part.clone().requires_grad_() for part in parts]
    loss = softmax(*ours, same, math.log(3))
    reference = by_autograd(*theirs, same, math.log(3))
    torch.testing.assert_close(loss, reference)
    loss.backward()
    reference.backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_huge_scores_do_not_overflow() -> None:
    states = torch.full((2, 4), 100.0, requires_grad=True)
    loss = shared_softmax(
        states, torch.ones(2, 4), torch.zeros(2), -torch.ones(3, 4), torch.zeros(3), torch.full((2,), -1), 0.0
    )
    loss.backward()
    assert float(loss.detach()) == 0.0 and bool(torch.isfinite(states.grad).all())


def test_within_scenarios_each_target_is_compared_with_its_own_scenario_only() -> None:
    torch.manual_seed(0)
    parts = [torch.randn(6, 8), torch.randn(6, 8), torch.randn(6), torch.randn(9, 8), torch.randn(9)]
    same = torch.tensor([0, -1, 8, 4, -1, 5])
    targets, negatives = np.array([1, 1, 2, 1, 2, 2]), np.array([1, 1, 1, 1, 1, 2, 2, 2, 2])
    sizes = np.array([0, 50, 12])
    ours = [part.clone().requires_grad_() for part in parts]
    loss = scenario_softmax(*ours, same, (targets, negatives), sizes)
    theirs = [part.clone().requires_grad_() for part in parts]
    expected = torch.zeros(())
    for scenario, first, last in ((1, 0, 5), (2, 5, 9)):
        rows = torch.from_numpy(np.flatnonzero(targets == scenario))
        own = torch.where((same[rows] >= first) & (same[rows] < last), same[rows] - first, -1)
        inputs = [part[rows] for part in theirs[:3]] + [part[first:last] for part in theirs[3:]]
        expected = expected + by_autograd(*inputs, own, math.log(sizes[scenario] / (last - first))) * 0.5
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_with_one_scenario_it_is_the_loss_among_all_items() -> None:
    torch.manual_seed(1)
    parts = [torch.randn(6, 8), torch.randn(6, 8), torch.randn(6), torch.randn(9, 8), torch.randn(9)]
    same = torch.tensor([0, -1, 8, 4, -1, 5])
    within = scenario_softmax(*parts, same, (np.zeros(6, int), np.zeros(9, int)), np.array([27]))
    torch.testing.assert_close(within, shared_softmax(*parts, same, math.log(3)))
