"""The row of tabs below a page's main part: one part at a time, named in the URL, computed only when it is shown."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.frame import Studio


def open_tab(studio: Studio, label: str, names: Mapping[str, str], key: str, asked: str = "") -> str:
    """Shows the row; the key of the open tab, which the URL then names.

    Args:
        label: what the row is about, read out by screen readers.
        names: shown names by key; the first is open unless the URL says another.
        key: of the widget.
        asked: opens this one now (from a button elsewhere on the page).
    """
    first = next(iter(names))
    if asked in names or key not in st.session_state:
        st.session_state[key] = next((tab for tab in (asked, studio.view.tab) if tab in names), first)
    chosen = st.segmented_control(
        label, list(names), format_func=names.__getitem__, key=key, required=True, label_visibility="collapsed"
    )
    if chosen != studio.view.tab and (studio.view.tab or chosen != first):
        studio.set_view(tab=chosen)
    return str(chosen)
