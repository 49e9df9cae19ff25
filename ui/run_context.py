"""What every page after Train works on: the open run, its dataset, the embeddings of its users, and groups of users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.embeddings.interests import InterestModel
from recsys.errors import ArtifactError, InputError, UnknownIdError
from recsys.models.recommender import Encoder
from recsys.runs import Run
from recsys.transfer import MINIMUM_GROUP, TransferParty, party_of_neighbours
from recsys.wording import Message
from recsys.workspace import read_content
from ui import cache
from ui.shell import state


@dataclass(frozen=True, eq=False)
class RunContext:
    """The open run with its dataset, and the folder it was opened from (the key of the caches)."""

    folder: str
    run: Run
    dataset: Dataset

    @cached_property
    def known_histories(self) -> list[History]:
        """The history of each user that the model may read: one int array per user."""
        return self.run.known_histories(self.dataset)

    @property
    def vectors(self) -> np.ndarray:
        """The next-item state of each user, on which the model's scores depend: float32 (n_users, D)."""
        return cache.embeddings_of(self.folder).users

    @property
    def interests(self) -> InterestModel:
        """Long-term interests, on which map and groups depend. Raises InputError for a model without vectors."""
        return cache.interests_of(self.folder)


def run_context(folder: str) -> RunContext:
    """The context of a saved run. Raises ArtifactError."""
    return RunContext(folder, *cache.open_run(folder))


def group_of(context: RunContext, text: str, target: TransferParty | None) -> tuple[np.ndarray, str, str]:
    """The users of a group (indexes), its name, and its name inside a sentence.

    Args:
        text: how the group is written in the URL, for instance `cluster:3`, a cluster of users by interests.
        target: whose neighbours `near:<n>` means.

    Raises:
        InputError: the text names no kind of group.
        UnknownIdError: the run has no such group.
    """
    kind, _, value = text.partition(":")
    data = context.dataset
    if kind == "near" and target is not None:
        count = parse_number(value, Message("the number of neighbours in the link"), MINIMUM_GROUP, 500)
        return _near(context, target, count), Message("the {n} nearest users", n=count), Message("the nearest users")
    if kind == "cluster":
        clusters, names = cache.groups_of(context.folder)
        number = parse_number(value, Message("the cluster in the link"), 0, len(clusters) - 1)
        name = Message("cluster “{name}”", name=names[number])
        return clusters.members(number), name, name
    if kind == "column":
        column, wanted = read_column(value, [str(name) for name in data.user_table.columns])
        if column not in data.user_table.columns:
            raise UnknownIdError("the column in the link", "must be one of the user table", column)
        return (
            np.flatnonzero((data.user_table[column].astype(str) == wanted).to_numpy()),
            f"{column} “{wanted}”",
            f"{column} “{wanted}”",
        )
    if kind == "group":
        saved, ids = cohort(value)
        known = [data.users.index(user) for user in ids if user in data.users]
        return np.array(known, dtype=np.int64), Message("group “{name}”", name=saved), f"“{saved}”"
    raise InputError("the user or group in the link", "must be written as this page writes it", text, "Pick another.")


def cohort(entry_id: str) -> tuple[str, list[str]]:
    """A saved group's name and user ids; whoever holds its id may read it. Raises UnknownIdError, ArtifactError."""
    entry, folder = state.workspace().find(entry_id, "cohort")
    try:
        return entry.name, [str(user) for user in read_content(folder)["users"]]
    except (ArtifactError, KeyError, TypeError) as error:
        subject = Message("the group “{name}”", name=entry.name)
        raise ArtifactError(subject, "is damaged", fix="Save it again on the map.") from error


def read_column(value: str, names: Sequence[str]) -> tuple[str, str]:
    """Column and value of a group, from `<column>=<value>`; both may themselves contain "="."""
    halves = [(value[:at], value[at + 1 :]) for at, sign in enumerate(value) if sign == "="] or [(value, "")]
    return next((pair for pair in halves if pair[0] in names), halves[0])


def parse_number(text: str, subject: str, low: int, high: int) -> int:
    """A whole number from a link. Raises InputError outside `low` … `high`."""
    if not text.isdecimal() or not low <= int(text[:9]) <= high:
        rule = Message("must be a whole number from {low} to {high}", low=low, high=high)
        raise InputError(subject, rule, text)
    return int(text)


def _near(context: RunContext, target: TransferParty, count: int) -> np.ndarray:
    vectors = context.vectors  # refused, with a sentence, for a model that is no Encoder
    assert isinstance(context.run.model, Encoder)
    party = party_of_neighbours(context.run.model, context.dataset, target, count, vectors)
    return np.array(party.users, dtype=np.int64)
