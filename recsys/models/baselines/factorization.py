"""Matrix factorization by the library `implicit`: ALS (Hu et al. 2008) and BPR (Rendle et al. 2009).

Both learn item vectors; the vector of a user, known or new, is computed from the history alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from recsys.data.dataset import Dataset, History, read_only
from recsys.models.baselines.item_knn import set_matrix
from recsys.models.recommender import known, mean_row


class ImplicitALS:
    """Alternating least squares; a user is the exact solution for the history with the item vectors fixed.

    Parameters have implicit's names.

    Args:
        items: float32 (n_items + 1, factors), row 0 zero.
        alpha: weight of an interaction, that of a blank being 1. regularization: ridge of users and items.
    """

    name = "als"

    def __init__(self, items: np.ndarray, alpha: float, regularization: float) -> None:
        self.items, self.alpha, self.regularization = read_only(items), alpha, regularization
        self.n_items = len(items) - 1
        self._gram = items.T.astype(np.float64) @ items + regularization * np.eye(items.shape[1])

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        factors: int = 64,
        alpha: float = 6.0,
        regularization: float = 10.0,
        iterations: int = 15,
        seed: int = 0,
    ) -> Self:
        """Alternates between users and items."""
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"):  # the threads of implicit and of BLAS would slow each other down
            model = AlternatingLeastSquares(
                factors=factors,
                regularization=regularization,
                alpha=alpha,
                iterations=iterations,
                random_state=seed,
                num_threads=1,
            )
            model.fit(_binary(dataset), show_progress=False)
        items = np.array(model.item_factors, dtype=np.float32)
        items[0] = 0.0
        return cls(items, alpha, regularization)

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """Users: float32 (B, factors), the least-squares solution (YᵀY + (α − 1)·YₕᵀYₕ + λI)⁻¹ α·Σ Yₕ."""
        users = np.zeros((len(histories), self.items.shape[1]), dtype=np.float32)
        for row, history in enumerate(known(histories, self.n_items)):
            if len(history):
                chosen = self.items[np.unique(history)].astype(np.float64)
                left = self._gram + (self.alpha - 1) * chosen.T @ chosen
                users[row] = np.linalg.solve(left, self.alpha * chosen.sum(axis=0))
        return users

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        return self._of_users(self.encode(histories))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self._of_users(mean_row(self.encode(histories)))[0]
        return scores

    def _of_users(self, users: np.ndarray) -> np.ndarray:
        scores: np.ndarray = users @ self.items.T
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"items": self.items}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"alpha": self.alpha, "regularization": self.regularization}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`; earlier versions named the parameters differently."""
        if "confidence" in meta:
            return cls(tensors["items"], 1.0 + float(meta["confidence"]), float(meta["regularisation"]))
        return cls(tensors["items"], float(meta["alpha"]), float(meta["regularization"]))


class BPRItemMean:
    """Item vectors of Bayesian personalised ranking; a user is the scaled mean of the vectors of the history.

    `implicit` learns a vector for each known user, which a new user does not have. Those vectors are dropped, so that
    known and new users are scored alike.

    Args:
        items: float32 (n_items + 1, factors), row 0 zero. bias: float32 (n_items + 1,).
        scale: ratio of the standard deviation of the learned user vectors to that of the item means.
    """

    name = "bpr-item-mean"

    def __init__(self, items: np.ndarray, bias: np.ndarray, scale: float) -> None:
        self.items, self.bias, self.scale = read_only(items), read_only(bias), scale
        self.n_items = len(items) - 1

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        factors: int = 64,
        learning_rate: float = 0.05,
        regularization: float = 0.002,
        iterations: int = 100,
        seed: int = 0,
    ) -> Self:
        """Stochastic gradient steps on pairs of an item of the history and another item."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=factors,
            learning_rate=learning_rate,
            regularization=regularization,
            iterations=iterations,
            random_state=seed,
            num_threads=1,
        )
        model.fit(_binary(dataset), show_progress=False)
        vectors, bias = model.item_factors[:, :factors].copy(), model.item_factors[:, factors].copy()
        vectors[0], bias[0] = 0.0, 0.0
        fitted = cls(vectors, bias, 1.0)
        users = np.flatnonzero(dataset.lengths > 0)[:2000]
        means = fitted._means(dataset.histories(users)).std()
        scale = float(model.user_factors[users, :factors].std() / means) if means > 0 else 1.0
        return cls(vectors, bias, scale)

    def _means(self, histories: Sequence[History]) -> np.ndarray:
        sets = set_matrix(histories, self.n_items)
        counts = np.maximum(np.asarray(sets.sum(axis=1)).ravel(), 1)
        users: np.ndarray = self.scale * (sets @ self.items) / counts[:, None]
        return users.astype(np.float32)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        return self._of_users(self._means(histories))

    def mean_scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `LinearRecommender`."""
        scores: np.ndarray = self._of_users(mean_row(self._means(histories)))[0]
        return scores

    def _of_users(self, users: np.ndarray) -> np.ndarray:
        scores: np.ndarray = users @ self.items.T + self.bias
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"items": self.items, "bias": self.bias}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"scale": self.scale}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        return cls(tensors["items"], tensors["bias"], float(meta["scale"]))


def _binary(dataset: Dataset) -> Any:
    """Users × items, 1 where there is an interaction: CSR."""
    matrix = dataset.matrix()
    matrix.data[:] = 1.0
    return matrix
