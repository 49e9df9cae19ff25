"""Whether a group is one or two: the split of its members by 2-means, against the same split of one Gaussian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recsys.data.dataset import read_only

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

FEWEST = 20
"""Members of the smallest group that is tested."""
SMALLEST_SHARE = 0.15
"""Of the members, in the smaller camp: fewer are outliers, not a camp."""
LEVEL = 0.05
_TESTED_ON = 500  # members, drawn at random from a larger group; all are assigned to a camp
_AXES = 10  # principal components of the members that are kept: camps lie along the widest
_DRAWS = 99


@dataclass(frozen=True, eq=False)
class Camps:
    """The two halves that 2-means finds in a group.

    Args:
        second: bool (m,), which members are in the smaller camp.
        index: 0 … 1, the sum of squares within the camps by that of the group; lower = further apart.
        p: of one Gaussian with the covariance of the group: the share of draws that split at least as well.
    """

    second: np.ndarray
    index: float
    p: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "second", read_only(self.second))

    @property
    def are_two(self) -> bool:
        """Whether the group is to be called two: significant, and neither camp is only a few members."""
        return self.p <= LEVEL and float(self.second.mean()) >= SMALLEST_SHARE


def camps(vectors: np.ndarray, *, seed: int = 0) -> Camps | None:
    """Splits a group in two and tests whether it is two (SigClust, Liu et al. 2008).

    Any cloud can be halved. The null is one Gaussian with the covariance of the members: it is as long and as flat as
    the group is, but has no gap.

    Args:
        vectors: float (m, D), the members' interests; compared by angle.

    Returns:
        None for fewer than FEWEST members.
    """
    from sklearn.preprocessing import normalize
    from threadpoolctl import threadpool_limits

    if len(vectors) < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    rows = normalize(np.asarray(vectors, dtype=np.float64))
    rows = rows - rows.mean(axis=0)
    some = rng.permutation(len(rows))[:_TESTED_ON]
    spread, axes = np.linalg.eigh(rows[some].T @ rows[some] / len(some))
    spread, axes = np.maximum(spread[::-1][:_AXES], 0.0), axes[:, ::-1][:, :_AXES]
    with threadpool_limits(1, "openmp"):
        model = _halved(rows[some] @ axes)
        index = _index(rows[some] @ axes, model)
        draws = (rng.normal(0.0, np.sqrt(spread), (len(some), len(spread))) for _ in range(_DRAWS))
        null = np.array([_index(draw, _halved(draw)) for draw in draws])
        labels = model.predict(rows @ axes)
    smaller = int(np.bincount(labels, minlength=2).argmin())
    return Camps(labels == smaller, index, float((1 + np.count_nonzero(null <= index)) / (_DRAWS + 1)))


def _halved(rows: np.ndarray) -> KMeans:
    """2-means, started from the two sides of the first principal component, which is the first column."""
    from sklearn.cluster import KMeans

    above = rows[:, 0] > rows[:, 0].mean()
    if not above.any():  # all rows are equal
        return KMeans(1, n_init=1, random_state=0).fit(rows)
    return KMeans(2, init=np.stack([rows[above].mean(axis=0), rows[~above].mean(axis=0)]), n_init=1).fit(rows)


def _index(rows: np.ndarray, model: KMeans) -> float:
    """Squares within the clusters by squares around the mean: the cluster index of SigClust."""
    total = float(((rows - rows.mean(axis=0)) ** 2).sum())
    return float(model.inertia_ / total) if total > 0 else 1.0
