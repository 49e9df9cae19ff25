"""An invisible component that writes cookies, because Streamlit can only read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

LIFETIME = 365 * 24 * 3600  # seconds that a cookie lives after the last visit
_JS = (Path(__file__).parent / "component.js").read_text("utf-8")
_write = st.components.v2.component("studio_remember", html="<span hidden></span>", js=_JS)


def set_cookies(name: str, token: str, others: Mapping[str, str]) -> str:
    """Writes cookies that last `LIFETIME` and are sent to this site only. Names and values are letters and digits.

    Args:
        name, token: the main cookie, 32 hex digits. It is not overwritten where another tab has written another token.
        others: further cookies, written only together with this token.

    Returns:
        The token that another tab has written, in the run after the browser has found it; else "". It comes from the
        browser and may be forged, as any cookie.
    """
    data = {"name": name, "token": token, "others": dict(others), "seconds": LIFETIME}
    state = _write(key="studio_remember", data=data, height=1, on_found_change=_on_change)
    return str(state.found or "")


def _on_change() -> None:
    """Streamlit returns the value only where a callback is given."""
