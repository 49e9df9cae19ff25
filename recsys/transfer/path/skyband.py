"""The items that can be among the k best at any α: usually a few hundred of a million."""

from __future__ import annotations

import numpy as np

_FEW = 6  # an interval with at most this many times k items is not halved again
_FAILED = 0.8  # a halving failed when more than this share of the items remains
_MAX_FAILED = 7  # failed halvings in a row before it ends; after two, the slower filter is used where scores are tied
_EPSILON = float(np.finfo(np.float64).eps)


def contenders(target: np.ndarray, source: np.ndarray, k: int) -> np.ndarray:
    """The items that can be among the k best for some α in [0, 1]: int64 (m,), ascending.

    It may contain a few items too many, but never misses one. First [0, 1] is halved repeatedly: on an interval [a, b]
    the k best at one end are k lines that never fall below the lowest of their end points, so an item below that at
    both ends can't enter. The rest is reduced to the k-skyband: an item with k or more items at least as good at both
    ends can't enter between them either (Papadias et al. 2005).

    Args:
        target, source: finite float64 (n,), scores at α = 0 and at α = 1.
        k: list length, 1 ≤ k < n.
    """
    slack = 8 * _EPSILON * max(float(np.abs(target).max()), float(np.abs(source).max()))
    left, right = _best(target, k), _best(source, k)
    ends = [_first(target, left, k), _first(source, right, k)]
    everything = np.arange(len(target))
    kept = _halve(target, source, k, everything, (0.0, 1.0), (left, right), slack, 0)
    inside = np.unique(np.concatenate(kept))
    return np.unique(np.concatenate([inside[_skyband(target[inside], source[inside], k)], *ends]))


def _halve(
    target: np.ndarray,
    source: np.ndarray,
    k: int,
    items: np.ndarray,
    ends: tuple[float, float],
    best: tuple[np.ndarray, np.ndarray],
    slack: float,
    failed: int,
) -> list[np.ndarray]:
    """The contenders among `items` on one interval, given the k best items at its two ends."""
    low, high = ends
    floor = max(float(np.minimum(_at(target, source, b, low), _at(target, source, b, high)).min()) for b in best)
    reach = np.maximum(_at(target, source, items, low), _at(target, source, items, high))
    inside = items[reach >= floor - slack]
    failed = failed + 1 if len(inside) > _FAILED * len(items) else 0
    if failed == 2 and len(inside) > _FEW * k:
        ends_tied = (_at(target, source, inside, end) <= floor + slack for end in ends)
        if any(tied.mean() > 0.5 for tied in ends_tied):
            inside = inside[_skyband(target[inside], source[inside], k)]
    items = inside
    if len(items) <= _FEW * k or failed == _MAX_FAILED:
        return [items]
    middle = (low + high) / 2
    centre = items[_best(_at(target, source, items, middle), k)]
    return [
        *_halve(target, source, k, items, (low, middle), (best[0], centre), slack, failed),
        *_halve(target, source, k, items, (middle, high), (centre, best[1]), slack, failed),
    ]


def _at(target: np.ndarray, source: np.ndarray, items: np.ndarray, alpha: float) -> np.ndarray:
    scores: np.ndarray = alpha * source[items] + (1 - alpha) * target[items]
    return scores


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    """k best items; of tied items, any."""
    return np.argpartition(scores, len(scores) - k)[len(scores) - k :]


def _first(scores: np.ndarray, best: np.ndarray, k: int) -> np.ndarray:
    """The k best items, ties to the lower index: the list at an end of [0, 1]."""
    least = scores[best].min()
    above, equal = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    return np.concatenate([above, equal[: k - len(above)]])


def _skyband(target: np.ndarray, source: np.ndarray, k: int) -> np.ndarray:
    """bool (n,): false for items with k or more items that are at least as good at both ends (ties: lower index)."""
    order = np.lexsort((np.arange(len(target)), -source, -target))
    ranked = source[order]
    keep = np.ones(len(target), dtype=bool)
    top = ranked[:k]  # the k best at the source's end among those at least as good at the target's
    start, size = k, 4 * k
    while start < len(order):
        block = ranked[start : start + size]
        keep[order[start : start + size][block <= top.min()]] = False
        both = np.concatenate([top, block])
        top = np.partition(both, len(both) - k)[len(both) - k :]
        start, size = start + size, 2 * size
    return keep
