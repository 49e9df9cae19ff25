"""Splits into training, validation and test data. Training gets `split.train`, which holds nothing of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.ordering import stable_order
from recsys.errors import InputError
from recsys.wording import Message

MAX_SHARE = 0.4


@dataclass(frozen=True, eq=False)
class Holdout:
    """Users with their known histories and their held-out items.

    Args:
        users: int64 (n,) user indexes.
        histories: the items that a model may read for each user, oldest first.
        positives: the held-out items of each user, at least one.
        left_out: the items that leave the ranking of each user, by the rule of the dataset (`Dataset.left_out`); by
            default the histories.
    """

    users: np.ndarray
    histories: tuple[History, ...]
    positives: tuple[History, ...]
    left_out: tuple[History, ...] = ()

    def __post_init__(self) -> None:
        if not self.left_out:
            object.__setattr__(self, "left_out", self.histories)

    def part(self, rows: np.ndarray) -> Holdout:
        """Some of the users: rows is int (m,), positions."""
        parts = (self.histories, self.positives, self.left_out)
        return Holdout(self.users[rows], *(tuple(part[row] for row in rows) for part in parts))

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class Split:
    """A dataset split into `train`, `validation` (to choose a model) and `test` (to evaluate it).

    Args:
        protocol: "leave-one-out", "time", "cold-users" or "next-click".
        train: a copy of the training rows, from which the others can't be reached.
        cuts: unix seconds where validation and test begin, for the splits by time.
    """

    protocol: str
    train: Dataset
    validation: Holdout
    test: Holdout
    cuts: tuple[float, float] | None = None


def hold_out_last(dataset: Dataset, users: np.ndarray, back: int = 1) -> Holdout:
    """The last item of each user, or the one `back` places from the end, with the items before it as history.

    Args:
        users: int (n,), each with more than `back` items.
    """
    histories, lengths = dataset.histories(users), dataset.lengths[users] - back
    return Holdout(
        users,
        tuple(history[:-back] for history in histories),
        tuple(history[len(history) - back :][:1] for history in histories),
        tuple(dataset.left_out(int(user), int(n)) for user, n in zip(users, lengths, strict=True)),
    )


def without_last(dataset: Dataset, users: np.ndarray) -> Dataset:
    """A copy of the rows without the last item of these users (int64 (n,), each with at least one item)."""
    keep = np.ones(dataset.n_interactions, dtype=bool)
    keep[dataset.offsets[users + 1] - 1] = False
    return dataset.with_rows(keep)


def leave_one_out(dataset: Dataset) -> Split:
    """Each user's last item is the test, the one before it the validation. Users with fewer than three items are in
    the training data completely.

    Args:
        dataset: all interactions.

    Returns:
        Training data, validation and test of the protocol "leave-one-out".

    Raises:
        InputError: no user has three items.
    """
    eligible = _with_three_items(dataset)
    return Split(
        protocol="leave-one-out",
        train=rows_left_in(dataset),
        validation=hold_out_last(dataset, eligible, 2),
        test=hold_out_last(dataset, eligible),
    )


def rows_left_in(dataset: Dataset) -> Dataset:
    """The training data of `leave_one_out`, in an eighth of its time: no user's history is cut. Raises InputError."""
    keep = np.ones(dataset.n_interactions, dtype=bool)
    ends = dataset.offsets[_with_three_items(dataset) + 1]
    keep[ends - 1] = keep[ends - 2] = False
    return dataset.with_rows(keep)


def _with_three_items(dataset: Dataset) -> np.ndarray:
    eligible = np.flatnonzero(dataset.lengths >= 3)
    if not len(eligible):
        raise InputError("the data", "must have a user with at least 3 interactions", fix="Load longer histories.")
    return eligible


def time_split(dataset: Dataset, share: float = 0.1) -> Split:
    """The latest rows are the test, those before them the validation, so that training sees no later row.

    Users without items before a cut are not evaluated after it. Items that may not be recommended at the cut, because
    the user already had them, are not held out.

    Args:
        share: of all rows for the test, and again for the validation, in (0, 0.4].

    Raises:
        InputError: no times, a share out of range, or no users left to evaluate.
    """
    if dataset.timestamps is None:
        raise InputError("the data", "must have times for a split by time", fix="Choose leave-one-out or cold users.")
    _demand_share(share)
    times = dataset.timestamps
    first, second = (float(q) for q in np.quantile(times, [1 - 2 * share, 1 - share], method="higher"))
    return Split(
        protocol="time",
        train=dataset.with_rows(times < first),
        validation=_between(dataset, first, second),
        test=_between(dataset, second, np.inf),
        cuts=(first, second),
    )


def _demand_share(share: float) -> None:
    if not 0 < share <= MAX_SHARE:
        raise InputError(
            "share", Message("must be above 0 and at most {most}", most=MAX_SHARE), share, "Use 0.1 for a tenth."
        )


def _between(dataset: Dataset, start: float, end: float) -> Holdout:
    """Users with rows before `start` and items in [start, end) that may be recommended at `start`."""
    assert dataset.timestamps is not None
    early = dataset.timestamps < start
    n_known = np.bincount(dataset.user_of[early], minlength=dataset.n_users)
    later = np.flatnonzero(~early & (dataset.timestamps < end))
    later = later[n_known[dataset.user_of[later]] > 0]
    later = later[_first_of_each(_pairs(dataset, later))]
    asked = np.zeros(dataset.n_users, dtype=bool)
    asked[dataset.user_of[later]] = True
    known = np.flatnonzero(early & asked[dataset.user_of])
    out = _pairs(dataset, dataset.repeats.left_out(known, dataset.timestamps[known], start))
    new = later[~_among(_pairs(dataset, later), out)]
    if not len(new):
        fix = Message("Take a larger share, or choose leave-one-out.")
        raise InputError("the split by time", "must have users with items before and after a cut", fix=fix)
    counts = np.bincount(dataset.user_of[new], minlength=dataset.n_users)
    users, items = np.flatnonzero(counts), dataset.sequence[new]
    ends = np.cumsum(counts[users]).tolist()
    lengths = n_known[users].tolist()
    return Holdout(
        users,
        tuple(dataset.history(user)[:n] for user, n in zip(users.tolist(), lengths, strict=True)),
        tuple(items[first:last] for first, last in zip([0, *ends], ends, strict=False)),
        tuple(dataset.left_out(user, n, start) for user, n in zip(users.tolist(), lengths, strict=True)),
    )


def _pairs(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """User and item of some rows as one number, in order of users: int64 (n,)."""
    return np.asarray(dataset.user_of[rows].astype(np.int64) * (dataset.n_items + 1) + dataset.sequence[rows])


def _first_of_each(values: np.ndarray) -> np.ndarray:
    """Positions of the first of equal values, ascending."""
    order = stable_order(values)
    ordered = values[order]
    first = np.ones(len(values), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    positions: np.ndarray = np.sort(order[first])
    return positions


def _among(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which values (int64 (n,)) are among the others: bool (n,)."""
    if not len(others):
        return np.zeros(len(values), dtype=bool)
    ordered = np.sort(others)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[places] == values)


def cold_users(dataset: Dataset, observed: int = 5, share: float = 0.1, seed: int = 0) -> Split:
    """Some users are left out of the training data; the model reads their first items and predicts the next.

    Args:
        observed: items known of each cold user, at least 1; the next one is held out.
        share: of the users with more than `observed` items for the test, and again for the validation, in (0, 0.4].
        seed: of the draw.

    Raises:
        InputError: an argument out of range, or too few users with enough items.
    """
    if observed < 1:
        raise InputError("observed", "must be at least 1", observed, "Use 5 for a short history.")
    _demand_share(share)
    eligible = np.flatnonzero(dataset.lengths > observed)
    size = round(share * len(eligible))
    if not size or 2 * size >= dataset.n_users:
        fix = Message("Lower the number of observed items, or raise the share.")
        raise InputError(
            "the data",
            Message("must have enough users with more than {observed} items", observed=observed),
            len(eligible),
            fix,
        )
    drawn = np.random.default_rng(seed).permutation(eligible)
    test, validation = np.sort(drawn[:size]), np.sort(drawn[size : 2 * size])
    cold = np.isin(dataset.user_of, np.concatenate([test, validation]))
    return Split(
        protocol="cold-users",
        train=dataset.with_rows(~cold),
        validation=_after_first(dataset, validation, observed),
        test=_after_first(dataset, test, observed),
    )


def _after_first(dataset: Dataset, users: Sequence[int] | np.ndarray, observed: int) -> Holdout:
    """The first `observed` items of each user as history, the next one held out."""
    histories = dataset.histories(users)
    known = tuple(h[:observed] for h in histories)
    left_out = tuple(dataset.left_out(int(user), observed) for user in users)
    return Holdout(np.asarray(users), known, tuple(h[observed : observed + 1] for h in histories), left_out)


def next_click(dataset: Dataset, share: float = 0.1, seed: int = 0) -> Split:
    """The latest sessions are the test, those before them the validation; of each one click must be found.

    It is drawn at random among all but the first, and the clicks before it are known. Training sees earlier sessions
    only, up to the time of the first validation session. Without times the order in the file is the order in time.

    One click per session keeps the evaluated clicks independent, as the intervals over them assume.

    Args:
        dataset: histories that are sessions (or users with short histories).
        share: of the sessions with two clicks for the test, and again for the validation, in (0, 0.4].
        seed: of the draw of clicks.

    Raises:
        InputError: a share out of range, or too few sessions.
    """
    _demand_share(share)
    starts = dataset.offsets[:-1].astype(np.float64)
    if dataset.timestamps is not None and dataset.n_interactions:
        starts = dataset.timestamps[np.minimum(dataset.offsets[:-1], dataset.n_interactions - 1)].astype(np.float64)
    eligible = np.flatnonzero(dataset.lengths >= 2)
    ordered = eligible[np.argsort(starts[eligible], kind="stable")]
    size = round(share * len(ordered))
    if not size:
        fix = Message("Raise the share, or load more sessions.")
        raise InputError("the data", "must have enough sessions of two clicks", len(ordered), fix)
    validation, test = ordered[-2 * size : -size], ordered[-size:]
    first, second = float(starts[validation[0]]), float(starts[test[0]])
    moments = np.arange(dataset.n_interactions, dtype=np.float64) if dataset.timestamps is None else dataset.timestamps
    early = (starts < first)[dataset.user_of] & (moments < first)
    early &= ~np.isin(dataset.user_of, np.concatenate([validation, test]))
    rng = np.random.default_rng([seed, 61])
    return Split(
        protocol="next-click",
        train=dataset.with_rows(early),
        validation=_one_click(dataset, validation, rng),
        test=_one_click(dataset, test, rng),
        cuts=None if dataset.timestamps is None else (first, second),
    )


def _one_click(dataset: Dataset, sessions: np.ndarray, rng: np.random.Generator) -> Holdout:
    """Of each session one click but its first, drawn at random, with the clicks before it as history."""
    chosen = np.sort(sessions)
    places = rng.integers(1, dataset.lengths[chosen])
    pairs = list(zip(chosen.tolist(), places.tolist(), strict=True))
    return Holdout(
        chosen,
        tuple(dataset.history(session)[:place] for session, place in pairs),
        tuple(dataset.history(session)[place : place + 1] for session, place in pairs),
        tuple(dataset.left_out(session, place) for session, place in pairs),
    )
