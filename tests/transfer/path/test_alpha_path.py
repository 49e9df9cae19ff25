"""The exact path against brute force in rational numbers, degenerate cases included."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.errors import InputError
from recsys.transfer.path.alpha_path import AlphaPath, alpha_path

Pair = tuple[list[float], list[float]]


def ranked(target: list[float], source: list[float], alpha: Fraction, k: int) -> tuple[int, ...]:
    """The list at one α, in rational numbers, ties to the lower index."""
    allowed = [i for i in range(len(target)) if target[i] > -np.inf and source[i] > -np.inf]
    score = {i: alpha * Fraction(source[i]) + (1 - alpha) * Fraction(target[i]) for i in allowed}
    return tuple(sorted(allowed, key=lambda i: (-score[i], i))[:k])


def brute_steps(target: list[float], source: list[float], k: int) -> list[tuple[Fraction, Fraction, tuple[int, ...]]]:
    """Every pair's crossing cuts [0, 1]; the list at the middle of each piece; equal neighbours joined."""
    allowed = [i for i in range(len(target)) if target[i] > -np.inf and source[i] > -np.inf]
    cuts = {Fraction(0), Fraction(1)}
    for a in allowed:
        for b in allowed:
            p, q = Fraction(target[a]) - Fraction(target[b]), Fraction(source[b]) - Fraction(source[a])
            if p > 0 and q > 0:
                cuts.add(p / (p + q))
    ordered = sorted(cuts)
    steps: list[tuple[Fraction, Fraction, tuple[int, ...]]] = []
    for low, high in pairwise(ordered):
        items = ranked(target, source, (low + high) / 2, k)
        if steps and steps[-1][2] == items:
            steps[-1] = (steps[-1][0], high, items)
        else:
            steps.append((low, high, items))
    return steps


def check_form(path: AlphaPath) -> None:
    assert path.steps[0].start == 0.0
    assert path.steps[-1].end == 1.0
    for before, after, change in zip(path.steps, path.steps[1:], path.changes, strict=False):
        assert before.end == after.start == change.alpha
        assert before.start < before.end
        assert before.items != after.items
        assert set(change.entered) == set(after.items) - set(before.items)
        assert set(change.left) == set(before.items) - set(after.items)
        for winner, loser in change.overtakes:
            assert winner in after.items
            if winner in before.items:
                assert before.items.index(winner) > before.items.index(loser)
    assert len(path.changes) == len(path.steps) - 1


small = st.integers(-3, 3).map(float)
real = st.floats(-4, 4, width=32)
grave = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1 / 3, 0.7, 1e-30, -1e-30, 1e30, float(np.nextafter(0.3, 1))])
left_out = st.one_of(small, st.just(-np.inf))


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    number = draw(st.sampled_from([small, real, grave, left_out]))
    n = draw(st.integers(1, 12))
    lists = st.lists(number, min_size=n, max_size=n)
    target = draw(lists)
    source = draw(st.one_of(lists, st.just(target), st.just([-x if x > -np.inf else x for x in target])))
    return target, source


@settings(max_examples=400)
@given(pairs(), st.integers(1, 14))
def test_equals_brute_force(pair: Pair, k: int) -> None:
    target, source = pair
    path = alpha_path(np.array(target), np.array(source), k)
    check_form(path)
    wanted = [step for step in brute_steps(target, source, k) if float(step[0]) < float(step[1])]
    joined = [step for i, step in enumerate(wanted) if i == 0 or step[2] != wanted[i - 1][2]]
    assert [step.items for step in path.steps] == [items for _, _, items in joined]
    assert [step.start for step in path.steps[1:]] == [float(low) for low, _, _ in joined[1:]]


@settings(max_examples=150)
@given(pairs(), st.integers(1, 14), st.floats(0, 1))
def test_at_any_alpha_equals_brute_force(pair: Pair, k: int, alpha: float) -> None:
    target, source = pair
    path = alpha_path(np.array(target), np.array(source), k)
    for value in (alpha, 0.0, 0.5, 1.0, *(change.alpha for change in path.changes[:3])):
        assert path.at(value) == ranked(target, source, Fraction(value), k)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from(["normal", "integers", "line", "halves"]), st.integers(1, 8))
def test_pruning_loses_nothing(seed: int, kind: str, k: int) -> None:
    rng = np.random.default_rng(seed)
    n = 400
    target = rng.normal(size=n) if kind != "integers" else rng.integers(0, 12, n).astype(float)
    source = {
        "normal": rng.normal(size=n),
        "integers": rng.integers(0, 12, n).astype(float),
        "line": -target,
        "halves": np.where(rng.random(n) < 0.5, target, rng.normal(size=n)),
    }[kind]
    target, source = target.astype(np.float32), source.astype(np.float32)
    path = alpha_path(target, source, k)
    check_form(path)
    for step in path.steps:
        middle = (Fraction(step.start) + Fraction(step.end)) / 2
        assert step.items == ranked(target.tolist(), source.tolist(), middle, k)
    for alpha in (0.0, 0.5, 1.0):
        assert path.at(alpha) == ranked(target.tolist(), source.tolist(), Fraction(alpha), k)


def test_by_hand() -> None:
    path = alpha_path(np.array([3.0, 2.0, 0.0]), np.array([0.0, 2.0, 3.0]), 2)
    assert [(s.start, s.end, s.items) for s in path.steps] == [
        (0.0, 1 / 3, (0, 1)),
        (1 / 3, 0.5, (1, 0)),
        (0.5, 2 / 3, (1, 2)),
        (2 / 3, 1.0, (2, 1)),
    ]
    assert path.changes[1].entered == (2,)
    assert path.changes[1].left == (0,)
    assert path.changes[0].overtakes == ((1, 0),)
    assert path.at(0.5) == (1, 0)  # items 0 and 2 score 1.5 there: the lower index
    assert path.step_at(0.5).items == (1, 2)


def test_three_lines_through_one_point() -> None:
    path = alpha_path(np.array([2.0, 3.0, 1.0]), np.array([2.0, 1.0, 3.0]), 3)
    assert [(s.start, s.items) for s in path.steps] == [(0.0, (1, 0, 2)), (0.5, (2, 0, 1))]
    assert path.at(0.5) == (0, 1, 2)
    assert len(path.changes[0].overtakes) == 3


def test_equal_users_and_all_ties_have_one_step() -> None:
    scores = np.random.default_rng(0).normal(size=50)
    assert len(alpha_path(scores, scores, 10).steps) == 1
    assert alpha_path(np.zeros(9), np.zeros(9), 4).steps[0].items == (0, 1, 2, 3)


def test_a_thousand_lines_through_one_point() -> None:
    target = np.arange(2_000.0)
    path = alpha_path(target, -target, 5)
    assert [step.items for step in path.steps] == [(1999, 1998, 1997, 1996, 1995), (0, 1, 2, 3, 4)]
    assert [change.alpha for change in path.changes] == [0.5]


def test_left_out_items_never_appear() -> None:
    path = alpha_path(np.array([-np.inf, 1, 2, 3]), np.array([5, -np.inf, 1, 0.0]), 3)
    assert {i for step in path.steps for i in step.items} == {2, 3}
    assert alpha_path(np.full(3, -np.inf), np.zeros(3), 2).steps[0].items == ()


@pytest.mark.parametrize(
    ("target", "source", "k"),
    [([1.0, np.nan], [1.0, 2.0], 1), ([np.inf], [0.0], 1), ([1.0], [1.0, 2.0], 1), ([1.0], [1.0], 0)],
)
def test_bad_input_is_refused(target: list[float], source: list[float], k: int) -> None:
    with pytest.raises(InputError):
        alpha_path(np.array(target), np.array(source), k)


def test_alpha_outside_is_refused() -> None:
    path = alpha_path(np.array([1.0]), np.array([2.0]), 1)
    for alpha in (-0.1, 1.4, float("nan")):
        with pytest.raises(InputError, match="between 0 and 1"):
            path.at(alpha)
