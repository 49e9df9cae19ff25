"""A batch prepared for a step of training: what is read, what is predicted, and the rows of the tables it needs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Example:
    """A batch prepared for a step: the items read, and the positions and items to predict."""

    items: np.ndarray  # int64 (B, T)
    lengths: np.ndarray  # int64 (B,)
    positions: np.ndarray  # int64 (n,): of the predictions, in the flattened (B · T)
    targets: np.ndarray  # int64 (n,): the right item of each
    weights: np.ndarray | None = None  # float32 (n,): of each prediction in the loss; None where all count alike

    def parts(self, count: int) -> list[Example]:
        """The rows in `count` parts of about equal size, without those that have nothing to predict."""
        rows, width = self.items.shape
        cuts = [-(-rows * part // count) for part in range(count + 1)]
        found = []
        for first, last in pairwise(cuts):
            begin, end = np.searchsorted(self.positions, (first * width, last * width))
            if begin < end:
                weights = None if self.weights is None else self.weights[begin:end]
                places = self.positions[begin:end] - first * width
                found.append(
                    Example(self.items[first:last], self.lengths[first:last], places, self.targets[begin:end], weights)
                )
        return found


@dataclass(frozen=True, eq=False)
class Step:
    """An example with the rows of the item tables that it needs.

    Attributes:
        distinct: int64 (U,), the items of the step; ids: the same on the device of the tables.
        rows: (U, D), vectors, and biases: (U, 1), which collect gradients.
        id_mask: see `FeatureProjection.id_mask`; None without item features.
        row_of: int64 (n_items + 2,), index of each item among the distinct ones.
        negatives: int64 (K,); negative_of: int64 (n_items + 2,), index of each item among them, or −1.
    """

    example: Example
    distinct: np.ndarray
    ids: Tensor
    rows: Tensor
    biases: Tensor
    id_mask: Tensor | None
    row_of: np.ndarray
    negatives: np.ndarray
    negative_of: np.ndarray


def distinct_items(groups: list[np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ids of all groups, and a table from id to its index among them (a table is faster than sorting)."""
    marked = np.zeros(size, dtype=bool)
    for group in groups:
        marked[group] = True
    ids = np.flatnonzero(marked)
    index = np.zeros(size, dtype=np.int64)
    index[ids] = np.arange(len(ids))
    return ids, index
