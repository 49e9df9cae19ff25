"""Random users walk through the app until an error or a broken invariant: numbers of actions, and the failures.

    python -m benchmarks.walks [--browser 2000] [--apptest 5000] [--length 60] [--seed 1] [--processes 1]

Each walk of `--browser` is a new user with a new browser profile; those of `--apptest` use the pages without a browser,
as in tests/walks/page_walk.py. `--processes` walk side by side, each with its share of the actions and its own seeds,
in Chromium each on a server of its own. A walk that fails in Chromium is shortened to the fewest steps that fail in the
same way (for at most `--shorten` seconds); then the next seed follows. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from hypothesis.errors import HypothesisException
from playwright.sync_api import sync_playwright

from benchmarks.record import Measurement
from tests.browser.chromium import FLAGS, find
from tests.browser.conftest import ROOT, Servers
from tests.walks.browser_state import Bounds
from tests.walks.browser_walk import Place, replay, shorten, walk
from tests.walks.class_home import settings, with_class
from tests.walks.page_walk import PageWalk, walk_pages


def browser_walks(actions: int, seed: int, length: int, patience: float) -> dict[str, Any]:
    """Walk as random users in Chromium until the number of actions is reached.

    Args:
        seed: of the first walk; the next ones follow.
        length: actions in one walk.
        patience: seconds to shorten one failing walk.
    """
    folder = Path(tempfile.mkdtemp(prefix="walks-"))
    servers = Servers(lambda name: Path(tempfile.mkdtemp(prefix=name, dir=folder)))
    done, failures, began = 0, list[dict[str, Any]](), time.monotonic()
    counts: dict[str, int] = {}
    try:
        class_run = with_class(folder / "home")
        address = servers(ROOT / "app.py", settings(folder / "home", class_run))
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


SEEDS_APART = 1_000  # of the first walks of two processes


def side_by_side(
    walks: Callable[..., dict[str, Any]], processes: int, actions: int, seed: int, *settings: float
) -> dict[str, Any]:
    """The walks of several processes as one record: sums, all failures, and the most of each bound.

    Args:
        walks: `browser_walks` or `page_walks`, called with its share of the actions, a seed and the settings.
    """
    seeds = [seed + SEEDS_APART * place for place in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        share = -(-actions // processes)
        parts = list(pool.map(walks, *zip(*((share, one, *settings) for one in seeds), strict=True)))
    record = {
        "actions": sum(part["actions"] for part in parts),
        "walks": sum(part["walks"] for part in parts),
        "first_seed": seeds[0] if processes == 1 else seeds,
        "seconds": max(part["seconds"] for part in parts),
        "failures": [failure for part in parts for failure in part["failures"]],
    }
    if "most" not in parts[0]:
        return record
    counts = Counter[str]()
    for part in parts:
        counts.update(part["by_action"])
    return record | {
        "most": {name: max(part["most"][name] for part in parts) for name in parts[0]["most"]},
        "jobs_started": sum(part["jobs_started"] for part in parts),
        "by_action": dict(counts.most_common()),
    }


WALKS = 10  # of one seed; hypothesis uses the first for the simplest steps
FAILURES = (
    *(AssertionError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, OSError),
    *(ExceptionGroup, HypothesisException),
)
"""What may end the walks of one seed: a broken invariant, a page that never ends (RuntimeError), an action that finds
no widget, several of these, or a walk that hypothesis can't repeat. The measurement goes on with the next seed."""


def page_walks(actions: int, seed: int, length: int) -> dict[str, Any]:
    """Walk as random users over the pages, without a browser, until the number of actions is reached."""
    began, first, failures = time.monotonic(), seed, list[dict[str, Any]]()
    PageWalk.done = before = 0
    while PageWalk.done < actions:
        PageWalk.last_failure = []
        try:
            walk_pages(seed, walks=WALKS, steps=length)
        except FAILURES as error:
            failures.append(failure_record(seed, error))
            print(json.dumps(failures[-1], indent=1, ensure_ascii=False), file=sys.stderr)
        print(f"seed {seed}: {PageWalk.done} actions in all", file=sys.stderr)
        seed += 1
        if PageWalk.done == before:
            break  # no action was possible: the next seed would fail in the same way
        before = PageWalk.done
    return {
        "actions": PageWalk.done,
        "walks": WALKS * (seed - first),
        "first_seed": first,
        "seconds": round(time.monotonic() - began),
        "failures": failures,
    }


def failure_record(seed: int, error: Exception) -> dict[str, Any]:
    """The record of a seed that failed: the error, and the steps that led to it.

    Hypothesis raises errors of its own when a walk behaves differently the second time, for instance
    `FlakyStrategyDefinition`. They name no steps, so the last failing walk is recorded with them.
    """
    lines = error_lines(error)
    if "after these steps" not in lines:
        lines += PageWalk.last_failure
    return {"seed": seed, "error": type(error).__name__, "walk": lines}


def error_lines(error: BaseException) -> list[str]:
    """Message and notes of an error, or of every error in a group, by line."""
    if isinstance(error, BaseExceptionGroup):
        return [line for inner in error.exceptions for line in error_lines(inner)]
    return [line for text in (str(error), *getattr(error, "__notes__", ())) for line in text.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", type=int, default=2000, metavar="ACTIONS")
    parser.add_argument("--apptest", type=int, default=5000, metavar="ACTIONS")
    parser.add_argument("--length", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--processes", type=int, default=1, help="that walk side by side, in Chromium each a server of its own"
    )
    parser.add_argument("--shorten", type=float, default=300.0, metavar="SECONDS")
    measurement = Measurement(parser)
    given = measurement.options
    measurement.name += "-browser" * (not given.apptest) + "-apptest" * (not given.browser)
    figures = {}
    if given.apptest:
        figures["apptest"] = side_by_side(page_walks, given.processes, given.apptest, given.seed, given.length)
    if given.browser:
        amounts = given.seed, given.length, given.shorten
        figures["browser"] = side_by_side(browser_walks, given.processes, given.browser, *amounts)
    measurement.publish(figures)


if __name__ == "__main__":
    main()
