"""Projects embeddings to two or three dimensions: UMAP, with PCA as the instant first projection."""

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
from recsys.embeddings.umap_layout import optimize_layout
from recsys.errors import InputError
from recsys.wording import Message

Method = Literal["umap", "pca", "umap-learn"]
Progress = Callable[[float, str], object]
MIN_ROWS = 8
"""Fewer rows have no neighbourhoods to show: they are projected by PCA, and `note` says so."""
TOO_FEW = Message("{n} rows are too few for neighbourhoods, so this is PCA instead of UMAP.")
"""The note."""
_UMAP_LEARN_LOCK = Lock()  # umap-learn's compiled threads must not run twice at once in a process


@dataclass(frozen=True, eq=False)
class Projection:
    """Embeddings in two or three dimensions.

    Args:
        points: float32 (n, 2 or 3), read-only.
        method: the method that was used: "umap", "pca", or "umap-learn".
        neighbours, min_distance, seed: the settings of `project`.
        quality: how well neighbourhoods are preserved; None when it wasn't measured.
        note: a sentence when another method was used than requested, else "".
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
    """A projection in which neighbours (by Euclidean distance) stay neighbours. The same one for the same seed.

    UMAP (McInnes, Healy & Melville 2018) starting from PCA, with approximate neighbours and fewer epochs where there
    are many rows; "umap-learn" calls the reference implementation instead (slower, for comparison; `umap_layout` has
    the figures). Fewer than MIN_ROWS rows are projected by PCA.

    Args:
        vectors: float (n, d), n ≥ 1.
        dims: 2 or 3.
        neighbours: 2 … 200, size of a neighbourhood: small values show detail, large ones the overall shape.
        min_distance: 0 … 0.99, how close points may come.
        seed: of the layout.
        method: "umap", "umap-learn" or "pca".
        align_to: float (n, dims), an earlier projection of the same rows: the new one is rotated, mirrored and shifted
            onto it.
        progress: called with (fraction, stage); may raise to stop.
        quality: whether to measure the quality.

    Returns:
        The points, float32 (n, dims), with the method used and the measured quality.

    Raises:
        InputError: an argument breaks its rule, or a value is not finite.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    _check(vectors, dims, neighbours, min_distance, method)
    report = progress or (lambda fraction, stage: None)
    note = ""
    if method != "pca" and len(vectors) < MIN_ROWS:
        note = Message(TOO_FEW, n=str(len(vectors)))
        method = "pca"
    if method == "pca":
        report(0.0, Message("Computing principal components"))
        points = pca(vectors, dims)
    elif method == "umap":
        points = _umap(vectors, dims, min(neighbours, len(vectors) - 1), min_distance, seed, report)
    else:
        points = _umap_learn(vectors, dims, min(neighbours, len(vectors) - 1), min_distance, seed, report)
    # Rotated to be widest from left to right, as screens are, or onto the earlier projection.
    points = pca(points, dims) if align_to is None else align(points, align_to)
    measured = None
    if quality and len(vectors) >= MIN_ROWS:
        report(0.96, Message("Measuring the quality"))
        measured = measure_quality(vectors, points, seed=seed)
    report(1.0, Message("Done"))
    return Projection(points, method, neighbours, min_distance, seed, measured, note)


def pca(vectors: np.ndarray, dims: int = 2) -> np.ndarray:
    """Principal components: float32 (n, dims). Components that do not exist are zero; signs are fixed."""
    centred = np.asarray(vectors, dtype=np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dims]
    axes = axes * np.where(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0) < 0, -1.0, 1.0)
    points = centred @ axes
    return np.pad(points, ((0, 0), (0, dims - points.shape[1]))).astype(np.float32)


def align(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The points rotated, mirrored and shifted (not scaled) to lie as near a reference as possible: float32 (n, dims).

    Orthogonal Procrustes (Schönemann 1966). Raises InputError when the shapes differ.
    """
    from scipy.linalg import orthogonal_procrustes

    if points.shape != reference.shape:
        raise InputError("align_to", Message("must have the shape {shape}", shape=str(points.shape)), reference.shape)
    centred, goal = (rows - rows.mean(axis=0, dtype=np.float64) for rows in (points, reference))
    rotation, _ = orthogonal_procrustes(centred, goal)
    aligned: np.ndarray = (centred @ rotation + reference.mean(axis=0, dtype=np.float64)).astype(np.float32)
    return aligned


def epochs_for(n: int) -> int:
    """Epochs of the layout of n rows: more rows need fewer, since each has as many neighbours."""
    return int(np.clip(3_000_000 / max(n, 1), 100, 500))


def _umap(
    vectors: np.ndarray, dims: int, neighbours: int, min_distance: float, seed: int, report: Progress
) -> np.ndarray:
    report(0.02, Message("Computing principal components"))
    start = pca(vectors, dims)
    report(0.04, Message("Finding nearest neighbours"))
    indexes, distances = all_neighbours(vectors, neighbours, seed=seed)
    report(0.35, Message("Weighting neighbours"))
    graph = fuzzy_graph(indexes, distances)
    report(0.42, Message("Laying out the map"))
    return optimize_layout(
        graph,
        start,
        min_distance=min_distance,
        epochs=epochs_for(len(vectors)),
        seed=seed,
        progress=lambda done: report(0.42 + 0.53 * done, Message("Laying out the map")),
    )


def _umap_learn(
    vectors: np.ndarray, dims: int, neighbours: int, min_distance: float, seed: int, report: Progress
) -> np.ndarray:
    report(0.02, Message("Running umap-learn, which does not report progress"))
    with _UMAP_LEARN_LOCK:
        from umap import UMAP

        reference = UMAP(neighbours, dims, min_dist=min_distance, init="pca", random_state=seed, n_jobs=1)
        points: np.ndarray = reference.fit_transform(vectors)
    return points.astype(np.float32)


def _check(vectors: np.ndarray, dims: int, neighbours: int, min_distance: float, method: str) -> None:
    if vectors.ndim != 2 or not len(vectors) or not vectors.shape[1]:
        raise InputError("the embeddings", "must have at least one row and one column", vectors.shape)
    if not np.isfinite(vectors).all():
        raise InputError("the embeddings", "must be finite numbers", fix="Train the model again.")
    if dims not in (2, 3):
        raise InputError("dims", "must be 2 or 3", dims)
    if not 2 <= neighbours <= 200:
        raise InputError("neighbours", "must be between 2 and 200", neighbours, "15 is usual.")
    if not 0 <= min_distance <= 0.99:
        raise InputError("min_distance", "must be between 0 and 0.99", min_distance, "0.1 is usual.")
    if method not in ("umap", "pca", "umap-learn"):
        raise InputError("method", "must be umap, pca or umap-learn", method)
