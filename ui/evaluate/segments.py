"""By what the users of the segments tab are grouped: attributes of the data, found groups, and saved groups."""

from __future__ import annotations

import numpy as np

from recsys.evaluation.segments import COLUMN, Grouping, grouping, membership, user_attributes
from recsys.models.recommender import Encoder
from recsys.wording import Message, tr, worded
from recsys.workspace.names import known_name
from ui import cache
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


def users_grouped(evaluated: EvaluationContext, by: str) -> Grouping:
    """The held-out users grouped by a key of `users_by`.

    The group of interests is the one nearest to the interests in the history without the held-out item.

    Raises:
        UnknownIdError, ArtifactError: the saved group is gone or damaged.
    """
    holdout = evaluated.holdout
    if by == _FOUND:
        folder = str(evaluated.page.run_folder)
        clusters, names = cache.groups_of(folder)
        groups = clusters.nearest(cache.interests_of(folder).encode(holdout.histories))
        known = np.array([len(history) > 0 for history in holdout.histories], dtype=bool)
        return Grouping(_GROUPS, names, np.where(known, groups, -1))
    if by.startswith(_SAVED):
        name, ids = cohort(by.removeprefix(_SAVED))
        members = [evaluated.dataset.users.index(user) for user in ids if user in evaluated.dataset.users]
        return membership(known_name(name), members, holdout)
    return grouping(evaluated.dataset, holdout, by)
