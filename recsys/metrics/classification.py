"""How well liked items are told from others: AUC, and calls of liked or not liked. Ranks and accuracy are in
`recsys.metrics`, what is measured on the shown lists alone is in `lists.py`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.metrics import Ranks, count_at_least


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
    own = negatives[rows, chosen]
    at_least, more = count_at_least(negatives, rows, own), count_at_least(negatives, rows, own, strictly=True)
    rest = np.count_nonzero(negatives > -np.inf, axis=1)[rows] - 1  # the drawn item is no rival of itself
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
