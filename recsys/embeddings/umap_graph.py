"""UMAP's graph: how strongly each row belongs to the neighbourhood of each other (McInnes, Healy & Melville 2018)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

_MAX_STEPS = 64  # of the bisection
_TOLERANCE = 1e-5
_MIN_WIDTH = 1e-3  # as a share of the mean distance


def fuzzy_graph(neighbours: np.ndarray, distances: np.ndarray) -> csr_matrix:
    """Memberships 0 … 1, symmetric, without a diagonal: csr float32 (n, n).

    Each row's distances are measured from its nearest neighbour, on a width that gives log₂(k) neighbours in all; the
    two directions of a pair are joined as a + b − a·b.

    Args:
        neighbours: int (n, k), the row itself among them.
        distances: float (n, k), ascending.
    """
    n, k = neighbours.shape
    nearest, width = _nearest_and_width(distances)
    beyond = distances - nearest[:, None]
    certain = (beyond <= 0) | (width[:, None] == 0)
    membership = np.where(certain, 1.0, np.exp(-np.maximum(beyond, 0.0) / np.where(certain, 1.0, width[:, None])))
    membership[neighbours == np.arange(n)[:, None]] = 0.0
    rows = np.repeat(np.arange(n), k)
    directed = csr_matrix((membership.ravel().astype(np.float32), (rows, neighbours.ravel())), shape=(n, n))
    directed.eliminate_zeros()
    reverse = directed.T.tocsr()
    return (directed + reverse - directed.multiply(reverse)).tocsr()


def _nearest_and_width(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row's distance to its nearest distinct neighbour and the width of its neighbourhood: float64 (n,) each."""
    positive = np.where(distances > 0, distances, np.inf).min(axis=1).astype(np.float64)
    nearest = np.where(np.isfinite(positive), positive, 0.0)
    beyond = np.maximum(distances[:, 1:].astype(np.float64) - nearest[:, None], 0.0)
    wanted = np.log2(distances.shape[1])
    low, high = np.zeros(len(distances)), np.full(len(distances), np.inf)
    width = np.ones(len(distances))
    for _ in range(_MAX_STEPS):  # bisection of all rows at once
        total = np.exp(-beyond / width[:, None]).sum(axis=1)
        if np.all(np.abs(total - wanted) < _TOLERANCE):
            break
        too_wide = total > wanted
        high = np.where(too_wide, width, high)
        low = np.where(too_wide, low, width)
        unbounded = np.isinf(high)
        width = np.where(unbounded, width * 2.0, (low + np.where(unbounded, 0.0, high)) / 2.0)
        width = np.clip(width, 1e-30, 1e30)
    mean = distances.mean(axis=1, dtype=np.float64)
    floor = _MIN_WIDTH * np.where(nearest > 0, mean, float(distances.mean(dtype=np.float64)))
    return nearest, np.maximum(width, floor)
