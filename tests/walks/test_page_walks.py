"""Random walks over the pages: with a fixed seed, and with a new seed each time."""

from __future__ import annotations

import os
import random
import time

from tests.walks.page_walk import PageWalk, walk_pages

FRESH = int(os.environ.get("WALK_SEED", random.SystemRandom().randrange(10**6)))
WALKS, STEPS = 4, 15  # of the fixed seed
SECONDS, MIN_ACTIONS = 25.0, 15  # of the new seeds


def test_random_walks_of_a_fixed_seed_break_no_invariant() -> None:
    walk_pages(1, walks=WALKS, steps=STEPS)


def test_random_walks_of_new_seeds_break_no_invariant() -> None:
    began, before, seed = time.monotonic(), PageWalk.done, FRESH
    while time.monotonic() - began < SECONDS or PageWalk.done - before < MIN_ACTIONS:
        print(f"the same walks again: walk_pages({seed}, walks=2, steps={STEPS})")  # shown when it fails
        walk_pages(seed, walks=2, steps=STEPS)  # the first of hypothesis is the simplest there is
        seed += 1
