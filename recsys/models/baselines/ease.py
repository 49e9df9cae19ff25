"""EASE: embarrassingly shallow autoencoders (Steck 2019): one ridge regression of every item on all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset, History, read_only
from recsys.errors import InputError
from recsys.models.baselines.item_knn import mean_of, set_matrix
from recsys.wording import Message

MAX_ITEMS = 20_000  # its matrix is items × items: 1.6 GB here


class EASE:
    """scores = x·B, B = −P / diag(P) with a zero diagonal, P = (XᵀX + λI)⁻¹.

    Args:
        weights: float32 (n_items + 1, n_items + 1), row = item in the history; row and column 0 are zero.
    """

    name = "ease"

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = read_only(weights)
        self.n_items = len(weights) - 1

    @classmethod
    def fit(cls, dataset: Dataset, regularization: float = 300.0) -> Self:
        """Closed form. Raises InputError above 20,000 items."""
        if dataset.n_items > MAX_ITEMS:
            raise InputError(
                "EASE",
                Message("takes at most {n:,} items", n=MAX_ITEMS),
                f"{dataset.n_items:,}",
                "Leave it out, or drop rare items.",
            )
        matrix = dataset.matrix()
        matrix.data[:] = 1.0
        gram = (matrix.T @ matrix).toarray().astype(np.float64)[1:, 1:]
        gram[np.diag_indices_from(gram)] += regularization
        inverse = np.linalg.inv(gram)
        weights = np.zeros((dataset.n_items + 1,) * 2, dtype=np.float32)
        weights[1:, 1:] = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        return cls(weights)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        return self._of_sets(set_matrix(histories, self.n_items))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self._of_sets(mean_of(set_matrix(histories, self.n_items)))[0]
        return scores

    def _of_sets(self, sets: csr_matrix) -> np.ndarray:
        scores: np.ndarray = sets @ self.weights
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"weights": self.weights}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        return cls(tensors["weights"])
