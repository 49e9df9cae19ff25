"""The curve over α: finds a planted gain, and does not sell a smoothing as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.evaluation.alpha_curve import CONTROLS, alpha_curve
from tests.conftest import planted_dataset

PEOPLE, ITEMS = 200, 40


@dataclass(frozen=True)
class Halves:
    """Knows a person's half only from histories of more than one item: short histories say nothing."""

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
def halves() -> tuple[Holdout, Dataset]:
    """Even people have one item, odd people six; both want an item of their half. Person p is of half (p // 2) % 2."""
    rng = np.random.default_rng(0)
    histories, positives = [], []
    for person in range(PEOPLE):
        base = (person // 2) % 2 * 20
        items = base + 1 + rng.permutation(20)
        histories.append(items[: 1 if person % 2 == 0 else 6])
        positives.append(items[7:8])
    return Holdout(np.arange(PEOPLE), tuple(histories), tuple(positives)), planted_dataset(people=PEOPLE)


def test_a_source_of_the_same_half_helps_those_with_little_history(halves: tuple[Holdout, Dataset]) -> None:
    holdout, data = halves
    upper = np.flatnonzero((np.arange(PEOPLE) // 2) % 2 == 0)
    short = upper[upper % 2 == 0]
    curve = alpha_curve(Halves(), holdout, data, "same group", targets=short, group=upper[upper % 2 == 1])
    assert curve.gain.low > 0
    assert curve.over_random.low > 0
    assert min(curve.chosen) > 0
    assert curve.verdict.startswith("Borrowing helps")
    each = " and ".join(f"{alpha:.2g}" for alpha in sorted(set(curve.chosen)))
    assert f"α = {each}, chosen on one half of the users and judged on the other" in curve.verdict
    assert curve.harmed < 0.5


def test_those_who_are_known_gain_nothing_and_the_words_say_so(halves: tuple[Holdout, Dataset]) -> None:
    holdout, data = halves
    known = np.arange(1, PEOPLE, 2)
    curve = alpha_curve(Halves(), holdout, data, "average", targets=known)
    assert curve.verdict.startswith("No evidence that any α > 0 helps")


def test_alpha_zero_is_the_target_alone_whatever_the_source(halves: tuple[Holdout, Dataset]) -> None:
    holdout, data = halves
    curve = alpha_curve(Halves(), holdout, data, "nearest", targets=range(30), steps=3)
    assert curve.alphas.tolist() == [0, 0.5, 1]
    for control in CONTROLS:
        assert curve.controls[control][0] == curve.curve[0]


def test_progress_and_json(halves: tuple[Holdout, Dataset]) -> None:
    holdout, data = halves
    seen: list[float] = []
    curve = alpha_curve(
        Halves(), holdout, data, "average", targets=range(20), steps=3, progress=lambda f, m: seen.append(f)
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1
    answer = curve.to_json()
    assert set(answer["controls"]) == set(CONTROLS)  # type: ignore[call-overload]
    assert answer["verdict"] == curve.verdict


def test_what_cannot_be_drawn_is_refused(halves: tuple[Holdout, Dataset]) -> None:
    holdout, data = halves
    with pytest.raises(InputError, match="must be one of nearest"):
        alpha_curve(Halves(), holdout, data, "horoscope")
    with pytest.raises(InputError, match="at least 2"):
        alpha_curve(Halves(), holdout, data, targets=[3])
    with pytest.raises(InputError, match="the group"):
        alpha_curve(Halves(), holdout, data, "same group", group=[1])
