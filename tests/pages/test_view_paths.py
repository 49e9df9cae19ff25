"""The view on every path: jobs on pages that did not start them, pickers, links and rules that stay in step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from recsys.jobs.trainings import run_meta
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.jobs.functions import submit
from tests.pages.screen import WATCH, expect, no_errors, open_tab, tab_shown
from ui.explain.tabs import TABS
from ui.shell import state

SPACE = "d" * 32


@pytest.fixture(scope="module")
def saved(own_workspace: Workspace) -> dict[str, str]:
    """Two datasets, and two runs on the first: a network, and a model that only counts. Ids by name."""
    space = own_workspace.space(SPACE)
    first = planted_dataset()
    second = replace(planted_dataset(users=60, items=20, length=8, seed=1), name="second data")
    ids = {"first": space.save_dataset(first).id, "second": space.save_dataset(second).id}
    for model in ("popularity", "attention"):
        run = train_run(
            first, model=model, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=1, threads=1
        )
        ids[model] = space.save_run(run, first, run_meta(run, ids["first"])).id
    return ids


def opened(page: str = "", **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.query_params.update(view)
    if page:
        app.switch_page(f"pages/{page}.py")
    return app.run()


def param(app: AppTest, name: str) -> str:
    """A query parameter; AppTest gives some as text and some as lists. "" where there is none."""
    value = app.query_params.get(name, "")
    return value if isinstance(value, str) else value[0]


def words(app: AppTest) -> str:
    shown = [*app.error, *app.warning, *app.markdown, *app.caption, *app.subheader, *app.title]
    return " ".join(str(element.value) for element in shown).replace("\\", "")


def menu(app: AppTest) -> dict[str, str]:
    """What each link of the menu carries, by the file of its page."""
    return {link.proto.page: link.proto.query_string for link in app.sidebar.get("page_link")}


# jobs -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def job(saved: dict[str, str]) -> Iterator[dict[str, str]]:
    """Ends with every job of these tests forgotten."""
    yield {}
    state.jobs.clear()


@pytest.mark.parametrize("kind", ["train", "demo"])
@pytest.mark.parametrize("page", ["", "2_Train"])
def test_a_training_and_a_demo_end_well_on_home_and_on_train_and_do_not_end_again(
    saved: dict[str, str], job: object, kind: str, page: str
) -> None:
    """The second time the URL of the job is that of Back, or of a link in another session."""
    gate, done = threading.Event(), {"run": saved["attention"], "dataset": saved["first"]}
    job_id = submit(state.jobs(), SPACE, kind, f"a {kind}", lambda progress: gate.wait(30) and done)
    app = opened(page, run=saved["popularity"], job=job_id)
    assert param(app, "run") == saved["popularity"] and param(app, "job") == job_id
    gate.set()
    assert state.jobs().wait(job_id, SPACE, 10).state == "done"
    app.run()
    no_errors(app)
    assert param(app, "run") == saved["attention"] and param(app, "dataset") == saved["first"]
    assert not param(app, "job")
    app.query_params.update(run=saved["popularity"], job=job_id)
    app.switch_page(f"pages/{page}.py" if page else "app.py").run()
    for again in (app, opened(page, run=saved["popularity"], job=job_id)):
        no_errors(again)
        assert param(again, "run") == saved["popularity"], "another run was chosen since"
        assert again.title[0].value == ("Train a model" if page else "Interest Transfer Studio")


@pytest.mark.parametrize("page", ["", "1_Data", "2_Train", "4_Transfer", "7_Learn"])
@pytest.mark.parametrize("kind", ["train", "demo"])
def test_a_running_training_is_seen_from_every_page(saved: dict[str, str], job: object, page: str, kind: str) -> None:
    gate = threading.Event()
    job_id = submit(state.jobs(), SPACE, kind, "a long training", lambda progress: gate.wait(30))
    try:
        app = opened(page, run=saved["attention"], target="user:u3", source="user:u4", job=job_id)
        no_errors(app)
        assert "1 job running" in " ".join(str(line.value) for line in app.sidebar.caption)
        assert any(link.proto.label.startswith("● 2 Train") for link in app.sidebar.get("page_link"))
    finally:
        gate.set()


def test_a_job_of_another_server_or_user_is_no_error(saved: dict[str, str]) -> None:
    for page in ("", "2_Train"):
        no_errors(opened(page, job="0" * 24))


def test_a_demo_that_failed_says_so_on_both_pages_and_can_be_left(saved: dict[str, str], job: object) -> None:
    def fails(progress: object) -> None:
        raise ZeroDivisionError

    job_id = submit(state.jobs(), SPACE, "demo", "the demo on the sample", fails)
    state.jobs().wait(job_id, SPACE, 10)
    for page in ("", "2_Train"):
        app = opened(page, job=job_id)
        assert not app.exception and "log has it under" in words(app)
    assert any("ZeroDivisionError" in told for told in WATCH.wrong())
    app.button(key="train_back").click().run()
    no_errors(app)
    assert not param(app, "job")


# run and dataset ------------------------------------------------------------------------------------------------------


def picked(app: AppTest, kind: str, current: str, wanted: str) -> AppTest:
    """The page after another dataset or run was picked in its title row."""
    box = next(box for box in app.selectbox if str(box.key).startswith(f"frame_{kind}_") and box.value == current)
    return box.set_value(wanted).run()


@pytest.mark.parametrize("page", ["3_Embeddings", "4_Transfer", "5_Evaluate", "6_Explain"])
def test_data_without_a_model_say_so_and_show_the_way(saved: dict[str, str], page: str) -> None:
    app = opened(page, run=saved["attention"], target="user:u3", source="user:u4")
    app = picked(app, "dataset", saved["first"], saved["second"])
    no_errors(app)
    assert "no trained model on “second data” yet" in words(app)
    assert param(app, "dataset") == saved["second"] and not param(app, "run") and not param(app, "target")
    assert app.button(key="empty_go").label == "Train a model"
    app = picked(app, "dataset", saved["second"], saved["first"])
    no_errors(app)
    assert "no trained model" not in words(app)  # the newest run on these data has opened


def test_the_sample_opens_on_the_tab_that_was_open(saved: dict[str, str]) -> None:
    app = opened("5_Evaluate", dataset=saved["second"], tab="study")
    app.button(key="empty_sample").click().run()
    no_errors(app)
    assert (param(app, "run"), param(app, "tab")) == ("sample", "study")


def test_a_run_brings_the_data_it_was_trained_on(saved: dict[str, str]) -> None:
    app = opened("4_Transfer", dataset=saved["second"])
    box = next(box for box in app.selectbox if str(box.key).startswith("frame_run_"))
    app = box.set_value(saved["popularity"]).run()
    no_errors(app)
    assert (param(app, "run"), param(app, "dataset")) == (saved["popularity"], saved["first"])
    boxes = [box.value for box in app.selectbox if str(box.key).startswith("frame_dataset_")]
    assert boxes == [saved["first"]]


def test_another_run_on_the_same_data_keeps_the_pair(saved: dict[str, str]) -> None:
    app = opened("4_Transfer", run=saved["attention"], dataset=saved["first"], target="user:u3", source="cluster:0")
    app = picked(app, "run", saved["attention"], saved["popularity"])
    no_errors(app)
    assert param(app, "target") == "user:u3"
    assert not param(app, "source").startswith("cluster:")  # groups are found anew in each run


def test_a_what_if_does_not_carry_into_another_run(saved: dict[str, str]) -> None:
    def boxes(app: AppTest) -> list[Any]:
        """The pickers of removed and of added items."""
        return [next(b for b in app.multiselect if str(b.key).startswith(part)) for part in ("removed_", "added_")]

    app = opened("6_Explain", run=saved["attention"], dataset=saved["first"], target="user:u3")
    boxes(app)[0].select(12).run()
    boxes(app)[1].set_value([int(boxes(app)[1].options[0].removeprefix("Item "))]).run()
    no_errors(app)
    assert [len(box.value) for box in boxes(app)] == [1, 1]
    app = picked(app, "run", saved["attention"], saved["popularity"])
    no_errors(app)
    assert (param(app, "run"), param(app, "target")) == (saved["popularity"], "user:u3")
    assert [box.value for box in boxes(app)] == [[], []], "the removed item is back"
    assert next(radio for radio in app.radio if str(radio.key).startswith("item_")).label == "Recommended"


def test_of_two_equal_datasets_the_one_that_was_chosen_is_shown(saved: dict[str, str]) -> None:
    space = state.workspace().space(SPACE)
    copy = space.duplicate(saved["first"])
    try:
        app = opened("3_Embeddings", dataset=saved["first"])
        for chosen in (copy.id, saved["first"]):
            app.selectbox(key="frame_dataset_embeddings").set_value(chosen).run()
            no_errors(app)
            assert param(app, "dataset") == chosen == app.selectbox(key="frame_dataset_embeddings").value
    finally:
        space.delete(copy.id)


def test_from_the_samples_run_to_own_data_its_users_are_not_taken_along(saved: dict[str, str]) -> None:
    app = opened("4_Transfer", run="sample", target="user:kenji-0773", source="user:elif-0080")
    own = state.workspace().space(SPACE).entries("dataset")[0].id  # what Data would open when nothing is named
    app.selectbox(key="frame_dataset_transfer").set_value(own).run()
    no_errors(app)
    assert param(app, "dataset") == own and "kenji" not in param(app, "target") + param(app, "source")


def test_the_run_of_the_sample_shows_that_its_data_are_not_among_yours(saved: dict[str, str]) -> None:
    app = opened("6_Explain", run="sample")
    assert not app.exception
    boxes = [box.options for box in app.selectbox if str(box.key).startswith("frame_dataset_")]
    assert boxes[0][0] == "The data of this run"


def test_runs_of_one_name_are_told_apart(saved: dict[str, str]) -> None:
    app = opened("6_Explain", run=saved["attention"])
    box = next(box for box in app.selectbox if str(box.key).startswith("frame_run_"))
    assert len(set(box.options)) == len(box.options)


def test_every_link_of_the_menu_carries_the_view(saved: dict[str, str]) -> None:
    app = opened("6_Explain", run=saved["attention"])  # the page chooses a user
    no_errors(app)
    links = menu(app)
    assert len(links) == 8
    assert all(f"target={param(app, 'target').replace(':', '%3A')}" in link for link in links.values()), links


def test_work_that_was_deleted_leaves_the_menu_and_the_way_back(
    own_workspace: Workspace, saved: dict[str, str]
) -> None:
    space = own_workspace.space(SPACE)
    gone = space.duplicate(saved["popularity"]).id
    space.delete(gone)
    for page in ("", "1_Data", "2_Train", "4_Transfer", "6_Explain"):
        app = opened(page, run=gone, target="user:u3", source="user:nobody")
        no_errors(app)
        assert "the run must be saved here" in words(app) and len(menu(app)) == 8
        assert not any(gone in link for link in menu(app).values())
    app = opened(run=gone)
    app.button(key="trash_undo").click().run()
    no_errors(app)
    assert gone in {entry.id for entry in space.entries("run")}
    space.delete(gone)
    space.empty_trash()


def test_data_that_were_cleaned_anew_leave_a_sentence(own_workspace: Workspace, saved: dict[str, str]) -> None:
    app = opened("4_Transfer", run=saved["popularity"], dataset="0" * 24)
    no_errors(app)
    assert "the dataset must be saved here" in words(app) and param(app, "target").startswith("user:")


# the URL decides ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "tab", "label"), [("7_Learn", "glossary", "Glossary"), ("6_Explain", "alike", TABS["alike"])]
)
def test_back_returns_to_the_tab_before(saved: dict[str, str], page: str, tab: str, label: str) -> None:
    """The URL of before is what Back gives the page; what its widgets showed must not undo it."""
    app = opened(page, run=saved["attention"], target="user:u3")
    first = tab_shown(app)
    assert first and first != label
    open_tab(app, label)
    no_errors(app)
    assert param(app, "tab") == tab and tab_shown(app) == label
    del app.query_params["tab"]
    app.run()
    no_errors(app)
    assert not param(app, "tab") and tab_shown(app) == first


def test_the_alpha_of_explain_is_the_one_of_the_url_and_of_the_menu(saved: dict[str, str]) -> None:
    app = opened("6_Explain", run=saved["attention"], target="user:u3", source="user:u4", alpha="0.4")
    app.slider(key="explain_alpha").set_value(0.8).run()
    no_errors(app)
    assert param(app, "alpha") == "0.8" and all("alpha=0.8" in link for link in menu(app).values())
    app.query_params["alpha"] = "0.2"  # Back, or another link
    app.run()
    assert app.slider(key="explain_alpha").value == 0.2 and param(app, "alpha") == "0.2"


# saved work -----------------------------------------------------------------------------------------------------------


def test_a_saved_group_opens_as_the_source_on_its_run(own_workspace: Workspace, saved: dict[str, str]) -> None:
    space = own_workspace.space(SPACE)
    group = space.save_cohort("Walkers", ["u2", "u4", "u6", "u8", "u10"], {"run": saved["attention"]})
    app = opened(run=saved["popularity"])
    app.button(key=f"open_{group.id}").click().run()
    no_errors(app)
    assert (param(app, "run"), param(app, "source")) == (saved["attention"], f"group:{group.id}")
    assert app.title[0].value == "Transfer interests"
    space.delete(group.id)


def test_a_saved_study_opens_where_it_is_read(own_workspace: Workspace, saved: dict[str, str]) -> None:
    space = own_workspace.space(SPACE)
    meta = {"fingerprint": planted_dataset().fingerprint, "axis": "users", "scenarios": []}
    study = space.save_json("study", "a study", {"points": []}, meta)
    app = opened(dataset=saved["second"])
    app.button(key=f"open_{study.id}").click().run()
    expect("the saved study is damaged")
    assert param(app, "tab") == "study" and param(app, "run") in (saved["attention"], saved["popularity"])
    space.delete(study.id)
    space.empty_trash()


def test_saved_data_open_with_the_newest_run_on_them(saved: dict[str, str]) -> None:
    app = opened(run=saved["attention"], target="user:u3", source="user:u4")
    app.button(key=f"open_{saved['second']}").click().run()
    no_errors(app)
    assert param(app, "dataset") == saved["second"] and not param(app, "run") and not param(app, "target")


@pytest.mark.parametrize("page", ["1_Data", "2_Train"])
def test_a_run_of_other_data_is_shown_where_it_is_chosen(saved: dict[str, str], page: str) -> None:
    app = opened(page, dataset=saved["second"])  # on which there is no run
    box = next(box for box in app.selectbox if str(box.key).startswith("frame_run_"))
    assert box.options[0] == "No run on this data"
    box.set_value("sample").run()
    no_errors(app)
    assert param(app, "run") == "sample"
    shown = {str(box.key).split("_")[1]: box.value for box in app.selectbox if str(box.key).startswith("frame_")}
    assert shown["run"] == "sample"
