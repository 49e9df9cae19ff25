"""Train with real worker processes: what the page says when a worker is killed, and how the training goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from recsys.jobs.processes import ProcessRunner
from recsys.jobs.queue import JobSnapshot
from recsys.runs import read_card
from recsys.workspace import Space, Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import LISTENER, no_errors
from tests.pages.test_train_page import ANN, button, plan_all, words
from ui.shell import state

PATIENCE = 600  # seconds; a busy machine is no defect


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Space]:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_JOBS", "process")
    state.workspace.clear()
    state.jobs.clear()
    space = Workspace(tmp_path / "home").space(ANN)
    space.save_dataset(planted_dataset(users=400))  # an epoch takes long enough to be interrupted
    yield space
    runner = state.jobs().runner
    assert runner is not None
    runner.close()
    state.workspace.clear()
    state.jobs.clear()


def training() -> JobSnapshot:
    """The newest training as it is now."""
    return next(job for job in state.jobs().of(ANN) if job.kind == "train")


def end_of_training() -> JobSnapshot:
    """The newest training, once it has ended."""
    return state.jobs().wait(training().id, ANN, PATIENCE)


def until(condition: Callable[[], object]) -> None:
    """Waits for something that happens while the training runs."""
    begin = time.monotonic()
    while not condition():
        assert training().active and time.monotonic() - begin < PATIENCE, training()
        time.sleep(0.01)


def kill_workers(killed: set[int]) -> set[int]:
    """Kills the worker that trains, which is none of those; returns all that were killed."""
    runner = state.jobs().runner
    assert isinstance(runner, ProcessRunner)
    until(lambda: {worker.process.pid for worker in runner._busy} - killed)
    new = {worker.process.pid for worker in runner._busy} - killed
    for pid in new:
        psutil.Process(pid).kill()
    return killed | new


def epochs_of(space: Space, run: str) -> list[int]:
    """The epochs in a run's curve; it ends where validation no longer improves."""
    return [row["epoch"] for row in read_card(space.path(run)).reports]


def training_started() -> AppTest:
    """The page Train, with a training of 200 epochs."""
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=PATIENCE)
    app.session_state["space"] = ANN
    app.switch_page("pages/2_Train.py").run()
    plan_all(app, epochs=200)
    for job in state.jobs().of(ANN):  # the estimate
        state.jobs().wait(job.id, ANN, PATIENCE)
    button(app, "train_start")
    return app


def test_a_killed_worker_costs_an_epoch_at_most(space: Space) -> None:
    app = training_started()
    until(lambda: len(training().details.get("reports", ())) >= 2 and "memory" in training().details)
    kill_workers(set())
    until(lambda: "restarted" in training().details)
    app.run()
    no_errors(app)
    shown = words(app).replace("\\", "")
    assert "was killed (SIGKILL)" in shown and "Another one goes on from the last checkpoint" in shown
    assert "the worker process that trains" in {metric.label: metric.help for metric in app.metric}["Memory"]
    assert end_of_training().state == "done"
    app.run().run()
    no_errors(app)
    (run,) = space.entries("run")
    assert epochs_of(space, run.id) == list(range(1, len(epochs_of(space, run.id)) + 1)), "none is missing or twice"
    assert not space.entries("training") and not any((space.workspace.root / "jobs").iterdir())


def test_a_training_that_loses_two_workers_says_so_and_is_resumed(space: Space) -> None:
    app = training_started()
    until(lambda: len(training().details.get("reports", ())) >= 2)
    killed = kill_workers(set())
    until(lambda: "restarted" in training().details)
    kill_workers(killed)
    assert end_of_training().state == "failed"
    app.run()
    assert any("worker lost" in message for message in LISTENER.take())
    no_errors(app, "and so did the one that replaced it. Finished epochs are kept: resume from there.")
    assert app.button(key="train_again").label == "Resume from its last epoch"
    button(app, "train_again")
    assert end_of_training().state == "done"
    app.run().run()
    no_errors(app)
    (run,) = space.entries("run")
    assert epochs_of(space, run.id) == list(range(1, len(epochs_of(space, run.id)) + 1)), "none is missing or twice"
