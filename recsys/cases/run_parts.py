"""What a pair of users is read from: a run with its data, embeddings, groups of users and items, fitted methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import UnknownIdError
from recsys.runs import Run, load_run
from recsys.transfer.methods import TransferMethod, fit_method, usable_methods

if TYPE_CHECKING:
    from recsys.embeddings.clusters import Clusters
    from recsys.embeddings.interests import InterestModel

SavedGroup = tuple[str, Sequence[str]]
"""Name and user ids."""


class RunParts(Protocol):
    """A run and what is computed from it; `OpenRun` has it, and so has the app, from its caches."""

    @property
    def run(self) -> Run: ...

    @property
    def dataset(self) -> Dataset: ...

    @property
    def known_histories(self) -> Sequence[History]:
        """The history of each user that the model may read: one int array per user."""

    @property
    def vectors(self) -> np.ndarray:
        """The next-item state of each user: float32 (n_users, D). Raises InputError for a model without vectors."""

    @property
    def interests(self) -> InterestModel:
        """Long-term interests. Raises InputError for a model without vectors."""

    @property
    def user_groups(self) -> tuple[Clusters, Sequence[str]]:
        """The clusters of users by interests, and their names."""

    @property
    def item_groups(self) -> tuple[Clusters, Sequence[str]]:
        """The groups of items by interests, and their names."""

    @property
    def methods(self) -> Sequence[str]:
        """The names of the transfer methods that work with the model and the data."""

    def fitted_method(self, name: str, scenarios: tuple[str, str] | None = None) -> TransferMethod:
        """A transfer method fitted on all users, for a pair of scenarios if given. Raises InputError."""

    def saved_group(self, entry_id: str) -> SavedGroup:
        """A group that a user has saved. Raises UnknownIdError."""


@dataclass(frozen=True, eq=False)
class OpenRun:
    """A run opened from a folder; each part is computed when it is first read.

    Attributes:
        run: with its model.
        dataset: that it was trained on.
        groups: the saved groups that cases name, by id.
    """

    run: Run
    dataset: Dataset
    groups: Mapping[str, SavedGroup] = field(default_factory=dict)
    _fitted: dict[tuple[str, tuple[str, str] | None], TransferMethod] = field(default_factory=dict, init=False)

    @cached_property
    def known_histories(self) -> list[History]:
        """See `RunParts`."""
        return self.run.known_histories(self.dataset)

    @cached_property
    def vectors(self) -> np.ndarray:
        """See `RunParts`."""
        from recsys.embeddings import extract

        return extract(self.run.model, self.dataset).users

    @cached_property
    def interests(self) -> InterestModel:
        """See `RunParts`."""
        from recsys.embeddings.interests import interest_model

        return interest_model(self.run.model, self.dataset)

    @cached_property
    def user_groups(self) -> tuple[Clusters, Sequence[str]]:
        """See `RunParts`."""
        from recsys.embeddings import cluster, extract, name_user_groups

        clusters = cluster(extract(self.interests, self.dataset).users)
        return clusters, name_user_groups(clusters.labels, self.dataset)

    @cached_property
    def item_groups(self) -> tuple[Clusters, Sequence[str]]:
        """See `RunParts`."""
        from recsys.embeddings import cluster, extract, name_item_groups

        clusters = cluster(extract(self.interests, self.dataset).items[1:])
        return clusters, name_item_groups(clusters.labels, self.dataset, within_scenario=True)

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """See `RunParts`."""
        return tuple(usable_methods(self.dataset, self.run.model))

    def fitted_method(self, name: str, scenarios: tuple[str, str] | None = None) -> TransferMethod:
        """See `RunParts`."""
        key = name, scenarios
        if key not in self._fitted:
            rows, users = self.run.training_rows(self.dataset), range(self.dataset.n_users)
            self._fitted[key] = fit_method(name, rows, self.run.model, users, scenarios)
        return self._fitted[key]

    def saved_group(self, entry_id: str) -> SavedGroup:
        """See `RunParts`."""
        if entry_id not in self.groups:
            raise UnknownIdError("the saved group", "must be given with the run", entry_id)
        return self.groups[entry_id]


def open_run(folder: Path, groups: Mapping[str, SavedGroup] | None = None) -> OpenRun:
    """A saved run with its data, to read cases from.

    Args:
        folder: made by `save_run`.
        groups: the saved groups that cases name, by id: name and user ids.

    Returns:
        The run; what is computed from it is computed when it is first read.

    Raises:
        ArtifactError: the folder holds no run, or a damaged one.
    """
    return OpenRun(*load_run(Path(folder)), groups or {})
