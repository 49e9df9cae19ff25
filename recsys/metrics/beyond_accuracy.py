"""What lists are like beyond being right: how much of the catalogue they show, how new, mixed and popular it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset, History
from recsys.metrics.uncertainty import Estimate

Z = 1.959964  # 95% of a normal distribution lies within this many standard errors


def gini(counts: np.ndarray) -> float:
    """Inequality of non-negative counts in [0, 1): 0 = all equal, towards 1 = all on one. 0 where everything is 0."""
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    total = ordered.sum()
    if not len(ordered) or total == 0:
        return 0.0
    n = len(ordered)
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum() / (n * total))


def exposure(lists: np.ndarray, n_items: int) -> np.ndarray:
    """How often each item is shown in lists (n, k) of item indexes, 0 = nothing: int64 (n_items,), item 1 first."""
    return np.bincount(lists.ravel(), minlength=n_items + 1)[1 : n_items + 1]


def coverage(lists: np.ndarray, n_items: int) -> float:
    """The share of the catalogue that at least one person is shown, in [0, 1]."""
    return float(np.count_nonzero(exposure(lists, n_items)) / max(n_items, 1))


def estimate_coverage(lists: np.ndarray, n_items: int) -> Estimate:
    """Coverage with its interval over people, by the jackknife.

    Resampling people would not do: each resample misses a third of the people and so covers less, always.
    """
    value, shown = coverage(lists, n_items), exposure(lists, n_items)
    alone = np.concatenate([[0], shown == 1])[lists].sum(axis=1) / max(n_items, 1)  # lost without this person
    n = len(lists)
    error = float(np.sqrt((n - 1) / n * ((alone - alone.mean()) ** 2).sum()))
    return Estimate(value, max(0.0, value - Z * error), min(1.0, value + Z * error))


def estimate_gini(lists: np.ndarray, n_items: int) -> Estimate:
    """Gini of exposure with its interval over people, by the delta method: how much each person's list moves it."""
    shown = exposure(lists, n_items).astype(np.float64)
    value, total = gini(shown), max(shown.sum(), 1.0)
    place = np.empty(n_items)
    place[np.argsort(shown, kind="stable")] = 2 * np.arange(1, n_items + 1) - n_items - 1
    slope = np.concatenate([[0.0], place / (n_items * total) - value / total])
    pull = slope[lists].sum(axis=1)
    error = float(np.sqrt(((pull - pull.mean()) ** 2).sum()))
    return Estimate(value, max(0.0, value - Z * error), min(1.0, value + Z * error))


def novelty(lists: np.ndarray, users_of_item: np.ndarray, n_users: int) -> np.ndarray:
    """Mean surprise of a list in bits, −log2((users who have the item + 1) / (users + 1)): float64 (n,).

    Args:
        users_of_item: int (n_items + 1,) users who have each item, however often they chose it.
    """
    surprise = -np.log2((users_of_item + 1) / (n_users + 1))
    return _list_mean(lists, surprise)


def popularity_in(lists: np.ndarray, item_counts: np.ndarray) -> np.ndarray:
    """Mean interactions of the items in each list: float64 (n,)."""
    return _list_mean(lists, item_counts)


def _list_mean(lists: np.ndarray, value_of_item: np.ndarray) -> np.ndarray:
    shown = lists > 0
    total = np.where(shown, value_of_item[lists], 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(shown.sum(axis=1), 1))


def diversity(lists: np.ndarray, features: csr_matrix) -> np.ndarray:
    """1 − mean cosine between the items of a list (Ziegler et al. 2005): float64 (n,); 0 for lists of one.

    Args:
        lists: int (n, k) item indexes, 0 = nothing.
        features: (n_items + 1, d) rows of length one, or zero where an item has none (it then resembles nothing).
    """
    n, k = lists.shape
    picks = csr_matrix((np.ones(n * k), lists.ravel(), np.arange(n + 1) * k), shape=(n, features.shape[0]))
    total = picks @ features  # Σv, so that |Σv|² = Σ|v|² + 2 · Σ cosine over pairs; the padding row is zero
    squared = np.asarray(total.multiply(total).sum(axis=1)).ravel()
    own = picks @ np.asarray(features.multiply(features).sum(axis=1)).ravel()
    size = (lists > 0).sum(axis=1)
    pairs = size * (size - 1)
    return np.where(pairs > 0, 1 - (squared - own) / np.maximum(pairs, 1), 0.0)


def item_features(dataset: Dataset, people: int = 2000, seed: int = 0) -> csr_matrix:
    """What makes two items alike: their tags where most items have some, else who chose them. Unit rows, sparse.

    Args:
        people: at most this many people (drawn with the seed) stand for all, so that memory stays bounded.
    """
    tags = dataset.catalogue.tags
    if sum(map(bool, tags)) > dataset.n_items / 2:
        names = {name: n for n, name in enumerate(sorted({name for of_item in tags for name in of_item}))}
        columns = [names[name] for of_item in tags for name in dict.fromkeys(of_item)]
        starts = np.cumsum([0, *(len(dict.fromkeys(of_item)) for of_item in tags)])
        rows = csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(tags), max(1, len(names))))
    else:
        drawn = np.random.default_rng(seed).permutation(dataset.n_users)[:people]
        rows = dataset.matrix()[np.sort(drawn)].T.tocsr().astype(np.float64)
        rows.data[:] = 1.0
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return csr_matrix(rows.multiply(1 / np.maximum(lengths, 1e-12)[:, None]))


def serendipity(lists: np.ndarray, positives: Sequence[History], obvious: np.ndarray) -> np.ndarray:
    """Share of a list that is right and that the popular list would not have shown (Ge et al. 2010): float64 (n,).

    Args:
        lists, obvious: int (n, k) the model's list and the popularity list of the same people.
        positives: the held-out items.
    """
    width = int(max(lists.max(initial=0), obvious.max(initial=0), *(int(p.max()) for p in positives))) + 1
    row = np.arange(len(lists))[:, None] * width
    sizes = [len(p) for p in positives]
    right = np.repeat(np.arange(len(lists)) * width, sizes) + np.concatenate(positives)
    keys = lists + row
    useful = np.isin(keys, right) & ~np.isin(keys, obvious + row) & (lists > 0)
    return np.asarray(useful.mean(axis=1))
