"""Which of interests and next choice a study speaks for."""

from __future__ import annotations

from typing import Any

import pytest

from recsys.evaluation.study.methods import ALONE, INTERESTS, RANDOM, RANDOM_INTERESTS
from recsys.evaluation.study.what_helps import what_helps


def compared(against: str, value: float, shown: bool = True) -> dict[str, Any]:
    return {"against": against, "value": value, "low": value - 0.01, "high": value + 0.01, "shown": shown}


def point(observed: int, next_helps: bool, interests_help: bool, difference: float, shown: bool) -> dict[str, Any]:
    """`difference`: NDCG@10 of the next choice less that of interests."""
    return {
        "observed": observed,
        "comparisons": [
            compared(ALONE, 0.1, next_helps), compared(RANDOM, 0.1), compared(INTERESTS, difference, shown),
        ],
        "of_interests": [compared(ALONE, 0.1, interests_help), compared(RANDOM_INTERESTS, 0.1)],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ([point(1, True, True, 0.0, False)], "next-choice"),
        ([point(1, True, True, -0.05, True)], "interests"),
        ([point(1, True, True, 0.05, True)], "next-choice"),
        ([point(1, False, True, 0.0, False)], "interests"),
        ([point(1, False, False, -0.05, True)], "next-choice"),
        ([point(1, True, True, -0.05, True), point(2, True, True, 0.05, True)], "next-choice"),
        ([point(1, True, True, -0.05, True), point(2, True, True, 0.0, False)], "interests"),
    ],
)
def test_interests_need_evidence(points: list[dict[str, Any]], what: str) -> None:
    found = what_helps(points)
    assert found is not None and found.what == what


def test_the_sentence_claims_what_was_shown() -> None:
    found = what_helps([point(1, True, True, 0.05, True), point(3, True, False, 0.002, False)])
    assert found is not None
    assert found.sentence == (
        "Transferring the next choice helps with 1 or 3 known items; transferring interests helps with 1 known item. "
        "Interests are shown to be worse with 1 known."
    )
    none = what_helps([point(5, False, False, 0.002, False)])
    assert none is not None
    assert none.sentence == (
        "Transferring the next choice is not shown to help; transferring interests is not shown to help. Neither is "
        "shown to be better: interests differ from the next choice by at most −0.0020 [−0.0120, +0.0080] NDCG@10."
    )


def test_studies_of_earlier_versions_compared_no_interests() -> None:
    old = point(1, True, True, 0.05, True)
    del old["of_interests"]
    assert what_helps([old]) is None
    assert what_helps([]) is None
