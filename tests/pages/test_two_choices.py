"""Two widgets that change in one run of a page: neither takes back what the other has written into the URL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from tests.pages.test_view_paths import opened, param

SPACE = "d" * 32


@pytest.fixture(scope="module")
def dataset(own_workspace: Workspace) -> Iterator[str]:
    yield own_workspace.space(SPACE).save_dataset(planted_dataset()).id


@pytest.fixture(scope="module")
def run(own_workspace: Workspace, dataset: str) -> str:
    data = planted_dataset()
    made = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1)
    return own_workspace.space(SPACE).save_run(made, data, {"dataset": dataset}).id


def part(app: AppTest, key: str) -> object:
    """The row of parts of this key."""
    return next(row for row in app.get("button_group") if row.key == key)


def test_a_picked_run_stays_when_the_browser_tells_no_part(dataset: str) -> None:
    """A browser that has not heard yet which part is open tells none with its next message."""
    app = opened("2_Train", dataset=dataset)
    part(app, "train_tab_1").set_value(None)  # type: ignore[attr-defined]
    app.selectbox(key="frame_run_train").select("sample").run()
    no_errors(app)
    assert (param(app, "run"), param(app, "tab")) == ("sample", "")


def test_two_choices_in_one_run_are_both_kept(run: str, dataset: str) -> None:
    app = opened("6_Explain", run=run, dataset=dataset, target="user:u1", source="user:u2")
    part(app, "explain_tab").set_value("parts")  # type: ignore[attr-defined]
    app.selectbox(key="frame_run_explain").select("sample").run()
    no_errors(app)
    assert (param(app, "run"), param(app, "tab")) == ("sample", "parts")
