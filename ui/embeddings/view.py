"""What the Embeddings page shows: the controls above the map, the map, and the strip below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from recsys.charts.embeddings import cloud_figure, quality_figure
from recsys.charts.style import CONFIG, format_number
from recsys.embeddings.neighbours import nearest
from recsys.embeddings.projection_quality import WARNING
from recsys.errors import StudioError
from ui import cache
from ui.components.point_map import (
    GROUP_COLOURS,
    Choice,
    Colour,
    Focus,
    Palette,
    by_group,
    by_number,
    choice,
    identity_of,
    point_map,
)
from ui.embeddings import projections
from ui.run_context import RunContext, group_of
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.embeddings.projection import Projection

PALETTES: dict[str, Palette] = {"Okabe–Ito, cividis": "okabe-ito", "Muted, viridis": "muted"}
NEIGHBOURS = 10  # of a picked person, listed and drawn


@dataclass(frozen=True, eq=False)
class MapContext:
    """What is on screen: the open run, whose picture it is, and each row's name and group.

    Args:
        studio: the frame's.
        context: the open run with its data.
        side: "people" or "items".
        labels: int (n,), groups: their names.
    """

    studio: PageContext
    context: RunContext
    side: str
    labels: np.ndarray
    groups: tuple[str, ...]

    @property
    def dataset(self) -> Dataset:
        return self.context.dataset

    @property
    def names(self) -> Sequence[str]:
        """How each row is called: a person's id, an item's title."""
        return self.dataset.users.ids if self.side == "people" else self.dataset.catalogue.titles[1:]

    @property
    def counts(self) -> np.ndarray:
        """Items of each person, or choices of each item."""
        return self.dataset.lengths if self.side == "people" else self.dataset.item_counts[1:]

    @property
    def vectors(self) -> np.ndarray:
        """The real space: float32 (n, d)."""
        embeddings = cache.embeddings_of(self.context.folder)
        return embeddings.users if self.side == "people" else embeddings.items[1:]


def map_context(studio: PageContext, side: str) -> MapContext:
    """The scene of the open run."""
    run, dataset = studio.need_run()
    folder = str(studio.run_folder)
    context = RunContext(folder, run, dataset)
    if side == "people":
        clusters, names = cache.groups_of(folder)
    else:
        clusters, names = projections.item_groups_of(folder)
    return MapContext(studio, context, side, clusters.labels, names)


def controls_above(studio: PageContext) -> tuple[MapContext, int, str, Focus | None]:
    """Search, side, dimensions and colour: the scene, 2 or 3, one of `colourings`, and what to look at."""
    with st.container(key="map_controls"):
        find, sides, flat, colour = st.columns([3, 1.7, 1.3, 2], vertical_alignment="center")
    with sides:
        side = _switch("Whose map", projections.SIDES, "people", "map_side", str.title)
    with flat:
        dims = _switch("Dimensions", (2, 3), 2, "map_dims", lambda n: f"{n}-D")
    scene = map_context(studio, side)
    with find:
        focus = search(scene)
    with colour:
        how = st.selectbox(
            "Colour by",
            colourings(scene),
            key=f"map_colour_{side}",
            format_func=lambda name: f"Colour: {escape_markdown(name, 40)}",
            label_visibility="collapsed",
        )
    return scene, dims, how, focus


def _switch(label: str, options: Sequence[Any], default: Any, key: str, words: Callable[[Any], str]) -> Any:
    return st.segmented_control(
        label, options, default=default, required=True, key=key, format_func=words, label_visibility="collapsed"
    )


# colours --------------------------------------------------------------------------------------------------------------


def colourings(scene: MapContext) -> list[str]:
    """What the map can be coloured by, in words."""
    data = scene.dataset
    if scene.side == "items":
        return ["Cluster", "Popularity", *(["Scenario"] if data.catalogue.scenario_names else [])]
    shares = [f"Share of {name}" for name in data.catalogue.scenario_names if len(data.catalogue.scenario_names) > 1]
    return ["Cluster", "Activity", *shares, *(str(name) for name in data.user_table.columns)]


def colour_of(scene: MapContext, how: str, points: np.ndarray, palette: Palette) -> Colour:
    """The colour of each row for one of `colourings`."""
    data = scene.dataset
    if how in ("Activity", "Popularity"):
        noun = "items" if how == "Activity" else "choices"
        low, high = (f"{format_number(int(end))} {noun}" for end in (scene.counts.min(), scene.counts.max()))
        return by_number(f"{how} ({noun})", scene.counts, low, high, palette)
    if how == "Scenario":
        names = data.catalogue.scenario_names
        labels = np.searchsorted(np.array(names), np.array(data.catalogue.scenarios[1:]))
        return by_group(how, labels, names, points, palette, direct=False)
    if how.startswith("Share of ") and scene.side == "people":
        inside = data.catalogue.in_scenario(how.removeprefix("Share of "))[data.sequence]
        shares = 100 * np.bincount(data.user_of, inside, data.n_users) / np.maximum(data.lengths, 1)
        return by_number(
            f"{how} (% of a person’s items)", shares, f"{shares.min():.0f}%", f"{shares.max():.0f}%", palette
        )
    if how in data.user_table.columns and scene.side == "people":
        return _of_column(scene, how, points, palette)
    return by_group("Cluster", scene.labels, scene.groups, points, palette)


def _of_column(scene: MapContext, name: str, points: np.ndarray, palette: Palette) -> Colour:
    column = scene.dataset.user_table[name]
    if column.dtype.kind in "if" and column.nunique() > 12:
        values = column.fillna(column.median()).to_numpy(dtype=float)
        return by_number(name, values, format_number(float(values.min())), format_number(float(values.max())), palette)
    words = column.astype("string").fillna("unknown")
    ranked = list(words.value_counts().index)
    ordered = sorted(ranked) if len(ranked) <= 12 else ranked
    labels = words.map({value: code for code, value in enumerate(ordered)}).to_numpy(dtype=int)
    return by_group(name, labels, ordered, points, palette, direct=False)


# the map --------------------------------------------------------------------------------------------------------------


def show_map(scene: MapContext, projection: Projection, colour: Colour, focus: Focus | None) -> Choice:
    """The flat map. The picked person's nearest in the real space are joined to it by lines."""
    n = len(projection.points)
    key = f"map_{scene.side}"
    before = choice(key, n, identity_of(scene.names))
    of = int(before.rows[0]) if before.kind == "pick" else (focus.row if focus and focus.row is not None else -1)
    near = nearest(scene.vectors, of, NEIGHBOURS)[0] if 0 <= of < n else ()
    return point_map(
        projection.points,
        scene.names,
        colour,
        key=key,
        counts=scene.counts,
        unit="items" if scene.side == "people" else "choices",
        noun=("person", "people") if scene.side == "people" else ("item", "items"),
        marks=ends_of(scene) if scene.side == "people" else None,
        near=[int(row) for row in near],
        of=of,
        focus=focus,
        drawer=364,
    )


def show_cloud(scene: MapContext, projection: Projection, palette: Palette, chosen: Choice) -> None:
    """The picture in three dimensions: to turn and to zoom; choosing is for the flat map."""
    figure = cloud_figure(
        projection.points,
        scene.names,
        scene.labels,
        scene.groups,
        colours=GROUP_COLOURS[palette],
        chosen=[int(row) for row in chosen.rows[:2000]],
        title=f"{len(projection.points):,} {scene.side}: near each other, similar taste. Drag to turn",
        height=600,
    )
    st.plotly_chart(figure, config=CONFIG, key=f"cloud_{scene.side}", theme="streamlit")


def ends_of(scene: MapContext) -> dict[str, list[int]]:
    """The people who are the source and the target of the link. An end that can't be drawn here is left out."""
    marks = {}
    for role in ("source", "target"):
        text = getattr(scene.studio.view, role)
        kind, _, value = text.partition(":")
        try:
            if kind == "user":
                marks[role] = [scene.dataset.users.index(value)]
            elif kind in ("group", "cluster", "column"):
                marks[role] = [int(user) for user in group_of(scene.context, text, None)[0]]
        except StudioError:
            continue  # the Transfer page says what is wrong with it
    return marks


def ends_line(scene: MapContext) -> str:
    """Who is source and target of the transfer so far, in words."""
    words = []
    for role, mark in (("source", ":orange[◆]"), ("target", ":blue[●]")):
        text = getattr(scene.studio.view, role)
        kind, _, value = text.partition(":")
        name = value if kind == "user" else ""
        if kind in ("group", "cluster", "column"):
            try:
                name = group_of(scene.context, text, None)[1]
            except StudioError as error:
                name = str(error)
        words.append(f"{mark} {role.title()}: {escape_markdown(name or text or 'not chosen yet', 80)}")
    return " \u2003 ".join(words)


# searching ------------------------------------------------------------------------------------------------------------


def found_rows(scene: MapContext, text: str, limit: int = 8) -> list[int]:
    """Rows whose name is `text`, else those that contain it (shortest first)."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    exact = [row for row, name in enumerate(scene.names) if name.casefold() == wanted]
    if exact:
        return exact[:1]
    hits = [row for row, name in enumerate(scene.names) if wanted in name.casefold()]
    return sorted(hits, key=lambda row: (len(scene.names[row]), row))[:limit]


def search(scene: MapContext) -> Focus | None:
    """The search box; returns what the map should look at, with a number that grows with each new answer."""
    noun = "person" if scene.side == "people" else "item"
    text = st.text_input(
        f"Find a {noun}",
        key=f"map_find_{scene.side}",
        placeholder=f"Find a {noun} …",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    rows = found_rows(scene, text)
    if text.strip() and not rows:
        st.caption(f"No {noun} is called like that.")
    row = rows[0] if len(rows) == 1 else None
    if len(rows) > 1:
        row = st.pills(
            "Which?", rows, format_func=lambda one: escape_markdown(scene.names[one], 28), key=f"map_found_{text[:40]}"
        )
    looked = st.session_state.get("map_looked", (0, scene.side, None))
    if row is None:
        return Focus(*looked[0::2]) if looked[1] == scene.side and looked[2] is not None and text.strip() else None
    if looked[1:] != (scene.side, row):
        looked = st.session_state["map_looked"] = (looked[0] + 1, scene.side, row)
    return Focus(looked[0], row)


# how the picture is made, and what it is worth ------------------------------------------------------------------------


def controls() -> tuple[int, float]:
    """Neighbours and distance, each with a hint that follows the value."""
    left, right = st.columns(2)
    neighbours = left.select_slider(
        "Neighbours looked at",
        [5, 10, 15, 30, 50, 100],
        projections.ProjectionSettings.neighbours,
        key="map_neighbours",
    )
    hint = (
        "many small islands: fine detail, the whole is lost" if neighbours < 10 else "detail and the whole in balance"
    )
    left.caption(
        f"{neighbours} of each: {hint if neighbours <= 50 else 'the large shape; small groups melt together'}."
    )
    distance = right.select_slider(
        "Least distance",
        [0.0, 0.05, 0.1, 0.25, 0.5, 0.8],
        projections.ProjectionSettings.min_distance,
        key="map_distance",
    )
    hint = "tight clumps, easy to lasso" if distance < 0.1 else "clumps with room between people"
    right.caption(f"{distance:g}: {hint if distance <= 0.5 else 'spread evenly; groups lose their edges'}.")
    return int(neighbours), float(distance)


def quality(projection: Projection) -> None:
    """How far the picture can be trusted, and what not to read in it."""
    if projection.note:
        st.info(projection.note)
    measured = projection.quality
    if measured is not None:
        st.plotly_chart(quality_figure(measured), config=CONFIG, key="map_quality")
        st.caption(
            f"Trustworthiness {format_number(measured.trustworthiness)}, "
            f"continuity {format_number(measured.continuity)}, neighbour "
            f"preservation {format_number(measured.preservation)}, at {measured.neighbours} neighbours, "
            f"over {measured.rows:,} rows."
        )
    st.caption(WARNING)


def quality_line(projection: Projection, waiting: bool) -> str:
    """One line for under the map."""
    made = {"umap": "UMAP", "pca": "PCA", "umap-learn": "UMAP (umap-learn)"}[projection.method]
    if waiting:
        return f"{made} for a first look, UMAP is being drawn. {WARNING}"
    measured = projection.quality
    share = (
        ""
        if measured is None
        else f", trustworthiness {format_number(measured.trustworthiness)}: {_kept(measured.preservation)}"
    )
    return f"{made}{share}. {WARNING}"


def _kept(share: float) -> str:
    return f"{share:.0%} of everybody’s nearest are still nearest here"
