"""The queue: fair turns, stop, retry, and walls between owners."""

from __future__ import annotations

import threading

import pytest

from recsys.errors import InputError, StudioError, UnknownIdError
from recsys.jobs import JobQueue, Progress


def test_a_job_reports_and_returns() -> None:
    queue = JobQueue()

    def work(progress: Progress) -> int:
        progress(0.5, "half", loss=1.0)
        progress(0.75, "more", speed=3)
        return 7

    done = queue.wait(queue.submit("ann", "train", "a model", work), "ann", 10)
    assert (done.state, done.result, done.fraction, done.message) == ("done", 7, 1.0, "more")
    assert dict(done.details) == {"loss": 1.0, "speed": 3}


def test_a_known_error_is_shown_and_an_unknown_one_is_only_named(caplog: pytest.LogCaptureFixture) -> None:
    queue = JobQueue()

    def refuses(progress: Progress) -> None:
        raise InputError("alpha", "must be between 0 and 1", 1.4)

    def breaks(progress: Progress) -> None:
        raise ZeroDivisionError("secret detail")

    known = queue.wait(queue.submit("ann", "study", "x", refuses), "ann", 10)
    unknown = queue.wait(queue.submit("ann", "study", "x", breaks), "ann", 10)
    assert known.state == "failed" and known.error == "alpha must be between 0 and 1 (got 1.4)."
    assert unknown.state == "failed" and unknown.error and "secret" not in unknown.error
    assert "secret detail" in caplog.text


def test_owners_take_turns_and_see_their_place() -> None:
    queue = JobQueue(workers=1)
    gate, order = threading.Event(), []

    def waits(progress: Progress) -> None:
        gate.wait(10)

    def job(name: str):  # type: ignore[no-untyped-def]
        return lambda progress: order.append(name)

    queue.submit("ann", "train", "first", waits)
    ids = [queue.submit("ann", "train", f"a{n}", job(f"a{n}")) for n in range(3)]
    ids.append(queue.submit("bob", "train", "b0", job("b0")))
    places = [queue.snapshot(i, "ann").position for i in ids[:3]] + [queue.snapshot(ids[3], "bob").position]
    gate.set()
    for i, owner in zip(ids, ["ann"] * 3 + ["bob"], strict=True):
        queue.wait(i, owner, 10)
    assert order == ["b0", "a0", "a1", "a2"] and places == [2, 3, 4, 1]


def test_one_training_at_a_time_but_other_kinds_go_beside_it() -> None:
    queue = JobQueue(workers=2)
    gate = threading.Event()
    first = queue.submit("ann", "train", "t", lambda progress: gate.wait(10))
    second = queue.submit("ann", "train", "t", lambda progress: None)
    beside = queue.wait(queue.submit("ann", "map", "m", lambda progress: "drawn"), "ann", 10)
    assert beside.result == "drawn" and queue.snapshot(second, "ann").state == "queued"
    gate.set()
    assert queue.wait(second, "ann", 10).state == queue.wait(first, "ann", 10).state == "done"


def test_stop_ends_at_the_next_report_or_gracefully() -> None:
    queue = JobQueue()
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
        job = queue.submit("ann", "train", "x", work)
        assert reached.wait(10)
        queue.stop(job, "ann")
        ended = queue.wait(job, "ann", 10)
        assert (ended.state, ended.result) == (state, result)


def test_a_job_can_be_tried_again() -> None:
    queue, tries = JobQueue(), []

    def work(progress: Progress) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise InputError("x", "fails once")
        return len(tries)

    first = queue.submit("ann", "train", "x", work)
    assert queue.wait(first, "ann", 10).state == "failed"
    assert queue.wait(queue.retry(first, "ann"), "ann", 10).result == 2


def test_nobody_reaches_somebody_elses_job() -> None:
    queue = JobQueue()
    job = queue.submit("ann", "train", "x", lambda progress: "private")
    queue.wait(job, "ann", 10)
    for call in (queue.snapshot, queue.stop, queue.retry):
        with pytest.raises(UnknownIdError):
            call(job, "bob")
    assert queue.of("bob") == () and len(queue.of("ann")) == 1


def test_one_owner_cannot_fill_the_queue() -> None:
    queue = JobQueue(workers=1, waiting=2)
    gate = threading.Event()
    ids = [queue.submit("ann", "train", "x", lambda progress: gate.wait(10)) for _ in range(2)]
    with pytest.raises(StudioError, match="at most 2"):
        queue.submit("ann", "train", "x", lambda progress: None)
    gate.set()
    for job in ids:
        queue.wait(job, "ann", 10)


def test_old_jobs_are_forgotten() -> None:
    queue = JobQueue(keep=2)
    for _ in range(5):
        queue.wait(queue.submit("ann", "map", "x", lambda progress: None), "ann", 10)
    assert len(queue.of("ann")) <= 3
