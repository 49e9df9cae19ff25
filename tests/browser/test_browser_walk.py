"""Random users in a real browser, about a minute: one who always does the same, and one who is new each time.

The fixed one ends after so many steps, whatever they take, so that it sees the same on every machine; the fresh one
after a time, but not before a few steps. With tests/walks/test_page_walks.py that is about two minutes on two cores.
"""

from __future__ import annotations

import os
import random

import psutil
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, Servers
from tests.walks.browser_state import Bounds
from tests.walks.browser_walk import Place, Step, Walk, replay, shorten, walk
from tests.walks.class_home import settings, with_class

pytestmark = pytest.mark.browser
FIXED, STEPS = 8, 20  # the fixed user and its steps
SECONDS, LEAST, MOST = 25.0, 8, 60  # of the fresh one: seconds, but at least and at most so many steps
FRESH = int(os.environ.get("WALK_SEED", random.SystemRandom().randrange(10**6)))


@pytest.fixture(scope="module")
def place(serve: Servers, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A server on which a class's run is shown."""
    home = tmp_path_factory.mktemp("home")
    class_run = with_class(home)
    address = serve(ROOT / "app.py", settings(home, class_run))
    server, log = psutil.Process(serve.running[-1].pid), serve.log(address)
    files = tmp_path_factory.mktemp("files")
    return Place(browser, address, log, Bounds(server, log.file), files, home, class_run)


def test_the_fixed_user_takes_all_its_steps_and_nothing_goes_wrong(place: Place) -> None:
    walked = walk(place, random.Random(FIXED), STEPS)
    _check(place, walked, FIXED)
    assert len(walked.steps) == STEPS


def test_whatever_a_new_user_does_what_was_chosen_is_shown_and_nothing_goes_wrong(place: Place) -> None:
    print(f"WALK_SEED={FRESH}")
    walked = walk(place, random.Random(FRESH), MOST, SECONDS, LEAST)
    _check(place, walked, FRESH)
    assert len(walked.steps) >= LEAST


def _check(place: Place, walked: Walk, seed: int) -> None:
    """Fails on what was wrong, with the shortest walk that does the same."""
    if walked.wrong:
        shortest = shorten(walked, lambda steps: replay(place, steps), seconds=120)
        pytest.fail(f"WALK_SEED={seed}: after these steps of a new user something is wrong\n{shortest}", pytrace=False)


FAILED_ONCE = {
    # A browser tells the picker's name of before the upload, "No run yet", which was opened as a run.
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
