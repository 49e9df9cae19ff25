"""Keys of the presenter: arrows, Page Up and Down (remote controls), Space, N and Escape, anywhere on the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "studio_presenter_keys", html="<span hidden></span>", js=(_HERE / "component.js").read_text("utf-8")
)
PRESSED = ("next", "back", "notes", "leave")


def presenter_keys(label: str) -> str:
    """What was pressed, in the run that it causes: "next", "back", "notes" or "leave"; else "".

    Args:
        label: what the keys do, for screen readers.
    """
    pressed = _mount(key="presenter_keys", data={"label": label}, height=1, on_pressed_change=_on_change).pressed
    return str(pressed) if pressed in PRESSED else ""


def _on_change() -> None:
    """Streamlit returns the value only where a callback is given."""
