"""Nearest neighbours in the embedding space: exact for one row, approximate for all rows of a large data set."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from recsys.embeddings.clusters import fit_k_means
from recsys.errors import InputError
from recsys.wording import Message

EXACT_UP_TO = 16_000
"""Rows up to which all distances are computed; above, inverted lists find the neighbours."""
_LISTS_SEARCHED = 16  # of the inverted lists, for each row
_CELLS = 4_000_000  # float32 values held in memory at once (16 MB)


def nearest(
    vectors: np.ndarray, query: int | np.ndarray, k: int = 10, lengths: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k rows with the highest cosine similarity, in the embedding space and not in a projection of it.

    Args:
        vectors: float (n, d).
        query: a row number (which then is left out of the answer) or a vector (d,).
        k: maximum number of results.
        lengths: float (n,), the norms of `vectors`, where they are known already.

    Returns:
        Row numbers int64 (≤ k,), nearest first (ties to the lower number), and their similarities −1 … 1 (0 for a
        zero vector).
    """
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    by_row = isinstance(query, int | np.integer)
    if by_row and not 0 <= query < len(vectors):
        raise InputError("the row", Message("must be between 0 and {last}", last=len(vectors) - 1), query)
    vector = np.asarray(vectors[query] if by_row else query, dtype=np.float32)
    if vector.shape != vectors.shape[1:]:
        raise InputError("the vector", Message("must have {n} numbers", n=vectors.shape[1]), vector.shape)
    products = (np.linalg.norm(vectors, axis=1) if lengths is None else lengths) * np.linalg.norm(vector)
    similarity = np.divide(vectors @ vector, products, out=np.zeros(len(vectors), np.float32), where=products > 0)
    np.clip(similarity, -1.0, 1.0, out=similarity)
    order = _largest(similarity, k + by_row)
    if by_row:
        order = order[order != query]
    return order[:k], similarity[order[:k]]


def _largest(values: np.ndarray, k: int) -> np.ndarray:
    """Positions of the k largest values (n,), largest first, ties to the lower position: int64 (≤ k,)."""
    among = np.arange(len(values))
    if k < len(values):
        least = np.partition(values, len(values) - k)[len(values) - k]
        at_least = np.flatnonzero(values >= least)
        if len(at_least) >= k:  # fewer where there are NaN, which come last
            among = at_least
    return among[np.argsort(-values[among], kind="stable")[:k]]


def all_neighbours(vectors: np.ndarray, k: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of every row by Euclidean distance, the row itself first. The same answer at every run.

    Up to EXACT_UP_TO rows all distances are computed. Above, k-means sorts the rows into about √n lists and each row
    is compared with the members of the lists nearest to its own only (an inverted file, Jégou et al. 2011).

    Args:
        vectors: float32 (n, d), n > k.
        k: neighbours of each row, the row itself included.

    Returns:
        Indexes int32 (n, k) and distances float32 (n, k), both nearest first; column 0 is the row itself.
    """
    vectors = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)  # near zero float32 is finer
    if len(vectors) <= EXACT_UP_TO:
        all_rows = np.arange(len(vectors), dtype=np.int32)
        return _by_distance(vectors, _search(vectors, all_rows, all_rows, k))
    found = np.empty((len(vectors), k), dtype=np.int32)
    for rows, candidates in _lists(vectors, k, seed):
        found[rows] = _search(vectors, rows, candidates, k)
    return _by_distance(vectors, found)


def _search(vectors: np.ndarray, rows: np.ndarray, candidates: np.ndarray, k: int) -> np.ndarray:
    """The k nearest of some rows among the candidates, each row itself included: int32 (rows, k)."""
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    # scikit-learn gives its threads either rows or candidates. With at least 1,024 rows for each thread they get rows,
    # and equal distances are then resolved alike on any number of processors.
    threads = int(np.clip((len(rows) - 1) // 1024, 1, os.cpu_count() or 1))
    with threadpool_limits(threads, "openmp"):
        index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(vectors[candidates])
        found: np.ndarray = candidates[index.kneighbors(vectors[rows], return_distance=False)]
    without_itself = (found != rows[:, None]).all(axis=1)  # more than k equal rows
    found[without_itself, -1] = rows[without_itself]
    return found


def _lists(vectors: np.ndarray, k: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of each list, and the members of the lists nearest to it: int32 each."""
    n = len(vectors)
    lists = int(np.sqrt(n))
    model = fit_k_means(vectors, lists, seed=seed, sample=40 * lists, init="random", max_iter=4)
    labels, centres = model.predict(vectors), model.cluster_centers_
    sizes = np.bincount(labels, minlength=len(centres))
    members = np.split(np.argsort(labels, kind="stable").astype(np.int32), np.cumsum(sizes)[:-1])
    nearest_lists = np.argsort(model.transform(centres), axis=1, kind="stable")
    wanted = max(6 * k, _LISTS_SEARCHED * n // len(centres))
    for rows, nearby in zip(members, nearest_lists, strict=True):
        if len(rows):
            enough = 1 + np.searchsorted(np.cumsum(sizes[nearby]), wanted)
            yield rows, np.concatenate([members[one] for one in nearby[:enough]])


def _by_distance(vectors: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours ordered by their distance, each row itself first; equal rows are at exactly 0."""
    distances = np.empty(found.shape, dtype=np.float32)
    for rows in blocks(len(found), found.shape[1] * vectors.shape[1]):
        distances[rows] = np.sqrt(((vectors[found[rows]] - vectors[rows][:, None]) ** 2).sum(axis=2))
    keys = distances.copy()
    keys[found == np.arange(len(found))[:, None]] = -1.0
    order = np.argsort(keys, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(distances, order, axis=1)


def blocks(n: int, width: int) -> Iterator[np.ndarray]:
    """Row numbers 0 … n − 1 in blocks, so that block × width numbers fit in memory."""
    size = max(1, _CELLS // max(1, width))
    for start in range(0, n, size):
        yield np.arange(start, min(n, start + size))
