"""Quality over α: finds a planted gain, and reports none for users that are known well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from recsys.data.dataset import History
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.evaluation.quality_over_alpha import CONTROLS, quality_over_alpha

USERS, ITEMS = 200, 40


@dataclass(frozen=True)
class Halves:
    """Prefers the user's half of the items, known only from histories of more than one item."""

    n_items: int = ITEMS
    name: str = "halves"

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        out = np.zeros((len(histories), self.n_items + 1), np.float32)
        for row, history in zip(out, histories, strict=True):
            if len(history) > 1:
                upper = np.mean(np.asarray(history) > self.n_items / 2) > 0.5
                row[(21 if upper else 1) : (41 if upper else 21)] = 1
        out += np.linspace(0, 0.01, self.n_items + 1, dtype=np.float32)
        out[:, 0] = -np.inf
        return out


@pytest.fixture(scope="module")
def halves() -> Holdout:
    """Even users have one item, odd users six; the held-out item is of their half. User u is of half (u // 2) % 2."""
    rng = np.random.default_rng(0)
    histories, positives = [], []
    for user in range(USERS):
        base = (user // 2) % 2 * 20
        items = base + 1 + rng.permutation(20)
        histories.append(items[: 1 if user % 2 == 0 else 6])
        positives.append(items[7:8])
    return Holdout(np.arange(USERS), tuple(histories), tuple(positives))


def test_a_source_of_the_same_half_helps_users_with_short_histories(halves: Holdout) -> None:
    upper = np.flatnonzero((np.arange(USERS) // 2) % 2 == 0)
    short = upper[upper % 2 == 0]
    curve = quality_over_alpha(Halves(), halves, "same group", targets=short, group=upper[upper % 2 == 1])
    assert curve.gain.low > 0
    assert curve.over_random.low > 0
    assert min(curve.chosen) > 0
    assert curve.verdict.startswith("Transfer helps")
    each = " and ".join(f"{alpha:.2g}" for alpha in sorted(set(curve.chosen)))
    assert f"α = {each}, chosen on one half of the users and evaluated on the other" in curve.verdict
    assert curve.harmed < 0.5


def test_users_with_long_histories_gain_nothing_and_the_verdict_says_so(halves: Holdout) -> None:
    known = np.arange(1, USERS, 2)
    curve = quality_over_alpha(Halves(), halves, "average", targets=known)
    assert curve.verdict.startswith("No evidence that any α > 0 helps")


def test_alpha_zero_is_the_target_alone_for_every_source(halves: Holdout) -> None:
    curve = quality_over_alpha(Halves(), halves, "nearest", targets=range(30), steps=3)
    assert curve.alphas.tolist() == [0, 0.5, 1]
    for control in CONTROLS:
        assert curve.controls[control][0] == curve.curve[0]


def test_progress_increases(halves: Holdout) -> None:
    seen: list[float] = []
    quality_over_alpha(Halves(), halves, "average", targets=range(20), steps=3, progress=lambda f, m: seen.append(f))
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_invalid_input_is_refused(halves: Holdout) -> None:
    with pytest.raises(InputError, match="must be one of nearest"):
        quality_over_alpha(Halves(), halves, "horoscope")
    with pytest.raises(InputError, match="at least 2"):
        quality_over_alpha(Halves(), halves, targets=[3])
    with pytest.raises(InputError, match="the group"):
        quality_over_alpha(Halves(), halves, "same group", group=[1])
