"""Directed windowed Markov scores: what tends to follow, within a few steps, what the person chose last.

A strong and instant baseline for next-item data, and the second voice of the attention model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from recsys.data.dataset import Dataset, History
from recsys.models.baselines.item_knn import sparse_from, sparse_tensors


class Markov:
    """P(next = j | history) ≈ Σ_r decay^r · P(j follows i_r), i_0 the newest item, mixed with popularity.

    Args:
        transitions: float32 CSR (n_items + 1, n_items + 1), rows sum to 1 (or are empty).
        popularity: float32 (n_items + 1,), sums to 1, [0] = 0.
        decay: weight of an item relative to the one after it, 0 … 1.
        recent: newest items read.
        prior: share of popularity in the mixture, > 0, so that every item has a probability.
        window: steps within which an item counted as following another.
    """

    name = "markov"

    def __init__(
        self,
        transitions: sparse.csr_matrix,
        popularity: np.ndarray,
        decay: float = 0.85,
        recent: int = 20,
        prior: float = 0.02,
        window: int = 10,
    ) -> None:
        self.transitions, self.popularity, self.window = transitions, popularity, window
        self.decay, self.recent, self.prior = decay, recent, prior
        self.n_items = len(popularity) - 1

    @classmethod
    def fit(
        cls, dataset: Dataset, window: int = 10, decay: float = 0.85, recent: int = 20, prior: float = 0.02
    ) -> Self:
        """Counts how often j comes d = 1 … window steps after i, weighted 1/d, and normalises each i."""
        counts = windowed_counts(dataset, window)
        total = np.asarray(counts.sum(axis=1)).ravel()
        scale = sparse.diags_array(np.divide(1.0, total, out=np.zeros_like(total), where=total > 0))
        popularity = dataset.item_counts + 1.0
        popularity[0] = 0.0
        transitions = sparse.csr_matrix(scale @ counts, dtype=np.float32)
        return cls(transitions, (popularity / popularity.sum()).astype(np.float32), decay, recent, prior, window)

    def probabilities(self, histories: Sequence[History]) -> np.ndarray:
        """P(next) of each item: float32 (B, n_items + 1), rows sum to about 1, [:, 0] = 0."""
        recent = [history[-self.recent :][::-1] for history in histories]
        lengths = np.array([len(items) for items in recent], dtype=np.int64)
        rows = np.repeat(np.arange(len(recent)), lengths)
        place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        weights = self.decay**place
        sums = np.bincount(rows, weights=weights, minlength=len(recent))
        items = np.concatenate([*recent, np.zeros(0, dtype=np.int32)])
        reader = sparse.csr_matrix(
            ((weights / sums[rows]).astype(np.float32), (rows, items)), shape=(len(recent), self.n_items + 1)
        )
        mixed = np.asarray((reader @ self.transitions).todense(), dtype=np.float32)
        mixed *= 1 - self.prior
        mixed += self.prior * self.popularity
        return mixed

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """log P(next): see `Recommender.scores`."""
        scores = self.probabilities(histories)
        scores[:, 0] = 1.0
        np.log(scores, out=scores)
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {**sparse_tensors(self.transitions), "popularity": self.popularity}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"decay": self.decay, "recent": self.recent, "prior": self.prior, "window": self.window}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        popularity = tensors["popularity"]
        return cls(
            sparse_from(tensors, len(popularity)),
            popularity,
            **{k: meta[k] for k in ("decay", "recent", "prior", "window")},
        )


def windowed_counts(dataset: Dataset, window: int) -> sparse.csr_matrix:
    """Σ 1/d over all pairs (i, j) where j comes d = 1 … window steps after i in one history: float32 CSR, [i, j]."""
    size = dataset.n_items + 1
    counts = sparse.csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, window + 1):
        same = dataset.user_of[distance:] == dataset.user_of[:-distance]
        if not same.any():
            break
        before, after = dataset.sequence[:-distance][same], dataset.sequence[distance:][same]
        weight = np.full(len(before), 1 / distance, dtype=np.float32)
        counts = counts + sparse.csr_matrix((weight, (before, after)), shape=(size, size))
    return counts
