from __future__ import annotations

import torch

from recsys.models.training.optimiser import RowAdamW


def test_rows_that_always_have_a_gradient_move_as_with_torchs_adam() -> None:
    torch.manual_seed(0)
    start = torch.randn(5, 3)
    ours, theirs = RowAdamW(start.clone()), start.clone().requires_grad_()
    reference = torch.optim.Adam([theirs], lr=0.01, betas=(0.9, 0.98))
    for step in range(1, 8):
        gradient = torch.randn(5, 3)
        ids = torch.arange(5)
        rows = ours.take(ids)
        (rows * gradient).sum().backward()
        ours.update(ids, rows, 0.01, step)
        theirs.grad = gradient
        reference.step()
    torch.testing.assert_close(ours.table, theirs.detach())


def test_rows_without_a_gradient_stay() -> None:
    table = RowAdamW(torch.ones(4, 2))
    ids = torch.tensor([1, 3])
    rows = table.take(ids)
    rows.sum().backward()
    table.update(ids, rows, 0.1, 1)
    assert bool((table.table[[0, 2]] == 1).all()) and bool((table.table[[1, 3]] < 1).all())
    assert bool((table.mean[[0, 2]] == 0).all())
