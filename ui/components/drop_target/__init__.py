"""An invisible component: files that are dropped anywhere on the page go to its upload field."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_JS = (Path(__file__).parent / "component.js").read_text("utf-8")
_listen = st.components.v2.component("studio_drop_target", html="<span hidden></span>", js=_JS)


def drop_anywhere(container_key: str) -> None:
    """Sends dropped files to the upload field in the container of this key, for as long as the page shows it."""
    _listen(key="studio_drop_target", data={"key": container_key}, height=1)
