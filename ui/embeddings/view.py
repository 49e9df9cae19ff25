"""What the Embeddings page shows: the controls above the map, the map, and the settings and quality below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.charts.embeddings import cloud_figure, quality_figure
from recsys.charts.style import CONFIG, format_number
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.projection_quality import WARNING
from recsys.errors import StudioError
from ui.cache import Representation
from ui.components.point_map import (
    GROUP_COLOURS,
    Choice,
    Colour,
    Focus,
    Palette,
    choice,
    identity_of,
    point_map,
)
from ui.embeddings.colouring import colourings
from ui.embeddings.map_context import MapContext, map_context
from ui.embeddings.projections import ENTITIES, ProjectionSettings
from ui.glossary import meaning_of
from ui.run_context import group_of
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown, set_widget_value

if TYPE_CHECKING:
    from recsys.embeddings.projection import Projection

REPRESENTATIONS: dict[Representation, str] = {"interests": "Interests", "next-choice": "Next choice"}
_DIFFERENCE = "Interests say what a user likes over time; next choice says what the user is likely to choose next."
PALETTES: dict[str, Palette] = {"Okabe–Ito, cividis": "okabe-ito", "Muted, viridis": "muted"}
NEIGHBOURS = 10  # of a picked row, listed and drawn
_DRAWER_WIDTH = 364  # pixels that the drawer covers at the map's right (embeddings.css)
_MOST_RINGED = 2_000  # chosen rows that are marked in three dimensions
_METHODS = {"umap": "UMAP", "pca": "PCA", "umap-learn": "UMAP (umap-learn)"}


def controls_above(page: PageContext) -> tuple[MapContext, int, str, Focus | None]:
    """Search, representation, entity, dimensions and colour.

    Returns:
        The context, 2 or 3, one of `colourings`, and the row to show.
    """
    with st.container(key="map_controls"):
        search_column, representation_column, entity_column, dims_column, colour_column = st.columns(
            [1.9, 2.1, 1.6, 1.2, 1.9], vertical_alignment="center"
        )
        st.caption(_DIFFERENCE, help=meaning_of("Embedding", "Projection"))
    with representation_column:
        representation = _representation(page)
    with entity_column:
        entity = _switch("Points", ENTITIES, "users", "map_side", str.title)
    with dims_column:
        dims = _switch("Dimensions", (2, 3), 2, "map_dims", lambda n: f"{n}-D")
    context = map_context(page, entity, representation)
    with search_column:
        focus = search(context)
    with colour_column:
        colouring = st.selectbox(
            "Colour by",
            colourings(context),
            key=f"map_colour_{entity}",
            format_func=lambda name: f"Colour: {escape_markdown(name, 40)}",
            label_visibility="collapsed",
        )
    return context, dims, colouring, focus


def _representation(page: PageContext) -> Representation:
    """The switch between interests and next choice. The URL decides, in its parameter `tab`."""
    shown: Representation = "next-choice" if page.view.tab == "next-choice" else "interests"

    def choose() -> None:
        chosen = st.session_state["map_representation"]
        page.set_view(tab="" if chosen == "interests" else chosen)

    set_widget_value("map_representation", shown)
    st.segmented_control(
        "Representation",
        list(REPRESENTATIONS),
        required=True,
        key="map_representation",
        on_change=choose,
        format_func=lambda one: REPRESENTATIONS[one],
        label_visibility="collapsed",
    )
    return shown


def _switch(label: str, options: Sequence[Any], default: Any, key: str, words: Callable[[Any], str]) -> Any:
    return st.segmented_control(
        label, options, default=default, required=True, key=key, format_func=words, label_visibility="collapsed"
    )


# the map --------------------------------------------------------------------------------------------------------------


def show_map(context: MapContext, projection: Projection, colour: Colour, focus: Focus | None) -> Choice:
    """The map in two dimensions. Lines join the picked row to its nearest neighbours in the embedding space."""
    n, users = len(projection.points), context.entity == "users"
    key = f"map_{context.entity}"
    previous = choice(key, n, identity_of(context.names))
    picked = int(previous.rows[0]) if previous.kind == "pick" else -1
    if picked < 0 and focus is not None:
        picked = focus.row
    near = nearest(context.vectors, picked, NEIGHBOURS)[0] if 0 <= picked < n else ()
    return point_map(
        projection.points,
        context.names,
        colour,
        key=key,
        counts=context.counts,
        unit="items" if users else "interactions",
        noun=("user", "users") if users else ("item", "items"),
        marks=marked_users(context) if users else None,
        near=[int(row) for row in near],
        of=picked,
        focus=focus,
        drawer=_DRAWER_WIDTH,
    )


def show_cloud(context: MapContext, projection: Projection, palette: Palette, chosen: Choice) -> None:
    """The map in three dimensions, which can be rotated and zoomed; points are chosen on the flat map."""
    figure = cloud_figure(
        projection.points,
        context.names,
        context.labels,
        context.groups,
        colours=GROUP_COLOURS[palette],
        chosen=[int(row) for row in chosen.rows[:_MOST_RINGED]],
        title=f"{len(projection.points):,} {context.entity}: near points have similar embeddings. Drag to rotate",
        height=600,
    )
    st.plotly_chart(figure, config=CONFIG, key=f"cloud_{context.entity}", theme="streamlit")


def marked_users(context: MapContext) -> dict[str, list[int]]:
    """The users who are source and target in the URL, by role. A role without users in this run is left out."""
    marks = {}
    for role in ("source", "target"):
        with suppress(StudioError):  # the Transfer page says what is wrong with it
            users, _ = _party(context, role)
            if users:
                marks[role] = users
    return marks


def transfer_line(context: MapContext) -> str:
    """Source and target of the transfer so far, in Markdown."""
    parts = []
    for role, mark in (("source", ":orange[◆]"), ("target", ":blue[●]")):
        try:
            _, name = _party(context, role)
        except StudioError as error:
            name = str(error)
        parts.append(f"{mark} {role.title()}: {escape_markdown(name or 'not chosen yet', 80)}")
    return " \u2003 ".join(parts)


def _party(context: MapContext, role: str) -> tuple[list[int], str]:
    """The users of the source or target in the URL, and its name. Raises StudioError for one that this run lacks."""
    text = getattr(context.page.view, role)
    kind, _, value = text.partition(":")
    if kind == "user":
        return [context.dataset.users.index(value)], value
    if kind in ("group", "cluster", "column"):
        users, name, _ = group_of(context.context, text, None)
        return [int(user) for user in users], name
    return [], text


# search ---------------------------------------------------------------------------------------------------------------


def matching_rows(context: MapContext, text: str, limit: int = 8) -> list[int]:
    """The row whose name is `text`, else the rows whose names contain it, shortest first."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    exact = [row for row, name in enumerate(context.names) if name.casefold() == wanted]
    if exact:
        return exact[:1]
    matches = [row for row, name in enumerate(context.names) if wanted in name.casefold()]
    return sorted(matches, key=lambda row: (len(context.names[row]), row))[:limit]


def search(context: MapContext) -> Focus | None:
    """The search box. Returns the row that the map should show, with a number that grows with each new row."""
    noun = context.entity.removesuffix("s")
    text = st.text_input(
        f"Find {'a' if noun == 'user' else 'an'} {noun}",
        key=f"map_find_{context.entity}",
        placeholder=f"Find {'a' if noun == 'user' else 'an'} {noun} …",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    rows = matching_rows(context, text)
    if text.strip() and not rows:
        st.caption(f"No {noun} matches.")
    row = rows[0] if len(rows) == 1 else None
    if len(rows) > 1:
        row = st.pills(
            "Matches",
            rows,
            format_func=lambda one: escape_markdown(context.names[one], 28),
            key=f"map_found_{text[:40]}",
            label_visibility="collapsed",
        )
    seq, entity, shown = st.session_state.get("map_focus", (0, context.entity, None))
    if row is None:
        return Focus(seq, shown) if entity == context.entity and shown is not None and text.strip() else None
    if (entity, shown) != (context.entity, row):
        seq += 1
        st.session_state["map_focus"] = (seq, context.entity, row)
    return Focus(seq, row)


# settings and quality -------------------------------------------------------------------------------------------------


def settings_controls() -> tuple[int, float]:
    """Neighbours and minimum distance, each with a hint on its value."""
    left, right = st.columns(2)
    neighbours = left.select_slider(
        "Neighbours",
        [5, 10, 15, 30, 50, 100],
        ProjectionSettings.neighbours,
        key="map_neighbours",
        help="UMAP’s n_neighbors: how many nearest neighbours of each point it tries to keep near.",
    )
    hint = "many small groups, little overall shape" if neighbours < 10 else "a balance of detail and overall shape"
    left.caption(f"{neighbours}: {hint if neighbours <= 50 else 'the overall shape; small groups merge'}.")
    distance = right.select_slider(
        "Minimum distance",
        [0.0, 0.05, 0.1, 0.25, 0.5, 0.8],
        ProjectionSettings.min_distance,
        key="map_distance",
        help="UMAP’s min_dist: how close points may come on the map.",
    )
    hint = "dense groups, easy to lasso" if distance < 0.1 else "groups with space between the points"
    right.caption(f"{distance:g}: {hint if distance <= 0.5 else 'evenly spread; groups lose their edges'}.")
    return int(neighbours), float(distance)


def quality(projection: Projection) -> None:
    """How far the map can be trusted, and what not to read in it."""
    if projection.note:
        st.info(projection.note)
    measured = projection.quality
    if measured is not None:
        st.plotly_chart(quality_figure(measured), config=CONFIG, key="map_quality")
        st.caption(
            f"Trustworthiness {format_number(measured.trustworthiness)}, "
            f"continuity {format_number(measured.continuity)}, neighbour "
            f"preservation {format_number(measured.preservation)}, at {measured.neighbours} neighbours, "
            f"over {measured.rows:,} rows.",
            help=meaning_of("Trustworthiness", "Continuity", "Neighbour preservation"),
        )
    st.caption(WARNING)


def quality_line(projection: Projection, waiting: bool) -> str:
    """One line for under the map."""
    method = _METHODS[projection.method]
    if waiting:
        return f"{method} for now; UMAP is being computed. {WARNING}"
    measured = projection.quality
    if measured is None:
        return f"{method}. {WARNING}"
    return (
        f"{method}, trustworthiness {format_number(measured.trustworthiness)}: {measured.preservation:.0%} of the "
        f"{measured.neighbours} nearest neighbours are still nearest here. {WARNING}"
    )
