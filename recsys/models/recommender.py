"""What every model can do: score all items for any history, also of a new user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from recsys.data.dataset import History

_SUMMED = 1024  # histories whose mean is computed at once: float32 keeps six digits in sums of so many


@runtime_checkable
class Recommender(Protocol):
    """A trained model.

    Attributes:
        name: its name in the table of models.
        n_items: items it can score, indexes 1 … n_items.
    """

    name: str
    n_items: int

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """How well each item fits as the next: float32 (B, n_items + 1), higher is better.

        Column 0 (padding) is −inf; every other value is finite. Items of the history are scored like any
        other; the caller excludes them. An empty history is allowed.
        """
        ...


@runtime_checkable
class Encoder(Recommender, Protocol):
    """A recommender with user representations: `scores` is linear in them, plus terms that depend on the history."""

    embedding_size: int

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """Representations: float32 (B, embedding_size). New users need no training."""
        ...

    @property
    def item_vectors(self) -> np.ndarray:
        """float32 (n_items + 1, embedding_size), row 0 zero."""
        ...

    @property
    def item_bias(self) -> np.ndarray:
        """float32 (n_items + 1,): the part of an item's score that is the same for all users."""
        ...


@runtime_checkable
class LinearRecommender(Recommender, Protocol):
    """A recommender that scores many users together at the cost of one: it is linear in what it reads of each."""

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """The mean of `scores` over at least one history, up to rounding: float32 (n_items + 1,), [0] = −inf."""
        ...


def known(histories: Sequence[History], n_items: int) -> list[History]:
    """The histories without padding and items that the model does not know (indexes outside 1 … n_items)."""
    items = [np.asarray(history) for history in histories]
    return [h if not len(h) or 0 < h.min() <= h.max() <= n_items else h[(h > 0) & (h <= n_items)] for h in items]


def items_read(model: Recommender) -> int | None:
    """How many of the newest items of a history `scores` depends on, however long it is; None for all of them."""
    read: int | None = getattr(model, "items_read", None)
    return read


def scores_at_once(n_items: int) -> int:
    """Histories that are scored at once, so that their scores take about 32 MB as float32."""
    return max(1, min(512, 8_000_000 // (n_items + 1)))


def mean_scores(model: Recommender, histories: Sequence[History]) -> np.ndarray:
    """The mean of a model's scores over at least one history: float64 (n_items + 1,), [0] = −inf."""
    total = np.zeros(model.n_items + 1)
    if isinstance(model, LinearRecommender) and len(histories) > 1:
        for part in batched(histories, _SUMMED):
            total += len(part) * model.mean_scores(part).astype(np.float64)
    else:
        for part in batched(histories, scores_at_once(model.n_items)):
            total += model.scores(part).sum(axis=0, dtype=np.float64)
    return total / len(histories)


def mean_row(rows: np.ndarray) -> np.ndarray:
    """The mean of the rows (B, D): float32 (1, D)."""
    mean: np.ndarray = rows.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return mean


def batched(histories: Sequence[History], size: int = 256) -> Iterator[Sequence[History]]:
    """Histories in batches, so that (size, n_items) scores fit in memory."""
    for start in range(0, len(histories), size):
        yield histories[start : start + size]


def top_k(scores: np.ndarray, k: int, exclude: Sequence[History] | None = None) -> np.ndarray:
    """The k best items of each row, best first, ties to the lower index: int32 (B, k); 0 where fewer than k are left.

    Args:
        scores: float32 (B, n_items + 1), column 0 ignored.
        k: how many, at least 1.
        exclude: items to leave out, one array per row (usually the history).
    """
    ranked = np.array(scores, dtype=np.float32, copy=True)
    ranked[:, 0] = -np.inf
    if exclude is not None:
        for row, items in zip(ranked, exclude, strict=True):
            row[items] = -np.inf
    width = min(k, ranked.shape[1])
    last = -np.partition(-ranked, width - 1, axis=1)[:, width - 1]  # the k-th best score of each row
    above, level = ranked > last[:, None], ranked == last[:, None]
    free = width - above.sum(axis=1)
    tied = np.flatnonzero(level.sum(axis=1) > free)
    level[tied] &= np.cumsum(level[tied], axis=1) <= free[tied, None]
    chosen = np.nonzero(above | level)[1].reshape(len(ranked), width)  # ascending indexes: a stable sort keeps ties so
    order = np.argsort(-np.take_along_axis(ranked, chosen, axis=1), axis=1, kind="stable")
    items = np.take_along_axis(chosen, order, axis=1)
    best = np.where(np.take_along_axis(ranked, items, axis=1) > -np.inf, items, 0).astype(np.int32)
    return np.pad(best, ((0, 0), (0, k - width)))
