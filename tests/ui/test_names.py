"""A saved run and its data are opened under the names that their owner gave them last."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from ui import cache
from ui.shell import state

ANN, BOB = "a" * 32, "b" * 32


def test_a_new_name_is_shown_wherever_a_run_or_its_data_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    state.workspace.clear()
    state.jobs.clear()
    space, data = Workspace(tmp_path).space(ANN), planted_dataset(users=40)
    saved = space.save_dataset(data)
    run = space.save_run(train_run(data, model="popularity"), data, {"dataset": saved.id})
    foreign = state.workspace().space(BOB).save_run(train_run(data, model="popularity"), data, {"dataset": saved.id})
    folder, data_folder = str(space.path(run.id)), str(space.path(saved.id))
    first = cache.open_run(folder)
    assert (first[0].name, first[1].name) == ("Most popular on planted", "planted")
    space.rename(run.id, "my *model*")
    space.rename(saved.id, "my _clicks_")
    opened, opened_data = cache.open_run(folder)
    assert (opened.name, opened_data.name) == ("my *model*", "my _clicks_")
    assert opened.model is first[0].model and cache.open_run(folder)[0] is opened, "neither is read again"
    assert cache.open_dataset(data_folder).name == "my _clicks_"
    other = cache.open_run(str(state.workspace().find(foreign.id, "run")[1]))
    assert (other[0].name, other[1].name) == ("Most popular on planted", "planted"), "data of another space"

    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = ANN
    app.query_params["run"] = run.id
    no_errors(app.switch_page("pages/2_Train.py").run())
    shown = " ".join(str(part.value) for part in (*app.markdown, *app.caption)).replace("\\", "")
    assert "my *model*: 0 epochs" in shown and "my _clicks_**: 40 users" in shown and "planted" not in shown
