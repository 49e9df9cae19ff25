"""Matrix factorization through the library `implicit`: ALS (Hu et al. 2008) and BPR (Rendle et al. 2009).

Both give vectors to items; a person, known or new, is read from the history alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from recsys.data.dataset import Dataset, History, read_only
from recsys.models.baselines.item_knn import set_matrix
from recsys.models.recommender import known


class ImplicitALS:
    """Least squares on 1 + confidence·count; a person is the exact solution for the history with items held fixed.

    Args:
        items: float32 (n_items + 1, size), row 0 zero.
        confidence: weight of a choice above that of a blank. regularisation: ridge of both sides.
    """

    name = "als"

    def __init__(self, items: np.ndarray, confidence: float, regularisation: float) -> None:
        self.items, self.confidence, self.regularisation = read_only(items), confidence, regularisation
        self.n_items = len(items) - 1
        self._gram = items.T.astype(np.float64) @ items + regularisation * np.eye(items.shape[1])

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        size: int = 64,
        confidence: float = 5.0,
        regularisation: float = 10.0,
        iterations: int = 15,
        seed: int = 0,
    ) -> Self:
        """Alternates between people and items."""
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        people = dataset.matrix()
        people.data[:] = 1.0 + confidence
        with threadpool_limits(1, "blas"):  # its own threads and those of BLAS would get into each other's way
            model = AlternatingLeastSquares(
                factors=size,
                regularization=regularisation,
                alpha=1.0,
                iterations=iterations,
                random_state=seed,
                num_threads=1,
            )
            model.fit(people, show_progress=False)
        items = np.array(model.item_factors, dtype=np.float32)
        items[0] = 0.0
        return cls(items, confidence, regularisation)

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        """People: float32 (B, size), the least-squares solution (YᵀY + c·YₕᵀYₕ + λI)⁻¹ (1 + c)·Σ Yₕ."""
        people = np.zeros((len(histories), self.items.shape[1]), dtype=np.float32)
        for row, history in enumerate(known(histories, self.n_items)):
            if len(history):
                own = self.items[np.unique(history)].astype(np.float64)
                left = self._gram + self.confidence * own.T @ own
                people[row] = np.linalg.solve(left, (1 + self.confidence) * own.sum(axis=0))
        return people

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        scores: np.ndarray = self.encode(histories) @ self.items.T
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"items": self.items}

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {"confidence": self.confidence, "regularisation": self.regularisation}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        return cls(tensors["items"], float(meta["confidence"]), float(meta["regularisation"]))


class BPRItemMean:
    """Bayesian personalised ranking; a person is the mean of the vectors of the chosen items, scaled to the people's.

    `implicit` learns a vector for each known person, which a new one has not; so that known and new people are treated
    alike, both are read from their items.

    Args:
        items: float32 (n_items + 1, size), row 0 zero. bias: float32 (n_items + 1,).
        scale: ratio of the spread of people's vectors to that of their items' means.
    """

    name = "bpr"

    def __init__(self, items: np.ndarray, bias: np.ndarray, scale: float) -> None:
        self.items, self.bias, self.scale = read_only(items), read_only(bias), scale
        self.n_items = len(items) - 1

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        size: int = 64,
        learning_rate: float = 0.05,
        regularisation: float = 0.002,
        iterations: int = 100,
        seed: int = 0,
    ) -> Self:
        """Stochastic gradient steps on pairs of a chosen and another item."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=size,
            learning_rate=learning_rate,
            regularization=regularisation,
            iterations=iterations,
            random_state=seed,
            num_threads=1,
        )
        people = dataset.matrix()
        people.data[:] = 1.0
        model.fit(people, show_progress=False)
        vectors, bias = model.item_factors[:, :size].copy(), model.item_factors[:, size].copy()
        vectors[0], bias[0] = 0.0, 0.0
        fitted = cls(vectors, bias, 1.0)
        known = np.flatnonzero(dataset.lengths > 0)[:2000]
        means = fitted._people(dataset.histories(known)).std()
        scale = float(model.user_factors[known, :size].std() / means) if means > 0 else 1.0
        return cls(vectors, bias, scale)

    def _people(self, histories: Sequence[History]) -> np.ndarray:
        sets = set_matrix(histories, self.n_items)
        counts = np.maximum(np.asarray(sets.sum(axis=1)).ravel(), 1)
        people: np.ndarray = self.scale * (sets @ self.items) / counts[:, None]
        return people.astype(np.float32)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`."""
        scores: np.ndarray = self._people(histories) @ self.items.T + self.bias
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
