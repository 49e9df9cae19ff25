"""Groups of users (or items) whose embeddings point in a similar direction: k-means on rows of length 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data.dataset import read_only
from recsys.errors import InputError

_FIT_ROWS = 20_000  # centres are fitted to this many rows at most; every row is assigned
_STARTS = 4  # k-means runs from random centres; the one with the least squared distance is taken
_SILHOUETTE_ROWS = 2_000
_AUTOMATIC = range(4, 17)  # numbers of groups compared when none is given: more are hard to tell apart on a map
TOLERANCE = 0.05  # of the best silhouette: the largest number of groups that comes as near is taken


@dataclass(frozen=True, eq=False)
class Clusters:
    """A grouping of rows.

    Args:
        labels: int32 (n,): each row's group 0 … k − 1, the largest group first.
        centres: float32 (k, d), of the rows scaled to length 1.
        silhouette: −1 … 1, how much nearer a row is to its own group than to the next one (Rousseeuw 1987), over a
            sample of the rows; 0 when there is one group.
        compared: (number of groups, silhouette) of each number that was tried, ascending.
    """

    labels: np.ndarray
    centres: np.ndarray
    silhouette: float = 0.0
    compared: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", read_only(self.labels))
        object.__setattr__(self, "centres", read_only(self.centres))

    def __len__(self) -> int:
        return len(self.centres)

    @property
    def sizes(self) -> np.ndarray:
        """Rows in each group: int64 (k,)."""
        return np.bincount(self.labels, minlength=len(self.centres))

    def nearest(self, vectors: np.ndarray) -> np.ndarray:
        """The group whose centre is nearest to each row, scaled to length 1: int64 (m,)."""
        from sklearn.preprocessing import normalize

        if not len(vectors):
            return np.empty(0, dtype=np.int64)
        distances = (self.centres**2).sum(axis=1) - 2.0 * normalize(vectors) @ self.centres.T
        return np.asarray(distances.argmin(axis=1), dtype=np.int64)

    def members(self, group: int) -> np.ndarray:
        """The rows of one group: int64."""
        return np.flatnonzero(self.labels == group)


def cluster(vectors: np.ndarray, n: int | None = None, seed: int = 0) -> Clusters:
    """Groups by k-means on the rows scaled to length 1, that is, by angle.

    Args:
        vectors: float (rows, d).
        n: number of groups, 1 to 60; fewer when there are fewer distinct rows. None compares 4 to 16 and takes the
            largest number whose silhouette is within 5% of the best: where the curve is flat, finer groups are
            separated as well as coarse ones (compare the one-standard-error rule of Breiman et al. 1984).

    Raises:
        InputError: no rows, `n` out of range, or values that are not finite.
    """
    from sklearn.preprocessing import normalize

    if not len(vectors):
        raise InputError("the embeddings", "must have at least one row")
    if n is not None and not 1 <= n <= 60:
        raise InputError("the number of groups", "must be between 1 and 60", n)
    if not np.isfinite(vectors).all():
        raise InputError("the embeddings", "must be finite numbers")
    rows = normalize(np.asarray(vectors, dtype=np.float32))
    sizes = [n] if n is not None else [size for size in _AUTOMATIC if size <= max(2, len(rows) // 8)] or [2]
    groupings = []
    for size in sizes:
        starts = _STARTS if len(rows) <= _FIT_ROWS else 1
        model = fit_k_means(rows, size, seed=seed, sample=_FIT_ROWS, n_init=starts)
        labels = model.predict(rows)
        groupings.append((_silhouette(rows, labels, seed), labels, model.cluster_centers_))
    best = max(value for value, _, _ in groupings)
    enough = best - TOLERANCE * abs(best)
    silhouette, labels, centres = next(grouping for grouping in reversed(groupings) if grouping[0] >= enough)
    counts = np.bincount(labels, minlength=len(centres))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    rank = np.zeros(len(centres), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    compared = tuple((size, value) for size, (value, _, _) in zip(sizes, groupings, strict=True))
    return Clusters(rank[labels], centres[order], silhouette, compared)


def fit_k_means(rows: np.ndarray, n: int, *, seed: int, sample: int, n_init: int = 1, **options: Any) -> Any:
    """scikit-learn's KMeans, fitted; the same centres for the same seed on any number of processors.

    Args:
        rows: float32 (n, d).
        n: number of centres; lowered to the number of distinct rows.
        sample: fit to this many rows at most, drawn at random.
        n_init: runs from different random centres; the best is taken.
        options: of `sklearn.cluster.KMeans`.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if len(rows) > sample:
        rows = rows[np.random.default_rng(seed).permutation(len(rows))[:sample]]
    n = min(n, len(np.unique(rows, axis=0)))
    with threadpool_limits(1, "openmp"):  # several threads would add up float32 values in the order in which they end
        return KMeans(n, n_init=n_init, random_state=seed, **options).fit(rows)


def _silhouette(rows: np.ndarray, labels: np.ndarray, seed: int) -> float:
    from sklearn.metrics import silhouette_score

    some = np.random.default_rng(seed).permutation(len(rows))[:_SILHOUETTE_ROWS]
    if not 2 <= len(np.unique(labels[some])) < len(some):
        return 0.0
    return float(silhouette_score(rows[some], labels[some]))
