"""The small exact computations behind Learn: each takes the control's value and gives the figure's numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.errors import InputError
from recsys.explain.attention import HeadNumbers, head_numbers
from recsys.transfer import interpolate

SOURCE = np.array([[0.6, 0.8], [0.7, 0.9], [0.5, 0.6]])
TARGET = np.array([[0.3, 0.4], [0.2, 0.5], [0.8, 0.7]])
"""The worked example: three rows of two numbers each. At α = .5 they blend to [[.45, .6], [.45, .7], [.65, .65]]."""


def worked_example(alpha: float) -> np.ndarray:
    """α · source + (1 − α) · target of the worked example: float64 (3, 2)."""
    return interpolate(SOURCE, TARGET, alpha)


TINY_TITLES = ("Trail map", "Rain jacket", "Jazz record", "Hiking boots")
_TINY_QUERY = np.array([1.2, 0.4, -0.3, 0.8])
_TINY_KEYS = np.array([[1.0, 0.5, 0.1, 0.9], [0.8, 0.2, 0.0, 0.6], [-0.9, 0.3, 1.1, -0.4], [1.1, 0.4, -0.2, 1.0]])
_TINY_VALUES = np.array([[0.9, 0.1, 0.0, 0.2], [0.7, 0.3, 0.1, 0.0], [-0.6, 0.8, 0.5, 0.1], [1.0, 0.0, 0.1, 0.3]])


def tiny_head() -> HeadNumbers:
    """Attention with numbers made by hand (d_k = 4), for when nothing is trained yet."""
    products = _TINY_KEYS @ _TINY_QUERY
    return head_numbers(softmax(products / 2), _TINY_VALUES, products, np.zeros(len(products)))


def softmax(scores: np.ndarray) -> np.ndarray:
    """exp(scores) / sum(exp(scores)), float64 (T,), safe for large scores."""
    raised = np.exp(np.asarray(scores, dtype=np.float64) - np.max(scores))
    return np.asarray(raised / raised.sum())


def weights_divided_by(numbers: HeadNumbers, divisor: float) -> np.ndarray:
    """The attention weights if QKᵀ were divided by this number instead of √d_k: float64 (T,). Raises InputError ≤ 0."""
    if divisor <= 0:
        raise InputError("the divisor", "must be above 0", divisor)
    return softmax(np.array(numbers.products) / divisor + np.array(numbers.distance))


TWO_TARGET, TWO_SOURCE = np.array([0.9, 0.1]), np.array([0.2, 0.8])
TWO_ITEMS = {
    "Trail map": np.array([1.0, 0.0]),
    "Rain jacket": np.array([0.8, 0.3]),
    "Jazz record": np.array([0.1, 1.0]),
    "Concert film": np.array([0.4, 0.75]),
}


@dataclass(frozen=True, eq=False)
class TwoWays:
    """Scores of each item over α by both ways: float64 (items, a)."""

    alphas: np.ndarray
    names: tuple[str, ...]
    of_blended_representation: np.ndarray
    of_blended_scores: np.ndarray


def two_ways(steps: int = 21) -> TwoWays:
    """Blend the representations and score, or score both and blend: a dot product is linear, so they are one."""
    alphas, items = np.linspace(0, 1, steps), np.stack(list(TWO_ITEMS.values()))
    first = np.stack([items @ interpolate(TWO_SOURCE, TWO_TARGET, float(a)) for a in alphas], axis=1)
    second = np.stack([interpolate(items @ TWO_SOURCE, items @ TWO_TARGET, float(a)) for a in alphas], axis=1)
    return TwoWays(alphas, tuple(TWO_ITEMS), first, second)


CATALOGUE, CUT = 10_000, 10
SPECIALIST = ((0.30, 4), (0.70, 5000))  # finds it at once for three in ten, never for the others
GENERALIST = ((1.0, 150),)  # ranks everybody's item 150th: no list of ten ever shows it


def sampled_hit_rate(ranks: tuple[tuple[float, int], ...], sampled: int) -> float:
    """HR@10 when the held-out item is ranked among `sampled` random others instead of all 10,000.

    Exact: of the rank − 1 better items, the number drawn is hypergeometric (Krichene & Rendle 2020).
    """
    from scipy.stats import hypergeom

    others = CATALOGUE - 1
    drawn = min(sampled, others)
    return float(sum(share * hypergeom.cdf(CUT - 1, others, rank - 1, drawn) for share, rank in ranks))


@dataclass(frozen=True, eq=False)
class Smoothing:
    """Expected squared error of a blended taste over α, for two unrelated sources and a related one."""

    alphas: np.ndarray
    errors: dict[str, np.ndarray]
    best: dict[str, float]


NOISE, SPREAD, TWIN = 4.0, 1.0, 0.2


def smoothing(observed: int, steps: int = 101) -> Smoothing:
    """Why α > 0 beats α = 0 even with a random source.

    A taste known from n choices is off by σ²/n on average. Blending replaces a share of that error by the distance D to
    the source: E(α) = (1 − α)² · σ²/n + α² · D, least at α* = (σ²/n) / (σ²/n + D), which is above 0 for every source,
    related or not. D is the spread τ² of people around their mean for the average person, 2τ² for a random one.
    """
    if observed < 1:
        raise InputError("the number of observed items", "must be at least 1", observed)
    alphas, noise = np.linspace(0, 1, steps), NOISE / observed
    apart = {"a random person": 2 * SPREAD, "the average person": SPREAD, "a true twin": TWIN}
    errors = {name: (1 - alphas) ** 2 * noise + alphas**2 * d for name, d in apart.items()}
    return Smoothing(alphas, errors, {name: noise / (noise + d) for name, d in apart.items()})


GLOSSARY = {
    "α (alpha)": "The share borrowed from the source: 0 = the target alone, 1 = the source alone.",
    "Attention": "For each item, a weighted look back at the items before it; the weights are learned.",
    "Baseline": "A simple method beside the model, such as popularity: what can't beat it isn't worth its cost.",
    "Bootstrap": "Drawing the people again many times to see how much a mean depends on who happened to be there.",
    "Catalogue coverage": "The share of all items that at least one person is shown.",
    "Cold person": "Somebody of whom the model has seen nothing in training.",
    "Full ranking": "The held-out item competes with every item of the catalogue, not with a drawn handful.",
    "Hit rate (HR@k)": "The share of people whose held-out item is among the first k.",
    "Holm's correction": "Makes each of several tests stricter, so that one lucky result among many is not believed.",
    "Influence": "How far a recommendation falls when one item of the history is left out and all is scored again.",
    "Interval": "The range in which the figure would lie 95% of the time if other people had been asked.",
    "Leave-one-out": "Each person's last item is hidden from training and must be found.",
    "NDCG@k": "Like the hit rate, but a first place counts 1, a second .63, a tenth .29.",
    "Negative control": "A source that can't help, such as a random person: what it gains is not borrowed interest.",
    "Representation (taste)": "A list of numbers that stands for a person; people with like tastes have like numbers.",
    "Shrinkage": "Pulling an uncertain taste towards the average one, the more the less is known.",
    "Target and source": "The target receives interests, the source lends them.",
}
