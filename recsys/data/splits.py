"""Splits: what training may see, and what is kept to judge it. A `Split` is built once; training gets `split.train`,
which holds no trace of the rest."""

from __future__ import annotations

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
    """One way of keeping rows aside: `train` for learning, `validation` for choosing, `test` for judging."""

    protocol: str
    train: Dataset
    validation: Holdout
    test: Holdout


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
