"""The work of the job that projects the users or items of a run to a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from recsys.embeddings.projection import Method, Projection
from recsys.embeddings.projection_storage import load_projection, save_projection
from recsys.errors import StudioError
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.jobs.values import save_value
from recsys.runs import load_run
from recsys.wording import Message
from recsys.workspace import Space, Workspace
from recsys.workspace.sample_run import run_folder

if TYPE_CHECKING:
    import numpy as np

    from recsys.embeddings.extraction import Embeddings

ENTITIES = ("users", "items")
DIMENSIONS = (2, 3)
NEIGHBOUR_COUNTS, DISTANCES = (5, 10, 15, 30, 50, 100), (0.0, 0.05, 0.1, 0.25, 0.5, 0.8)
LAYOUTS: tuple[Method, ...] = ("umap", "umap-learn")
CHOICES: Mapping[str, Sequence[object]] = {
    "entity": ENTITIES,
    "dims": DIMENSIONS,
    "neighbours": NEIGHBOUR_COUNTS,
    "min_distance": DISTANCES,
    "layout": LAYOUTS,
}
"""What can be chosen on Embeddings for each of `ProjectionSettings`."""
_SAVED_NAMES = {"users": "people", "items": "items"}  # in the keys and meta of saved maps
_VERSION = 2  # raised when the same settings give another projection


@dataclass(frozen=True)
class ProjectionSettings:
    """Which projection to compute.

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

    def meta(self, rows: int) -> dict[str, str | int]:
        """What a saved map and the ones that can be aligned with it have in common."""
        return {"side": _SAVED_NAMES[self.entity], "dims": self.dims, "rows": rows}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ProjectionSettings:
        return cls(**values)


def rows_of(embeddings: Embeddings, entity: str) -> np.ndarray:
    """The embeddings of all users, or of all items without the padding row: float32 (n, d)."""
    return embeddings.users if entity == "users" else embeddings.items[1:]


def draw_map(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """Computes a projection and saves it in the job's space, unless that is full.

    It is a large result too, see `recsys.jobs.values`. The settings are "projection" (of `ProjectionSettings`), the
    "representation" of users ("interests" or "next-choice"), and "align_to": the id of a saved map that it is aligned
    with, "" for none.
    """
    from recsys.embeddings.extraction import extract
    from recsys.embeddings.interests import interest_model
    from recsys.embeddings.projection import project

    settings = ProjectionSettings.from_json(job.settings["projection"])
    space, align_to = workspace.space(job.space), str(job.settings["align_to"])
    progress(0.0, Message("Computing user embeddings …"))
    run, dataset = load_run(run_folder(job.run, workspace))
    by_interests = job.settings["representation"] == "interests"
    embeddings = extract(interest_model(run.model, dataset) if by_interests else run.model, dataset)
    projection = project(
        rows_of(embeddings, settings.entity),
        dims=settings.dims,
        neighbours=settings.neighbours,
        min_distance=settings.min_distance,
        method=settings.layout,
        align_to=load_projection(space.path(align_to)).points if align_to else None,
        progress=progress,
    )
    made_for = {"run": job.run, "representation": str(job.settings["representation"])}
    save_map(space, settings, settings.key(embeddings), projection, made_for)
    return save_value(projection, job, workspace)


def save_map(
    space: Space, settings: ProjectionSettings, key: str, projection: Projection, made_for: Mapping[str, str]
) -> Projection:
    """Saves a projection, unless the space is full, and returns it.

    Args:
        made_for: the "run" whose map it is, and the "representation" of its users.
    """
    common = settings.meta(len(projection.points))
    meta = {**made_for, "key": key, "method": projection.method, **settings.to_json(), **common}
    with suppress(StudioError):
        space.save("map", settings.label, lambda folder: save_projection(projection, folder), meta)
    return projection
