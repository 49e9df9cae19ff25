"""Whether a study speaks for transferring long-term interests or next-choice scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recsys.evaluation.study import methods
from recsys.evaluation.study.methods import INTERESTS, RANDOM_INTERESTS
from recsys.metrics.uncertainty import Estimate
from recsys.wording import Message, listed

What = Literal["interests", "next-choice"]


@dataclass(frozen=True)
class WhatHelps:
    """What to transfer, with the evidence.

    Attributes:
        what: next choice unless the study speaks for interests.
        sentence: why.
    """

    what: What
    sentence: Message


def what_helps(points: Sequence[Mapping[str, Any]]) -> WhatHelps | None:
    """What the points of a study's JSON speak for; None for a study that did not compare the two.

    Either helps where it is shown to be better than no transfer and than a random source whose same scores are
    transferred. Interests are chosen if they help, and either the next choice does not help at all, or interests are
    shown to be better than it for more numbers of known items than worse.
    """
    if not points or not all(point.get("of_interests") for point in points):
        return None
    of_next = [point for point in points if _helps(point["comparisons"], methods.RANDOM)]
    of_interests = [point for point in points if _helps(point["of_interests"], RANDOM_INTERESTS)]
    signs = [_shown_sign(_against(point["comparisons"], INTERESTS)) for point in points]
    better, worse = signs.count(-1), signs.count(1)
    what: What = "interests" if of_interests and (not of_next or better > worse) else "next-choice"
    sentence = Message(
        "Transferring the next choice {next_choice}; transferring interests {interests}. {difference}",
        next_choice=_where(of_next),
        interests=_where(of_interests),
        difference=_difference(points, signs),
    )
    return WhatHelps(what, sentence)


def _helps(comparisons: Sequence[Mapping[str, Any]], control: str) -> bool:
    return all(_shown_sign(_against(comparisons, name)) == 1 for name in (methods.ALONE, control))


def _against(comparisons: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(one for one in comparisons if one["against"] == name)


def _shown_sign(comparison: Mapping[str, Any]) -> int:
    """1 shown to be better, −1 shown to be worse, 0 neither."""
    return 0 if not comparison["shown"] else 1 if comparison["value"] > 0 else -1


def _where(points: Sequence[Mapping[str, Any]]) -> Message:
    if not points:
        return Message("is not shown to help")
    known = [str(point["observed"]) for point in points]
    return Message(
        "helps with {known} known item" if known == ["1"] else "helps with {known} known items",
        known=listed(known, "or"),
    )


def _difference(points: Sequence[Mapping[str, Any]], signs: Sequence[int]) -> Message:
    better, worse = ([p["observed"] for p, one in zip(points, signs, strict=True) if one == sign] for sign in (-1, 1))
    if not better and not worse:
        largest = max((_against(p["comparisons"], INTERESTS) for p in points), key=lambda one: abs(one["value"]))
        value = Estimate(-largest["value"], -largest["high"], -largest["low"]).signed()
        return Message(
            "Neither is shown to be better: interests differ from the next choice by at most {value} NDCG@10.",
            value=value,
        )
    said = []
    if better:
        said.append(Message("better with {known} known", known=listed(list(map(str, better)))))
    if worse:
        said.append(Message("worse with {known} known", known=listed(list(map(str, worse)))))
    return Message("Interests are shown to be {better_or_worse}.", better_or_worse=listed(said, "and"))
