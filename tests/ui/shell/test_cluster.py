"""The menu and the diagnostics say what a Ray cluster has and does, only where one is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from recsys.jobs import ray_runner
from recsys.jobs.processes import Limits
from recsys.jobs.queue import JobQueue
from recsys.jobs.ray_runner import ClusterState, RayRunner
from recsys.jobs.runner import ThreadRunner
from recsys.workspace import Workspace
from ui.shell import state
from ui.shell.cluster import cluster_lines, show_cluster


@pytest.fixture(autouse=True)
def with_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the package were installed; nothing here connects to a cluster."""
    monkeypatch.setattr(ray_runner, "find_spec", lambda name: name)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    captions: list[str] = []
    monkeypatch.setattr(st, "caption", captions.append)
    return captions


def test_nodes_cores_and_work_are_shown(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    runner = RayRunner(Workspace(tmp_path), Limits(memory=1))
    monkeypatch.setattr(runner, "state", lambda: ClusterState((("one", 8), ("two", 16)), running=3, waiting=1))
    show_cluster(JobQueue(runner=runner))
    assert said == ["Ray cluster: 2 nodes · 24 cores · 3 running, 1 waiting"]
    assert cluster_lines(JobQueue(runner=runner)) == ["Ray cluster: 2 nodes with 8, 16 cores"]


def test_a_lost_connection_is_said_and_other_places_say_nothing(tmp_path: Path, said: list[str]) -> None:
    show_cluster(JobQueue(runner=ThreadRunner(Workspace(tmp_path))))
    assert said == [] and cluster_lines(JobQueue(runner=ThreadRunner(Workspace(tmp_path)))) == []
    show_cluster(JobQueue(runner=RayRunner(Workspace(tmp_path), Limits(memory=1))))
    assert said == ["Ray cluster: not connected"]


@pytest.fixture
def ray_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    monkeypatch.setenv("STUDIO_RAY", "10.0.0.1:6379")
    state.workspace.clear()
    state.jobs.clear()
    yield "10.0.0.1:6379"
    state.workspace.clear()
    state.jobs.clear()


def test_trainings_run_side_by_side_as_the_cluster_grows(ray_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = state.jobs()
    runner = queue.runner
    assert isinstance(runner, RayRunner) and runner.address == ray_address
    queue.dispatch()
    assert (queue.trainings, queue.workers) == (1, 2), "nothing is known of the cluster yet"
    monkeypatch.setattr(runner, "state", lambda: ClusterState((("one", 8), ("two", 5))))
    runner.changed()
    assert (queue.trainings, queue.workers) == (6, 7), "each takes two cores of one node"
