"""By what the users of the segments tab are grouped: attributes of the data, found groups, and saved groups."""

from __future__ import annotations

import numpy as np
import streamlit as st

from recsys.evaluation.segments import COLUMN, Grouping, Segments, grouping, membership, segment, user_attributes
from recsys.models.recommender import Encoder
from recsys.wording import Message, tr, worded
from recsys.workspace.names import known_name
from ui import cache
from ui.components.point_map.payload import signature
from ui.evaluate.jobs import EvaluationContext
from ui.run_context import cohort
from ui.shell.widgets import number_duplicates

_FOUND, _SAVED = "found:", "group:"
_GROUPS = Message("groups of interests")


def users_by(evaluated: EvaluationContext) -> dict[str, str]:
    """What users can be grouped by: key -> its shown name."""
    offered = {str(name): worded(name).removeprefix(COLUMN) for name in user_attributes(evaluated.dataset)}
    if isinstance(evaluated.run.model, Encoder):
        offered[_FOUND] = tr(_GROUPS)
    saved = {
        f"{_SAVED}{entry.id}": tr("saved group: {name}", name=entry.label)
        for entry in evaluated.page.space.entries("cohort")
    }
    return number_duplicates(offered | saved)


def segmented(evaluated: EvaluationContext, model: str, metric: str, by: str) -> Segments:
    """A metric of a model by group of users, for a key of `users_by`. Raises UnknownIdError, ArtifactError."""
    values, groups = evaluated.report[model].per_user[metric], users_grouped(evaluated, by)
    key = signature(values, groups.of, groups.by, groups.names)
    return _segmented(key, metric, evaluated.report.seed, values, groups)


@st.cache_resource(max_entries=40, show_spinner=False)
def _segmented(key: str, metric: str, seed: int, _values: np.ndarray, _groups: Grouping) -> Segments:
    """Kept, because the bootstrap of 250,000 users takes 6 seconds."""
    return segment(_values, _groups, metric, seed=seed)


def users_grouped(evaluated: EvaluationContext, by: str) -> Grouping:
    """The held-out users grouped by a key of `users_by`.

    The group of interests is the one nearest to the interests in the history without the held-out item.

    Raises:
        UnknownIdError, ArtifactError: the saved group is gone or damaged.
    """
    if by.startswith(_SAVED):
        name, ids = cohort(by.removeprefix(_SAVED))
        members = [evaluated.dataset.users.index(user) for user in ids if user in evaluated.dataset.users]
        return membership(known_name(name), members, evaluated.holdout)
    return _grouped(evaluated.context.folder, signature(evaluated.report.users), by, evaluated)


@st.cache_resource(max_entries=24, show_spinner=False)
def _grouped(folder: str, users: str, by: str, _evaluated: EvaluationContext) -> Grouping:
    holdout = _evaluated.holdout
    if by != _FOUND:
        return grouping(_evaluated.dataset, holdout, by)
    clusters, names = cache.groups_of(folder)
    groups = clusters.nearest(cache.interests_of(folder).encode(holdout.histories))
    known = np.array([len(history) > 0 for history in holdout.histories], dtype=bool)
    return Grouping(_GROUPS, names, np.where(known, groups, -1))
