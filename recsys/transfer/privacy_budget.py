"""The privacy budget: what all draws of noise about the same users cost together, and the limit.

A draw whose noise is z times the sensitivity is a Gaussian mechanism with multiplier z. Several draws, each perhaps
chosen after the others were seen, are as private as one with 1/z² = Σ 1/zᵢ² (Dong, Roth & Su 2022, corollary 3.3); dp-
accounting converts that z to ε. Showing the same draw again costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
        members: user indexes whose histories were read, ascending; None in records of older versions.
    """

    model: str
    source: str
    epsilon: float
    delta: float
    number: int = 0
    made_of: str = ""
    members: tuple[int, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> Draw:
        """The draw that `to_json` wrote. Raises KeyError, TypeError or ValueError where `values` is not one."""
        members = values.get("members")
        draw = cls(
            str(values["model"]), str(values["source"]), float(values["epsilon"]), float(values["delta"]),
            int(values["number"]), str(values.get("made_of", "")),
            None if members is None else tuple(int(member) for member in members),
        )  # fmt: skip
        if not (0 < draw.epsilon < np.inf and 0 < draw.delta < 1 and draw.number >= 0):
            raise ValueError("a draw's privacy parameters are out of range")
        if draw.members is not None and (not draw.members or min(draw.members) < 0):
            raise ValueError("a draw's members are out of range")
        return draw


def composed_epsilon(draws: Sequence[tuple[float, float]], delta: float) -> float:
    """The ε at `delta` of several draws about one user, each given as (ε, δ); 0 for no draw."""
    return _epsilon(sum(noise_multiplier(*draw) ** -2 for draw in draws), delta)


def spent(
    draws: Iterable[Draw], members: np.ndarray, older_members: Callable[[str], np.ndarray], users: int, delta: float
) -> float:
    """The ε at `delta` that was spent on the most exposed of some users.

    Args:
        draws: all draws about this data; duplicates count once.
        members: user indexes to consider.
        older_members: gives the user indexes that a draw without recorded members may have read, from its `source`.
        users: number of users in the data.
    """
    exposure = np.zeros(users)
    for draw in set(draws):
        read = older_members(draw.source) if draw.members is None else np.array(draw.members)
        exposure[read] += noise_multiplier(draw.epsilon, draw.delta) ** -2
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


def _epsilon(exposure: float, delta: float) -> float:
    if exposure <= 0:
        return 0.0
    from dp_accounting import get_epsilon_gaussian

    return float(get_epsilon_gaussian(exposure**-0.5, delta))
