"""Ways of keeping rows aside, in words and as rows one can draw; models trained anew for each; leaks caught.

A model may be judged only on what it never learned from. `Split.train` is a copy without the held-out rows, so there is
no way to them; `check_no_leak` proves it for any split, those made elsewhere included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout, Split, cold_users, leave_one_out, time_split
from recsys.errors import InputError
from recsys.evaluation.evaluate import Progress, Report, evaluate_models
from recsys.models.recommender import Recommender

Trainer = Callable[[Split], Recommender]


@dataclass(frozen=True)
class Protocol:
    """A way of judging: its key in a `Split`, its name, the question it answers, how, and what it can't tell."""

    key: str
    name: str
    question: str
    how: str
    limit: str
    split: Callable[[Dataset], Split]


PROTOCOLS = (
    Protocol(
        "leave-one-out",
        "Leave one out",
        "What will each person choose next?",
        "Each person’s last item is hidden and must be found among all items they have not had; the one before it "
        "chose the model.",
        "Other people’s later choices were learned from, so fashions of the future leak a little.",
        leave_one_out,
    ),
    Protocol(
        "time",
        "Split by time",
        "What would have been found, had we started on that day?",
        "Everything after one moment is hidden from training, for everybody; what people newly chose after it must be "
        "found.",
        "Only people active on both sides of the moment are judged.",
        time_split,
    ),
    Protocol(
        "cold-users",
        "Cold people",
        "Does it work for people it never learned from?",
        "A tenth of the people take no part in training; from their first five items the sixth must be found.",
        "Says nothing about people with long histories.",
        cold_users,
    ),
)


def protocol(key: str) -> Protocol:
    """The protocol of that key. Raises InputError."""
    for one in PROTOCOLS:
        if one.key == key:
            return one
    raise InputError("the protocol", f"must be one of {', '.join(p.key for p in PROTOCOLS)}", key)


def check_no_leak(split: Split) -> None:
    """Proves that training can't have seen what it is judged on.

    Raises InputError if, for anybody held out, `train` holds rows beyond the history the model is shown; if a cold
    person was trained on; if a row is later than the cut; or if validation reads what the test asks for.
    """
    for part, holdout in (("validation", split.validation), ("test", split.test)):
        trained = split.train.histories(holdout.users)
        if split.protocol == "cold-users" and any(len(h) for h in trained):
            raise _leak(f"the {part} part", "must hold only people without rows in training")
        if (user := _beyond(trained, holdout.histories)) is not None:
            name = split.train.users.external(int(holdout.users[user]))
            raise _leak(f"the {part} part", "must not be learned from", f"held-out rows of person {name} in training")
    shared = {int(user): row for row, user in enumerate(split.test.users)}
    for user, history in zip(split.validation.users, split.validation.histories, strict=True):
        row = shared.get(int(user))
        if row is not None and _beyond([history], [split.test.histories[row]]) is not None:
            raise _leak("the validation part", "must not read what the test asks for")
    times = split.train.timestamps
    if split.cuts is not None and times is not None and len(times) and times.max() >= split.cuts[0]:
        raise _leak("training rows", "must all be earlier than the cut")


def _leak(subject: str, rule: str, got: str | None = None) -> InputError:
    return InputError(subject, rule, got, "Make the split again from the whole data.")


def _beyond(inner: Sequence[History], outer: Sequence[History]) -> int | None:
    """The first position where `inner` holds an item more often than `outer` does."""
    for position, (few, many) in enumerate(zip(inner, outer, strict=True)):
        width = int(max(few.max(initial=0), many.max(initial=0))) + 1
        if (np.bincount(few, minlength=width) > np.bincount(many, minlength=width)).any():
            return position
    return None


PARTS = ("learned from", "known, not learned from", "validation", "test", "left out")


@dataclass(frozen=True)
class TimelineRow:
    """One person's rows in order: when (unix seconds, or the place where there are no times) and in which part."""

    person: str
    when: tuple[float, ...]
    part: tuple[str, ...]


def split_timeline(dataset: Dataset, split: Split, people: int = 8, longest: int = 40) -> tuple[TimelineRow, ...]:
    """Some people's rows with the part each falls into, for a drawing of the split: a few held out, a few not.

    Args:
        people: how many are drawn, spread evenly over those held out (three quarters) and the others.
        longest: people with more rows are passed over while there are others.
    """
    short = np.flatnonzero((dataset.lengths <= longest) & (dataset.lengths >= 3))
    pool = short if len(short) else np.arange(dataset.n_users)
    held = pool[np.isin(pool, split.test.users)]
    rest = pool[~np.isin(pool, split.test.users)]
    chosen = np.concatenate([_spread(held, people - min(people // 4, len(rest))), _spread(rest, people // 4)])
    tests, checks = _by_user(split.test), _by_user(split.validation)
    return tuple(_strip(dataset, split, int(user), tests, checks) for user in chosen)


def _spread(pool: np.ndarray, count: int) -> np.ndarray:
    return pool[np.unique(np.linspace(0, len(pool) - 1, min(count, len(pool))).astype(int))] if len(pool) else pool


def _by_user(holdout: Holdout) -> Mapping[int, tuple[History, History]]:
    return {int(u): (h, p) for u, h, p in zip(holdout.users, holdout.histories, holdout.positives, strict=True)}


def _strip(
    dataset: Dataset,
    split: Split,
    user: int,
    tests: Mapping[int, tuple[History, History]],
    checks: Mapping[int, tuple[History, History]],
) -> TimelineRow:
    rows = slice(int(dataset.offsets[user]), int(dataset.offsets[user + 1]))
    items = dataset.sequence[rows].tolist()
    parts = ["left out"] * len(items)
    known = len(tests.get(user, ((), ()))[0])
    parts[:known] = ["known, not learned from"] * known
    learned = len(split.train.history(user))
    parts[:learned] = ["learned from"] * learned
    for name, held in (("validation", checks), ("test", tests)):
        history, positives = held.get(user, ((), ()))
        wanted = set(np.asarray(positives).tolist())
        for place in range(len(history), len(items)):
            if items[place] in wanted:
                parts[place] = name
                wanted.discard(items[place])
    when = range(len(items)) if dataset.timestamps is None else dataset.timestamps[rows].tolist()
    return TimelineRow(dataset.users.external(user), tuple(map(float, when)), tuple(parts))


def evaluate_protocol(
    dataset: Dataset,
    key: str,
    trainers: Mapping[str, Trainer],
    ks: Sequence[int] = (5, 10, 20),
    seed: int = 0,
    *,
    progress: Progress | None = None,
) -> Report:
    """Split the data by a protocol, prove that nothing leaks, train each model on what is left, and judge them.

    Args:
        key: of PROTOCOLS.
        trainers: name -> a function that gets the split (and may learn from `train`, choose on `validation`).
    """
    report = progress or (lambda fraction, message: None)
    split = protocol(key).split(dataset)
    check_no_leak(split)
    models = {}
    for number, (name, trainer) in enumerate(trainers.items()):
        report(0.7 * number / len(trainers), f"Training {name} without the hidden rows")
        models[name] = trainer(split)
    return evaluate_models(
        models, split.test, split.train, ks, seed, protocol=key, progress=lambda f, m: report(0.7 + 0.3 * f, m)
    )
