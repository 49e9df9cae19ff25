"""Lending a taste without giving it away: clipping and Gaussian noise with an (ε, δ) promise.

Two groups of n people are neighbours when one person is replaced by another; n itself is public. Each person's
representation is cut to length C, so the mean moves by 2C/n at most, and noise of standard deviation
σ(ε, δ) · 2C/n makes it (ε, δ)-differentially private (analytic Gaussian mechanism, Balle & Wang 2018; σ from
dp-accounting). One person alone is n = 1: everything about their taste is hidden among all others', at the cost of
n times the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import read_only
from recsys.errors import InputError, MissingExtraError
from recsys.models.recommender import Encoder
from recsys.transfer.blend import Transfer
from recsys.transfer.recommend import recommend
from recsys.transfer.tastes import Taste

EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
NOT_COVERED = (
    "Covered: what the source’s representation adds to one blended list. Not covered: the model’s weights, which were "
    "trained on everybody, the source’s people included; choosing a clip length from their data; and repeated lists: "
    "each new draw of the noise spends the promise again."
)
"""What the promise does not say, in plain words."""


@dataclass(frozen=True)
class Promise:
    """A privacy promise.

    Args:
        epsilon: > 0; how far one person may change the odds of any outcome: by e^ε at most (small is private).
        delta: 0 < δ < 1; the chance that it does not hold; below 1 / people.
        clip: > 0; length C that each representation is cut to.

    Raises:
        InputError: a value out of range.
    """

    epsilon: float
    delta: float = 1e-5
    clip: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < np.inf:
            raise InputError("epsilon", "must be above 0", self.epsilon, "Use a value such as 1.")
        if not 0 < self.delta < 1:
            raise InputError("delta", "must be between 0 and 1", self.delta, "Use a value such as 0.00001.")
        if not 0 < self.clip < np.inf:
            raise InputError("clip", "must be above 0", self.clip)

    def sensitivity(self, people: int) -> float:
        """How far the mean of clipped representations moves when one of so many people is replaced: 2C/n."""
        if people < 1:
            raise InputError("people", "must be at least 1", people)
        return 2 * self.clip / people

    def noise(self, people: int) -> float:
        """Standard deviation of the noise on each number. Raises MissingExtraError without dp-accounting."""
        try:
            from dp_accounting import get_sigma_gaussian
        except ImportError:
            raise MissingExtraError(
                "the privacy switch", "needs the package dp-accounting", fix="pip install dp-accounting"
            ) from None
        with np.errstate(divide="ignore"):  # its search passes through a logarithm of 0 where ε is huge
            sigma = float(get_sigma_gaussian(self.epsilon, self.delta))
        return sigma * self.sensitivity(people)


@dataclass(frozen=True, eq=False)
class PrivateTaste:
    """A taste that may be shown.

    Attributes:
        vector: float32 (d,), clipped, averaged and noised.
        noise: standard deviation on each number.
        signal: length of the clipped mean before the noise; clipped: share of people that were cut.
    """

    vector: np.ndarray
    noise: float
    signal: float
    clipped: float


def private_taste(model: Encoder, taste: Taste, promise: Promise, seed: int | None = None) -> PrivateTaste:
    """The mean of the members' clipped representations, with noise.

    Args:
        seed: for demonstrations and tests only; without it the noise comes from the system's randomness.
    """
    vectors = model.encode(taste.histories).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    cut = vectors * np.minimum(1.0, promise.clip / np.maximum(lengths, 1e-12))[:, None]
    mean, noise = cut.mean(axis=0), promise.noise(len(vectors))
    vector = mean + np.random.default_rng(seed).normal(scale=noise, size=len(mean))
    return PrivateTaste(
        read_only(vector.astype(np.float32)),
        noise,
        float(np.linalg.norm(mean)),
        float((lengths > promise.clip).mean()),
    )


def private_scores(model: Encoder, private: PrivateTaste) -> np.ndarray:
    """Scores of a private taste: float32 (n_items + 1,), [0] = −inf.

    Only the noised representation speaks, on top of what an empty history scores: any part of the model's scores that
    reads the history itself (such as the Markov part) would give it away, and is left out.
    """
    scores: np.ndarray = model.scores([np.zeros(0, dtype=np.int32)])[0].copy()
    scores[1:] += model.item_vectors[1:] @ private.vector
    return scores


def private_transfer(pair: Transfer, promise: Promise, seed: int | None = None) -> Transfer:
    """The same transfer with a private source. Raises InputError when the model has no representations."""
    model = _encoder(pair)
    scores = private_scores(model, private_taste(model, pair.source, promise, seed))
    return Transfer(pair.model, pair.target, pair.source, pair.target_scores, scores, pair.allowed)


@dataclass(frozen=True)
class PrivacyPoint:
    """What is left of a list at one ε.

    Attributes:
        noise: standard deviation on each number of the source's representation.
        overlap, low, high: share of the list without noise that is still in it, mean and 10–90% over draws.
    """

    epsilon: float
    noise: float
    overlap: float
    low: float
    high: float


def privacy_curve(
    pair: Transfer,
    alpha: float,
    k: int = 10,
    *,
    delta: float = 1e-5,
    clip: float = 1.0,
    epsilons: Sequence[float] = EPSILONS,
    draws: int = 20,
    seed: int = 0,
) -> tuple[PrivacyPoint, ...]:
    """How much of the blended list survives the noise, over ε.

    The list it is compared with is clipped in the same way but not noised, so the curve rises to 1.
    """
    model = _encoder(pair)
    calm = private_taste(model, pair.source, Promise(1e9, delta, clip), seed)
    base = Transfer(model, pair.target, pair.source, pair.target_scores, private_scores(model, calm), pair.allowed)
    wanted = set(recommend(base, alpha, k).items.tolist())
    points = []
    for epsilon in epsilons:
        promise = Promise(epsilon, delta, clip)
        shares = []
        for draw in range(draws):
            noised = private_transfer(pair, promise, seed=seed * 1000 + draw)
            shares.append(len(wanted & set(recommend(noised, alpha, k).items.tolist())) / max(len(wanted), 1))
        low, high = np.quantile(shares, [0.1, 0.9])
        noise = promise.noise(len(pair.source.histories))
        points.append(PrivacyPoint(float(epsilon), noise, float(np.mean(shares)), float(low), float(high)))
    return tuple(points)


def privacy_sentence(promise: Promise, people: int) -> str:
    """The promise and its price, in words."""
    alone, group = promise.noise(1), promise.noise(people)
    text = (
        f"Replacing one person changes the odds of any list by a factor of at most e^{promise.epsilon:g} "
        f"(δ = {promise.delta:g}). Noise per number: {group:.3g}"
    )
    if people > 1:
        text += f", {people:,} times less than the {alone:.3g} one person’s taste alone would need"
    return f"{text}."


def typical_length(vectors: np.ndarray) -> float:
    """The median length of representations, a clip that cuts half of the people. Reads everybody's: see NOT_COVERED."""
    return float(np.median(np.linalg.norm(vectors, axis=1)))


def _encoder(pair: Transfer) -> Encoder:
    if not isinstance(pair.model, Encoder):
        fix = "Use the attention model."
        raise InputError("the model", "must have representations of people", pair.model.name, fix)
    return pair.model
