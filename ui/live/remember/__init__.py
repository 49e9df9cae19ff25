"""A component without a face: it writes cookies, which Streamlit itself can only read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_JS = (Path(__file__).parent / "component.js").read_text("utf-8")
_remember = st.components.v2.component("studio_remember", html="<span hidden></span>", js=_JS)


def remember(cookies: Mapping[str, str]) -> None:
    """Writes cookies (names and values of letters and digits only) that last a year and never leave this site."""
    _remember(key="studio_remember", data={"cookies": dict(cookies)}, height=1)
