"""The small exact computations behind the lessons on Learn: from the value of a control to the numbers of a figure."""

from __future__ import annotations

import numpy as np

from recsys.errors import InputError
from recsys.explain.attention import HeadComputation
from recsys.transfer import interpolate

SOURCE = np.array([[0.6, 0.8], [0.7, 0.9], [0.5, 0.6]])
TARGET = np.array([[0.3, 0.4], [0.2, 0.5], [0.8, 0.7]])
"""Three rows of two numbers each. At α = 0.5 they blend to [[0.45, 0.6], [0.45, 0.7], [0.65, 0.65]]."""


def worked_blend(alpha: float) -> np.ndarray:
    """α · SOURCE + (1 − α) · TARGET: float64 (3, 2)."""
    return interpolate(SOURCE, TARGET, alpha)


EXAMPLE_QUERY = np.array([1.2, 0.4, -0.3, 0.8])
_EXAMPLE_KEYS = np.array([[1.0, 0.5, 0.1, 0.9], [0.8, 0.2, 0.0, 0.6], [-0.9, 0.3, 1.1, -0.4], [1.1, 0.4, -0.2, 1.0]])
_EXAMPLE_VALUES = np.array([[0.9, 0.1, 0.0, 0.2], [0.7, 0.3, 0.1, 0.0], [-0.6, 0.8, 0.5, 0.1], [1.0, 0.0, 0.1, 0.3]])


def example_head() -> HeadComputation:
    """An attention head over four items with d_k = 4, to follow by hand."""
    products = _EXAMPLE_KEYS @ EXAMPLE_QUERY
    return HeadComputation(products, np.zeros(len(products)), softmax(products / 2), _EXAMPLE_VALUES)


def softmax(scores: np.ndarray) -> np.ndarray:
    """exp(scores) / sum(exp(scores)), float64 (T,), safe for large scores."""
    raised = np.exp(np.asarray(scores, dtype=np.float64) - np.max(scores))
    return np.asarray(raised / raised.sum())


def attention_weights(products: np.ndarray, distance: np.ndarray, divisor: float) -> np.ndarray:
    """softmax(products / divisor + distance): float64 (T,); with √d_k as divisor the weights as trained.

    Args:
        products: (T,) q·k with each item.
        distance: (T,) the learned number of each distance; zeros where there is none.

    Raises:
        InputError: the divisor is not above 0.
    """
    if not divisor > 0:
        raise InputError("the divisor", "must be above 0", divisor)
    return softmax(np.asarray(products) / divisor + np.asarray(distance))


def weights_divided_outside(products: np.ndarray, distance: np.ndarray, d_k: int) -> np.ndarray:
    """(1/√d_k) · softmax(products / d_k + distance), as a common article writes attention: they sum to 1/√d_k."""
    return np.asarray(attention_weights(products, distance, d_k) / np.sqrt(d_k))
