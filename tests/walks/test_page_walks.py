"""Random users on the pages: the same ones every time, and new ones every time."""

from __future__ import annotations

import random

import pytest

from tests.walks.page_walk import walk_pages

FRESH = random.SystemRandom().randrange(10**6)


@pytest.mark.parametrize("seed", [1, pytest.param(FRESH, id="fresh")])
def test_whatever_a_user_does_nothing_breaks_and_what_was_chosen_is_shown(seed: int) -> None:
    print(f"the same walks again: walk_pages({seed}, walks=4, steps=15)")  # shown when it fails
    walk_pages(seed, walks=4, steps=15)
