"""Random users on the pages: the same ones every time, and new ones every time."""

from __future__ import annotations

import os
import random
import time

from tests.walks.page_walk import PageWalk, walk_pages

FRESH = int(os.environ.get("WALK_SEED", random.SystemRandom().randrange(10**6)))
WALKS, STEPS = 4, 15  # of the fixed users
SECONDS, LEAST = 25.0, 15  # of the new ones: seconds, but at least so many actions


def test_whatever_the_fixed_users_do_nothing_breaks_and_what_was_chosen_is_shown() -> None:
    walk_pages(1, walks=WALKS, steps=STEPS)


def test_whatever_new_users_do_nothing_breaks_and_what_was_chosen_is_shown() -> None:
    began, before, seed = time.monotonic(), PageWalk.done, FRESH
    while time.monotonic() - began < SECONDS or PageWalk.done - before < LEAST:
        print(f"the same walks again: walk_pages({seed}, walks=2, steps={STEPS})")  # shown when it fails
        walk_pages(seed, walks=2, steps=STEPS)  # the first of hypothesis is the simplest there is
        seed += 1
