"""Directed windowed Markov scores: what follows, within a few steps, each of the newest items of a history.

A strong baseline for next-item data that is fitted at once; sequence models may add its scores to theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from recsys.data.dataset import Dataset, History
from recsys.models.baselines.item_knn import mean_of, sparse_from, sparse_tensors
from recsys.models.recommender import known


class Markov:
    """score(j) = log p(j) + Σ_r (1 + r)^−power · log(1 + (1 − prior)/prior · P(j follows i_r) / p(j)), i_0 the newest.

    Each item of the history multiplies popularity p by how much likelier than by chance j follows it: a product of
    experts, of which the newer ones count more. `prior` is the share of popularity mixed into each P, so that rare
    pairs count little.

    Args:
        lifts: float32 CSR (n_items + 1, n_items + 1), log(1 + …) of each pair that occurs.
        popularity: float32 (n_items + 1,), log p, each item counted once more than it occurs; [0] = −inf.
        power: how fast older items lose weight, ≥ 0.
        recent: number of newest items read.
        prior: 0 … 1, both excluded.
        window: steps within which an item counted as following another.
    """

    name = "markov"

    def __init__(
        self,
        lifts: sparse.csr_matrix,
        popularity: np.ndarray,
        power: float = 1.0,
        recent: int = 50,
        prior: float = 0.8,
        window: int = 10,
    ) -> None:
        self.lifts, self.popularity = lifts, popularity
        self.power, self.recent, self.prior, self.window = power, recent, prior, window
        self.n_items = len(popularity) - 1

    @classmethod
    def fit(cls, dataset: Dataset, window: int = 10, power: float = 1.0, recent: int = 50, prior: float = 0.8) -> Self:
        """Counts how often j comes d = 1 … window steps after i, weighted 1/d, and normalises each i."""
        counts = windowed_counts(dataset, window)
        return cls.of_counts(counts, dataset, window=window, power=power, recent=recent, prior=prior)

    @classmethod
    def of_counts(
        cls,
        counts: sparse.csr_matrix,
        dataset: Dataset,
        *,
        window: int = 10,
        power: float = 1.0,
        recent: int = 50,
        prior: float = 0.8,
    ) -> Self:
        """The same from `windowed_counts` of the dataset, which are left as they are."""
        popularity = dataset.item_counts + 1.0
        popularity[0] = 0.0
        popularity /= popularity.sum()
        lifts = counts.copy()
        total = np.asarray(lifts.sum(axis=1)).ravel()
        follows = lifts.data / np.repeat(total, np.diff(lifts.indptr))
        lifts.data = np.log1p((1 - prior) / prior * follows / popularity[lifts.indices]).astype(np.float32)
        logs = np.log(popularity, out=np.full_like(popularity, -np.inf), where=popularity > 0)
        return cls(lifts, logs.astype(np.float32), power, recent, prior, window)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`; an empty history scores log p."""
        scores: np.ndarray = (self._weights(histories) @ self.lifts).toarray()
        scores += self.popularity
        return scores

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = (mean_of(self._weights(histories)) @ self.lifts).toarray()[0] + self.popularity
        return scores

    def _weights(self, histories: Sequence[History]) -> sparse.csr_matrix:
        """The weight of each item that is read: float32 CSR (B, n_items + 1); an item that is read twice has two."""
        recent = [history[-self.recent :][::-1] for history in known(histories, self.n_items)]
        lengths = np.array([len(items) for items in recent], dtype=np.int64)
        ends = np.cumsum(lengths)
        place = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
        weights = (1.0 + place) ** -self.power
        items = np.concatenate([*recent, np.zeros(0, dtype=np.int32)])
        shape = (len(recent), self.n_items + 1)
        return sparse.csr_matrix((weights.astype(np.float32), items, np.concatenate([[0], ends])), shape=shape)

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {**sparse_tensors(self.lifts), "popularity": self.popularity}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"power": self.power, "recent": self.recent, "prior": self.prior, "window": self.window}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        popularity = tensors["popularity"]
        settings = {name: meta[name] for name in ("power", "recent", "prior", "window")}
        return cls(sparse_from(tensors, len(popularity)), popularity, **settings)


def windowed_counts(dataset: Dataset, window: int) -> sparse.csr_matrix:
    """Σ 1/d over all pairs (i, j) where j comes d = 1 … window steps after i in one history: float32 CSR, [i, j]."""
    size = dataset.n_items + 1
    none = np.zeros(0, dtype=np.int32)
    counts = sparse.csr_matrix((none.astype(np.float32), (none, none)), shape=(size, size))
    for distance in range(1, window + 1):
        same = dataset.user_of[distance:] == dataset.user_of[:-distance]
        if not same.any():
            break
        before, after = dataset.sequence[:-distance][same], dataset.sequence[distance:][same]
        weight = np.full(len(before), 1 / distance, dtype=np.float32)
        counts = counts + sparse.csr_matrix((weight, (before, after)), shape=(size, size))
    return counts
