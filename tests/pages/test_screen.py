"""The instrument itself: a page that breaks, in each way a page can, is seen."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys.errors import InputError
from recsys.jobs.queue import JobSnapshot
from recsys.workspace import Workspace
from tests.jobs.functions import queue_of_functions, submit
from tests.pages.screen import LISTENER, REFUSED, UNEXPECTED, expect, no_errors, problems_on, watched
from ui.shell import state


@pytest.fixture(autouse=True)
def nothing_goes_wrong() -> Iterator[None]:
    """Here much goes wrong on purpose: nothing is left for the next test."""
    yield
    LISTENER.take()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_SECRET", raising=False)
    state.workspace.clear()
    state.jobs.clear()
    return Workspace(tmp_path / "home")


def learn(**params: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = "a" * 32
    app.query_params.update(params)
    return app.switch_page("pages/7_Learn.py").run()


def breaking(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> AppTest:
    def breaks(studio: object) -> None:
        raise error

    monkeypatch.setattr("ui.learn.view.learn", breaks)
    return learn()


def test_a_page_that_works_has_nothing_wrong(home: Workspace) -> None:
    no_errors(learn())


def test_an_unexpected_error_is_seen_on_screen_and_in_the_log(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problems_on(breaking(monkeypatch, ZeroDivisionError("a private detail")))
    assert [text.split(":")[0] for text in found] == ["unexpected", "in the log"]
    assert "a private detail" in found[1] and "Traceback" in found[1]
    assert any("unexpected" in text for text in problems_on(learn(), "Error id"))  # this kind can't be expected


def test_a_refusal_must_be_expected_and_what_is_expected_must_be_there(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = breaking(monkeypatch, InputError("alpha_1", "must be small", 7))
    assert [text.split(":")[0] for text in problems_on(app)] == ["refused"]
    no_errors(app, "alpha_1 must be small")
    with pytest.raises(AssertionError, match="not refused"):
        no_errors(app, "alpha_1", "beta")


def test_the_same_sentence_twice_on_a_page_is_two_marks(home: Workspace) -> None:
    def body() -> None:
        from recsys.errors import InputError
        from ui.shell.errors import show_error

        for _ in range(3):
            show_error(InputError("alpha", "must be small"))

    app = AppTest.from_function(body).run()
    assert [text.split(":")[0] for text in problems_on(app)] == ["refused"] * 3


def test_an_error_that_escapes_the_boundary_and_a_bare_box_are_seen(home: Workspace) -> None:
    def body() -> None:
        import streamlit as st

        st.error("bare")
        raise ValueError("escaped")

    found = problems_on(AppTest.from_function(body).run(), "bare")
    assert "exception: escaped" in found and "error without a mark: bare" in found


@pytest.mark.parametrize("name", ["studio", "recsys.jobs.queue"])
def test_an_error_in_the_log_alone_is_seen_once(home: Workspace, name: str) -> None:
    app = learn()
    logging.getLogger(name).error("job %s failed", "x")
    assert problems_on(app) == [f"in the log: {name}: job x failed"]
    assert not problems_on(app)


def test_a_job_that_failed_of_a_defect_and_one_that_was_refused_differ(home: Workspace) -> None:
    def body(unexpected: bool) -> None:
        from recsys.jobs.queue import JobSnapshot
        from ui.shell.errors import show_failure

        show_failure(JobSnapshot("j", "o", "train", "label", "failed", error="no rows", unexpected=unexpected))

    assert problems_on(AppTest.from_function(body, args=(True,)).run()) == ["unexpected: no rows"]
    no_errors(AppTest.from_function(body, args=(False,)).run(), "no rows")


def test_a_queue_knows_which_failure_was_a_defect() -> None:
    queue = queue_of_functions()

    def fails(error: Exception) -> JobSnapshot:
        def work(progress: object) -> None:
            raise error

        return queue.wait(submit(queue, "o", "test", "t", work), "o", timeout=10)

    assert fails(ZeroDivisionError()).unexpected and not fails(InputError("a", "is wrong")).unexpected
    assert any("ZeroDivisionError" in told for told in LISTENER.take())


def test_the_verdict_that_transfer_harms_is_no_error(home: Workspace) -> None:
    def body() -> None:
        from ui.shell.errors import show_verdict

        show_verdict("harms", "It harms.")

    app = AppTest.from_function(body).run()
    assert len(app.error) == 1
    no_errors(app)


@pytest.mark.parametrize(
    ("error", "expected", "seen"),
    [
        (ZeroDivisionError("private"), "", [UNEXPECTED, "in the log"]),
        (InputError("alpha", "must be small"), "beta", [REFUSED]),
        (InputError("alpha", "must be small"), "alpha must", []),
    ],
)
def test_the_watch_sees_what_a_test_did_not_look_for(
    home: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: str, seen: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        watch = watched(patch)
        next(watch)
        breaking(monkeypatch, error)
        monkeypatch.setattr("ui.learn.view.learn", lambda studio: None)
        learn()
        expect(expected)
        with pytest.raises(AssertionError if seen else StopIteration) as failed:
            next(watch)
    assert [line.split(":")[0] for line in str(failed.value).splitlines() if line.startswith(("studio", "in "))] == seen
