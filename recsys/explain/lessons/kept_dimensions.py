"""Lesson 2: who is near in the embedding, and who still is when only some of its dimensions are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import read_only
from recsys.errors import InputError
from recsys.wording import Message

NEAREST = 10
_ASKED = 200  # users whose neighbours are compared
_MOST = 20_000  # users among whom neighbours are looked for


@dataclass(frozen=True, eq=False)
class KeptDimensions:
    """The nearest users by the first principal components alone.

    Attributes:
        dimensions: how many components are kept, ascending; the last is all of them.
        places: float64 (n, 2), every user on the first two components.
        nearest: int64 (len(dimensions), 10), the nearest users of the chosen one.
        kept: how many of its ten nearest by all dimensions are among these.
        mean_kept: the mean over up to 200 users.
    """

    dimensions: tuple[int, ...]
    places: np.ndarray
    nearest: np.ndarray
    kept: tuple[int, ...]
    mean_kept: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", read_only(self.places))
        object.__setattr__(self, "nearest", read_only(self.nearest))


def kept_dimensions(vectors: np.ndarray, user: int) -> KeptDimensions:
    """Compares the ten nearest users by 1, 2, 3 … principal components with those by all.

    Args:
        vectors: float (n, D), of the users.
        user: the row of the chosen one.

    Raises:
        InputError: fewer than twelve users, or fewer than two dimensions.
    """
    n, size = vectors.shape
    if n < NEAREST + 2 or size < 2:
        raise InputError(
            "the embedding", Message("must be of {n} users in 2 dimensions at least", n=NEAREST + 2), f"{n} × {size}"
        )
    if n > _MOST:
        kept = np.unique(np.append(np.linspace(0, n - 1, _MOST).astype(int), user))
        vectors, user, n = vectors[kept], int(np.searchsorted(kept, user)), len(kept)
    centred = np.asarray(vectors, dtype=np.float64) - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    components = centred @ axes[:, ::-1]
    asked = np.unique(np.append(np.random.default_rng(0).permutation(n)[:_ASKED], user))
    dimensions = tuple(
        sorted({1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, size} & {*range(1, size + 1)})
    )
    near = [_nearest(components[:, :count], asked) for count in dimensions]
    shared = np.array([[len(np.intersect1d(a, b)) for a, b in zip(rows, near[-1], strict=True)] for rows in near])
    own = int(np.searchsorted(asked, user))
    return KeptDimensions(
        dimensions,
        components[:, :2],
        np.stack([rows[own] for rows in near]),
        tuple(int(count) for count in shared[:, own]),
        tuple(float(mean) for mean in shared.mean(axis=1)),
    )


def _nearest(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The ten nearest other rows of each asked row, nearest first: int64 (len(asked), 10)."""
    distance = (rows**2).sum(axis=1) - 2 * rows[asked] @ rows.T
    distance[np.arange(len(asked)), asked] = np.inf
    return np.argsort(distance, axis=1, kind="stable")[:, :NEAREST]
