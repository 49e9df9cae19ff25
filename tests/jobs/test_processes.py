"""A worker process that is killed, crashes, hangs or needs too much memory: what becomes of its job and of the app."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from recsys.jobs.processes import Limits, ProcessRunner
from recsys.jobs.queue import JobQueue
from recsys.jobs.worker_process import WorkerProcess
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


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


class Queues:
    """`queues(limits)` is a queue with worker processes of its own."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.runners = workspace, list[ProcessRunner]()

    def __call__(self, limits: Limits = LIMITS) -> JobQueue:
        self.runners.append(ProcessRunner(self.workspace, limits, WORKER))
        return JobQueue(workers=3, trainings=2, runner=self.runners[-1])


@pytest.fixture
def queues(workspace: Workspace) -> Iterator[Queues]:
    made = Queues(workspace)
    yield made
    for runner in made.runners:
        runner.close()


def workers_of(queues: Queues) -> list[int]:
    """The processes of the last runner's workers that have a job."""
    return [worker.process.pid for worker in queues.runners[-1]._busy]


def test_a_training_goes_on_from_its_checkpoint_when_its_worker_is_killed(queues: Queues, workspace: Workspace) -> None:
    """And nobody else notices: the training of another user in another worker ends as ever."""
    queue, job, other = queues(), training(workspace, epochs=30), training(workspace, epochs=30, seed=1, space=BOB)
    queue.submit(ANN, "train", "t", job, job_id=job.id)
    until(lambda: len(queue.snapshot(job.id, ANN).details.get("reports", ())) >= 2)
    (victim,) = workers_of(queues)
    queue.submit(BOB, "train", "t", other, job_id=other.id)
    os.kill(victim, signal.SIGKILL)
    ended, beside = queue.wait(job.id, ANN, PATIENCE), queue.wait(other.id, BOB, PATIENCE)
    assert ended.state == beside.state == "done", (ended.error, beside.error)
    assert [row["epoch"] for row in ended.details["reports"]] == list(range(1, 31))
    again = training(workspace, epochs=30)
    whole = queue.wait(queue.submit(ANN, "train", "t", again, job_id=again.id), ANN, PATIENCE)
    assert np.array_equal(scores(workspace, ended.result["run"]), scores(workspace, whole.result["run"]))


def test_a_crash_is_survived_once_and_then_named(queues: Queues, caplog: pytest.LogCaptureFixture) -> None:
    queue = queues()
    assert end_of(queue, described("crashes_once")).result == "resumed"
    ended = end_of(queue, described("crashes"))
    assert ended.state == "failed" and not ended.unexpected and ended.error is not None
    assert "crashed (SIGSEGV), and so did the one that replaced it. Try again. If" in ended.error
    lost = [record for record in caplog.records if record.getMessage() == "worker lost"]
    assert len(lost) == 3 and "string_at" in lost[-1].fields["stderr"]  # type: ignore[attr-defined]
    assert end_of(queue, described("reports")).state == "done"


@pytest.mark.parametrize(("kind", "limits"), [("stops_itself", {"silence": 3.0}), ("sleeps", {"idle": 4.0})])
def test_a_worker_that_hangs_is_ended(queues: Queues, kind: str, limits: dict[str, float]) -> None:
    queue = queues(Limits(LIMITS.memory, **limits))
    ended = end_of(queue, described(kind))
    assert ended.state == "failed" and ended.error is not None
    assert "did nothing for" in ended.error and "so it was ended. Try again." in ended.error
    assert not workers_of(queues)


def test_a_stop_ends_even_a_job_that_never_looks_within_a_second(queues: Queues) -> None:
    queue, job = queues(), described("sleeps")
    submit(queue, job)
    until(lambda: queue.snapshot(job.id, ANN).details.get("pid"))
    pid = queue.snapshot(job.id, ANN).details["pid"]
    queue.stop(job.id, ANN)
    begin = time.monotonic()
    assert queue.wait(job.id, ANN, PATIENCE).state == "stopped"
    assert time.monotonic() - begin < 1.0 or psutil.getloadavg()[0] > (os.cpu_count() or 1)
    until(lambda: not psutil.pid_exists(pid))


def test_an_allocation_beyond_the_limit_fails_and_the_worker_lives(queues: Queues) -> None:
    queue = queues(Limits(memory=600_000_000))
    ended = end_of(queue, described("allocates", bytes=900_000_000))
    assert ended.state == "failed" and ended.error is not None
    assert ended.error.startswith("the memory of this job") and "Lower the batch size" in ended.error
    assert end_of(queue, described("reports")).state == "done"


def test_memory_beyond_the_limit_is_seen_from_outside(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on systems that do not limit what a process allocates."""
    monkeypatch.setattr(ProcessRunner, "_start", lambda self: WorkerProcess(self.module, 0, 2))
    queue = queues(Limits(memory=300_000_000))
    ended = end_of(queue, described("allocates", bytes=600_000_000, hold=True))
    assert ended.state == "failed" and ended.error is not None
    assert "must be at most 300 MB, and more was needed" in ended.error


def test_a_small_worker_is_used_again_and_a_large_one_returns_its_memory(queues: Queues) -> None:
    queue = queues(Limits(LIMITS.memory, reuse=300_000_000))
    first = end_of(queue, described("allocates", bytes=10_000_000)).result
    grown = end_of(queue, described("allocates", bytes=500_000_000, keep=40)).result
    last = end_of(queue, described("allocates", bytes=10_000_000)).result
    assert first == grown != last
    until(lambda: not psutil.pid_exists(grown))


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


def test_closing_the_runner_ends_its_workers(queues: Queues) -> None:
    queue, job = queues(), described("sleeps")
    submit(queue, job)
    until(lambda: queue.snapshot(job.id, ANN).details.get("pid"))
    pid = queue.snapshot(job.id, ANN).details["pid"]
    queues.runners[-1].close()
    until(lambda: not psutil.pid_exists(pid))
    assert queue.wait(job.id, ANN, PATIENCE).state == "stopped" and not workers_of(queues), "no other one is started"
    assert end_of(queue, described("reports")).state == "stopped"


def test_a_worker_is_started_before_it_is_needed(queues: Queues) -> None:
    queue = queues()
    runner = queues.runners[-1]
    assert not runner._free, "nothing is started before it is asked for"
    runner.prepare()
    runner.prepare()
    (worker,) = runner._free
    assert end_of(queue, described("reports")).result["pid"] == worker.process.pid


def test_a_worker_that_nobody_needs_ends(queues: Queues) -> None:
    queue = queues(Limits(LIMITS.memory, keep=1.0))
    pid = end_of(queue, described("reports")).result["pid"]
    until(lambda: not psutil.pid_exists(pid))
    assert end_of(queue, described("reports")).result["pid"] != pid
