"""From a trained model to the embeddings of all users and items."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, read_only
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender, batched
from recsys.wording import Message

_BATCH = 2048  # histories encoded at once: fast, and often enough to report progress and to stop


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Embeddings of users and items, read-only.

    Args:
        users: float32 (n_users, d), by user index.
        items: float32 (n_items + 1, d), row 0 (padding) zero.
        item_bias: float32 (n_items + 1,), added to each item's score for every user.
        fingerprint: 16 hex digits that change with any value or id; projections are cached by it.

    Raises:
        InputError: shapes do not fit, or a value is not finite.
    """

    users: np.ndarray
    items: np.ndarray
    item_bias: np.ndarray
    fingerprint: str

    def __post_init__(self) -> None:
        if self.users.ndim != 2 or self.items.ndim != 2 or self.users.shape[1] != self.items.shape[1]:
            raise InputError(
                "embeddings of users and items",
                "must have the same number of columns",
                f"{self.users.shape} and {self.items.shape}",
            )
        if len(self.item_bias) != len(self.items):
            raise InputError("item_bias", "must have one value per item and one for padding", len(self.item_bias))
        for name in ("users", "items", "item_bias"):
            values = getattr(self, name)
            if not np.isfinite(values).all():
                raise InputError(
                    Message("the embeddings ({name})", name=name),
                    "must be finite numbers",
                    fix="Train the model again.",
                )
            object.__setattr__(self, name, read_only(values))


def extract(
    model: Recommender, dataset: Dataset, *, progress: Callable[[float, str], object] | None = None
) -> Embeddings:
    """The embeddings of all users and items, computed in batches.

    Args:
        model: an Encoder.
        dataset: the histories to encode; its items must be the model's.
        progress: called with (fraction, message) after each batch; may raise to stop.

    Returns:
        User and item vectors, float32, with the biases of the items.

    Raises:
        InputError: the model has no user embeddings, or was trained on another number of items.
    """
    if not isinstance(model, Encoder):
        raise InputError(
            "the model", "must have user embeddings", model.name, "Train a model with embeddings to see a map."
        )
    if model.n_items != dataset.n_items:
        raise InputError(
            "the model",
            Message("must know the {n:,} items of the data", n=dataset.n_items),
            f"{model.n_items:,}",
            "Train it again.",
        )
    users = np.zeros((dataset.n_users, model.embedding_size), dtype=np.float32)
    for batch, histories in enumerate(batched(dataset.histories(), _BATCH)):
        start = batch * _BATCH
        users[start : start + len(histories)] = model.encode(histories)
        if progress is not None:
            progress(min(1.0, (start + len(histories)) / dataset.n_users), Message("Computing user embeddings"))
    items = np.array(model.item_vectors, dtype=np.float32)
    bias = np.array(model.item_bias, dtype=np.float32)
    digest = hashlib.blake2b(dataset.rows_fingerprint.encode(), digest_size=8)  # titles and tags move no point
    for values in (users, items, bias):
        digest.update(np.ascontiguousarray(values).tobytes())
    return Embeddings(users, items, bias, digest.hexdigest())
