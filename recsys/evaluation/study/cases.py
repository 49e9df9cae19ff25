"""Who is judged in a transfer study, on what: people never learned from, k items known, the next one to be found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError

AXES = ("users", "time", "scenarios")
OBSERVED = (0, 1, 2, 3, 5, 10, 20)
_WORK = 1.2e8  # people × candidates
LEAST_SOURCE = 3  # items the other side of a person must have, to be a source at all


@dataclass(frozen=True, eq=False)
class Cases:
    """People of whom `observed` items are known, each sequence in the same order of people.

    Attributes:
        users: int64 (n,) user indexes.
        target: the k items known, oldest first.
        source: the person's own other side (earlier, or in the other scenario); empty on the axis "users".
        whole: everything of the person before the item to be found, oldest first: never recommended again.
        positives: int64 (n,) the item to be found.
        moments: float64 (n,) when it was chosen, unix seconds; 0 where the data have no times.
    """

    observed: int
    users: np.ndarray
    target: tuple[History, ...]
    source: tuple[History, ...]
    whole: tuple[History, ...]
    positives: np.ndarray
    moments: np.ndarray

    def __len__(self) -> int:
        return len(self.users)

    def part(self, rows: slice) -> Cases:
        """Some of the people."""
        parts = (self.users[rows], self.target[rows], self.source[rows], self.whole[rows], self.positives[rows])
        return Cases(self.observed, *parts, self.moments[rows])


@dataclass(frozen=True, eq=False)
class Fold:
    """People kept aside together: `train` is the data without them, nothing of theirs can be reached from it.

    Attributes:
        cases: one per k of the plan, in its order; may be empty.
    """

    train: Dataset
    cases: tuple[Cases, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A study before anything is trained.

    Attributes:
        axis: "users" (somebody else's taste), "time" (their own, earlier) or "scenarios" (their own, elsewhere).
        scenarios: (source, target) on that axis, else ().
        observed: the k that are judged.
        folds: every judged person is in one of them, and cold there.
        candidates: bool (n_items + 1,), what is ranked.
        repeats: for each of `observed` the share of users with enough items whose next item is one they already have.
            No list can show it, so these are not judged.
        half: int8 (n_users,), 0 or 1: α is chosen on one half and judged on the other, both ways; −1 who isn't judged.
    """

    axis: str
    scenarios: tuple[str, ...]
    observed: tuple[int, ...]
    folds: tuple[Fold, ...]
    candidates: np.ndarray
    half: np.ndarray
    repeats: tuple[float, ...]


def plan_study(
    dataset: Dataset,
    axis: str,
    *,
    scenarios: tuple[str, str] | None = None,
    folds: int = 2,
    most: int | None = None,
    seed: int = 0,
) -> Plan:
    """Draws the people to judge, deals them into folds, and builds their cases.

    Args:
        scenarios: (source, target); by default the pair with the most people to judge.
        folds: models to be trained, at least 2; each judges the people it was trained without.
        most: people to judge at most; by default as many as are ranked in about two minutes.

    Raises:
        InputError: an unknown axis or scenario, or too few people to judge.
    """
    if axis not in AXES:
        raise InputError("axis", f"must be one of {', '.join(AXES)}", axis)
    if folds < 2:
        raise InputError("folds", "must be at least 2", folds)
    pair: tuple[str, ...] = ()
    sides: tuple[np.ndarray, ...] = ()
    candidates = np.ones(dataset.n_items + 1, dtype=bool)
    if axis == "scenarios":
        pair = _checked(dataset, scenarios) if scenarios else _richest(dataset)
        sides = _sides(dataset, pair)
        candidates = sides[1].copy()
    candidates[0] = False
    eligible = np.flatnonzero([_ks(h, axis, sides) > 0 for h in dataset.histories()])
    rng = np.random.default_rng([seed, 17])
    evaluated = rng.permutation(eligible)[: most or int(np.clip(_WORK / candidates.sum(), 200, 20_000))]
    if len(evaluated) < 20:
        fix = "Load data with more people, or choose another axis."
        raise InputError(f"a study of {axis}", "needs at least 20 people to judge", len(evaluated), fix)
    half = np.full(dataset.n_users, -1, dtype=np.int8)
    half[evaluated] = rng.permutation(len(evaluated)) % 2
    cold = [np.sort(evaluated[number::folds]) for number in range(folds)]
    ks = tuple(k for k in OBSERVED if _enough(dataset, evaluated, half, k, axis, sides))
    if not ks:
        raise InputError(f"a study of {axis}", "needs at least 20 people with the same number of items to judge", 0)
    made = tuple(
        Fold(
            dataset.with_rows(~np.isin(dataset.user_of, users)),
            tuple(_cases(dataset, users, k, axis, sides) for k in ks),
        )
        for users in cold
    )
    return Plan(axis, pair, ks, made, candidates, half, tuple(_repeats(dataset, k, axis, sides) for k in ks))


def _repeats(dataset: Dataset, k: int, axis: str, sides: tuple[np.ndarray, ...]) -> float:
    """The share of users with enough items whose next item is a repeat."""
    found = [case.repeat for history in dataset.histories() if (case := _any_case(history, k, axis, sides)) is not None]
    return float(np.mean(found)) if found else 0.0


def _enough(
    dataset: Dataset, evaluated: np.ndarray, half: np.ndarray, k: int, axis: str, sides: tuple[np.ndarray, ...]
) -> bool:
    """Whether each half has ten people or more with a case for this k."""
    halves = [half[user] for user in evaluated if _case(dataset.history(int(user)), k, axis, sides) is not None]
    return min(halves.count(0), halves.count(1)) >= 10


def _checked(dataset: Dataset, pair: tuple[str, str]) -> tuple[str, str]:
    names = dataset.catalogue.scenario_names
    for name in pair:
        if name not in names:
            raise InputError("scenario", f"must be one of {', '.join(names) or 'none: the data names none'}", name)
    if pair[0] == pair[1]:
        raise InputError("scenarios", "must be two different ones", pair[0])
    return pair


def _richest(dataset: Dataset) -> tuple[str, str]:
    """The pair of scenarios with the most people to judge."""
    names = dataset.catalogue.scenario_names
    if len(names) < 2:
        fix = "Load data with a scenario column, or choose the axis users or time."
        raise InputError("the data", "must have at least two scenarios for this axis", len(names), fix)
    people = dataset.histories(range(0, dataset.n_users, max(1, dataset.n_users // 2000)))
    pairs = [(a, b) for a in names for b in names if a != b]
    counts = [sum(_ks(h, "scenarios", _sides(dataset, pair)) for h in people) for pair in pairs]
    return pairs[int(np.argmax(counts))]


def _sides(dataset: Dataset, pair: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    return tuple(dataset.catalogue.in_scenario(name) for name in pair)


def _ks(history: History, axis: str, sides: tuple[np.ndarray, ...]) -> int:
    """For how many k there is a case."""
    return sum(_case(history, k, axis, sides) is not None for k in OBSERVED)


@dataclass(frozen=True, eq=False)
class _Case:
    """One user at one k: `place` is that of the item to be found in the history."""

    history: History
    place: int
    target: History
    source: History

    @property
    def repeat(self) -> bool:
        """Whether the user has the item already: then there is nothing to be found."""
        return bool(self.history[self.place] in self.history[: self.place])


def _case(history: History, k: int, axis: str, sides: tuple[np.ndarray, ...]) -> _Case | None:
    """One user's case, None when they have too little for this k or the next item is a repeat."""
    found = _any_case(history, k, axis, sides)
    return None if found is None or found.repeat else found


def _any_case(history: History, k: int, axis: str, sides: tuple[np.ndarray, ...]) -> _Case | None:
    """The same, repeats included.

    Args:
        sides: bool (n_items + 1,) of the source's and of the target's scenario, on that axis.
    """
    n = len(history)
    if axis == "users":
        place, target, source = k, history[:k], history[:0]
        enough = 0 < k < n
    elif axis == "time":
        place = n - 1
        target, source = history[max(place - k, 0) : place], history[: max(place - k, 0)]
        enough = k > 0 and len(source) >= LEAST_SOURCE
    else:
        there = np.flatnonzero(sides[1][history])
        if len(there) <= k:
            return None
        place = int(there[k])
        target, source = history[there[:k]], history[:place][sides[0][history[:place]]]
        enough = len(source) >= LEAST_SOURCE
    return _Case(history, place, target, source) if enough else None


def _cases(dataset: Dataset, cold: np.ndarray, k: int, axis: str, sides: tuple[np.ndarray, ...]) -> Cases:
    found = [(user, case) for user in cold if (case := _case(dataset.history(int(user)), k, axis, sides)) is not None]
    times = dataset.timestamps
    rows = [int(dataset.offsets[user]) + case.place for user, case in found]
    return Cases(
        observed=k,
        users=np.array([user for user, _ in found], dtype=np.int64),
        target=tuple(case.target for _, case in found),
        source=tuple(case.source for _, case in found),
        whole=tuple(case.history[: case.place] for _, case in found),
        positives=np.array([case.history[case.place] for _, case in found], dtype=np.int64),
        moments=np.zeros(len(found)) if times is None else times[rows].astype(np.float64),
    )
