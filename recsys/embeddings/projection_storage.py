"""Projections on disk: points.npy and picture.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from recsys.embeddings.projection import Projection
from recsys.embeddings.projection_quality import Quality
from recsys.errors import DAMAGED_FILE, ArtifactError
from recsys.wording import Message

FORMAT = 1


def save_projection(projection: Projection, folder: Path) -> None:
    """Writes a projection into an existing folder."""
    with (folder / "points.npy").open("wb") as file:
        np.save(file, projection.points, allow_pickle=False)
    described = {
        "format": FORMAT,
        "method": projection.method,
        "neighbours": projection.neighbours,
        "min_distance": projection.min_distance,
        "seed": projection.seed,
        "note": projection.note,
        "quality": None if projection.quality is None else asdict(projection.quality),
    }
    (folder / "picture.json").write_text(json.dumps(described), "utf-8")


def load_projection(folder: Path) -> Projection:
    """Reads a projection. Raises ArtifactError when it is damaged or of another format."""
    try:
        described = json.loads((folder / "picture.json").read_text("utf-8"))
        # Mapped, not read: a file that claims more numbers than it holds is refused before memory is reserved.
        points = np.array(np.load(folder / "points.npy", mmap_mode="r", allow_pickle=False))
        if described.pop("format") != FORMAT or points.ndim != 2 or points.shape[1] not in (2, 3):
            raise ValueError("another format")
        if not np.isfinite(points).all():
            raise ValueError("a point is not finite")
        quality = described.pop("quality")
        if quality is not None and "people" in quality:  # the earlier name
            quality["rows"] = quality.pop("people")
        return Projection(points, **described, quality=None if quality is None else Quality(**quality))
    except DAMAGED_FILE as error:
        raise ArtifactError(
            Message("the map in {folder}", folder=folder.name),
            "is damaged or of another format",
            error,
            "Delete it; it is computed again.",
        ) from error
