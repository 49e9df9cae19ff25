"""What the tests of pages share: a workspace that belongs to one module of tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st

from recsys.jobs.studies import studied_model
from recsys.models.attention.config import AttentionConfig
from recsys.runs import load_run, train_run
from recsys.workspace import Space, Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import watched


@pytest.fixture(autouse=True)
def nothing_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test in which any step showed or logged an error that the test did not name."""
    yield from watched(monkeypatch)


@pytest.fixture(scope="module")
def own_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """An empty workspace that the app opens too, with empty caches before and after."""
    home = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.setenv("STUDIO_HOME", str(home))
    patch.delenv("STUDIO_SECRET", raising=False)
    st.cache_resource.clear()
    yield Workspace(home)
    st.cache_resource.clear()
    patch.undo()


def study_meta(space: Space, run_id: str) -> dict[str, Any]:
    """What a study of a run across users is saved with."""
    run, data = load_run(space.path(run_id))
    return {"fingerprint": data.fingerprint, "axis": "users", "scenarios": [], "model": studied_model(run, data)}


def save_small_runs(space: Space) -> dict[str, str]:
    """The ids of a network and of a popularity model on the planted data, saved in a space."""
    data, shape = planted_dataset(), AttentionConfig(embedding_size=16, layers=1)
    return {
        model: space.save_run(train_run(data, model=model, model_config=shape, epochs=2, threads=1), data).id
        for model in ("attention", "popularity")
    }
