"""NDCG over α for each user, exactly; choosing α on one half of the users and evaluating it on the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

STEPS = 20
ALPHAS = np.linspace(0.0, 1.0, STEPS + 1).round(4)
SHRINKAGES = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def ranks_over_alpha(
    target: np.ndarray, source: np.ndarray, positive: int, seen: np.ndarray, most: int | None = None
) -> np.ndarray:
    """Rank of the held-out item at each of ALPHAS, ties against it: int64 (21,). Equal to `metrics.ranks` at each α.

    Every item's score is a line over α that crosses the held-out item's at most once, so one pass over the items gives
    the ranks at all α.

    Args:
        target, source: float32 (n,), scores at α = 0 and 1.
        positive: index of the held-out item in them.
        seen: indexes that are not ranked, without the held-out item.
        most: larger ranks are returned as this one, which takes a twentieth of the time where all of them are larger.
    """
    at_target, at_source = target >= target[positive], source >= source[positive]
    at_target[seen] = at_source[seen] = False
    everywhere = int(np.count_nonzero(at_target & at_source))  # with the held-out item: from 1
    if most is not None and everywhere >= most:
        return np.full(STEPS + 1, most)
    ranks = np.full(STEPS + 1, everywhere)
    for group, rising in ((at_target & ~at_source, False), (at_source & ~at_target, True)):
        a, b = target[group] - target[positive], source[group] - source[positive]
        crossing = STEPS * (a / (a - b))
        if rising:  # at least as high from the crossing on
            first = np.ceil(crossing - 1e-6).astype(np.int64)
            ranks += np.cumsum(np.bincount(first, minlength=STEPS + 1))
        else:  # at least as high up to the crossing
            last = np.floor(crossing + 1e-6).astype(np.int64)
            ranks += np.cumsum(np.bincount(last, minlength=STEPS + 1)[::-1])[::-1]
    return ranks if most is None else np.minimum(ranks, most)


def choose_alpha(curves: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Each user's NDCG at the α that is best for the other half, and the two α (chosen for half 0, for half 1).

    Args:
        curves: float64 (n, 21).
        half: int (n,), 0 or 1.
    """
    quality, (first, second) = choose_column(curves, half)
    return quality, (float(ALPHAS[first]), float(ALPHAS[second]))


def choose_column(table: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Each user's quality in the column that is best for the other half, and the two columns.

    Args:
        table: float64 (n, settings).
        half: int (n,), 0 or 1.
    """
    quality, chosen = np.empty(len(table)), [0, 0]
    for side in (0, 1):
        best = int(table[half != side].mean(axis=0).argmax())  # the first of equally good ones
        quality[half == side] = table[half == side, best]
        chosen[side] = best
    return quality, (chosen[0], chosen[1])


def shrunk_index(c: float, k: int) -> int:
    """The index in ALPHAS nearest to α = c / (c + k): 1 where nothing is known, unless c is 0."""
    return round(STEPS * c / (c + k)) if c + k > 0 else 0


def fit_shrinkage(curves: Mapping[int, np.ndarray], rows: Mapping[int, np.ndarray]) -> float:
    """c of α = c / (c + k) with the highest total NDCG over all k.

    Args:
        curves: k -> float64 (n, 21); rows: k -> bool (n,), the users it is fitted on.
    """

    def total(c: float) -> float:
        return float(sum(curves[k][rows[k], shrunk_index(c, k)].sum() for k in curves))

    return max(SHRINKAGES, key=total)


def choose_shrinkage(curves: Mapping[int, np.ndarray], half: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Each user's NDCG at α = c / (c + k), c fitted on the other half, by k."""
    quality = {k: np.empty(len(values)) for k, values in curves.items()}
    for side in (0, 1):
        c = fit_shrinkage(curves, {k: half[k] != side for k in curves})
        for k, values in curves.items():
            quality[k][half[k] == side] = values[half[k] == side, shrunk_index(c, k)]
    return quality
