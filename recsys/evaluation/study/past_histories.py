"""Histories of the training users cut at a time: a source must hold nothing that was chosen after the target's item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.embeddings import nearest

MOST_SLICES = 8  # times at which all users are encoded; neighbours are found at the last one before the target's
MOST_FLOATS = 64_000_000  # representations of all slices together: 256 MB
MEAN_OF = 300  # users that the mean user is taken from

Encode = Callable[[Sequence[History]], np.ndarray]


class PastHistories:
    """Training users with their histories cut at a time. Without times nothing is cut, and there is one slice.

    Args:
        train: the training data; users without rows in it are no sources.
        times: float64 (n,) unix seconds at which the held-out items were chosen.
        width: size of a representation.

    Attributes:
        cut: whether the data have times to cut by.
        edges: float64 (slices,) ascending; a time belongs to the last edge that is not after it.
    """

    def __init__(self, train: Dataset, times: np.ndarray, width: int) -> None:
        self.train = train
        self.cut = has_times(train)
        users = int((train.lengths > 0).sum())
        slices = int(np.clip(MOST_FLOATS // max(1, users * width), 1, MOST_SLICES))
        self.edges = np.array([np.inf])
        if self.cut and len(times):
            self.edges = np.unique(np.quantile(times, np.arange(slices) / slices, method="lower"))

    def slice_of(self, times: np.ndarray) -> np.ndarray:
        """The slice of each time: int64 (n,)."""
        if not self.cut:
            return np.zeros(len(times), dtype=np.int64)
        return np.searchsorted(self.edges, times, "right") - 1

    def before(self, user: int, time: float) -> History:
        """The user's items before a time; all of them where the data have no times."""
        history = self.train.history(user)
        if not self.cut or self.train.timestamps is None:
            return history
        times = self.train.timestamps[self.train.offsets[user] : self.train.offsets[user + 1]]
        return history[: int(np.searchsorted(times, time, "left"))]

    def active(self, number: int, items: np.ndarray | None = None) -> np.ndarray:
        """Users with items before a slice's edge: int64 (m,).

        Args:
            items: bool (n_items + 1,), only these items count.
        """
        early = np.ones(self.train.n_interactions, dtype=bool)
        if self.cut and self.train.timestamps is not None:
            early = self.train.timestamps < self.edges[number]
        if items is not None:
            early = early & items[self.train.sequence]
        return np.unique(self.train.user_of[early]).astype(np.int64)

    def encoded(self, encode: Encode) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each slice the active users and their representations: int64 (m,), float32 (m, d).

        A user is encoded again only if there are new items since the last edge.
        """
        slices: list[tuple[np.ndarray, np.ndarray]] = []
        vectors = np.zeros((self.train.n_users, 0), dtype=np.float32)
        encoded_length = np.zeros(self.train.n_users, dtype=np.int64)
        for number, edge in enumerate(self.edges):
            users = self.active(number)
            histories = [self.before(int(user), float(edge)) for user in users]
            lengths = np.array([len(history) for history in histories], dtype=np.int64)
            longer = np.flatnonzero(lengths > encoded_length[users])
            if len(longer):
                new = encode([histories[row] for row in longer])
                if not vectors.shape[1]:
                    vectors = np.zeros((self.train.n_users, new.shape[1]), dtype=np.float32)
                vectors[users[longer]] = new
            encoded_length[users] = lengths
            slices.append((users, vectors[users]))
        return slices

    def mean_scores(self, score: Encode) -> np.ndarray:
        """For each slice the mean scores of its active users: float32 (slices, items).

        Where no user is active yet these are the scores of the empty history.
        """
        rows = []
        for number, edge in enumerate(self.edges):
            users = self.active(number)
            positions = np.linspace(0, len(users) - 1, min(len(users), MEAN_OF)).astype(int)
            histories = [self.before(int(user), float(edge)) for user in users[np.unique(positions)]]
            scores = score(histories or [np.zeros(0, dtype=np.int32)])
            rows.append(scores.mean(axis=0, dtype=np.float64).astype(np.float32))
        return np.stack(rows)


def has_times(dataset: Dataset) -> bool:
    """Whether every interaction has a time."""
    return dataset.timestamps is not None and bool(np.isfinite(dataset.timestamps).all())


class Neighbours:
    """The training users most similar to a target at its time.

    Args:
        encode: the model's.
    """

    def __init__(self, past: PastHistories, encode: Encode) -> None:
        self.past, self.encode = past, encode

    @cached_property
    def slices(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return self.past.encoded(self.encode)

    @cached_property
    def lengths(self) -> list[np.ndarray]:
        """The norms of the representations of each slice: float32 (m,)."""
        return [np.asarray(np.linalg.norm(vectors, axis=1)) for _, vectors in self.slices]

    def find(self, histories: Sequence[History], times: np.ndarray, count: int) -> np.ndarray:
        """int64 (n, count) user indexes, nearest first; −1 where fewer users were active by then."""
        found = np.full((len(histories), count), -1, dtype=np.int64)
        for row, (vector, number) in enumerate(zip(self.encode(histories), self.past.slice_of(times), strict=True)):
            users, vectors = self.slices[number]
            if len(users):
                near = users[nearest(vectors, vector, min(count, len(users)), self.lengths[number])[0]]
                found[row, : len(near)] = near
        return found
