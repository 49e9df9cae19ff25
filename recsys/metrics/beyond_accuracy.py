"""Coverage, exposure, popularity and novelty of recommended lists.

Lists are int (n, k) item indexes, best first, 0 where no item is left. Values per user are float64 (n,), NaN for an
empty list.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.data.dataset import History
from recsys.data.quality import gini
from recsys.metrics.uncertainty import Estimate
from recsys.wording import Message

Z = 1.959964  # 95% of a normal distribution lies within this many standard errors
BANDS = (Message("popular half"), Message("middle"), Message("long tail"))
"""Items by popularity: those behind half of all interactions, behind the next 30%, and behind the last 20%."""


def exposure(lists: np.ndarray, n_items: int) -> np.ndarray:
    """How often each item is recommended: int64 (n_items,), item 1 first."""
    return np.bincount(lists.ravel(), minlength=n_items + 1)[1 : n_items + 1]


def estimate_coverage(lists: np.ndarray, n_items: int) -> Estimate:
    """Share of the catalogue that is recommended to at least one user, with its interval over users, by the jackknife.

    The bootstrap would be biased: each resample misses a third of the users, and therefore covers less.
    """
    counts = exposure(lists, n_items)
    value = float(np.count_nonzero(counts) / max(n_items, 1))
    lost = np.concatenate([[0], counts == 1])[lists].sum(axis=1) / max(n_items, 1)  # coverage without each user
    n = len(lists)
    return _normal_interval(value, float(np.sqrt((n - 1) / n * ((lost - lost.mean()) ** 2).sum())))


def estimate_gini(lists: np.ndarray, n_items: int) -> Estimate:
    """Gini coefficient of exposure with its interval over users, by the delta method."""
    counts = exposure(lists, n_items).astype(np.float64)
    value, total = gini(counts), max(counts.sum(), 1.0)
    coefficients = np.empty(n_items)
    coefficients[np.argsort(counts, kind="stable")] = 2 * np.arange(1, n_items + 1) - n_items - 1
    slope = np.concatenate([[0.0], coefficients / (n_items * total) - value / total])
    influence = slope[lists].sum(axis=1)
    return _normal_interval(value, float(np.sqrt(((influence - influence.mean()) ** 2).sum())))


def _normal_interval(value: float, error: float) -> Estimate:
    return Estimate(value, max(0.0, value - Z * error), min(1.0, value + Z * error))


def popularity_bands(item_counts: np.ndarray) -> np.ndarray:
    """The index in BANDS of each item: int64 (n_items + 1,), [0] = −1.

    Args:
        item_counts: int (n_items + 1,) interactions of each item.
    """
    counts = item_counts[1:]
    order = np.argsort(-counts, kind="stable")
    before = np.concatenate([[0], np.cumsum(counts[order])[:-1]]) / max(1, counts.sum())
    bands = np.full(len(item_counts), -1, dtype=np.int64)
    bands[1 + order] = np.searchsorted([0.5, 0.8], before, side="right")
    return bands


def list_mean(lists: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean of values (n, k) over the places of each list that hold an item."""
    size = (lists > 0).sum(axis=1)
    total = np.where(lists > 0, values, 0.0).sum(axis=1)
    return np.where(size > 0, total / np.maximum(size, 1), np.nan)


def novelty(lists: np.ndarray, users_of_item: np.ndarray, n_users: int) -> np.ndarray:
    """Mean self-information of each list in bits, −log₂((users of the item + 1) / (users + 1)) (Zhou et al. 2010).

    Args:
        users_of_item: int (n_items + 1,) users who have each item, each counted once.
    """
    return list_mean(lists, -np.log2((users_of_item + 1) / (n_users + 1))[lists])


def popular_lists(item_counts: np.ndarray, left_out: Sequence[History], k: int) -> np.ndarray:
    """The k most popular items that are not left out for each user: int64 (n, k), ties to the lower index."""
    order = 1 + np.argsort(-item_counts[1:], kind="stable")
    lists = np.zeros((len(left_out), k), dtype=np.int64)
    for row, items in zip(lists, left_out, strict=True):
        head = order[: k + len(items)]
        unseen = head[~np.isin(head, items)][:k]
        row[: len(unseen)] = unseen
    return lists


def unexpectedness(lists: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Share of each list that is not in a list of expected items (Adamopoulos & Tuzhilin 2014, section 4).

    Args:
        expected: int (n, m) expected items of each user: the most popular ones (`popular_lists`).
    """
    return list_mean(lists, ~_in_rows(lists, expected))


def serendipity(lists: np.ndarray, positives: Sequence[History], expected: np.ndarray) -> np.ndarray:
    """Share of each list that was held out and is not expected (Ge et al. 2010).

    Args:
        positives: held-out items of each user.
        expected: as for `unexpectedness`.
    """
    width = max((len(p) for p in positives), default=0)
    held_out = np.zeros((len(lists), width), dtype=np.int64)
    for row, items in zip(held_out, positives, strict=True):
        row[: len(items)] = items
    return list_mean(lists, _in_rows(lists, held_out) & ~_in_rows(lists, expected))


def _in_rows(lists: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether each item of a list is in the same row of `others`: bool (n, k)."""
    width = int(max(lists.max(initial=0), others.max(initial=0))) + 1
    offset = np.arange(len(lists))[:, None] * width
    return np.isin(lists + offset, others[others > 0] + np.broadcast_to(offset, others.shape)[others > 0])
