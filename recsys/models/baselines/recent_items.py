"""The baseline of data in which items are chosen again: again what was last."""

from __future__ import annotations

from collections.abc import Sequence

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
        scores = super().scores(histories)
        scores[:, 1:] /= 1 + max(float(self.item_scores[1:].max(initial=0.0)), 0.0)
        for row, history in zip(scores, known(histories, self.n_items), strict=True):
            items, ages = np.unique(np.asarray(history, dtype=np.int64)[::-1], return_index=True)
            newest_first = items[np.argsort(ages)]
            row[newest_first] = 2 - np.arange(len(newest_first)) / max(len(newest_first), 1)
        return scores
