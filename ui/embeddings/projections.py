"""Projections for the map: PCA at once, UMAP from a job, saved in the visitor's space under the model's fingerprint."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from recsys.embeddings.projection import Projection, pca
from recsys.embeddings.projection_storage import load_projection
from recsys.errors import ArtifactError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.maps import ProjectionSettings, rows_of, save_map
from recsys.jobs.queue import JobQueue, JobSnapshot
from recsys.workspace import Entry, Space
from ui.cache import Representation
from ui.embeddings.viewed_jobs import ViewedJobs
from ui.shell.job_results import opened_result

if TYPE_CHECKING:
    import numpy as np

    from recsys.embeddings.extraction import Embeddings


@dataclass(frozen=True, eq=False)
class EmbeddedRun:
    """What is projected: the embeddings of a run.

    Args:
        run: its id. representation: of its users.
    """

    run: str
    representation: Representation
    embeddings: Embeddings


@dataclass(frozen=True, eq=False)
class ProjectionState:
    """The projection to show now.

    Args:
        projection: UMAP when it is ready, else PCA.
        job: the job that computes UMAP (running, failed or stopped), None when UMAP is ready.
    """

    projection: Projection
    job: JobSnapshot | None = None


def projection_state(
    space: Space, queue: JobQueue, embedded: EmbeddedRun, settings: ProjectionSettings, viewer: str
) -> ProjectionState:
    """The requested projection, or PCA while a job computes it.

    The first request submits the job. It replaces the visitor's earlier jobs for the same entity, except those that
    another of the visitor's sessions shows.

    Args:
        viewer: the browser session, from `viewer_id`.
    """
    key, vectors = settings.key(embedded.embeddings), rows_of(embedded.embeddings, settings.entity)
    if (saved := _saved_projection(space, key)) is not None:
        return ProjectionState(saved)
    if _earlier_map(space, settings, len(vectors)) is None:
        # A class computes its map once. The key contains the fingerprint of all values, so a visitor who finds a result
        # of it could have computed it.
        shared = opened_result(queue.result_of(_shared_key(key)), space.workspace)
        if shared is not None:
            made_for = {"run": embedded.run, "representation": embedded.representation}
            return ProjectionState(save_map(space, settings, key, shared, made_for))
    job_id = _job_id(space, key)
    job = None
    with suppress(UnknownIdError):
        job = queue.snapshot(job_id, space.id)
    if job is not None and job.state == "done" and (result := opened_result(job.result, space.workspace)) is not None:
        return ProjectionState(result)  # it is saved, unless the space is full
    _viewed_jobs().view(job_id, settings.entity, viewer)
    if job is None or job.state == "done" or (job.state == "stopped" and _viewed_jobs().was_replaced(job_id)):
        submit_projection(space, queue, embedded, settings, viewer)
        job = queue.snapshot(job_id, space.id)
    return ProjectionState(_pca_projection(key, settings.dims, vectors), job)


def submit_projection(
    space: Space, queue: JobQueue, embedded: EmbeddedRun, settings: ProjectionSettings, viewer: str
) -> str:
    """Submits, or submits again, the job that computes and saves a projection. Returns the job's id."""
    key, vectors = settings.key(embedded.embeddings), rows_of(embedded.embeddings, settings.entity)
    job_id, earlier = _job_id(space, key), _earlier_map(space, settings, len(vectors))
    job = JobDescription(
        job_id,
        "map",
        space.id,
        run=embedded.run,
        settings={
            "projection": settings.to_json(),
            "representation": embedded.representation,
            "align_to": "" if earlier is None else earlier.id,
        },
    )
    _viewed_jobs().view(job_id, settings.entity, viewer)
    _viewed_jobs().replace(queue, space.id, job_id)
    return queue.ensure(space.id, "map", settings.label, job, job_id, "" if earlier else _shared_key(key))


def job_progress(space: Space, queue: JobQueue, job_id: str, settings: ProjectionSettings, viewer: str) -> JobSnapshot:
    """The job as it is now, noted as shown: the visitor's other sessions leave it running."""
    _viewed_jobs().view(job_id, settings.entity, viewer)
    return queue.snapshot(job_id, space.id)


def viewer_id() -> str:
    """Identifies this browser session; another tab of the same visitor has another id."""
    return str(st.session_state.setdefault("map_viewer", secrets.token_hex(8)))


@st.cache_resource
def _viewed_jobs() -> ViewedJobs:
    return ViewedJobs()


def _job_id(space: Space, key: str) -> str:
    """The same id for every request of a projection in a space."""
    return hashlib.blake2b(f"{space.id} {key}".encode(), digest_size=12).hexdigest()


def _shared_key(key: str) -> str:
    """The key of equal jobs for a projection that is aligned with no other."""
    return f"map {key}"


@st.cache_resource(max_entries=4, show_spinner=False)
def _pca_projection(key: str, dims: int, _vectors: np.ndarray) -> Projection:
    return Projection(pca(_vectors, dims), "pca")


def _saved_projection(space: Space, key: str) -> Projection | None:
    for entry in space.entries("map"):
        if entry.meta.get("key") == key:
            try:
                return _load(str(space.path(entry.id)))
            except ArtifactError:
                space.delete(entry.id)
    return None


def _earlier_map(space: Space, settings: ProjectionSettings, rows: int) -> Entry | None:
    """The newest saved map of as many rows, entity and dimensions: a new one is aligned with it."""
    wanted = settings.meta(rows)
    for entry in space.entries("map"):
        if all(entry.meta.get(name) == value for name, value in wanted.items()):
            with suppress(ArtifactError):
                _load(str(space.path(entry.id)))
                return entry
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _load(folder: str) -> Projection:
    return load_projection(Path(folder))
