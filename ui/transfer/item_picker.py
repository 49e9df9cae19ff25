"""Which items a new user can be composed of: all of a small catalogue, else what a part of a title finds."""

from __future__ import annotations

import streamlit as st

from recsys.data.name_search import find_names
from recsys.wording import tr
from ui.run_context import RunContext

MOST_LISTED = 3_000  # items up to which all are offered in one list
MOST_FOUND = 50  # items that a part of a title offers


def offered_items(context: RunContext, key: str) -> list[int]:
    """The items to choose from, the most popular first; of a large catalogue those that a part of the title finds."""
    data = context.dataset
    if data.n_items <= MOST_LISTED:
        return _most_popular(context)
    part = st.text_input(tr("Part of a title"), key=key)
    if not part.strip():
        st.caption(
            tr(
                "The {n:,} most popular of {items:,} items are offered. Type part of a title to find the others.",
                n=MOST_LISTED,
                items=data.n_items,
            )
        )
        return _most_popular(context)
    found = [item for item in find_names(part, data.catalogue.titles, data.catalogue.folded_titles) if item]
    if len(found) > MOST_FOUND:
        st.caption(tr("{n:,} more match. Type more of the title.", n=len(found) - MOST_FOUND))
    elif not found:
        st.caption(tr("No item matches."))
    return found[:MOST_FOUND]


def _most_popular(context: RunContext) -> list[int]:
    order: list[int] = context.dataset.by_popularity[:MOST_LISTED].tolist()
    return order
