"""The scoring of all models in the comparison, ours and the peers': by rank, from the scores of all items.

It needs numpy only, and nothing from the library under test, so that it runs in every peer's environment.
"""

from __future__ import annotations

import numpy as np

K = 10


def ranks(scores: np.ndarray, seen: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Rank of each user's held-out item among all unseen items: int64 (n_users,), from 0.

    Ties, and scores that are not a number, count against the model.

    Args:
        scores: float (n_users, n_items + 1); column 0 is padding.
        seen: bool, the same shape: the items in the user's history.
        held_out: int (n_users,).
    """
    users = np.arange(len(scores))
    others = ~seen
    others[:, 0] = False
    others[users, held_out] = False
    score = scores[users, held_out][:, None]
    above: np.ndarray = (others & ~(scores < score)).sum(axis=1)
    return above


def gains(positions: np.ndarray) -> np.ndarray:
    """Each user's NDCG@10 with one relevant item: 1 / log2(rank + 2) within the first ten, else 0."""
    return np.where(positions < K, 1 / np.log2(positions + 2), 0.0)


def interval(values: np.ndarray, seed: int = 0, draws: int = 2000) -> list[float]:
    """[mean, low, high] with the 95% interval of a bootstrap over users."""
    picked = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(values[picked].mean(axis=1), [0.025, 0.975])
    return [round(float(value), 4) for value in (values.mean(), low, high)]


def summary(positions: np.ndarray) -> dict[str, list[float]]:
    """NDCG@10 and HR@10, each [mean, low, high]."""
    return {"ndcg@10": interval(gains(positions)), "hr@10": interval((positions < K).astype(float))}
