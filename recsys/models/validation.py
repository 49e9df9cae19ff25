"""Choosing on validation people: next-item quality, and the weight of the Markov scores in the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.models.markov import Markov
from recsys.models.recommender import Recommender

if TYPE_CHECKING:
    from recsys.models.attention import AttentionModel

PEOPLE = 2_000  # validation people read after each epoch, at most
WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)


def ranks(scores: np.ndarray, holdout: Holdout, rows: np.ndarray) -> np.ndarray:
    """The rank (0 = first) of each person's first positive among unseen items; ties count against it: int64 (n,)."""
    found = np.empty(len(rows), dtype=np.int64)
    for at, row in enumerate(rows):
        own = scores[at, holdout.positives[row][0]]
        above = int((scores[at] >= own).sum()) - 1
        seen = np.unique(holdout.histories[row])
        seen = seen[seen != holdout.positives[row][0]]
        found[at] = above - int((scores[at, seen] >= own).sum())
    return found


def quality_of(found: np.ndarray, k: int = 10) -> dict[str, float]:
    """NDCG@k and HR@k of ranks with one relevant item each."""
    hit = found < k
    return {f"ndcg@{k}": float((hit / np.log2(found + 2)).mean()), f"hr@{k}": float(hit.mean())}


def _sample(holdout: Holdout) -> np.ndarray:
    return np.unique(np.linspace(0, len(holdout) - 1, min(PEOPLE, len(holdout))).astype(int))


def next_item_quality(model: Recommender, holdout: Holdout) -> dict[str, float]:
    """NDCG@10 and HR@10 on (a sample of) the held-out people; full ranking, seen items filtered."""
    rows, found = _sample(holdout), []
    for start in range(0, len(rows), 256):
        part = rows[start : start + 256]
        found.append(ranks(model.scores([holdout.histories[row] for row in part]), holdout, part))
    return quality_of(np.concatenate(found))


def choose_fusion(model: AttentionModel, markov: Markov, holdout: Holdout) -> tuple[float, dict[str, float]]:
    """The weight of the log Markov scores with the best NDCG@10 on the held-out people, and the quality there."""
    rows = _sample(holdout)
    found: dict[float, list[np.ndarray]] = {weight: [] for weight in WEIGHTS}
    for start in range(0, len(rows), 256):
        part = rows[start : start + 256]
        histories = [holdout.histories[row] for row in part]
        network, steps = model.representation_scores(model.encode(histories)), markov.scores(histories)
        network[:, 0] = steps[:, 0] = -1e9  # −inf · 0 would be no number
        for weight in WEIGHTS:
            found[weight].append(ranks(network + weight * steps if weight else network, holdout, part))
    qualities = {weight: quality_of(np.concatenate(parts)) for weight, parts in found.items()}
    best = max(qualities, key=lambda weight: qualities[weight]["ndcg@10"])
    return best, qualities[best]


def internal_holdout(dataset: Dataset, seed: int) -> tuple[Dataset, Holdout | None]:
    """The last item of a tenth of the people (at most 2,000, each with three items or more) kept aside, and the rest."""
    eligible = np.flatnonzero(dataset.lengths >= 3)
    count = min(PEOPLE, max(len(eligible) // 10, min(len(eligible), 50)))
    if count < 20:
        return dataset, None
    users = np.sort(np.random.default_rng(seed).choice(eligible, count, replace=False))
    keep = np.ones(dataset.n_interactions, dtype=bool)
    keep[dataset.offsets[users + 1] - 1] = False
    histories = dataset.histories(users)
    return dataset.with_rows(keep), Holdout(users, tuple(h[:-1] for h in histories), tuple(h[-1:] for h in histories))
