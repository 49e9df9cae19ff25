"""Groups of people (or items) whose representations point the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import read_only
from recsys.embeddings.k_means import assign, k_means
from recsys.errors import InputError

_LEARN_FROM = 20_000  # rows the centres are learned from; everybody is assigned
_TRIED = range(4, 11)  # numbers of groups tried when none is asked for: what a person can tell apart in one picture


@dataclass(frozen=True, eq=False)
class Clusters:
    """A grouping.

    Args:
        labels: int32 (n,): each row's group 0 … k − 1, the largest group first.
        centres: float32 (k, d), of the rows scaled to length 1.
        separation: −1 … 1, how much nearer people are to their own group's centre than to the next one's (simplified
            silhouette, Hruschka et al. 2004); 0 when there is one group.
    """

    labels: np.ndarray
    centres: np.ndarray
    separation: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", read_only(self.labels))
        object.__setattr__(self, "centres", read_only(self.centres))

    def __len__(self) -> int:
        return len(self.centres)

    @property
    def sizes(self) -> np.ndarray:
        """Rows in each group: int64 (k,)."""
        return np.bincount(self.labels, minlength=len(self.centres))

    def members(self, group: int) -> np.ndarray:
        """The rows of one group: int64."""
        return np.flatnonzero(self.labels == group)


def cluster(vectors: np.ndarray, n: int | None = None, seed: int = 0) -> Clusters:
    """Groups by k-means on the rows scaled to length 1 (so by angle, as scores see them).

    Args:
        vectors: float (rows, d).
        n: groups wanted, 1 to 60; None tries 4 to 10 and keeps the best separated.

    Raises:
        InputError: no rows, `n` out of range, or values that are not finite.
    """
    if not len(vectors):
        raise InputError("the representations", "must have at least one row")
    if n is not None and not 1 <= n <= 60:
        raise InputError("the number of groups", "must be between 1 and 60", n)
    if not np.isfinite(vectors).all():
        raise InputError("the representations", "must be finite numbers")
    rows = unit(vectors)
    wanted = [n] if n is not None else [size for size in _TRIED if size <= max(2, len(rows) // 8)] or [2]
    tried = []
    for size in wanted:
        centres = k_means(rows, size, seed=seed, sample=_LEARN_FROM, spread=True)
        tried.append((separation(rows, centres) if len(centres) > 1 else 0.0, centres))
    best, centres = max(tried, key=lambda pair: pair[0])
    labels = assign(rows, centres)
    sizes = np.bincount(labels, minlength=len(centres))
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    place = np.zeros(len(centres), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Clusters(place[labels], centres[order], float(best))


def separation(rows: np.ndarray, centres: np.ndarray) -> float:
    """The mean simplified silhouette of rows (at most 20,000, evenly taken) among two or more centres."""
    some = rows[:: max(1, len(rows) // 20_000)]
    square = (some**2).sum(axis=1, keepdims=True) + (centres**2).sum(axis=1) - 2.0 * (some @ centres.T)
    gap = np.sqrt(np.maximum(np.partition(square, 1, axis=1)[:, :2], 0.0))
    scale = np.maximum(gap[:, 1], 1e-12)
    return float(((gap[:, 1] - gap[:, 0]) / scale).mean())


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1: float32; zero rows stay zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: np.ndarray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return scaled
