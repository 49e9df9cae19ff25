"""The job queue: fair turns, stop, and isolation of owners."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

from recsys.errors import InputError, StudioError, UnknownIdError
from recsys.jobs import queue as queue_module
from recsys.jobs.progress import Progress
from tests.jobs.functions import described, queue_of_functions, submit


def test_a_job_reports_and_returns() -> None:
    queue = queue_of_functions()

    def work(progress: Progress) -> int:
        progress(0.5, "half", loss=1.0)
        progress(0.75, "more", speed=3)
        return 7

    done = queue.wait(submit(queue, "ann", "train", "a model", work), "ann", 10)
    assert (done.state, done.result, done.fraction, done.message) == ("done", 7, 1.0, "more")
    assert dict(done.details) == {"loss": 1.0, "speed": 3}


def test_a_rule_violation_is_shown_and_an_unexpected_error_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    queue = queue_of_functions()

    def refuses(progress: Progress) -> None:
        raise InputError("alpha", "must be between 0 and 1", 1.4)

    def breaks(progress: Progress) -> None:
        raise ZeroDivisionError("secret detail")

    known = queue.wait(submit(queue, "ann", "study", "x", refuses), "ann", 10)
    unknown = queue.wait(submit(queue, "ann", "study", "x", breaks), "ann", 10)
    assert known.state == "failed" and known.error == "alpha must be between 0 and 1 (got 1.4)."
    assert unknown.state == "failed" and unknown.error and "secret" not in unknown.error
    assert "secret detail" in caplog.text


def test_owners_take_turns_and_see_their_position() -> None:
    queue = queue_of_functions(workers=1)
    gate, order = threading.Event(), []

    def waits(progress: Progress) -> None:
        gate.wait(10)

    def job(name: str):  # type: ignore[no-untyped-def]
        return lambda progress: order.append(name)

    submit(queue, "ann", "train", "first", waits)
    ids = [submit(queue, "ann", "train", f"a{n}", job(f"a{n}")) for n in range(3)]
    ids.append(submit(queue, "bob", "train", "b0", job("b0")))
    places = [queue.snapshot(i, "ann").position for i in ids[:3]] + [queue.snapshot(ids[3], "bob").position]
    gate.set()
    for i, owner in zip(ids, ["ann"] * 3 + ["bob"], strict=True):
        queue.wait(i, owner, 10)
    assert order == ["b0", "a0", "a1", "a2"] and places == [2, 3, 4, 1]


def test_one_training_runs_at_a_time_beside_other_kinds() -> None:
    queue = queue_of_functions(workers=2)
    gate = threading.Event()
    first = submit(queue, "ann", "train", "t", lambda progress: gate.wait(10))
    second = submit(queue, "ann", "train", "t", lambda progress: None)
    beside = queue.wait(submit(queue, "ann", "map", "m", lambda progress: "drawn"), "ann", 10)
    assert beside.result == "drawn" and queue.snapshot(second, "ann").state == "queued"
    gate.set()
    assert queue.wait(second, "ann", 10).state == queue.wait(first, "ann", 10).state == "done"


def test_stop_ends_at_the_next_report_or_gracefully() -> None:
    queue = queue_of_functions()
    reached = threading.Event()

    def hard(progress: Progress) -> None:
        while True:
            progress(0.1)
            reached.set()

    def soft(progress: Progress) -> str:
        progress.graceful = True
        while not progress.stopping:
            progress(0.1)
            reached.set()
        progress(0.2, "ending")
        return "best so far"

    for work, state, result in ((hard, "stopped", None), (soft, "done", "best so far")):
        reached.clear()
        job = submit(queue, "ann", "train", "x", work)
        assert reached.wait(10)
        queue.stop(job, "ann")
        ended = queue.wait(job, "ann", 10)
        assert (ended.state, ended.result) == (state, result)


def test_a_failed_job_can_be_retried_under_its_id() -> None:
    queue, tries = queue_of_functions(), []

    def work(progress: Progress) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise InputError("x", "fails once")
        return len(tries)

    first = submit(queue, "ann", "train", "x", work)
    assert queue.wait(first, "ann", 10).state == "failed"
    assert submit(queue, "ann", "train", "x", work, first) == first
    assert queue.wait(first, "ann", 10).result == 2 and len(queue.of("ann")) == 1


class Large:
    """Something that must not stay in memory: a dataset, a run."""


@pytest.mark.parametrize("ending", ["done", "failed", "stopped", "broken"])
def test_an_ended_job_releases_the_objects_of_its_work(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        queue_module.log, "exception", lambda *told: None
    )  # pytest would keep the traceback with its frames
    queue, held = queue_of_functions(), Large()
    gone = weakref.ref(held)

    def work(progress: Progress, data: Large = held) -> str:
        if ending == "failed":
            raise InputError("x", "fails", data)
        if ending == "broken":
            raise ZeroDivisionError(data)
        while ending == "stopped":
            progress(0.5)
        return "an id"

    job = submit(queue, "ann", "train", "x", work)
    del work, held
    if ending == "stopped":
        queue.stop(job, "ann")
    ended = queue.wait(job, "ann", 10)
    assert ended.state == ("failed" if ending == "broken" else ending)
    for _ in range(100):  # its thread ends a moment after the job
        if gone() is None:
            break
        time.sleep(0.02)
        gc.collect()
    assert gone() is None and queue.snapshot(job, "ann").label == "x"


def test_ended_jobs_release_their_datasets() -> None:
    queue = queue_of_functions(workers=2, max_active=300)
    alive: weakref.WeakSet[Large] = weakref.WeakSet()

    def with_data() -> str:
        held = Large()
        alive.add(held)
        return submit(queue, "ann", "map", "x", lambda progress: id(held))

    for job in [with_data() for _ in range(200)]:
        assert queue.wait(job, "ann", 30).state == "done"
    time.sleep(0.1)
    gc.collect()
    assert len(queue.of("ann")) == 200 and len(alive) == 0


@pytest.mark.parametrize(
    "result", [Large(), np.zeros(3), [Large()], {"a": Large()}, "x" * 100_000, tuple(range(10_000))], ids=type
)
def test_a_result_is_ids_and_numbers(result: object, caplog: pytest.LogCaptureFixture) -> None:
    queue = queue_of_functions()
    ended = queue.wait(submit(queue, "ann", "map", "x", lambda progress: result), "ann", 10)
    assert ended.state == "failed" and ended.result is None
    assert "must return ids and numbers" in caplog.text


def test_an_active_job_is_never_started_twice() -> None:
    queue, gate, runs = queue_of_functions(workers=2), threading.Event(), []

    def work(progress: Progress) -> None:
        runs.append(1)
        gate.wait(10)

    job = submit(queue, "ann", "train", "a model", work, "f" * 24)
    waits = submit(queue, "ann", "train", "another", work, "e" * 24)
    for one in (job, waits):
        with pytest.raises(StudioError, match="is already"):
            submit(queue, "ann", "train", "again", work, one)
        assert queue.ensure("ann", "train", "again", described(queue, work, one), one) == one
    with pytest.raises(UnknownIdError):
        submit(queue, "bob", "train", "mine now", work, job)
    assert [one.label for one in queue.of("ann")] == ["another", "a model"]
    gate.set()
    assert [queue.wait(one, "ann", 10).state for one in (job, waits)] == ["done", "done"] and len(runs) == 2
    with pytest.raises(UnknownIdError):
        submit(queue, "bob", "train", "mine now", work, job)
    queue.ensure("ann", "train", "again", described(queue, work, job), job)
    assert queue.wait(job, "ann", 10).state == "done" and len(runs) == 3
    assert [one.label for one in queue.of("ann")] == ["again", "another"]


def test_a_job_of_another_owner_is_out_of_reach() -> None:
    queue = queue_of_functions()
    job = submit(queue, "ann", "train", "x", lambda progress: "private")
    queue.wait(job, "ann", 10)
    for call in (queue.snapshot, queue.stop):
        with pytest.raises(UnknownIdError):
            call(job, "bob")
    assert queue.of("bob") == () and len(queue.of("ann")) == 1


def test_one_owner_cannot_fill_the_queue() -> None:
    queue = queue_of_functions(workers=1, max_active=2)
    gate = threading.Event()
    ids = [submit(queue, "ann", "train", "x", lambda progress: gate.wait(10)) for _ in range(2)]
    with pytest.raises(StudioError, match="at most 2"):
        submit(queue, "ann", "train", "x", lambda progress: None)
    gate.set()
    for job in ids:
        queue.wait(job, "ann", 10)


def test_old_jobs_are_forgotten() -> None:
    queue = queue_of_functions(keep=2)
    for _ in range(5):
        queue.wait(submit(queue, "ann", "map", "x", lambda progress: None), "ann", 10)
    assert len(queue.of("ann")) <= 3


def test_equal_work_is_done_once_and_watched_by_all() -> None:
    queue, gate, begun, done = queue_of_functions(workers=2), threading.Event(), threading.Event(), []

    def trains(name: str):  # type: ignore[no-untyped-def]
        def work(progress: Progress) -> str:
            if progress.equal_result is not None:
                return f"{name} from {progress.equal_result}"
            progress(0.5, "epoch 3 of 6", epochs=6)
            done.append(name)
            begun.set()
            gate.wait(10)
            return f"run of {name}"

        return work

    first = submit(queue, "ann", "train", "ann’s", trains("ann"), key="same")
    assert begun.wait(10)
    other = submit(queue, "cat", "train", "cat’s", trains("cat"), key="other")
    equal = [submit(queue, "bob", "train", f"bob’s {n}", trains(f"bob {n}"), key="same") for n in range(3)]
    seen = queue.snapshot(equal[1], "bob")
    assert (seen.state, seen.position, seen.fraction, seen.message) == ("running", 0, 0.5, "epoch 3 of 6")
    assert (seen.id, seen.owner, seen.label, dict(seen.details)) == (equal[1], "bob", "bob’s 1", {"epochs": 6})
    assert queue.snapshot(other, "cat").state == "queued"
    queue.stop(equal[2], "bob")
    gate.set()
    assert queue.wait(first, "ann", 10).result == "run of ann"
    results = [queue.wait(one, "bob", 10).result for one in equal[:2]]
    assert all(result.startswith(f"bob {n} from ") for n, result in enumerate(results))
    assert queue.wait(equal[2], "bob", 10).state == "stopped"
    assert queue.wait(other, "cat", 10).result == "run of cat" and done == ["ann", "cat"]


@pytest.mark.parametrize("ending", ["stopped", "stopped well", "failed"])
def test_what_did_not_end_well_is_not_shared(ending: str) -> None:
    queue, gate, begun = queue_of_functions(), threading.Event(), threading.Event()

    def ends(progress: Progress) -> str:
        progress.graceful = ending == "stopped well"
        begun.set()
        gate.wait(10)
        if ending == "failed":
            raise InputError("the training", "failed")
        progress(0.5)
        return "half a run"

    first = submit(queue, "ann", "train", "a", ends, key="same")
    assert begun.wait(10)
    second = submit(
        queue, "bob", "train", "b", lambda progress: progress.equal_result or "a run of its own", key="same"
    )
    if ending != "failed":
        queue.stop(first, "ann")
    gate.set()
    assert queue.wait(second, "bob", 10).result == "a run of its own"


def test_work_without_a_key_is_never_shared() -> None:
    queue = queue_of_functions()
    for name in ("a", "b"):
        job = submit(queue, "ann", "train", name, lambda progress, name=name: progress.equal_result or name)
        assert queue.wait(job, "ann", 10).result == name


def test_the_result_of_equal_work_is_known_before_it_is_asked_for() -> None:
    queue = queue_of_functions()
    assert queue.result_of("a key") is None
    done = queue.ensure(
        "ann", "map", "m", described(queue, lambda progress: {"value": "v"}, "a" * 24), "a" * 24, key="a key"
    )
    assert queue.wait(done, "ann", 10).state == "done" and queue.result_of("a key") == {"value": "v"}
    failed = submit(queue, "ann", "map", "m", lambda progress: 1 / 0, key="another")
    assert queue.wait(failed, "ann", 10).state == "failed" and queue.result_of("another") is None
