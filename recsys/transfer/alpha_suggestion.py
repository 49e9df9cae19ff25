"""Which α? A suggestion with its evidence: what helped people with as much history as this one, or that nothing did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.errors import InputError


@dataclass(frozen=True)
class AlphaCurve:
    """What a study found for people with one number of known items.

    Attributes:
        observed: k, the items known.
        chosen_on, judged_on: how many users `alpha` was chosen on, and on how many others it was judged.
        alphas, values: NDCG@10 of all of them at each α; low, high: its 95% interval.
        alpha: chosen on one half of the users.
        gain, gain_low, gain_high: NDCG@10 at `alpha` minus that at α = 0, on the other half.
        shown: whether the gain is above 0 and above a random source's, on the other half and over all users after
            Holm's correction.
        harmed: share of the other half whose NDCG@10 fell.
    """

    observed: int
    chosen_on: int
    judged_on: int
    alphas: tuple[float, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    alpha: float
    gain: float
    gain_low: float
    gain_high: float
    shown: bool
    harmed: float

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AlphaCurve:
        kept: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in values.items()}
        return cls(**kept)


@dataclass(frozen=True)
class Suggestion:
    """An α with its evidence.

    Attributes:
        alpha: 0 when nothing is known to help.
        shrinkage: what the smooth rule c / (c + n) says.
        helps: whether evidence stands behind it.
        evidence: in words.
        curve: the curve it was read from.
    """

    alpha: float
    shrinkage: float
    helps: bool
    evidence: str
    curve: AlphaCurve


def shrinkage_alpha(c: float, n: int) -> float:
    """c / (c + n): the weight of the source when n items of the target are known. Raises InputError below 0."""
    if c < 0 or n < 0:
        raise InputError("c and n", "must not be negative", (c, n))
    return c / (c + n) if c + n > 0 else 0.0


def suggest_alpha(curves: Sequence[AlphaCurve], n: int, c: float = 0.0) -> Suggestion:
    """The α to begin with for somebody with n known items.

    Reads the curve of the largest k ≤ n (of the smallest where n is below all): people of the study most like this one.

    Args:
        curves: of one study.
        n: items known of the target.
        c: of the study's shrinkage rule.

    Raises:
        InputError: no curves.
    """
    if not curves:
        raise InputError("the study", "must have at least one curve", 0, "Run the transfer study first.")
    ordered = sorted(curves, key=lambda curve: curve.observed)
    curve = next((one for one in reversed(ordered) if one.observed <= n), ordered[0])
    rule = shrinkage_alpha(c, n)
    interval = f"{_signed(curve.gain)} [{_signed(curve.gain_low)}, {_signed(curve.gain_high)}]"
    some = f"{curve.observed} item{'s are' if curve.observed != 1 else ' is'} known"
    if not curve.shown:
        text = (
            f"No evidence that any α > 0 helps where {some}: α = {curve.alpha:.2g}, chosen on {curve.chosen_on:,} "
            f"users and judged on {curve.judged_on:,} others, changed NDCG@10 by {interval}."
        )
        return Suggestion(0.0, rule, False, text, curve)
    text = (
        f"α = {curve.alpha:.2g}, chosen on {curve.chosen_on:,} users of whom {some} "
        f"and judged on {curve.judged_on:,} others: NDCG@10 changed by {interval} against α = 0, and "
        f"{curve.harmed:.0%} of these others were harmed. The smooth rule c / (c + n) with c = {c:g} says {rule:.2g}."
    )
    return Suggestion(curve.alpha, rule, True, text, curve)


def _signed(value: float) -> str:
    sign = "−" if value < 0 else "+"
    return f"{sign}{abs(value):.4f}".replace("0.", ".", 1)
