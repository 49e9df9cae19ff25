"""What a group of users is like: the tags and items that are over-represented in it, history lengths, user columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.wording import Message

_PRIOR = 20.0  # interactions with the shares of all users, added to a group's own: the lift of small groups shrinks
UNKNOWN = Message("unknown")
"""The value of users who have none in a column."""
_MOST_VALUES = 30  # of a column of the user table; a column with more is an id or a number


@dataclass(frozen=True)
class OverRepresented:
    """A tag or an item that a group chooses more than all users do.

    Args:
        name: tag or title. Hostile text: show it as text only.
        share: 0 … 1 of the group's interactions that have it.
        lift: `share` divided by the share among all users, shrunk towards 1 for small groups.
    """

    name: str
    share: float
    lift: float


@dataclass(frozen=True, eq=False)
class GroupProfile:
    """A group of users in words and numbers.

    Args:
        users: number of users.
        interactions: number of their interactions.
        tags, items: the over-represented ones, most typical first.
        lengths: int64 (users,), each user's number of interactions.
        columns: for each column of the user table with few values: value -> (share in the group, share of all users).
        scenarios: scenario -> share of the group's interactions; empty when the data names none.
    """

    users: int
    interactions: int
    tags: tuple[OverRepresented, ...]
    items: tuple[OverRepresented, ...]
    lengths: np.ndarray
    columns: Mapping[str, Mapping[str, tuple[float, float]]]
    scenarios: Mapping[str, float]


def profile_group(users: Sequence[int] | np.ndarray, dataset: Dataset, top: int = 6) -> GroupProfile:
    """The profile of a group.

    Args:
        users: user indexes, at least one.
        top: maximum number of tags and of items.

    Raises:
        InputError: no user, or an index outside the data.
    """
    group = np.unique(np.asarray(users, dtype=np.int64))
    if not len(group) or group[0] < 0 or group[-1] >= dataset.n_users:
        raise InputError(
            "the group", Message("must be users 0 to {last}", last=dataset.n_users - 1), fix="Pick at least one point."
        )
    chosen = dataset.sequence[np.isin(dataset.user_of, group)]
    own = np.bincount(chosen, minlength=dataset.n_items + 1).astype(np.float64)
    overall = dataset.item_counts.astype(np.float64)
    tags, tag_names = dataset.catalogue.tag_matrix
    total, overall_total = own.sum(), overall.sum()
    return GroupProfile(
        users=len(group),
        interactions=int(total),
        tags=over_represented(own @ tags, overall @ tags, total, overall_total, tag_names, top),
        items=over_represented(own, overall, total, overall_total, dataset.catalogue.titles, top),
        lengths=dataset.lengths[group],
        columns=_column_shares(group, dataset.user_table),
        scenarios=_scenario_shares(own, dataset),
    )


def over_represented(
    own: np.ndarray,
    overall: np.ndarray,
    own_total: float,
    overall_total: float,
    names: Sequence[str],
    top: int,
) -> tuple[OverRepresented, ...]:
    """The entries with the largest share · log(lift) among those with a lift above 1: common in the group, not only
    rare elsewhere.

    Args:
        own, overall: float (n,), interactions with each tag or item, of the group and of all users.
        own_total, overall_total: interactions in all, of the group and of all users.
        names: of the tags or items.
        top: maximum number of entries.
    """
    if not own_total or not overall_total or not len(names):
        return ()
    overall_share = overall / overall_total
    shrunk = (own + _PRIOR * overall_share) / (own_total + _PRIOR)
    lift = np.divide(shrunk, overall_share, out=np.ones_like(overall_share), where=overall_share > 0)
    order = np.argsort(-shrunk * np.log(np.maximum(lift, 1e-12)), kind="stable")[:top]
    return tuple(
        OverRepresented(names[i], float(own[i] / own_total), float(lift[i]))
        for i in order
        if own[i] > 0 and lift[i] > 1.0 + 1e-9
    )


def _column_shares(group: np.ndarray, user_table: pd.DataFrame) -> dict[str, dict[str, tuple[float, float]]]:
    columns = {}
    for name in user_table.columns:
        values = user_table[name].astype("string").fillna(UNKNOWN)
        overall = values.value_counts(normalize=True)
        if 1 < len(overall) <= _MOST_VALUES:
            own = values.iloc[group].value_counts(normalize=True)
            columns[str(name)] = {str(v): (float(own.get(v, 0.0)), float(overall[v])) for v in sorted(overall.index)}
    return columns


def _scenario_shares(item_counts: np.ndarray, dataset: Dataset) -> dict[str, float]:
    total = item_counts.sum() or 1.0
    names = dataset.catalogue.scenario_names
    return {name: float(item_counts[dataset.catalogue.in_scenario(name)].sum() / total) for name in names}
