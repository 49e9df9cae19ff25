"""Item features (vectors of titles, tags or images) projected into the item vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from recsys.errors import InputError
from recsys.wording import Message

ID_DROPOUT = 0.1  # share of items whose id embedding is left out in a step, so that the projection works alone too
RIDGE = 10.0


class FeatureProjection:
    """item vector = id embedding + features · matrix. An item without interactions has only the second term.

    The matrix starts as the ridge regression of the warm-started vectors on the features, so that the id embeddings
    hold only what the features can't explain.

    Args:
        features: float32 (n_items + 1, F); rows of NaN where nothing is known.
        vectors: float32 (n_items + 1, D), warm-started.
        seen: indexes of the items that occur in the data.

    Raises:
        InputError: `features` has another number of rows.
    """

    def __init__(self, features: np.ndarray, vectors: np.ndarray, seen: np.ndarray) -> None:
        if features.ndim != 2 or len(features) != len(vectors):
            raise InputError(
                "features", Message("must be a table of {n} rows, padding first", n=len(vectors)), features.shape
            )
        rows = np.nan_to_num(features.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        known = (rows != 0).any(axis=1)
        rows[known] -= rows[known].mean(axis=0) if known.any() else 0.0
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        rows[0] = 0.0
        self.features = torch.from_numpy(np.concatenate([rows, np.zeros_like(rows[:1])]))  # last: the mask
        seen = seen[known[seen]]
        gram = rows[seen].T @ rows[seen] + RIDGE * np.eye(rows.shape[1], dtype=np.float32)
        matrix = np.linalg.solve(gram, rows[seen].T @ vectors[seen]).astype(np.float32)
        self.matrix = torch.from_numpy(matrix).requires_grad_()

    def to(self, device: str) -> None:
        """Moves the features and the matrix to a device."""
        self.features = self.features.to(device)
        self.matrix = self.matrix.detach().to(device).requires_grad_()

    def fused(self, rows: Tensor, ids: Tensor, id_mask: Tensor) -> Tensor:
        """The vectors of some items in training: (n, D); `id_mask` (n, 1) is 0 where an id embedding is left out."""
        return rows * id_mask + self.features[ids] @ self.matrix

    def id_mask(self, ids: Tensor, rng: np.random.Generator) -> Tensor:
        """Which id embeddings a step uses: (n, 1) of 0 and 1; a tenth is left out where there are features."""
        kept = torch.from_numpy(rng.random(len(ids), dtype=np.float32) >= ID_DROPOUT).to(ids.device)
        return (kept | ~self.features[ids].any(dim=1))[:, None].float()

    def projected(self) -> np.ndarray:
        """The projected features of every item: float32 (n_items + 1, D)."""
        projected: np.ndarray = (self.features[:-1] @ self.matrix.detach()).cpu().numpy()
        return projected


def catalogue_features(vectors: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """All tables of a catalogue side by side, each scaled to unit rows: float32 (n_items + 1, ΣF), or None."""
    if not vectors:
        return None
    parts = []
    for table in vectors.values():
        rows = np.asarray(table, dtype=np.float32)
        norms = np.linalg.norm(np.nan_to_num(rows), axis=1, keepdims=True)
        parts.append(np.nan_to_num(rows) / np.maximum(norms, 1e-6))
    return np.concatenate(parts, axis=1)
