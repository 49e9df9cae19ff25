"""The parts of a score beside the network's: Markov scores, texts, recent popularity and age of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.data.dataset import Dataset, History
from recsys.models.baselines.markov import Markov, windowed_counts
from recsys.models.item_text import TF_IDF, has_item_text, item_text_vectors

PARTS = ("markov", "texts", "markov of similar items", "recent popularity", "age")
NEIGHBOURS, LEAST_COSINE = 200, 0.3  # items with similar texts
CELLS = 20_000_000  # cosines held at once
MOST_FOLLOWING = 150  # items that may follow an item or one with a similar text
HALF_LIFE = 0.05  # of recent popularity, as a share of all interactions


@dataclass(frozen=True, eq=False)
class ItemParts:
    """What is known of the items without the network: it is added to its scores.

    Attributes:
        markov: Markov scores.
        texts: float32 CSR (n_items + 1, n_items + 1), cosines of items with similar texts.
        similar: the same shape, Markov lifts of pairs of items with similar texts.
        recent, age: float32 (n_items + 1,); zero where the data have no times.
        scenario: int64 (n_items + 1,), index of each item's scenario, −1 for none.
    """

    markov: Markov
    texts: sparse.csr_matrix
    similar: sparse.csr_matrix
    recent: np.ndarray
    age: np.ndarray
    scenario: np.ndarray

    @classmethod
    def of(cls, rows: Dataset, markov: Markov, texts: sparse.csr_matrix) -> ItemParts:
        """The parts for training rows; `texts` from `similar_texts`."""
        names = rows.catalogue.scenario_names
        scenario = np.array([names.index(one) if one else -1 for one in rows.catalogue.scenarios])
        recent, age = recency(rows)
        return cls(markov, texts, _smoothed(rows, markov, texts), recent, age, scenario)

    def layers(self, histories: Sequence[History]) -> list[np.ndarray]:
        """The parts that read a history, newer items counting more: float32 (B, n_items + 1) each."""
        none = np.zeros_like(self.markov.popularity)
        tables = [Markov(table, none, self.markov.power, self.markov.recent) for table in (self.texts, self.similar)]
        return [one.scores(histories) for one in (self.markov, *tables)]

    def combined(self, weights: np.ndarray, offsets: np.ndarray) -> tuple[Markov, np.ndarray]:
        """Markov scores with the weights in them, and what is added to the items' biases: float32 (n_items + 1,).

        Args:
            weights: float64 (scenarios + 1, parts), the last row for items without a scenario.
            offsets: float64 (scenarios + 1,), added to the scores of each scenario.
        """
        of_item = weights[self.scenario].astype(np.float32)  # −1: the last row
        tables = zip((self.markov.lifts, self.texts, self.similar), of_item.T, strict=False)
        lifts = sum(table @ sparse.diags(weight) for table, weight in tables).tocsr().astype(np.float32)
        popularity = np.full_like(self.markov.popularity, -np.inf)
        popularity[1:] = self.markov.popularity[1:] * of_item[1:, 0]
        settings = {name: getattr(self.markov, name) for name in ("power", "recent", "prior", "window")}
        added = of_item[:, 3] * self.recent + of_item[:, 4] * self.age + offsets[self.scenario].astype(np.float32)
        added[0] = 0.0
        return Markov(lifts, popularity, **settings), added


def recency(rows: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """log(1 + recent interactions), log(share of interactions since an item's first): float32 (n_items + 1,) each."""
    if rows.timestamps is None:
        return np.zeros(rows.n_items + 1, np.float32), np.zeros(rows.n_items + 1, np.float32)
    place = np.empty(rows.n_interactions)
    place[np.argsort(rows.timestamps, kind="stable")] = np.arange(1, rows.n_interactions + 1) / rows.n_interactions
    shares = np.bincount(rows.sequence, weights=0.5 ** ((1 - place) / HALF_LIFE), minlength=rows.n_items + 1)
    first = np.ones(rows.n_items + 1)
    np.minimum.at(first, rows.sequence, place)
    return np.log1p(10 * shares).astype(np.float32), np.log(1.01 - first).astype(np.float32)


def similar_texts(rows: Dataset) -> sparse.csr_matrix:
    """Cosines of each item with the 100 items whose texts (TF-IDF) are most similar, those of 0.3 and more: float32."""
    size = rows.n_items + 1
    if not has_item_text(rows.catalogue, rows.items.ids):
        return sparse.csr_matrix((size, size), dtype=np.float32)
    vectors = np.nan_to_num(item_text_vectors(rows.catalogue, TF_IDF, rows.items.ids).vectors)
    count, parts = min(NEIGHBOURS, size - 1), []
    width = max(1, CELLS // size)
    for start in range(0, size, width):
        cosines = vectors[start : start + width] @ vectors.T
        cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = 0
        near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(cosines, near, axis=1)
        kept = values >= LEAST_COSINE
        owner = np.repeat(np.arange(len(cosines)), kept.sum(axis=1))
        parts.append(sparse.csr_matrix((values[kept], (owner, near[kept])), shape=(len(cosines), size)))
    return sparse.vstack(parts).tocsr().astype(np.float32)


def _smoothed(rows: Dataset, markov: Markov, texts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Markov lifts of pairs (i, j) counted for items with texts similar to i, or to j: float32 CSR."""
    if not texts.nnz:
        return texts
    near = _largest(texts, 20)
    near = sparse.diags(1 / np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1e-9)) @ near
    counts = windowed_counts(rows, markov.window)
    pairs = _largest(near @ counts + counts @ near.T, MOST_FOLLOWING).astype(np.float32)
    return Markov.of_counts(pairs, rows, window=markov.window, prior=markov.prior).lifts


def _largest(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """At most the `count` largest entries of each row."""
    table = table.tocsr()
    owner = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((-table.data, owner))
    place = np.arange(table.nnz) - table.indptr[owner]
    kept = order[place < count]
    return sparse.csr_matrix((table.data[kept], (owner[kept], table.indices[kept])), shape=table.shape)
