"""Parts of a job that run side by side: their reports, the first failure, and a request to stop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from recsys.errors import InputError
from recsys.jobs.description import JobDescription
from recsys.jobs.parts import PARTS, parts_of, run_parts
from recsys.jobs.progress import JobStopped, Progress, Report
from recsys.workspace import Workspace, new_id

WHOLE = JobDescription(new_id(), "whole", "a" * 32)


def three(job: JobDescription, workspace: Workspace) -> list[JobDescription]:
    return [JobDescription(new_id(), "part", job.space, settings={"n": n}) for n in range(3)]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setitem(PARTS, "whole", ("tests.jobs.test_parts:three", 0.8))
    return Workspace(tmp_path)


def test_all_parts_run_at_the_same_time_and_their_reports_add_up(workspace: Workspace) -> None:
    together, told = threading.Barrier(3, timeout=60), list[Report]()

    def run(part: JobDescription, progress: Progress) -> None:
        together.wait()
        progress(0.5, "half", seen=part.settings["n"])

    run_parts(WHOLE, workspace, Progress(told.append, threading.Event()), run)
    fractions = [report.fraction for report in told]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(0.8)
    assert {report.details["seen"] for report in told} == {0, 1, 2} and told[0].message == "half"


def test_the_first_failure_stops_the_other_parts_and_is_that_of_the_job(workspace: Workspace) -> None:
    stopped = []

    def run(part: JobDescription, progress: Progress) -> None:
        if part.settings["n"] == 1:
            raise InputError("alpha", "must be between 0 and 1", 2)
        try:
            while True:
                progress(0.1, "on and on")
        except JobStopped:
            stopped.append(part.settings["n"])
            raise

    with pytest.raises(InputError, match="alpha"):
        run_parts(WHOLE, workspace, Progress(lambda report: None, threading.Event()), run)
    assert sorted(stopped) == [0, 2]


def test_a_stop_of_the_job_stops_its_parts(workspace: Workspace) -> None:
    stop = threading.Event()

    def run(part: JobDescription, progress: Progress) -> None:
        progress(0.1, "begun")
        stop.set()
        progress(0.2, "on and on")

    with pytest.raises(JobStopped):
        run_parts(WHOLE, workspace, Progress(lambda report: None, stop), run)


def test_a_job_without_parts_is_left_alone(workspace: Workspace) -> None:
    def run(part: JobDescription, progress: Progress) -> Any:
        raise AssertionError

    other = JobDescription(new_id(), "train", "a" * 32)
    assert parts_of(other, workspace) == ()
    run_parts(other, workspace, Progress(lambda report: None, threading.Event()), run)
