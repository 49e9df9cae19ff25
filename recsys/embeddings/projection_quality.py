"""How far a projection can be trusted: which neighbours it invents and which it loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.embeddings.neighbours import blocks
from recsys.wording import Message

WARNING = Message(
    "Near points have similar embeddings. Distances between groups, their sizes and empty space mean little: the "
    "projection distorts them."
)
_EXACT_UP_TO = 1_500  # rows up to which all are measured; above, a sample of them
_MAX_PAIRS = 60_000_000  # distances computed at most in each space


@dataclass(frozen=True)
class Quality:
    """Quality of a projection, each measure 0 … 1, higher is better (Venna & Kaski 2001).

    Args:
        trustworthiness: 1 − how far away in the embedding space neighbours in the projection are (as scikit-learn's).
        continuity: 1 − how far away in the projection neighbours in the embedding space are.
        preservation: share of the k nearest in the embedding space that are among the k nearest in the projection.
        neighbours: k.
        rows: number of rows measured (a sample when there are many).
    """

    trustworthiness: float
    continuity: float
    preservation: float
    neighbours: int
    rows: int


def measure_quality(vectors: np.ndarray, points: np.ndarray, *, neighbours: int = 15, seed: int = 0) -> Quality:
    """Compares each row's nearest neighbours (Euclidean) in the embedding space with those in the projection.

    All rows up to 1,500; above, a seeded sample of rows, each compared with all rows.

    Args:
        vectors: float (n, d), n ≥ 5.
        points: float (n, dims), the projection.
        neighbours: k, lowered to less than n / 2 where needed.
    """
    n = len(vectors)
    k = min(neighbours, (n - 1) // 2)
    sample = np.arange(n)
    if n > _EXACT_UP_TO:
        size = int(np.clip(_MAX_PAIRS / n, 200, _EXACT_UP_TO))
        sample = np.sort(np.random.default_rng(seed).permutation(n)[:size])
    spaces = [np.ascontiguousarray(space - space.mean(axis=0), dtype=np.float32) for space in (vectors, points)]
    invented = lost = preserved = 0.0
    for part in blocks(len(sample), 4 * n):
        true, shown = (_squared_distances(space, sample[part]) for space in spaces)
        near_true, near_shown = (np.argpartition(gaps, k - 1, axis=1)[:, :k] for gaps in (true, shown))
        ranks_true, ranks_shown = _ranks(true, near_shown), _ranks(shown, near_true)
        invented += np.maximum(ranks_true - k, 0).sum()
        lost += np.maximum(ranks_shown - k, 0).sum()
        preserved += (np.sort(ranks_true, axis=1) <= k).sum()
    worst = len(sample) * k * (2 * n - 3 * k - 1) / 2
    return Quality(
        trustworthiness=float(1 - invented / worst),
        continuity=float(1 - lost / worst),
        preservation=float(preserved / (len(sample) * k)),
        neighbours=k,
        rows=len(sample),
    )


def _squared_distances(space: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Squared distances of some rows to all rows, infinity to themselves: float32 (rows, n)."""
    squares = np.einsum("nd,nd->n", space, space)
    distances: np.ndarray = squares[rows, None] + squares - 2.0 * (space[rows] @ space.T)
    distances[np.arange(len(rows)), rows] = np.inf
    return distances


def _ranks(distances: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The rank (1 = nearest) of some columns in each row: int64 (rows, k)."""
    ordered = np.sort(distances, axis=1)
    wanted = np.take_along_axis(distances, columns, axis=1)
    return np.stack([1 + np.searchsorted(row, values) for row, values in zip(ordered, wanted, strict=True)])
