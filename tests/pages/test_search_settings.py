"""Train's tab "Search settings": what it asks, the search while it runs, what it found, and what is not lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys.data.dataset import Dataset
from recsys.jobs.description import JobDescription
from recsys.runs.tuning import SEARCH_TRIALS, KeptTrials, SearchPlan, SearchResult, conclude, search_settings
from recsys.workspace import Space, Workspace, read_content
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from tests.runs.test_tuning import BASE
from ui.shell import state

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Space]:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_SECRET", raising=False)
    state.workspace.clear()
    state.jobs.clear()
    yield Workspace(tmp_path / "home").space(ANN)
    queue = state.jobs()
    for job in queue.of(ANN):  # no thread outlives its test
        queue.stop(job.id, ANN)
        queue.wait(job.id, ANN, 60)


@pytest.fixture
def small(space: Space) -> Dataset:
    dataset = planted_dataset(users=30)
    space.save_dataset(dataset)
    return dataset


@pytest.fixture(scope="module")
def result() -> SearchResult:
    data, plan, kept = planted_dataset(users=30), SearchPlan(BASE, ("learning_rate", "embedding_size"), 3), KeptTrials()
    list(search_settings(data, plan, kept))
    return conclude(data, plan, kept)


def page(owner: str = ANN, **params: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = owner
    app.query_params.update({"tab": "search"} | params)
    app.switch_page("pages/2_Train.py")
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.warning, *app.success, *app.error, *app.info]
    return " ".join(str(part.value) for part in parts).replace("\\", "")


def field(app: AppTest, kind: str, name: str) -> object:
    return next(one for one in app.get(kind) if str(one.key).startswith(f"train_search_{name}"))  # type: ignore[attr-defined]


def button(app: AppTest, begin: str) -> None:
    next(one for one in app.button if str(one.key).startswith(begin)).click().run()


def shown(app: AppTest) -> set[str]:
    return {str(one.key).rpartition("_")[0] if "train_search_" in str(one.key) else "" for one in app.button}


def finish(app: AppTest, owner: str = ANN) -> AppTest:
    queue = state.jobs()
    for job in queue.of(owner):
        queue.wait(job.id, owner, 60)
    return app.run().run()


def test_what_is_searched_and_its_cost_are_shown_before(space: Space, small: Dataset) -> None:
    app = finish(page())
    no_errors(app)
    table = app.dataframe[0].value
    assert list(table.columns) == ["Setting", "Start", "Tried"]
    tried = dict(zip(table["Setting"], table["Tried"], strict=True))
    assert tried["Embedding size"] == "16, 32, 64" and tried["Learning rate"] == "0.00100 to 0.0160, by factors"
    assert "trials of" in words(app) and "and the baselines" in words(app) and "About **" in words(app)
    field(app, "multiselect", "names").set_value(["dropout"]).run()  # type: ignore[attr-defined]
    field(app, "number_input", "trials").set_value(5).run()  # type: ignore[attr-defined]
    assert list(app.dataframe[0].value["Setting"]) == ["Dropout"] and "5 trials of" in words(app)
    app.switch_page("pages/1_Data.py").run()
    app.switch_page("pages/2_Train.py").run()
    no_errors(app)
    assert field(app, "multiselect", "names").value == ["dropout"], "kept while another page was open"  # type: ignore[attr-defined]
    assert field(app, "number_input", "trials").value == 5  # type: ignore[attr-defined]


def test_a_plan_is_measured_once_for_all_and_again_once_its_probe_is_forgotten(space: Space, small: Dataset) -> None:
    app = finish(page())
    measured = dict(app.session_state["train_estimates"])
    other = finish(page(BOB, dataset=space.entries("dataset")[0].id), BOB)
    assert measured and dict(other.session_state["train_estimates"]) == measured
    app.session_state["train_probe"] = (app.session_state["train_probe"][0], "0" * 24)
    app.session_state["train_estimates"].clear()
    app.run()
    no_errors(app)
    finish(app)
    assert app.session_state["train_estimates"].keys() == measured.keys() and "About **" in words(app)


def test_a_search_is_started_stopped_continued_and_its_best_settings_are_taken(space: Space, small: Dataset) -> None:
    app = page()
    app.segmented_control(key="train_level").set_value("All").run()
    app.number_input(key="train_epochs").set_value(2).run()
    field(app, "multiselect", "names").set_value(["learning_rate"]).run()  # type: ignore[attr-defined]
    field(app, "number_input", "trials").set_value(40).run()  # type: ignore[attr-defined]
    button(app, "train_search_start")
    no_errors(app)
    queue = state.jobs()
    job = next(job for job in queue.of(ANN) if job.kind == "tune")
    while queue.snapshot(job.id, ANN).active and len(queue.snapshot(job.id, ANN).details.get("trials", ())) < 2:
        app.run()
    app.switch_page("pages/1_Data.py").run()
    app.switch_page("pages/2_Train.py").run()
    assert [one.label for one in app.button if one.key == "train_search_stop"] == ["Stop the search"], "it goes on"
    button(app, "train_search_stop")
    finish(app)
    no_errors(app)
    assert "A search was stopped after" in words(app) and "Best NDCG@10 so far" in words(app)
    app = page()  # as a new session; and after a restart of the server the offer is there too
    button(app, "train_search_enough_")
    finish(app)
    no_errors(app)
    (entry,) = space.entries("search")
    found = SearchResult.from_json(read_content(space.path(entry.id)))
    assert 2 <= len(found.of_model) < 40 and found.plan.base.train.epochs == 2
    assert "was stopped after" not in words(app) and str(found.verdict) in words(app)
    equal = JobDescription("0" * 24, "tune", BOB, settings={"search": found.plan.to_json()})
    assert queue.result_of(equal.key(small.fingerprint)) == {"search": entry.id}, "no other visitor computes it again"


@pytest.mark.parametrize(("best", "verdict"), [(1, "starting settings: NDCG@10"), (0, "none of 2 other settings")])
def test_a_saved_search_shows_verdict_figure_and_tables_and_fills_the_settings(
    space: Space, small: Dataset, result: SearchResult, best: int, verdict: str
) -> None:
    found = replace(result, best=best)
    space.save_json("search", "3 trials on planted", found.to_json(), {"fingerprint": small.fingerprint})
    space.save_json("search", "damaged", {"best": 7}, {"fingerprint": small.fingerprint})
    app = page()
    no_errors(app)
    assert verdict in words(app) and "used once, after the choice" in words(app)
    trials, baselines = app.dataframe[0].value, app.dataframe[1].value
    assert list(trials.columns) == ["Trial", "NDCG@10", "Result", "Embedding size", "Learning rate"]
    assert trials["Trial"][0] == best + 1 and trials["Result"][0] == ("best" if best else "best, start")
    assert list(baselines["Baseline"]) == ["Most popular", "Item-kNN"] and "neighbours" in baselines["Best settings"][1]
    button(app, "train_search_use")
    no_errors(app)
    settings = found.of_model[best].settings
    assert app.segmented_control(key="train_level").value == "All"
    assert app.number_input(key="train_learning_rate").value == settings["learning_rate"]
    assert app.number_input(key="train_attention_embedding_size").value == settings["embedding_size"]
    assert app.number_input(key="train_attention_layers").value == 1 and app.number_input(key="train_epochs").value == 4


def test_a_search_that_a_restart_cut_off_is_offered_and_can_be_discarded(space: Space, small: Dataset) -> None:
    plan = SearchPlan(BASE, ("learning_rate",), 4)
    kept = KeptTrials.of(space.folder / SEARCH_TRIALS, plan, small)
    assert kept.folder is not None
    app = page()
    no_errors(app)
    assert "A search of 4 trials was stopped before its first trial ended." in words(app)
    (enough,) = [one for one in app.button if str(one.key).startswith("train_search_enough_")]
    assert enough.disabled
    button(app, "train_search_discard_")
    assert "was stopped" not in words(app) and not kept.folder.exists()


def test_the_tab_in_chinese(space: Space, small: Dataset, result: SearchResult) -> None:
    space.save_json("search", "3 trials on planted", result.to_json(), {"fingerprint": small.fingerprint})
    app = page(lang="zh")
    no_errors(app)
    assert "起始设置" in words(app) and "starting" not in words(app) and "trials" not in words(app)
    assert [one.label for one in app.button if one.key == "train_search_use"] == ["用这些设置训练"]
    assert list(app.dataframe[0].value.columns) == ["试验", "NDCG@10", "结果", "嵌入维度", "学习率"]
