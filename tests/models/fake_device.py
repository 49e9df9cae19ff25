"""A device that computes nothing: shapes, types and devices of tensors are followed, and a mixture is an error.

torch's FakeTensorMode does this on machines without a GPU. A build of torch without CUDA has no device guard, though,
which indexing, `~` and autograd ask for: on "cuda:0" the first two reach their operators without it, and gradients are
given in place of autograd's. On the device "meta" autograd runs too, and so do the kernels of recurrent networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode


@contextmanager
def fake_device(name: str) -> Iterator[None]:
    """Inside, tensors may be on "cuda:0" or "meta"; those from outside are read as if they were on the CPU."""
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    fake.allow_meta = name == "meta"
    with fake, _StrictIndexing(autograd=fake.allow_meta):
        yield


class _StrictIndexing(TorchFunctionMode):
    """Indexes must be on the device of what they index: torch lets some be on the CPU, and then waits for a copy."""

    def __init__(self, autograd: bool) -> None:
        super().__init__()
        self.autograd = autograd

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.__getitem__:
            return _read(*args)
        if func is Tensor.__setitem__:
            table, index, values = args
            places = list(index) if isinstance(index, tuple) else [index]
            for place in places:
                _same_device(table, place)
            return torch.ops.aten.index_put_(table, places, values)
        if func is Tensor.__invert__:
            return torch.bitwise_not(*args)
        if not self.autograd and func is Tensor.requires_grad_:
            return args[0]
        if not self.autograd and func is torch.autograd.grad:
            return tuple(torch.empty_like(leaf) for leaf in args[1])
        return func(*args, **(kwargs or {}))


def _read(tensor: Tensor, index: Any) -> Tensor:
    """tensor[index] by the operators that torch's indexing ends in."""
    dim, arrays = 0, []
    for one in index if isinstance(index, tuple) else (index,):
        if one is None:
            tensor, dim = torch.ops.aten.unsqueeze(tensor, dim), dim + 1
        elif isinstance(one, slice):
            tensor, dim = torch.ops.aten.slice(tensor, dim, one.start, one.stop), dim + 1
        elif isinstance(one, Tensor):
            _same_device(tensor, one)
            arrays += [None] * (dim - len(arrays)) + [one]
            dim += 1
        else:
            tensor = torch.ops.aten.select(tensor, dim, one)
    return torch.ops.aten.index(tensor, arrays) if arrays else tensor


def _same_device(tensor: Tensor, index: Tensor) -> None:
    assert index.device == tensor.device, f"an index on {index.device} into a tensor on {tensor.device}"
