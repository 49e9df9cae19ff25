"""What every page after Train works on: the open run, its dataset, the embeddings of its users, and groups of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import streamlit as st

from recsys.data.dataset import Dataset, History
from recsys.embeddings import Clusters
from recsys.embeddings.interests import InterestModel
from recsys.errors import ArtifactError
from recsys.runs import Run
from recsys.transfer import METHODS, TransferMethod
from recsys.wording import Message
from recsys.workspace import read_content
from ui import cache
from ui.shell import state
from ui.shell.widgets import number_duplicates, one_line


@dataclass(frozen=True, eq=False)
class RunContext:
    """The open run with its dataset, and the folder it was opened from (the key of the caches).

    Attributes:
        groups: saved groups that a case brings with it, by id: name and user ids; they may have been deleted since.
    """

    folder: str
    run: Run
    dataset: Dataset
    groups: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)

    @cached_property
    def known_histories(self) -> list[History]:
        """The history of each user that the model may read: one int array per user."""
        return self.run.known_histories(self.dataset)

    @property
    def vectors(self) -> np.ndarray:
        """The next-item state of each user, on which the model's scores depend: float32 (n_users, D)."""
        return cache.embeddings_of(self.folder).users

    @property
    def item_labels(self) -> tuple[str, ...]:
        """Each item as pickers show it, by index: its title on one line, titles that repeat numbered.

        They do not depend on what else a picker offers: the browser sends back the label of what it chose earlier.
        """
        return _item_labels(self.folder)

    @property
    def interests(self) -> InterestModel:
        """Long-term interests, on which map and groups depend. Raises InputError for a model without vectors."""
        return cache.interests_of(self.folder)

    @property
    def user_groups(self) -> tuple[Clusters, tuple[str, ...]]:
        """The clusters of users by interests, and their names."""
        return cache.groups_of(self.folder)

    @property
    def item_groups(self) -> tuple[Clusters, tuple[str, ...]]:
        """The groups of items by interests, and their names."""
        return cache.item_groups_of(self.folder, "interests")

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of the transfer methods that work with the model and the data."""
        return cache.methods_of(self.folder, tuple(METHODS))

    def fitted_method(self, name: str, scenarios: tuple[str, str] | None = None) -> TransferMethod:
        """A transfer method fitted on all users, for a pair of scenarios if given. Raises InputError."""
        return cache.fitted_method(self.folder, name, scenarios)

    def saved_group(self, entry_id: str) -> tuple[str, Sequence[str]]:
        """A saved group's name and user ids. Raises UnknownIdError, ArtifactError."""
        return self.groups[entry_id] if entry_id in self.groups else cohort(entry_id)


def run_context(folder: str) -> RunContext:
    """The context of a saved run. Raises ArtifactError."""
    return RunContext(folder, *cache.open_run(folder))


@st.cache_resource(max_entries=6, show_spinner=False)
def _item_labels(folder: str) -> tuple[str, ...]:
    titles = cache.open_run(folder)[1].catalogue.titles
    return tuple(number_duplicates({item: one_line(title, 100) for item, title in enumerate(titles)}).values())


def cohort(entry_id: str) -> tuple[str, list[str]]:
    """A saved group's name and user ids; whoever holds its id may read it. Raises UnknownIdError, ArtifactError."""
    entry, folder = state.workspace().find(entry_id, "cohort")
    try:
        return entry.name, [str(user) for user in read_content(folder)["users"]]
    except (ArtifactError, KeyError, TypeError) as error:
        subject = Message("the group “{name}”", name=entry.label)
        raise ArtifactError(subject, "is damaged", fix="Save it again on the map.") from error
