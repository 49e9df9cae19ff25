"""Where the app's jobs run, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.errors import StudioError
from recsys.jobs.processes import ProcessRunner
from recsys.jobs.runner import ThreadRunner
from ui.data.uploads import uploads
from ui.shell import state


@pytest.fixture(autouse=True)
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_JOBS", "process")
    state.workspace.clear()
    state.jobs.clear()
    yield
    state.workspace.clear()
    state.jobs.clear()


@pytest.mark.parametrize(("cores", "trainings"), [(1, 1), (2, 1), (5, 2), (16, 8)])
def test_jobs_run_in_worker_processes_as_cores_allow(
    monkeypatch: pytest.MonkeyPatch, cores: int, trainings: int
) -> None:
    monkeypatch.delenv("STUDIO_JOBS")  # they do so by default
    monkeypatch.setattr(state, "available_cores", lambda: cores)
    monkeypatch.setattr(state, "available_memory", lambda: 8_000_000_000)
    queue = state.jobs()
    assert isinstance(queue.runner, ProcessRunner) and queue.runner.workspace is state.workspace()
    assert (queue.trainings, queue.workers) == (trainings, trainings + 1)
    assert queue.runner.side_by_side == trainings
    assert queue.runner.limits.memory == 6_000_000_000 and queue.runner.limits.threads == 2


def test_the_memory_of_a_job_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_JOB_MB", "1500")
    runner = state.jobs().runner
    assert isinstance(runner, ProcessRunner) and runner.limits.memory == 1_500_000_000


@pytest.mark.parametrize("variable", ["STUDIO_SPACE_MB", "STUDIO_JOB_MB", "STUDIO_UPLOADS_MB"])
@pytest.mark.parametrize("given", ["2 GB", "0", "-1", "nan", "inf", "1e400"])
def test_a_size_is_a_number_of_megabytes(monkeypatch: pytest.MonkeyPatch, variable: str, given: str) -> None:
    monkeypatch.setenv(variable, given)
    state.workspace.clear()
    uploads.clear()
    with pytest.raises(StudioError, match=f"{variable} must be a number of megabytes above 0"):
        state.jobs()
        uploads()


def test_the_number_of_trainings_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_TRAININGS", "3")
    assert (state.jobs().trainings, state.jobs().workers) == (3, 4)
    state.jobs.clear()
    monkeypatch.setenv("STUDIO_TRAININGS", "many")
    with pytest.raises(StudioError, match="must be a whole number from 1 to 100"):
        state.jobs()


def test_jobs_can_run_inside_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_JOBS", "thread")
    assert isinstance(state.jobs().runner, ThreadRunner)
    state.jobs.clear()
    monkeypatch.setenv("STUDIO_JOBS", "elsewhere")
    with pytest.raises(StudioError, match="must be process or thread"):
        state.jobs()
