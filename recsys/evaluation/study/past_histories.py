"""Histories of the trained users as they were at a moment: what a source had chosen later must not be transferred."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.embeddings import nearest

SLICES = 8  # moments at which everybody is encoded; neighbours are looked for at the last one before the target's
_FLOATS = 64_000_000  # of all slices' representations together: 256 MB
_MEAN_OF = 300  # users the mean user is taken from

Encode = Callable[[Sequence[History]], np.ndarray]


class PastHistories:
    """Trained users with their histories cut at a moment. Without times nothing can be cut, and all is one slice.

    Args:
        train: what was learned from; users without rows in it are no sources.
        moments: float64 (n,) unix seconds at which something is to be found, of all cases.
        width: numbers of a representation.

    Attributes:
        cut: whether the data have times to cut by.
        edges: float64 (slices,) ascending; a case belongs to the last one that is not after its moment.
    """

    def __init__(self, train: Dataset, moments: np.ndarray, width: int) -> None:
        self.train = train
        self.cut = has_times(train)
        self.users = np.flatnonzero(train.lengths > 0)
        most = int(np.clip(_FLOATS // max(1, len(self.users) * width), 1, SLICES))
        self.edges = np.array([np.inf])
        if self.cut and len(moments):
            self.edges = np.unique(np.quantile(moments, np.arange(most) / most, method="lower"))

    def slice_of(self, moments: np.ndarray) -> np.ndarray:
        """The slice of each moment: int64 (n,)."""
        return (
            np.zeros(len(moments), dtype=np.int64)
            if not self.cut
            else np.searchsorted(self.edges, moments, "right") - 1
        )

    def before(self, user: int, moment: float) -> History:
        """What a user had chosen before a moment; everything where the data have no times."""
        history = self.train.history(user)
        if not self.cut or self.train.timestamps is None:
            return history
        times = self.train.timestamps[self.train.offsets[user] : self.train.offsets[user + 1]]
        return history[: int(np.searchsorted(times, moment, "left"))]

    def active(self, number: int, items: np.ndarray | None = None) -> np.ndarray:
        """Users who had chosen something before a slice's edge: int64 (m,).

        Args:
            items: bool (n_items + 1,), only choices of these count.
        """
        early = np.ones(self.train.n_interactions, dtype=bool)
        if self.cut and self.train.timestamps is not None:
            early = self.train.timestamps < self.edges[number]
        if items is not None:
            early = early & items[self.train.sequence]
        return np.unique(self.train.user_of[early]).astype(np.int64)

    def encoded(self, encode: Encode) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each slice the active users and their representations: int64 (m,), float32 (m, d).

        A user who chose nothing between two edges is encoded once.
        """
        found: list[tuple[np.ndarray, np.ndarray]] = []
        vectors, known = (
            np.zeros((self.train.n_users, 0), dtype=np.float32),
            np.zeros(self.train.n_users, dtype=np.int64),
        )
        for number, edge in enumerate(self.edges):
            users = self.active(number)
            histories = [self.before(int(user), float(edge)) for user in users]
            lengths = np.array([len(history) for history in histories], dtype=np.int64)
            grown = np.flatnonzero(lengths > known[users])
            if len(grown):
                fresh = encode([histories[row] for row in grown])
                if not vectors.shape[1]:
                    vectors = np.zeros((self.train.n_users, fresh.shape[1]), dtype=np.float32)
                vectors[users[grown]] = fresh
            known[users] = lengths
            found.append((users, vectors[users]))
        return found


def has_times(dataset: Dataset) -> bool:
    """Whether every interaction has a time."""
    return dataset.timestamps is not None and bool(np.isfinite(dataset.timestamps).all())


class Neighbours:
    """The trained users most like a target at its moment.

    Args:
        encode: the model's.
    """

    def __init__(self, past: PastHistories, encode: Encode) -> None:
        self.past, self.encode = past, encode

    @cached_property
    def slices(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return self.past.encoded(self.encode)

    def find(self, read: Sequence[History], moments: np.ndarray, count: int) -> np.ndarray:
        """int64 (n, count) user indexes, nearest first; −1 where fewer had chosen anything by then."""
        found = np.full((len(read), count), -1, dtype=np.int64)
        for row, (vector, number) in enumerate(zip(self.encode(read), self.past.slice_of(moments), strict=True)):
            users, vectors = self.slices[number]
            if len(users):
                near = users[nearest(vectors, vector, min(count, len(users)))[0]]
                found[row, : len(near)] = near
        return found


def mean_scores(past: PastHistories, score: Encode) -> np.ndarray:
    """For each slice the mean of its active users' scores, of what they had chosen by then: float32 (slices, items).

    Where nobody had chosen anything yet it is the score of the empty history.
    """
    rows = []
    for number, edge in enumerate(past.edges):
        users = past.active(number)
        some = (
            users[np.unique(np.linspace(0, len(users) - 1, min(len(users), _MEAN_OF)).astype(int))]
            if len(users)
            else users
        )
        histories = [past.before(int(user), float(edge)) for user in some] or [np.zeros(0, dtype=np.int32)]
        rows.append(score(histories).mean(axis=0, dtype=np.float64).astype(np.float32))
    return np.stack(rows)
