"""How several users agree on one score for each item.

Aggregation strategies of group recommendation: Masthoff 2004, "Group modeling: selecting a sequence of television items
to suit a group of viewers", UMUAI 14; Masthoff 2015, "Group recommender systems: aggregation, satisfaction and group
attributes", Recommender Systems Handbook, 2nd edition.

Scores of one user can't be compared with those of another: one model gives some users larger and wider scores than
others, so that the lowest score would mostly be that of the same user. `comparable` therefore standardises each user's
scores over the items, which keeps the order of the user's own ranking and how far its items are apart. Ranks would lose
these distances, and probabilities are not linear in α.

Every way of agreeing stays linear in α, because the source is the same for all users of a target and 1 − α is not
negative:

    min over users of (α · source + (1 − α) · user) = α · source + (1 − α) · min over users

and the same for the maximum and the mean, and for several users as a source. So the path over α is exact for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from recsys.errors import InputError
from recsys.wording import Message

MOST_USERS = 8
"""Users who agree at most: of more, the lowest score of all is that of some user for every item."""
MEAN, LEAST_MISERY, MOST_PLEASURE = "mean", "least-misery", "most-pleasure"
AGREEMENTS: Mapping[str, Message] = MappingProxyType(
    {MEAN: Message("Mean"), LEAST_MISERY: Message("Least misery"), MOST_PLEASURE: Message("Most pleasure")}
)
"""The ways of agreeing, with their labels: an item's score is the mean, the lowest or the highest over the users."""


def check_agreement(agreement: str) -> str:
    """The way of agreeing itself. Raises InputError for an unknown one."""
    if agreement not in AGREEMENTS:
        raise InputError(
            "the way of agreeing", Message("must be one of {names}", names=", ".join(AGREEMENTS)), agreement
        )
    return agreement


def comparable(scores: np.ndarray) -> np.ndarray:
    """Scores of several users on one scale: each user's have the same mean and standard deviation over the items.

    Both are the means over the users, so that the scale stays the model's, and the scores of one user alone stay as
    they are. All scores of a user who scores every item alike become the common mean.

    Args:
        scores: float (users, n_items + 1), column 0 (padding) ignored.

    Returns:
        float64 (users, n_items + 1), column 0 = −inf.
    """
    values = np.asarray(scores, dtype=np.float64)[:, 1:]
    means, spreads = values.mean(axis=1, keepdims=True), values.std(axis=1, keepdims=True)
    standard = (values - means) / np.where(spreads > 0, spreads, 1.0)
    return np.pad(means.mean() + spreads.mean() * standard, ((0, 0), (1, 0)), constant_values=-np.inf)


def agree(scores: np.ndarray, agreement: str) -> np.ndarray:
    """One score for each item from those of several users, made comparable first.

    Args:
        scores: float (users, n_items + 1), column 0 ignored.
        agreement: one of AGREEMENTS.

    Returns:
        float64 (n_items + 1,), [0] = −inf.

    Raises:
        InputError: an unknown way of agreeing.
    """
    check_agreement(agreement)
    rows = comparable(scores)
    if agreement == MEAN:
        return np.asarray(rows.mean(axis=0))
    return np.asarray(rows.min(axis=0) if agreement == LEAST_MISERY else rows.max(axis=0))
