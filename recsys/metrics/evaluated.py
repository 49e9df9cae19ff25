"""What metrics are computed from: the held-out users with the training rows, and one model's output for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.metrics.beyond_accuracy import popular_lists, popularity_bands
from recsys.metrics.classification import LikeCalls
from recsys.metrics.item_content import category_shares, item_categories, item_features
from recsys.metrics.ranking import Ranks


@dataclass(frozen=True, eq=False)
class EvaluationData:
    """What is the same for every evaluated model.

    Args:
        holdout: n users with their histories and held-out items.
        dataset: the training rows, where popularity and categories are read from.
        longest: length of the longest list.
        seed: of everything that is drawn.
    """

    holdout: Holdout
    dataset: Dataset
    longest: int
    seed: int = 0

    @cached_property
    def users_of_item(self) -> np.ndarray:
        """Users who have each item, each counted once: int (n_items + 1,)."""
        return np.diff(self.dataset.matrix().tocsc().indptr)

    @cached_property
    def bands(self) -> np.ndarray:
        """The popularity band of each item, see `popularity_bands`: int64 (n_items + 1,)."""
        return popularity_bands(self.dataset.item_counts)

    @cached_property
    def features(self) -> csr_matrix:
        return item_features(self.dataset, seed=self.seed)

    @cached_property
    def categories(self) -> csr_matrix | None:
        return item_categories(self.dataset)

    @cached_property
    def history_shares(self) -> csr_matrix:
        """Distribution of each user's history over categories: float64 (n, g)."""
        assert self.categories is not None
        return category_shares(self.holdout.histories, self.categories)

    @cached_property
    def history_popularity(self) -> np.ndarray:
        """Mean interactions of the items in each user's history: float64 (n,), NaN for an empty one."""
        counts = self.dataset.item_counts
        return np.array([counts[h].mean() if len(h) else np.nan for h in self.holdout.histories])

    @cached_property
    def popular_lists(self) -> np.ndarray:
        """The most popular items that may be recommended to each user: int64 (n, longest)."""
        return popular_lists(self.dataset.item_counts, self.holdout.left_out, self.longest)


@dataclass(frozen=True, eq=False)
class ModelOutput:
    """One model's ranking of all unseen items for n users.

    Args:
        ranks: of the held-out items.
        lists: int (n, longest) recommended items, best first, 0 where no item is left.
        calls: held-out and random unseen items called liked or not liked.
    """

    data: EvaluationData
    ranks: Ranks
    lists: np.ndarray
    calls: LikeCalls
