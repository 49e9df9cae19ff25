"""The map alone, on generated users: for browser tests and for measuring its frames. MAP_USERS is their number."""

from __future__ import annotations

import os

import numpy as np
import streamlit as st

from ui.components.point_map import Arrows, Focus, by_group, by_number, point_map

USERS = int(os.environ.get("MAP_USERS", "3000"))
NAMES = (
    "maps, trails, hiking",
    "jazz, vinyl",
    "<b>bold</b>, script",
    "gardens, soil",
    "chess, puzzles",
    "bread, cakes",
)


@st.cache_data
def users() -> tuple[np.ndarray, np.ndarray]:
    """Points of six groups on a ring, and their labels."""
    rng = np.random.default_rng(6)
    labels = np.arange(USERS) % 6
    turn = labels * np.pi / 3
    points = np.stack([4 * np.cos(turn), 3 * np.sin(turn)], axis=1) + rng.normal(0, 0.55, (USERS, 2))
    return points, labels


class Everything(list[str]):
    """A list that contains everything."""

    def __contains__(self, item: object) -> bool:
        return True


st.set_page_config(layout="wide")
points, labels = users()
if "claimed" in st.query_params and "claimed" not in st.session_state:
    st.session_state["claimed"], st.session_state["map_sent"] = True, Everything()
run = st.radio("Run", ["a", "b"], format_func=lambda name: f"run {name}", horizontal=True)
if not st.checkbox("Show the map", value=True):
    st.stop()
how = st.radio("Colour", ["group", "legend", "number"], horizontal=True)
palette = st.radio("Palette", ["okabe-ito", "muted"], horizontal=True)
if st.checkbox("Other places"):
    points = points[:, ::-1] * [1.0, -1.0]
look_for = st.number_input("Look for", -1, USERS - 1, -1)
if how == "number":
    colour = by_number("Activity", np.arange(USERS) % 97, "1 item", "97 items", palette)
else:
    colour = by_group("Cluster", labels, NAMES, points, palette, direct=how == "group")
chosen = point_map(
    points,
    [f"user {i}{' again' * (run == 'b')}" if i else "<img src=x onerror=alert(1)>" for i in range(USERS)],
    colour,
    key="map",
    counts=np.arange(USERS) % 97 + 1,
    marks={"source": [4], "target": [1]},
    near=[6, 12, 18],
    of=0,
    arrows=Arrows(points[:12:6], points[1:13:6], np.array([1, 7]), np.array([1, 40])),
    focus=Focus(int(look_for) + 1, int(look_for)) if look_for >= 0 else None,
)
known = f"{chosen.kind} of {len(chosen.rows)}: {chosen.rows[:3].tolist()} {chosen.name} seq {chosen.seq}"
st.text(f"Python knows {known} run {run}")
