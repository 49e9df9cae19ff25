"""What the tests of pages share: a workspace that belongs to one module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from recsys.workspace import Workspace
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
