"""What every place where jobs run must do alike: reports, results, errors, stop, resume, equal work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import KINDS, out_of_memory
from recsys.jobs.processes import Limits, ProcessRunner
from recsys.jobs.queue import JobQueue, JobSnapshot
from recsys.jobs.runner import JobRunner, ThreadRunner
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig
from recsys.runs import TrainingPlan, execute, load_run
from recsys.wording import Message
from recsys.workspace import Workspace, new_id
from tests.conftest import planted_dataset
from tests.jobs.kinds_for_tests import TEST_KINDS

ANN, BOB = "a" * 32, "b" * 32
PATIENCE = 300  # seconds; a busy machine is no defect
PLAN = TrainingPlan(
    AttentionConfig(embedding_size=16, layers=1), TrainConfig(epochs=4, batch_size=256), baselines=("popularity",)
)
WORKER = "tests.jobs.kinds_for_tests"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module", params=["thread", "process"])
def runner(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[JobRunner]:
    """Each implementation; one more belongs in this list."""
    with pytest.MonkeyPatch.context() as patch:
        for kind, work in TEST_KINDS.items():
            patch.setitem(KINDS, kind, work)
        made: JobRunner = ThreadRunner(workspace)
        if request.param == "process":
            made = ProcessRunner(workspace, Limits(memory=8_000_000_000), WORKER)
        yield made
        made.close()


@pytest.fixture
def queue(runner: JobRunner) -> JobQueue:
    return JobQueue(runner=runner)


def described(kind: str, **settings: Any) -> JobDescription:
    return JobDescription(new_id(), kind, ANN, settings=settings)


def submit(queue: JobQueue, job: JobDescription, key: str = "", owner: str = ANN) -> str:
    return queue.submit(owner, "map", f"a job that {job.kind}", job, job_id=job.id, key=key)


def end_of(queue: JobQueue, job: JobDescription, key: str = "") -> JobSnapshot:
    return queue.wait(submit(queue, job, key), ANN, PATIENCE)


def until(condition: Callable[[], object]) -> None:
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < PATIENCE, "it did not come"
        time.sleep(0.02)


def as_json(value: Any) -> Any:
    return list(map(as_json, value)) if isinstance(value, list | tuple) else value


def test_a_job_reports_and_returns_what_it_made(queue: JobQueue, workspace: Workspace) -> None:
    job = described("reports", plan={"seed": 3})
    ended = end_of(queue, job)
    assert (ended.state, ended.fraction, ended.message) == ("done", 1.0, "2 more")
    assert isinstance(ended.message, Message) and ended.message.values == {"n": 2}, "to be worded by who shows it"
    details = {name: as_json(value) for name, value in ended.details.items() if name not in ("memory", "cpu")}
    assert details == {"loss": 1.0, "reports": [{"epoch": 1}], "speed": 3}
    assert ended.result["run"] == "r" and ended.result["settings"] == {"plan": {"seed": 3}}
    assert not (workspace.root / "jobs" / job.id).exists(), "what a job keeps meanwhile goes with its end"


def test_errors_that_a_user_can_act_on_keep_their_text(queue: JobQueue) -> None:
    refused = end_of(queue, described("refuses"))
    assert refused.state == "failed" and not refused.unexpected
    assert refused.error == "alpha must be between 0 and 1 (got 1.4). Use a value in that range."
    assert isinstance(refused.error, Message) and isinstance(refused.error.values["rule"], Message)
    assert refused.error.values["rule"].values == {"low": 0, "high": 1}
    full = end_of(queue, described("runs_out_of_memory"))
    assert full.state == "failed" and not full.unexpected
    assert full.error is not None and full.error.startswith(
        "the memory of this job ran out. Use a run with fewer users"
    )
    unknown = end_of(queue, described("magic"))
    assert unknown.error is not None and unknown.error.startswith("the kind of the job must be one of")


def test_only_jobs_that_train_are_told_to_lower_the_settings_of_the_training() -> None:
    told = {kind for kind in KINDS if "Lower the batch size" in str(out_of_memory(kind))}
    assert KINDS.keys() - told - TEST_KINDS.keys() == {"lists", "lists part", "evaluate", "alpha", "deletion", "map"}


@pytest.mark.parametrize("kind", ["breaks", "returns_an_object"])
def test_defects_are_logged_and_not_shown(queue: JobQueue, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    broken = end_of(queue, described(kind))
    assert broken.state == "failed" and broken.unexpected
    assert broken.error is not None and "secret" not in broken.error
    assert ("secret detail" if kind == "breaks" else "not JSON serializable") in caplog.text
    assert end_of(queue, described("reports")).state == "done", "the next job runs as ever"


@pytest.mark.parametrize(
    ("kind", "state", "result"), [("reports_for_ever", "stopped", None), ("ends_gracefully", "done", "best so far")]
)
def test_a_stop_ends_a_job_soon(queue: JobQueue, kind: str, state: str, result: str | None) -> None:
    job = described(kind)
    submit(queue, job)
    until(lambda: queue.snapshot(job.id, ANN).message)
    queue.stop(job.id, ANN)
    ended = queue.wait(job.id, ANN, PATIENCE)
    assert (ended.state, ended.result) == (state, result)
    assert end_of(queue, described("reports")).state == "done", "a stop is for one job"


def test_equal_work_finds_the_result_of_the_first(queue: JobQueue) -> None:
    first, second = described("equal"), described("equal")
    key = first.key("data")
    assert key == second.key("data") != second.key("other data")
    assert key != replace(first, settings={"seed": 1}).key("data")
    assert key == replace(first, settings={"name": "mine"}).key("data"), "the name changes no result"
    assert end_of(queue, first, key).result == {"from": None, "by": first.id}
    assert end_of(queue, second, key).result == {"from": {"from": None, "by": first.id}, "by": second.id}


def training(workspace: Workspace, epochs: int = 4, seed: int = 0, space: str = ANN) -> JobDescription:
    """A saved training and its job."""
    owned = workspace.space(space)
    plan = replace(PLAN, name="mine", train=replace(PLAN.train, epochs=epochs, seed=seed))
    data = owned.save_dataset(planted_dataset(users=60))
    entry = owned.save_json("training", plan.name, {"plan": plan.to_json(), "dataset": data.id})
    settings = {"plan": replace(plan, name="").to_json(), "name": plan.name}
    return JobDescription(entry.id, "train", space, dataset=data.id, settings=settings)


def scores(workspace: Workspace, run_id: str) -> np.ndarray:
    run, data = load_run(workspace.find(run_id, "run")[1])
    return run.model.scores(data.histories(range(10)))


def test_a_training_gives_the_same_weights_everywhere(queue: JobQueue, workspace: Workspace) -> None:
    job = training(workspace)
    ended = queue.wait(queue.submit(ANN, "train", "t", job, job_id=job.id), ANN, PATIENCE)
    assert ended.state == "done", ended.error
    assert len(ended.details["reports"]) == 4 and set(ended.details["baselines"]) == {"popularity"}
    expected = execute(planted_dataset(users=60), PLAN, threads=1).model
    found = scores(workspace, ended.result["run"])
    assert np.array_equal(found, expected.scores(planted_dataset(users=60).histories(range(10))))
    space = workspace.space(ANN)
    assert space.get(ended.result["run"]).name == "mine" and ended.result["dataset"] == job.dataset
    assert job.id not in {entry.id for entry in space.entries("training")}


def test_a_stopped_training_keeps_its_best_and_is_resumed_from_its_checkpoint(
    queue: JobQueue, workspace: Workspace
) -> None:
    job = training(workspace, epochs=400)
    queue.submit(ANN, "train", "t", job, job_id=job.id)
    until(lambda: queue.snapshot(job.id, ANN).details.get("reports"))
    queue.stop(job.id, ANN)
    ended = queue.wait(job.id, ANN, PATIENCE)
    space, done = workspace.space(ANN), len(ended.details["reports"])
    assert ended.state == "done" and 1 <= done < 400
    assert space.get(ended.result["run"]).name == f"mine (stopped after epoch {done})"
    assert (space.path(job.id) / "checkpoint").is_dir()
    queue.submit(ANN, "train", "t", job, job_id=job.id)
    until(lambda: queue.snapshot(job.id, ANN).details.get("reports"))
    queue.stop(job.id, ANN)
    again = queue.wait(job.id, ANN, PATIENCE)
    epochs = [row["epoch"] for row in again.details["reports"]]
    assert epochs == list(range(1, len(epochs) + 1)) and len(epochs) > done


def test_an_equal_training_of_another_space_is_a_copy_of_its_own(queue: JobQueue, workspace: Workspace) -> None:
    first, second = training(workspace), training(workspace, space=BOB)
    key, same = first.key("data"), second.key("data")
    assert key == same
    queue.submit(ANN, "train", "t", first, job_id=first.id, key=key)
    queue.submit(BOB, "train", "t", second, job_id=second.id, key=key)
    one, other = queue.wait(first.id, ANN, PATIENCE), queue.wait(second.id, BOB, PATIENCE)
    assert one.state == other.state == "done"
    assert one.result["run"] != other.result["run"] and other.result["dataset"] == second.dataset
    assert "reports" not in other.details, "it was not trained again"
    opened = load_run(workspace.space(BOB).path(other.result["run"]))[0]
    assert opened.name == "mine" and opened.id != load_run(workspace.space(ANN).path(one.result["run"]))[0].id
    assert np.array_equal(scores(workspace, one.result["run"]), scores(workspace, other.result["run"]))


def test_different_seeds_train_side_by_side_and_equal_ones_do_not(workspace: Workspace) -> None:
    gate, begun = threading.Event(), []

    class Waiting(ThreadRunner):
        def run(self, job: JobDescription, progress: Any) -> Any:
            begun.append(job.settings["seed"])
            gate.wait(PATIENCE)
            return job.id

    queue = JobQueue(workers=4, trainings=2, runner=Waiting(workspace))
    jobs = [described("train", seed=seed) for seed in (1, 1, 2, 3)]
    for job in jobs:
        queue.submit(ANN, "train", "t", job, job_id=job.id, key=job.key("data"))
    until(lambda: len(begun) == 2)
    time.sleep(0.1)
    assert sorted(begun) == [1, 2], "as many as may, and equal work never twice at once"
    gate.set()
    assert {queue.wait(job.id, ANN, PATIENCE).state for job in jobs} == {"done"}
