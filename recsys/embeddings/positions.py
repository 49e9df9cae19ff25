"""Where vectors that have no point of their own are drawn on a map: a blend, a group, one user at an earlier time."""

from __future__ import annotations

import numpy as np

from recsys.embeddings.neighbours import blocks

NEAREST = 12
"""Rows whose points decide where a vector is drawn."""
_SHARPNESS = 20.0  # the weight of a row is exp(20 · cosine similarity): near rows decide, without a jump between two


def positions_on_map(embeddings: np.ndarray, vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The weighted mean position of the rows that are most similar to each vector: float64 (m, dims).

    Args:
        embeddings: float (m, D), the vectors to draw.
        vectors: float (n, D), the rows of the map.
        points: float (n, dims), their points.
    """
    rows, wanted, count = _unit(vectors), _unit(embeddings), min(NEAREST, len(vectors))
    positions = np.empty((len(wanted), points.shape[1]))
    for block in blocks(len(wanted), 2 * len(rows)):
        similarity = wanted[block] @ rows.T
        nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
        of_nearest = np.take_along_axis(similarity, nearest, axis=1)
        weight = np.exp(_SHARPNESS * (of_nearest - of_nearest.max(axis=1, keepdims=True)))
        total = (weight[:, :, None] * points[nearest]).sum(axis=1)
        positions[block] = total / weight.sum(axis=1, keepdims=True)
    return positions


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
