"""Names for the groups on the map: the tags (or else the items) that are over-represented in each, per scenario.

A group that is active in one scenario has more of that scenario's common tags ("series", "film") than all users do.
They do not say what the group likes, so its counts are compared with what its number of choices in each scenario gives
by chance.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset
from recsys.embeddings.group_profile import item_tags, over_represented

_MOST_CHARACTERS = 32  # of a tag or title inside a name


def name_user_groups(labels: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of users, by label: its three most typical tags, else two item titles. Names are unique.

    Typical is what members choose more often than all users do within the same scenario.

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
    _, scenario = np.unique(np.asarray(dataset.catalogue.scenarios, dtype=str), return_inverse=True)
    overall_in_scenario = np.bincount(scenario, overall)[scenario]
    item_share = np.divide(overall, overall_in_scenario, out=np.zeros_like(overall), where=overall_in_scenario > 0)
    names = []
    for group in range(counts.shape[0]):
        own = counts[group].toarray().ravel()
        expected = np.bincount(scenario, own)[scenario] * item_share  # by chance, with as many choices in each scenario
        total = own.sum()
        against, titles = overall * total / max(overall.sum(), 1.0), dataset.catalogue.titles
        typical = (
            over_represented(own @ tags, expected @ tags, total, total, tag_names, 3)
            # else a tag that belongs to one scenario as a whole
            or over_represented(own @ tags, against @ tags, total, total, tag_names, 3)
            or over_represented(own, against, total, total, titles, 2)
        )
        short = [
            one.name if len(one.name) <= _MOST_CHARACTERS else one.name[: _MOST_CHARACTERS - 1] + "…" for one in typical
        ]
        names.append(", ".join(short) or f"{fallback} {group + 1}")
    repeated = {name for name, count in Counter(names).items() if count > 1}
    return tuple(f"{name} ({group + 1})" if name in repeated else name for group, name in enumerate(names))
