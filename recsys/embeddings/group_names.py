"""Names for the groups on the map: the tags (or else the items) that are over-represented in each, per scenario.

A group that is active in one scenario has more of that scenario's common tags ("series", "film") than all users do.
They do not say what the group likes, so its counts are compared with what its number of choices in each scenario gives
by chance.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset
from recsys.embeddings.extraction import Embeddings
from recsys.embeddings.group_profile import over_represented
from recsys.wording import Message

_CHOICES = 30.0  # of each user, by which likely choices are weighted like interactions
_MOST_WIDTH = 32  # of a tag or title inside a name, in Latin letters; a Chinese character is as wide as two


def name_user_groups(labels: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of users, by label: its three most typical tags, else two item titles. Names are unique.

    Typical is what members choose more often than all users do within the same scenario.

    Args:
        labels: int (n_users,), 0 … k − 1.
    """
    shape = (int(labels.max()) + 1, dataset.n_items + 1)
    ones = np.ones(dataset.n_interactions)
    return _names(
        csr_matrix((ones, (labels[dataset.user_of], dataset.sequence)), shape=shape), dataset, Message("Group {n:,}")
    )


def name_next_choices(labels: np.ndarray, embeddings: Embeddings, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of users by next-item state: the tags of what its mean user is likely to choose next.

    Likely is by the softmax of the scores, and typical is what is likelier than for the mean of all users. Tags of a
    scenario are not left out here: the state says in which scenario a user will probably choose next.

    Args:
        labels: int (n_users,), 0 … k − 1.
        embeddings: whose users are states.
    """
    means = np.stack([embeddings.users[labels == group].mean(axis=0) for group in range(int(labels.max()) + 1)])
    scores = (means @ embeddings.items[1:].T + embeddings.item_bias[1:]).astype(np.float64)
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely *= _CHOICES / likely.sum(axis=1, keepdims=True)
    counts = csr_matrix(np.pad(likely * np.bincount(labels)[:, None], ((0, 0), (1, 0))))
    return _names(counts, dataset, Message("Group {n:,}"), within_scenario=False)


def name_item_groups(labels: np.ndarray, dataset: Dataset, *, within_scenario: bool = True) -> tuple[str, ...]:
    """A name for each group of items, as `name_user_groups`.

    Args:
        labels: int (n_items,), of the items 1 … n_items.
        within_scenario: False for vectors that differ by scenario, whose groups its common tags describe.
    """
    shape = (int(labels.max()) + 1, dataset.n_items + 1)
    items, weights = np.arange(1, dataset.n_items + 1), np.maximum(dataset.item_counts[1:], 1).astype(np.float64)
    return _names(csr_matrix((weights, (labels, items)), shape=shape), dataset, Message("Items {n}"), within_scenario)


def _names(counts: csr_matrix, dataset: Dataset, fallback: str, within_scenario: bool = True) -> tuple[str, ...]:
    """Names of groups from their interactions with each item: csr float64 (groups, n_items + 1).

    Args:
        fallback: the template of a name where nothing is over-represented; such a name is a message.
    """
    tags, tag_names = dataset.catalogue.tag_matrix
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
            (within_scenario and over_represented(own @ tags, expected @ tags, total, total, tag_names, 3))
            # else a tag that belongs to one scenario as a whole
            or over_represented(own @ tags, against @ tags, total, total, tag_names, 3)
            or over_represented(own, against, total, total, titles, 2)
        )
        names.append(_joined([one.name for one in typical]) or Message(fallback, n=group + 1))
    repeated = {name for name, count in Counter(names).items() if count > 1}
    return tuple(f"{name} ({group + 1})" if name in repeated else name for group, name in enumerate(names))


def _joined(names: Sequence[str]) -> str:
    """The names, long ones cut, as a list; names in Chinese characters with the Chinese enumeration comma."""
    wide = bool(names) and all(_width(name) > 1.5 * len(name) for name in names)
    return ("、" if wide else ", ").join(map(_cut, names))


def _cut(name: str) -> str:
    """The name, or its beginning and an ellipsis, at most 32 Latin letters wide."""
    if _width(name) <= _MOST_WIDTH:
        return name
    kept = name[: _MOST_WIDTH - 1]
    while _width(kept) > _MOST_WIDTH - 1:
        kept = kept[:-1]
    return kept + "…"


def _width(text: str) -> int:
    """The width on screen, in Latin letters: characters that Unicode calls wide or full-width count twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
