"""The users of a transfer study: never trained on, k items known, the next one held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.wording import Message

AXES = ("users", "time", "scenarios")
OBSERVED = (0, 1, 2, 3, 5, 10, 20)
MOST_SCORES = 1.2e8  # users × candidates that are ranked in about two minutes
SHORTEST_SOURCE = 3  # items a user must have on the source's side
FEWEST_USERS = 20


@dataclass(frozen=True, eq=False)
class ColdUsers:
    """Users with k known items and one held-out item; every sequence is in the same order of users.

    Attributes:
        observed: k.
        users: int64 (n,) user indexes.
        target: the k known items, oldest first.
        source: the user's own earlier items, or those in the source scenario; empty on the axis "users".
        history: all items of the user before the held-out one, oldest first.
        left_out: those of them that leave the ranking, by the rule of the data (`Dataset.left_out`).
        positives: int64 (n,) the held-out item.
        times: float64 (n,) when it was chosen, unix seconds; 0 where the data have no times.
    """

    observed: int
    users: np.ndarray
    target: tuple[History, ...]
    source: tuple[History, ...]
    history: tuple[History, ...]
    left_out: tuple[History, ...]
    positives: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.users)

    def part(self, rows: slice) -> ColdUsers:
        """Some of the users."""
        parts = (self.users, self.target, self.source, self.history, self.left_out, self.positives, self.times)
        return ColdUsers(self.observed, *(part[rows] for part in parts))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Fold:
    """Users held out together: `train` is the data without them.

    Attributes:
        cold: their known and held-out items, one entry per k of the plan, in its order; may be empty.
    """

    train: Dataset
    cold: tuple[ColdUsers, ...]


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """A study before anything is trained.

    Attributes:
        axis: "users" (the source is another user), "time" (the user's own earlier items) or "scenarios" (the user's
            own items in another scenario).
        scenarios: (source, target) on that axis, else ().
        observed: the evaluated k.
        folds: every evaluated user is in one of them.
        candidates: bool (n_items + 1,), the ranked items.
        repeats: for each k the share of users with enough items whose next item is one they already have that leaves
            their ranking by the rule of the data; they are not evaluated.
        again: whether that rule allows already chosen items.
        half: int8 (n_users,), 0 or 1: α is chosen on one half and evaluated on the other; −1 for the other users.
    """

    axis: str
    scenarios: tuple[str, ...]
    observed: tuple[int, ...]
    folds: tuple[Fold, ...]
    candidates: np.ndarray
    half: np.ndarray
    repeats: tuple[float, ...]
    again: bool = False


@dataclass(frozen=True, eq=False)
class _KnownItems:
    """One user at one k: `position` is that of the held-out item in the history; `left_out` as in `ColdUsers`."""

    history: History
    position: int
    target: History
    source: History
    left_out: History

    @property
    def is_missed(self) -> bool:
        """Whether the held-out item is a repeat that leaves the ranking."""
        return bool(self.history[self.position] in self.left_out)


@dataclass(frozen=True, eq=False)
class _Axis:
    """An axis with the items of its scenarios: bool (n_items + 1,) of the source's and of the target's, or ()."""

    name: str
    scenarios: tuple[str, ...]
    items: tuple[np.ndarray, ...]

    def known_items(self, dataset: Dataset, user: int, k: int) -> _KnownItems | None:
        """The user's k known items and the next one; None with too few items."""
        history = dataset.history(user)
        n = len(history)
        if self.name == "users":
            position, target, source = k, history[:k], history[:0]
            enough = 0 < k < n
        elif self.name == "time":
            position = n - 1
            target, source = history[max(position - k, 0) : position], history[: max(position - k, 0)]
            enough = k > 0 and len(source) >= SHORTEST_SOURCE
        else:
            in_target = np.flatnonzero(self.items[1][history])
            if len(in_target) <= k:
                return None
            position = int(in_target[k])
            before = history[:position]
            target, source = history[in_target[:k]], before[self.items[0][before]]
            enough = len(source) >= SHORTEST_SOURCE
        return _KnownItems(history, position, target, source, dataset.left_out(user, position)) if enough else None

    def evaluated(self, dataset: Dataset, user: int, k: int) -> _KnownItems | None:
        """The same; None also where the next item is a repeat that leaves the ranking."""
        known = self.known_items(dataset, user, k)
        return None if known is None or known.is_missed else known

    def count_ks(self, dataset: Dataset, user: int) -> int:
        """For how many k the user can be evaluated."""
        return sum(self.evaluated(dataset, user, k) is not None for k in OBSERVED)


def plan_study(
    dataset: Dataset,
    axis: str,
    *,
    scenarios: tuple[str, str] | None = None,
    folds: int = 2,
    most: int | None = None,
    seed: int = 0,
) -> StudyPlan:
    """Draws the users to evaluate, assigns them to folds, and finds their known and held-out items.

    Args:
        scenarios: (source, target); by default the pair with the most users to evaluate.
        folds: models to be trained, at least 2; each is evaluated on the users it was trained without.
        most: users to evaluate at most; by default as many as are ranked in about two minutes.

    Raises:
        InputError: an unknown axis or scenario, or too few users.
    """
    if axis not in AXES:
        raise InputError("axis", Message("must be one of {names}", names=", ".join(AXES)), axis)
    if folds < 2:
        raise InputError("folds", "must be at least 2", folds)
    chosen = _axis(dataset, axis, scenarios)
    candidates = chosen.items[1].copy() if chosen.items else np.ones(dataset.n_items + 1, dtype=bool)
    candidates[0] = False
    eligible = np.flatnonzero([chosen.count_ks(dataset, user) > 0 for user in range(dataset.n_users)])
    rng = np.random.default_rng([seed, 17])
    evaluated = rng.permutation(eligible)[: most or int(np.clip(MOST_SCORES / candidates.sum(), 200, 20_000))]
    if len(evaluated) < FEWEST_USERS:
        fix = Message("Load data with more users, or choose another axis.")
        rule = Message("needs at least {n} users to evaluate", n=FEWEST_USERS)
        raise InputError(Message("a study of {axis}", axis=axis), rule, len(evaluated), fix)
    half = np.full(dataset.n_users, -1, dtype=np.int8)
    half[evaluated] = rng.permutation(len(evaluated)) % 2
    ks = tuple(k for k in OBSERVED if _enough(dataset, evaluated, half, k, chosen))
    if not ks:
        rule = Message("needs at least {n} users with the same number of known items", n=FEWEST_USERS)
        raise InputError(Message("a study of {axis}", axis=axis), rule, 0)
    planned = []
    for number in range(folds):
        users = np.sort(evaluated[number::folds])
        train = dataset.with_rows(~np.isin(dataset.user_of, users))
        planned.append(Fold(train, tuple(_cold_users(dataset, users, k, chosen) for k in ks)))
    repeats = tuple(_share_of_repeats(dataset, k, chosen) for k in ks)
    again = dataset.repeats.allows
    return StudyPlan(axis, chosen.scenarios, ks, tuple(planned), candidates, half, repeats, again)


def _axis(dataset: Dataset, name: str, scenarios: tuple[str, str] | None) -> _Axis:
    """The axis with its pair of scenarios; by default the pair with the most users to evaluate."""
    if name != "scenarios":
        return _Axis(name, (), ())
    names = dataset.catalogue.scenario_names
    for one in scenarios or ():
        if one not in names:
            rule = Message("must be one of {names}", names=", ".join(names) or Message("none: the data names none"))
            raise InputError("scenario", rule, one)
    if scenarios and scenarios[0] == scenarios[1]:
        raise InputError("scenarios", "must be two different ones", scenarios[0])
    if len(names) < 2:
        fix = Message("Load data with a scenario column, or choose the axis users or time.")
        raise InputError("the data", "must have at least two scenarios for this axis", len(names), fix)
    pairs = [scenarios] if scenarios else [(a, b) for a in names for b in names if a != b]
    axes = [_Axis(name, pair, tuple(dataset.catalogue.in_scenario(one) for one in pair)) for pair in pairs]
    sample = range(0, dataset.n_users, max(1, dataset.n_users // 2000))
    return max(axes, key=lambda axis: sum(axis.count_ks(dataset, u) for u in sample)) if len(axes) > 1 else axes[0]


def _enough(dataset: Dataset, evaluated: np.ndarray, half: np.ndarray, k: int, axis: _Axis) -> bool:
    """Whether each half has enough users that can be evaluated at this k."""
    halves = [half[user] for user in evaluated if axis.evaluated(dataset, int(user), k) is not None]
    return min(halves.count(0), halves.count(1)) >= FEWEST_USERS / 2


def _share_of_repeats(dataset: Dataset, k: int, axis: _Axis) -> float:
    """The share of users with enough items whose next item is a repeat that leaves the ranking."""
    known = [axis.known_items(dataset, user, k) for user in range(dataset.n_users)]
    repeats = [one.is_missed for one in known if one is not None]
    return float(np.mean(repeats)) if repeats else 0.0


def _cold_users(dataset: Dataset, users: np.ndarray, k: int, axis: _Axis) -> ColdUsers:
    found = [(user, known) for user in users if (known := axis.evaluated(dataset, int(user), k)) is not None]
    rows = [int(dataset.offsets[user]) + known.position for user, known in found]
    times = np.zeros(len(found)) if dataset.timestamps is None else dataset.timestamps[rows].astype(np.float64)
    return ColdUsers(
        observed=k,
        users=np.array([user for user, _ in found], dtype=np.int64),
        target=tuple(known.target for _, known in found),
        source=tuple(known.source for _, known in found),
        history=tuple(known.history[: known.position] for _, known in found),
        left_out=tuple(known.left_out for _, known in found),
        positives=np.array([known.history[known.position] for _, known in found], dtype=np.int64),
        times=times,
    )
