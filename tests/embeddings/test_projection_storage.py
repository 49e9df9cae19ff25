"""Projections on disk: read back unchanged, and a damaged one is reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.embeddings import project
from recsys.embeddings.projection_storage import load_projection, save_projection
from recsys.errors import ArtifactError


@pytest.mark.parametrize("n", [4, 40])
def test_a_projection_is_read_back_unchanged(tmp_path: Path, n: int) -> None:
    projection = project(np.random.default_rng(0).normal(size=(n, 5)), neighbours=7, min_distance=0.3, seed=2)
    save_projection(projection, tmp_path)
    loaded = load_projection(tmp_path)
    np.testing.assert_array_equal(loaded.points, projection.points)
    assert (loaded.method, loaded.neighbours, loaded.min_distance, loaded.seed) == (projection.method, 7, 0.3, 2)
    assert (loaded.quality, loaded.note) == (projection.quality, projection.note)


def test_a_projection_saved_with_the_earlier_names_is_read(tmp_path: Path) -> None:
    projection = project(np.random.default_rng(0).normal(size=(20, 5)))
    save_projection(projection, tmp_path)
    described = tmp_path / "picture.json"
    described.write_text(described.read_text("utf-8").replace('"rows"', '"people"'), "utf-8")
    assert load_projection(tmp_path).quality == projection.quality


@pytest.mark.parametrize(
    "damage", ["no points", "half a file", "not json", "another format", "not finite", "claims more than it holds"]
)
def test_a_damaged_projection_is_reported(tmp_path: Path, damage: str) -> None:
    save_projection(project(np.random.default_rng(0).normal(size=(20, 5)), quality=False), tmp_path)
    points, described = tmp_path / "points.npy", tmp_path / "picture.json"
    if damage == "no points":
        points.unlink()
    elif damage == "half a file":
        points.write_bytes(points.read_bytes()[:90])
    elif damage == "not json":
        described.write_text("{", "utf-8")
    elif damage == "another format":
        described.write_text(described.read_text("utf-8").replace('"format": 1', '"format": 99'), "utf-8")
    elif damage == "claims more than it holds":
        points.write_bytes(points.read_bytes().replace(b"(20, 2), }" + b" " * 13, b"(200000000000000, 2), }"))
    else:
        with points.open("wb") as file:
            np.save(file, np.full((20, 2), np.nan, np.float32))
    with pytest.raises(ArtifactError, match="damaged or of another format"):
        load_projection(tmp_path)
