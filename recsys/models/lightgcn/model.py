"""LightGCN: embeddings averaged over the graph of users and items (He et al. 2020), with fold-in of new users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from recsys.data.dataset import History, read_only
from recsys.models.baselines.item_knn import set_matrix
from recsys.models.lightgcn.config import LightGCNConfig
from recsys.models.recommender import mean_row


class LightGCN:
    """scores(history) = user(history)·itemsᵀ.

    In the paper a user's embedding is the mean of its own vector (layer 0) and of the sums over its items' vectors
    (layers 1 … K). A new user has no vector of its own, so users are always folded in: only the sums are used, and
    equal histories have equal embeddings. The order of a history does not matter.

    Args:
        config: the shape, fitted.
        item_vectors: float32 (n_items + 1, D), row 0 zero: the mean of layers 0 … K.
        fold_in: float32 (n_items + 1, D), row 0 zero: what an item adds to its users, Σ_{k<K} e_i^(k) / ((K + 1)·√n_i).
    """

    name = "lightgcn"

    def __init__(self, config: LightGCNConfig, item_vectors: np.ndarray, fold_in: np.ndarray) -> None:
        self.config = config
        self.item_vectors, self.fold_in = read_only(item_vectors), read_only(fold_in)
        self.n_items, self.embedding_size = len(item_vectors) - 1, item_vectors.shape[1]
        self.item_bias = read_only(np.zeros(len(item_vectors), dtype=np.float32))

    @property
    def parameters(self) -> int:
        """Numbers of the model; the vectors of the training users are not part of it."""
        return self.item_vectors.size + self.fold_in.size

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """Users folded in: float32 (B, D), Σ fold_in / √(number of items); zero for an empty history."""
        sets = set_matrix(histories, self.n_items)
        counts = np.maximum(np.asarray(sets.sum(axis=1)), 1)
        users: np.ndarray = (sets @ self.fold_in) / np.sqrt(counts)
        return users.astype(np.float32)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        return self._of_users(self.encode(histories))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self._of_users(mean_row(self.encode(histories)))[0]
        return scores

    def _of_users(self, users: np.ndarray) -> np.ndarray:
        scores: np.ndarray = users @ self.item_vectors.T
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"item_vectors": self.item_vectors, "fold_in": self.fold_in}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"config": self.config.to_json()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`. Raises ValueError when they don't fit together."""
        config = LightGCNConfig.from_json(meta["config"])
        vectors, fold_in = tensors["item_vectors"], tensors["fold_in"]
        if vectors.shape != fold_in.shape or vectors.shape[1] != config.embedding_size:
            raise ValueError("item_vectors and fold_in do not fit together")
        return cls(config, vectors, fold_in)
