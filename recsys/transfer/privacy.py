"""A source whose vector is clipped and noised before it is blended: an (ε, δ) promise, narrow and exact.

Two sources of n users are neighbours when the whole history of one of them is replaced by another; who the members are,
and n, are public. Each user's vector is cut to length C, so the mean moves by 2C/n at most, and noise of standard
deviation σ(ε, δ) · 2C/n makes it (ε, δ)-differentially private (analytic Gaussian mechanism, Balle & Wang 2018; σ from
dp-accounting). One user alone is n = 1, at the cost of n times the noise. C is read from the model's weights, never
from histories. What is done with the noised vector afterwards costs nothing more: any α, any length, any filter that
does not read the source. What a second draw adds is counted in `recsys.transfer.privacy_budget`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.data.dataset import read_only
from recsys.errors import InputError, MissingExtraError
from recsys.models.recommender import Encoder
from recsys.transfer.blend import Transfer
from recsys.transfer.parties import TransferParty
from recsys.transfer.recommendations import recommend

EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
MOST_DELTA = 1e-5
COVERED = (
    "Covered, towards whoever sees only the list, the map and the files of protected lists: the list, its scores, its "
    "exact changes, and the source’s place on the map. All of it is made from one noised vector."
)
NOT_COVERED = (
    "Not covered: the model’s weights and the map’s background, which were made from everybody’s histories, also the "
    "source’s; who belongs to the source, which counts as public; whoever may open this run: they can switch the "
    "protection off, and the pickers and other pages show histories as they are; lists seen in several spaces or on "
    "several servers, which add up; and attacks on the rounding of the noise."
)
"""What is promised and to whom, and what is not, in plain words."""


def default_delta(users: int) -> float:
    """A tenth of 1 / users, and 10⁻⁵ at most: a δ of 1 / users would allow giving one user away whole."""
    return min(MOST_DELTA, 0.1 / max(users, 1))


@dataclass(frozen=True)
class PrivacyParameters:
    """A privacy promise.

    Args:
        epsilon: > 0; replacing one member's history changes the odds of any outcome by a factor of e^ε at most.
        users: ≥ 1; how many users the data has.
        clip: > 0; length C that each vector is cut to.
        delta: the probability with which the promise may fail, above 0 and below 1 / users; 0 for `default_delta`.

    Raises:
        InputError: a value out of range.
    """

    epsilon: float
    users: int
    clip: float = 1.0
    delta: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < np.inf:
            raise InputError("epsilon", "must be above 0", self.epsilon, "Use a value such as 1.")
        if self.users < 1:
            raise InputError("users", "must be at least 1", self.users)
        if self.delta == 0:
            object.__setattr__(self, "delta", default_delta(self.users))
        if not 0 < self.delta < 1 / self.users:
            fix = f"Use a value such as {default_delta(self.users):.2g}."
            raise InputError("delta", f"must be above 0 and below 1 / {self.users:,} users", self.delta, fix)
        if not 0 < self.clip < np.inf:
            raise InputError("clip", "must be above 0", self.clip)

    def sensitivity(self, people: int) -> float:
        """How far the mean of clipped vectors moves when one of so many users is replaced: 2C/n."""
        if people < 1:
            raise InputError("people", "must be at least 1", people)
        return 2 * self.clip / people

    def noise(self, people: int) -> float:
        """Standard deviation of the noise on each number. Raises MissingExtraError without dp-accounting."""
        return noise_multiplier(self.epsilon, self.delta) * self.sensitivity(people)


def noise_multiplier(epsilon: float, delta: float) -> float:
    """Standard deviation of the noise for a sensitivity of 1. Raises MissingExtraError without dp-accounting."""
    try:
        from dp_accounting import get_sigma_gaussian
    except ImportError:
        raise MissingExtraError(
            "the privacy switch", "needs the package dp-accounting", fix="pip install dp-accounting"
        ) from None
    with np.errstate(divide="ignore"):  # its search passes through a logarithm of 0 where ε is huge
        return float(get_sigma_gaussian(epsilon, delta))


@dataclass(frozen=True, eq=False)
class PrivateSource:
    """A source's vector that may be shown. Nothing else in it depends on the source's histories.

    Attributes:
        vector: float32 (d,), clipped, averaged and noised.
        noise: standard deviation on each number; bound: the longest that the mean can be without the noise, C.
    """

    vector: np.ndarray
    noise: float
    bound: float


def make_private(model: Encoder, party: TransferParty, promise: PrivacyParameters, secret: bytes) -> PrivateSource:
    """The mean of the members' clipped vectors, with noise.

    Args:
        secret: what the noise is made from; the same secret gives the same noise, so it must never be used for other
            members, weights or promises, and whoever knows it can take the noise away.
    """
    vectors = model.encode(party.histories).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    cut = vectors * np.minimum(1.0, promise.clip / np.maximum(lengths, 1e-12))[:, None]
    mean, noise = cut.mean(axis=0), promise.noise(len(vectors))
    vector = mean + noise * standard_normal(secret, len(mean))
    return PrivateSource(read_only(vector.astype(np.float32)), noise, promise.clip)


def standard_normal(secret: bytes, count: int) -> np.ndarray:
    """`count` standard normal numbers, float64, that only the holder of `secret` can make again (SHAKE-256)."""
    from scipy.special import ndtri

    stream = np.frombuffer(hashlib.shake_256(secret).digest(8 * count), dtype="<u8")
    uniform = ((stream >> np.uint64(12)).astype(np.float64) + 0.5) / 2**52  # never 0 and never 1
    numbers: np.ndarray = ndtri(uniform)
    return numbers


def private_scores(model: Encoder, private: PrivateSource) -> np.ndarray:
    """Scores of a private taste: float32 (n_items + 1,), [0] = −inf.

    Only the noised representation speaks, on top of what an empty history scores: any part of the model's scores that
    reads the history itself (such as the Markov part) would give it away, and is left out.
    """
    scores: np.ndarray = model.scores([np.zeros(0, dtype=np.int32)])[0].copy()
    scores[1:] += model.item_vectors[1:] @ private.vector
    return scores


def private_transfer(pair: Transfer, private: PrivateSource) -> Transfer:
    """The same transfer with the private source in the place of the source, whose histories are not in it any more.

    Raises InputError when the model has no vectors of users.
    """
    scores = pair.method.apply(pair.model, private_scores(_encoder(pair), private), private.vector)
    return replace(pair, source=without_histories(pair.source), source_scores=scores)


def without_histories(party: TransferParty) -> TransferParty:
    """A taste of the same name and size of which nothing is known."""
    return TransferParty(party.label, party.kind, tuple(np.zeros(0, dtype=np.int32) for _ in party.histories))


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
    users: int,
    clip: float = 1.0,
    epsilons: Sequence[float] = EPSILONS,
    draws: int = 20,
    seed: int = 0,
) -> tuple[PrivacyPoint, ...]:
    """How much of the blended list survives the noise, over ε.

    The list it is compared with is clipped in the same way but not noised, so the curve rises to 1. The curve reads the
    source as it is: it belongs to nobody's protected list.
    """
    model = _encoder(pair)
    base = private_transfer(pair, make_private(model, pair.source, PrivacyParameters(1e9, users, clip), bytes(1)))
    wanted = set(recommend(base, alpha, k).items.tolist())
    points = []
    for epsilon in epsilons:
        promise = PrivacyParameters(epsilon, users, clip)
        shares = []
        for draw in range(draws):
            secret = f"{seed} {draw}".encode()  # known to everybody, unlike that of a protected list
            noised = private_transfer(pair, make_private(model, pair.source, promise, secret))
            shares.append(len(wanted & set(recommend(noised, alpha, k).items.tolist())) / max(len(wanted), 1))
        low, high = np.quantile(shares, [0.1, 0.9])
        noise = promise.noise(len(pair.source.histories))
        points.append(PrivacyPoint(float(epsilon), noise, float(np.mean(shares)), float(low), float(high)))
    return tuple(points)


def privacy_sentence(promise: PrivacyParameters, people: int) -> str:
    """The promise and its price, in words."""
    alone, group = promise.noise(1), promise.noise(people)
    text = (
        f"Replacing one user’s whole history changes the odds of any list by a factor of at most "
        f"e^{promise.epsilon:g}, but for a probability of δ = {promise.delta:.2g} (below 1 / {promise.users:,} users). "
        f"Noise per number: {group:.3g}"
    )
    if people > 1:
        text += f", {people:,} times less than the {alone:.3g} that one user alone would need"
    return f"{text}."


def clip_length(model: Encoder, most: int = 500) -> float:
    """The median length of the vectors of one-item histories: it depends on the weights and on no user's history."""
    items = np.unique(np.linspace(1, model.n_items, min(most, model.n_items)).astype(np.int32))
    return float(np.median(np.linalg.norm(model.encode([items[i : i + 1] for i in range(len(items))]), axis=1)))


def _encoder(pair: Transfer) -> Encoder:
    if not isinstance(pair.model, Encoder):
        fix = "Use the attention model."
        raise InputError("the model", "must have representations of people", pair.model.name, fix)
    return pair.model
