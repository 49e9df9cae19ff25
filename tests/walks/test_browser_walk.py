"""Random users in a real browser, about a minute: one who always does the same, and one who is new each time."""

from __future__ import annotations

import os
import random

import psutil
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, Servers, browser, serve
from tests.walks.browser_state import Bounds
from tests.walks.browser_walk import Place, replay, shorten, walk

__all__ = ["browser", "serve"]  # fixtures

pytestmark = pytest.mark.browser
SECONDS, LENGTH = 25.0, 40  # a walk ends at whichever comes first
FRESH = int(os.environ.get("WALK_SEED", random.SystemRandom().randrange(10**6)))


@pytest.fixture(scope="module")
def place(serve: Servers, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Place:
    address = serve(ROOT / "app.py", {"STUDIO_HOME": str(tmp_path_factory.mktemp("home"))})
    server = psutil.Process(serve.running[-1].pid)
    return Place(browser, address, serve.log(address), Bounds(server), tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("seed", [8, FRESH], ids=["fixed", "fresh"])
def test_whatever_a_user_does_what_was_chosen_is_shown_and_nothing_goes_wrong(place: Place, seed: int) -> None:
    print(f"WALK_SEED={seed}")
    walked = walk(place, random.Random(seed), LENGTH, SECONDS)
    if walked.wrong:
        shortest = shorten(walked, lambda steps: replay(place, steps), seconds=120)
        pytest.fail(f"WALK_SEED={seed}: after these steps of a new user something is wrong\n{shortest}", pytrace=False)
    assert len(walked.steps) >= 5, f"WALK_SEED={seed}: only {len(walked.steps)} actions in {walked.seconds:.0f} s"
