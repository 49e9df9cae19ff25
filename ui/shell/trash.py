"""What was deleted, by name, with a button that restores it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from recsys.errors import UnknownIdError
from recsys.wording import tr
from recsys.workspace import Entry
from ui.shell.page_context import PageContext
from ui.shell.widgets import escape_markdown


def offer_undo(page: PageContext, deleted: Sequence[Entry], key: str, limit: int) -> None:
    """Names the first three of the deleted entries, each cut to `limit` characters, and restores all on request."""
    names = ", ".join(escape_markdown(tr(entry.label), limit) for entry in deleted[:3])
    st.caption(tr("Deleted: {names}", names=names + " …" * (len(deleted) > 3)))
    if st.button(tr("Undo"), key=key):
        for entry in deleted:
            try:
                page.space.restore(entry.id)
            except UnknownIdError:
                continue  # restored in another tab
        st.rerun()
