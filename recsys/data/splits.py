"""Splits: what training may see, and what is kept to judge it. A `Split` is built once; training gets `split.train`,
which holds no trace of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError


@dataclass(frozen=True, eq=False)
class Holdout:
    """People with what was known of them, and what they chose next.

    Args:
        users: int64 (n,) user indexes.
        histories: what the model may read for each, oldest first.
        positives: the items to be found for each (one or more), never empty.
    """

    users: np.ndarray
    histories: tuple[History, ...]
    positives: tuple[History, ...]

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class Split:
    """One way of keeping rows aside: `train` for learning, `validation` for choosing, `test` for judging.

    Args:
        protocol: "leave-one-out", "time" or "cold-users".
        train: a copy of the rows that may be learned from; the others can't be reached from it.
        cuts: unix seconds where validation and test begin, for a split by time.
    """

    protocol: str
    train: Dataset
    validation: Holdout
    test: Holdout
    cuts: tuple[float, float] | None = None


def without_last(dataset: Dataset, users: np.ndarray) -> Dataset:
    """A copy of the rows without the last item of each of these people (int64 (n,), each with at least one item)."""
    keep = np.ones(dataset.n_interactions, dtype=bool)
    keep[dataset.offsets[users + 1] - 1] = False
    return dataset.with_rows(keep)


def leave_one_out(dataset: Dataset) -> Split:
    """Each person's last item is the test, the one before it the validation (people with three or more items).

    People with fewer are trained on in full. Raises InputError when nobody has three.
    """
    eligible = np.flatnonzero(dataset.lengths >= 3)
    if not len(eligible):
        raise InputError("the data", "must have a person with at least 3 interactions", fix="Load longer histories.")
    keep = np.ones(dataset.n_interactions, dtype=bool)
    ends = dataset.offsets[eligible + 1]
    keep[ends - 1] = keep[ends - 2] = False
    histories = dataset.histories(eligible)
    return Split(
        protocol="leave-one-out",
        train=dataset.with_rows(keep),
        validation=Holdout(eligible, tuple(h[:-2] for h in histories), tuple(h[-2:-1] for h in histories)),
        test=Holdout(eligible, tuple(h[:-1] for h in histories), tuple(h[-1:] for h in histories)),
    )


def time_split(dataset: Dataset, share: float = 0.1) -> Split:
    """Everything from one moment on is the test, the stretch before it the validation: nobody's future is learned from.

    Who had no item before a cut is not judged after it; items a person already had are nothing to be found again.

    Args:
        share: of all rows that the test takes, and of all rows that the validation takes, in (0, .4].

    Raises:
        InputError: no times, a share out of range, or nobody left to judge.
    """
    if dataset.timestamps is None:
        raise InputError("the data", "must have times for a split by time", fix="Choose leave-one-out or cold users.")
    if not 0 < share <= 0.4:
        raise InputError("share", "must be above 0 and at most .4", share)
    times = dataset.timestamps
    first, second = (float(q) for q in np.quantile(times, [1 - 2 * share, 1 - share], method="higher"))
    return Split(
        protocol="time",
        train=dataset.with_rows(times < first),
        validation=_after(dataset, first, second),
        test=_after(dataset, second, np.inf),
        cuts=(first, second),
    )


def _after(dataset: Dataset, start: float, end: float) -> Holdout:
    """People with rows before `start` and new items in [start, end)."""
    assert dataset.timestamps is not None
    users, histories, positives = [], [], []
    for user in range(dataset.n_users):
        rows = slice(dataset.offsets[user], dataset.offsets[user + 1])
        items, times = dataset.sequence[rows], dataset.timestamps[rows]
        known = items[times < start]
        later = items[(times >= start) & (times < end)]
        fresh = later[~np.isin(later, known)]
        if len(known) and len(fresh):
            users.append(user)
            histories.append(known)
            positives.append(fresh[np.sort(np.unique(fresh, return_index=True)[1])])
    if not users:
        raise InputError(
            "the split by time",
            "must leave somebody with items on both sides",
            fix="Take a larger share, or choose leave-one-out.",
        )
    return Holdout(np.array(users), tuple(histories), tuple(positives))


def cold_users(dataset: Dataset, observed: int = 5, share: float = 0.1, seed: int = 0) -> Split:
    """Some people are never learned from; the model meets their first items only when it is asked for the next.

    Args:
        observed: items known of each cold person, at least 1; the one after them is to be found.
        share: of the people with more than `observed` items that are tested, and again that validate, in (0, .4].
        seed: of the draw.

    Raises:
        InputError: an argument out of range, or too few people with enough items.
    """
    if observed < 1:
        raise InputError("observed", "must be at least 1", observed)
    if not 0 < share <= 0.4:
        raise InputError("share", "must be above 0 and at most .4", share)
    eligible = np.flatnonzero(dataset.lengths > observed)
    size = round(share * len(eligible))
    if not size or 2 * size >= dataset.n_users:
        fix = "Lower the number of observed items, or raise the share."
        raise InputError("the data", f"must have enough people with more than {observed} items", len(eligible), fix)
    drawn = np.random.default_rng(seed).permutation(eligible)
    test, validation = np.sort(drawn[:size]), np.sort(drawn[size : 2 * size])
    cold = np.isin(dataset.user_of, np.concatenate([test, validation]))
    return Split(
        protocol="cold-users",
        train=dataset.with_rows(~cold),
        validation=_first_items(dataset, validation, observed),
        test=_first_items(dataset, test, observed),
    )


def _first_items(dataset: Dataset, users: Sequence[int] | np.ndarray, observed: int) -> Holdout:
    histories = dataset.histories(users)
    known = tuple(h[:observed] for h in histories)
    return Holdout(np.asarray(users), known, tuple(h[observed : observed + 1] for h in histories))
