"""Names for the groups on the map: the tags (or else the items) that are over-represented in each."""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset
from recsys.embeddings.group_profile import item_tags, over_represented

_MOST_CHARACTERS = 32  # of a tag or title inside a name


def name_user_groups(labels: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of users, by label: its three most typical tags, else two item titles. Names are unique.

    Args:
        labels: int (n_users,), 0 … k − 1.
    """
    shape = (int(labels.max()) + 1, dataset.n_items + 1)
    ones = np.ones(dataset.n_interactions)
    return _names(csr_matrix((ones, (labels[dataset.user_of], dataset.sequence)), shape=shape), dataset, "Group")


def name_item_groups(labels: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of items, as `name_user_groups`.

    Args:
        labels: int (n_items,), of the items 1 … n_items.
    """
    shape = (int(labels.max()) + 1, dataset.n_items + 1)
    items, weights = np.arange(1, dataset.n_items + 1), np.maximum(dataset.item_counts[1:], 1).astype(np.float64)
    return _names(csr_matrix((weights, (labels, items)), shape=shape), dataset, "Items")


def _names(counts: csr_matrix, dataset: Dataset, fallback: str) -> tuple[str, ...]:
    """Names of groups from their interactions with each item: csr float64 (groups, n_items + 1)."""
    tags, tag_names = item_tags(dataset)
    overall = np.asarray(counts.sum(axis=0)).ravel()
    names = []
    for group in range(counts.shape[0]):
        own = counts[group].toarray().ravel()
        totals = own.sum(), overall.sum()
        typical = over_represented(own @ tags, overall @ tags, *totals, tag_names, 3) or over_represented(
            own, overall, *totals, dataset.catalogue.titles, 2
        )
        short = [
            one.name if len(one.name) <= _MOST_CHARACTERS else one.name[: _MOST_CHARACTERS - 1] + "…" for one in typical
        ]
        names.append(", ".join(short) or f"{fallback} {group + 1}")
    repeated = {name for name, count in Counter(names).items() if count > 1}
    return tuple(f"{name} ({group + 1})" if name in repeated else name for group, name in enumerate(names))
