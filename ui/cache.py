"""The only caches of the app, all bounded. What they hold is immutable and keyed by unguessable ids or fingerprints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.embeddings.extraction import Embeddings
    from recsys.runs import Run


@st.cache_resource(max_entries=6, show_spinner="Opening the run …")
def open_run(folder: str) -> tuple[Run, Dataset]:
    """A saved run with the data it was trained on. Raises ArtifactError."""
    from recsys.runs import load_run

    return load_run(Path(folder))


@st.cache_resource(max_entries=6, show_spinner="Opening the data …")
def open_dataset(folder: str) -> Dataset:
    """A saved dataset. Raises ArtifactError."""
    from recsys.data.storage import load_dataset

    return load_dataset(Path(folder))


@st.cache_resource(max_entries=6, show_spinner="Reading everybody’s taste …")
def embeddings_of(folder: str) -> Embeddings:
    """The representations of everybody in a saved run. Raises ArtifactError."""
    from recsys.embeddings.extraction import extract

    run, dataset = open_run(folder)
    return extract(run.model, dataset)  # type: ignore[arg-type]
