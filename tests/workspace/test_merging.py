"""Two spaces that turn out to be one browser's become one, and nothing in either is lost."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys.errors import InputError
from recsys.jobs.progress import Progress
from recsys.workspace import Space, Workspace, read_content
from recsys.workspace.learning import CLASSES, keep_learning, read_learning
from tests.jobs.functions import queue_of_functions, submit

ANN, BOB, CEM = "a" * 32, "b" * 32, "c" * 32


def names(space: Space) -> list[str]:
    return sorted(entry.name for entry in space.entries())


def test_what_either_held_is_in_the_one_that_stays(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    ann, bob = home.space(ANN), home.space(BOB)
    notes = [ann.save_json("note", "of ann", {"n": 1}), bob.save_json("note", "of bob", {"n": 2})]
    thrown = ann.save_json("note", "thrown away", {})
    ann.delete(thrown.id)
    ann.set_name("Ann")
    home.join(ann.id, bob.id)
    for token in (ANN, BOB):
        space = Workspace(tmp_path).space(token)
        assert space.id == BOB and names(space) == ["of ann", "of bob"] and space.name == "Ann"
        assert [gone.name for gone in space.trash()] == ["thrown away"]
    assert [home.find(note.id, "note")[0].name for note in notes] == ["of ann", "of bob"]
    assert home.owner_of(notes[0].id, "note") == "Ann"


def test_a_teacher_keeps_the_keys_of_the_classes_in_both(tmp_path: Path) -> None:
    """Lessons and guides stay as the space that remains has them."""
    home = Workspace(tmp_path)
    ann, bob = home.space(ANN), home.space(BOB)
    keep_learning(ann.folder, CLASSES, first="key 1", both="old")
    keep_learning(ann.folder, "matrix", prediction=3.0, seen=True)
    keep_learning(bob.folder, CLASSES, second="key 2", both="own")
    keep_learning(bob.folder, "matrix", prediction=4.0)
    home.join(ann.id, bob.id)
    kept = {CLASSES: {"first": "key 1", "second": "key 2", "both": "own"}, "matrix": {"prediction": 4.0}}
    assert read_learning(bob.folder) == kept


def test_a_space_opened_before_goes_on_in_the_one_that_stays(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    ann, bob = home.space(ANN), home.space(BOB)
    early = ann.save_json("note", "early", {})

    def write(folder: Path) -> None:
        home.join(ANN, BOB)  # while a job is writing its result
        (folder / "content.json").write_text("{}", "utf-8")

    ann.save("note", "meanwhile", write)
    ann.save_json("note", "late", {})
    assert names(bob) == names(ann) == ["early", "late", "meanwhile"] and ann.get(early.id) == early
    assert not list((tmp_path / "spaces" / ANN).glob("*/*"))


def test_spaces_join_in_a_row_and_never_in_a_circle(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    for token in (ANN, BOB, CEM):
        home.space(token).save_json("note", token[0], {})
    home.join(ANN, BOB)
    home.join(BOB, CEM)
    home.join(CEM, ANN)
    home.join(ANN, ANN)
    assert {home.space(token).id for token in (ANN, BOB, CEM)} == {CEM}
    assert names(home.space(ANN)) == ["a", "b", "c"]


@pytest.mark.parametrize("written", ["", "x", "../" + "b" * 29, BOB + BOB])
def test_a_damaged_note_of_where_a_space_went_leads_nowhere(tmp_path: Path, written: str) -> None:
    home = Workspace(tmp_path)
    home.space(ANN).save_json("note", "kept", {})
    (tmp_path / "spaces" / ANN / "joined.txt").write_text(written, "utf-8")
    assert home.space(ANN).id == ANN and names(Workspace(tmp_path).space(ANN)) == ["kept"]


@pytest.mark.parametrize("step", range(6))
def test_killed_while_joining_the_rest_comes_after_a_restart(tmp_path: Path, step: int) -> None:
    home = Workspace(tmp_path)
    for n in range(3):
        home.space(ANN).save_json("note", f"{n}", {"n": n})
    process = os.fork()
    if not process:
        left = step
        rename, replace = Path.rename, Path.replace

        def dies(call: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
            def counted(path: Path, target: Path) -> Path:
                nonlocal left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(path, target)

            return counted

        Path.rename, Path.replace = dies(rename), dies(replace)  # type: ignore[method-assign, assignment]
        home.join(ANN, BOB)
        os._exit(0)
    os.waitpid(process, 0)
    again = Workspace(tmp_path)
    space = again.space(ANN)
    assert space.id == (ANN if step == 0 else BOB) and names(space) == ["0", "1", "2"]
    assert all(read_content(space.path(entry.id)) == {"n": int(entry.name)} for entry in space.entries())
    assert json.dumps(names(again.space(BOB))) == ("[]" if step == 0 else '["0", "1", "2"]')


def test_moving_all_entries_leaves_the_other_space_usable(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    ann, bob = home.space(ANN), home.space(BOB)
    note = ann.save_json("note", "mine", {})
    assert bob.move_from(ann) == 1
    assert names(bob) == ["mine"] and names(ann) == [] and home.space(ANN).id == ANN
    assert home.find(note.id, "note")[1] == bob.path(note.id)


def test_no_space_is_named_by_anything_else(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    for name in ("", "x", "../x", "account-", "account-" + "g" * 32, "account-" + "a" * 31, "A" * 32, "a" * 33):
        with pytest.raises(InputError):
            home.space(name)


def test_jobs_follow_their_owner() -> None:
    queue = queue_of_functions()
    job = submit(queue, ANN, "map", "x", lambda progress: 1)
    queue.wait(job, ANN, 10)
    queue.join(ANN, BOB)
    queue.join(BOB, CEM)
    assert {queue.snapshot(job, owner).id for owner in (ANN, BOB, CEM)} == {job}
    late: list[Progress] = []
    again = submit(queue, ANN, "map", "y", late.append)
    assert queue.wait(again, CEM, 10).state == "done" and len(queue.of(BOB)) == 2 and queue.of("d" * 32) == ()
