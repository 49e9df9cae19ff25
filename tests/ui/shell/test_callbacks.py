"""Errors of callbacks: shown as a sentence by what runs after them; without a guard, no traceback is on screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from tests.pages.screen import WATCH, everything_on, no_errors


@pytest.fixture
def settings_of_the_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Streamlit's settings as the app has them, and not as tests have them."""
    monkeypatch.delenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS")
    config.get_config_options(force_reparse=True)
    yield
    monkeypatch.undo()
    config.get_config_options(force_reparse=True)


def in_a_fragment() -> None:
    import streamlit as st

    from recsys.errors import InputError
    from ui.shell.errors import guarded_callback, guarded_fragment

    @guarded_callback
    def refuse() -> None:
        raise InputError("the press", "must not be made", "one")

    def part() -> None:
        st.button("press", on_click=refuse)

    guarded_fragment()(part)()


def without_a_guard() -> None:
    import streamlit as st

    def fail() -> None:
        raise KeyError("a key of /home/someone")

    st.button("press", on_click=fail)


def test_the_error_of_a_callback_is_a_sentence_until_the_next_run() -> None:
    app = AppTest.from_function(in_a_fragment).run()
    app.button[0].click().run()
    no_errors(app, "the press must not be made (got one)")
    assert len(app.error) == 1 and app.button[0].label == "press"
    no_errors(app.run())


@pytest.mark.usefixtures("settings_of_the_app")
def test_what_nothing_catches_is_on_screen_without_its_words() -> None:
    app = AppTest.from_function(without_a_guard).run()
    app.button[0].click().run()
    assert app.exception and "someone" not in everything_on(app) and "Traceback" not in everything_on(app)
    WATCH.wrong()  # it was meant to be seen
