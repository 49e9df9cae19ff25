"""Accuracy of ranked lists, one value per user, from `Ranks`."""

from __future__ import annotations

import numpy as np

from recsys.errors import InputError
from recsys.metrics.ranking import MISSED, Ranks


def accuracy_at(found: Ranks, k: int) -> dict[str, np.ndarray]:
    """HR, recall, precision, NDCG, MRR and MAP of the first k: name -> float64 (n_people,), each in [0, 1].

    recall and MAP divide by all held-out items, precision by k, NDCG by the best DCG that k places allow, as trec_eval.
    """
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    n, total = found.n_people, np.maximum(found.n_positives, 1)
    inside = found.rank <= k
    rows, rank = found.rows[inside], found.rank[inside]
    hits = np.bincount(rows, minlength=n)
    nth = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1  # 1 for the first hit of each user, 2 for the second …
    gains = np.bincount(rows, weights=1 / np.log2(rank + 1), minlength=n)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))[np.minimum(total, k) - 1]
    best = found.best
    return {
        "hr": (hits > 0).astype(np.float64),
        "recall": hits / total,
        "precision": hits / k,
        "ndcg": gains / ideal,
        "mrr": np.where(best <= k, 1 / best, 0.0),
        "map": np.bincount(rows, weights=nth / rank, minlength=n) / total,
    }


def reciprocal_rank(found: Ranks) -> np.ndarray:
    """1 / best rank over the whole list, 0 where it was missed: float64 (n_people,)."""
    return np.where(found.best < MISSED, 1 / found.best, 0.0)
