"""Accuracy of ranked lists from `Ranks`: one value per user, float64 (n_users,), in [0, 1]. Equal to trec_eval.

Recall and average precision divide by all held-out items, precision by k, NDCG by the best DCG that k places allow.
"""

from __future__ import annotations

import numpy as np

from recsys.errors import InputError
from recsys.metrics.ranking import MISSED, Ranks


def discounted_gain(rank: np.ndarray, k: int) -> np.ndarray:
    """1 / log₂(rank + 1) for ranks up to k, else 0: an item's part of DCG@k, and NDCG@k of a single held-out item."""
    gain: np.ndarray = np.where(rank <= _valid(k), 1 / np.log2(rank + 1.0), 0.0)
    return gain


def hit_rate(ranks: Ranks, k: int) -> np.ndarray:
    """1 if a held-out item is among the first k, else 0."""
    return (ranks.best <= _valid(k)).astype(np.float64)


def recall(ranks: Ranks, k: int) -> np.ndarray:
    """Share of the held-out items that are among the first k."""
    return np.asarray(_sums(ranks, ranks.rank <= _valid(k)) / _positives(ranks))


def precision(ranks: Ranks, k: int) -> np.ndarray:
    """Share of the first k items that were held out."""
    return np.asarray(_sums(ranks, ranks.rank <= _valid(k)) / k)


def ndcg(ranks: Ranks, k: int) -> np.ndarray:
    """DCG of the first k items divided by the highest possible one (Järvelin & Kekäläinen 2002)."""
    ideal = np.cumsum(discounted_gain(np.arange(1, _valid(k) + 1), k))
    return np.asarray(_sums(ranks, discounted_gain(ranks.rank, k)) / ideal[np.minimum(_positives(ranks), k) - 1])


def average_precision(ranks: Ranks, k: int) -> np.ndarray:
    """Sum of the precisions at the ranks of the hits among the first k, divided by the held-out items."""
    hits = np.arange(len(ranks.rows)) - np.searchsorted(ranks.rows, ranks.rows) + 1  # each user's hits up to this one
    return np.asarray(_sums(ranks, np.where(ranks.rank <= _valid(k), hits / ranks.rank, 0.0)) / _positives(ranks))


def reciprocal_rank(ranks: Ranks, k: int = MISSED - 1) -> np.ndarray:
    """1 / best rank, 0 where no held-out item is among the first k; by default over the whole ranking."""
    return np.where(ranks.best <= _valid(k), 1 / ranks.best, 0.0)


def auc(ranks: Ranks) -> np.ndarray:
    """Chance that a held-out item scores above a random unseen item, ties half; guessing reaches 0.5."""
    return np.asarray(_sums(ranks, ranks.above) / _positives(ranks))


def _valid(k: int) -> int:
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    return k


def _sums(ranks: Ranks, values: np.ndarray) -> np.ndarray:
    """Sum of the entries' values (m,) for each user."""
    sums: np.ndarray = np.bincount(ranks.rows, weights=values, minlength=ranks.n_users)
    return sums


def _positives(ranks: Ranks) -> np.ndarray:
    return np.asarray(np.maximum(ranks.n_positives, 1))
