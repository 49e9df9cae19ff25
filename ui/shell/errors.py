"""The error boundary: what goes wrong is shown as a sentence, and the page stays usable.

Every error on screen goes through this module and stands in a container whose key begins with
`studio_error_unexpected` (a defect; the traceback is in the log) or `studio_error_refused` (a rule was broken; the
sentence says which). The browser sees the key as a CSS class (`st-key-…`), AppTest as the key of the block: that is
how tests see that a page went wrong.
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
from ui.shell import state
from ui.shell.widgets import escape_markdown

log = logging.getLogger("studio")

Mark = Literal["error_unexpected", "error_refused", "verdict"]


def show_error(error: Exception) -> None:
    """A StudioError as its sentence; anything else as a short id, with the traceback in the log only."""
    if isinstance(error, StudioError):
        _box("error_refused", escape_markdown(error, 600))
        return
    short = secrets.token_hex(3)
    log.error("page error %s", short, exc_info=error, extra={"fields": {"error_id": short}})
    _box("error_unexpected", f"Something unexpected happened. Nothing you saved is lost. Error id: {short}")


def show_failure(job: JobSnapshot) -> None:
    """Why a job failed: the sentence of the rule that was broken, or where the log tells more."""
    _box("error_unexpected" if job.unexpected else "error_refused", escape_markdown(job.error or "It failed.", 600))


def show_verdict(level: str, text: str) -> None:
    """The verdict of a study. "harms" looks like an error but is a result: its mark says so."""
    if level == "harms":
        _box("verdict", escape_markdown(text, 1200))
        return
    {"helps": st.success, "no evidence": st.warning}.get(level, st.info)(escape_markdown(text, 1200))


def _box(mark: Mark, text: str) -> None:
    """A red box in a container that says which kind it is. The key stays the same while the text does."""
    with _marked(f"studio_{mark}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"):
        st.error(text, icon=":material/error:")


def _marked(key: str) -> DeltaGenerator:
    """A container with this key, or with the next free one where the same sentence is on the page already."""
    number = 1
    while True:
        try:
            return st.container(key=key if number == 1 else f"{key}_{number}")
        except StreamlitDuplicateElementKey:
            number += 1


def follow_view() -> None:
    """Runs the whole page again when the view has changed since its menu was drawn.

    The URL itself is not asked: a fragment that runs on a timer may be told the one from before the last change.
    """
    if not state.is_drawn():
        st.rerun()


def guarded_fragment(run_every: float | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A fragment (a part of a page that runs again alone, every `run_every` seconds) with its own error boundary.

    When it changes the view, the whole page runs again: menu, pickers and links outside it would keep the old one.
    """

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @wraps(body)
        def guarded(*args: Any, **kwargs: Any) -> None:
            follow_view()  # a callback of one of its widgets may have changed the view
            with ErrorBoundary():
                body(*args, **kwargs)
            follow_view()

        fragment: Callable[..., None] = st.fragment(guarded, run_every=run_every)
        return fragment

    return decorate


class ErrorBoundary:
    """Shows the error that ends the block and goes on after it. Streamlit steers with BaseExceptions: those pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            show_error(error)
            return True
        return False
