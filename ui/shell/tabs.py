"""The row of tabs below a page's main part: one part at a time, named in the URL, computed only when it is shown."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.shell.frame import PageContext
from ui.shell.widgets import set_widget_value


def open_tab(studio: PageContext, label: str, names: Mapping[str, str], key: str, asked: str = "") -> str:
    """Shows the row; the key of the open tab, which the URL then names.

    Args:
        label: what the row is about, read out by screen readers.
        names: shown names by key; the first is open unless the URL says another.
        key: of the widget.
        asked: opens this one now (from a button elsewhere on the page).
    """
    first = next(iter(names))
    shown = next((tab for tab in (asked, studio.view.tab) if tab in names), first)
    if shown == asked and studio.view.tab != asked:
        studio.set_view(tab=asked)

    def choose() -> None:
        # None: a browser that has not heard yet which part is open tells none with its next message.
        if (chosen := st.session_state[key]) is not None:
            studio.set_view(tab="" if chosen == first else chosen)

    set_widget_value(key, shown)  # the URL decides, so that Back goes back over a tab
    st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        on_change=choose,
        label_visibility="collapsed",
    )
    return shown
