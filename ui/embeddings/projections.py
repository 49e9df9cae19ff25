"""Projections for the map: PCA at once, UMAP from a job, saved in the visitor's space under the model's fingerprint."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from recsys.embeddings.projection import Method, Projection, pca, project
from recsys.embeddings.projection_storage import load_projection, save_projection
from recsys.errors import ArtifactError, StudioError, UnknownIdError
from recsys.jobs.progress import Progress
from recsys.jobs.queue import JobQueue, JobSnapshot
from recsys.wording import Message
from recsys.workspace import Space
from ui.embeddings.viewed_jobs import ViewedJobs

if TYPE_CHECKING:
    import numpy as np

    from recsys.embeddings.extraction import Embeddings

ENTITIES = ("users", "items")
_SAVED_NAMES = {"users": "people", "items": "items"}  # in the keys and meta of saved maps
_VERSION = 2  # raised when the same settings give another projection


@dataclass(frozen=True)
class ProjectionSettings:
    """Which projection to show.

    Args:
        entity: "users" or "items".
        dims: 2 or 3.
        neighbours, min_distance: see `project`.
        layout: the `method` of `project`.
    """

    entity: str = "users"
    dims: int = 2
    neighbours: int = 30  # more than `project`'s own default: fewer, larger groups are easier to lasso
    min_distance: float = 0.5
    layout: Method = "umap"

    def key(self, embeddings: Embeddings) -> str:
        """Identifies the projection: changes with any value in the model, with any setting, and with the method."""
        settings = f"{_SAVED_NAMES[self.entity]}-{self.dims}d-{self.neighbours}-{self.min_distance:g}"
        layout = "" if self.layout == "umap" else f"-{self.layout}"
        return f"{_VERSION}-{embeddings.fingerprint}-{settings}{layout}"

    @property
    def label(self) -> Message:
        """The name of the job and of the saved map."""
        if self.entity == "users":
            return Message("Map of users, {dims}-D", dims=self.dims)
        return Message("Map of items, {dims}-D", dims=self.dims)


@dataclass(frozen=True, eq=False)
class ProjectionState:
    """The projection to show now.

    Args:
        projection: UMAP when it is ready, else PCA.
        job: the job that computes UMAP (running, failed or stopped), None when UMAP is ready.
    """

    projection: Projection
    job: JobSnapshot | None = None


def rows_of(embeddings: Embeddings, entity: str) -> np.ndarray:
    """The embeddings of all users, or of all items without the padding row: float32 (n, d)."""
    return embeddings.users if entity == "users" else embeddings.items[1:]


def projection_state(
    space: Space, queue: JobQueue, embeddings: Embeddings, settings: ProjectionSettings, viewer: str
) -> ProjectionState:
    """The requested projection, or PCA while a job computes it.

    The first request submits the job. It replaces the visitor's earlier jobs for the same entity, except those that
    another of the visitor's sessions shows.

    Args:
        viewer: the browser session, from `viewer_id`.
    """
    key, vectors = settings.key(embeddings), rows_of(embeddings, settings.entity)
    if (saved := _saved_projection(space, key)) is not None:
        return ProjectionState(saved)
    if (shared := _shared_projections(key)) and _earlier_projection(space, settings, len(vectors)) is None:
        return ProjectionState(_save(space, settings, key, shared[0]))
    job_id = _job_id(space, key)
    job = None
    with suppress(UnknownIdError):
        job = queue.snapshot(job_id, space.id)
    if job is not None and job.state == "done" and (result := _job_results(job_id)):  # saved, unless the space is full
        return ProjectionState(result[0])
    _viewed_jobs().view(job_id, settings.entity, viewer)
    if job is None or job.state == "done" or (job.state == "stopped" and _viewed_jobs().was_replaced(job_id)):
        submit_projection(space, queue, embeddings, settings, viewer)
        job = queue.snapshot(job_id, space.id)
    return ProjectionState(_pca_projection(key, settings.dims, vectors), job)


def submit_projection(
    space: Space, queue: JobQueue, embeddings: Embeddings, settings: ProjectionSettings, viewer: str
) -> str:
    """Submits, or submits again, the job that computes and saves a projection. Returns the job's id."""
    key, vectors = settings.key(embeddings), rows_of(embeddings, settings.entity)
    earlier = _earlier_projection(space, settings, len(vectors))
    job_id = _job_id(space, key)
    shared, result = _shared_projections(key) if earlier is None else [], _job_results(job_id)

    def work(progress: Progress) -> None:
        if not shared:
            shared.append(
                project(
                    vectors,
                    dims=settings.dims,
                    neighbours=settings.neighbours,
                    min_distance=settings.min_distance,
                    method=settings.layout,
                    align_to=None if earlier is None else earlier.points,
                    progress=progress,
                )
            )
        result[:] = [_save(space, settings, key, shared[0])]

    _viewed_jobs().view(job_id, settings.entity, viewer)
    _viewed_jobs().replace(queue, space.id, job_id)
    return queue.ensure(space.id, "map", settings.label, work, job_id)


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


@st.cache_resource(max_entries=8, show_spinner=False)
def _shared_projections(key: str) -> list[Projection]:
    """The projection of this key, [] until some visitor's job has computed it: a class computes its map once.

    The key contains the fingerprint of all values, so a visitor who finds a projection here could have computed it.
    """
    return []


@st.cache_resource(max_entries=8, show_spinner=False)
def _job_results(job_id: str) -> list[Projection]:
    """The projection that a job has computed, [] before that and after newer ones have taken its place."""
    return []


@st.cache_resource(max_entries=4, show_spinner=False)
def _pca_projection(key: str, dims: int, _vectors: np.ndarray) -> Projection:
    return Projection(pca(_vectors, dims), "pca")


def _meta(settings: ProjectionSettings, rows: int) -> dict[str, str | int]:
    """What a saved map and the ones that can be aligned with it have in common."""
    return {"side": _SAVED_NAMES[settings.entity], "dims": settings.dims, "rows": rows}


def _save(space: Space, settings: ProjectionSettings, key: str, projection: Projection) -> Projection:
    """Saves a projection, unless the space is full, and returns it."""
    meta = {"key": key, "method": projection.method, **_meta(settings, len(projection.points))}
    with suppress(StudioError):
        space.save("map", settings.label, lambda folder: save_projection(projection, folder), meta)
    return projection


def _saved_projection(space: Space, key: str) -> Projection | None:
    for entry in space.entries("map"):
        if entry.meta.get("key") == key:
            try:
                return _load(str(space.path(entry.id)))
            except ArtifactError:
                space.delete(entry.id)
    return None


def _earlier_projection(space: Space, settings: ProjectionSettings, rows: int) -> Projection | None:
    """The newest saved projection of as many rows, entity and dimensions: a new one is aligned with it."""
    wanted = _meta(settings, rows)
    for entry in space.entries("map"):
        if all(entry.meta.get(name) == value for name, value in wanted.items()):
            with suppress(ArtifactError):
                return _load(str(space.path(entry.id)))
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _load(folder: str) -> Projection:
    return load_projection(Path(folder))
