"""Shares and their differences, against published examples and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsys.errors import InputError
from recsys.metrics.proportions import difference_of_shares, wilson


def test_a_share_has_wilsons_interval() -> None:
    """Newcombe (1998, Statistics in Medicine 17:857), table I: 81 / 263 and 0 / 20."""
    share = wilson(81, 263)
    assert (share.value, share.low, share.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)
    nothing = wilson(0, 20)
    assert (nothing.low, nothing.high) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert math.isnan(wilson(0, 0).value)
    with pytest.raises(InputError, match="between 0 and 3"):
        wilson(4, 3)


def test_a_difference_has_newcombes_interval() -> None:
    """Newcombe (1998, Statistics in Medicine 17:873), table II, method 10: 56 / 70 − 48 / 80 and 10 / 10 − 0 / 10."""
    found, p = difference_of_shares((56, 70), (48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert 0.005 < p < 0.02
    extreme, _ = difference_of_shares((10, 10), (0, 10))
    assert (extreme.low, extreme.high) == pytest.approx((0.6075, 1.0), abs=5e-5)


def test_the_interval_of_a_difference_holds_the_truth_in_about_95_of_100_samples() -> None:
    rng, inside = np.random.default_rng(0), 0
    for _ in range(400):
        found, _ = difference_of_shares((int(rng.binomial(60, 0.3)), 60), (int(rng.binomial(40, 0.15)), 40))
        inside += found.low <= 0.15 <= found.high
    assert 0.92 <= inside / 400 <= 0.985
