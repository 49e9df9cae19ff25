"""Pictures for the pages: PCA at once, UMAP from a job, kept in the visitor's space by the model's fingerprint."""

from __future__ import annotations

import hashlib
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from recsys.embeddings.projection import Projection, pca, project, warm_up
from recsys.embeddings.projection_storage import load_projection, save_projection
from recsys.errors import ArtifactError, StudioError, UnknownIdError
from recsys.jobs.queue import JobQueue, JobSnapshot, Progress
from recsys.workspace import Entry, Space
from ui import cache
from ui.embeddings.viewed_jobs import ViewedJobs

if TYPE_CHECKING:
    import numpy as np

    from recsys.embeddings.clusters import Clusters
    from recsys.embeddings.extraction import Embeddings

SIDES = ("people", "items")
DRAWN = 2  # raised when the same controls give another picture


@dataclass(frozen=True)
class ProjectionSettings:
    """Which picture is wanted.

    Args:
        side: "people" or "items".
        dims: 2 or 3.
        neighbours, min_distance: see `project`.
    """

    side: str = "people"
    dims: int = 2
    neighbours: int = 30  # more than `project`'s own: fewer, larger groups are easier to lasso
    min_distance: float = 0.5

    def vectors(self, embeddings: Embeddings) -> np.ndarray:
        """What is drawn: people, or items without the padding row."""
        return embeddings.users if self.side == "people" else embeddings.items[1:]

    def key(self, embeddings: Embeddings) -> str:
        """Names the picture: it changes with any number in the model, with any control, and with how it is drawn."""
        return f"{DRAWN}-{embeddings.fingerprint}-{self.side}-{self.dims}d-{self.neighbours}-{self.min_distance:g}"


@dataclass(frozen=True, eq=False)
class ProjectionState:
    """A picture to show now.

    Args:
        projection: UMAP where it is ready, else PCA.
        job: the job that draws the wanted one (running, failed or stopped), None when it is there.
    """

    projection: Projection
    job: JobSnapshot | None = None


def projection_state(
    space: Space, queue: JobQueue, embeddings: Embeddings, settings: ProjectionSettings, viewer: str
) -> ProjectionState:
    """The wanted picture, or PCA while a job draws it.

    The first call for a picture submits the job. It replaces the visitor's earlier jobs for the same side, except
    those that another of the visitor's sessions shows.

    Args:
        viewer: the browser session that asks, from `viewer_id`.
    """
    key = settings.key(embeddings)
    if (saved := _saved(space, key)) is not None:
        return ProjectionState(saved)
    if (drawn := _drawn(key)) and _earlier(space, settings, len(settings.vectors(embeddings))) is None:
        return ProjectionState(_keep(space, settings, key, drawn[0]))
    job_id = _job_id(space, key)
    job = None
    with suppress(UnknownIdError):
        job = queue.snapshot(job_id, space.id)
    if job is not None and job.state == "done" and (just := _just_drawn(job_id)):  # saved, unless the space is full
        return ProjectionState(just[0])
    _viewed_jobs().view(job_id, settings.side, viewer)
    if job is None or job.state == "done" or (job.state == "stopped" and _viewed_jobs().was_replaced(job_id)):
        draw(space, queue, embeddings, settings, viewer)
        job = queue.snapshot(job_id, space.id)
    return ProjectionState(_first(key, settings.dims, settings.vectors(embeddings)), job)


def job_progress(space: Space, queue: JobQueue, job_id: str, settings: ProjectionSettings, viewer: str) -> JobSnapshot:
    """The job as it is now, noted as shown: the visitor's other sessions leave it running."""
    _viewed_jobs().view(job_id, settings.side, viewer)
    return queue.snapshot(job_id, space.id)


def viewer_id() -> str:
    """Names this browser session; another tab of the same visitor has another id."""
    return str(st.session_state.setdefault("map_viewer", secrets.token_hex(8)))


@st.cache_resource
def _viewed_jobs() -> ViewedJobs:
    return ViewedJobs()


def draw(space: Space, queue: JobQueue, embeddings: Embeddings, settings: ProjectionSettings, viewer: str) -> str:
    """Submits (again) the job that draws a picture and keeps it; returns the job's id."""
    key, vectors = settings.key(embeddings), settings.vectors(embeddings)
    before = _earlier(space, settings, len(vectors))
    job_id = _job_id(space, key)
    known, just = _drawn(key) if before is None else [], _just_drawn(job_id)

    def work(progress: Progress) -> None:
        if not known:
            known.append(
                project(
                    vectors,
                    dims=settings.dims,
                    neighbours=settings.neighbours,
                    min_distance=settings.min_distance,
                    align_to=None if before is None else before.points,
                    progress=progress,
                )
            )
        just[:] = [_keep(space, settings, key, known[0])]

    _viewed_jobs().view(job_id, settings.side, viewer)
    _viewed_jobs().replace(queue, space.id, job_id)
    return queue.ensure(space.id, "map", f"Map of {settings.side}, {settings.dims}-D", work, job_id)


def _job_id(space: Space, key: str) -> str:
    """The id of the job that draws a picture for a space: always the same."""
    return hashlib.blake2b(f"{space.id} {key}".encode(), digest_size=12).hexdigest()


def _keep(space: Space, settings: ProjectionSettings, key: str, drawn: Projection) -> Projection:
    """Saves a picture in a space; in a full one it is shown all the same."""
    meta = {"key": key, "side": settings.side, "dims": settings.dims, "rows": len(drawn.points), "method": drawn.method}
    with suppress(StudioError):
        space.save(
            "map", f"Map of {settings.side}, {settings.dims}-D", lambda folder: save_projection(drawn, folder), meta
        )
    return drawn


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawn(key: str) -> list[Projection]:
    """The picture of this key, [] until somebody's job has drawn it: a class that opens one run draws its map once.

    The key names every number that is drawn, so whoever finds a picture here could have drawn it.
    """
    return []


@st.cache_resource(max_entries=8, show_spinner=False)
def _just_drawn(job_id: str) -> list[Projection]:
    """What a job has drawn, [] before it has or when newer ones have taken its place."""
    return []


@st.cache_resource
def warm() -> threading.Thread:
    """Starts compiling the layout in the background, once a server."""
    thread = threading.Thread(target=warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread


def _saved(space: Space, key: str) -> Projection | None:
    for entry in space.entries("map"):
        if entry.meta.get("key") == key:
            try:
                return _open(str(space.path(entry.id)))
            except ArtifactError:
                space.delete(entry.id)
    return None


def _earlier(space: Space, settings: ProjectionSettings, rows: int) -> Projection | None:
    """The newest picture of as many rows and the same kind, so that a new one lies as it did."""

    def alike(entry: Entry) -> bool:
        return [entry.meta.get(name) for name in ("side", "dims", "rows")] == [settings.side, settings.dims, rows]

    for entry in space.entries("map"):
        if alike(entry):
            try:
                return _open(str(space.path(entry.id)))
            except ArtifactError:
                continue
    return None


@st.cache_resource(max_entries=6, show_spinner="Looking for groups …")
def item_groups_of(folder: str) -> tuple[Clusters, tuple[str, ...]]:
    """The groups of items in a saved run, and their names."""
    from recsys.embeddings import cluster
    from recsys.embeddings.group_names import name_item_groups

    clusters = cluster(cache.embeddings_of(folder).items[1:])
    return clusters, name_item_groups(clusters.labels, cache.open_run(folder)[1])


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(folder: str) -> Projection:
    from pathlib import Path

    return load_projection(Path(folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _first(key: str, dims: int, _vectors: np.ndarray) -> Projection:
    return Projection(pca(_vectors, dims), "pca")
