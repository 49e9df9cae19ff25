"""The rank of held-out items among everything a user has not seen: one rule for validation, test and every benchmark.

An item that the user already has is never recommended. So it leaves the ranking, and a held-out item that was in the
history (a repeat purchase) is a miss. Ties count against the model: a held-out item stands behind every unseen item
that scores at least as much. Held-out items of the same user never push each other down: the best of them that stands
behind n others has rank n + 1, the next one behind the same n has rank n + 2. A model that scores everything alike is
therefore last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.errors import InputError

MISSED = np.iinfo(np.int32).max  # the rank of a held-out item that was seen before: no list will ever show it


@dataclass(frozen=True, eq=False)
class Ranks:
    """The ranks of the held-out items of some users. Entries are grouped by user, best rank first.

    Args:
        rows: int64 (m,) the user of each entry, 0 … n_people − 1, ascending.
        rank: int64 (m,) 1 = first among the unseen items, ties against the model; MISSED if it was in the history.
        above: float64 (m,) share of the user's other unseen items that score less, ties half, in [0, 1]; .5 where
            there is no other unseen item or the held-out item was seen. NaN where `place` was told to leave it out.
        n_people: how many users.
    """

    rows: np.ndarray
    rank: np.ndarray
    above: np.ndarray
    n_people: int

    @property
    def n_positives(self) -> np.ndarray:
        """Held-out items of each user: int64 (n_people,)."""
        return np.bincount(self.rows, minlength=self.n_people)

    @property
    def best(self) -> np.ndarray:
        """The best rank of each user: int64 (n_people,); MISSED where there is none."""
        best = np.full(self.n_people, MISSED, dtype=np.int64)
        np.minimum.at(best, self.rows, self.rank)
        return best

    @classmethod
    def joined(cls, parts: Sequence[Ranks]) -> Ranks:
        """Batches one after the other."""
        starts = np.cumsum([0, *(p.n_people for p in parts)])
        return cls(
            np.concatenate([p.rows + s for p, s in zip(parts, starts[:-1], strict=True)]),
            np.concatenate([p.rank for p in parts]),
            np.concatenate([p.above for p in parts]),
            int(starts[-1]),
        )


def unseen(scores: np.ndarray, histories: Sequence[History]) -> np.ndarray:
    """A copy of scores (B, n_items + 1) with −inf at the padding item and at everything in the history.

    Raises InputError if a score is not a number: a NaN compares false with everything and would look like a first rank.
    """
    if not np.isfinite(scores[:, 1:]).all():
        raise InputError("the model's scores", "must all be finite", fix="Train again with a lower learning rate.")
    masked = np.array(scores, dtype=np.float32, copy=True)
    masked[:, 0] = -np.inf
    rows = np.repeat(np.arange(len(histories)), [len(h) for h in histories])
    if len(rows):
        masked[rows, np.concatenate(histories)] = -np.inf
    return masked


def ranks(scores: np.ndarray, histories: Sequence[History], positives: Sequence[History]) -> Ranks:
    """Rank each held-out item among all items its user has not seen.

    Args:
        scores: float32 (B, n_items + 1), finite but for column 0.
        histories: what each user has seen; those items leave the ranking.
        positives: the held-out items of each user, one or more; repeats count once.
    """
    return place(unseen(scores, histories), positives)


def place(masked: np.ndarray, positives: Sequence[History], share_below: bool = True) -> Ranks:
    """`ranks` for scores that `unseen` made. Afterwards `masked` is −inf at the held-out items too.

    Args:
        share_below: whether `Ranks.above` is wanted, which takes two more passes over the scores.
    """
    wanted = [np.unique(p) for p in positives]
    rows = np.repeat(np.arange(len(wanted)), [len(p) for p in wanted])
    items = np.concatenate(wanted) if wanted else np.empty(0, dtype=np.int64)
    own = masked[rows, items]
    order = np.lexsort((-own, rows))
    rows, own = rows[order], own[order]
    masked[rows, items[order]] = -np.inf  # what is left are the negatives
    at_least = count_at_least(masked, rows, own)
    first = np.searchsorted(rows, rows)  # where each user's entries start
    found = np.isfinite(own)
    rank = np.where(found, at_least + np.arange(len(rows)) - first + 1, MISSED)
    above = np.full(len(rows), np.nan)
    if share_below:
        more, others = (
            count_at_least(masked, rows, own, strictly=True),
            np.count_nonzero(masked > -np.inf, axis=1)[rows],
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            above = np.where(found & (others > 0), (others - (at_least + more) / 2) / others, 0.5)
    return Ranks(rows, rank, above, len(wanted))


def count_at_least(negatives: np.ndarray, rows: np.ndarray, own: np.ndarray, strictly: bool = False) -> np.ndarray:
    """For each value of `own` (m,), how many scores of its row are at least as high (higher, if strictly): int64 (m,).

    Args:
        negatives: float32 (B, n_items + 1), −inf at what is not ranked.
        rows: int64 (m,) ascending, the row of each value.
    """
    counts = np.empty(len(rows), dtype=np.int64)
    compare = np.greater if strictly else np.greater_equal
    width = max(1, 4_000_000 // max(1, negatives.shape[1]))  # comparisons of 4 MB at a time
    for start in range(0, len(rows), width):
        part = slice(start, start + width)
        here = rows[part]
        together = here[-1] - here[0] + 1 == len(here)  # one value for each row, in order: no copy is needed
        values = negatives[here[0] : here[-1] + 1] if together else negatives[here]
        counts[part] = np.count_nonzero(compare(values, own[part, None]), axis=1)
    return counts
