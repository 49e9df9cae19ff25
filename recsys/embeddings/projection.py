"""From representations to a picture in two or three dimensions: UMAP, with PCA as the instant first picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Literal

import numpy as np

from recsys.data.dataset import read_only
from recsys.embeddings.neighbours import all_neighbours
from recsys.embeddings.projection_quality import Quality, measure_quality
from recsys.embeddings.umap_graph import fuzzy_graph
from recsys.embeddings.umap_layout import lay_out
from recsys.errors import InputError

Method = Literal["umap", "pca", "umap-learn"]
Progress = Callable[[float, str], object]
FEWEST = 8
"""Rows below which there are no neighbourhoods to draw: PCA is shown instead, and said."""
_REFERENCE = Lock()  # umap-learn's compiled threads must not run twice at once in a process


@dataclass(frozen=True, eq=False)
class Projection:
    """A picture of representations.

    Args:
        points: float32 (n, 2 or 3), read-only.
        method: what made it: "umap", "pca", or "umap-learn". Not always what was asked for: see `note`.
        neighbours, min_distance, seed: how it was made.
        quality: how far neighbourhoods survive in it; None when it wasn't measured.
        note: a sentence when something else was made than was asked for, else "".
    """

    points: np.ndarray
    method: str
    neighbours: int = 15
    min_distance: float = 0.1
    seed: int = 0
    quality: Quality | None = None
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", read_only(self.points))

    @property
    def dims(self) -> int:
        """2 or 3."""
        return int(self.points.shape[1])


def project(
    vectors: np.ndarray,
    *,
    dims: int = 2,
    neighbours: int = 15,
    min_distance: float = 0.1,
    seed: int = 0,
    method: Method = "umap",
    align_to: np.ndarray | None = None,
    progress: Progress | None = None,
    quality: bool = True,
) -> Projection:
    """A picture in which neighbours (by Euclidean distance) stay neighbours. The same picture for the same seed.

    UMAP (McInnes, Healy & Melville 2018) starting from PCA, with approximate neighbours and fewer passes where there
    are many rows; "umap-learn" calls the reference implementation instead (slower; for comparison). Fewer than FEWEST
    rows are shown by PCA.

    Args:
        vectors: float (n, d), n ≥ 1.
        dims: 2 or 3.
        neighbours: 2 … 200, how wide a neighbourhood is looked at: small shows detail, large the whole.
        min_distance: 0 … 0.99, how close points may come.
        align_to: float (n, dims), an earlier picture of the same rows (NaN where a row had no place): the new one is
            turned, mirrored and shifted onto it.
        progress: told (fraction, stage); may raise to stop.
        quality: measure the picture.

    Raises:
        InputError: an argument breaks its rule, or a value is not finite.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    _check(vectors, dims, neighbours, min_distance, method)
    tell = progress or _quiet
    note = ""
    if method != "pca" and len(vectors) < FEWEST:
        note = f"With {len(vectors)} there are no neighbourhoods to draw, so this is PCA instead of UMAP."
        method = "pca"
    if method == "pca":
        tell(0.0, "Looking along the widest directions")
        points = pca(vectors, dims)
    elif method == "umap":
        points = _umap(vectors, dims, min(neighbours, len(vectors) - 1), min_distance, seed, tell)
    else:
        points = _umap_learn(vectors, dims, min(neighbours, len(vectors) - 1), min_distance, seed, tell)
    # Turned so that it is widest from left to right, as screens are, or as the earlier picture was.
    points = pca(points, dims) if align_to is None else align(points, align_to)
    measured = None
    if quality and len(vectors) >= FEWEST:
        tell(0.96, "Measuring the picture")
        measured = measure_quality(vectors, points, seed=seed)
    tell(1.0, "Done")
    return Projection(points, method, neighbours, min_distance, seed, measured, note)


def pca(vectors: np.ndarray, dims: int = 2) -> np.ndarray:
    """The widest directions: float32 (n, dims). Directions that do not exist are zero; signs are fixed."""
    centred = np.asarray(vectors, dtype=np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dims]
    axes = axes * np.where(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0) < 0, -1.0, 1.0)
    points = centred @ axes
    return np.pad(points, ((0, 0), (0, dims - points.shape[1]))).astype(np.float32)


def align(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The points turned, mirrored and shifted (not stretched) to lie as near a reference as can be: float32 (n, dims).

    Orthogonal Procrustes (Schönemann 1966) over the rows that have a place in both. Raises InputError when the shapes
    differ.
    """
    if points.shape != np.shape(reference):
        raise InputError("align_to", f"must have the shape {points.shape}", np.shape(reference))
    known = np.isfinite(reference).all(axis=1)
    if not known.any():
        return points
    ours, theirs = points[known].astype(np.float64), np.asarray(reference, dtype=np.float64)[known]
    centre, goal = ours.mean(axis=0), theirs.mean(axis=0)
    left, _, right = np.linalg.svd((ours - centre).T @ (theirs - goal))
    aligned: np.ndarray = ((points - centre) @ (left @ right) + goal).astype(np.float32)
    return aligned


def warm_up() -> None:
    """Compiles what `project` needs (seconds on the first call on a machine); for a thread in the background."""
    rows = np.random.default_rng(0).normal(size=(32, 4)).astype(np.float32)
    project(rows, neighbours=5, quality=False)


def passes_for(n: int) -> int:
    """Rounds of the layout: more rows need fewer, since each has as many neighbours."""
    return int(np.clip(3_000_000 / max(n, 1), 100, 500))


def _umap(
    vectors: np.ndarray, dims: int, neighbours: int, min_distance: float, seed: int, tell: Progress
) -> np.ndarray:
    tell(0.02, "Looking along the widest directions")
    start = pca(vectors, dims)
    tell(0.04, "Finding everybody’s neighbours")
    found, distances = all_neighbours(vectors, neighbours, seed=seed)
    tell(0.35, "Weighing the neighbourhoods")
    graph = fuzzy_graph(found, distances)
    tell(0.42, "Laying out the map")
    return lay_out(
        graph,
        start,
        min_distance=min_distance,
        passes=passes_for(len(vectors)),
        seed=seed,
        progress=lambda done: tell(0.42 + 0.53 * done, "Laying out the map"),
    )


def _umap_learn(
    vectors: np.ndarray, dims: int, neighbours: int, min_distance: float, seed: int, tell: Progress
) -> np.ndarray:
    tell(0.02, "Waiting for umap-learn, which reports nothing on the way")
    with _REFERENCE:
        from umap import UMAP

        reference = UMAP(neighbours, dims, min_dist=min_distance, init="pca", random_state=seed, n_jobs=1)
        points: np.ndarray = reference.fit_transform(vectors)
    return points.astype(np.float32)


def _check(vectors: np.ndarray, dims: int, neighbours: int, min_distance: float, method: str) -> None:
    if vectors.ndim != 2 or not len(vectors) or not vectors.shape[1]:
        raise InputError("the representations", "must be a table with a row and a column at least", vectors.shape)
    if not np.isfinite(vectors).all():
        raise InputError("the representations", "must be finite numbers", fix="Train the model again.")
    if dims not in (2, 3):
        raise InputError("dims", "must be 2 or 3", dims)
    if not 2 <= neighbours <= 200:
        raise InputError("neighbours", "must be between 2 and 200", neighbours, "15 is usual.")
    if not 0 <= min_distance <= 0.99:
        raise InputError("min_distance", "must be between 0 and 0.99", min_distance, "0.1 is usual.")
    if method not in ("umap", "pca", "umap-learn"):
        raise InputError("method", "must be umap, pca or umap-learn", method)


def _quiet(fraction: float, message: str) -> None:
    """Nobody wants to know."""
