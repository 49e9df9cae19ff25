"""Projections for the map: PCA at once, UMAP saved in the visitor's space, computed once for a class."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from recsys.embeddings import extract, project
from recsys.jobs.maps import ProjectionSettings
from recsys.jobs.queue import JobQueue
from recsys.jobs.runner import ThreadRunner
from recsys.models.attention.config import AttentionConfig
from recsys.runs import Run, train_run
from recsys.workspace import Space, Workspace
from tests.conftest import planted_dataset
from ui.embeddings import projections
from ui.embeddings.projections import EmbeddedRun

SETTINGS = ProjectionSettings(neighbours=5)
TAB, OTHER_TAB = "tab one", "tab two"
DATA = planted_dataset(users=60)
ANN, BOB, TEACHER = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture(scope="module")
def run() -> Run:
    return train_run(DATA, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1)


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def embedded(home: Workspace, run: Run) -> EmbeddedRun:
    """A run that both visitors may open."""
    entry = home.space(TEACHER).save_run(run, DATA, {})
    return EmbeddedRun(entry.id, "next-choice", extract(run.model, DATA))


@pytest.fixture
def queue(home: Workspace) -> Iterator[JobQueue]:
    st.cache_resource.clear()
    queue = JobQueue(workers=1, runner=ThreadRunner(home))
    yield queue
    for job in (*queue.of(ANN), *queue.of(BOB)):
        queue.stop(job.id, job.owner)
        queue.wait(job.id, job.owner, 60)
    st.cache_resource.clear()


def spaces(home: Workspace) -> tuple[Space, Space]:
    return home.space(ANN), home.space(BOB)


def with_umap(
    space: Space, queue: JobQueue, embedded: EmbeddedRun, settings: ProjectionSettings
) -> projections.ProjectionState:
    first = projections.projection_state(space, queue, embedded, settings, TAB)
    assert first.job is not None
    queue.wait(first.job.id, space.id, 60)
    return projections.projection_state(space, queue, embedded, settings, TAB)


def test_pca_comes_first_and_umap_is_saved_in_the_space(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun
) -> None:
    ann, _ = spaces(home)
    first = projections.projection_state(ann, queue, embedded, SETTINGS, TAB)
    assert first.projection.method == "pca" and first.job is not None
    final = with_umap(ann, queue, embedded, SETTINGS)
    assert final.projection.method == "umap"
    assert [entry.meta["key"] for entry in ann.entries("map")] == [SETTINGS.key(embedded.embeddings)]


def test_a_class_that_opens_one_run_computes_its_map_once(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun
) -> None:
    ann, bob = spaces(home)
    of_ann = with_umap(ann, queue, embedded, SETTINGS)
    at_once = projections.projection_state(bob, queue, embedded, SETTINGS, TAB)
    assert at_once.job is None and not queue.of(bob.id)
    np.testing.assert_array_equal(at_once.projection.points, of_ann.projection.points)
    assert len(bob.entries("map")) == 1  # a copy of his own, which stays when hers is deleted
    other = replace(embedded, embeddings=replace(embedded.embeddings, fingerprint="1" * 16))
    assert projections.projection_state(bob, queue, other, SETTINGS, TAB).job is not None


def test_a_projection_aligned_with_an_earlier_one_is_not_shared(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun
) -> None:
    ann, bob = spaces(home)
    with_umap(ann, queue, embedded, SETTINGS)
    wide = ProjectionSettings(neighbours=15)
    with_umap(ann, queue, embedded, wide)  # aligned with hers
    assert projections.projection_state(bob, queue, embedded, wide, TAB).job is not None


def test_a_full_space_still_shows_its_map(home: Workspace, queue: JobQueue, embedded: EmbeddedRun) -> None:
    queue.runner = ThreadRunner(Workspace(home.root, space_bytes=1))
    full = Workspace(home.root, space_bytes=1).space(ANN)
    final = with_umap(full, queue, embedded, SETTINGS)
    assert final.projection.method == "umap" and final.job is None and full.entries() == ()
    job = queue.of(full.id)[0]
    shutil.rmtree(home.root / "results")  # as if newer maps had taken its place
    st.cache_resource.clear()
    again = projections.projection_state(full, queue, embedded, SETTINGS, TAB)
    assert again.projection.method == "pca" and again.job is not None and again.job.id == job.id
    queue.wait(job.id, full.id, 60)


def test_another_layout_is_another_map(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.embeddings.projection._umap_learn", lambda vectors, dims, *_: vectors[:, :dims])
    reference = ProjectionSettings(neighbours=5, layout="umap-learn")
    assert reference.key(embedded.embeddings) != SETTINGS.key(embedded.embeddings)
    ann, _ = spaces(home)
    assert with_umap(ann, queue, embedded, reference).projection.method == "umap-learn"


@pytest.fixture
def slow_project(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Projections that report progress without end until the event is set."""
    finish = threading.Event()

    def slow(vectors: np.ndarray, progress: Callable[..., object], **settings: object) -> object:
        while not finish.wait(0.01):
            progress(0.5, "Laying out the map")
        return project(vectors, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr("recsys.embeddings.projection.project", slow)
    yield finish
    finish.set()


def settings_of(neighbours: int, entity: str = "users") -> ProjectionSettings:
    return ProjectionSettings(entity=entity, neighbours=neighbours)


def active(queue: JobQueue, space: Space) -> set[str]:
    return {job.id for job in queue.of(space.id) if job.active}


def test_a_new_request_replaces_the_earlier_ones_of_the_same_entity(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun, slow_project: threading.Event
) -> None:
    ann, _ = spaces(home)
    items = projections.projection_state(ann, queue, embedded, settings_of(5, "items"), TAB).job
    jobs = []
    for neighbours in range(2, queue.max_active + 6):
        state = projections.projection_state(ann, queue, embedded, settings_of(neighbours), TAB)
        assert state.job is not None and state.job.error is None
        jobs.append(state.job.id)
    assert items is not None and active(queue, ann) == {items.id, jobs[-1]}
    slow_project.set()
    assert queue.wait(jobs[-1], ann.id, 60).state == "done"
    assert {queue.snapshot(job, ann.id).state for job in jobs[:-1]} == {"stopped"}


def test_a_running_job_is_replaced_too(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun, slow_project: threading.Event
) -> None:
    ann, _ = spaces(home)
    first = projections.projection_state(ann, queue, embedded, settings_of(5), TAB).job
    assert first is not None and first.state == "running"
    second = projections.projection_state(ann, queue, embedded, settings_of(6), TAB).job
    assert second is not None and queue.wait(first.id, ann.id, 60).state == "stopped"
    back = projections.projection_state(ann, queue, embedded, settings_of(5), TAB).job
    assert back is not None and back.id == first.id and back.active  # a replaced job is submitted again on request
    assert queue.wait(second.id, ann.id, 60).state == "stopped"


def test_a_job_that_the_visitor_stopped_stays_stopped(
    home: Workspace, queue: JobQueue, embedded: EmbeddedRun, slow_project: threading.Event
) -> None:
    ann, _ = spaces(home)
    job = projections.projection_state(ann, queue, embedded, settings_of(5), TAB).job
    assert job is not None
    queue.stop(job.id, ann.id)
    queue.wait(job.id, ann.id, 60)
    again = projections.projection_state(ann, queue, embedded, settings_of(5), TAB).job
    assert again is not None and again.state == "stopped"


def test_a_job_that_another_tab_shows_keeps_running(
    home: Workspace,
    queue: JobQueue,
    embedded: EmbeddedRun,
    slow_project: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann, _ = spaces(home)
    shown = projections.projection_state(ann, queue, embedded, settings_of(5), OTHER_TAB).job
    assert shown is not None
    for neighbours in (6, 7):
        newest = projections.projection_state(ann, queue, embedded, settings_of(neighbours), TAB).job
    assert newest is not None and active(queue, ann) == {shown.id, newest.id}
    monkeypatch.setattr("ui.embeddings.viewed_jobs.VIEWED", -1.0)  # the other tab has been closed for long enough
    last = projections.projection_state(ann, queue, embedded, settings_of(8), TAB).job
    assert last is not None and queue.wait(shown.id, ann.id, 60).state == "stopped"
    assert active(queue, ann) == {last.id}
