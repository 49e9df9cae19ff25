"""The page Train: settings, start, progress, stop, resume, compare, try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect

from recsys.data.dataset import Dataset
from recsys.data.repeats import RepeatRule
from recsys.errors import TrainingError
from recsys.jobs.queue import JobSnapshot
from recsys.models.training import device
from recsys.runs import read_card, train_run
from recsys.runs.storage import load_run_data
from recsys.wording import Message
from recsys.workspace import Space, Workspace
from recsys.workspace.names import COPY
from tests.conftest import planted_dataset
from tests.metrics.test_repeats import shop
from tests.pages.screen import no_errors, open_tab, tab_shown
from ui.shell import state
from ui.train.view import TABS

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
    dataset = planted_dataset(users=40)
    space.save_dataset(dataset)
    return dataset


def train_page(space: str = ANN, **params: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = space
    app.query_params.update(params)
    app.switch_page("pages/2_Train.py")
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.subheader]
    return " ".join(str(part.value) for part in parts)


def button(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()


def finish(app: AppTest) -> AppTest:
    """Waits for every job of the visitor and draws the page again."""
    queue = state.jobs()
    for job in queue.of(ANN):
        queue.wait(job.id, ANN, 60)
    return app.run().run()


def plan_all(app: AppTest, **values: int) -> AppTest:
    app.segmented_control(key="train_level").set_value("All").run()
    for field, value in values.items():
        app.number_input(key=f"train_{field}").set_value(value)
    return app.run()


def test_without_data_it_says_where_to_get_some(space: Space) -> None:
    app = train_page()
    no_errors(app)
    assert app.subheader[0].value == "There is no data yet."


def test_before_the_start_it_says_what_training_will_take(space: Space, small: Dataset) -> None:
    app = train_page()
    no_errors(app)
    finish(app)
    for word in ("Parameters: **", "Memory: **", "Time: **about", "measured here"):
        assert word in words(app)
    assert "**–**" not in words(app)
    assert app.button(key="train_start").label == "Train"
    assert "TF" in words(app) or "sentence encoder" in words(app)


def test_every_control_has_its_meaning(space: Space, small: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "found_accelerators", lambda: ())
    app = train_page()
    app.segmented_control(key="train_level").set_value("All").run()
    controls = [*app.number_input, *app.selectbox, *app.toggle, *app.multiselect]
    asked = [control for control in controls if str(control.key).startswith("train_")]
    assert len(asked) >= 15
    assert app.selectbox(key="train_device").options == ["Automatic: CPU (no accelerator found)", "CPU"]
    assert all(control.help for control in asked)


def test_training_ends_in_a_saved_run_with_its_baselines(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=3)
    button(app, "train_start")
    assert state.jobs().of(ANN)[0].id in app.query_params["job"]
    finish(app)
    no_errors(app)
    (entry,) = space.entries("run")
    assert entry.id in app.query_params["run"] and "job" not in app.query_params
    card = read_card(space.path(entry.id))
    assert len(card.reports) == 3
    assert set(card.validation) == {"attention", "popularity", "item-knn", "markov"}
    assert entry.meta["number"].startswith("0.") or entry.meta["number"] == "1"
    assert app.button(key="train_next").label == "Next: map of users"
    assert app.button(key="train_start").label == "Train again"
    said = " ".join(str(caption.value) for caption in app.caption).replace("\\", "")
    for words in ("network alone", "Markov alone", "both together", "chosen on validation users: Item-kNN (neighbours"):
        assert words in said, words
    assert not space.entries("training"), "a finished training leaves only its run"


def test_a_stop_keeps_the_best_and_can_go_on(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=400)
    button(app, "train_start")
    queue = state.jobs()
    job = queue.of(ANN)[0]
    while not queue.snapshot(job.id, ANN).details.get("reports") and queue.snapshot(job.id, ANN).active:
        app.run()
    button(app, "train_stop")
    finish(app)
    (entry,) = space.entries("run")
    assert "stopped after epoch" in entry.name
    assert "is not finished" in words(app)
    done = len(read_card(space.path(entry.id)).reports)
    button(app, f"train_resume_{job.id}")
    again = queue.snapshot(job.id, ANN)
    while not again.details.get("reports") and again.active:
        again = queue.snapshot(job.id, ANN)
    assert len(again.details["reports"]) > done, "it went on where it was stopped, and its curve with it"
    assert [row["epoch"] for row in again.details["reports"]] == list(range(1, len(again.details["reports"]) + 1))
    queue.stop(job.id, ANN)
    finish(app)


def test_a_training_cut_off_by_a_restart_is_offered_again(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=2)
    button(app, "train_start")
    queue = state.jobs()
    job = queue.of(ANN)[0].id
    queue.stop(job, ANN)  # before an epoch has ended, or after: the entry stays either way
    queue.wait(job, ANN, 60)
    state.jobs.clear()  # as a new server would start
    app = train_page(job=job)
    no_errors(app)
    assert "is not finished" in words(app)
    button(app, f"train_discard_{job}")
    assert "is not finished" not in words(app) and not space.entries("training")


def test_the_training_of_another_space_is_not_shown(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=2)
    button(app, "train_start")
    job = state.jobs().of(ANN)[0].id
    theirs = train_page(BOB, job=job, dataset=space.entries("dataset")[0].id)
    no_errors(theirs)
    assert not [one for one in theirs.button if one.key == "train_stop"]
    finish(app)


def test_runs_stand_side_by_side_with_what_differs(space: Space, small: Dataset) -> None:
    for epochs in (2, 3):
        app = plan_all(train_page(), epochs=epochs)
        button(app, "train_start")
        finish(app)
    open_tab(app, TABS["runs"])
    table = app.dataframe[0].value
    assert list(table.iloc[:, 0]) == ["NDCG@10", "Training time", "Epochs"]
    assert list(table.iloc[2, 1:]) == ["3", "2"]


def test_a_history_is_composed_by_clicking_and_answered_at_once(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=2)
    button(app, "train_start")
    finish(app)
    before = [app.button(key=f"train_take_{rank}").label for rank in range(1, 11)]
    app.text_input(key="train_find").set_value("item 12").run()
    button(app, "train_in_12")
    assert app.button(key="train_out_0_12").label == "Item 12 ✕"
    assert "Recommended next" in words(app) and "items scored in" in words(app)
    answers = [app.button(key=f"train_take_{rank}").label for rank in range(1, 11)]
    assert len(set(answers)) == len(set(before)) == 10
    assert answers[:3] != before[:3], "what was chosen moves the list"
    assert not any("Item 12 " in answer for answer in answers), "what was chosen is not recommended"
    button(app, "train_take_1")
    second = next(str(one.key) for one in app.button if str(one.key).startswith("train_out_1_"))
    button(app, "train_out_0_12")
    keys = [str(one.key) for one in app.button if str(one.key).startswith("train_out_")]
    assert keys == [second.replace("_1_", "_0_", 1)], "a second click on the first item meets no other item"
    button(app, "train_clear")
    assert "Empty." in words(app)


@pytest.mark.parametrize("model", ["gru4rec", "lightgcn"])
def test_each_model_of_the_table_has_its_own_settings_and_trains(space: Space, small: Dataset, model: str) -> None:
    app = train_page()
    picker = app.selectbox(key="train_model")
    assert picker.options == ["Self-attention", "GRU4Rec", "LightGCN"]
    picker.set_value(model).run()
    plan_all(app, epochs=2, **{f"{model}_embedding_size": 16})
    assert not [field for field in app.number_input if str(field.key).startswith("train_attention")]
    button(app, "train_start")
    finish(app)
    no_errors(app)
    (entry,) = space.entries("run")
    card = read_card(space.path(entry.id))
    assert card.model == model and len(card.reports) == 2 and card.settings["embedding_size"] == 16
    assert set(card.validation) == {model, "popularity", "item-knn", "markov"}


def test_controls_that_do_not_fit_together_are_named(space: Space, small: Dataset) -> None:
    app = train_page()
    app.segmented_control(key="train_level").set_value("All").run()
    app.number_input(key="train_attention_embedding_size").set_value(16)
    app.number_input(key="train_attention_heads").set_value(3).run()
    no_errors(app, "heads must divide embedding")
    assert not [one for one in app.button if one.key == "train_start"]


def chosen(app: AppTest) -> dict[str, object]:
    """The settings on screen that a test below touches; None for a control that isn't shown."""
    names = ("level", "attention_heads", "attention_embedding_size", "epochs", "baselines")
    shown = [*app.number_input, *app.multiselect, *app.segmented_control]
    values = {str(one.key): one.value for one in shown}
    return {name: values.get(f"train_{name}") for name in names}


def test_settings_stay_over_page_switches_trainings_and_other_data(space: Space, small: Dataset) -> None:
    (first,) = space.entries("dataset")
    second = space.save_dataset(planted_dataset(users=30, seed=1))
    app = plan_all(train_page(dataset=first.id), attention_heads=2, epochs=2)
    app.number_input(key="train_attention_embedding_size").set_value(64)
    app.multiselect(key="train_baselines").set_value(["popularity"]).run()
    asked = chosen(app)
    assert asked == {
        "level": "All",
        "attention_heads": 2,
        "attention_embedding_size": 64,
        "epochs": 2,
        "baselines": ["popularity"],
    }
    app.switch_page("pages/1_Data.py").run()
    app.switch_page("pages/2_Train.py").run()
    no_errors(app)
    assert chosen(app) == asked and app.number_input(key="train_attention_heads").value == 2
    app.query_params["dataset"] = second.id
    app.run()
    assert chosen(app)["level"] == "Automatic", "other data has its own"
    app.segmented_control(key="train_level").set_value("All").run()
    assert chosen(app)["attention_heads"] == 1 and chosen(app)["attention_embedding_size"] is None
    app.query_params["dataset"] = first.id
    app.run()
    assert chosen(app) == asked
    button(app, "train_start")
    finish(app)
    no_errors(app)
    assert chosen(app) == asked, "and after a training"
    card = read_card(space.path(space.entries("run")[0].id))
    assert card.settings["heads"] == 2 and len(card.reports) == 2
    assert set(card.validation) == {"attention", "popularity"}


def test_back_to_the_defaults(space: Space, small: Dataset) -> None:
    app = train_page()
    assert not [one for one in app.button if one.key == "train_defaults"], "nothing was touched yet"
    plan_all(app, attention_heads=2)
    button(app, "train_defaults")
    assert app.segmented_control(key="train_level").value == "Automatic"
    assert not [one for one in app.button if one.key == "train_defaults"]
    app.segmented_control(key="train_level").set_value("All").run()
    assert app.number_input(key="train_attention_heads").value == 1
    no_errors(app)


def test_leaving_during_a_training_and_coming_back(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=400)
    button(app, "train_start")
    queue = state.jobs()
    job = queue.of(ANN)[0]
    for page in ("pages/1_Data.py", "app.py", "pages/7_Learn.py"):
        app.switch_page(page).run()
        no_errors(app)
        assert queue.snapshot(job.id, ANN).active, "it goes on"
    assert "A training is running or waiting" in words(app.switch_page("pages/4_Transfer.py").run())
    app.switch_page("pages/2_Train.py").run()
    assert app.button(key="train_stop").label == "Stop and save the best"
    while not queue.snapshot(job.id, ANN).details.get("reports"):
        app.run()
    app.switch_page("pages/1_Data.py").run()
    queue.stop(job.id, ANN)  # it ends while another page is open
    queue.wait(job.id, ANN, 60)
    app.run()
    no_errors(app)
    app.switch_page("pages/2_Train.py").run().run()
    no_errors(app)
    (entry,) = space.entries("run")
    assert "epochs in" in words(app) and "stopped after epoch" in entry.name
    assert not [one for one in app.button if one.key == "train_stop"]


def test_other_data_are_trained_beside_a_training_whose_end_takes_nothing_away(space: Space, small: Dataset) -> None:
    (first,) = space.entries("dataset")
    second = space.save_dataset(planted_dataset(users=30, seed=1))
    app = plan_all(train_page(dataset=first.id), epochs=400)
    button(app, "train_start")
    queue = state.jobs()
    job = queue.of(ANN)[0]
    app.selectbox(key="frame_dataset_train").set_value(second.id).run()
    no_errors(app)
    assert "Running or waiting on “planted”: training Run 1 on planted" in words(app)
    assert not [one for one in app.button if one.key == "train_stop"]
    link = next(one for one in app.main.get("page_link") if one.proto.label == "Show this training")
    there = {"dataset": first.id, "job": job.id}
    assert dict(parse_qsl(link.proto.query_string)) == there
    assert [one.key for one in train_page(**there).button if one.key == "train_stop"]
    button(plan_all(app, epochs=400), "train_start")
    beside = next(one for one in queue.of(ANN) if one.kind == "train" and one.id != job.id)
    assert beside.id in app.query_params["job"] and app.button(key="train_stop")
    assert "training Run 1 on planted" in words(app), "the other goes on"
    app.query_params["job"] = job.id  # as where the data were changed in the picker
    app.run()
    while not queue.snapshot(job.id, ANN).details.get("reports"):
        queue.wait(job.id, ANN, 0.1)
    queue.stop(job.id, ANN)
    queue.wait(job.id, ANN, 60)
    app.run()
    no_errors(app)
    assert [str(toast.value) for toast in app.toast] == ["Finished: training Run 1 on planted. Its run is saved."]
    assert second.id in app.query_params["dataset"]
    assert "job" not in app.query_params and "run" not in app.query_params
    assert app.button(key="train_stop"), "and this one is watched"


@pytest.mark.parametrize("page", ["pages/2_Train.py", "app.py"])
def test_a_page_that_watches_a_forgotten_training_goes_on(
    space: Space, small: Dataset, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a night, in which many jobs have ended: the server remembers those that ended last."""
    known = iter([JobSnapshot("0" * 24, ANN, "train", "training", "running")])
    monkeypatch.setattr("ui.train.jobs.current", lambda *_, **__: next(known, None))
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = ANN
    app.switch_page(page).run()
    no_errors(app)
    assert next(known, None) is None and app.button(key="train_start" if "Train" in page else "home_demo")


def test_stop_says_what_it_does_while_it_does_it(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=400)
    button(app, "train_start")
    job = state.jobs().of(ANN)[0]
    while not state.jobs().snapshot(job.id, ANN).details.get("reports"):
        app.run()
    help_text = app.button(key="train_stop").help
    assert "best model so far" in help_text and "resumed from there" in help_text
    app.session_state["train_stopping"] = job.id  # as its button does, before the epoch has ended
    app.run()
    assert app.button(key="train_stop").disabled and "the epoch that was begun is dropped" in words(app)


def test_a_training_that_fails_says_why_and_leaves_a_way_on(
    space: Space, small: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise TrainingError("the loss", "must be a number", "nan in epoch 1", "Lower the learning rate.")

    with monkeypatch.context() as patch:
        patch.setattr("recsys.runs.execute", breaks)
        app = plan_all(train_page(), epochs=2, attention_heads=2)
        button(app, "train_start")
        for job in state.jobs().of(ANN):
            state.jobs().wait(job.id, ANN, 60)
        app.run()
        no_errors(app, "Lower the learning rate")
        assert app.button(key="train_again").label == "Try again"
        app.switch_page("pages/1_Data.py").run()
        del app.query_params["job"]
        app.switch_page("pages/2_Train.py").run()
        assert "It failed: " in words(app) and "Lower the learning rate" in words(app).replace("\\", "")
    job = next(job for job in state.jobs().of(ANN) if job.kind == "train")
    button(app, f"train_resume_{job.id}")
    finish(app)
    assert space.entries("run"), "tried again, it can end well"


def test_the_open_tab_is_in_the_url(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=2)
    button(app, "train_start")
    finish(app)
    open_tab(app, TABS["loss"])
    assert app.query_params["tab"] in ("loss", ["loss"])
    (run,), (dataset,) = space.entries("run"), space.entries("dataset")
    again = train_page(run=run.id, dataset=dataset.id, tab="loss")
    no_errors(again)
    assert tab_shown(again) == TABS["loss"]
    assert not [field for field in again.text_input if field.key == "train_find"]


def test_the_numbers_have_units_and_a_zero_before_the_point(space: Space, small: Dataset) -> None:
    app = plan_all(train_page(), epochs=400)
    button(app, "train_start")
    job = state.jobs().of(ANN)[0]
    while not state.jobs().snapshot(job.id, ANN).details.get("reports"):
        app.run()
    app.run()
    shown = {metric.label: metric.value for metric in app.metric}
    assert list(shown) == ["Loss (nats)", "NDCG@10", "Items/s", "Running", "CPU", "Memory"]
    assert not any(value.startswith(".") for value in shown.values())
    assert shown["Running"].endswith(" s") and shown["CPU"].endswith("%") and shown["Memory"].endswith(" MB")
    button(app, "train_stop")
    finish(app)
    finish(app)
    found = re.search(r"(?<![\d\w])\.\d.*", words(app).replace("\\", ""))
    assert found is None, found


def compared(app: AppTest) -> Multiselect:
    return next(box for box in app.multiselect if str(box.key).startswith("train_compared"))


def test_runs_on_screen_can_be_picked_and_have_their_names(space: Space, small: Dataset) -> None:
    for name in ("first", "second"):
        app = plan_all(train_page(), epochs=2)
        app.text_input(key="train_name").set_value(name).run()
        button(app, "train_start")
        finish(app)
    open_tab(app, TABS["runs"])
    table = app.dataframe[0].value
    assert list(table.columns[1:]) == ["second", "first"]
    assert "have the same settings" in words(app)
    ids = {entry.name: entry.id for entry in space.entries("run")}
    compared(app).set_value([ids["first"]]).run()
    assert list(app.dataframe[0].value.columns[1:]) == ["first"]
    space.rename(ids["first"], "the first")
    for _ in range(2):
        app.run()
        assert list(app.dataframe[0].value.columns[1:]) == ["the first"]
    space.rename(ids["first"], Message(COPY, name="first"))
    app.query_params["lang"], drawn = "zh", compared(app).key
    for _ in range(2):
        app.run()
        assert list(app.dataframe[0].value.columns[1:]) == ["first（副本）"]
    assert compared(app).key != drawn, "the browser sends back the names that it has drawn"
    compared(app).set_value([]).run()
    no_errors(app)
    assert not app.dataframe
    third = train_run(small, model="markov", name="third")
    space.save_run(third, small)
    app.run()
    no_errors(app)
    assert "third" in app.dataframe[0].value.columns, "a run that has just been trained is among those compared"


def test_already_chosen_items_are_proposed_by_the_data_and_the_run_follows(space: Space) -> None:
    data = shop(users=60, items=20, repeated=0.6)
    first = space.save_dataset(replace(data, timestamps=np.tile(1.7e9 + 86_400 * np.arange(12.0), 60)))
    second = space.save_dataset(planted_dataset(users=40))
    app = plan_all(train_page(dataset=first.id), epochs=1)
    assert app.selectbox(key="train_repeats").value == "allow" and "Proposed: Allow. 5" in words(app)
    app.selectbox(key="train_repeats").set_value("date").run()
    assert str(app.date_input(key="train_repeats_date").value) == "2023-11-14", "the first day of the data"
    app.selectbox(key="train_repeats").set_value("days").run()
    app.number_input(key="train_repeats_days").set_value(3).run()
    no_errors(app)
    button(app, "train_start")
    finish(app)
    no_errors(app)
    (entry,) = space.entries("run")
    assert load_run_data(space.path(entry.id)).repeats == RepeatRule("days", 3)
    assert "recent-items" in read_card(space.path(entry.id)).validation and "chosen too recently" in words(app)
    app.query_params["dataset"] = second.id
    app.run()
    assert app.selectbox(key="train_repeats").value == "leave-out", "other data has its own"


def test_the_page_is_in_chinese_and_the_settings_outlive_a_change_of_language(small: Dataset) -> None:
    app = train_page()
    app.session_state["train_level"] = "Basic"
    app.run().selectbox(key="train_attention_objective").select("masked").run()
    app.query_params["lang"] = "zh"
    no_errors(app.run())
    objective = app.selectbox(key="train_attention_objective")
    assert (objective.label, objective.value, app.session_state["train_level"]) == ("训练目标", "masked", "Basic")
    assert app.button(key="train_start").label == "训练" and "40 个用户" in words(app)
