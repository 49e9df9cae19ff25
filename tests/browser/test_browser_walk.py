"""Random users in a real browser, about a minute: one who always does the same, and one who is new each time."""

from __future__ import annotations

import os
import random

import psutil
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, Servers
from tests.walks.browser_state import Bounds
from tests.walks.browser_walk import Place, Step, replay, shorten, walk

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


FAILED_ONCE = {
    # A browser tells the picker's name of before the upload, "no run yet", which was opened as a run.
    "uploaded data go along to Train": [
        Step("menu", (("to", "data"),)),
        Step("upload", (("kind", "csv"), ("seed", 824))),
        Step("press", (("at", 0.0),)),
    ],
    # A part that no browser had named was written into the URL, and the picked run was lost.
    "a run picked on Train opens": [
        Step("menu", (("to", "data"),)),
        Step("upload", (("kind", "csv"), ("seed", 681))),
        Step("menu", (("to", "train"),)),
        Step("pick_run", (("at", 0.99),)),
    ],
}


@pytest.mark.parametrize("steps", FAILED_ONCE.values(), ids=FAILED_ONCE.keys())
def test_a_walk_that_failed_once_is_well(place: Place, steps: list[Step]) -> None:
    walked = replay(place, steps)
    assert not walked.wrong, str(walked)
    assert walked.steps == steps, "a step was not possible"
