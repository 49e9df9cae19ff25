"""Runs of every trainable model of the table open on every page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from recsys.jobs.trainings import run_meta
from recsys.models.table import TRAINABLE, model_entry
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from ui.shell import state
from ui.shell.page_context import STEPS

SPACE = "e" * 32


@pytest.fixture(scope="module", params=TRAINABLE)
def saved(own_workspace: Workspace, request: pytest.FixtureRequest) -> dict[str, str]:
    """The view of a saved run."""
    space, data = own_workspace.space(SPACE), planted_dataset()
    dataset = space.save_dataset(data).id
    config = model_entry(request.param).config_class.from_json({"embedding_size": 16})
    run = train_run(data, model_config=config, epochs=1, threads=1)
    entry = space.save_run(run, data, run_meta(run, dataset))
    return {"run": entry.id, "dataset": dataset, "target": "user:u3", "source": "user:u4"}


@pytest.mark.parametrize("file", [step.file for step in STEPS if step.key not in ("home", "data")])
def test_a_run_of_every_trainable_model_opens_on_every_page(saved: dict[str, str], file: str) -> None:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.query_params.update(saved)
    app.switch_page(file).run()
    no_errors(app)
    for job in state.jobs().of(SPACE):
        state.jobs().wait(job.id, SPACE, 60)
    app.run()
    no_errors(app)
