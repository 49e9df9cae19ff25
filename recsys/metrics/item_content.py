"""Metrics of what the items are: how alike they are, and how their categories match the user's history.

Lists are int (n, k) item indexes, 0 where no item is left. Values per user are float64 (n,).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset, History

SMOOTHING = 0.01  # weight of the history's distribution in the list's, so that the divergence stays finite


def item_features(dataset: Dataset, users: int = 2000, seed: int = 0) -> csr_matrix:
    """Features by which items are alike: their tags where most items have some, else the users who chose them.

    Args:
        users: at most this many users, drawn with the seed, so that memory stays bounded.

    Returns:
        float64 (n_items + 1, d), rows of length one; zero rows for padding and for items without any feature.
    """
    if sum(map(bool, dataset.catalogue.tags)) > dataset.n_items / 2:
        rows = _indicators(dataset.catalogue.tags)
    else:
        drawn = np.random.default_rng(seed).permutation(dataset.n_users)[:users]
        rows = dataset.matrix()[np.sort(drawn)].T.tocsr().astype(np.float64)
        rows.data[:] = 1.0
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return csr_matrix(rows.multiply(1 / np.maximum(lengths, 1e-12)[:, None]))


def item_categories(dataset: Dataset) -> csr_matrix | None:
    """Distribution of each item over its tags (where most items have some) or scenarios; None without both.

    Returns:
        float64 (n_items + 1, g), rows that sum to one; zero rows for padding and for items without a category.
    """
    if sum(map(bool, dataset.catalogue.tags)) > dataset.n_items / 2:
        rows = _indicators(dataset.catalogue.tags)
    elif len(dataset.catalogue.scenario_names) > 1:
        rows = _indicators([(name,) if name else () for name in dataset.catalogue.scenarios])
    else:
        return None
    return _distributions(rows)


def _indicators(names: Sequence[Sequence[str]]) -> csr_matrix:
    """1 where an item has a name, one column per name."""
    unique = [tuple(dict.fromkeys(of_item)) for of_item in names]
    columns = {name: n for n, name in enumerate(sorted({name for of_item in unique for name in of_item}))}
    indexes = [columns[name] for of_item in unique for name in of_item]
    starts = np.cumsum([0, *map(len, unique)])
    return csr_matrix((np.ones(len(indexes)), indexes, starts), shape=(len(names), max(1, len(columns))))


def _distributions(rows: csr_matrix) -> csr_matrix:
    """Non-negative rows divided by their sums."""
    return csr_matrix(rows.multiply(1 / np.maximum(np.asarray(rows.sum(axis=1)), 1e-12)))


def diversity(lists: np.ndarray, features: csr_matrix) -> np.ndarray:
    """1 − mean cosine between the items of each list (Ziegler et al. 2005); 0 for lists of one item or none.

    Args:
        features: of `item_features`.
    """
    total = _sums(list(lists), features)  # Σv, so that |Σv|² = Σ|v|² + 2 · Σ cosine over pairs; the padding row is zero
    squared = np.asarray(total.multiply(total).sum(axis=1)).ravel()
    squares = _sums(list(lists), csr_matrix(features.multiply(features).sum(axis=1))).toarray().ravel()
    size = (lists > 0).sum(axis=1)
    pairs = size * (size - 1)
    return np.where(pairs > 0, 1 - (squared - squares) / np.maximum(pairs, 1), 0.0)


def category_shares(items: Sequence[np.ndarray], categories: csr_matrix) -> csr_matrix:
    """Distribution of each user's items over categories: float64 (n, g); a zero row where no item has a category."""
    return _distributions(_sums(items, categories))


def calibration(lists: np.ndarray, history_shares: csr_matrix, categories: csr_matrix) -> np.ndarray:
    """Kullback-Leibler divergence of each list's category distribution from the history's, in nats (Steck 2018).

    Σ p ln(p / q̃) with q̃ = 0.99 q + 0.01 p, where p is the history's distribution and q the list's. 0 where both are
    equal, at most ln 100. NaN where no item of the history or of the list has a category.

    Args:
        history_shares: p, from `category_shares` of the histories.
        categories: of `item_categories`.
    """
    list_shares = category_shares(list(lists), categories)
    p = history_shares.tocoo()
    q = np.asarray(list_shares[p.row, p.col]).ravel() if p.nnz else np.zeros(0)
    terms = p.data * np.log(p.data / ((1 - SMOOTHING) * q + SMOOTHING * p.data))
    divergence = np.bincount(p.row, weights=terms, minlength=len(lists))
    known = (np.asarray(list_shares.sum(axis=1)).ravel() > 0) & (np.asarray(history_shares.sum(axis=1)).ravel() > 0)
    return np.where(known, np.maximum(divergence, 0.0), np.nan)


def _sums(items: Sequence[History], rows: csr_matrix) -> csr_matrix:
    """Sum of the rows of each user's items, repeats counted: (n, columns of rows)."""
    starts = np.cumsum([0, *map(len, items)])
    indexes = np.concatenate(items) if len(items) else np.zeros(0, dtype=np.int64)
    picks = csr_matrix((np.ones(len(indexes)), indexes, starts), shape=(len(items), rows.shape[0]))
    return csr_matrix(picks @ rows)
