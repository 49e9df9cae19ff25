"""All caches of the app, each bounded. Their values are immutable and keyed by unguessable folders or fingerprints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from recsys.wording import Message, tr
from recsys.workspace.entries import name_of, name_of_data
from ui.language import WordedLater

if TYPE_CHECKING:
    import numpy as np
    from plotly.graph_objects import Figure

    from recsys.data.dataset import Dataset
    from recsys.data.quality import QualityReport
    from recsys.data.splits import Split
    from recsys.embeddings import Clusters, Embeddings
    from recsys.embeddings.interests import InterestModel
    from recsys.runs import Run
    from recsys.runs.tuning import SearchPlan
    from recsys.runs.tuning.space import Space
    from recsys.transfer import TransferMethod


Representation = Literal["interests", "next-choice"]
"""What a user vector says: what the user likes over time, or what the user is likely to choose next."""


def open_run(folder: str) -> tuple[Run, Dataset]:
    """A saved run with the data it was trained on, under the names that they have now. Raises ArtifactError."""
    run, dataset = _open_run(folder)
    names = name_of(Path(folder), run.name), name_of_data(Path(folder), dataset.name)
    return (run, dataset) if names == (run.name, dataset.name) else _renamed_run(folder, *names)


@st.cache_resource(max_entries=6, show_spinner=WordedLater(Message("Opening the run …")))
def _open_run(folder: str) -> tuple[Run, Dataset]:
    from recsys.runs import load_run

    return load_run(Path(folder))


@st.cache_resource(max_entries=6, show_spinner=False)
def _renamed_run(folder: str, name: str, data_name: str) -> tuple[Run, Dataset]:
    run, dataset = _open_run(folder)
    return replace(run, name=name), replace(dataset, name=data_name)


def open_dataset(folder: str) -> Dataset:
    """A saved dataset, under the name that it has now. Raises ArtifactError."""
    dataset = _open_dataset(folder)
    name = name_of(Path(folder), dataset.name)
    return dataset if name == dataset.name else _renamed_dataset(folder, name)


@st.cache_resource(max_entries=6, show_spinner=WordedLater(Message("Opening the data …")))
def _open_dataset(folder: str) -> Dataset:
    from recsys.data.storage import load_dataset

    return load_dataset(Path(folder))


@st.cache_resource(max_entries=6, show_spinner=False)
def _renamed_dataset(folder: str, name: str) -> Dataset:
    return replace(_open_dataset(folder), name=name)


@st.cache_resource(max_entries=2, show_spinner=False)  # half a gigabyte each where there are 25 million rows
def split_of(folder: str) -> Split:
    """The held-out rows of a saved run. Raises ArtifactError, and InputError when there are none."""
    run, dataset = open_run(folder)
    return run.split(dataset)


def embeddings_of(folder: str, representation: Representation = "next-choice") -> Embeddings:
    """The embeddings of all users and items of a saved run. Raises ArtifactError, and InputError without vectors."""
    return _embeddings_of(folder, representation)


@st.cache_resource(max_entries=12, show_spinner=WordedLater(Message("Computing user embeddings …")))
def _embeddings_of(folder: str, representation: Representation) -> Embeddings:
    from recsys.embeddings.extraction import extract

    run, dataset = open_run(folder)
    return extract(interests_of(folder) if representation == "interests" else run.model, dataset)


@st.cache_resource(max_entries=6, show_spinner=False)
def interests_of(folder: str) -> InterestModel:
    """The model of long-term interests of a saved run. Raises ArtifactError, and InputError without vectors."""
    from recsys.embeddings.interests import interest_model

    run, dataset = open_run(folder)
    return interest_model(run.model, dataset)


def groups_of(folder: str, representation: Representation = "interests") -> tuple[Clusters, tuple[str, ...]]:
    """The clusters of users of a saved run, and their names. `cluster:<n>` in a link is always one of interests."""
    return _groups_of(folder, representation)


@st.cache_resource(max_entries=12, show_spinner=WordedLater(Message("Looking for groups …")))
def _groups_of(folder: str, representation: Representation) -> tuple[Clusters, tuple[str, ...]]:
    from recsys.embeddings import cluster, name_next_choices, name_user_groups

    embeddings, dataset = embeddings_of(folder, representation), open_run(folder)[1]
    clusters = cluster(embeddings.users)
    if representation == "next-choice":
        return clusters, name_next_choices(clusters.labels, embeddings, dataset)
    return clusters, name_user_groups(clusters.labels, dataset)


def item_groups_of(folder: str, representation: Representation) -> tuple[Clusters, tuple[str, ...]]:
    """The groups of items in a saved run, and their names."""
    with st.spinner(tr("Looking for groups …")):
        return _item_groups_of(folder, representation)


@st.cache_resource(max_entries=6, show_spinner=False)
def _item_groups_of(folder: str, representation: Representation) -> tuple[Clusters, tuple[str, ...]]:
    from recsys.embeddings import cluster, name_item_groups

    clusters = cluster(embeddings_of(folder, representation).items[1:])
    within = representation == "interests"
    return clusters, name_item_groups(clusters.labels, open_run(folder)[1], within_scenario=within)


def fitted_method(folder: str, name: str, scenarios: tuple[str, str] | None = None) -> TransferMethod:
    """A transfer method fitted on all users of a saved run, for a pair of scenarios if given. Raises InputError."""
    if get_script_run_ctx(suppress_warning=True) is None:  # a file is made
        return _fitted_method(folder, name, scenarios)
    with st.spinner(tr("Fitting the transfer method …")):
        return _fitted_method(folder, name, scenarios)


@st.cache_resource(max_entries=12, show_spinner=False)
def _fitted_method(folder: str, name: str, scenarios: tuple[str, str] | None) -> TransferMethod:
    from recsys.transfer import fit_method

    run, dataset = open_run(folder)
    return fit_method(name, run.training_rows(dataset), run.model, range(dataset.n_users), scenarios)


@st.cache_resource(max_entries=64, show_spinner=False)
def methods_of(folder: str, table: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the transfer methods that work with a saved run, among those of the table. Reads all item texts."""
    from recsys.transfer.methods import usable_methods

    run, dataset = open_run(folder)
    return tuple(name for name in usable_methods(dataset, run.model) if name in table)


@st.cache_resource(max_entries=12, show_spinner=False)
def flat_map_of(folder: str) -> np.ndarray:
    """The users' places on the instant map of interests (PCA): float32 (n_users, 2)."""
    from recsys.embeddings import pca

    return pca(embeddings_of(folder, "interests").users, 2)


@st.cache_resource(max_entries=24, show_spinner=False)
def run_digest_of(folder: str) -> str:
    """A digest of a saved run, the same for its copies. Raises ArtifactError."""
    from recsys.runs import run_digest

    return run_digest(Path(folder))


@st.cache_resource(max_entries=12, show_spinner=False)
def clip_of(folder: str) -> float:
    """The length that source vectors are clipped to for privacy."""
    from recsys.transfer.privacy import clip_length

    return clip_length(open_run(folder)[0].model)  # type: ignore[arg-type]


@st.cache_resource(max_entries=12, show_spinner=False)
def weights_of(folder: str) -> str:
    """A digest of the weights of a saved run's model."""
    from recsys.models.storage import weights_digest

    return weights_digest(open_run(folder)[0].model)  # type: ignore[arg-type]


def _key_of(dataset: Dataset) -> tuple[str, bool, bool]:
    """What figures and sentences about data depend on: the rows, and what they are said to be."""
    return dataset.fingerprint, dataset.sessions, dataset.calendar


def shapes_of(language: str, dataset: Dataset) -> dict[str, Figure]:
    """The six figures of the data's shape, by name, in the language of the reader."""
    with st.spinner(tr("Drawing the shape of the data …")):
        return _shapes_of(language, *_key_of(dataset), dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _shapes_of(language: str, fingerprint: str, sessions: bool, calendar: bool, _dataset: Dataset) -> dict[str, Figure]:
    from recsys.charts.data import SHAPES

    return {name: draw(_dataset) for name, draw in SHAPES.items()}


def quality_of(dataset: Dataset) -> QualityReport:
    """The quality report of a dataset; its sentences are messages."""
    with st.spinner(tr("Measuring the data …")):
        return _quality_of(*_key_of(dataset), dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _quality_of(fingerprint: str, sessions: bool, calendar: bool, _dataset: Dataset) -> QualityReport:
    from recsys.data.quality import quality_report

    return quality_report(_dataset)


@st.cache_resource(max_entries=32, show_spinner=False)
def search_space_of(fingerprint: str, plan: str, _plan: SearchPlan, _dataset: Dataset) -> Space:
    """What a search would try on a dataset.

    Args:
        plan: `_plan` as text.
    """
    from recsys.data.splits import rows_left_in

    return _plan.space(rows_left_in(_dataset))
