"""A component without a face: it writes cookies, which Streamlit itself can only read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_JS = (Path(__file__).parent / "component.js").read_text("utf-8")
_remember = st.components.v2.component("studio_remember", html="<span hidden></span>", js=_JS)


def set_cookies(name: str, token: str, others: Mapping[str, str]) -> str:
    """Writes cookies (names and values of letters and digits only) that last a year and never leave this site.

    Args:
        name, token: the cookie that another tab may have written meanwhile; 32 hex digits. It is not overwritten then.
        others: written beside it, when it is this tab's own.

    Returns what another tab has written, in the run after the browser has found it; "" otherwise. It comes from the
    browser, as any cookie does.
    """
    data = {"name": name, "token": token, "others": dict(others)}
    told = _remember(key="studio_remember", data=data, height=1, on_found_change=_heard)
    return str(told.found or "")


def _heard() -> None:
    """Without a callback the value would not be handed over."""
