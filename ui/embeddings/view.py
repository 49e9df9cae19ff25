"""What the Embeddings page shows: the map, and below it its settings, its quality and the number of groups."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st

from recsys.cases.parties import MEDOID, SEVERAL, SeveralUsers, group_of, name_of_party
from recsys.charts.embeddings import ColourScale, cloud_figure, number_of_groups_figure, quality_figure
from recsys.charts.style import format_number
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.projection import TOO_FEW, Method
from recsys.embeddings.projection_quality import WARNING
from recsys.errors import StudioError
from recsys.jobs.maps import DISTANCES, NEIGHBOUR_COUNTS, ProjectionSettings
from recsys.wording import Message, in_a_row, recognised, tr
from ui.components.point_map import (
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
from ui.glossary import meaning_of
from ui.shell.figures import show_figure
from ui.shell.widgets import escape_markdown, set_widget_value

if TYPE_CHECKING:
    from recsys.embeddings.projection import Projection

HEADINGS = {
    "users": (Message("Map of users"), Message("Near points are users with similar interests. Lasso a group.")),
    "items": (Message("Map of items"), Message("Near points are items that similar users choose. Lasso a group.")),
}
"""Title and sentence of the page, by what the points are."""
PALETTES: dict[str, Palette] = {"Okabe–Ito, cividis": "okabe-ito", Message("Muted, viridis"): "muted"}
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
    near = nearest(context.vectors, picked, NEIGHBOURS, context.vector_lengths)[0] if 0 <= picked < n else ()
    return point_map(
        projection.points,
        context.names,
        colour,
        key=key,
        counts=context.counts,
        unit=tr("{n} items" if users else "{n} interactions", n="").strip(),  # the map writes the number before it
        noun=(tr("user"), tr("users")) if users else (tr("item"), tr("items")),
        marks=marked_users(context) if users else None,
        near=[int(row) for row in near],
        of=picked,
        arrows=arrows_of(context, projection.points, previous) if controls.changes else NO_ARROWS,
        focus=focus,
        drawer=_DRAWER_WIDTH,
    )


def show_cloud(context: MapContext, projection: Projection, colour: Colour, chosen: Choice) -> None:
    """The map in three dimensions, which can be rotated and zoomed; points are chosen on the flat map."""
    shown = colour.settings
    figure = cloud_figure(
        projection.points,
        context.names,
        colour.codes,
        shown.get("names", ()),
        colours=shown["hex"],
        scale=ColourScale(colour.title, colour.codes, shown["hex"], shown["low"], shown["high"])
        if shown["kind"] == "ramp"
        else None,
        chosen=[int(row) for row in chosen.rows[:_MOST_RINGED]],
        title=tr(
            "{n:,} users: near points have similar embeddings. Drag to rotate"
            if context.entity == "users"
            else "{n:,} items: near points have similar embeddings. Drag to rotate",
            n=len(projection.points),
        ),
        height=600,
    )
    show_figure(figure, f"cloud_{context.entity}")


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
    shown = {"source": Message(":orange[◆] Source: {party}"), "target": Message(":blue[●] Target: {party}")}
    for role, template in shown.items():
        try:
            _, name = _party(context, role)
        except StudioError as error:
            name = error.message
        party = escape_markdown(tr(name or "not chosen yet"), 80)
        parts.append(tr(Message(template, party=party)))
    return " \u2003 ".join(parts)


def _party(context: MapContext, role: str) -> tuple[list[int], str]:
    """The users of the source or target in the URL, and its name. Raises StudioError for one that this run lacks."""
    text = getattr(context.page.view, role)
    return (_members(context, text), name_of_party(context.context, text)) if text else ([], "")


def _members(context: MapContext, text: str) -> list[int]:
    """The users of a party as it is written in the URL; none where they depend on the other party."""
    users, (kind, _, value) = context.dataset.users, text.partition(":")
    if kind == "user":
        return [users.index(value)]
    if kind == SEVERAL:
        return [users.index(user) for user in SeveralUsers.parse(text).ids]
    if kind in ("group", "cluster", "column"):
        return [int(user) for user in group_of(context.context, text.removesuffix(MEDOID), None)[0]]
    return []


# settings and quality -------------------------------------------------------------------------------------------------


REFERENCE_COST = Message(
    "umap-learn, the reference implementation, takes about six times the CPU time for 10,000 users (10.8 s instead of "
    "1.87 s), after compiling for about half a minute."
)


def settings_controls() -> tuple[int, float, Method]:
    """Neighbours and minimum distance, each with a hint on its value; the layout where umap-learn is installed."""
    left, right = st.columns(2)
    usual = {"map_neighbours": ProjectionSettings.neighbours, "map_distance": ProjectionSettings.min_distance}
    for key, value in {**usual, "map_layout": ProjectionSettings.layout}.items():
        set_widget_value(key, st.session_state.get(key, value))  # Home sets them, too, where a saved map is opened
    neighbours = left.select_slider(
        tr("Neighbours"),
        NEIGHBOUR_COUNTS,
        key="map_neighbours",
        help=tr("UMAP’s n_neighbors: how many nearest neighbours of each point it tries to keep near."),
    )
    if neighbours < 10:
        hint = Message("{value}: many small groups, little overall shape.", value=neighbours)
    elif neighbours <= 50:
        hint = Message("{value}: a balance of detail and overall shape.", value=neighbours)
    else:
        hint = Message("{value}: the overall shape; small groups merge.", value=neighbours)
    left.caption(tr(hint))
    distance = right.select_slider(
        tr("Minimum distance"),
        DISTANCES,
        key="map_distance",
        help=tr("UMAP’s min_dist: how close points may come on the map."),
    )
    if distance < 0.1:
        hint = Message("{value:g}: dense groups, easy to lasso.", value=distance)
    elif distance <= 0.5:
        hint = Message("{value:g}: groups with space between the points.", value=distance)
    else:
        hint = Message("{value:g}: evenly spread; groups lose their edges.", value=distance)
    right.caption(tr(hint))
    layouts: dict[Method, str] = {"umap": tr("UMAP (built in)"), "umap-learn": tr("umap-learn (reference)")}
    if find_spec("umap") is None:
        return int(neighbours), float(distance), "umap"
    layout = st.segmented_control(
        tr("Layout"), list(layouts), required=True, key="map_layout", format_func=layouts.__getitem__,
        help=tr(in_a_row([meaning_of("UMAP"), REFERENCE_COST])),
    )  # fmt: skip
    return int(neighbours), float(distance), layout or ProjectionSettings.layout


def quality(projection: Projection) -> None:
    """How far the map can be trusted, and what not to read in it."""
    if projection.note:
        st.info(tr(recognised(projection.note, TOO_FEW)))
    measured = projection.quality
    if measured is not None:
        show_figure(quality_figure(measured), "map_quality", caption=False)
        st.caption(
            tr(
                "Trustworthiness {trustworthiness}, continuity {continuity}, neighbour preservation {preservation}, "
                "at {neighbours} neighbours, over {rows:,} rows.",
                trustworthiness=format_number(measured.trustworthiness),
                continuity=format_number(measured.continuity),
                preservation=format_number(measured.preservation),
                neighbours=measured.neighbours,
                rows=measured.rows,
            ),
            help=meaning_of("Trustworthiness", "Continuity", "Neighbour preservation"),
        )
    st.caption(tr(WARNING))


def number_of_groups(context: MapContext) -> None:
    """By which criterion the number of groups was chosen."""
    if len(context.clusters.compared) > 1:
        show_figure(number_of_groups_figure(context.clusters), "map_number_of_groups")
    st.caption(
        tr(
            "Groups are found by k-means on embeddings of length 1. The silhouette says how much nearer a row is to "
            "its own group than to the next one. Where it hardly differs, more groups say more."
        ),
        help=meaning_of("Cluster", "k-means", "Silhouette"),
    )


def quality_line(projection: Projection, waiting: bool) -> str:
    """One line for under the map."""
    method = _METHODS[projection.method]
    if waiting:
        return tr("{method} for now; UMAP is being computed. {warning}", method=method, warning=WARNING)
    measured = projection.quality
    if measured is None:
        return tr("{method}. {warning}", method=method, warning=WARNING)
    return tr(
        "{method}, trustworthiness {trustworthiness}: {share:.0%} of the {neighbours} nearest neighbours "
        "are still nearest here. {warning}",
        method=method,
        trustworthiness=format_number(measured.trustworthiness),
        share=measured.preservation,
        neighbours=measured.neighbours,
        warning=WARNING,
    )
