"""The rank of held-out items among all items that may be recommended: one rule for validation, test and benchmarks.

Items that the data's rule leaves out (`Holdout.left_out`; by default all that the user already has) leave the ranking,
and a held-out item among them (a repeat) is a miss. "Unseen" stands here for all other items. Ties count against the
model: a held-out item ranks behind every unseen item with at least its score, so a model that scores all items alike
ranks them last. Held-out items of one user never push each other down: the best of those behind n other items has rank
n + 1, the next one behind the same n has rank n + 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.errors import InputError

MISSED = np.iinfo(np.int32).max  # rank of a held-out item that is left out: it is never recommended


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of the held-out items of n users. Entries are grouped by user, best rank first.

    Args:
        rows: int64 (m,) the user of each entry, 0 … n_users − 1, ascending.
        rank: int64 (m,) 1 = first among the unseen items, ties against the model; MISSED if it is left out.
        above: float64 (m,) share of the user's other unseen items with a lower score, ties half, in [0, 1]; 0.5 where
            there is no other unseen item or the held-out item is left out. NaN where it was not computed.
        n_users: n.
    """

    rows: np.ndarray
    rank: np.ndarray
    above: np.ndarray
    n_users: int

    @property
    def n_positives(self) -> np.ndarray:
        """Held-out items of each user: int64 (n_users,)."""
        return np.bincount(self.rows, minlength=self.n_users)

    @property
    def best(self) -> np.ndarray:
        """Best rank of each user: int64 (n_users,); MISSED where there is none."""
        best = np.full(self.n_users, MISSED, dtype=np.int64)
        np.minimum.at(best, self.rows, self.rank)
        return best

    @classmethod
    def concatenate(cls, parts: Sequence[Ranks]) -> Ranks:
        """The users of several batches, one batch after the other."""
        starts = np.cumsum([0, *(p.n_users for p in parts)])
        return cls(
            np.concatenate([p.rows + s for p, s in zip(parts, starts[:-1], strict=True)]),
            np.concatenate([p.rank for p in parts]),
            np.concatenate([p.above for p in parts]),
            int(starts[-1]),
        )


def mask_seen(scores: np.ndarray, left_out: Sequence[History]) -> np.ndarray:
    """A copy of scores (B, n_items + 1) with −inf at the padding item and at the items that each row leaves out.

    Raises InputError if a score is not finite: NaN compares false with everything and would look like rank 1.
    """
    if not np.isfinite(scores[:, 1:]).all():
        raise InputError("the model's scores", "must all be finite", fix="Train again with a lower learning rate.")
    masked = np.array(scores, dtype=np.float32, copy=True)
    masked[:, 0] = -np.inf
    rows = np.repeat(np.arange(len(left_out)), [len(items) for items in left_out])
    if len(rows):
        masked[rows, np.concatenate(left_out)] = -np.inf
    return masked


def ranks(scores: np.ndarray, left_out: Sequence[History], positives: Sequence[History]) -> Ranks:
    """Ranks of the held-out items among all items that may be recommended.

    Args:
        scores: float32 (B, n_items + 1), finite except column 0.
        left_out: items that leave the ranking of each user (`Holdout.left_out`).
        positives: held-out items of each user, one or more; repeated ones count once.
    """
    return rank_masked(mask_seen(scores, left_out), positives)


def rank_masked(masked: np.ndarray, positives: Sequence[History], share_above: bool = True) -> Ranks:
    """`ranks` for scores from `mask_seen`. Sets `masked` to −inf at the held-out items too.

    Args:
        share_above: whether to compute `Ranks.above`, which takes two more passes over the scores.
    """
    unique = [np.unique(p) for p in positives]
    rows = np.repeat(np.arange(len(unique)), [len(p) for p in unique])
    items = np.concatenate(unique) if unique else np.empty(0, dtype=np.int64)
    scores = masked[rows, items]
    order = np.lexsort((-scores, rows))
    rows, scores = rows[order], scores[order]
    masked[rows, items[order]] = -np.inf  # only negatives are left
    at_least = count_at_least(masked, rows, scores)
    first = np.searchsorted(rows, rows)  # index of each user's first entry
    unseen = np.isfinite(scores)
    rank = np.where(unseen, at_least + np.arange(len(rows)) - first + 1, MISSED)
    above = np.full(len(rows), np.nan)
    if share_above:
        higher = count_at_least(masked, rows, scores, strictly=True)
        others = np.count_nonzero(masked > -np.inf, axis=1)[rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            above = np.where(unseen & (others > 0), (others - (at_least + higher) / 2) / others, 0.5)
    return Ranks(rows, rank, above, len(unique))


def count_at_least(negatives: np.ndarray, rows: np.ndarray, values: np.ndarray, strictly: bool = False) -> np.ndarray:
    """For each of `values` (m,) the number of scores in its row that are at least as high: int64 (m,).

    Args:
        negatives: float32 (B, n_items + 1), −inf at items that are not ranked.
        rows: int64 (m,) ascending, the row of each value.
        strictly: count higher scores only.
    """
    counts = np.empty(len(rows), dtype=np.int64)
    compare = np.greater if strictly else np.greater_equal
    width = max(1, 4_000_000 // max(1, negatives.shape[1]))  # comparisons of 4 MB at a time
    for start in range(0, len(rows), width):
        part = slice(start, start + width)
        chunk = rows[part]
        one_each = chunk[-1] - chunk[0] + 1 == len(chunk)  # one value for each row, in order: no copy is needed
        scores = negatives[chunk[0] : chunk[-1] + 1] if one_each else negatives[chunk]
        counts[part] = np.count_nonzero(compare(scores, values[part, None]), axis=1)
    return counts
