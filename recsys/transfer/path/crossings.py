"""Where the scores of two items cross over α, and which of many crossings is the first, without rounding errors.

An item's score is a line over α, from its target score t at α = 0 to its source score s at α = 1. A lower item v
overtakes an upper item u at α = p / (p + q), with p = t_u − t_v > 0 and q = s_v − s_u > 0. Floats are rationals, so
α is one too; it is rounded once, at the end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CLOSE, TINY = 1 + 1e-14, 1e-320  # closer than this, rounding may reverse two crossings p / (p + q)
_SPLIT = 134217729.0  # 2²⁷ + 1, halves a float64 into two 26-bit parts (Veltkamp 1968)
_SMALLEST, _LARGEST = 1e-140, 1e140  # between these, no product or split below over- or underflows


class Overtakings(NamedTuple):
    """Pairs of lines in which the lower one overtakes the upper one, each array float64 (n,)."""

    upper_t: np.ndarray
    upper_s: np.ndarray
    lower_t: np.ndarray
    lower_s: np.ndarray


def exact_alpha(upper_t: float, upper_s: float, lower_t: float, lower_s: float) -> float:
    """α of one crossing, the float64 nearest to the true value."""
    numerator, rest = _ratio(upper_t, upper_s, lower_t, lower_s)
    return numerator / (numerator + rest)  # Python's division of ints is rounded correctly


def earliest(pairs: Overtakings) -> np.ndarray:
    """The indexes of all crossings with the smallest true α."""
    by_floats = _earliest_by_floats(pairs) if len(pairs.upper_t) > 8 else None
    return _earliest_by_ints(pairs) if by_floats is None else by_floats


def _ratio(upper_t: float, upper_s: float, lower_t: float, lower_s: float) -> tuple[int, int]:
    """p and q over a common denominator, exactly."""
    ratios = [value.as_integer_ratio() for value in (upper_t, upper_s, lower_t, lower_s)]
    common = max(bottom for _, bottom in ratios)  # all are powers of two
    whole = [top * (common // bottom) for top, bottom in ratios]
    return whole[0] - whole[2], whole[3] - whole[1]


def _earliest_by_ints(pairs: Overtakings) -> np.ndarray:
    best: list[int] = []
    least = (1, 0)  # p / q: infinity at first
    for i, values in enumerate(zip(*(column.tolist() for column in pairs), strict=True)):
        p, q = _ratio(*values)
        difference = p * least[1] - least[0] * q
        if difference < 0:
            least, best = (p, q), [i]
        elif difference == 0:
            best.append(i)
    return np.array(best)


def _earliest_by_floats(pairs: Overtakings) -> np.ndarray | None:
    """The same by error-free float arithmetic, for many lines through one point; None where floats are not enough."""
    p, p_lost = _difference(pairs.upper_t, pairs.lower_t)
    q, q_lost = _difference(pairs.lower_s, pairs.upper_s)
    sizes = np.concatenate([p, q])
    if p_lost.any() or q_lost.any() or sizes.min() < _SMALLEST or sizes.max() > _LARGEST:
        return None
    reference = 0
    while True:
        sign = _compare(p, q[reference], p[reference], q)
        earlier = np.flatnonzero(sign < 0)
        if not len(earlier):
            return np.flatnonzero(sign == 0)
        reference = int(earlier[len(earlier) // 2])


def _difference(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a − b as the rounded difference and the rounding error (Knuth's two-sum)."""
    difference = a - b
    virtual = difference - a
    return difference, (a - (difference - virtual)) - (b + virtual)


def _product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a · b as the rounded product and the rounding error (Dekker 1971)."""
    product = a * b
    a_high, b_high = _SPLIT * a - (_SPLIT * a - a), _SPLIT * b - (_SPLIT * b - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _compare(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The sign of a·b − c·d. Rounding is monotonic, so equal rounded products are compared by their errors."""
    left, left_lost = _product(a, b)
    right, right_lost = _product(c, d)
    sign: np.ndarray = np.where(left != right, np.sign(left - right), np.sign(left_lost - right_lost))
    return sign
