"""Figures on a page: each with its download, and with its data in a sentence below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.style import CONFIG, alternative_of, title_of
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LONGEST = 400  # characters of the sentence


def show_figure(
    figure: Figure, key: str, *, config: Mapping[str, Any] = CONFIG, caption: bool = True, **options: Any
) -> Any:
    """A figure, and below it what its text alternative adds to its title, for readers who do not see it.

    Args:
        caption: False where a sentence or a table beside it has the data.
        options: of `st.plotly_chart`, such as a selection.

    Returns:
        What `st.plotly_chart` returns.
    """
    shown = st.plotly_chart(figure, key=key, config=dict(config), width="stretch", **options)
    rest = alternative_of(figure).removeprefix(title_of(figure)).strip(" .;。；")
    if caption and rest:
        st.caption(escape_markdown(rest, LONGEST))
    return shown
