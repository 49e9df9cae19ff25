"""The controls above the map: search, representation, users or items, dimensions, colour, changes over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from recsys.charts.style import format_interval, format_percent
from recsys.data.name_search import find_names, folded
from recsys.jobs.maps import DIMENSIONS, ENTITIES
from recsys.wording import Message, in_a_row, tr
from ui.cache import Representation
from ui.components.point_map import Focus
from ui.embeddings.changes import changes_of
from ui.embeddings.colouring import agreement_of, colouring_label, colourings
from ui.embeddings.map_context import MapContext, map_context
from ui.glossary import meaning_of
from ui.shell.frame import PageContext
from ui.shell.widgets import (
    escape_markdown,
    number_duplicates,
    one_line,
    option_labels,
    set_widget_value,
    url_switch,
)

REPRESENTATIONS: dict[Representation, Message] = {
    "interests": Message("Interests"),
    "next-choice": Message("Next choice"),
}
_DIFFERENCE = Message(
    "Interests say what a user likes over time; next choice says what the user is likely to choose next."
)
_ENTITIES = {"users": Message("Users"), "items": Message("Items")}
_FIND = {"users": Message("Find a user"), "items": Message("Find an item")}
_FIND_HERE = {"users": Message("Find a user …"), "items": Message("Find an item …")}
_NOT_FOUND = {"users": Message("No user matches."), "items": Message("No item matches.")}

_FLAT_ONLY = Message("Search on the map in 2-D.")

_MAPS = "map_search_boxes"  # in the session: how often the page was shown without a map


@dataclass(frozen=True, eq=False)
class Controls:
    """What the controls say.

    Args:
        context: the open run and the rows of its map.
        dims: 2 or 3.
        colouring: one of `colourings`.
        changes: whether changes over time are shown.
        focus: the row to show.
    """

    context: MapContext
    dims: int
    colouring: str
    changes: bool
    focus: Focus | None


def controls_above(page: PageContext) -> Controls:
    """Shows the controls, and below them a sentence about what is shown."""
    with st.container(key="map_controls"):
        search_column, representation_column, entity_column, dims_column, colour_column = st.columns(
            [1.9, 2.1, 1.6, 1.2, 1.9], vertical_alignment="center"
        )
        sentence_column, changes_column = st.columns([5.2, 1.9], vertical_alignment="center")
    with representation_column:
        representation = _representation(page)
    with entity_column:
        entity = _switch(tr("Points"), ENTITIES, "users", "map_side", option_labels(_ENTITIES))
    with dims_column:
        dims = _switch(
            tr("Dimensions"), DIMENSIONS, 2, "map_dims", option_labels({n: Message("{n}-D", n=n) for n in DIMENSIONS})
        )
    context = map_context(page, entity, representation)
    with search_column:
        focus = search(context, dims)
    with colour_column:
        names = colourings(context)
        colouring = st.selectbox(
            tr("Colour by"),
            names,
            key=f"map_colour_{entity}",
            format_func=option_labels(
                {name: Message("Colour: {name}", name=one_line(colouring_label(name), 40)) for name in names}
            ),
            label_visibility="collapsed",
        )
    with changes_column:
        changes = _changes_toggle(context, dims)
    sentences = [_changes_sentence(context)] if changes else []
    sentences += [text] if (text := _agreement_sentence(context, colouring)) else []
    sentence_column.caption(tr(in_a_row(sentences or [_DIFFERENCE])), help=meaning_of("Embedding", "Projection"))
    return Controls(context, dims, colouring, changes, focus)


def _changes_toggle(context: MapContext, dims: int) -> bool:
    if context.entity != "users" or context.representation != "interests" or dims != 2:
        return False
    return st.toggle(
        tr("Show changes over time"),
        key="map_changes",
        help=tr(
            "Arrows lead from half-way through the history to now. Without a choice each stands for the users who "
            "changed from one group to another, and says how many; choose a group to see its users one by one. By "
            "chance: with every second item in place of the first half of the items."
        ),
    )


def _changes_sentence(context: MapContext) -> str:
    found = changes_of(context)
    if not len(found.users):
        return tr("No history is long enough to be halved.")
    share = found.share
    return tr(
        "{share} of {n:,} users changed group since half-way through their history; {chance} would by chance.",
        share=f"{format_percent(share.value)} [{format_percent(share.low)}, {format_percent(share.high)}]",
        n=len(found.users),
        chance=format_percent(found.by_chance.value),
    )


def _agreement_sentence(context: MapContext, colouring: str) -> str:
    """How far the groups shown agree with a column of the user table; "" for other colours."""
    found = agreement_of(context, colouring)
    if found is None:
        return ""
    return tr(
        "Groups and “{column}”: adjusted Rand index {value} (1 = equal, 0 = chance).",
        column=escape_markdown(colouring_label(colouring), 40),
        value=format_interval(found.value, found.low, found.high),
    )


def _representation(page: PageContext) -> Representation:
    """The switch between interests and next choice. The URL decides, in its parameter `tab`."""
    shown: Representation = "next-choice" if page.view.tab == "next-choice" else "interests"

    def choose(chosen: Representation) -> None:
        page.set_view(tab="" if chosen == "interests" else chosen)

    url_switch(tr("Representation"), REPRESENTATIONS, shown, "map_representation", choose)
    return shown


def _switch(label: str, options: Sequence[Any], default: Any, key: str, words: Callable[[Any], str]) -> Any:
    now = st.session_state.get(key)  # Home sets it, too, where a saved map is opened
    set_widget_value(key, now if now in options else default)
    return st.segmented_control(label, options, required=True, key=key, format_func=words, label_visibility="collapsed")


def matching_rows(context: MapContext, text: str, limit: int = 8) -> list[int]:
    """The rows whose name is `text`, else the rows whose names contain it, shortest first; `limit` at most."""
    wanted = folded(text)
    if not wanted:
        return []
    found = find_names(text, context.names, context.folded_names)
    exact = [row for row in found if folded(context.names[row]) == wanted]
    return (exact or sorted(found, key=lambda row: (len(context.names[row]), row)))[:limit]


def empty_search_box() -> None:
    """To be called by a page without a map: its next map begins with an empty search box.

    A browser that went back to such a page goes on sending the text of the box that it shows no more, and shows the
    next box empty: the map would show matches of nothing. A box of another key has no text.
    """
    st.session_state[_MAPS] = st.session_state.get(_MAPS, 0) + 1


def search(context: MapContext, dims: int) -> Focus | None:
    """The search box. Returns the row that the map should show, with a number that grows with each new request.

    The figure in three dimensions picks nothing: the box is disabled there.
    """
    text = st.text_input(
        tr(_FIND[context.entity]),
        key=f"map_find_{context.entity}_{st.session_state.get(_MAPS, 0)}",
        placeholder=tr(_FIND_HERE[context.entity]),
        label_visibility="collapsed",
        icon=":material/search:",
        disabled=dims != 2,
    )
    if dims != 2:
        st.caption(tr(_FLAT_ONLY))
        return None
    rows = matching_rows(context, text)
    if text.strip() and not rows:
        st.caption(tr(_NOT_FOUND[context.entity]))
    row = rows[0] if len(rows) == 1 else None
    if len(rows) > 1:
        cut = number_duplicates({one: one_line(context.names[one], 28) for one in rows})
        row = st.pills(
            tr("Matches"),
            rows,
            format_func={one: escape_markdown(name) for one, name in cut.items()}.__getitem__,
            key=f"map_found_{text[:40]}",
            label_visibility="collapsed",
        )
    seq, entity, shown = st.session_state.get("map_focus", (0, context.entity, None))
    if row is None:
        st.session_state["map_focus"] = (seq, context.entity, None)  # the same search is a new request later
        return None
    if (entity, shown) != (context.entity, row):
        seq += 1
        st.session_state["map_focus"] = (seq, context.entity, row)
    return Focus(seq, row)
