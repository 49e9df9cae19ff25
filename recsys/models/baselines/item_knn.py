"""Item-based nearest neighbours (Sarwar et al. 2001): an item scores by its similarity to the items of the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from recsys.data.dataset import Dataset, History
from recsys.models.recommender import known


class ItemKNN:
    """Cosine between the items' sets of users, damped by `shrink`; of each item the nearest `neighbours` are kept.

    Args:
        similarity: float32 CSR (n_items + 1, n_items + 1), row = item in the history, column = item scored.
    """

    name = "item-knn"

    def __init__(self, similarity: sparse.csr_matrix) -> None:
        self.similarity = similarity
        self.n_items = similarity.shape[0] - 1

    @classmethod
    def fit(cls, dataset: Dataset, neighbours: int = 200, shrink: float = 10.0) -> Self:
        """sim(i, j) = n(i, j) / (√(n(i)·n(j)) + shrink), n = users in common."""
        matrix = dataset.matrix()
        matrix.data[:] = 1.0
        n = np.asarray(matrix.sum(axis=0)).ravel()
        rows = []
        for start in range(0, matrix.shape[1], 1024):
            block = (matrix[:, start : start + 1024].T @ matrix).tocsr()
            rows.append(_nearest(block, n[start : start + 1024], n, start, neighbours, shrink))
        return cls(sparse.vstack(rows, format="csr", dtype=np.float32))

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        scores: np.ndarray = (set_matrix(histories, self.n_items) @ self.similarity).toarray()
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return sparse_tensors(self.similarity)

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"n_items": self.n_items}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        return cls(sparse_from(tensors, int(meta["n_items"]) + 1))


def _nearest(
    block: sparse.csr_matrix, counts: np.ndarray, n: np.ndarray, first: int, neighbours: int, shrink: float
) -> sparse.csr_matrix:
    """Similarities of a block of items, all but each row's best dropped; an item is no neighbour of itself."""
    coo = block.tocoo()
    value = coo.data / (np.sqrt(counts[coo.row] * n[coo.col]) + shrink)
    value[coo.col == coo.row + first] = 0.0
    order = np.lexsort((coo.col, -value, coo.row))
    row = coo.row[order]
    starts = np.searchsorted(row, np.arange(block.shape[0]))
    keep = order[(np.arange(len(row)) - starts[row] < neighbours) & (value[order] > 0)]
    return sparse.csr_matrix((value[keep].astype(np.float32), (coo.row[keep], coo.col[keep])), shape=block.shape)


def set_matrix(histories: Sequence[History], n_items: int) -> sparse.csr_matrix:
    """Histories as sets: float32 CSR of ones (B, n_items + 1). Items the model does not know are left out."""
    sets = [np.unique(history) for history in known(histories, n_items)]
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in sets])]).astype(np.int64)
    indices = np.concatenate([*sets, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(len(sets), n_items + 1))


def sparse_tensors(matrix: sparse.csr_matrix) -> dict[str, np.ndarray]:
    """A square CSR matrix as named arrays; column numbers take two bytes each where they fit."""
    columns = np.uint16 if matrix.shape[1] <= 1 << 16 else np.int32
    return {
        "data": matrix.data.astype(np.float32),
        "indices": matrix.indices.astype(columns),
        "indptr": matrix.indptr.astype(np.int64),
    }


def sparse_from(tensors: Mapping[str, np.ndarray], size: int) -> sparse.csr_matrix:
    """A square CSR matrix back from its arrays. Raises ValueError when they don't fit together."""
    columns = tensors["indices"].astype(np.int32)
    matrix = sparse.csr_matrix((tensors["data"], columns, tensors["indptr"]), shape=(size, size))
    matrix.check_format(full_check=True)
    return matrix
