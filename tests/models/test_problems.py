"""A problem that ended a training is a message again where a run has saved it."""

from __future__ import annotations

import pytest

from recsys.models.training.problems import device_failed, known_problem, not_a_number, out_of_memory
from recsys.wording import Message

PROBLEMS = (not_a_number(float("nan")), out_of_memory(), device_failed("cuda", "RuntimeError: no kernel (got 3)"))


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_a_saved_problem_is_recognised(problem: Exception) -> None:
    found = known_problem(str(problem))
    assert isinstance(found, Message) and found == str(problem)
    assert isinstance(found.values["rule"], Message)


def test_another_text_stays() -> None:
    assert known_problem("the disk is full") == "the disk is full"
