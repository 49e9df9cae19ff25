"""Metrics of full rankings, one value per person, vectorised, from the ranks of the held-out items among everything a
person has not seen. What is measured on the shown lists alone is in `lists.py`.

Ties count against us: a held-out item stands behind every unseen item that scores at least as much. Held-out items of
the same person never push each other down: the best of them that stands behind n others has rank n + 1, the next one
behind the same n has rank n + 2. (A model that scores everything alike is therefore last, not lucky.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.errors import InputError

MISSED = np.iinfo(np.int32).max  # the rank of a held-out item that was seen before: no list will ever show it
ACCURACY = ("hr", "recall", "precision", "ndcg", "mrr", "map")


@dataclass(frozen=True, eq=False)
class Ranks:
    """Where the held-out items of some people stand. Entries are grouped by person, best rank first.

    Args:
        rows: int64 (m,) the person of each entry, 0 … n_people − 1, ascending.
        rank: int64 (m,) 1 = first among the unseen items, ties against us; MISSED if it was in the history.
        above: float64 (m,) share of the person's other unseen items that score less, ties half, in [0, 1]; .5 where
            nothing is to be said (no other unseen item, or it was seen itself).
        n_people: how many people.
    """

    rows: np.ndarray
    rank: np.ndarray
    above: np.ndarray
    n_people: int

    @property
    def n_positives(self) -> np.ndarray:
        """Held-out items of each person: int64 (n_people,)."""
        return np.bincount(self.rows, minlength=self.n_people)

    @property
    def best(self) -> np.ndarray:
        """The best rank of each person: int64 (n_people,); MISSED where there is none."""
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
    """Rank each held-out item among all items its person has not seen.

    Args:
        scores: float32 (B, n_items + 1), finite but for column 0.
        histories: what each person has seen; those items leave the ranking.
        positives: the held-out items of each person, one or more; repeats count once.
    """
    return place(unseen(scores, histories), positives)


def place(masked: np.ndarray, positives: Sequence[History]) -> Ranks:
    """`ranks` for scores that `unseen` made. Afterwards `masked` is −inf at the held-out items too."""
    wanted = [np.unique(p) for p in positives]
    rows = np.repeat(np.arange(len(wanted)), [len(p) for p in wanted])
    items = np.concatenate(wanted) if wanted else np.empty(0, dtype=np.int64)
    own = masked[rows, items]
    order = np.lexsort((-own, rows))
    rows, own = rows[order], own[order]
    masked[rows, items[order]] = -np.inf  # what is left are the negatives
    at_least, more, others = _counts(masked, rows, own)
    first = np.searchsorted(rows, rows)  # where each person's entries start
    rank = at_least + np.arange(len(rows)) - first + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        above = np.where(others > 0, (others - (at_least + more) / 2) / others, 0.5)
    found = np.isfinite(own)
    return Ranks(rows, np.where(found, rank, MISSED), np.where(found, above, 0.5), len(wanted))


def _counts(negatives: np.ndarray, rows: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each value `own`: how many finite negatives of its row are ≥ it, > it, and there at all."""
    at_least = np.empty(len(rows), dtype=np.int64)
    more = np.empty(len(rows), dtype=np.int64)
    width = max(1, 4_000_000 // max(1, negatives.shape[1]))  # comparisons of 4 MB at a time
    for start in range(0, len(rows), width):
        part = slice(start, start + width)
        values, threshold = negatives[rows[part]], own[part, None]
        at_least[part] = np.count_nonzero(values >= threshold, axis=1)
        more[part] = np.count_nonzero(values > threshold, axis=1)
    others = np.count_nonzero(negatives > -np.inf, axis=1)[rows]
    return at_least, more, others


def accuracy_at(found: Ranks, k: int) -> dict[str, np.ndarray]:
    """HR, recall, precision, NDCG, MRR and MAP of the first k: name -> float64 (n_people,), each in [0, 1].

    recall and MAP divide by all held-out items, precision by k, NDCG by the best DCG that k places allow, as trec_eval.
    """
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    n, total = found.n_people, np.maximum(found.n_positives, 1)
    inside = found.rank <= k
    rows, rank = found.rows[inside], found.rank[inside]
    hits = np.bincount(rows, minlength=n)
    nth = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1  # the how-manieth hit of its person
    gains = np.bincount(rows, weights=1 / np.log2(rank + 1), minlength=n)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))[np.minimum(total, k) - 1]
    best = found.best
    return {
        "hr": (hits > 0).astype(np.float64),
        "recall": hits / total,
        "precision": hits / k,
        "ndcg": gains / ideal,
        "mrr": np.where(best <= k, 1 / best, 0.0),
        "map": np.bincount(rows, weights=nth / rank, minlength=n) / total,
    }


def reciprocal_rank(found: Ranks) -> np.ndarray:
    """1 / best rank over the whole list: float64 (n_people,)."""
    return np.where(found.best < MISSED, 1 / found.best, 0.0)


def auc(found: Ranks) -> np.ndarray:
    """The chance that a held-out item scores above a random unseen one, ties half: float64 (n_people,); chance = .5."""
    total = np.bincount(found.rows, weights=found.above, minlength=found.n_people)
    return np.asarray(total / np.maximum(found.n_positives, 1))


@dataclass(frozen=True, eq=False)
class LikeNotLike:
    """Held-out items against as many unseen ones, each called liked or not: (m,) calls of each, and who made them."""

    rows: np.ndarray  # int64 (m,) the person of each pair
    liked_right: np.ndarray  # bool (m,) the held-out item was called liked
    other_right: np.ndarray  # bool (m,) the unseen item was called not liked
    threshold: float  # mean of the two folds' thresholds, on the share of unseen items that score less
    n_people: int
    majority: float = 0.5  # what calling everything "liked" would reach, the two classes being of equal size

    @property
    def per_person(self) -> np.ndarray:
        """Balanced accuracy of each person's calls: float64 (n_people,)."""
        right = self.liked_right.astype(np.float64) + self.other_right
        pairs = np.maximum(np.bincount(self.rows, minlength=self.n_people), 1)
        return np.bincount(self.rows, weights=right / 2, minlength=self.n_people) / pairs


def random_places(negatives: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each entry of `rows` (ascending) draw an unseen item of that person and place it: float64 (m,) as `above`.

    Args:
        negatives: what `place` left: scores with −inf at everything seen or held out.
    """
    chosen = np.zeros(len(rows), dtype=np.int64)
    for row, start, size in zip(*np.unique(rows, return_index=True, return_counts=True), strict=True):
        pool = np.flatnonzero(negatives[row] > -np.inf)
        if len(pool):
            chosen[start : start + size] = rng.choice(pool, size=size)
    at_least, more, others = _counts(negatives, rows, negatives[rows, chosen])
    rest = others - 1  # the drawn item is no rival of itself
    return np.where((chosen > 0) & (rest > 0), (rest - (at_least - 1 + more) / 2) / np.maximum(rest, 1), 0.5)


def like_not_like(rows: np.ndarray, liked: np.ndarray, other: np.ndarray, n_people: int, seed: int = 0) -> LikeNotLike:
    """Call an item liked when more than a threshold of the person's unseen items score less; judge both classes.

    The threshold that judges one half of the people is chosen on the other half, so nobody sets their own bar.

    Args:
        rows: int64 (m,) the person of each pair.
        liked: float64 (m,) share of unseen items below the held-out item (`Ranks.above`).
        other: float64 (m,) the same of a random unseen item.
    """
    half = np.random.default_rng(seed).permutation(n_people) % 2
    fold = half[rows]
    right_liked, right_other, bars = np.zeros(len(rows), bool), np.zeros(len(rows), bool), []
    for side in (0, 1):
        bar = _best_threshold(liked[fold != side], other[fold != side])
        here = fold == side
        right_liked[here], right_other[here] = liked[here] > bar, other[here] <= bar
        bars.append(bar)
    return LikeNotLike(rows, right_liked, right_other, float(np.mean(bars)), n_people)


def _best_threshold(liked: np.ndarray, other: np.ndarray) -> float:
    """The bar with the most right calls among 99 even steps; the middle one of those that are equally good."""
    bars = np.linspace(0.01, 0.99, 99)
    right = (len(liked) - np.searchsorted(np.sort(liked), bars, "right")) + np.searchsorted(
        np.sort(other), bars, "right"
    )
    best = np.flatnonzero(right == right.max())
    return float(bars[best[len(best) // 2]])
