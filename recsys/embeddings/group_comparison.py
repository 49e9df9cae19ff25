"""What distinguishes one group of users from another: tags and items, with intervals, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.metrics.proportions import difference_of_shares
from recsys.metrics.uncertainty import LEVEL, Estimate, holm, is_significant
from recsys.wording import Message

FEWEST = 5
"""Users of the smallest group that is compared; the difference of fewer reveals single users."""
_MOST_TAGS, _MOST_ITEMS = 300, 300  # the most frequent of both groups together: chosen without looking at a difference


@dataclass(frozen=True)
class Difference:
    """A tag or an item that one group chooses more than the other.

    Args:
        name: tag or title. Hostile text: show it as text only.
        kind: "tag" or "item".
        first, second: 0 … 1; of a tag the mean share of a user's interactions that have it, of an item the share of
            users who chose it.
        difference: `first` − `second` with its interval.
        p_holm: of "no difference", Holm-corrected over all tags, or all items, that were compared.
    """

    name: str
    kind: str
    first: float
    second: float
    difference: Estimate
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the difference is significant at 5% after the correction."""
        return is_significant(self.p_holm)


@dataclass(frozen=True)
class GroupComparison:
    """Two groups without a common user.

    Args:
        users: number of users of the first and the second group.
        shared: users of both, who were left out of the second.
        differences: all that were compared, the largest difference in favour of the first group first.
    """

    users: tuple[int, int]
    shared: int
    differences: tuple[Difference, ...]

    def typical(self, kind: str, *, of_second: bool = False, top: int = 8) -> tuple[Difference, ...]:
        """The significant tags or items of one group, largest difference first."""
        ordered = self.differences[::-1] if of_second else self.differences
        sign = -1 if of_second else 1
        own = [one for one in ordered if one.kind == kind and one.significant and sign * one.difference.value > 0]
        return tuple(own[:top])


def compare_groups(
    first: Sequence[int] | np.ndarray, second: Sequence[int] | np.ndarray, dataset: Dataset
) -> GroupComparison:
    """Compares two groups of users; users of both count for the first only.

    Tags are compared by Welch's t-test over users, so that a user with a long history counts once; items by Fisher's
    exact test, with Newcombe's interval.

    Raises:
        InputError: a group has fewer than FEWEST users of its own.
    """
    one = np.unique(np.asarray(first, dtype=np.int64))
    other = np.setdiff1d(np.asarray(second, dtype=np.int64), one)
    for which, members in ((Message("the first group"), one), (Message("the second group"), other)):
        if len(members) < FEWEST:
            rule = Message("must have at least {n} users that are not in the other", n=FEWEST)
            raise InputError(which, rule, len(members), "Choose a larger one.")
    chosen = [_counts(members, dataset) for members in (one, other)]
    found = [*_tags(chosen[0], chosen[1], dataset), *_items(chosen[0], chosen[1], dataset)]
    ordered = sorted(found, key=lambda one: -one.difference.value)
    shared = len(np.intersect1d(np.asarray(second, dtype=np.int64), one))
    return GroupComparison((len(one), len(other)), shared, tuple(ordered))


def _counts(users: np.ndarray, dataset: Dataset) -> csr_array:
    """How often each user chose each item: csr float64 (users, n_items + 1)."""
    histories = dataset.histories(users)
    rows = np.repeat(np.arange(len(users)), [len(history) for history in histories])
    items = np.concatenate(histories)
    return csr_array((np.ones(len(items)), (rows, items)), shape=(len(users), dataset.n_items + 1))


def _tags(first: csr_array, second: csr_array, dataset: Dataset) -> list[Difference]:
    from scipy.stats import t as student

    tags, names = dataset.catalogue.tag_matrix
    if not names:
        return []
    frequency = np.asarray(first.sum(axis=0)).ravel() + np.asarray(second.sum(axis=0)).ravel()
    frequent = np.sort(np.argsort(-(frequency @ tags), kind="stable")[:_MOST_TAGS])
    (mean, variance), (other_mean, other_variance) = (_moments(counts, tags[:, frequent]) for counts in (first, second))
    varies = variance + other_variance > 0
    if not varies.any():
        return []
    part, other_part = variance[varies] / first.shape[0], other_variance[varies] / second.shape[0]
    error = np.sqrt(part + other_part)
    freedom = error**4 / (part**2 / (first.shape[0] - 1) + other_part**2 / (second.shape[0] - 1))
    difference = (mean - other_mean)[varies]
    half = student.ppf((1 + LEVEL) / 2, freedom) * error
    p_values = holm((2 * student.sf(np.abs(difference) / error, freedom)).tolist())
    return [
        Difference(
            names[tag],
            "tag",
            float(mean[varies][i]),
            float(other_mean[varies][i]),
            Estimate(float(difference[i]), float(difference[i] - half[i]), float(difference[i] + half[i])),
            p_values[i],
        )
        for i, tag in enumerate(frequent[varies])
    ]


def _moments(counts: csr_array, tags: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance over users of the share of their interactions that has each tag: float64 (tags,) each."""
    shares = csr_array(counts @ tags)
    lengths = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1.0)
    shares.data = shares.data / np.repeat(lengths, np.diff(shares.indptr))
    n = counts.shape[0]
    mean = np.asarray(shares.sum(axis=0)).ravel() / n
    squares = np.asarray(shares.power(2).sum(axis=0)).ravel()
    return mean, np.maximum(squares - n * mean**2, 0.0) / (n - 1)


def _items(first: csr_array, second: csr_array, dataset: Dataset) -> list[Difference]:
    users = first.shape[0], second.shape[0]
    hits = [np.asarray((counts > 0).sum(axis=0)).ravel() for counts in (first, second)]
    frequent = np.argsort(-(hits[0] + hits[1]), kind="stable")[:_MOST_ITEMS]
    frequent = frequent[hits[0][frequent] + hits[1][frequent] > 0]
    tested = [difference_of_shares((int(hits[0][item]), users[0]), (int(hits[1][item]), users[1])) for item in frequent]
    p_values = holm([p for _, p in tested])
    return [
        Difference(
            dataset.catalogue.titles[item],
            "item",
            float(hits[0][item] / users[0]),
            float(hits[1][item] / users[1]),
            difference,
            p,
        )
        for item, (difference, _), p in zip(frequent, tested, p_values, strict=True)
    ]
