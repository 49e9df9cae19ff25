"""A class: answers without names, one per participant and question, nothing left when it is closed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsys.errors import InputError, UnknownIdError
from recsys.workspace import Workspace
from recsys.workspace.class_results import lesson_result, students
from recsys.workspace.classes import (
    DAYS,
    Answer,
    add_answer,
    answers_csv,
    answers_of,
    close_class,
    close_old,
    find_class,
    is_teacher,
    open_class,
    own_answers,
    show_lesson,
)
from recsys.workspace.learning import keep_learning, read_learning


def space(number: int) -> str:
    return f"{number:032x}"


def test_thirty_students_answer_at_the_same_time_and_nothing_is_lost(tmp_path: Path) -> None:
    opened, _ = open_class(tmp_path, "matrix", "", "en")

    def answers(number: int) -> None:
        for kind, value in (("before", 0), ("prediction", number), ("after", 1)):
            add_answer(tmp_path, opened.code, space(number), "matrix", kind, value)

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(answers, range(30)))
    found = answers_of(tmp_path, opened.code)
    assert len(found) == 90 and students(found) == 30
    result = lesson_result(found, "matrix", right=1)
    assert sorted(result.predictions) == list(range(30))
    assert result.change is not None and result.change.students == 30
    assert (result.change.before, result.change.after, result.change.change.value) == (0, 1, 1)


def test_a_later_answer_replaces_the_earlier_one_of_the_same_student(tmp_path: Path) -> None:
    opened, _ = open_class(tmp_path, "matrix", "", "en")
    for value in (10, 20):
        add_answer(tmp_path, opened.code, space(1), "matrix", "prediction", value)
    assert [answer.value for answer in answers_of(tmp_path, opened.code)] == [20]


def test_no_identity_is_stored(tmp_path: Path) -> None:
    first, key = open_class(tmp_path, "matrix", "", "en")
    second, _ = open_class(tmp_path, "matrix", "", "en")
    for opened in (first, second):
        add_answer(tmp_path, opened.code, space(7), "matrix", "prediction", 1)
    written = "".join(file.read_text("utf-8") for file in tmp_path.rglob("*.json*"))
    assert space(7) not in written and key not in written
    one, other = (answers_of(tmp_path, opened.code)[0].participant for opened in (first, second))
    assert one != other  # the same student can't be found in another class
    assert answers_csv(answers_of(tmp_path, first.code)) == "student,lesson,question,answer\n1,matrix,prediction,1\n"


def test_only_the_teacher_changes_and_closes_it_and_closing_leaves_nothing(tmp_path: Path) -> None:
    opened, key = open_class(tmp_path, "matrix", "run", "zh")
    add_answer(tmp_path, opened.code, space(1), "matrix", "prediction", 1)
    assert is_teacher(tmp_path, opened.code, key) and not is_teacher(tmp_path, opened.code, "")
    with pytest.raises(InputError, match="you opened"):
        close_class(tmp_path, opened.code, "0" * 32)
    with pytest.raises(InputError, match="you opened"):
        show_lesson(tmp_path, opened.code, "", "real")
    show_lesson(tmp_path, opened.code, key, "real")
    assert find_class(tmp_path, f" {opened.code.lower()} ").lesson == "real"
    close_class(tmp_path, opened.code, key)
    assert not list((tmp_path / "classes").iterdir()) and answers_of(tmp_path, opened.code) == ()
    with pytest.raises(UnknownIdError, match="must be open"):
        add_answer(tmp_path, opened.code, space(1), "matrix", "prediction", 1)


@pytest.mark.parametrize("code", ["", "../..", "ABCDEF", "abc", "A" * 400])
def test_a_code_that_opens_nothing_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(UnknownIdError):
        find_class(tmp_path, code)


@pytest.mark.parametrize(
    ("lesson", "kind", "value"), [("matrix", "name", 1), ("../x", "after", 1), ("matrix", "after", float("nan"))]
)
def test_what_is_no_answer_is_refused(tmp_path: Path, lesson: str, kind: str, value: float) -> None:
    opened, _ = open_class(tmp_path, "matrix", "", "en")
    with pytest.raises(InputError, match="answer"):
        add_answer(tmp_path, opened.code, space(1), lesson, kind, value)


def test_a_torn_line_loses_no_other_answer(tmp_path: Path) -> None:
    opened, _ = open_class(tmp_path, "matrix", "", "en")
    add_answer(tmp_path, opened.code, space(1), "matrix", "prediction", 1)
    file = tmp_path / "classes" / opened.code / "answers.jsonl"
    file.write_text(file.read_text("utf-8") + '["torn", "mat\n', "utf-8")
    assert len(answers_of(tmp_path, opened.code)) == 1


def test_a_forgotten_class_is_deleted_when_the_server_starts(tmp_path: Path) -> None:
    opened, _ = open_class(tmp_path, "matrix", "", "en")
    close_old(tmp_path)
    assert find_class(tmp_path, opened.code)
    close_old(tmp_path, datetime.now(UTC).date() + timedelta(days=DAYS + 1))
    assert not list((tmp_path / "classes").iterdir())


def test_a_class_ends_after_its_days_before_it_is_deleted(tmp_path: Path) -> None:
    opened, key = open_class(tmp_path, "matrix", "", "en")
    add_answer(tmp_path, opened.code, space(1), "matrix", "prediction", 1)
    file = tmp_path / "classes" / opened.code / "class.json"
    before = (datetime.now(UTC).date() - timedelta(days=DAYS + 1)).isoformat()
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"opened": before}), "utf-8")
    with pytest.raises(UnknownIdError, match="must be open"):
        find_class(tmp_path, opened.code)
    assert not is_teacher(tmp_path, opened.code, key) and own_answers(tmp_path, opened.code, space(1)) == {}
    close_old(tmp_path)
    assert not list((tmp_path / "classes").iterdir())


def test_a_student_reads_own_answers_from_the_class_and_takes_them_back(tmp_path: Path) -> None:
    opened, _ = open_class(tmp_path, "matrix", "", "en")
    for number in (1, 2):
        for kind in ("before", "prediction"):
            add_answer(tmp_path, opened.code, space(number), "matrix", kind, number)
    add_answer(tmp_path, opened.code, space(1), "matrix", "prediction", None)
    assert own_answers(tmp_path, opened.code, space(1)) == {("matrix", "before"): 1}
    assert own_answers(tmp_path, opened.code, space(2)) == {("matrix", "before"): 2, ("matrix", "prediction"): 2}
    assert own_answers(tmp_path, opened.code, space(3)) == own_answers(tmp_path, "ABCDEF", space(1)) == {}
    assert len(answers_of(tmp_path, opened.code)) == 3


def test_no_space_keeps_anything_of_a_closed_class_after_the_server_starts(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    opened, key = open_class(tmp_path, "matrix", "", "en")
    student, teacher = (workspace.space(one * 32).folder for one in "ab")
    keep_learning(student, f"class_{opened.code}", **{"matrix.after": 1.0})  # as earlier versions did
    keep_learning(student, "class_ABCDEF", **{"real.prediction": 0.4})
    keep_learning(student, "matrix", prediction=3.0)
    keep_learning(teacher, "classes", **{opened.code: key, "ABCDEF": "0" * 32})
    workspace.sweep()
    assert read_learning(student) == {"matrix": {"prediction": 3.0}}
    assert read_learning(teacher) == {"classes": {opened.code: key}}


def test_the_change_needs_two_students_with_both_answers() -> None:
    one = [Answer("a", "real", "before", 0), Answer("a", "real", "after", 1), Answer("b", "real", "before", 1)]
    assert lesson_result(one, "real", 1).change is None
    two = lesson_result([*one, Answer("b", "real", "after", 1)], "real", 1).change
    assert two is not None and (two.before, two.after) == (0.5, 1) and two.change.low <= 0.5 <= two.change.high


def test_what_a_learner_predicted_is_kept_merged_and_damage_counts_as_empty(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    old, new = "a" * 32, "b" * 32
    keep_learning(workspace.space(old).folder, "matrix", prediction=3.0)
    keep_learning(workspace.space(old).folder, "real", prediction=0.5)
    keep_learning(workspace.space(new).folder, "real", prediction=0.1)
    workspace.join(old, new)
    kept = read_learning(workspace.space(old).folder)
    assert kept == {"matrix": {"prediction": 3.0}, "real": {"prediction": 0.1}}
    keep_learning(workspace.space(new).folder, "matrix", prediction=None)
    assert read_learning(workspace.space(new).folder)["matrix"] == {}
    (workspace.space(new).folder / "learning.json").write_text("{", "utf-8")
    assert read_learning(workspace.space(new).folder) == {}
