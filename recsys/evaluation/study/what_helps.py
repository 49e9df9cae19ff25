"""Whether a study speaks for transferring long-term interests or next-choice scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recsys.evaluation.study import methods
from recsys.evaluation.study.methods import INTERESTS, RANDOM_INTERESTS
from recsys.metrics.uncertainty import Estimate

What = Literal["interests", "next-choice"]


@dataclass(frozen=True)
class WhatHelps:
    """What to transfer, with the evidence.

    Attributes:
        what: next choice unless the study speaks for interests.
        sentence: why.
    """

    what: What
    sentence: str


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
    parts = [f"{name} {_where(good)}" for name, good in (("next choice", of_next), ("interests", of_interests))]
    return WhatHelps(what, f"Transferring the {parts[0]}; transferring {parts[1]}. {_difference(points, signs)}")


def _helps(comparisons: Sequence[Mapping[str, Any]], control: str) -> bool:
    return all(_shown_sign(_against(comparisons, name)) == 1 for name in (methods.ALONE, control))


def _against(comparisons: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(one for one in comparisons if one["against"] == name)


def _shown_sign(comparison: Mapping[str, Any]) -> int:
    """1 shown to be better, −1 shown to be worse, 0 neither."""
    return 0 if not comparison["shown"] else 1 if comparison["value"] > 0 else -1


def _where(points: Sequence[Mapping[str, Any]]) -> str:
    if not points:
        return "is not shown to help"
    known = [str(point["observed"]) for point in points]
    listed = known[0] if len(known) == 1 else f"{', '.join(known[:-1])} or {known[-1]}"
    return f"helps with {listed} known item{'s' * (known != ['1'])}"


def _difference(points: Sequence[Mapping[str, Any]], signs: Sequence[int]) -> str:
    better, worse = ([p["observed"] for p, one in zip(points, signs, strict=True) if one == sign] for sign in (-1, 1))
    if not better and not worse:
        largest = max((_against(p["comparisons"], INTERESTS) for p in points), key=lambda one: abs(one["value"]))
        value = Estimate(-largest["value"], -largest["high"], -largest["low"]).signed()
        return f"Neither is shown to be better: interests differ from the next choice by at most {value} NDCG@10."
    said = []
    for word, ks in (("better", better), ("worse", worse)):
        if ks:
            said.append(f"{word} with {', '.join(map(str, ks))} known")
    return f"Interests are shown to be {' and '.join(said)}."
