"""Random users walk through the app until something is wrong: how many actions, and what was found.

    python -m benchmarks.walks [--browser 2000] [--apptest 5000] [--length 60] [--seed 1] [--shorten 300] [--out]

Each walk of `--browser` is a new user in a browser that was never here, on one server that stays; a failing walk is
shortened to the fewest steps that fail in the same way (for at most `--shorten` seconds), and the next seed goes on.
Those of `--apptest` walk over the pages in this process, as in tests/walks/page_walk.py. Prints JSON.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from benchmarks.record import Measurement
from tests.browser.chromium import FLAGS, find
from tests.browser.conftest import ROOT, Servers
from tests.walks.browser_state import Bounds
from tests.walks.browser_walk import Place, replay, shorten, walk
from tests.walks.class_home import with_class
from tests.walks.page_walk import PageWalk, walk_pages


def browser_walks(actions: int, length: int, seed: int, patience: float) -> dict[str, Any]:
    """Walks of random users in Chromium until so many actions are done.

    Args:
        length: actions in one walk.
        seed: of the first walk; the next ones count on.
        patience: seconds to shorten one failing walk.
    """
    folder = Path(tempfile.mkdtemp(prefix="walks-"))
    servers = Servers(lambda name: Path(tempfile.mkdtemp(prefix=name, dir=folder)))
    done, failures, began = 0, list[dict[str, Any]](), time.monotonic()
    counts: dict[str, int] = {}
    try:
        class_run = with_class(folder / "home")
        address = servers(ROOT / "app.py", {"STUDIO_HOME": str(folder / "home"), "STUDIO_CLASS_RUN": class_run})
        log = servers.log(address)
        bounds = Bounds(psutil.Process(servers.running[0].pid), log.file)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
            place = Place(browser, address, log, bounds, folder, folder / "home", class_run)
            first = seed
            while done < actions:
                walked = walk(place, random.Random(seed), min(length, actions - done))
                done += len(walked.steps)
                for step in walked.steps:
                    counts[step.name] = counts.get(step.name, 0) + 1
                print(f"seed {seed}: {len(walked.steps)} actions, {done} in all, {bounds.most}", file=sys.stderr)
                if walked.wrong:
                    print(walked, file=sys.stderr)
                    shortest = shorten(walked, lambda steps: replay(place, steps), patience) if patience else walked
                    failures.append(
                        {"seed": seed, "steps": [str(step) for step in shortest.steps], "wrong": shortest.wrong}
                    )
                    print("shortest:", shortest, sep="\n", file=sys.stderr)
                seed += 1
            browser.close()
    finally:
        servers.end()
    return {
        "actions": done,
        "walks": seed - first,
        "first_seed": first,
        "seconds": round(time.monotonic() - began),
        "failures": failures,
        "most": bounds.most,
        "jobs_started": bounds.started,
        "by_action": dict(sorted(counts.items(), key=lambda one: -one[1])),
    }


WALKS = 10  # of one seed; hypothesis spends the first on the simplest steps there are


def page_walks(actions: int, length: int, seed: int) -> dict[str, Any]:
    """Walks of random users over the pages, without a browser, until so many actions are done."""
    began, first, failures = time.monotonic(), seed, list[dict[str, Any]]()
    PageWalk.done = 0
    while PageWalk.done < actions:
        try:
            walk_pages(seed, walks=WALKS, steps=length)
        except (AssertionError, RuntimeError, ExceptionGroup) as error:  # a page that never ends is a RuntimeError
            shortest = told(error)
            failures.append({"seed": seed, "walk": shortest})
            print(f"seed {seed}, shortest:", *shortest, sep="\n", file=sys.stderr)
        print(f"seed {seed}: {PageWalk.done} actions in all", file=sys.stderr)
        seed += 1
    return {
        "actions": PageWalk.done,
        "walks": WALKS * (seed - first),
        "first_seed": first,
        "seconds": round(time.monotonic() - began),
        "failures": failures,
    }


def told(error: BaseException) -> list[str]:
    """The lines of a failing walk: steps, and what was wrong."""
    if isinstance(error, BaseExceptionGroup):
        return [line for one in error.exceptions for line in told(one)]
    return [*str(error).splitlines(), *getattr(error, "__notes__", ())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", type=int, default=2000, metavar="ACTIONS")
    parser.add_argument("--apptest", type=int, default=5000, metavar="ACTIONS")
    parser.add_argument("--length", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shorten", type=float, default=300.0, metavar="SECONDS")
    measurement = Measurement(parser)
    given = measurement.options
    figures = {}
    if given.apptest:
        figures["apptest"] = page_walks(given.apptest, given.length, given.seed)
    if given.browser:
        figures["browser"] = browser_walks(given.browser, given.length, given.seed, given.shorten)
    measurement.publish(figures)


if __name__ == "__main__":
    main()
