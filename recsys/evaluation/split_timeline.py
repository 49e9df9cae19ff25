"""Rows of some users in order of time, each with the part of a split it belongs to, for a figure of the split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.splits import Split

PARTS = ("trained on", "known, not trained on", "validation", "test", "unused")


@dataclass(frozen=True)
class TimelineRow:
    """One user's interactions in order: when (unix seconds, or the position where there are no times), and the part."""

    user: str
    when: tuple[float, ...]
    part: tuple[str, ...]


def split_timeline(dataset: Dataset, split: Split, users: int = 8, longest: int = 40) -> tuple[TimelineRow, ...]:
    """The interactions of some users with their parts of the split.

    Args:
        users: how many, spread evenly over the held-out ones (three quarters) and the others.
        longest: users with more interactions are used only if there are no others.
    """
    short = np.flatnonzero((dataset.lengths <= longest) & (dataset.lengths >= 3))
    pool = short if len(short) else np.arange(dataset.n_users)
    held_out = np.isin(pool, split.test.users)
    others = _spread(pool[~held_out], users // 4)
    chosen = np.concatenate([_spread(pool[held_out], users - len(others)), others])
    return tuple(_row(dataset, split, int(user)) for user in chosen)


def _spread(pool: np.ndarray, count: int) -> np.ndarray:
    """At most `count` evenly spaced entries of the pool."""
    return pool[np.unique(np.linspace(0, len(pool) - 1, min(count, len(pool))).astype(int))] if len(pool) else pool


def _row(dataset: Dataset, split: Split, user: int) -> TimelineRow:
    rows = slice(int(dataset.offsets[user]), int(dataset.offsets[user + 1]))
    items = dataset.sequence[rows].tolist()
    parts = ["unused"] * len(items)
    for name, holdout in (("test", split.test), ("validation", split.validation)):
        for position in np.flatnonzero(holdout.users == user):
            known = len(holdout.histories[position])
            if name == "test":
                parts[:known] = ["known, not trained on"] * known
            positives = set(holdout.positives[position].tolist())
            for place in range(known, len(items)):
                if items[place] in positives:
                    parts[place] = name
                    positives.discard(items[place])
    trained = len(split.train.history(user))
    parts[:trained] = ["trained on"] * trained
    when = range(len(items)) if dataset.timestamps is None else dataset.timestamps[rows].tolist()
    return TimelineRow(dataset.users.external(user), tuple(map(float, when)), tuple(parts))
