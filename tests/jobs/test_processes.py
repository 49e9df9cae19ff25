"""A worker process that is killed, crashes, hangs or needs too much memory: what becomes of its job and of the app."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from recsys.jobs import processes
from recsys.jobs.description import JobDescription
from recsys.jobs.parts import PARTS
from recsys.jobs.processes import Limits, ProcessRunner
from recsys.jobs.progress import JobStopped, Progress
from recsys.jobs.queue import JobQueue
from recsys.workspace import Workspace
from tests.jobs.test_runner_conformance import (
    ANN,
    BOB,
    PATIENCE,
    WORKER,
    described,
    end_of,
    scores,
    submit,
    training,
    until,
)

LIMITS = Limits(memory=8_000_000_000)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def started(workspace: Workspace) -> Iterator[ProcessRunner]:
    """Shared, so that the next test uses the worker that the one before has left."""
    runner = ProcessRunner(workspace, LIMITS, WORKER)
    yield runner
    runner.close()


@pytest.fixture
def runner(started: ProcessRunner) -> ProcessRunner:
    """A test may set other limits on time; those on memory are told to a worker when it starts."""
    started.limits = LIMITS
    return started


@pytest.fixture
def queue(runner: ProcessRunner) -> JobQueue:
    return JobQueue(workers=3, trainings=2, runner=runner)


@pytest.fixture
def own(workspace: Workspace) -> Iterator[Callable[[Limits], ProcessRunner]]:
    """`own(limits)` is a runner of this test alone."""
    made: list[ProcessRunner] = []

    def make(limits: Limits) -> ProcessRunner:
        made.append(ProcessRunner(workspace, limits, WORKER))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


def workers_of(runner: ProcessRunner) -> list[int]:
    """The processes of the workers that have a job."""
    return [worker.process.pid for worker in runner._busy]


def pid_of(queue: JobQueue, job: JobDescription) -> int:
    """The process of a running job that reports it."""
    until(lambda: queue.snapshot(job.id, ANN).details.get("pid"))
    return int(queue.snapshot(job.id, ANN).details["pid"])


def test_a_small_worker_is_used_again_and_a_large_one_returns_its_memory(
    queue: JobQueue, runner: ProcessRunner
) -> None:
    runner.limits = replace(LIMITS, reuse=300_000_000)
    first = end_of(queue, described("allocates", bytes=10_000_000)).result
    grown = end_of(queue, described("allocates", bytes=500_000_000, keep=40)).result
    last = end_of(queue, described("allocates", bytes=10_000_000)).result
    assert first == grown != last
    until(lambda: not psutil.pid_exists(grown))


def test_a_worker_that_nobody_needs_ends(queue: JobQueue, runner: ProcessRunner) -> None:
    runner.limits = replace(LIMITS, keep=0.5)
    pid = end_of(queue, described("reports")).result["pid"]
    until(lambda: not psutil.pid_exists(pid))
    assert end_of(queue, described("reports")).result["pid"] != pid


def test_a_crash_is_survived_once_and_then_named(queue: JobQueue, caplog: pytest.LogCaptureFixture) -> None:
    assert end_of(queue, described("crashes_once")).result == "resumed"
    ended = end_of(queue, described("crashes"))
    assert ended.state == "failed" and not ended.unexpected and ended.error is not None
    assert "crashed (SIGSEGV), and so did the one that replaced it. Try again. If" in ended.error
    lost = [record for record in caplog.records if record.getMessage() == "worker lost"]
    assert len(lost) == 3 and "string_at" in lost[-1].fields["stderr"]  # type: ignore[attr-defined]
    assert end_of(queue, described("reports")).state == "done"


@pytest.mark.parametrize(("kind", "limits"), [("stops_itself", {"silence": 2.0}), ("sleeps", {"idle": 2.0})])
def test_a_worker_that_hangs_is_ended(
    queue: JobQueue, runner: ProcessRunner, kind: str, limits: dict[str, float]
) -> None:
    runner.limits = replace(LIMITS, **limits)  # type: ignore[arg-type]
    ended = end_of(queue, described(kind))
    assert ended.state == "failed" and ended.error is not None
    assert "did nothing for" in ended.error and "so it was ended. Try again." in ended.error
    assert not workers_of(runner)


@pytest.mark.parametrize("kind", ["sleeps", "hangs_gracefully"])
def test_a_stop_ends_even_a_job_that_never_looks(queue: JobQueue, runner: ProcessRunner, kind: str) -> None:
    runner.limits = replace(LIMITS, finish=0.6)
    job = described(kind)
    submit(queue, job)
    pid = pid_of(queue, job)
    queue.stop(job.id, ANN)
    assert queue.wait(job.id, ANN, PATIENCE).state == "stopped"
    until(lambda: not psutil.pid_exists(pid))


class ScriptedWorker:
    """A worker whose messages come at set times of a clock, which passes only while one waits for them."""

    def __init__(self, clock: list[float], script: dict[float, dict[str, Any]]) -> None:
        self.clock, self.script, self.asked = clock, sorted(script.items()), list[tuple[float, dict[str, Any]]]()
        self.reusable, self.greeted, self.alive = True, True, True

    def receive(self, seconds: float) -> dict[str, Any] | None:
        if self.script and self.script[0][0] <= self.clock[0] + seconds:
            self.clock[0], message = self.script.pop(0)
            return message
        self.clock[0] += seconds
        assert self.clock[0] < 200.0, "it is never ended"
        return {"alive": True}

    def send(self, message: dict[str, Any]) -> None:
        self.asked.append((self.clock[0], message))

    def usage(self) -> tuple[int, float, float]:
        return 0, self.clock[0], 100.0

    def memory(self) -> int:
        return 0

    def last_words(self) -> str:
        return ""

    def kill(self) -> None:
        self.alive = False


GRACEFUL = {1.0: {"graceful": True}}
REPORTS = {float(at): {"report": [0.5, "saving", None, {}]} for at in (20, 45, 70)}


@pytest.mark.parametrize(
    ("script", "end"),
    [({}, 5.6), (GRACEFUL, 35.0), (GRACEFUL | REPORTS, 100.0), (GRACEFUL | REPORTS | {90.0: {"done": True}}, 90.0)],
    ids=["nothing to keep", "silent", "silent after some reports", "done"],
)
def test_how_long_after_a_request_to_stop_a_worker_is_ended(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, script: dict[float, dict[str, Any]], end: float
) -> None:
    """By the clock of the runner, whatever else this machine does. The request comes after 5 seconds."""
    clock = [0.0]
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    worker = ScriptedWorker(clock, script)
    stop = SimpleNamespace(is_set=lambda: clock[0] >= 5.0)
    runner = ProcessRunner(workspace, LIMITS, start=lambda: worker)
    with nullcontext() if end == 90.0 else pytest.raises(JobStopped):
        runner.run(described("reports"), Progress(lambda report: None, stop))  # type: ignore[arg-type]
    assert clock[0] == pytest.approx(end, abs=0.25) and worker.alive == (end == 90.0)
    assert worker.asked[1] == (pytest.approx(5.0, abs=0.15), {"stop": True})
    runner.close()


def test_an_allocation_beyond_the_limit_fails_and_the_worker_lives(own: Callable[[Limits], ProcessRunner]) -> None:
    queue = JobQueue(runner=own(Limits(memory=600_000_000)))
    ended = end_of(queue, described("allocates", bytes=900_000_000))
    assert ended.state == "failed" and ended.error is not None
    assert ended.error.startswith("the memory of this job") and "Use a run with fewer users" in ended.error
    assert end_of(queue, described("reports")).state == "done"


def test_memory_beyond_the_limit_is_seen_from_outside(queue: JobQueue, runner: ProcessRunner) -> None:
    """As on systems that do not limit what a process allocates: this worker was started with a higher limit."""
    assert end_of(queue, described("reports")).state == "done"
    runner.limits = replace(LIMITS, memory=300_000_000)
    ended = end_of(queue, described("allocates", bytes=600_000_000, hold=True))
    assert ended.state == "failed" and ended.error is not None
    assert "must be at most 300 MB, and more was needed" in ended.error


def test_a_training_goes_on_from_its_checkpoint_when_its_worker_is_killed(
    queue: JobQueue, runner: ProcessRunner, workspace: Workspace
) -> None:
    """And nobody else notices: the same training of another user in another worker ends as ever, with equal weights."""
    job, other = training(workspace, epochs=30), training(workspace, epochs=30, space=BOB)
    queue.submit(ANN, "train", "t", job, job_id=job.id)
    until(lambda: len(queue.snapshot(job.id, ANN).details.get("reports", ())) >= 2)
    (victim,) = workers_of(runner)
    queue.submit(BOB, "train", "t", other, job_id=other.id)
    os.kill(victim, signal.SIGKILL)
    ended, beside = queue.wait(job.id, ANN, PATIENCE), queue.wait(other.id, BOB, PATIENCE)
    assert ended.state == beside.state == "done", (ended.error, beside.error)
    assert "restarted" in ended.details and "restarted" not in beside.details
    assert [row["epoch"] for row in ended.details["reports"]] == list(range(1, 31))
    assert np.array_equal(scores(workspace, ended.result["run"]), scores(workspace, beside.result["run"]))


def test_a_worker_is_started_before_it_is_needed_and_ends_with_its_runner(
    own: Callable[[Limits], ProcessRunner],
) -> None:
    runner = own(LIMITS)
    queue = JobQueue(runner=runner)
    assert not runner._free, "nothing is started before it is asked for"
    runner.prepare()
    runner.prepare()
    (worker,) = runner._free
    job = described("sleeps")
    submit(queue, job)
    assert pid_of(queue, job) == worker.process.pid
    runner.close()
    until(lambda: not psutil.pid_exists(worker.process.pid))
    assert queue.wait(job.id, ANN, PATIENCE).state == "stopped" and not workers_of(runner), "no other one is started"
    assert end_of(queue, described("reports")).state == "stopped"


def test_parts_of_a_job_run_side_by_side_in_idle_workers(
    runner: ProcessRunner, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARTS, "met", ("tests.jobs.kinds_for_tests:two_meetings", 0.5))
    monkeypatch.setattr(runner, "side_by_side", 2)
    first, second = end_of(queue, described("met")).result
    assert first != second, "each waits for the other"


def test_a_worker_ends_with_the_server_that_started_it(tmp_path: Path) -> None:
    """The server is killed, so that it can't tell its worker anything."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.server_to_kill", str(tmp_path / "home")], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    worker = psutil.Process(json.loads(server.stdout.readline())["worker"])
    assert worker.is_running()
    server.kill()
    server.wait()
    server.stdout.close()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
