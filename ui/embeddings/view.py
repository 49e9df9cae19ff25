"""What the Embeddings page shows: the map, and below it its settings, its quality and the number of groups."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st

from recsys.charts.embeddings import cloud_figure, number_of_groups_figure, quality_figure
from recsys.charts.style import CONFIG, format_number
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.projection import Method
from recsys.embeddings.projection_quality import WARNING
from recsys.errors import StudioError
from ui.components.point_map import (
    GROUP_COLOURS,
    NO_ARROWS,
    Choice,
    Colour,
    Palette,
    choice,
    identity_of,
    point_map,
)
from ui.embeddings.changes import arrows_of
from ui.embeddings.controls import Controls
from ui.embeddings.map_context import MapContext
from ui.embeddings.projections import ProjectionSettings
from ui.glossary import meaning_of
from ui.run_context import group_of
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.embeddings.projection import Projection

HEADINGS = {
    "users": ("Map of users", "Near points are users with similar interests. Lasso a group."),
    "items": ("Map of items", "Near points are items that similar users choose. Lasso a group."),
}
"""Title and sentence of the page, by what the points are."""
PALETTES: dict[str, Palette] = {"Okabe–Ito, cividis": "okabe-ito", "Muted, viridis": "muted"}
NEIGHBOURS = 10  # of a picked row, listed and drawn
_DRAWER_WIDTH = 364  # pixels that the drawer covers at the map's right (embeddings.css)
_MOST_RINGED = 2_000  # chosen rows that are marked in three dimensions
_METHODS = {"umap": "UMAP", "pca": "PCA", "umap-learn": "UMAP (umap-learn)"}


# the map --------------------------------------------------------------------------------------------------------------


def show_map(controls: Controls, projection: Projection, colour: Colour) -> Choice:
    """The map in two dimensions. Lines join the picked row to its nearest neighbours in the embedding space."""
    context, focus = controls.context, controls.focus
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
        arrows=arrows_of(context, projection.points, previous) if controls.changes else NO_ARROWS,
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


# settings and quality -------------------------------------------------------------------------------------------------


REFERENCE_COST = (
    "umap-learn, the reference implementation, takes about six times the CPU time for 10,000 users (10.8 s instead of "
    "1.87 s), after compiling for about half a minute."
)


def settings_controls() -> tuple[int, float, Method]:
    """Neighbours and minimum distance, each with a hint on its value; the layout where umap-learn is installed."""
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
    layouts: dict[Method, str] = {"umap": "UMAP (built in)", "umap-learn": "umap-learn (reference)"}
    if find_spec("umap") is None:
        return int(neighbours), float(distance), "umap"
    layout = st.segmented_control(
        "Layout", list(layouts), default="umap", required=True, key="map_layout", format_func=lambda one: layouts[one],
        help=f"{meaning_of('UMAP')} {REFERENCE_COST}",
    )  # fmt: skip
    return int(neighbours), float(distance), layout


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


def number_of_groups(context: MapContext) -> None:
    """By which criterion the number of groups was chosen."""
    if len(context.clusters.compared) > 1:
        st.plotly_chart(number_of_groups_figure(context.clusters), config=CONFIG, key="map_number_of_groups")
    st.caption(
        "Groups are found by k-means on embeddings of length 1. The silhouette says how much nearer a row is to its "
        "own group than to the next one. Where it hardly differs, more groups say more.",
        help=meaning_of("Cluster", "k-means", "Silhouette"),
    )


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
