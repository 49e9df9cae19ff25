"""What the Embeddings page works on: the open run and the users or items on its map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from recsys.data.dataset import Dataset
from recsys.embeddings import Clusters, Embeddings
from recsys.jobs.maps import rows_of
from recsys.wording import tr
from ui import cache
from ui.embeddings import projections
from ui.run_context import RunContext
from ui.shell.frame import PageContext


@dataclass(frozen=True, eq=False)
class MapContext:
    """The open run, and each row of its map with its name and group.

    Args:
        page: the page's space, jobs and URL.
        context: the open run with its data.
        entity: what a row is, "users" or "items".
        representation: what the vectors say of a user.
        clusters: the groups of the rows.
        groups: names of the groups, in the language of the reader.
    """

    page: PageContext
    context: RunContext
    entity: str
    representation: cache.Representation
    clusters: Clusters
    groups: tuple[str, ...]

    @property
    def labels(self) -> np.ndarray:
        """Each row's group: int32 (n,)."""
        return self.clusters.labels

    @property
    def dataset(self) -> Dataset:
        return self.context.dataset

    @property
    def names(self) -> Sequence[str]:
        """The name of each row: a user's id, an item's title."""
        return self.dataset.users.ids if self.entity == "users" else self.dataset.catalogue.titles[1:]

    @property
    def folded_names(self) -> Sequence[str]:
        """The names as a search compares them."""
        return self.dataset.users.folded if self.entity == "users" else self.dataset.catalogue.folded_titles[1:]

    @property
    def counts(self) -> np.ndarray:
        """Interactions of each row: int64 (n,)."""
        return self.dataset.lengths if self.entity == "users" else self.dataset.item_counts[1:]

    @property
    def embeddings(self) -> Embeddings:
        """The embeddings of all users and items in this representation."""
        return cache.embeddings_of(self.context.folder, self.representation)

    @property
    def embedded(self) -> projections.EmbeddedRun:
        """What the map is a projection of."""
        return projections.EmbeddedRun(self.page.run_id, self.representation, self.embeddings)

    @property
    def vectors(self) -> np.ndarray:
        """The embedding of each row: float32 (n, d)."""
        return rows_of(self.embeddings, self.entity)

    @property
    def vector_lengths(self) -> np.ndarray:
        """The norm of each row's embedding: float32 (n,)."""
        return _vector_lengths(self.context.folder, self.representation, self.entity)


@st.cache_resource(max_entries=24, show_spinner=False)
def _vector_lengths(folder: str, representation: cache.Representation, entity: str) -> np.ndarray:
    lengths: np.ndarray = np.linalg.norm(rows_of(cache.embeddings_of(folder, representation), entity), axis=1)
    return lengths


def map_context(page: PageContext, entity: str, representation: cache.Representation) -> MapContext:
    """The context of the open run."""
    run, dataset = page.need_run()
    folder = str(page.run_folder)
    groups = cache.groups_of if entity == "users" else cache.item_groups_of
    clusters, names = groups(folder, representation)
    shown = tuple(tr(name) for name in names)
    return MapContext(page, RunContext(folder, run, dataset), entity, representation, clusters, shown)
