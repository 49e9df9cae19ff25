"""A suggestion for α with its evidence: what helped users with as much history, or that nothing did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recsys.errors import InputError
from recsys.metrics.uncertainty import Estimate
from recsys.wording import Message


@dataclass(frozen=True)
class AlphaCurve:
    """The result of a study for users with one number of known items.

    Attributes:
        observed: number of known items of each user.
        chosen_on, evaluated_on: number of users that `alpha` was chosen on, and of others that it was evaluated on.
        alphas, values: NDCG@10 of all users at each α; low, high: its 95% interval.
        alpha: chosen on one half of the users.
        gain, gain_low, gain_high: NDCG@10 at `alpha` minus that at α = 0, on the other half.
        shown: whether the gain is above 0 and above a random source's, on the other half and over all users after
            Holm's correction.
        harmed: share of the other half whose NDCG@10 fell.
    """

    observed: int
    chosen_on: int
    evaluated_on: int
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


@dataclass(frozen=True)
class Suggestion:
    """An α with its evidence.

    Attributes:
        alpha: 0 when nothing is known to help.
        shrinkage: α = c / (c + n).
        helps: whether the evidence supports α > 0.
        evidence: as a sentence.
        curve: the curve it was read from.
    """

    alpha: float
    shrinkage: float
    helps: bool
    evidence: Message
    curve: AlphaCurve


def shrinkage_alpha(c: float, n: int) -> float:
    """Shrinkage, α = c / (c + n), for a target with n known items. Raises InputError below 0."""
    if c < 0 or n < 0:
        raise InputError("c and n", "must not be negative", (c, n))
    return c / (c + n) if c + n > 0 else 0.0


def suggest_alpha(curves: Sequence[AlphaCurve], n: int, c: float = 0.0) -> Suggestion:
    """The α to begin with for a target with n known items.

    Uses the curve with the largest number of known items ≤ n, or the smallest one where n is below all.

    Args:
        curves: of one study.
        n: known items of the target.
        c: constant of the study's shrinkage, α = c / (c + n).

    Raises:
        InputError: no curves.
    """
    if not curves:
        raise InputError("the study", "must have at least one curve", 0, "Run the transfer study first.")
    ordered = sorted(curves, key=lambda curve: curve.observed)
    curve = next((one for one in reversed(ordered) if one.observed <= n), ordered[0])
    rule = shrinkage_alpha(c, n)
    interval = Estimate(curve.gain, curve.gain_low, curve.gain_high).signed()
    values = {"alpha": curve.alpha, "chosen": curve.chosen_on, "others": curve.evaluated_on, "change": interval}
    if not curve.shown:
        text = Message.plural(
            "No evidence that any α > 0 helps where {n} item is known: α = {alpha:.2g}, chosen on {chosen:,} users and "
            "evaluated on {others:,} others, changed NDCG@10 by {change}.",
            "No evidence that any α > 0 helps where {n} items are known: α = {alpha:.2g}, chosen on {chosen:,} users "
            "and evaluated on {others:,} others, changed NDCG@10 by {change}.",
            curve.observed,
            **values,
        )
        return Suggestion(0.0, rule, False, text, curve)
    text = Message.plural(
        "α = {alpha:.2g}, chosen on {chosen:,} users of whom {n} item is known and evaluated on {others:,} others: "
        "NDCG@10 changed by {change} against α = 0, and it fell for {harmed:.0%} of these others. "
        "Shrinkage: α = c / (c + n) = {rule:.2g} with c = {c:g}.",
        "α = {alpha:.2g}, chosen on {chosen:,} users of whom {n} items are known and evaluated on {others:,} others: "
        "NDCG@10 changed by {change} against α = 0, and it fell for {harmed:.0%} of these others. "
        "Shrinkage: α = c / (c + n) = {rule:.2g} with c = {c:g}.",
        curve.observed,
        **values,
        harmed=curve.harmed,
        rule=rule,
        c=c,
    )
    return Suggestion(curve.alpha, rule, True, text, curve)
