"""What a class has answered, lesson by lesson: predictions, and the share of right answers before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.metrics.uncertainty import Estimate, estimate_means
from recsys.workspace.classes import Answer

_FEWEST = 2  # students with both answers


@dataclass(frozen=True)
class Change:
    """Right answers before and after the lesson, of the students who answered both times.

    Attributes:
        before, after: shares of right answers, 0 … 1.
        change: after − before, with its 95% interval over students (paired bootstrap).
        students: how many.
    """

    before: float
    after: float
    change: Estimate
    students: int


@dataclass(frozen=True, eq=False)
class LessonResult:
    """The answers of a class to one lesson.

    Attributes:
        predictions: float64 (n,), one for each student who predicted.
        change: None where fewer than two students answered before and after.
    """

    predictions: np.ndarray
    change: Change | None


def lesson_result(answers: Sequence[Answer], lesson: str, right: int) -> LessonResult:
    """The result of a lesson.

    Args:
        right: the number of the right option, from 0.
    """
    of_kind: dict[str, dict[str, float]] = {"before": {}, "prediction": {}, "after": {}}
    for answer in answers:
        if answer.lesson == lesson and answer.kind in of_kind:
            of_kind[answer.kind][answer.participant] = answer.value
    both = sorted(of_kind["before"].keys() & of_kind["after"].keys())
    predictions = np.array(list(of_kind["prediction"].values()), dtype=np.float64)
    if len(both) < _FEWEST:
        return LessonResult(predictions, None)
    before, after = (np.array([of_kind[kind][who] == right for who in both], float) for kind in ("before", "after"))
    change = estimate_means({"": after - before})[""]
    return LessonResult(predictions, Change(float(before.mean()), float(after.mean()), change, len(both)))


def students(answers: Sequence[Answer]) -> int:
    """How many students have answered anything."""
    return len({answer.participant for answer in answers})
