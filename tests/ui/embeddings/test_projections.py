"""Pictures for the pages: a first look at once, the drawn one kept in the visitor's space, drawn once for a class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from recsys.embeddings import Embeddings
from recsys.jobs.queue import JobQueue
from recsys.workspace import Space, Workspace
from ui.embeddings import projections

WISH = projections.ProjectionSettings(neighbours=5)


@pytest.fixture
def embeddings() -> Embeddings:
    users = np.random.default_rng(3).normal(size=(60, 8)).astype(np.float32)
    return Embeddings(users, np.zeros((3, 8), np.float32), np.zeros(3, np.float32), "0" * 16)


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    st.cache_resource.clear()
    yield JobQueue(workers=1)
    st.cache_resource.clear()


def spaces(folder: Path) -> tuple[Space, Space]:
    home = Workspace(folder)
    return home.space("a" * 32), home.space("b" * 32)


def drawn(
    space: Space, queue: JobQueue, embeddings: Embeddings, settings: projections.ProjectionSettings
) -> projections.ProjectionState:
    first = projections.projection_state(space, queue, embeddings, settings)
    assert first.job is not None
    queue.wait(first.job.id, space.id, 60)
    return projections.projection_state(space, queue, embeddings, settings)


def test_pca_comes_first_and_umap_is_kept_in_the_space(tmp_path: Path, queue: JobQueue, embeddings: Embeddings) -> None:
    ann, _ = spaces(tmp_path)
    first = projections.projection_state(ann, queue, embeddings, WISH)
    assert first.projection.method == "pca" and first.job is not None
    final = drawn(ann, queue, embeddings, WISH)
    assert final.projection.method == "umap"
    assert [entry.meta["key"] for entry in ann.entries("map")] == [WISH.key(embeddings)]


def test_a_class_that_opens_one_run_draws_its_map_once(tmp_path: Path, queue: JobQueue, embeddings: Embeddings) -> None:
    ann, bob = spaces(tmp_path)
    of_ann = drawn(ann, queue, embeddings, WISH)
    at_once = projections.projection_state(bob, queue, embeddings, WISH)
    assert at_once.job is None and not queue.of(bob.id)
    np.testing.assert_array_equal(at_once.projection.points, of_ann.projection.points)
    assert len(bob.entries("map")) == 1  # his own copy: it is there when hers is deleted
    other = replace(embeddings, fingerprint="1" * 16)
    assert projections.projection_state(bob, queue, other, WISH).job is not None


def test_a_picture_that_follows_an_earlier_one_is_not_shared(
    tmp_path: Path, queue: JobQueue, embeddings: Embeddings
) -> None:
    ann, bob = spaces(tmp_path)
    drawn(ann, queue, embeddings, WISH)
    wide = projections.ProjectionSettings(neighbours=15)
    drawn(ann, queue, embeddings, wide)  # turned to lie as hers did before
    assert projections.projection_state(bob, queue, embeddings, wide).job is not None


def test_a_full_space_still_shows_its_map(tmp_path: Path, queue: JobQueue, embeddings: Embeddings) -> None:
    full = Workspace(tmp_path, space_bytes=1).space("a" * 32)
    final = drawn(full, queue, embeddings, WISH)
    assert final.projection.method == "umap" and final.job is None and full.entries() == ()
    job = queue.of(full.id)[0]
    projections._just_drawn(job.id).clear()  # newer maps have taken its place
    projections._drawn(WISH.key(embeddings)).clear()
    again = projections.projection_state(full, queue, embeddings, WISH)
    assert again.projection.method == "pca" and again.job is not None and again.job.id == job.id
    queue.wait(job.id, full.id, 60)
