"""Who a group is: what it chooses more than others do. Names for clusters come from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.data.dataset import Dataset
from recsys.errors import InputError

_DOUBT = 20.0  # choices a group must have made before its differences from everybody count fully
_SHORT = 32  # characters of a tag or title inside a name


@dataclass(frozen=True)
class Typical:
    """A tag or an item of a group.

    Args:
        name: tag or title. Hostile text: show it as text only.
        share: 0 … 1 of the group's choices that have it.
        lift: `share` divided by everybody's share, small groups pulled towards 1.
        index: the item's index, 0 for a tag.
    """

    name: str
    share: float
    lift: float
    index: int = 0


@dataclass(frozen=True, eq=False)
class GroupProfile:
    """A group of people in words and numbers.

    Args:
        people: how many. choices: their interactions.
        tags, items: what they choose more than everybody does, most typical first.
        lengths: int64 (people,), interactions of each.
        columns: for each column of the user table with few values: value -> (share in the group, share of everybody).
        scenarios: scenario -> share of the group's choices; empty when the data names none.
    """

    people: int
    choices: int
    tags: tuple[Typical, ...]
    items: tuple[Typical, ...]
    lengths: np.ndarray
    columns: Mapping[str, Mapping[str, tuple[float, float]]]
    scenarios: Mapping[str, float]


def profile_group(users: Sequence[int] | np.ndarray, dataset: Dataset, top: int = 6) -> GroupProfile:
    """What is typical of some people.

    Args:
        users: user indexes, at least one.
        top: tags and items at most.

    Raises:
        InputError: nobody, or an index outside the data.
    """
    group = np.unique(np.asarray(users, dtype=np.int64))
    if not len(group) or group[0] < 0 or group[-1] >= dataset.n_users:
        raise InputError("the group", f"must be people 0 to {dataset.n_users - 1}", fix="Pick at least one point.")
    chosen = item_counts(group, dataset)[None]
    tags, tag_names = item_tags(dataset)
    everybody = dataset.item_counts.astype(np.float64)
    return GroupProfile(
        people=len(group),
        choices=int(chosen.sum()),
        tags=_typical(chosen @ tags, everybody @ tags, chosen.sum(), everybody.sum(), tag_names, top),
        items=_typical(chosen, everybody, chosen.sum(), everybody.sum(), dataset.catalogue.titles, top, items=True),
        lengths=dataset.lengths[group],
        columns=_columns(group, dataset.user_table),
        scenarios=_scenarios(chosen[0], dataset),
    )


def name_clusters(labels: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of people: its three most typical tags, else item titles; unique, by label.

    Args:
        labels: int (n_users,), 0 … k − 1.
    """
    groups = int(labels.max()) + 1
    member = csr_matrix(
        (np.ones(dataset.n_interactions), (labels[dataset.user_of], dataset.sequence)),
        shape=(groups, dataset.n_items + 1),
    )
    return _named(member, dataset, single="Group")


def name_item_clusters(labels: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    """A name for each group of items, as `name_clusters`; labels are of the items 1 … n_items: int (n_items,)."""
    groups = int(labels.max()) + 1
    items = np.arange(1, dataset.n_items + 1)
    weight = np.maximum(dataset.item_counts[1:], 1).astype(np.float64)
    return _named(csr_matrix((weight, (labels, items)), shape=(groups, dataset.n_items + 1)), dataset, single="Items")


def item_counts(users: np.ndarray, dataset: Dataset) -> np.ndarray:
    """How often some people chose each item: float64 (n_items + 1,)."""
    some = np.zeros(dataset.n_users, dtype=bool)
    some[users] = True
    chosen = dataset.sequence[some[dataset.user_of]]
    return np.bincount(chosen, minlength=dataset.n_items + 1).astype(np.float64)


def item_tags(dataset: Dataset) -> tuple[csr_matrix, tuple[str, ...]]:
    """Which item has which tag: csr float64 (n_items + 1, tags), and the tags' names, sorted."""
    names = sorted({tag for tags in dataset.catalogue.tags for tag in tags})
    column = {name: i for i, name in enumerate(names)}
    pairs = [(item, column[tag]) for item, tags in enumerate(dataset.catalogue.tags) for tag in set(tags)]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    shape = (dataset.n_items + 1, len(names))
    return csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=shape), tuple(names)


def _named(chosen: csr_matrix, dataset: Dataset, single: str) -> tuple[str, ...]:
    tags, tag_names = item_tags(dataset)
    everybody = np.asarray(chosen.sum(axis=0)).ravel()
    names = []
    for group in range(chosen.shape[0]):
        own = chosen[group].toarray()
        size = own.sum()
        found = _typical(own @ tags, everybody @ tags, size, everybody.sum(), tag_names, 3)
        if not found:
            found = _typical(own, everybody, size, everybody.sum(), dataset.catalogue.titles, 2, items=True)
        short = [one.name if len(one.name) <= _SHORT else one.name[: _SHORT - 1] + "…" for one in found]
        names.append(", ".join(short) or f"{single} {group + 1}")
    twice = {name for name, count in Counter(names).items() if count > 1}
    return tuple(f"{name} ({group + 1})" if name in twice else name for group, name in enumerate(names))


def _typical(
    own: np.ndarray,
    all_: np.ndarray,
    own_total: float,
    all_total: float,
    names: Sequence[str],
    top: int,
    items: bool = False,
) -> tuple[Typical, ...]:
    """What has the largest share · log(lift): common in the group and not only rare elsewhere; lift above 1 only."""
    if not own_total or not all_total or not len(names):
        return ()
    own = np.asarray(own, dtype=np.float64).ravel()
    usual = np.asarray(all_, dtype=np.float64).ravel() / all_total
    share = own / own_total
    pulled = (own + _DOUBT * usual) / (own_total + _DOUBT)
    lift = np.divide(pulled, usual, out=np.ones_like(usual), where=usual > 0)
    worth = pulled * np.log(np.maximum(lift, 1e-12))
    order = [int(i) for i in np.argsort(-worth, kind="stable")[:top] if own[i] > 0 and lift[i] > 1.0 + 1e-9]
    return tuple(Typical(names[i], float(share[i]), float(lift[i]), i if items else 0) for i in order)


def _columns(group: np.ndarray, people: pd.DataFrame) -> dict[str, dict[str, tuple[float, float]]]:
    found = {}
    for name in people.columns:
        values = people[name].astype("string").fillna("unknown")
        usual = values.value_counts(normalize=True)
        if 1 < len(usual) <= 30:
            own = values.iloc[group].value_counts(normalize=True)
            shares = {str(v): (float(own.get(v, 0.0)), float(usual[v])) for v in sorted(usual.index)}
            found[str(name)] = shares
    return found


def _scenarios(chosen: np.ndarray, dataset: Dataset) -> dict[str, float]:
    total = chosen.sum() or 1.0
    names = dataset.catalogue.scenario_names
    return {name: float(chosen[dataset.catalogue.in_scenario(name)].sum() / total) for name in names}
