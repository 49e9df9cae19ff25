"""UMAP's layout by stochastic gradient descent, quick and reproducible at once.

umap-learn gives up its threads as soon as it is seeded, because its threads write into one array. Here each point
reads all others as they stood after the pass before and writes itself only, with random numbers that depend on (seed,
pass, point): the same picture for any number of threads. The inner loop is compiled by numba and kept on disk, so it
compiles once per machine and not once per process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

_SPAN = 10.0  # the start is scaled to this many units
_BELOW, _OCTAVES = 20, 40  # squared distances from 2^−20 to 2^20 are told apart
_CHUNK = 2_048  # points one thread moves at a time


def curve(min_distance: float, spread: float = 1.0) -> tuple[float, float]:
    """a, b of 1 / (1 + a·d^(2b)), fitted to a plateau up to `min_distance` and an exponential fall beyond it."""
    from scipy.optimize import curve_fit

    distance = np.linspace(0, 3 * spread, 300)
    wanted = np.where(distance < min_distance, 1.0, np.exp(-(distance - min_distance) / spread))
    (a, b), _ = curve_fit(lambda d, a, b: 1.0 / (1.0 + a * d ** (2 * b)), distance, wanted)
    return float(a), float(b)


def lay_out(
    graph: csr_matrix,
    start: np.ndarray,
    *,
    min_distance: float,
    passes: int,
    seed: int,
    progress: Callable[[float], object] | None = None,
) -> np.ndarray:
    """Points whose neighbourhoods follow the graph: float32 (n, dims).

    Args:
        graph: from `fuzzy_graph`.
        start: float (n, 2 or 3), where the points stand at first.
        min_distance: how close points may come, 0 … 1.
        passes: rounds over all edges, each strong edge once a round.
        progress: told the fraction done after every few passes; may raise to stop.
    """
    forces = _tables(*curve(min_distance))
    weights = graph.data / graph.data.max() if graph.nnz else graph.data
    strong = np.where(weights * passes < 1.0, 0.0, weights)
    kept = csr_matrix((strong, graph.indices, graph.indptr), shape=graph.shape, copy=True)
    kept.eliminate_zeros()
    edges = kept.indptr.astype(np.int64), kept.indices.astype(np.int32), kept.data.astype(np.float32)
    n, dims = start.shape
    # Always three columns: one compiled loop serves both pictures, since a column of zeros stays zero.
    now = np.zeros((n, 3), dtype=np.float32)
    now[:, :dims] = _scaled(start, seed)
    then, move = np.empty_like(now), compiled_move()
    chunks = [(first, min(n, first + _CHUNK)) for first in range(0, n, _CHUNK)]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1, len(chunks))) as threads:
        for turn in range(passes):
            rate = (1.0 - turn / passes) ** 2  # umap-learn falls in a line; so the last passes are calmer, and fewer do
            if len(chunks) == 1:
                move(now, then, *edges, *forces, 0, n, turn, rate, seed)
            else:
                work = [threads.submit(move, now, then, *edges, *forces, *chunk, turn, rate, seed) for chunk in chunks]
                for part in work:
                    part.result()
            now, then = then, now
            if progress is not None and turn % 5 == 4:
                progress((turn + 1) / passes)
    return np.ascontiguousarray(now[:, :dims])


def _scaled(start: np.ndarray, seed: int) -> np.ndarray:
    """The start in a box of _SPAN units, with a little noise so that equal points can part."""
    low, span = start.min(axis=0), np.ptp(start, axis=0)
    boxed = _SPAN * (start - low) / np.where(span > 0, span.max(), 1.0)
    noisy: np.ndarray = boxed + np.random.default_rng(seed).normal(0, 1e-3, start.shape)
    return noisy


@cache
def compiled_move() -> Callable[..., None]:
    """The inner loop, compiled for this machine; from the disk when it has been compiled before."""
    from numba import njit

    options: dict[str, Any] = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        compiled: Callable[..., None] = njit(cache=True, **options)(_move)
    except RuntimeError:  # no folder to keep it in may be written: it compiles in each process
        compiled = njit(**options)(_move)
    return compiled


def _tables(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """How strongly a pair at squared distance s pulls and pushes, for every s that float32 tells apart in 8 bits.

    Looking them up by the leading bits of s (its exponent and 8 bits of its fraction) is within 0.4% and takes a third
    of the time of the powers and divisions: float32 (_OCTAVES · 256,) each, from s = 2^−20 on.
    """
    steps = (np.arange(_OCTAVES * 256) + (127 - _BELOW) * 256) << 15
    square = (steps + (1 << 14)).astype(np.int32).view(np.float32).astype(np.float64)  # the middle of each step
    power = square**b
    pull = -2.0 * a * b * power / (square * (1.0 + a * power))
    push = 2.0 * b / ((0.001 + square) * (1.0 + a * power))
    return pull.astype(np.float32), push.astype(np.float32)


def _move(
    now: np.ndarray,
    then: np.ndarray,
    starts: np.ndarray,
    others: np.ndarray,
    weights: np.ndarray,
    pulls: np.ndarray,
    pushes: np.ndarray,
    first: int,
    end: int,
    turn: int,
    rate: float,
    seed: int,
) -> None:
    """One pass over the points first … end − 1: reads `now`, writes `then`.

    An edge of weight w is due w times a pass, seen from either end, as in umap-learn, where each of its two directions
    moves both ends. A gradient is cut at ±4 in each direction.
    """
    cut, two, rate32 = np.float32(4.0), np.float32(2.0), np.float32(rate)
    n, shift, one = np.uint64(len(now)), np.uint64(32), np.uint64(1)
    lowest, last = (127 - 20) * 256, len(pulls) - 1
    for i in range(first, end):
        x, y, z = now[i, 0], now[i, 1], now[i, 2]
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(turn) * np.uint64(0xBF58476D1CE4E5B9)
        state ^= (np.uint64(i) + one) * np.uint64(0x94D049BB133111EB)
        state = ((state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)) | one
        for edge in range(starts[i], starts[i + 1]):
            due = int(two * weights[edge] * (turn + 1)) - int(two * weights[edge] * turn)
            j = others[edge]
            for half in range(due):
                dx, dy, dz = x - now[j, 0], y - now[j, 1], z - now[j, 2]
                square = np.float32(dx * dx + dy * dy + dz * dz)
                if square > 0:
                    pull = pulls[min(last, max(0, int(square.view(np.int32) >> 15) - lowest))]
                    x += rate32 * min(cut, max(-cut, pull * dx))
                    y += rate32 * min(cut, max(-cut, pull * dy))
                    z += rate32 * min(cut, max(-cut, pull * dz))
                for _ in range(2 + (turn + edge + half) % 2):  # 5 for two half turns
                    state ^= state << np.uint64(13)
                    state ^= state >> np.uint64(7)
                    state ^= state << np.uint64(17)
                    k = int(((state >> shift) * n) >> shift)
                    dx, dy, dz = x - now[k, 0], y - now[k, 1], z - now[k, 2]
                    square = np.float32(dx * dx + dy * dy + dz * dz)
                    if k != i and square > 0:
                        push = pushes[min(last, max(0, int(square.view(np.int32) >> 15) - lowest))]
                        x += rate32 * min(cut, max(-cut, push * dx))
                        y += rate32 * min(cut, max(-cut, push * dy))
                        z += rate32 * min(cut, max(-cut, push * dz))
        then[i, 0], then[i, 1], then[i, 2] = x, y, z
