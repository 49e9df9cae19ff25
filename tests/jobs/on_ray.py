"""Jobs on a Ray cluster of two nodes: what every place must do alike, and what becomes of a job whose node is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from recsys.__main__ import main
from recsys.data.dataset import Dataset
from recsys.evaluation.study.transfer_study import transfer_study
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import KINDS, job_folder
from recsys.jobs.processes import Limits
from recsys.jobs.queue import JobQueue
from recsys.jobs.ray_node import ray_environment
from recsys.jobs.ray_runner import RayRunner
from recsys.jobs.runner import JobRunner, ThreadRunner
from recsys.runs import execute
from recsys.runs.storage import load_run_data
from recsys.runs.tuning import SEARCH_TRIALS, SearchPlan, SearchResult
from recsys.runs.tuning.sampler import FIRST
from recsys.workspace import Workspace, new_id, read_content
from tests.conftest import planted_dataset
from tests.evaluation.study.test_transfer_study import two_scenarios
from tests.jobs.kinds_for_tests import TEST_KINDS
from tests.jobs.test_runner_conformance import *  # noqa: F403  (the same tests, with the runner of this file)
from tests.jobs.test_runner_conformance import (
    ANN,
    PATIENCE,
    PLAN,
    WORKER,
    described,
    end_of,
    scores,
    submit,
    training,
    until,
)
from tests.runs.test_tuning import BASE

LIMITS = Limits(memory=8_000_000_000, keep=60.0, attempts=4)
ROOT = Path(__file__).resolve().parents[2]


class RayCluster:
    """Two raylets; the second one can be killed, and replaced."""

    def __init__(self, home: Path) -> None:
        environment = ray_environment(home, loopback=True) | {"PYTHONPATH": str(ROOT)}
        environment |= {"RAY_gcs_server_port_wait_time_s": str(PATIENCE), "RAY_health_check_period_ms": "1000"}
        self.log = home / "ray-cluster.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.jobs.ray_cluster"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=ROOT,
                text=True,
            )
        self.address, self.raylet = self._told()

    def _told(self) -> tuple[str, int]:
        assert self.process.stdout is not None
        for line in self.process.stdout:  # Ray prints, too
            if line.startswith("{"):
                told = json.loads(line)
                return told["address"], told["raylet"]
        raise AssertionError(self.log.read_text("utf-8"))

    def workers(self) -> list[psutil.Process]:
        """The worker processes on the second node that have a job or wait for one."""
        children = psutil.Process(self.raylet).children(recursive=True)
        return [child for child in children if WORKER in child.cmdline()]

    def lose_node(self) -> None:
        """Kills the second node, and starts another one."""
        os.kill(self.raylet, signal.SIGKILL)
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        _, self.raylet = self._told()

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def cluster(workspace: Workspace) -> Iterator[RayCluster]:
    made = RayCluster(workspace.root)
    yield made
    made.close()


@pytest.fixture(scope="module")
def runner(workspace: Workspace, cluster: RayCluster) -> Iterator[JobRunner]:
    with pytest.MonkeyPatch.context() as patch:
        for kind, work in TEST_KINDS.items():
            patch.setitem(KINDS, kind, work)
        made = RayRunner(workspace, LIMITS, cluster.address, WORKER)
        yield made
        made.close()


def test_a_training_whose_node_is_lost_goes_on_elsewhere_from_its_checkpoint(
    runner: RayRunner,
    cluster: RayCluster,
    workspace: Workspace,
) -> None:
    """Two trainings, one on each node: that of the lost one ends as the undisturbed one."""
    queue = JobQueue(workers=4, trainings=2, runner=runner)
    jobs = [training(workspace, epochs=200, seed=3) for _ in range(2)]  # seconds, so that the node is lost meanwhile
    for job in jobs:
        queue.submit(ANN, "train", "t", job, job_id=job.id)
    until(lambda: all(len(queue.snapshot(job.id, ANN).details.get("reports", ())) >= 2 for job in jobs))
    assert cluster.workers(), "SPREAD uses both nodes"
    cluster.lose_node()
    ended = [queue.wait(job.id, ANN, PATIENCE) for job in jobs]
    assert [one.state for one in ended] == ["done", "done"], [one.error for one in ended]
    assert any("lost with its node" in str(one.details.get("restarted")) for one in ended)
    for one in ended:
        assert [row["epoch"] for row in one.details["reports"]] == list(range(1, 201))
    assert np.array_equal(*(scores(workspace, one.result["run"]) for one in ended))


def saved_run(workspace: Workspace, data: Dataset) -> str:
    """A run of one epoch on this data."""
    plan = replace(PLAN, train=replace(PLAN.train, epochs=1))
    return workspace.space(ANN).save_run(execute(data, plan), data).id


def test_a_study_whose_node_is_lost_equals_a_local_one_to_the_bit(
    runner: RayRunner,
    cluster: RayCluster,
    workspace: Workspace,
) -> None:
    queue, space = JobQueue(runner=runner), workspace.space(ANN)
    options: dict[str, Any] = {"folds": 2, "epochs": 2, "only": ["bridge", "target scenario alone"]}
    settings = {"axis": "scenarios", "scenarios": ["a", "b"], **options}
    job = JobDescription(
        new_id(), "study", ANN, run=saved_run(workspace, two_scenarios(True, users=90)), settings=settings
    )
    submit(queue, job)
    until(lambda: cluster.workers() and queue.snapshot(job.id, ANN).fraction > 0.1)
    cluster.lose_node()
    ended = queue.wait(job.id, ANN, PATIENCE)
    assert ended.state == "done", ended.error
    assert "lost with its node" in str(ended.details["restarted"])
    data = load_run_data(space.path(job.run))
    local = transfer_study(data, "scenarios", scenarios=("a", "b"), **options)
    saved = json.loads((space.path(ended.result) / "content.json").read_text("utf-8"))
    assert saved == json.loads(json.dumps(local.to_json()))


def test_each_seed_is_a_task_with_the_result_of_a_local_one(runner: RayRunner, workspace: Workspace) -> None:
    run = saved_run(workspace, planted_dataset(users=60))
    jobs = [JobDescription(new_id(), "seeds", ANN, run=run, settings={"seeds": [1, 2]}) for _ in range(2)]
    ended = [
        end_of(JobQueue(runner=one), job) for one, job in zip((runner, ThreadRunner(workspace)), jobs, strict=True)
    ]
    assert ended[0].state == "done" and ended[0].result == ended[1].result, ended[0].error
    assert len(ended[0].result) == 2 and not job_folder(jobs[0].id, workspace).exists()


def test_the_first_trials_of_a_search_are_tasks_with_the_result_of_a_local_one(
    runner: RayRunner, workspace: Workspace
) -> None:
    space, data = workspace.space(ANN), planted_dataset(users=60)
    settings = {"search": SearchPlan(BASE, ("learning_rate",), trials=FIRST + 1).to_json()}
    found = []
    for one in (runner, ThreadRunner(workspace)):
        job = JobDescription(new_id(), "tune", ANN, dataset=space.save_dataset(data).id, settings=settings)
        ended = end_of(JobQueue(runner=one), job)
        assert ended.state == "done", ended.error
        found.append(SearchResult.from_json(read_content(space.path(ended.result["search"]))))
        shutil.rmtree(space.folder / SEARCH_TRIALS)  # or the second search would find the trials of the first
    there, here = (
        replace(result, trials=tuple(replace(trial, seconds=0.0) for trial in result.trials)) for result in found
    )
    assert there.to_json() == here.to_json() and len(there.of_model) == FIRST + 1


def test_lists_of_all_users_are_ranked_in_parts(
    runner: RayRunner, cluster: RayCluster, workspace: Workspace, tmp_path: Path
) -> None:
    run = workspace.space(ANN).path(saved_run(workspace, planted_dataset(users=600, length=6)))
    arguments = ["recommend", "--json", "--run", str(run), "--k", "3", "--out"]
    assert main([*arguments, str(tmp_path / "here.csv")]) == 0
    on_ray = ["--ray", cluster.address, "--home", str(workspace.root)]
    assert main([*arguments, str(tmp_path / "there.csv"), *on_ray]) == 0
    lists = (tmp_path / "here.csv").read_bytes()
    assert lists.count(b"\n") == 1 + 3 * 600 and lists == (tmp_path / "there.csv").read_bytes()


def test_a_cluster_that_is_not_there_and_one_that_asks_for_another_token_are_named(
    cluster: RayCluster, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    for address in ("127.0.0.1:1", cluster.address):
        runner = RayRunner(workspace, LIMITS, address)
        ended = end_of(JobQueue(runner=runner), described("reports"))
        assert ended.error is not None and "the Ray cluster must be reachable" in ended.error
        assert runner.state() is None
        runner.close()


def test_the_cluster_listens_on_loopback_only(runner: RayRunner, cluster: RayCluster) -> None:
    runner.prepare()
    until(lambda: (state := runner.state()) is not None and len(state.nodes) == 2)
    processes = psutil.Process(cluster.process.pid).children(recursive=True)
    ports = [one.laddr.ip for each in processes for one in each.net_connections("tcp") if one.status == "LISTEN"]
    assert ports and set(ports) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
