"""Embeddings: of all users, in order, read-only, with a fingerprint of their values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.data.dataset import Dataset, History
from recsys.embeddings import Embeddings, extract
from recsys.embeddings import extraction as module
from recsys.errors import InputError


class Means:
    """An encoder whose user embeddings are the means of the item vectors."""

    name = "means"

    def __init__(self, n_items: int, seed: int = 0) -> None:
        self.n_items, self.embedding_size = n_items, 6
        self.item_vectors = np.random.default_rng(seed).normal(size=(n_items + 1, 6)).astype(np.float32)
        self.item_vectors[0] = 0
        self.item_bias = np.zeros(n_items + 1, dtype=np.float32)
        self.batches: list[int] = []

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        self.batches.append(len(histories))
        return np.stack([self.item_vectors[h].mean(axis=0) for h in histories]).astype(np.float32)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        return self.encode(histories) @ self.item_vectors.T


class Counts:
    """A recommender without embeddings."""

    name, n_items = "counts", 40

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        return np.zeros((len(histories), 41), dtype=np.float32)


def test_all_users_are_encoded_once_in_order_and_in_batches(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 50)
    model, fractions = Means(planted.n_items), []
    embeddings = extract(model, planted, progress=lambda fraction, message: fractions.append(fraction))
    assert model.batches == [50, 50, 20]
    np.testing.assert_allclose(embeddings.users, model.encode(planted.histories()), rtol=1e-6)
    assert fractions == pytest.approx([50 / 120, 100 / 120, 1.0])
    assert not embeddings.users.flags.writeable and not embeddings.items.flags.writeable


def test_the_fingerprint_follows_the_values(planted: Dataset) -> None:
    first, again = (extract(Means(planted.n_items), planted).fingerprint for _ in range(2))
    other = extract(Means(planted.n_items, seed=1), planted).fingerprint
    assert first == again != other
    assert len(first) == 16


def test_a_model_without_user_embeddings_is_refused_with_a_fix(planted: Dataset) -> None:
    with pytest.raises(InputError, match=r"user embeddings.*counts.*with embeddings"):
        extract(Counts(), planted)


def test_a_model_of_another_number_of_items_is_refused(planted: Dataset) -> None:
    with pytest.raises(InputError, match="40 items"):
        extract(Means(7), planted)


def test_values_that_are_not_finite_are_refused() -> None:
    users, items = np.zeros((2, 3), np.float32), np.zeros((4, 3), np.float32)
    users[1, 1] = np.nan
    with pytest.raises(InputError, match="finite"):
        Embeddings(users, items, np.zeros(4, np.float32), "0" * 16)
    with pytest.raises(InputError, match="number of columns"):
        Embeddings(np.zeros((2, 2), np.float32), items, np.zeros(4, np.float32), "0" * 16)
