"""Errors on screen: each is shown as a sentence, and the page stays usable.

Every error is shown through this module, in a container whose key begins with `studio_error_unexpected` (a defect; the
traceback is in the log) or `studio_error_refused` (a rule was broken; the sentence says which). Tests find errors by
this key: it is a CSS class in the browser (`st-key-…`) and the key of the block in AppTest.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitDuplicateElementKey

from recsys.errors import StudioError
from recsys.jobs.queue import JobSnapshot
from recsys.wording import tr
from ui.shell import state
from ui.shell.widgets import escape_markdown

log = logging.getLogger("studio")

_OF_CALLBACK = "callback_error"  # in the session: the error of the callback that has just run
BoxKind = Literal["error_unexpected", "error_refused", "verdict"]


def show_error(error: Exception) -> None:
    """Shows the sentence of a StudioError; for any other error a short id, with the traceback in the log only."""
    if isinstance(error, StudioError):
        _box("error_refused", escape_markdown(tr(error.message), 600))
        return
    error_id = secrets.token_hex(3)
    log.error("page error %s", error_id, exc_info=error, extra={"fields": {"error_id": error_id}})
    _box(
        "error_unexpected",
        tr("Something unexpected happened. Your saved work is not affected. Error id: {error_id}", error_id=error_id),
    )


def show_failure(job: JobSnapshot) -> None:
    """Shows why a job failed: the rule that was broken, or where to look in the log."""
    _box(
        "error_unexpected" if job.unexpected else "error_refused",
        escape_markdown(tr(job.error) if job.error else tr("It failed."), 600),
    )


def show_verdict(level: str, text: str) -> None:
    """Shows the verdict of a study. "harms" looks like an error, but its key marks it as a result."""
    if level == "harms":
        _box("verdict", escape_markdown(text, 1200))
        return
    {"helps": st.success, "no evidence": st.warning}.get(level, st.info)(escape_markdown(text, 1200))


def _box(kind: BoxKind, text: str) -> None:
    """A red box in a container whose key names its kind. The key depends on the text alone."""
    with _unique_container(f"studio_{kind}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"):
        st.error(text, icon=":material/error:")


def _unique_container(key: str) -> DeltaGenerator:
    """A container with this key, numbered when the same sentence is on the page already."""
    number = 1
    while True:
        try:
            return st.container(key=key if number == 1 else f"{key}_{number}")
        except StreamlitDuplicateElementKey:
            number += 1


def rerun_if_view_changed() -> None:
    """Runs the whole page again when the view has changed since its menu was drawn."""
    if not state.is_view_drawn():
        st.rerun()


def guarded_callback(callback: Callable[..., None]) -> Callable[..., None]:
    """A callback of a widget whose error is shown by the fragment or page that runs after it.

    A callback of a widget in a fragment has no place on the page where it could show it itself.
    """

    @wraps(callback)
    def guarded(*args: Any, **kwargs: Any) -> None:
        with ErrorDisplay(_remember):
            callback(*args, **kwargs)

    return guarded


def _remember(error: Exception) -> None:
    st.session_state[_OF_CALLBACK] = error


def show_callback_error() -> None:
    """Shows the error of the callback that has just run, if it had one."""
    error: Exception | None = st.session_state.pop(_OF_CALLBACK, None)
    if error is not None:
        show_error(error)


def guarded_fragment(run_every: float | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A fragment (a part of a page that runs alone, every `run_every` seconds) that shows its own errors.

    When it changes the view, the whole page runs again, because menu, pickers and links are outside of it.
    """

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @wraps(body)
        def guarded(*args: Any, **kwargs: Any) -> None:
            state.restore_url()
            rerun_if_view_changed()  # a callback of one of its widgets may have changed the view
            show_callback_error()
            with ErrorDisplay():
                body(*args, **kwargs)
            rerun_if_view_changed()

        fragment: Callable[..., None] = st.fragment(guarded, run_every=run_every)
        return fragment

    return decorate


class ErrorDisplay:
    """Shows an error that ends the block and continues after it. Streamlit's own BaseExceptions pass.

    Args:
        show: is given the error.
    """

    def __init__(self, show: Callable[[Exception], None] = show_error) -> None:
        self.show = show

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            self.show(error)
            return True
        return False
