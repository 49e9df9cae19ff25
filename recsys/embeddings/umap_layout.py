"""UMAP's layout by stochastic gradient descent, fast and reproducible at once.

umap-learn runs on one thread once it is seeded, because its threads write into one array. Here each point reads the
positions of the epoch before and writes its own only, with random numbers that depend on (seed, epoch, point): the
same layout for any number of threads. For 10,000 users a map takes 2.80 CPU-seconds in a fresh process and 1.87 after
that; umap-learn, tuned to be as trustworthy (init="pca", 100 epochs), takes 34.2 and 3.04 (benchmarks/README.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

_START_SIZE = 10.0  # units across which the start is scaled
_LOWEST_POWER, _POWERS = -20, 40  # the force tables cover squared distances from 2^−20 to 2^20
_MIN_SQUARE = 1e-6  # added to squared distances, to stay in the tables; equal positions then have no direction
_MAX_FORCE = 4.0
_FRACTION_BITS = 16  # the updates of an edge per epoch are held as a whole number of 2^−16
_POINTS_PER_THREAD = 2_048


def fit_curve(min_distance: float) -> tuple[float, float]:
    """a, b of 1 / (1 + a·d^(2b)), fitted to 1 up to `min_distance` and an exponential fall beyond it."""
    from scipy.optimize import curve_fit

    distance = np.linspace(0, 3, 300)
    wanted = np.where(distance < min_distance, 1.0, np.exp(min_distance - distance))
    (a, b), _ = curve_fit(lambda d, a, b: 1.0 / (1.0 + a * d ** (2 * b)), distance, wanted)
    return float(a), float(b)


def optimize_layout(
    graph: csr_matrix,
    start: np.ndarray,
    *,
    min_distance: float,
    epochs: int,
    seed: int,
    progress: Callable[[float], object] | None = None,
) -> np.ndarray:
    """Points whose neighbourhoods follow the graph: float32 (n, dims).

    Args:
        graph: from `fuzzy_graph`.
        start: float (n, 2 or 3), the first positions.
        min_distance: how close points may come, 0 … 1.
        epochs: rounds over all edges.
        progress: called with the fraction done after every five epochs; may raise to stop.
    """
    edges, forces = _edges(graph, epochs), _force_tables(*fit_curve(min_distance))
    n, dims = start.shape
    # Always three columns: one compiled loop serves both dimensions, since a column of zeros stays zero.
    positions = np.zeros((n, 3), dtype=np.float32)
    positions[:, :dims] = _scaled(start, seed)
    updated = np.empty_like(positions)
    workers = min(4, os.cpu_count() or 1, 1 + n // _POINTS_PER_THREAD)
    bounds = np.linspace(0, n, 1 + (2 * workers if workers > 1 else 1)).astype(int).tolist()  # two parts a thread
    with ThreadPoolExecutor(max_workers=workers) as threads:
        for epoch in range(epochs):
            # Quadratic decay of the learning rate, where umap-learn's is linear: fewer epochs are enough.
            rest = (epoch, (1.0 - epoch / epochs) ** 2, seed)
            if workers == 1:
                _run_epoch(positions, updated, *edges, *forces, 0, n, *rest)
            else:
                tasks = [
                    threads.submit(_run_epoch, positions, updated, *edges, *forces, *part, *rest)
                    for part in pairwise(bounds)
                ]
                for task in tasks:
                    task.result()
            positions, updated = updated, positions
            if progress is not None and epoch % 5 == 4:
                progress((epoch + 1) / epochs)
    return np.ascontiguousarray(positions[:, :dims])


def _edges(graph: csr_matrix, epochs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each row's edges start, the rows at their other end, and their updates per epoch in 2^−_FRACTION_BITS.

    An edge of weight w, relative to the greatest weight, is updated 2w times per epoch: w times from either end, as in
    umap-learn, where each of its two directions moves both ends. An edge that would not be updated once in all epochs
    is left out. Each row's edges are ordered by weight, which the processor's branch prediction profits from.
    """
    weights = graph.data / graph.data.max() if graph.nnz else graph.data
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    order = np.lexsort((-weights, rows))
    order = order[weights[order] * epochs >= 1.0]
    starts = np.searchsorted(rows[order], np.arange(graph.shape[0] + 1))
    updates = np.round(weights[order] * (2 << _FRACTION_BITS))
    return starts.astype(np.int64), graph.indices[order].astype(np.int32), updates.astype(np.int64)


def _scaled(start: np.ndarray, seed: int) -> np.ndarray:
    """The start in a box of _START_SIZE units, with a little noise so that equal points can part."""
    low, span = start.min(axis=0), np.ptp(start, axis=0)
    boxed = _START_SIZE * (start - low) / np.where(span > 0, span.max(), 1.0)
    noisy: np.ndarray = boxed + np.random.default_rng(seed).normal(0, 1e-3, start.shape)
    return noisy


def _force_tables(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Attraction and repulsion of a pair by its squared distance s: float32 (_POWERS · 256,) each, from s = 2^−20 on.

    The index is the exponent of s and 8 bits of its fraction. Reading a table is within 0.4% of the powers and
    divisions and takes a third of their time. Forces are clipped to _MAX_FORCE.
    """
    steps = (np.arange(_POWERS * 256) + (127 + _LOWEST_POWER) * 256) << 15
    square = (steps + (1 << 14)).astype(np.int32).view(np.float32).astype(np.float64)  # the middle of each step
    power, most = square**b, _MAX_FORCE / np.sqrt(square)
    attraction = -2.0 * a * b * power / (square * (1.0 + a * power))
    repulsion = 2.0 * b / ((0.001 + square) * (1.0 + a * power))
    return np.maximum(attraction, -most).astype(np.float32), np.minimum(repulsion, most).astype(np.float32)


def _compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """The loop, compiled by numba when first called and kept on disk; it runs without Python's lock."""

    @cache
    def compiled_loop() -> Callable[..., None]:
        from numba import njit

        options: dict[str, Any] = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}
        try:
            return njit(cache=True, **options)(loop)  # type: ignore[no-any-return]
        except RuntimeError:  # no folder for the cache is writable: compiled in each process
            return njit(**options)(loop)  # type: ignore[no-any-return]

    @wraps(loop)
    def call(*args: Any) -> None:
        compiled_loop()(*args)

    return call


@_compiled
def _run_epoch(
    positions: np.ndarray,
    updated: np.ndarray,
    starts: np.ndarray,
    others: np.ndarray,
    updates: np.ndarray,
    attraction: np.ndarray,
    repulsion: np.ndarray,
    first: int,
    end: int,
    epoch: int,
    learning_rate: float,
    seed: int,
) -> None:
    """One epoch for the points first … end − 1: reads `positions`, writes `updated`.

    At each update of an edge its other end attracts the point, then two or three random points (negative samples)
    repel it. All of these forces are computed at one position, so that the processor can overlap them.
    """
    rate, least, zero = np.float32(learning_rate), np.float32(_MIN_SQUARE), np.float32(0.0)
    n, half, one = np.uint64(len(positions)), np.uint64(32), np.uint64(1)
    lowest, last = (127 + _LOWEST_POWER) * 256, len(attraction) - 1
    for i in range(first, end):
        x, y, z = positions[i, 0], positions[i, 1], positions[i, 2]
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(epoch) * np.uint64(0xBF58476D1CE4E5B9)
        state ^= (np.uint64(i) + one) * np.uint64(0x94D049BB133111EB)
        state = ((state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)) | one
        for edge in range(starts[i], starts[i + 1]):
            j = others[edge]
            for update in range(updates[edge] * epoch >> _FRACTION_BITS, updates[edge] * (epoch + 1) >> _FRACTION_BITS):
                dx, dy, dz = x - positions[j, 0], y - positions[j, 1], z - positions[j, 2]
                square = np.float32(dx * dx + dy * dy + dz * dz + least)
                force = rate * attraction[min(last, int(square.view(np.int32) >> 15) - lowest)]
                x, y, z = x + force * dx, y + force * dy, z + force * dz
                sum_x, sum_y, sum_z = zero, zero, zero
                for _ in range(2 + (edge + update) % 2):  # 5 negative samples in two updates
                    state ^= state << np.uint64(13)
                    state ^= state >> np.uint64(7)
                    state ^= state << np.uint64(17)
                    k = np.int64(((state >> half) * n) >> half)
                    dx, dy, dz = x - positions[k, 0], y - positions[k, 1], z - positions[k, 2]
                    square = np.float32(dx * dx + dy * dy + dz * dz + least)
                    force = repulsion[min(last, int(square.view(np.int32) >> 15) - lowest)]
                    sum_x, sum_y, sum_z = sum_x + force * dx, sum_y + force * dy, sum_z + force * dz
                x, y, z = x + rate * sum_x, y + rate * sum_y, z + rate * sum_z
        updated[i, 0], updated[i, 1], updated[i, 2] = x, y, z
