"""Who is near whom in the real space, exactly for one person, approximately for everybody at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from recsys.embeddings.compiled import compiled
from recsys.embeddings.k_means import assign, k_means
from recsys.errors import InputError

EXACT_UP_TO = 16_000
"""People up to which all distances are computed; above, inverted lists find the neighbours."""
_CELLS = 4_000_000  # distances held in memory at once (16 MB)


def nearest(vectors: np.ndarray, query: int | np.ndarray, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest by cosine similarity, in the real space and not in a picture of it.

    Args:
        vectors: float (n, d).
        query: a row number (which then is left out of the answer) or a vector (d,).
        k: how many at most.

    Returns:
        Row numbers int64 (≤ k,), nearest first (ties to the lower number), and their similarities −1 … 1 (a zero
        vector is similar to nobody: 0).
    """
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    lone = isinstance(query, int | np.integer)
    if lone and not 0 <= query < len(vectors):
        raise InputError("the row", f"must be between 0 and {len(vectors) - 1}", query)
    vector = np.asarray(vectors[query] if lone else query, dtype=np.float32)
    if vector.shape != vectors.shape[1:]:
        raise InputError("the vector", f"must have {vectors.shape[1]} numbers", vector.shape)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector)
    similarity = np.divide(vectors @ vector, lengths, out=np.zeros(len(vectors), np.float32), where=lengths > 0)
    np.clip(similarity, -1.0, 1.0, out=similarity)
    order = np.argsort(-similarity, kind="stable")
    if lone:
        order = order[order != query]
    return order[:k], similarity[order[:k]]


def all_neighbours(vectors: np.ndarray, k: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Everybody's k nearest by Euclidean distance, oneself first.

    Up to EXACT_UP_TO rows all distances are computed. Above, the rows are sorted into about √n lists by k-means and
    each list looks into its nearest lists only (an inverted file, Jégou et al. 2011), then once more at the
    neighbours' neighbours. The same answer at every run.

    Args:
        vectors: float32 (n, d), n > k.
        k: neighbours of each, the row itself included.

    Returns:
        Indexes int32 (n, k) and distances float32 (n, k), both nearest first; column 0 is the row itself.
    """
    vectors = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)  # near zero float32 is finer
    exact = len(vectors) <= EXACT_UP_TO
    found = _exact(vectors, k) if exact else _joined(vectors, _by_lists(vectors, k, seed), k)
    return _sorted(vectors, found)


def _exact(vectors: np.ndarray, k: int) -> np.ndarray:
    squares = np.einsum("nd,nd->n", vectors, vectors)
    looking, looked_at = np.pad(vectors, ((0, 0), (0, 1)), constant_values=1.0), np.c_[-2.0 * vectors, squares].T
    found = np.empty((len(vectors), k), dtype=np.int32)

    def look(rows: np.ndarray) -> None:
        gap = looking[rows] @ looked_at  # |other|² − 2 row · other; + |row|² would change no order
        gap[np.arange(len(rows)), rows] = -np.inf
        found[rows] = smallest(gap, k)

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as threads:
        list(threads.map(look, blocks(len(vectors), len(vectors))))  # both let go of Python's lock
    return found


def _by_lists(vectors: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Candidates for the k nearest, from the lists near each row's own: int32 (n, k)."""
    n = len(vectors)
    centres = k_means(vectors, int(np.sqrt(n)), seed=seed, rounds=4, sample=40 * int(np.sqrt(n)))
    lists = assign(vectors, centres)
    order = np.argsort(lists, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(lists, minlength=len(centres)))
    members = np.split(order, ends[:-1])
    near = np.argsort(_gaps(centres), axis=1, kind="stable")
    squares = np.einsum("nd,nd->n", vectors, vectors)
    found = np.empty((n, k), dtype=np.int32)
    for own, mine in enumerate(members):
        if not len(mine):
            continue
        others = _enough(members, near[own], max(6 * k, 8 * n // len(centres)))
        for rows in blocks(len(mine), len(others)):
            gap = squares[others] - 2.0 * (vectors[mine[rows]] @ vectors[others].T)
            found[mine[rows]] = others[smallest(gap, k)]
    return found


def _gaps(centres: np.ndarray) -> np.ndarray:
    squares = np.einsum("nd,nd->n", centres, centres)
    gaps: np.ndarray = squares[:, None] + squares - 2.0 * (centres @ centres.T)
    return gaps


def _enough(members: list[np.ndarray], near: np.ndarray, wanted: int) -> np.ndarray:
    """The members of the nearest lists, until there are `wanted`."""
    taken: list[np.ndarray] = []
    for one in near:
        taken.append(members[one])
        if sum(map(len, taken)) >= wanted:
            break
    return np.concatenate(taken)


def _joined(vectors: np.ndarray, found: np.ndarray, k: int) -> np.ndarray:
    """Each row's k best among its neighbours and theirs, itself included (a step of NN-descent, Dong et al. 2011)."""
    n, look = len(found), min(k, 12)
    better = np.empty_like(found)
    for rows in blocks(n, (look * look + k + 1) * 16):
        candidates = np.concatenate(
            [rows[:, None], found[rows], found[found[rows][:, :look]][:, :, :look].reshape(len(rows), -1)], axis=1
        ).astype(np.int32)
        gap = ((vectors[candidates] - vectors[rows][:, None]) ** 2).sum(axis=2)
        order = np.argsort(candidates, axis=1, kind="stable")
        twice = np.take_along_axis(candidates, order, axis=1)
        again = np.zeros_like(candidates, dtype=bool)
        np.put_along_axis(again, order[:, 1:], twice[:, 1:] == twice[:, :-1], axis=1)
        gap[again] = np.inf
        gap[:, 0] = -1.0  # the row itself is always the first
        best = np.argpartition(gap, k - 1, axis=1)[:, :k]
        better[rows] = np.take_along_axis(candidates, best, axis=1)
    return better


def _sorted(vectors: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Found neighbours by their true distance (differences, so that equal rows are at exactly 0), oneself first."""
    distances = np.empty(found.shape, dtype=np.float32)
    for rows in blocks(len(found), found.shape[1] * vectors.shape[1]):
        distances[rows] = np.sqrt(((vectors[found[rows]] - vectors[rows][:, None]) ** 2).sum(axis=2))
    keys = distances.copy()
    keys[found == np.arange(len(found))[:, None]] = -1.0
    order = np.argsort(keys, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(distances, order, axis=1)


def smallest(gaps: np.ndarray, k: int) -> np.ndarray:
    """The columns of the k smallest values of each row, smallest first, ties to the lower column: int32 (rows, k).

    Args:
        gaps: float32 (rows, ≥ k), no NaN.
    """
    found = np.zeros((len(gaps), k), dtype=np.int32)
    _insert(gaps, found, np.empty(k, dtype=np.float32))
    return found


@compiled
def _insert(gaps: np.ndarray, found: np.ndarray, best: np.ndarray) -> None:
    """Goes along each row with the k best so far in order; nearly every value is compared with the last only."""
    k = len(best)
    for row in range(len(gaps)):
        best[:] = np.inf
        limit = best[k - 1]
        for column in range(gaps.shape[1]):
            gap = gaps[row, column]
            if gap < limit:
                place = k - 1
                while place > 0 and best[place - 1] > gap:
                    best[place], found[row, place] = best[place - 1], found[row, place - 1]
                    place -= 1
                best[place], found[row, place] = gap, column
                limit = best[k - 1]


def blocks(n: int, width: int) -> Iterator[np.ndarray]:
    """Row numbers 0 … n − 1 in blocks, so that block × width numbers fit in memory."""
    size = max(1, _CELLS // max(1, width))
    for start in range(0, n, size):
        yield np.arange(start, min(n, start + size))
