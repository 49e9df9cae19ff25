"""Lesson 1: a part of the user–item matrix, filled click by click, and the sequence of one user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, read_only
from recsys.errors import InputError


@dataclass(frozen=True, eq=False)
class MatrixExcerpt:
    """Some users and the items that they have most often.

    Attributes:
        users: int64 (U,), user indexes; items: int64 (I,), item indexes.
        clicks: int64 (n, 2), row and column of each interaction between them, oldest first.
        cells: how many cells of the whole matrix hold an interaction; filled: their share, 0 … 1.
    """

    users: np.ndarray
    items: np.ndarray
    clicks: np.ndarray
    cells: int
    filled: float

    def __post_init__(self) -> None:
        for name in ("users", "items", "clicks"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


def matrix_excerpt(dataset: Dataset, users: int = 14, items: int = 36) -> MatrixExcerpt:
    """The users whose history has the most usual length, and the items that most of them have.

    Raises:
        InputError: the data has no interaction.
    """
    if not dataset.n_interactions:
        raise InputError("the data", "must have interactions", 0)
    lengths = dataset.lengths
    near = np.argsort(np.abs(lengths - np.median(lengths[lengths > 0])), kind="stable")
    chosen = np.sort(near[:users])
    having = np.concatenate([np.unique(dataset.history(int(user))) for user in chosen])
    most = np.argsort(-np.bincount(having, minlength=dataset.n_items + 1), kind="stable")[:items]
    columns = np.sort(most[np.isin(most, having)])
    rows = []
    for row, user in enumerate(chosen):
        start, history = int(dataset.offsets[user]), dataset.history(int(user))
        for place in np.flatnonzero(np.isin(history, columns)):
            when = place if dataset.timestamps is None else dataset.timestamps[start + place]
            rows.append((float(when), row, int(np.searchsorted(columns, history[place]))))
    clicks = np.array([(row, column) for _, row, column in sorted(rows)], dtype=np.int64).reshape(-1, 2)
    cells = int(dataset.matrix().nnz)
    return MatrixExcerpt(chosen, columns, clicks, cells, cells / (dataset.n_users * dataset.n_items))
