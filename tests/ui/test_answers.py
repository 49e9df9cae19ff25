"""What evaluations find is kept apart from their jobs, and bounded."""

from __future__ import annotations

import gc
import weakref

from ui.evaluate.jobs import Answers


class Report:
    """A large answer."""


def test_the_oldest_answers_make_room_and_are_let_go() -> None:
    answers, alive = Answers(most=3), weakref.WeakSet()
    for number in range(10):
        report = Report()
        alive.add(report)
        answers.put(f"{number}", report)
    del report
    gc.collect()
    assert len(alive) == 3 and "6" not in answers and answers.get("6") is None
    assert all(isinstance(answers.get(f"{number}"), Report) for number in (7, 8, 9))


def test_a_new_answer_takes_the_place_of_the_old_one() -> None:
    answers = Answers(most=2)
    for job, found in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        answers.put(job, found)
    assert "b" not in answers and (answers.get("a"), answers.get("c")) == (3, 4)
