"""Ridge regression of many outputs whose strength is chosen by exact leave-one-out errors, without fitting again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys.data.dataset import read_only

STRENGTHS = 10.0 ** np.arange(-6.0, 4.5, 0.5)  # times the largest squared singular value; the last: nearly constant


@dataclass(frozen=True, eq=False)
class AffineMap:
    """y = target_mean + (x − source_mean) · matrix.

    Args:
        matrix: float64 (inputs, outputs).
        source_mean: float64 (inputs,); target_mean: float64 (outputs,).
        strength: of the ridge, λ ≥ 0.
        explained: share of the outputs' variance explained for rows left out of the fit, ≤ 1; below 0 where the mean
            predicts better.
    """

    matrix: np.ndarray
    source_mean: np.ndarray
    target_mean: np.ndarray
    strength: float = 0.0
    explained: float = 0.0

    def __post_init__(self) -> None:
        for name in ("matrix", "source_mean", "target_mean"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        if self.matrix.shape != (len(self.source_mean), len(self.target_mean)):
            raise ValueError("the matrix does not fit the means")

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """float64 (…, outputs) for rows (…, inputs)."""
        mapped: np.ndarray = self.target_mean + (rows - self.source_mean) @ self.matrix
        return mapped

    def then(self, other: AffineMap) -> AffineMap:
        """Slopes one after the other; the mean of the first's inputs becomes the mean of the second's outputs.

        A shift between the first's outputs and the second's inputs is so left out.
        """
        return AffineMap(self.matrix @ other.matrix, self.source_mean, other.target_mean)

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return {"matrix": self.matrix, "source_mean": self.source_mean, "target_mean": self.target_mean}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors`, and from `strength` and `explained` in `meta`. Raises KeyError, ValueError."""
        matrix, source, target = (tensors[name] for name in ("matrix", "source_mean", "target_mean"))
        return cls(matrix, source, target, float(meta["strength"]), float(meta["explained"]))


def fit_ridge(inputs: np.ndarray, outputs: np.ndarray, weights: np.ndarray | None = None) -> AffineMap:
    """The ridge regression with intercept whose strength has the least squared leave-one-out error.

    One singular value decomposition gives the error of every row under the fit without it, for every strength
    (Allen 1974, PRESS; Golub, Heath & Wahba 1979).

    Args:
        inputs: float (n, inputs), n ≥ 2; outputs: float (n, outputs).
        weights: float (n,), ≥ 0 with a positive sum: of each row, by default 1.
    """
    x, y = np.asarray(inputs, dtype=np.float64), np.asarray(outputs, dtype=np.float64)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    share = weight / weight.sum()
    x_mean, y_mean = share @ x, share @ y
    root = np.sqrt(weight)[:, None]
    left, values, right = np.linalg.svd(root * (x - x_mean), full_matrices=False)
    centred = root * (y - y_mean)
    projected = left.T @ centred
    largest = max(float(values[0]) ** 2, 1e-300)

    def error(strength: float) -> float:
        kept = values**2 / (values**2 + strength * largest)
        residual = centred - left @ (kept[:, None] * projected)
        influence = share + left**2 @ kept
        return float(((residual / np.maximum(1 - influence, 1e-9)[:, None]) ** 2).sum())

    errors = [error(float(strength)) for strength in STRENGTHS]
    best = int(np.argmin(errors))
    constant = float(((centred / np.maximum(1 - share, 1e-9)[:, None]) ** 2).sum())
    chosen = float(STRENGTHS[best]) * largest
    matrix = (right.T * (values / (values**2 + chosen))) @ projected
    return AffineMap(matrix, x_mean, y_mean, chosen, 1 - errors[best] / constant if constant else 0.0)
