"""Every page in Chinese, in all tabs and the main states: no English word is left on the screen but names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys.data.dataset import Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.runs.storage import load_run_data
from recsys.wording import Message, tr
from recsys.workspace import Workspace
from recsys.workspace.names import STOPPED
from recsys.workspace.sample_run import SAMPLE_RUN_FOLDER
from tests.conftest import planted_dataset
from tests.pages.english import NAMES, english_on, words_of
from tests.pages.screen import after_jobs, in_every_tab, no_errors, open_tab
from ui.components.point_map.payload import bits_of
from ui.language import in_language
from ui.shell import state
from ui.shell.page_context import BY_KEY, STEPS

SPACE = "c" * 32


@pytest.fixture(scope="module")
def sample() -> set[str]:
    """The words of the sample, whose run every page shows where there is no other."""
    return words_of(load_run_data(SAMPLE_RUN_FOLDER))


@pytest.fixture(scope="module")
def data() -> Dataset:
    data = planted_dataset()
    return replace(data, user_table=pd.DataFrame({"region": ["north", "south"] * (data.n_users // 2)}))


@pytest.fixture(scope="module")
def saved(own_workspace: Workspace, data: Dataset) -> Mapping[str, str]:
    """A space with data, two runs under names of the app, a group."""
    space, shape = own_workspace.space(SPACE), AttentionConfig(embedding_size=16, layers=1)
    entry = space.save_dataset(data)
    run = train_run(data, model_config=shape, epochs=1, threads=1, holdout="last-one")
    problem = "the loss must stay a number (got nan). Lower learning_rate; the best model of the epochs so far is kept."
    stopped = replace(run, name=str(Message(STOPPED, name=run.name, epoch=1)), config=run.config | {"problem": problem})
    run_id, other = (space.save_run(one, data, {"dataset": entry.id}).id for one in (stopped, run))
    space.duplicate(other)
    group = space.save_cohort("A", [f"u{n}" for n in range(0, 120, 2)], {"automatic": False, "run": run_id})
    return {"dataset": entry.id, "run": run_id, "group": group.id}


@pytest.fixture(scope="module")
def names(data: Dataset) -> set[str]:
    """What may be in Latin letters: names, and the texts of the data."""
    return NAMES | words_of(data)


def opened(step: Any, session: Mapping[str, Any] | None = None, /, **view: str) -> AppTest:
    app = AppTest.from_file(str(Path(state.ROOT) / "app.py"), default_timeout=120)
    if step.key != "home":
        app.switch_page(step.file)
    for name, value in {"space": SPACE, **(session or {})}.items():
        app.session_state[name] = value
    app.query_params.update({"lang": "zh", **view})
    return after_jobs(app.run())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.shell.warm_up.DELAY", 1e6)  # its thread would be loading modules when the tests end


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_a_page_without_data(step: Any, own_workspace: Workspace, sample: set[str]) -> None:
    assert english_on(opened(step), NAMES | sample) == {}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_every_tab(step: Any, saved: Mapping[str, str], names: set[str], sample: set[str]) -> None:
    if step.key in ("home", "learn"):
        in_language("zh", lambda: look(in_every_tab(opened(step, run="sample")), names | sample))
    else:
        shown = {"run": saved["run"], "dataset": saved["dataset"]}
        in_language("zh", lambda: look(in_every_tab(opened(step, **shown)), names))


def look(pages: Iterator[AppTest], names: set[str]) -> None:
    """Fails on English in any of these states. Outside of a page, AppTest words the options of widgets anew."""
    found: dict[str, str] = {}
    for app in pages:
        no_errors(app)
        found |= english_on(app, names)
    assert found == {}


def all_settings(saved: Mapping[str, str]) -> Iterator[AppTest]:
    app = opened(BY_KEY["train"], dataset=saved["dataset"])
    yield app.segmented_control(key="train_level").set_value("All").run()
    yield app.selectbox(key="train_model").set_value("lightgcn").run()


def chosen_on_the_map(saved: Mapping[str, str]) -> Iterator[AppTest]:
    """A lasso, compared with the saved group; a picked user, changes over time; items; three dimensions."""
    for choice in ({"kind": "lasso", "bits": bits_of(np.arange(0, 50), 120), "seq": 1}, {"kind": "pick", "index": 7}):
        app = opened(BY_KEY["embeddings"], {"map_users": {"choice": {"seq": 1, **choice}}}, run=saved["run"])
        yield app
        if choice["kind"] == "lasso":
            yield open_tab(app, tr("Compare"))
            yield app.selectbox(key="map_compare").select_index(1).run()
    yield app.toggle(key="map_changes").set_value(True).run()
    yield app.segmented_control(key="map_side").set_value("items").run()
    yield app.segmented_control(key="map_dims").set_value(3).run()


def rules_and_sources(saved: Mapping[str, str]) -> Iterator[AppTest]:
    """Interests of a group; two methods; a protected source and a second score; a column; a composed user."""
    group, chosen = f"group:{saved['group']}", {"run": saved["run"], "target": "user:u3"}
    for view in (
        {"source": group, "what": "interests"},
        {"source": group, "beside": "bridge", "tag": "odd", "block": "i1"},
        {"source": group, "epsilon": "4", "tab": "privacy", "weight": "0.3", "second_score": "popularity"},
        {"source": "column:region=north", "tab": "help"},
        {"source": "items:i1,i2", "tab": "alpha"},
    ):
        yield opened(BY_KEY["transfer"], **{**chosen, **view})


def a_lesson_and_a_class(saved: Mapping[str, str]) -> Iterator[AppTest]:
    """A prediction made and revealed; the presenter; a class opened."""
    app = opened(BY_KEY["learn"], run="sample")
    yield app.button("learn_keep").click().run()
    yield app.button("learn_reveal").click().run()
    yield opened(BY_KEY["learn"], run="sample", mode="present", tab="real")
    app = opened(BY_KEY["learn"], run="sample", tab="class")
    yield app.button("class_open").click().run()


@pytest.mark.parametrize("states", [all_settings, chosen_on_the_map, rules_and_sources, a_lesson_and_a_class])
def test_the_main_states(
    states: Callable[[Mapping[str, str]], Iterator[AppTest]],
    saved: Mapping[str, str],
    names: set[str],
    sample: set[str],
) -> None:
    in_language("zh", lambda: look(states(saved), names | sample if states is a_lesson_and_a_class else names))
