"""A random walk depends on its seed alone, and a failing one is shortened to the steps it needs."""

from __future__ import annotations

import random

import pytest

from tests.walks.browser_actions import ACTIONS
from tests.walks.browser_walk import Step, Walk, draw, shorten


def test_a_walk_depends_on_its_seed_alone() -> None:
    def drawn(seed: int) -> list[Step]:
        rng = random.Random(seed)
        return [draw(rng, where) for where in ("home", "data", "transfer", "embeddings") * 20]

    assert drawn(4) == drawn(4) != drawn(5)
    assert {step.name for step in drawn(4)} <= set(ACTIONS)


@pytest.mark.parametrize("needed", [(3,), (3, 17), (0, 1, 19), (19,)])
def test_a_failing_walk_is_shortened_to_the_steps_it_needs(needed: tuple[int, ...]) -> None:
    steps = [Step("menu", (("to", str(number)),)) for number in range(20)]

    def again(tried: list[Step]) -> Walk:
        fails = {steps[number] for number in needed} <= set(tried)
        return Walk(tried, [f"entry {len(tried)} is lost"] if fails else [])

    shortest = shorten(again(steps), again)
    assert shortest.steps == [steps[number] for number in needed]
    assert str(shortest).splitlines()[0] == f"   1. menu(to='{needed[0]}')"


def test_shortening_ignores_other_failures() -> None:
    steps = [Step("menu", (("to", str(number)),)) for number in range(6)]

    def again(tried: list[Step]) -> Walk:
        return Walk(tried, ["first"] if steps[5] in tried and steps[2] in tried else ["second"] if tried else [])

    assert shorten(again(steps), again).steps == [steps[2], steps[5]]
