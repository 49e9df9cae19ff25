"""Item-based nearest neighbours (Sarwar et al. 2001): an item scores by its similarity to the items of the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from recsys.data.dataset import Dataset, History
from recsys.models.recommender import known

PAIRS = 4_000_000  # of items, compared at once: 0.4 GB of memory


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
        users_of = matrix.T.tocsr()
        n = np.asarray(matrix.sum(axis=0)).ravel()
        reach = np.minimum(users_of @ np.asarray(matrix.sum(axis=1)).ravel(), matrix.shape[1])  # most pairs of an item
        rows = []
        for start, end in _blocks(reach):
            block = (users_of[start:end] @ matrix).tocoo()
            rows.append(_nearest(block, n, start, neighbours, shrink))
        return cls(sparse.vstack(rows, format="csr", dtype=np.float32))

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        return self._of_sets(set_matrix(histories, self.n_items))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self._of_sets(mean_of(set_matrix(histories, self.n_items)))[0]
        return scores

    def _of_sets(self, sets: sparse.csr_matrix) -> np.ndarray:
        scores: np.ndarray = (sets @ self.similarity).toarray()
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


def _blocks(reach: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of items with at most PAIRS pairs in all, or one item."""
    ends = np.cumsum(reach)
    start = 0
    while start < len(reach):
        before = ends[start - 1] if start else 0.0
        end = max(int(np.searchsorted(ends, before + PAIRS, side="right")), start + 1)
        yield start, end
        start = end


def _nearest(pairs: sparse.coo_matrix, n: np.ndarray, first: int, neighbours: int, shrink: float) -> sparse.csr_matrix:
    """Similarities of a block of items, all but each row's best dropped; an item is no neighbour of itself.

    Among equal similarities the items with the lowest numbers are kept.
    """
    row, column = pairs.row, pairs.col
    value = pairs.data / (np.sqrt(n[first + row] * n[column]) + shrink)
    value[column == row + first] = 0.0
    if 3 * len(value) > pairs.shape[0] * pairs.shape[1]:  # choosing in a dense table is faster than sorting all pairs
        best = _above_the_last(row, column, value, pairs.shape, neighbours)
        row, column, value = row[best], column[best], value[best]
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(pairs.shape[0]))[row]
    keep = (place < neighbours) & (value > 0)
    return sparse.csr_matrix((value[keep].astype(np.float32), (row[keep], column[keep])), shape=pairs.shape)


def _above_the_last(
    row: np.ndarray, column: np.ndarray, value: np.ndarray, shape: tuple[int, int], neighbours: int
) -> np.ndarray:
    """Numbers of the pairs whose value is at least the `neighbours`-th largest of their row."""
    dense = np.zeros(shape, dtype=value.dtype)
    dense[row, column] = value
    last = (
        np.partition(dense, shape[1] - neighbours, axis=1)[:, shape[1] - neighbours] if neighbours < shape[1] else None
    )
    found: np.ndarray = np.flatnonzero(value > 0 if last is None else (value >= last[row]) & (value > 0))
    return found


def set_matrix(histories: Sequence[History], n_items: int) -> sparse.csr_matrix:
    """Histories as sets: float32 CSR of ones (B, n_items + 1). Items the model does not know are left out."""
    sets = [np.unique(history) for history in known(histories, n_items)]
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in sets])]).astype(np.int64)
    indices = np.concatenate([*sets, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(len(sets), n_items + 1))


def mean_of(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """The mean of the rows: float32 CSR (1, columns)."""
    return sparse.csr_matrix(rows.mean(axis=0, dtype=np.float64).astype(np.float32))


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
