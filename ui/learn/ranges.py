"""The range of a question's slider where no fixed one holds the measured value of every data set."""

from __future__ import annotations

import math
from dataclasses import replace

from ui.learn.measure import Data, truth
from ui.learn.texts import Lesson

FROM_DATA = ("matrix", "transfer")
"""The lessons whose range follows from the data."""
_STEPS = 100  # positions of the slider for a share


def with_range(lesson: Lesson, data: Data) -> Lesson:
    """The lesson, its question with a range that holds the measured value and does not tell it."""
    question = lesson.question
    if lesson.key == "matrix":
        high = _share_range(truth(lesson.key, data))
        return replace(lesson, question=replace(question, high=high, step=high / _STEPS))
    if lesson.key == "transfer":
        return replace(lesson, question=replace(question, high=_count_range(truth(lesson.key, data), question.high)))
    return lesson


def _share_range(percent: float) -> float:
    """The end of the range of a small share, in percent: a power of ten, 10 to 100 times as large, at most 100."""
    return float(min(100.0, 10.0 ** (math.ceil(math.log10(percent)) + 1))) if percent > 0 else 100.0


def _count_range(count: float, usual: float) -> float:
    """The end of the range of a count: the usual one, else the next of 500, 1,000, 2,000, 5,000 …"""
    high, factors = usual, (2.5, 2.0, 2.0)
    for step in range(60):
        if high >= count:
            break
        high *= factors[step % 3]
    return high
