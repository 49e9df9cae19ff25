"""Two widgets that change in one run of a page: neither undoes what the other has written into the URL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors, open_tab
from tests.pages.test_view_paths import opened, param
from ui.explain.tabs import TABS

SPACE = "d" * 32


@pytest.fixture(scope="module")
def dataset(own_workspace: Workspace) -> Iterator[str]:
    yield own_workspace.space(SPACE).save_dataset(planted_dataset()).id


@pytest.fixture(scope="module")
def run(own_workspace: Workspace, dataset: str) -> str:
    data = planted_dataset()
    made = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1)
    return own_workspace.space(SPACE).save_run(made, data, {"dataset": dataset}).id


def test_two_choices_in_one_run_are_both_kept(run: str, dataset: str) -> None:
    app = opened("6_Explain", run=run, dataset=dataset, target="user:u1", source="user:u2")
    app.selectbox(key="frame_run_explain").select("sample")
    open_tab(app, TABS["parts"])
    no_errors(app)
    assert (param(app, "run"), param(app, "tab")) == ("sample", "parts")
