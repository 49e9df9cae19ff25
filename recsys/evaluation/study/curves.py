"""NDCG over α for each person, exactly and at once; choosing α on one half of the people, judging on the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

STEPS = 20
ALPHAS = np.linspace(0.0, 1.0, STEPS + 1).round(4)
SHRINKAGES = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def ranks_over_alpha(target: np.ndarray, source: np.ndarray, positive: int, left_out: np.ndarray) -> np.ndarray:
    """The positive's rank at each of ALPHAS, from 1, ties against it: int64 (21,).

    Every item's score is a line over α; it stands above the positive's on one side of one crossing, so one pass over
    the items serves all α.

    Args:
        target, source: float32 (n,), scores at α = 0 and 1.
        positive: its place in them.
        left_out: places that are not ranked, the positive not among them.
    """
    below_target, below_source = target - target[positive], source - source[positive]
    below_target[left_out] = below_source[left_out] = -1.0
    up, down = below_source >= 0, below_target >= 0
    always = int((up & down).sum())  # the positive itself is one of them, which makes ranks start at 1
    falls, rises = down & ~up, up & ~down
    ranks = np.full(STEPS + 1, always)
    for group, rising in ((falls, False), (rises, True)):
        a, b = below_target[group], below_source[group]
        crossing = STEPS * (a / (a - b))
        if rising:  # above from the crossing on
            first = np.ceil(crossing - 1e-6).astype(np.int64)
            ranks += np.cumsum(np.bincount(first, minlength=STEPS + 1))
        else:  # above up to the crossing
            last = np.floor(crossing + 1e-6).astype(np.int64)
            counts = np.bincount(last, minlength=STEPS + 1)
            ranks += np.cumsum(counts[::-1])[::-1]
    return ranks


def ndcg(ranks: np.ndarray) -> np.ndarray:
    """NDCG@10 with one item to be found: 1 / log₂(rank + 1) within the first ten, else 0."""
    gains: np.ndarray = np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0.0)
    return gains


def place_of(alpha: float | np.ndarray) -> np.ndarray:
    """The nearest place in ALPHAS."""
    place: np.ndarray = np.rint(np.asarray(alpha) * STEPS).astype(np.int64)
    return place


def choose_alpha(curves: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each person's NDCG at the α that was best for the other half, and the two α (chosen for half 0, for half 1).

    Args:
        curves: float64 (n, 21).
        half: int (n,), 0 or 1.
    """
    evaluated = np.empty(len(curves))
    chosen = np.zeros(2)
    for side in (0, 1):
        best = int(curves[half != side].mean(axis=0).argmax())  # the smallest α among equals
        evaluated[half == side] = curves[half == side, best]
        chosen[side] = ALPHAS[best]
    return evaluated, chosen


def choose_and_judge(curves: np.ndarray, half: np.ndarray) -> tuple[int, np.ndarray]:
    """The place in ALPHAS that is best for half 0, and the NDCG that half 1 has there: float64 (n of half 1,).

    One α, and it is judged on users that it was not chosen on. (The mean of both halves' choices was never judged.)
    """
    best = int(curves[half == 0].mean(axis=0).argmax())  # the smallest α among equals
    return best, curves[half == 1, best]


def fit_shrinkage(curves: Mapping[int, np.ndarray], rows: Mapping[int, np.ndarray]) -> float:
    """c of α = c / (c + k) with the best mean NDCG over all k, each k counting its people.

    Args:
        curves: k -> float64 (n, 21); rows: k -> bool (n,), the people it is fitted on.
    """

    def total(c: float) -> float:
        return float(sum(curves[k][rows[k], shrunk_place(c, k)].sum() for k in curves))

    return max(SHRINKAGES, key=total)


def shrunk_place(c: float, k: int) -> int:
    """Where α = c / (c + k) lies in ALPHAS; 1 where nothing is known (unless c is 0: no transfer at all)."""
    return int(place_of(c / (c + k) if c + k > 0 else 0.0))


def shrink(curves: Mapping[int, np.ndarray], half: Mapping[int, np.ndarray]) -> tuple[dict[int, np.ndarray], float]:
    """Each person's NDCG at α = c / (c + k), c fitted on the other half, by k; and c fitted on everybody."""
    evaluated = {k: np.empty(len(values)) for k, values in curves.items()}
    for side in (0, 1):
        c = fit_shrinkage(curves, {k: half[k] != side for k in curves})
        for k, values in curves.items():
            evaluated[k][half[k] == side] = values[half[k] == side, shrunk_place(c, k)]
    return evaluated, fit_shrinkage(curves, {k: half[k] >= 0 for k in curves})
