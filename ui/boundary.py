"""The error boundary: what goes wrong is shown as a sentence, and the page stays usable."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any

import streamlit as st

from recsys.errors import StudioError
from ui.inputs import plain

log = logging.getLogger("studio")


def show_error(error: Exception) -> None:
    """A StudioError as its sentence; anything else as a short id, with the traceback in the log only."""
    if isinstance(error, StudioError):
        st.error(plain(error, 600), icon=":material/error:")
        return
    short = secrets.token_hex(3)
    log.error("page error %s", short, exc_info=error, extra={"fields": {"error_id": short}})
    st.error(f"Something unexpected happened. Nothing you saved is lost. Error id: {short}", icon=":material/error:")


def live(run_every: float | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A fragment (a part of a page that runs again alone, every `run_every` seconds) with its own error boundary."""

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @wraps(body)
        def guarded(*args: Any, **kwargs: Any) -> None:
            with Boundary():
                body(*args, **kwargs)

        fragment: Callable[..., None] = st.fragment(guarded, run_every=run_every)
        return fragment

    return decorate


class Boundary:
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
