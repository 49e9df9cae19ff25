"""Shares of users with their intervals, and the difference between the shares of two groups."""

from __future__ import annotations

import math

from recsys.errors import InputError
from recsys.metrics.uncertainty import LEVEL, Estimate
from recsys.wording import Message


def wilson(hits: int, n: int) -> Estimate:
    """A share hits / n with its 95% interval (Wilson 1927), which stays within 0 … 1; NaN for n = 0."""
    from scipy.stats import binomtest

    if not 0 <= hits <= n:
        raise InputError("hits", Message("must be between 0 and {n}", n=n), hits)
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan)
    interval = binomtest(hits, n).proportion_ci(LEVEL, method="wilson")
    return Estimate(hits / n, float(interval.low), float(interval.high))


def difference_of_shares(first: tuple[int, int], second: tuple[int, int]) -> tuple[Estimate, float]:
    """The share of a first group less that of a second one, and the two-sided p of "no difference".

    The interval is Newcombe's hybrid of two Wilson intervals (1998, method 10); p is Fisher's exact test.

    Args:
        first, second: (hits, n) of two groups without a common user; n > 0.
    """
    from scipy.stats import fisher_exact

    (hits, n), (other_hits, other_n) = first, second
    one, other = wilson(hits, n), wilson(other_hits, other_n)
    difference = one.value - other.value
    low = difference - math.hypot(one.value - one.low, other.high - other.value)
    high = difference + math.hypot(one.high - one.value, other.value - other.low)
    p = float(fisher_exact([[hits, n - hits], [other_hits, other_n - other_hits]]).pvalue)
    return Estimate(difference, low, high), p
