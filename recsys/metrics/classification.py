"""How well a model tells liked items from others when it must call each item liked or not liked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.metrics.ranking import count_at_least


@dataclass(frozen=True, eq=False)
class LikeCalls:
    """Each held-out item and one random unseen item of the same user, called liked or not liked.

    Args:
        rows: int64 (m,) the user of each pair.
        held_out_right: bool (m,) the held-out item was called liked.
        unseen_right: bool (m,) the unseen item was called not liked.
        threshold: mean of the two folds' thresholds, a share of unseen items with a lower score.
        n_users: users in all.
    """

    rows: np.ndarray
    held_out_right: np.ndarray
    unseen_right: np.ndarray
    threshold: float
    n_users: int

    @property
    def balanced_accuracy(self) -> np.ndarray:
        """Mean accuracy of both classes for each user: float64 (n_users,); a constant answer reaches 0.5."""
        right = self.held_out_right.astype(np.float64) + self.unseen_right
        pairs = np.maximum(np.bincount(self.rows, minlength=self.n_users), 1)
        return np.bincount(self.rows, weights=right / 2, minlength=self.n_users) / pairs


def sample_unseen(negatives: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws an unseen item of the user of each entry: the share of that user's other unseen items below it, ties half.

    Args:
        negatives: scores that `rank_masked` changed: −inf at every seen or held-out item.
        rows: int64 (m,) the user of each entry, ascending.

    Returns:
        float64 (m,) in [0, 1], like `Ranks.above`.
    """
    chosen = np.zeros(len(rows), dtype=np.int64)
    for row, start, size in zip(*np.unique(rows, return_index=True, return_counts=True), strict=True):
        pool = np.flatnonzero(negatives[row] > -np.inf)
        if len(pool):
            chosen[start : start + size] = rng.choice(pool, size=size)
    scores = negatives[rows, chosen]
    at_least = count_at_least(negatives, rows, scores)
    higher = count_at_least(negatives, rows, scores, strictly=True)
    others = np.count_nonzero(negatives > -np.inf, axis=1)[rows] - 1  # without the drawn item
    share = (others - (at_least - 1 + higher) / 2) / np.maximum(others, 1)
    return np.where((chosen > 0) & (others > 0), share, 0.5)


def call_likes(rows: np.ndarray, held_out: np.ndarray, unseen: np.ndarray, n_users: int, seed: int = 0) -> LikeCalls:
    """Calls an item liked if more than a threshold of the user's unseen items score lower.

    The threshold for one half of the users is chosen on the other half.

    Args:
        rows: int64 (m,) the user of each pair.
        held_out: float64 (m,) share of unseen items below the held-out item (`Ranks.above`).
        unseen: float64 (m,) the same of a random unseen item (`sample_unseen`).
    """
    fold = (np.random.default_rng(seed).permutation(n_users) % 2)[rows]
    held_out_right, unseen_right, thresholds = np.zeros(len(rows), bool), np.zeros(len(rows), bool), []
    for half in (0, 1):
        threshold = _best_threshold(held_out[fold != half], unseen[fold != half])
        inside = fold == half
        held_out_right[inside], unseen_right[inside] = held_out[inside] > threshold, unseen[inside] <= threshold
        thresholds.append(threshold)
    return LikeCalls(rows, held_out_right, unseen_right, float(np.mean(thresholds)), n_users)


def _best_threshold(held_out: np.ndarray, unseen: np.ndarray) -> float:
    """The threshold with the most right calls among 99 even steps; of equally good ones the middle one."""
    steps = np.linspace(0.01, 0.99, 99)
    right = len(held_out) - np.searchsorted(np.sort(held_out), steps, "right")
    right += np.searchsorted(np.sort(unseen), steps, "right")
    best = np.flatnonzero(right == right.max())
    return float(steps[best[len(best) // 2]])
