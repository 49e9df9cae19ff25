"""Home: the demo from click to Transfer, saved work with its names, trash and import, and what another user sees."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from recsys.cases.case import Case, SavedCase
from recsys.data.dataset import Dataset
from recsys.data.samples import SAMPLES, load_sample
from recsys.embeddings.projection import Projection
from recsys.jobs.description import JobDescription
from recsys.jobs.maps import ProjectionSettings, save_map
from recsys.jobs.queue import JobSnapshot
from recsys.runs import Run, load_run, train_run
from recsys.workspace import Space, Workspace, export_zip, import_zip, new_id
from recsys.workspace.cases import read_case, save_case
from recsys.workspace.entries import write_entry
from recsys.workspace.portable import needed_by
from tests.conftest import planted_dataset
from tests.pages.screen import after_jobs, expect, no_errors
from ui.shell import state

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_SECRET", raising=False)
    state.workspace.clear()
    state.jobs.clear()
    return Workspace(tmp_path / "home").space(ANN)


def home(space: str = ANN, **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=120)
    app.session_state["space"] = space
    app.query_params.update(view)
    return app.run()


def words(app: AppTest) -> str:
    return " ".join(str(part.value) for part in (*app.markdown, *app.caption, *app.warning)).replace("\\", "")


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    no_errors(app)
    return app


def param(app: AppTest, name: str) -> str:
    value = app.query_params.get(name, "")
    return value if isinstance(value, str) else value[0]


def test_a_space_keeps_the_name_that_was_given_last_whichever_tab_runs_next(space: Space) -> None:
    older, newer = home(), home()
    newer.text_input(key="saved_name").set_value("Class 7").run()
    older.run()
    no_errors(older)
    assert space.name == "Class 7" and older.text_input(key="saved_name").value == "Class 7"
    older.text_input(key="saved_name").set_value("").run()
    assert space.name == ""


def test_the_demo_goes_from_one_click_to_transfer(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real demo, on one scenario of the sample and with a model that is trained at once."""
    monkeypatch.setattr("recsys.data.samples.load_sample", lambda name, language: load_sample("courses", language))
    monkeypatch.setattr("recsys.runs.train_run", lambda data, **_: train_run(data, model="markov", holdout="last-one"))
    app = home()
    assert not app.button(key="home_demo").disabled
    press(app, "home_demo")
    (job,) = state.jobs().of(ANN)
    assert state.jobs().wait(job.id, ANN, 120).state == "done"
    app.run()
    no_errors(app)
    assert app.title[0].value == "Transfer interests"
    (run,), (data,) = space.entries("run"), space.entries("dataset")
    assert (param(app, "run"), param(app, "dataset"), param(app, "job")) == (run.id, data.id, "")
    assert param(app, "target").startswith("user:") and param(app, "source").startswith("user:")


def test_the_demo_of_a_second_visitor_trains_nothing_anew(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    def train(data: Dataset, **_: object) -> Run:
        trained.append(data.name)
        return train_run(data, model="popularity")

    monkeypatch.setattr("recsys.data.samples.load_sample", lambda name, language: load_sample("courses", language))
    monkeypatch.setattr("recsys.runs.train_run", train)
    queue, other = state.jobs(), state.workspace().space(BOB)

    def demo(owner: str, **settings: str) -> JobSnapshot:
        job = JobDescription(new_id(), "demo", owner, settings=settings)
        return queue.wait(queue.submit(owner, "demo", "d", job, job_id=job.id, key=job.key("sample")), owner, 120)

    space.rename(demo(ANN).result["run"], "Thesis Ann")
    done = demo(BOB)
    assert done.state == "done" and len(trained) == 1
    (first,), (second,) = space.entries("run"), other.entries("run")
    assert done.result == {"run": second.id, "dataset": other.entries("dataset")[0].id}
    assert second.id != first.id
    assert (first.name, second.name) == ("Thesis Ann", "Most popular on Online courses (sample)")
    space.delete(first.id)
    assert load_run(other.path(second.id))[0].dataset_fingerprint == load_sample("courses").dataset.fingerprint
    assert demo(BOB).state == "done" and len(trained) == 1, "the second visitor's copy is found"
    assert demo(BOB, language="zh").state == "done", "another language is other data"
    assert trained == ["Online courses (sample)", "在线课程（示例）"]


def test_after_the_demo_data_shows_the_rows_that_were_read_and_kept(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo reads the whole sample; only its training is replaced by one that takes no time."""
    monkeypatch.setattr("recsys.runs.train_run", lambda data, **_: train_run(data, model="popularity"))
    app = press(home(), "home_demo")
    (job,) = state.jobs().of(ANN)
    assert state.jobs().wait(job.id, ANN, 120).state == "done"
    app.run()
    app.switch_page("pages/1_Data.py").run()
    no_errors(app)
    title = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["title"]["text"].replace("<br>", " ")
    kept, read = (int(count.replace(",", "")) for count in re.findall(r"[\d,]*\d", title)[:2])
    assert read == next(sample.rows for sample in SAMPLES if sample.name == "all") > kept
    assert f"{kept:,} of {read:,} rows are kept" in title
    assert {metric.label: metric.value for metric in app.metric}["Rows kept"] == f"{kept:,}"


def test_a_home_that_is_no_folder_is_named(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    file = space.workspace.root / "notes.txt"
    file.write_text("x", "utf-8")
    monkeypatch.setenv("STUDIO_HOME", str(file))
    state.workspace.clear()
    no_errors(home(), "STUDIO_HOME must be a folder that the app may write to")
    state.workspace.clear()


def test_a_damaged_item_is_named_deleted_and_emptied_from_the_trash(space: Space) -> None:
    entry = space.save_json("note", "n", {})
    (space.path(entry.id) / "entry.json").write_text("{", "utf-8")
    app = home()
    assert f"{entry.id} is damaged" in " ".join(str(line.value) for line in app.warning)
    press(app, f"damaged_{entry.id}")
    assert not app.warning and not [button for button in app.button if button.key == "trash_undo"]
    press(app, "trash_confirm")
    assert not space.has_trash and not list(space.folder.rglob(f"*{entry.id}*"))


def test_saved_work_is_listed_opened_renamed_copied_deleted_and_brought_back(space: Space) -> None:
    entry = space.save_dataset(planted_dataset(users=40))
    app = home()
    no_errors(app)
    assert "Data · planted" in words(app)
    app.text_input(key=f"name_{entry.id}").set_value("*my* <b>data</b>").run()
    press(app, f"rename_{entry.id}")
    assert space.get(entry.id).name == "*my* <b>data</b>" and "*my* <b>data</b>" in words(app)
    press(app, f"copy_{entry.id}")
    assert len(space.entries("dataset")) == 2
    press(app, f"delete_{entry.id}")
    assert len(space.entries("dataset")) == 1 and "Deleted: *my*" in words(app)
    press(app, "trash_undo")
    assert len(space.entries("dataset")) == 2 and "Deleted:" not in words(app)
    press(app, f"open_{entry.id}")
    assert app.title[0].value == "Train a model" and param(app, "dataset") == entry.id


def test_all_work_travels_as_one_zip_to_another_space(space: Space) -> None:
    data = planted_dataset(users=40)
    saved = space.save_dataset(data)
    run = space.save_run(train_run(data, model="markov"), data, {"dataset": saved.id})
    packed = export_zip(space, [saved.id, run.id])
    assert {Path(name).parts[0] for name in zipfile.ZipFile(io.BytesIO(packed)).namelist()} == {"dataset", "run"}
    theirs = state.workspace().space(BOB)
    app = home(BOB)
    no_errors(app)
    assert "Nothing saved yet" in words(app)
    app.file_uploader(key="saved_upload").set_value(("studio.zip", packed, "application/zip")).run()
    press(app, "saved_import")
    assert sorted(entry.kind for entry in theirs.entries()) == ["dataset", "run"]
    assert "Data · planted" in words(app) and "Nothing saved yet" not in words(app)
    (mine,) = theirs.entries("run")
    press(app, f"open_{mine.id}")
    assert app.title[0].value == "Transfer interests"


def test_every_saved_item_can_be_reached_and_exported(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest one too, which is larger than what can be imported with all the others."""
    large = space.save_cohort("hikers", ["u1"])
    write_entry(space.path(large.id), replace(large, bytes=500_000_000))
    monkeypatch.setattr("ui.home.saved_work.ROWS", 2)
    for number in range(2):
        space.save_json("note", f"note {number}", {})
    app = home()
    assert "hikers" not in words(app) and len(app.get("download_button")) == 3
    assert app.button(key="saved_more").label == "Show more (1 not shown)"
    press(app, "saved_more")
    assert "hikers" in words(app) and len(app.get("download_button")) == 4
    assert "All saved work takes 500 MB, and a ZIP file of at most 400 MB can be imported." in words(app)
    press(app, f"delete_{large.id}")
    assert "can be imported" not in words(app)
    assert space.has_trash and "can’t be restored afterwards" in words(app)
    press(app, "trash_confirm")
    assert not space.has_trash


def test_a_case_with_a_saved_group_opens_where_it_is_imported(space: Space) -> None:
    data = planted_dataset(users=40)
    run = space.save_run(train_run(data, model="item-knn"), data)
    group = space.save_cohort("hikers", ["u1", "u3", "u5", "u7", "u9", "u11"], {"run": run.id})
    groups = {group.id: ("hikers", ("u1", "u3"))}
    case = Case(f"group:{group.id}!medoid", f"group:{group.id}")
    for one in (case, replace(case, target="user:u2")):
        save_case(space, SavedCase(one, run.id, "", "planted", data.fingerprint, "t", "s", (), groups=groups))
    packed = export_zip(space, [entry.id for entry in space.entries()])
    alone = [space.get(one).kind for one in needed_by(space, space.entries("case")[0].id)]
    assert alone == ["case", "run", "cohort"]
    space.purge(group.id)  # nobody on the other server has it
    theirs = state.workspace().space(BOB)
    brought = {entry.kind: entry.id for entry in import_zip(theirs, packed)}
    saved = {entry.id: read_case(theirs, entry.id) for entry in theirs.entries("case")}
    new = f"group:{brought['cohort']}"
    assert {one.case.target: one.case.source for one in saved.values()} == {f"{new}!medoid": new, "user:u2": new}
    assert all(list(one.groups) == [brought["cohort"]] and one.run == brought["run"] for one in saved.values())
    app = press(home(BOB), f"open_{next(entry_id for entry_id, one in saved.items() if one.case.target == 'user:u2')}")
    assert app.title[0].value == "Transfer interests" and param(app, "source") == new


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 60])
def test_a_zip_that_is_none_is_refused_and_nothing_is_added(space: Space, content: bytes) -> None:
    app = home()
    app.file_uploader(key="saved_upload").set_value(("studio.zip", content, "application/zip")).run()
    app.button(key="saved_import").click().run()
    no_errors(app, "zip")
    assert not space.entries()


def test_a_study_opens_on_its_axis_and_a_map_on_its_run(space: Space) -> None:
    data = planted_dataset(users=40)
    run, other = (space.save_run(train_run(data, model="markov", name=name), data).id for name in ("mine", "newer"))
    study = space.save_json("study", "s", {}, {"fingerprint": data.fingerprint, "axis": "time", "scenarios": []})
    drawn = Projection(np.zeros((40, 2), np.float32), "pca")
    made_for = {"run": run, "representation": "next-choice"}
    save_map(space, ProjectionSettings(), "key", drawn, made_for)
    save_map(space, ProjectionSettings(), "gone", drawn, {**made_for, "run": "0" * 32})
    of_none, of_run = (entry.id for entry in space.entries("map"))
    app = after_jobs(press(home(run=other), f"open_{study.id}"))
    assert app.segmented_control(key="study_axis").value == "time"
    app.switch_page("pages/4_Transfer.py").run()
    app.query_params["tab"] = "study"
    app.switch_page("pages/5_Evaluate.py").run()
    assert app.segmented_control(key="study_axis").value == "users", "the axis of the source, as it opens otherwise"
    for entry_id, opened in ((of_run, run), (of_none, other)):
        app = home(run=other)
        app.button(key=f"open_{entry_id}").click().run()
        expect("")  # a model that counts has no map
        assert (param(app, "run"), param(app, "tab")) == (opened, "next-choice")
