"""Walks a random user through the app, and shortens a walk that fails. Every choice comes from one `random.Random`."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser
from playwright.sync_api import Error as BrowserError

from tests.browser.screen import Log
from tests.walks.browser_actions import ACTIONS, Impossible, Value
from tests.walks.browser_state import Bounds, User, elsewhere, keyed, new_user, problems, rest

TRIES = 200  # actions that are drawn before a user is taken to be stuck


@dataclass(frozen=True)
class Step:
    """An action that was done: its name and its values. Small, and enough to do it again."""

    name: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.values)})"


@dataclass
class Walk:
    """A walk so far.

    Attributes:
        steps: what was done, in order.
        wrong: what was wrong after the last step; empty while all is well.
        seconds: how long it took.
    """

    steps: list[Step] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [f"{number:4d}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, *(f"      wrong: {one}" for one in self.wrong)])


@dataclass(frozen=True)
class Place:
    """Where walks take place: a browser, a server with its log, bounds, home and class run, and a folder for files."""

    browser: Browser
    address: str
    log: Log
    bounds: Bounds
    folder: Path
    home: Path
    class_run: str = ""

    @contextmanager
    def user(self) -> Iterator[User]:
        """A new user, whose jobs and browser end with the block."""
        user = new_user(self.browser, self.address, self.log, self.folder, self.home, self.class_run)
        try:
            yield user
        finally:
            _leave(user)


def _leave(user: User) -> None:
    """Stops what this user's space still runs, so that the next walk does not wait for it."""
    try:
        user.page.goto(user.address)
        rest(user.page)
        for button in keyed(user.page, "frame_stop_*").locator("button").all():
            button.click(timeout=2_000)
    except BrowserError:
        pass  # the page went away by itself: the jobs end by themselves too
    for page in [user.page, *([user.other[0]] if user.other else [])]:
        page.context.close()


def draw(rng: random.Random, where: str) -> Step:
    """A random action for a page."""
    possible = [name for name, action in ACTIONS.items() if not action.where or where in action.where]
    name = rng.choices(possible, [ACTIONS[one].weight for one in possible])[0]
    return Step(name, tuple((key, of(rng)) for key, of in ACTIONS[name].values.items()))


def take(user: User, step: Step, bounds: Bounds) -> list[str] | None:
    """Does one step; what is wrong afterwards, or None where the step was not possible."""
    action = ACTIONS[step.name]
    if action.where and user.where not in action.where:
        return None
    before = dict(user.lists)
    try:
        wrong = action.do(user, **dict(step.values)) or []
        wrong += problems(user)
        url = user.page.url
        if not wrong and user.lists.get(url) != before.get(url):
            wrong += elsewhere(user, look_around=False)
    except Impossible:
        return None
    except BrowserError as error:
        ended, found = bounds.ended, bounds.problems()
        if bounds.ended > ended and not (found := found + problems(user)):
            return None  # a job has ended meanwhile, and what the step was aimed at is no longer on the page
        return [f"could not be done: {' | '.join(str(error).splitlines()[:6])}", *found, *problems_or_none(user)]
    return wrong + bounds.problems()


def problems_or_none(user: User) -> list[str]:
    """What else is wrong where a step could not be done."""
    try:
        return user.tab.screen.wrong()
    except BrowserError:
        return []


def walk(place: Place, rng: random.Random, length: int, seconds: float = 1e9, least: int = 0) -> Walk:
    """A random walk; it ends at the first step after which something is wrong.

    Args:
        length: steps, at most.
        seconds: after which it ends too, but not before `least` steps.
    """
    done, began = Walk(), time.monotonic()
    with place.user() as user:
        done.wrong = problems(user)
        tries = 0
        while not done.wrong and len(done.steps) < length:
            if time.monotonic() - began > seconds and len(done.steps) >= least:
                break
            step = draw(rng, user.where)
            wrong = take(user, step, place.bounds)
            tries = tries + 1 if wrong is None else 0
            if wrong is not None:
                done.steps.append(step)
                done.wrong = wrong
            elif tries > TRIES:
                done.wrong = [f"nothing can be done on {user.where}"]
    done.seconds = time.monotonic() - began
    return done


def replay(place: Place, steps: list[Step]) -> Walk:
    """The same steps again for a new user; what is not possible is passed over."""
    done, began = Walk(), time.monotonic()
    with place.user() as user:
        done.wrong = problems(user)
        for step in steps:
            if done.wrong:
                break
            wrong = take(user, step, place.bounds)
            if wrong is not None:
                done.steps.append(step)
                done.wrong = wrong
    done.seconds = time.monotonic() - began
    return done


def kind_of(wrong: list[str]) -> str:
    """What kind of failure it is: the first sentence without its ids and numbers."""
    return re.sub(r"'[^']*'|[0-9a-f]{6,}|\d+", "…", wrong[0])[:160] if wrong else ""


def shorten(failed: Walk, again: Callable[[list[Step]], Walk], seconds: float = 300.0) -> Walk:
    """The shortest walk found that fails in the same way: chunks are left out, ever smaller ones, while it still fails.

    Args:
        again: replays steps.
        seconds: after which the shortest so far is returned.
    """
    best, began, size = failed, time.monotonic(), max(1, len(failed.steps) // 2)
    while size >= 1:
        start = 0
        while start < len(best.steps):
            if time.monotonic() - began > seconds:
                return best
            tried = again(best.steps[:start] + best.steps[start + size :])
            if kind_of(tried.wrong) == kind_of(failed.wrong) and len(tried.steps) < len(best.steps):
                best = tried
            else:
                start += size
        size = size // 2 if size > 1 else 0
    return best
