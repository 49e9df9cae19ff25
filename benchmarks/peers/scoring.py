"""How every model in the comparison is scored, ours and the peers' alike: from the scores of all items, by rank.

Only numpy, and nothing of the library it judges, so that it runs in any peer's environment.
"""

from __future__ import annotations

import numpy as np

K = 10


def ranks(scores: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Rank of each user's wanted item among all items not seen, from 0; ties, and scores that are no numbers, count
    against it: int64 (n_users,).

    Args:
        scores: float (n_users, n_items + 1); column 0 is no item.
        seen: bool, the same shape: what is in the user's history.
        wanted: int (n_users,): the held-out item.
    """
    everybody = np.arange(len(scores))
    rivals = ~seen
    rivals[:, 0] = False
    rivals[everybody, wanted] = False
    own = scores[everybody, wanted][:, None]
    above: np.ndarray = (rivals & ~(scores < own)).sum(axis=1)
    return above


def gains(found: np.ndarray) -> np.ndarray:
    """Each user's NDCG@10 with one relevant item: 1 / log2(rank + 2) within the first ten, else 0."""
    return np.where(found < K, 1 / np.log2(found + 2), 0.0)


def interval(values: np.ndarray, seed: int = 0, draws: int = 2000) -> list[float]:
    """[mean, low, high] with the 95% interval of a bootstrap over users."""
    picked = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(values[picked].mean(axis=1), [0.025, 0.975])
    return [round(float(value), 4) for value in (values.mean(), low, high)]


def summary(found: np.ndarray) -> dict[str, list[float]]:
    """NDCG@10 and HR@10, each [mean, low, high]."""
    return {"ndcg@10": interval(gains(found)), "hr@10": interval((found < K).astype(float))}
