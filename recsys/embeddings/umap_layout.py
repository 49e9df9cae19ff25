"""UMAP's layout by stochastic gradient descent, quick and reproducible at once.

umap-learn gives up its threads as soon as it is seeded, because its threads write into one array. Here each point
reads all others as they stood after the pass before and writes itself only, with random numbers that depend on (seed,
pass, point): the same picture for any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from recsys.embeddings.compiled import compiled

_SPAN = 10.0  # the start is scaled to this many units
_BELOW, _OCTAVES = 20, 40  # squared distances from 2^−20 to 2^20 are told apart
_LEAST = 1e-6  # added to squared distances, to stay in the tables; the same place then has no direction
_CUT = 4.0  # the longest a force may be
_WHOLE = 16  # an edge's weight is held as a whole number of 2^−16
_CHUNK = 2_048  # points from which on another thread is worth its while


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
    edges, forces = _edges(graph, passes), _tables(*curve(min_distance))
    n, dims = start.shape
    # Always three columns: one compiled loop serves both pictures, since a column of zeros stays zero.
    now = np.zeros((n, 3), dtype=np.float32)
    now[:, :dims] = _scaled(start, seed)
    then = np.empty_like(now)
    workers = min(4, os.cpu_count() or 1, 1 + n // _CHUNK)
    cuts = np.linspace(0, n, 1 + (2 * workers if workers > 1 else 1)).astype(int).tolist()  # two each: one may be late
    chunks = list(pairwise(cuts))
    with ThreadPoolExecutor(max_workers=workers) as threads:
        for turn in range(passes):
            rate = (1.0 - turn / passes) ** 2  # umap-learn falls in a line; so the last passes are calmer, and fewer do
            if len(chunks) == 1:
                _move(now, then, *edges, *forces, 0, n, turn, rate, seed)
            else:
                work = [threads.submit(_move, now, then, *edges, *forces, *chunk, turn, rate, seed) for chunk in chunks]
                for part in work:
                    part.result()
            now, then = then, now
            if progress is not None and turn % 5 == 4:
                progress((turn + 1) / passes)
    return np.ascontiguousarray(now[:, :dims])


def _edges(graph: csr_matrix, passes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each row's edges start, their other ends, and how often each is due a pass, in 2^−_WHOLE; strongest first.

    An edge of weight w, of which the greatest is 1, is due 2w times a pass: w times seen from either end, as in
    umap-learn, where each of its two directions moves both ends. One that would not be due once in all passes is left
    out. In this order what comes next is easier to foretell, for the processor too.
    """
    weights = graph.data / graph.data.max() if graph.nnz else graph.data
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    order = np.lexsort((-weights, rows))
    order = order[weights[order] * passes >= 1.0]
    starts = np.searchsorted(rows[order], np.arange(graph.shape[0] + 1))
    due = np.round(weights[order] * (2 << _WHOLE))
    return starts.astype(np.int64), graph.indices[order].astype(np.int32), due.astype(np.int64)


def _scaled(start: np.ndarray, seed: int) -> np.ndarray:
    """The start in a box of _SPAN units, with a little noise so that equal points can part."""
    low, span = start.min(axis=0), np.ptp(start, axis=0)
    boxed = _SPAN * (start - low) / np.where(span > 0, span.max(), 1.0)
    noisy: np.ndarray = boxed + np.random.default_rng(seed).normal(0, 1e-3, start.shape)
    return noisy


def _tables(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """How strongly a pair at squared distance s pulls and pushes, for every s that float32 tells apart in 8 bits.

    Looking them up by the leading bits of s (its exponent and 8 bits of its fraction) is within 0.4% and takes a third
    of the time of the powers and divisions: float32 (_OCTAVES · 256,) each, from s = 2^−20 on. A force longer than
    _CUT is cut to it.
    """
    steps = (np.arange(_OCTAVES * 256) + (127 - _BELOW) * 256) << 15
    square = (steps + (1 << 14)).astype(np.int32).view(np.float32).astype(np.float64)  # the middle of each step
    power, most = square**b, _CUT / np.sqrt(square)
    pull = -2.0 * a * b * power / (square * (1.0 + a * power))
    push = 2.0 * b / ((0.001 + square) * (1.0 + a * power))
    return np.maximum(pull, -most).astype(np.float32), np.minimum(push, most).astype(np.float32)


@compiled
def _move(
    now: np.ndarray,
    then: np.ndarray,
    starts: np.ndarray,
    others: np.ndarray,
    due: np.ndarray,
    pulls: np.ndarray,
    pushes: np.ndarray,
    first: int,
    end: int,
    turn: int,
    rate: float,
    seed: int,
) -> None:
    """One pass over the points first … end − 1: reads `now`, writes `then`.

    At each turn of an edge its other end pulls, and then two or three points at random push, all felt from the same
    place: so the processor need not wait for one to begin with the next.
    """
    speed, least, zero = np.float32(rate), np.float32(_LEAST), np.float32(0.0)
    n, shift, one = np.uint64(len(now)), np.uint64(32), np.uint64(1)
    lowest, last = (127 - _BELOW) * 256, len(pulls) - 1
    for i in range(first, end):
        x, y, z = now[i, 0], now[i, 1], now[i, 2]
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(turn) * np.uint64(0xBF58476D1CE4E5B9)
        state ^= (np.uint64(i) + one) * np.uint64(0x94D049BB133111EB)
        state = ((state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)) | one
        for edge in range(starts[i], starts[i + 1]):
            j = others[edge]
            for time in range(due[edge] * turn >> _WHOLE, due[edge] * (turn + 1) >> _WHOLE):
                dx, dy, dz = x - now[j, 0], y - now[j, 1], z - now[j, 2]
                square = np.float32(dx * dx + dy * dy + dz * dz + least)
                pull = speed * pulls[min(last, int(square.view(np.int32) >> 15) - lowest)]
                x, y, z = x + pull * dx, y + pull * dy, z + pull * dz
                ax, ay, az = zero, zero, zero
                for _ in range(2 + (edge + time) % 2):  # 5 for two turns
                    state ^= state << np.uint64(13)
                    state ^= state >> np.uint64(7)
                    state ^= state << np.uint64(17)
                    k = np.int64(((state >> shift) * n) >> shift)
                    dx, dy, dz = x - now[k, 0], y - now[k, 1], z - now[k, 2]
                    square = np.float32(dx * dx + dy * dy + dz * dz + least)
                    push = pushes[min(last, int(square.view(np.int32) >> 15) - lowest)]
                    ax, ay, az = ax + push * dx, ay + push * dy, az + push * dz
                x, y, z = x + speed * ax, y + speed * ay, z + speed * az
        then[i, 0], then[i, 1], then[i, 2] = x, y, z
