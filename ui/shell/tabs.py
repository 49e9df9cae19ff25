"""The tabs of a page: the open one is named in the URL, and only its content is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from ui.shell.frame import PageContext
from ui.shell.widgets import set_widget_value


@contextmanager
def open_tab(page: PageContext, names: Mapping[str, str], key: str, requested: str = "") -> Iterator[str]:
    """Shows the tabs; the block is drawn inside the open one, whose key it is given.

    `st.tabs` has `bind="query-params"`, which would write labels into the URL and keep every other writer away from
    that parameter; links name tabs by keys that outlive their labels.

    Args:
        names: labels by key; the first is open unless the URL says another.
        key: of the widget.
        requested: opens this one now (from a button elsewhere on the page).
    """
    first = next(iter(names))
    shown = next((tab for tab in (requested, page.view.tab) if tab in names), first)
    if shown == requested and page.view.tab != requested:
        page.set_view(tab=requested)

    def choose() -> None:
        chosen = next((tab for tab, label in names.items() if label == st.session_state[key]), first)
        page.set_view(tab="" if chosen == first else chosen)

    set_widget_value(key, names[shown])  # the URL decides, so that the browser's Back returns to the tab before
    containers = st.tabs(list(names.values()), key=key, on_change=choose)
    with containers[list(names).index(shown)]:
        yield shown
