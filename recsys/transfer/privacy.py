"""Differential privacy for a source: its embedding is clipped and noised before it is blended.

The guarantee is (ε, δ)-differential privacy. Two sources of n users are neighbours when the whole history of one user
is replaced by another; who the members are, and n, are public. Each user's embedding is clipped to length C, so the
mean moves by at most 2C/n, and noise with standard deviation σ(ε, δ) · 2C/n is added (analytic Gaussian mechanism,
Balle & Wang 2018; σ from dp-accounting). For a single user n = 1, so the noise is n times larger. C is computed from
the model's weights, never from histories. Everything that is computed from the noised embedding costs no more: any α,
any list length, any filter that does not read the source. The cost of further draws of noise is counted in
`recsys.transfer.privacy_budget`.
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
from recsys.wording import Message

EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
MAXIMUM_DELTA = 1e-5
COVERED = Message(
    "Covered, towards anyone who sees only the list, the map and the files of protected lists: the list, its scores, "
    "its exact changes, and the source’s position on the map. All of them are computed from one noised embedding."
)
NOT_COVERED = Message(
    "Not covered: the model’s weights and the background of the map, which depend on the histories of all users, the "
    "source included; who belongs to the source, which counts as public; anyone who may open this run: they can turn "
    "the protection off, and the pickers and other pages show histories without noise; lists seen in several "
    "workspaces or on several servers, or of one person under several ids, whose costs add up; and attacks on the "
    "rounding of the noise."
)
"""What the guarantee covers and what it does not."""


def default_delta(users: int) -> float:
    """0.1 / users, and at most 10⁻⁵: with δ = 1 / users the guarantee would allow revealing one user completely."""
    return min(MAXIMUM_DELTA, 0.1 / max(users, 1))


@dataclass(frozen=True)
class PrivacyParameters:
    """The parameters of (ε, δ)-differential privacy.

    Args:
        epsilon: > 0; replacing one member's history changes the probability of any outcome by a factor of at most e^ε.
        users: ≥ 1; number of users in the data.
        clip: > 0; length C that each embedding is clipped to.
        delta: the probability that the guarantee fails, above 0 and below 1 / users; 0 for `default_delta`.

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
            rule = Message("must be above 0 and below 1 / {users:,} users", users=self.users)
            fix = Message("Use a value such as {delta:.2g}.", delta=default_delta(self.users))
            raise InputError("delta", rule, self.delta, fix)
        if not 0 < self.clip < np.inf:
            raise InputError("clip", "must be above 0", self.clip)

    def sensitivity(self, members: int) -> float:
        """How far the mean of so many clipped embeddings moves when one of them is replaced: 2C/n."""
        if members < 1:
            raise InputError("members", "must be at least 1", members)
        return 2 * self.clip / members

    def noise(self, members: int) -> float:
        """Standard deviation of the noise in each dimension. Raises MissingExtraError without dp-accounting."""
        return noise_multiplier(self.epsilon, self.delta) * self.sensitivity(members)


def noise_multiplier(epsilon: float, delta: float) -> float:
    """Standard deviation of the noise for a sensitivity of 1. Raises MissingExtraError without dp-accounting."""
    try:
        from dp_accounting import get_sigma_gaussian
    except ImportError:
        raise MissingExtraError(
            "the protection of the source", "needs the package dp-accounting", fix="pip install dp-accounting"
        ) from None
    with np.errstate(divide="ignore"):  # its search takes the logarithm of 0 for a very large ε
        return float(get_sigma_gaussian(epsilon, delta))


@dataclass(frozen=True, eq=False)
class PrivateSource:
    """A source's noised embedding. Nothing else in it depends on the source's histories.

    Attributes:
        vector: float32 (D,), clipped, averaged and noised.
        noise: standard deviation of the noise in each dimension.
        bound: the greatest length of the mean without noise, C.
    """

    vector: np.ndarray
    noise: float
    bound: float


def make_private(model: Encoder, party: TransferParty, parameters: PrivacyParameters, secret: bytes) -> PrivateSource:
    """The mean of the members' clipped embeddings, with noise.

    Args:
        secret: the seed of the noise. Anyone who knows it can subtract the noise, and two sources with the same noise
            reveal their difference, so it must be unique to members, weights and parameters.
    """
    vectors = model.encode(party.histories).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    clipped = vectors * np.minimum(1.0, parameters.clip / np.maximum(lengths, 1e-12))[:, None]
    mean, noise = clipped.mean(axis=0), parameters.noise(len(vectors))
    vector = mean + noise * standard_normal(secret, len(mean))
    return PrivateSource(read_only(vector.astype(np.float32)), noise, parameters.clip)


def standard_normal(secret: bytes, count: int) -> np.ndarray:
    """`count` standard normal numbers, float64, that only the holder of `secret` can reproduce (SHAKE-256)."""
    from scipy.special import ndtri

    stream = np.frombuffer(hashlib.shake_256(secret).digest(8 * count), dtype="<u8")
    uniform = ((stream >> np.uint64(12)).astype(np.float64) + 0.5) / 2**52  # never 0 and never 1
    numbers: np.ndarray = ndtri(uniform)
    return numbers


def private_scores(model: Encoder, private: PrivateSource) -> np.ndarray:
    """Scores of a private source: float32 (n_items + 1,), [0] = −inf.

    The noised embedding is added to the scores of an empty history. Parts of the model's scores that read the history
    itself, such as the Markov part, would reveal it and are left out.
    """
    scores: np.ndarray = model.scores([np.zeros(0, dtype=np.int32)])[0].copy()
    scores[1:] += model.item_vectors[1:] @ private.vector
    return scores


def private_transfer(pair: Transfer, private: PrivateSource) -> Transfer:
    """The transfer with the private source in place of the source, and without the source's histories.

    The guarantee holds for the linear blend, and for a learned method that was fitted without the source's users.

    Raises:
        InputError: the model has no user embeddings, or the pair transfers the source's interests: they are split by
            its history, and one noised embedding can't be.
    """
    if pair.interests is not None:
        fix = Message("Transfer next-choice scores, or turn the protection off.")
        raise InputError("a protected source", "can't be split into interests", pair.source.label, fix)
    scores = pair.method.apply(pair.model, private_scores(_encoder(pair), private), private.vector)
    return replace(pair, source=without_histories(pair.source), source_scores=scores)


def without_histories(party: TransferParty) -> TransferParty:
    """A party with the same name and number of members, all with empty histories and unnamed."""
    return TransferParty(party.label, party.kind, tuple(np.zeros(0, dtype=np.int32) for _ in party.histories))


@dataclass(frozen=True)
class PrivacyPoint:
    """How much of a list survives the noise at one ε.

    Attributes:
        noise: standard deviation in each dimension of the source's embedding.
        overlap, low, high: share of the list without noise that is still in the list; mean, 10% and 90% over draws.
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

    The list without noise is clipped in the same way, so the curve rises to 1. The curve reads the source's histories
    without noise, so it must not be shown together with a protected list.
    """
    model = _encoder(pair)
    base = private_transfer(pair, make_private(model, pair.source, PrivacyParameters(1e9, users, clip), bytes(1)))
    wanted = set(recommend(base, alpha, k).items.tolist())
    points = []
    for epsilon in epsilons:
        parameters = PrivacyParameters(epsilon, users, clip)
        shares = []
        for draw in range(draws):
            secret = f"{seed} {draw}".encode()  # public, unlike the secret of a protected list
            noised = private_transfer(pair, make_private(model, pair.source, parameters, secret))
            shares.append(len(wanted & set(recommend(noised, alpha, k).items.tolist())) / max(len(wanted), 1))
        low, high = np.quantile(shares, [0.1, 0.9])
        noise = parameters.noise(len(pair.source.histories))
        points.append(PrivacyPoint(float(epsilon), noise, float(np.mean(shares)), float(low), float(high)))
    return tuple(points)


def privacy_sentence(parameters: PrivacyParameters, members: int) -> Message:
    """The guarantee and the noise that it needs, as a sentence."""
    values = {
        "epsilon": parameters.epsilon,
        "delta": parameters.delta,
        "users": parameters.users,
        "noise": parameters.noise(members),
    }
    if members == 1:
        return Message(
            "Replacing one user’s whole history changes the probability of any list by a factor of at most "
            "e^{epsilon:g}, except with probability δ = {delta:.2g} (below 1 / {users:,} users). "
            "Noise in each dimension: {noise:.3g}.",
            **values,
        )
    return Message(
        "Replacing one user’s whole history changes the probability of any list by a factor of at most "
        "e^{epsilon:g}, except with probability δ = {delta:.2g} (below 1 / {users:,} users). "
        "Noise in each dimension: {noise:.3g}, {members:,} times less than the {of_one:.3g} that a single user needs.",
        **values,
        members=members,
        of_one=parameters.noise(1),
    )


def clip_length(model: Encoder, sample: int = 500) -> float:
    """The median length of the embeddings of one-item histories: it depends on the weights, not on any user."""
    items = np.unique(np.linspace(1, model.n_items, min(sample, model.n_items)).astype(np.int32))
    return float(np.median(np.linalg.norm(model.encode([items[i : i + 1] for i in range(len(items))]), axis=1)))


def _encoder(pair: Transfer) -> Encoder:
    if not isinstance(pair.model, Encoder):
        fix = Message("Use a model with embeddings.")
        raise InputError("the model", "must have user embeddings", pair.model.name, fix)
    return pair.model
