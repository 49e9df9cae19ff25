"""The two baselines that are the same for every user: most popular, and most popular lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from recsys.data.dataset import Dataset, History, read_only


class Popularity:
    """Scores an item by its number of interactions: log(1 + count).

    Args:
        item_scores: float32 (n_items + 1,), [0] = −inf.
    """

    name = "popularity"

    def __init__(self, item_scores: np.ndarray) -> None:
        self.item_scores = read_only(item_scores)
        self.n_items = len(item_scores) - 1

    @classmethod
    def fit(cls, dataset: Dataset) -> Self:
        """Counts."""
        return cls(_scores(dataset.item_counts))

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        return np.tile(self.item_scores, (len(histories), 1))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        return self.item_scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"item_scores": self.item_scores}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        return cls(tensors["item_scores"])


class RecentPopularity(Popularity):
    """Popularity in which an interaction counts half for every `half_life` of the data's time span that it is old.

    Without times, the position in the user's history is used as time.
    """

    name = "recent-popularity"

    @classmethod
    def fit(cls, dataset: Dataset, half_life: float = 0.05) -> Self:
        """Counts, weighted by 2^(−age / half_life); age is a share of the time span, 0 … 1."""
        if not dataset.n_interactions:
            return cls(_scores(dataset.item_counts))
        if dataset.timestamps is not None and np.isfinite(dataset.timestamps).all():
            age = dataset.timestamps.max() - dataset.timestamps
            age = age / max(age.max(), 1.0)
        else:
            place = np.arange(dataset.n_interactions) - np.repeat(dataset.offsets[:-1], dataset.lengths)
            age = 1 - (place + 1) / np.repeat(np.maximum(dataset.lengths, 1), dataset.lengths)
        weights = np.exp2(-age / half_life)
        return cls(_scores(np.bincount(dataset.sequence, weights=weights, minlength=dataset.n_items + 1)))


def _scores(counts: np.ndarray) -> np.ndarray:
    scores: np.ndarray = np.log1p(counts).astype(np.float32)
    scores[0] = -np.inf
    return scores
