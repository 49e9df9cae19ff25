"""Changes of interests over time on the map: which users changed, and the arrows that show it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from recsys.embeddings.changes import Changes, changes_over_time, largest_flows, most_changed
from recsys.embeddings.positions import positions_on_map
from recsys.wording import tr
from ui import cache
from ui.components.point_map import Arrows, Choice
from ui.embeddings.map_context import MapContext

MOST_ARROWS = 200  # for single users
MOST_FLOWS = 10  # between groups


def changes_of(context: MapContext) -> Changes:
    """The changes of all users of the open run."""
    with st.spinner(tr("Comparing the halves of all histories …")):
        return _changes(context.context.folder)


@st.cache_resource(max_entries=6, show_spinner=False)
def _changes(folder: str) -> Changes:
    clusters, _ = cache.groups_of(folder)
    return changes_over_time(cache.interests_of(folder), cache.open_run(folder)[1], clusters)


def arrows_of(context: MapContext, points: np.ndarray, chosen: Choice) -> Arrows:
    """Arrows for the chosen users who changed their group (up to MOST_ARROWS, those who moved farthest); without a
    choice, one for each of the MOST_FLOWS largest flows between two groups.

    Args:
        points: float32 (n_users, 2), where the users are now.
    """
    found = changes_of(context)
    if not len(chosen.rows):
        return _flows(context, points)
    rows = most_changed(found, chosen.rows, MOST_ARROWS, every=len(chosen.rows) == 1)
    users = found.users[rows]
    starts = positions_on_map(found.earlier[rows], context.vectors, points)
    return Arrows(starts, points[users], users, np.ones(len(rows), dtype=np.int64))


def _flows(context: MapContext, points: np.ndarray) -> Arrows:
    """From the median place of a group to that of another: how many users changed from one to the other."""
    found, labels = changes_of(context), context.labels
    middle = np.array([np.median(points[labels == group], axis=0) for group in range(len(context.groups))])
    flows = largest_flows(found, MOST_FLOWS)
    pairs = np.array([(before, after) for before, after, _ in flows], dtype=np.int64).reshape(-1, 2)
    rows = np.array([np.flatnonzero(labels == after)[0] for after in pairs[:, 1]], dtype=np.int64)
    counts = np.array([count for _, _, count in flows], dtype=np.int64)
    starts, ends = middle[pairs[:, 0]], middle[pairs[:, 1]]
    along = ends - starts
    aside = 0.012 * np.ptp(points, axis=0).max() * along[:, ::-1] * [1, -1]  # two directions lie beside each other
    aside /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    return Arrows(starts + 0.12 * along + aside, ends - 0.12 * along + aside, rows, counts)
