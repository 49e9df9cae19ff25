"""Random walks of users over the pages, as a state machine of hypothesis, which shortens what fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import pandas as pd
import pytest
import streamlit as st
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as draw
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import LISTENER, tab_labels
from tests.walks.page_screen import mixer
from tests.walks.page_user import OTHER_SPACE, OWN_SPACE, User
from ui.data.uploads import uploads
from ui.shell import state
from ui.shell.frame import STEPS

ANY = draw.integers(0, 999)


@cache
def home_with_saved_work() -> Path:
    """A home in which the user has tiny data with two scenarios and user groups, and a run trained on them."""
    home = Path(tempfile.mkdtemp(prefix="walks-"))
    data = planted_dataset(users=60, items=30, length=9)
    data = replace(data, user_table=pd.DataFrame({"region": ["north", "south"] * (data.n_users // 2)}))
    space = Workspace(home).space(OWN_SPACE)
    saved = space.save_dataset(data)
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1)
    space.save_run(run, data, {"number": "0.1", "dataset": saved.id})
    return home


def when(possible: Callable[[PageWalk], object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An action that is passed over where the page has nothing for it.

    A precondition of hypothesis would decide which rules are drawn from, and a job that ends a moment later in the next
    walk would make it report that the same draws led elsewhere.
    """

    def decorate(act: Callable[..., None]) -> Callable[..., None]:
        @wraps(act)
        def act_when_possible(self: PageWalk, **drawn: Any) -> None:
            if possible(self):
                act(self, **drawn)

        return act_when_possible

    return decorate


class PageWalk(RuleBasedStateMachine):
    """Every rule is one action of the user; what is wrong after it is told with all steps so far, numbered."""

    done: ClassVar[int] = 0  # actions of all walks together
    last_failure: ClassVar[list[str]] = []  # the steps of the last failing walk, and what was wrong after them

    @initialize(worked=draw.sampled_from((True, True, False)), page=draw.sampled_from((4, 3, 5, 6, 4, 0, 1, 2, 7)))
    def begin(self, worked: bool, page: int) -> None:
        """A new server: the user has work there or has none, and comes in by one of the pages."""
        self.folder = Path(tempfile.mkdtemp(prefix="walk-"))
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("STUDIO_HOME", str(self.folder / "home"))
        self.patch.setenv("STUDIO_JOBS", "thread")
        for name in ("STUDIO_SECRET", "STUDIO_CLASS_RUN", "STUDIO_LOCAL_FILES"):
            self.patch.delenv(name, raising=False)
        if worked:
            shutil.copytree(home_with_saved_work(), self.folder / "home")
        for kept in (state.workspace, state.jobs, uploads):
            kept.clear()
        LISTENER.take()
        self.user, self.counted = User(self.folder), 0
        self._act(self.user.open, f"Open {STEPS[page].name}", STEPS[page].file, {})

    @rule(which=ANY)
    def menu(self, which: int) -> None:
        self._act(self.user.menu, which)

    @rule(which=ANY)
    @when(lambda self: self.user.links())
    def follow(self, which: int) -> None:
        self._act(self.user.follow, which)

    @rule(way=draw.sampled_from((-1, -1, 1)))
    @when(lambda self: len(self.user.session.history) > 1)
    def through_history(self, way: int) -> None:
        self._act(self.user.through_history, way)

    @rule(which=ANY)
    @when(lambda self: self.user.downloads())
    def download(self, which: int) -> None:
        self._act(self.user.download, which)

    @rule(which=ANY)
    def press(self, which: int) -> None:
        self._act(self.user.press, which)

    @rule(which=ANY, value=ANY)
    def choose(self, which: int, value: int) -> None:
        self._act(self.user.choose, which, value)

    @rule(which=ANY, value=ANY)
    def choose_again(self, which: int, value: int) -> None:
        self._act(self.user.choose, which, value)

    @rule(which=ANY)
    @when(lambda self: tab_labels(self.user.app))
    def tab(self, which: int) -> None:
        self._act(self.user.tab, which)

    @rule(which=ANY)
    @when(lambda self: self.user.panels())
    def unfold(self, which: int) -> None:
        self._act(self.user.unfold, which)

    @rule(which=ANY, word=ANY)
    @when(lambda self: self.user.widgets("text_input", "text_area"))
    def write(self, which: int, word: int) -> None:
        self._act(self.user.write, which, word)

    @rule(
        alpha=draw.sampled_from((0.0, 0.123, 0.5, 0.875, 1.0)),
        k=draw.sampled_from((5, 10, 20)),
        what=draw.sampled_from(("", "", "interests", "next-choice")),
    )
    @when(lambda self: mixer(self.user.app) is not None)
    def mix(self, alpha: float, k: int, what: str) -> None:
        self._act(self.user.mix, alpha, k, what)

    @rule(name=draw.sampled_from(("method", "beside", "beside", "weights")), value=ANY)
    @when(lambda self: mixer(self.user.app) is not None)
    def mix_with(self, name: str, value: int) -> None:
        self._act(self.user.mix_with, name, value)

    @rule(first=ANY, several=draw.booleans())
    @when(lambda self: self.user.map() is not None)
    def select(self, first: int, several: bool) -> None:
        self._act(self.user.select, first, several)

    @rule(kind=ANY, seed=draw.integers(0, 2))
    @when(lambda self: self.user.upload_fields("data_files"))
    def upload(self, kind: int, seed: int) -> None:
        self._act(self.user.upload, kind, seed)

    @rule()
    @when(lambda self: self.user.upload_fields("saved_upload") and self.user.space.entries())
    def export_and_import(self) -> None:
        self._act(self.user.export_and_import)

    @rule(how=draw.sampled_from(("show_to_another", "refresh", "second_tab", "wait")))
    def elsewhere(self, how: str) -> None:
        self._act(getattr(self.user, how))

    @rule(which=draw.integers(0, 3))
    @when(lambda self: len(self.user.sessions) > 1)
    def other_tab(self, which: int) -> None:
        self._act(self.user.other_tab, which)

    def _act(self, action: Callable[..., list[str]], *values: Any) -> None:
        """Does an action; fails with all steps so far, numbered, when something is wrong after it."""
        try:
            problems = action(*values)
        except Exception as error:
            error.add_note(self._steps_so_far())
            PageWalk.last_failure = [*self._steps_so_far().splitlines(), f"{type(error).__name__}: {error}"]
            raise
        PageWalk.done += len(self.user.steps) - self.counted
        self.counted = len(self.user.steps)
        if problems:
            PageWalk.last_failure = [*self._steps_so_far().splitlines(), "this is wrong:", *problems]
            raise AssertionError("\n".join(PageWalk.last_failure))

    def _steps_so_far(self) -> str:
        steps = (f"{number:3}. {step}" for number, step in enumerate(self.user.steps, 1))
        return "\n".join(["after these steps", *steps])

    def teardown(self) -> None:
        if not hasattr(self, "user"):
            return
        queue = state.jobs()
        for space in (OWN_SPACE, OTHER_SPACE):  # another user's map is drawn in a job too
            for job in queue.of(space):
                queue.stop(job.id, space)
            for job in queue.of(space):
                queue.wait(job.id, space, 60)
        uploads().clear()
        self.patch.undo()
        shutil.rmtree(self.folder, ignore_errors=True)


def walk_pages(seed: int, walks: int, steps: int) -> None:
    """Walks; raises AssertionError with the shortest failing walk as numbered steps.

    Args:
        seed: the same walks again, as far as threads allow.
        walks: how many users. steps: actions of each, at most.
    """
    how = settings(
        max_examples=walks,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    with empty_caches():
        run_state_machine_as_test(hypothesis.seed(seed)(type("PageWalk", (PageWalk,), {})), settings=how)


@contextmanager
def empty_caches() -> Iterator[None]:
    """Empty caches before and after: a walk opens a home of its own."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()
