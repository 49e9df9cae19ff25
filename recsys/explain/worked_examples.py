"""The small exact computations behind the lessons on Learn: from the value of a control to the numbers of a figure."""

from __future__ import annotations

from dataclasses import dataclass

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


EXAMPLE_TITLES = ("Trail map", "Rain jacket", "Jazz record", "Hiking boots")
_EXAMPLE_QUERY = np.array([1.2, 0.4, -0.3, 0.8])
_EXAMPLE_KEYS = np.array([[1.0, 0.5, 0.1, 0.9], [0.8, 0.2, 0.0, 0.6], [-0.9, 0.3, 1.1, -0.4], [1.1, 0.4, -0.2, 1.0]])
_EXAMPLE_VALUES = np.array([[0.9, 0.1, 0.0, 0.2], [0.7, 0.3, 0.1, 0.0], [-0.6, 0.8, 0.5, 0.1], [1.0, 0.0, 0.1, 0.3]])


def example_head() -> HeadComputation:
    """An attention head (d_k = 4) over EXAMPLE_TITLES, shown while no model is trained."""
    products = _EXAMPLE_KEYS @ _EXAMPLE_QUERY
    return HeadComputation(products, np.zeros(len(products)), softmax(products / 2), _EXAMPLE_VALUES)


def softmax(scores: np.ndarray) -> np.ndarray:
    """exp(scores) / sum(exp(scores)), float64 (T,), safe for large scores."""
    raised = np.exp(np.asarray(scores, dtype=np.float64) - np.max(scores))
    return np.asarray(raised / raised.sum())


def weights_with_divisor(head: HeadComputation, divisor: float) -> np.ndarray:
    """The head's attention weights with another divisor than √d_k: float64 (T,). Raises InputError unless > 0."""
    if divisor <= 0:
        raise InputError("the divisor", "must be above 0", divisor)
    return softmax(head.products / divisor + head.distance)


USER_TARGET, USER_SOURCE = np.array([0.9, 0.1]), np.array([0.2, 0.8])
ITEM_EMBEDDINGS = {
    "Trail map": np.array([1.0, 0.0]),
    "Rain jacket": np.array([0.8, 0.3]),
    "Jazz record": np.array([0.1, 1.0]),
    "Concert film": np.array([0.4, 0.75]),
}


@dataclass(frozen=True, eq=False)
class BlendComparison:
    """Scores of each item over α, blended in two ways: float64 (items, alphas)."""

    alphas: np.ndarray
    titles: tuple[str, ...]
    of_blended_embedding: np.ndarray
    of_blended_scores: np.ndarray


def compare_blends(steps: int = 21) -> BlendComparison:
    """Blend the embeddings and score, or score both and blend: equal, because a dot product is linear."""
    alphas, items = np.linspace(0, 1, steps), np.stack(list(ITEM_EMBEDDINGS.values()))
    embedding = [items @ interpolate(USER_SOURCE, USER_TARGET, float(alpha)) for alpha in alphas]
    scores = [interpolate(items @ USER_SOURCE, items @ USER_TARGET, float(alpha)) for alpha in alphas]
    return BlendComparison(alphas, tuple(ITEM_EMBEDDINGS), np.stack(embedding, axis=1), np.stack(scores, axis=1))


CATALOGUE, CUTOFF = 10_000, 10
SPECIALIST = ((0.30, 4), (0.70, 5000))
GENERALIST = ((1.0, 150),)
"""Two models as (share of users, rank of their held-out item) pairs."""


def sampled_hit_rate(ranks: tuple[tuple[float, int], ...], sampled: int) -> float:
    """HR@10 when the held-out item is ranked among `sampled` random items instead of all 10,000.

    Exact: of the rank − 1 better items, the number drawn is hypergeometric (Krichene & Rendle 2020).
    """
    from scipy.stats import hypergeom

    others = CATALOGUE - 1
    drawn = min(sampled, others)
    return float(sum(share * hypergeom.cdf(CUTOFF - 1, others, rank - 1, drawn) for share, rank in ranks))


@dataclass(frozen=True, eq=False)
class BlendError:
    """Expected squared error of a blended user embedding over α, by source, and the best α of each source."""

    alphas: np.ndarray
    errors: dict[str, np.ndarray]
    best: dict[str, float]


NOISE_VARIANCE, USER_VARIANCE, SIMILAR_DISTANCE = 4.0, 1.0, 0.2


def blend_error(observed: int, steps: int = 101) -> BlendError:
    """Why α > 0 beats α = 0 even with a random source.

    The embedding of a user with n observed items has the mean squared error σ²/n. Blending replaces a share of it by
    the squared distance D to the source: E(α) = (1 − α)² · σ²/n + α² · D, lowest at α* = (σ²/n) / (σ²/n + D), which is
    above 0 for every source. D is τ² (the variance of users around their mean) for the mean user and 2τ² for a random
    user.
    """
    if observed < 1:
        raise InputError("the number of observed items", "must be at least 1", observed)
    alphas, noise = np.linspace(0, 1, steps), NOISE_VARIANCE / observed
    distances = {"random user": 2 * USER_VARIANCE, "mean user": USER_VARIANCE, "similar user": SIMILAR_DISTANCE}
    errors = {name: (1 - alphas) ** 2 * noise + alphas**2 * distance for name, distance in distances.items()}
    return BlendError(alphas, errors, {name: noise / (noise + distance) for name, distance in distances.items()})
