"""The privacy budget: what all draws of noise about the same users cost together, and the limit.

A draw whose noise is z times the sensitivity is a Gaussian mechanism with multiplier z. Several draws, each perhaps
chosen after the others were seen, are as private as one with 1/z² = Σ 1/zᵢ² (Dong, Roth & Su 2022, corollary 3.3); dp-
accounting converts that z to ε. Showing the same draw again costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recsys.errors import ProtectionError
from recsys.transfer.privacy import noise_multiplier
from recsys.wording import Message

LIMIT = 16.0
"""The largest ε of all draws about a user together: a larger one guarantees nothing of use."""


@dataclass(frozen=True)
class Draw:
    """One noised embedding that has been shown.

    Attributes:
        model: digest of the weights.
        source: as it is written in the URL (`user:42`).
        number: 0 for the first draw with the same other fields.
        epsilon, delta: its privacy parameters.
        made_of: digest of everything else that the noise depends on; "" in records of older versions.
        members: `hashed_id` of the users whose histories were read, ascending; in records of older versions their
            indexes, or None.
    """

    model: str
    source: str
    epsilon: float
    delta: float
    number: int = 0
    made_of: str = ""
    members: tuple[str, ...] | tuple[int, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> Draw:
        """The draw that `to_json` wrote. Raises KeyError, TypeError or ValueError where `values` is not one."""
        draw = cls(
            str(values["model"]), str(values["source"]), float(values["epsilon"]), float(values["delta"]),
            int(values["number"]), str(values.get("made_of", "")),
            _members(values.get("members")),
        )  # fmt: skip
        if not (0 < draw.epsilon < np.inf and 0 < draw.delta < 1 and draw.number >= 0):
            raise ValueError("a draw's privacy parameters are out of range")
        return draw


def hashed_id(user: str) -> str:
    """What a user's external id is recorded as: 16 hex digits, the same in all data."""
    return hashlib.blake2b(user.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def composed_epsilon(draws: Sequence[tuple[float, float]], delta: float) -> float:
    """The ε at `delta` of several draws about one user, each given as (ε, δ); 0 for no draw."""
    return _epsilon(sum(noise_multiplier(*draw) ** -2 for draw in draws), delta)


def spent(
    draws: Mapping[str, Sequence[Draw]],
    members: np.ndarray,
    users_of: Callable[[str, Draw], np.ndarray],
    users: int,
    delta: float,
) -> float:
    """The ε at `delta` that was spent on the most exposed of some users.

    Args:
        draws: all draws, by the fingerprint of the data that they read; duplicates count once.
        members: user indexes to consider.
        users_of: gives the user indexes that a draw on the data of a fingerprint may have read.
        users: number of users in the data.
    """
    exposure = np.zeros(users)
    for data, shown in draws.items():
        for draw in set(shown):
            exposure[users_of(data, draw)] += noise_multiplier(draw.epsilon, draw.delta) ** -2
    return _epsilon(float(exposure[members].max(initial=0.0)), delta)


def check_budget(total: float) -> None:
    """Raises ProtectionError when the ε of all draws together is above the limit."""
    if total > LIMIT * (1 + 1e-6):
        raise ProtectionError(
            "the protected source",
            Message("may be shown until its draws reach ε = {limit:g} together", limit=LIMIT),
            f"{total:.3g} with this one",
            "Choose an ε that was shown before (it costs nothing), a smaller one, or another source.",
        )


def _members(values: Any) -> tuple[str, ...] | tuple[int, ...] | None:
    if values is None:
        return None
    if not isinstance(values, list) or not values:
        raise ValueError("a draw's members are no list")
    if all(isinstance(member, str) for member in values):
        return tuple(values)
    indexes = tuple(int(member) for member in values)
    if min(indexes) < 0:
        raise ValueError("a draw's members are out of range")
    return indexes


def _epsilon(exposure: float, delta: float) -> float:
    if exposure <= 0:
        return 0.0
    from dp_accounting import get_epsilon_gaussian

    return float(get_epsilon_gaussian(exposure**-0.5, delta))
