"""The baseline of data in which items are chosen again: again what was last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from recsys.data.dataset import History
from recsys.models.baselines.popularity import Popularity
from recsys.models.recommender import known


class RecentItems(Popularity):
    """Ranks the distinct items of a history by their last choice, newest first, and below them others by popularity.

    The n items of a history score 2, 2 − 1/n, … 1 + 1/n; others between 0 and 1.
    """

    name = "recent-items"

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        scores = np.tile(self._of_others, (len(histories), 1))
        for row, (items, values) in zip(scores, self._of_chosen(histories), strict=True):
            row[items] = values
        return scores

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`: few items of each history have scores of their own."""
        of_others = self._of_others
        more = np.zeros(len(of_others))
        for items, values in self._of_chosen(histories):
            more[items] += values - of_others[items]
        return (of_others + more / len(histories)).astype(np.float32)

    @property
    def _of_others(self) -> np.ndarray:
        """Scores of items that are not in a history: float32 (n_items + 1,)."""
        scores = self.item_scores.copy()
        scores[1:] /= 1 + max(float(scores[1:].max(initial=0.0)), 0.0)
        return scores

    def _of_chosen(self, histories: Sequence[History]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The distinct items of each history, newest first, and their scores."""
        for history in known(histories, self.n_items):
            items, ages = np.unique(np.asarray(history, dtype=np.int64)[::-1], return_index=True)
            yield items[np.argsort(ages)], 2 - np.arange(len(items)) / max(len(items), 1)
