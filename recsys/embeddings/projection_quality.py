"""How far a picture can be trusted: which neighbours it invents, which it loses. Distances in it mean little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.embeddings.neighbours import blocks

WARNING = (
    "Read who is near whom. Do not read distances between groups, their sizes or empty space: the picture bends them."
)
_EXACT_UP_TO = 1_500  # rows all of which are looked at; above, a sample of them against everybody
_PAIRS = 60_000_000  # distances computed at most in each space


@dataclass(frozen=True)
class Quality:
    """Measures of a picture, each 0 … 1, higher is better (Venna & Kaski 2001).

    Args:
        trustworthiness: 1 − how far off in truth the neighbours in the picture are (scikit-learn's measure).
        continuity: 1 − how far off in the picture the true neighbours are.
        preservation: share of the true k nearest that are among the k nearest in the picture.
        neighbours: k.
        people: rows looked at (a sample when there are many).
    """

    trustworthiness: float
    continuity: float
    preservation: float
    neighbours: int
    people: int


def measure_quality(vectors: np.ndarray, points: np.ndarray, *, neighbours: int = 15, seed: int = 0) -> Quality:
    """Compares each row's neighbours in the real space (Euclidean) with those in the picture.

    All rows up to 1,500; above, a seeded sample of rows, each against everybody.

    Args:
        vectors: float (n, d), n ≥ 5.
        points: float (n, dims), the picture.
        neighbours: k, lowered to less than n / 2 where needed.
    """
    n = len(vectors)
    k = min(neighbours, (n - 1) // 2)
    looked = np.arange(n)
    if n > _EXACT_UP_TO:
        size = int(np.clip(_PAIRS / n, 200, _EXACT_UP_TO))
        looked = np.sort(np.random.default_rng(seed).permutation(n)[:size])
    spaces = [np.ascontiguousarray(space - space.mean(axis=0), dtype=np.float32) for space in (vectors, points)]
    invented = lost = kept = 0.0
    for part in blocks(len(looked), 4 * n):
        true, shown = (_gaps(space, looked[part]) for space in spaces)
        near_true, near_shown = (np.argpartition(gap, k - 1, axis=1)[:, :k] for gap in (true, shown))
        ranks_true, ranks_shown = _ranks(true, near_shown), _ranks(shown, near_true)
        invented += np.maximum(ranks_true - k, 0).sum()
        lost += np.maximum(ranks_shown - k, 0).sum()
        kept += (np.sort(ranks_true, axis=1) <= k).sum()
    worst = len(looked) * k * (2 * n - 3 * k - 1) / 2
    return Quality(
        trustworthiness=float(1 - invented / worst),
        continuity=float(1 - lost / worst),
        preservation=float(kept / (len(looked) * k)),
        neighbours=k,
        people=len(looked),
    )


def _gaps(space: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Squared distances of some rows to all, themselves at infinity: float32 (rows, n)."""
    squares = np.einsum("nd,nd->n", space, space)
    gaps: np.ndarray = squares[rows, None] + squares - 2.0 * (space[rows] @ space.T)
    gaps[np.arange(len(rows)), rows] = np.inf
    return gaps


def _ranks(gaps: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The rank (1 = nearest) of some columns in each row: int64 (rows, k)."""
    ordered = np.sort(gaps, axis=1)
    wanted = np.take_along_axis(gaps, of, axis=1)
    pairs = zip(ordered, wanted, strict=True)
    return np.stack([1 + np.searchsorted(line, values) for line, values in pairs])
