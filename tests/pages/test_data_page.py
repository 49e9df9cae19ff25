"""The Data page: open a sample or a file, see what is dropped, correct columns and cleaning, undo."""

from __future__ import annotations

import gzip
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import recsys.data
from recsys.data import Loaded, load
from recsys.data.samples import load_sample
from recsys.data.storage import load_dataset
from recsys.models.table import FittedModel
from recsys.runs import TrainingPlan, load_run, train_run
from recsys.wording import Message
from recsys.workspace import Space, Workspace, export_zip, import_zip
from tests.data.layouts import COLLECTIONS
from tests.jobs.functions import submit
from tests.pages.screen import no_errors, open_tab
from ui.data.uploads import Uploads
from ui.shell import state
from ui.train import jobs

ANN = "a" * 32
REAL = state.ROOT.parent / "shared" / "data" / "ml-latest-small.zip"
GOOD = (
    b"customer,product,when,stars\n"
    + b"".join(
        f"c{n % 7},p{n * n % 11},2024-03-{1 + n % 28:02d} 10:{n % 60:02d},{1 + n % 5}\n".encode() for n in range(90)
    )
    + b",p1,2024-03-01 10:00,3\nc1,,2024-03-01 10:00,3\nc2,p2,never,3\nc0,p0,2024-03-01 10:00,1\n"
)


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_SECRET", raising=False)
    monkeypatch.delenv("STUDIO_LOCAL_FILES", raising=False)
    state.workspace.clear()
    state.jobs.clear()
    return Workspace(tmp_path / "home").space(ANN)


def data_page() -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = ANN
    app.switch_page("pages/1_Data.py")
    return app.run()


def drop(app: AppTest, *files: tuple[str, bytes], key: str = "data_files", refused: str = "") -> AppTest:
    uploads = [(name, content, "application/octet-stream") for name, content in files]
    field = next(field for field in app.file_uploader if str(field.key).startswith(f"{key}_"))
    field.set_value(uploads if key in ("data_files", "data_vectors") else uploads[0]).run()
    no_errors(app, *([refused] if refused else []))
    return app


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def words(app: AppTest) -> str:
    return " ".join(str(part.value) for part in (*app.markdown, *app.caption, *app.error, *app.info))


def flow_of(app: AppTest) -> str:
    """The title of the figure of kept and dropped rows."""
    charts = app.get("plotly_chart")
    return str(json.loads(charts[0].proto.spec)["layout"]["title"]["text"]).replace("<br>", " ") if charts else ""


def test_without_data_it_offers_samples_and_an_upload(space: Space) -> None:
    app = data_page()
    no_errors(app)
    assert "There is no data yet" in app.subheader[0].value
    assert [card.key for card in app.button if str(card.key).startswith("data_sample_")] == [
        f"data_sample_{name}" for name in ("all", "social", "shop", "courses", "entertainment")
    ]
    assert words(app).count("What to find:") == 5
    assert app.file_uploader(key="data_files_0")
    assert not [field for field in app.text_input if field.key == "data_path"]  # paths are off by default


def test_a_sample_opens_with_one_click_and_is_saved(space: Space) -> None:
    app = data_page()
    app.button(key="data_sample_courses").click().run()
    no_errors(app)
    (entry,) = space.entries("dataset")
    assert app.query_params["dataset"] == [entry.id] or app.query_params["dataset"] == entry.id
    cleaning = load_dataset(space.path(entry.id)).cleaning
    assert cleaning is not None and cleaning.rows_read == cleaning.rows_kept + sum(cleaning.dropped.values())
    assert metrics(app)["Rows kept"] == f"{cleaning.rows_kept:,}"
    assert flow_of(app).startswith(f"{cleaning.rows_kept:,} of {cleaning.rows_read:,} rows are kept")
    primary = [button for button in app.button if button.proto.type == "primary"]
    assert [button.key for button in primary] == ["data_next"]


def test_in_a_chinese_interface_the_sample_is_in_chinese(space: Space) -> None:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"], app.session_state["language_chosen"] = ANN, "zh"
    app.switch_page("pages/1_Data.py").run()
    app.button(key="data_sample_courses").click().run()
    no_errors(app)
    (entry,) = space.entries("dataset")
    assert entry.name == "在线课程（示例）"
    assert load_dataset(space.path(entry.id)).fingerprint == load_sample("courses", "zh").dataset.fingerprint


def test_an_upload_is_read_and_its_dropped_rows_are_listed(space: Space) -> None:
    app = drop(data_page(), ("shop.csv", GOOD))
    no_errors(app)
    assert metrics(app) == {"Users": "7", "Items": metrics(app)["Items"], "Rows kept": "90"}
    dropped, shown = words(open_tab(app, "Dropped rows")), words(open_tab(app, "Columns"))
    for reason in ("missing user", "missing item", "unparsable time", "duplicate"):
        assert reason in dropped
    assert "User: **customer**" in shown and "Time: **when**" in shown
    assert load_dataset(space.path(space.entries("dataset")[0].id)).n_interactions == 90
    assert not [path for path in space.folder.rglob("*") if path.suffix == ".csv"]  # the raw file is not kept


def test_the_plan_can_be_changed_undone_and_reset(space: Space) -> None:
    app = open_tab(drop(data_page(), ("shop.csv", GOOD)), "Cleaning")

    def rating() -> object:
        return next(field for field in app.number_input if "rating" in field.label)

    rating().set_value(4.0)  # type: ignore[attr-defined]
    next(button for button in app.button if button.label == "Apply").click().run()
    no_errors(app)
    assert metrics(app)["Rows kept"] == "36"  # stars 4 and 5 of 1 … 5
    assert len(space.entries("dataset")) == 1  # the version it replaces is gone
    app.button(key="data_undo").click().run()
    no_errors(app)
    assert metrics(app)["Rows kept"] == "90"
    assert app.button(key="data_undo").disabled


def test_columns_can_be_corrected(space: Space) -> None:
    app = open_tab(drop(data_page(), ("shop.csv", GOOD)), "Columns")
    user = next(box for box in app.selectbox if box.label == "User")
    user.set_value("stars").run()
    no_errors(app)
    assert metrics(app)["Users"] == "5"
    open_tab(app, "Cleaning").button(key="data_undo").click().run()
    assert metrics(app)["Users"] == "7"


BAD = {
    "nothing.csv": (b"", "must not be empty"),
    "blank.csv": (b"\n\n  \n", "must not be empty"),
    "one-column.csv": (b"user\nann\nbob\n", "at least two columns"),
    "settings.json": (b'{"theme": {"dark": true}}', "a column for the item"),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "must be a table (got an image)"),
    "nul.csv": (b"user,item\n\x00\x00,\x00\n", "without NUL bytes"),
    "cut.csv.gz": (gzip.compress(GOOD)[:60], "compressed data ends early"),
    "cut.zip": (zipped(a_csv=GOOD)[:-30], "an undamaged zip"),
    "climb.zip": (zipped(**{"../../evil_csv": GOOD}), "a relative name"),
    "header-only.csv": (b"user,item,time\n", "must have rows below its first one"),
    "all-missing.csv": (b"user,item\n,1\n,2\n", "at least one row after cleaning"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_and_the_open_data_stays(space: Space, name: str) -> None:
    app = drop(data_page(), ("shop.csv", GOOD))
    (before,) = space.entries("dataset")
    content, rule = BAD[name]
    drop(app, (name, content), refused=rule)
    assert len(app.error) == 1 and name in app.error[0].value.replace("\\", "")
    assert [entry.id for entry in space.entries("dataset")] == [before.id]
    assert metrics(app)["Rows kept"] == "90"


def test_hostile_text_is_shown_as_text(space: Space) -> None:
    hostile = GOOD.replace(b"customer", b"<script>alert(1)</script>user").replace(b"p3,", b"<img src=x onerror=1>,")
    app = drop(data_page(), ("<b>x</b>.csv", hostile))
    no_errors(app)
    assert "<script>" not in words(app).replace("\\<", "") and "<b>x" not in words(app).replace("\\<", "")


def test_pseudonyms_replace_every_id_before_saving_and_the_key_is_shown_once(space: Space) -> None:
    app = data_page()
    app.toggle(key="data_pseudonyms").set_value(True).run()
    drop(app, ("shop.csv", GOOD))
    key = app.code[0].value
    assert len(key) == 32
    dataset = load_dataset(space.path(space.entries("dataset")[0].id))
    assert all(user.startswith("p-") for user in dataset.users.ids)
    app.run()
    assert not app.code
    raw = [path.read_bytes() for path in space.folder.rglob("*") if path.is_file()]
    assert not any(key.encode() in content for content in raw)
    drop(app, ("things.csv", b"product,title\np1,A lamp\n"), key="data_items")
    assert not app.code, "cleaned again: the key that was shown is still theirs"
    drop(app, ("shop.csv", GOOD))
    assert not app.code and len(space.entries("dataset")) == 1, "the same file again"
    assert load_dataset(space.path(space.entries("dataset")[0].id)).users.ids == dataset.users.ids
    drop(app, ("other.csv", GOOD.replace(b"c1,", b"c9,")))
    assert len(app.code[0].value) == 32 and app.code[0].value != key
    drop(app, ("other.csv", GOOD.replace(b"c1,", b"c8,")))
    assert len(space.entries("dataset")) == 3, "another file of the same name replaces nothing"


def test_a_path_opens_only_inside_the_allowed_folder(
    space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "shop.csv").write_bytes(GOOD)
    (tmp_path / "secret.csv").write_bytes(GOOD)
    monkeypatch.setenv("STUDIO_LOCAL_FILES", str(allowed))
    app = data_page()
    app.text_input(key="data_path").set_value("../secret.csv")
    next(button for button in app.button if button.label == "Open the path").click().run()
    no_errors(app, "inside the allowed folder")
    assert not space.entries("dataset")
    app.text_input(key="data_path").set_value("shop.csv")
    next(button for button in app.button if button.label == "Open the path").click().run()
    no_errors(app)
    assert metrics(app)["Rows kept"] == "90"


def test_a_path_opens_with_the_pseudonyms_and_tables_that_are_chosen(
    space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.csv").write_bytes(GOOD)
    monkeypatch.setenv("STUDIO_LOCAL_FILES", str(tmp_path))
    app = drop(data_page(), ("things.csv", b"product,title\np1,A lamp\n"), key="data_items")
    app.toggle(key="data_pseudonyms").set_value(True).run()
    app.text_input(key="data_path").set_value("shop.csv")
    next(button for button in app.button if button.label == "Open the path").click().run()
    no_errors(app)
    assert len(app.code[0].value) == 32
    (entry,) = space.entries("dataset")
    dataset = load_dataset(space.path(entry.id))
    assert all(user.startswith("p-") for user in dataset.users.ids) and "A lamp" in dataset.catalogue.titles


def test_saved_data_opens_again_with_its_flow_in_a_new_session(space: Space) -> None:
    drop(data_page(), ("shop.csv", GOOD))
    app = data_page()
    no_errors(app)
    assert metrics(app)["Rows kept"] == "90"
    assert "kept only while the file is open" in words(open_tab(app, "Dropped rows"))
    assert [tab.label for tab in app.tabs] == ["Shape", "Quality", "Dropped rows", "Export"]


@pytest.mark.parametrize("file", [path for path in (REAL,) if path.exists()] or [None], ids=lambda f: "zip")
def test_a_published_zip_opens_as_it_is(space: Space, file: Path | None) -> None:
    """MovieLens as GroupLens publishes it, where it is; else a zip of the same shape."""
    lines = b"".join(b"%d,%d,%.1f,%d\n" % (n % 40 + 1, n * 7 % 90 + 1, 1 + n % 5, 10**9 + n) for n in range(800))
    films = b"".join(b"%d,Film %d (1999),Comedy|Drama\n" % (n, n) for n in range(1, 91))
    small = {
        "ml/ratings_csv": b"userId,movieId,rating,timestamp\n" + lines,
        "ml/movies_csv": b"movieId,title,genres\n" + films,
    }
    app = drop(data_page(), ("ml-latest-small.zip", file.read_bytes() if file else zipped(**small)))
    no_errors(app)
    dataset = load_dataset(space.path(space.entries("dataset")[0].id))
    assert dataset.n_interactions == (100_836 if file else 800)
    assert all("(" in title for title in dataset.catalogue.titles[1:20])
    assert any(dataset.catalogue.tags)


def test_the_demo_dataset_shows_what_was_read_and_dropped(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo saves the sample without the Data page; the page shows its dropped rows as well."""
    loaded = load_sample("courses")
    space.save_dataset(loaded.dataset)
    app = data_page()
    assert loaded.report.rows_read > loaded.report.rows_kept
    assert f"of {loaded.report.rows_read:,} rows are kept" in flow_of(app)
    reasons = {reason: f"{count:,} rows" for reason, count in loaded.report.dropped.items()}
    assert all(count in words(open_tab(app, "Dropped rows")) for count in reasons.values())


def test_every_way_of_opening_shows_the_same_rows(space: Space) -> None:
    drop(data_page(), ("shop.csv", GOOD))
    (entry,) = space.entries("dataset")
    shown = "90 of 94 rows are kept"
    again = data_page()
    assert flow_of(again).startswith(shown)
    visitor = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)  # a user with the link
    visitor.session_state["space"] = "b" * 32
    visitor.query_params["dataset"] = entry.id
    visitor.switch_page("pages/1_Data.py")
    visitor.run()
    assert flow_of(visitor).startswith(shown) and "Times were read" in words(visitor)
    other = Workspace(space.workspace.root.parent / "elsewhere").space("c" * 32)  # another machine
    (moved,) = import_zip(other, export_zip(space, [entry.id]))
    run = train_run(load_dataset(other.path(moved.id)), model="popularity")
    kept = other.save_run(run, load_dataset(other.path(moved.id)))
    _, dataset = load_run(other.path(kept.id))
    assert dataset.cleaning is not None and (dataset.cleaning.rows_read, dataset.cleaning.rows_kept) == (94, 90)


def test_data_of_older_versions_does_not_claim_that_all_rows_were_kept(space: Space) -> None:
    entry = space.save_dataset(replace(load_sample("courses").dataset, cleaning=None))
    app = data_page()
    assert not app.exception and "not recorded" in words(app) and "rows are kept" not in flow_of(app)
    kept = entry.meta["number"].replace(",", "")
    older = {"rows_read": int(kept) + 5, "rows_kept": int(kept), "dropped": {"duplicate": 5}}
    space.save_dataset(replace(load_sample("courses").dataset, cleaning=None), older)
    assert f"of {int(kept) + 5:,} rows are kept" in flow_of(data_page())


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each time a file is read."""
    found: list[object] = []

    def counted(*given: Any, **options: Any) -> Loaded:
        found.append(options.get("columns"))
        return load(*given, **options)

    monkeypatch.setattr(recsys.data, "load", counted)
    return found


def box(app: AppTest, label: str) -> Any:
    return next(one for one in app.selectbox if one.label == label)


def test_a_plan_that_keeps_no_rows_shows_an_error_and_changes_nothing(space: Space) -> None:
    app = open_tab(drop(data_page(), ("shop.csv", GOOD)), "Cleaning")
    before = space.entries("dataset")
    next(field for field in app.number_input if "Minimum interactions per user" in field.label).set_value(1_000)
    next(button for button in app.button if button.label == "Apply").click().run()
    no_errors(app, "must keep at least one row")
    assert space.entries("dataset") == before and metrics(app)["Rows kept"] == "90"
    app.run()
    assert len(app.error) == 1, "it stays until something else is done"
    next(field for field in app.number_input if "Minimum interactions per user" in field.label).set_value(2)
    next(button for button in app.button if button.label == "Apply").click().run()
    assert not app.error and metrics(app)["Rows kept"] == "90"


def test_an_error_is_not_shown_on_the_next_visit(space: Space) -> None:
    app = drop(data_page(), ("shop.csv", GOOD))
    drop(app, ("empty.csv", b""), refused="must not be empty")
    app.switch_page("pages/2_Train.py").run()
    app.switch_page("pages/1_Data.py").run()
    assert not app.error and metrics(app)["Rows kept"] == "90"


def test_an_unsuitable_column_shows_an_error_and_is_read_once(space: Space, readings: list[object]) -> None:
    app = open_tab(drop(data_page(), ("shop.csv", GOOD)), "Columns")
    assert len(readings) == 1
    box(app, "User").set_value("product").run()  # now user and item are the same column
    no_errors(app, "must be different columns")
    assert len(readings) == 2
    app.run()
    app.run()
    assert len(readings) == 2, "the file is not read again and again"
    assert box(app, "User").value == "product", "the choice stays, to be corrected"
    assert metrics(app)["Users"] == "7"
    box(app, "Item").set_value("customer").run()  # the other way round: it can be read
    assert not app.error and metrics(app)["Items"] == "7" and len(readings) == 3


def test_another_table_of_an_archive_can_be_chosen(space: Space) -> None:
    given = COLLECTIONS["books under two ids"].zipped()
    app = drop(data_page(), ("books.zip", given))
    said = words(app)
    assert "ratings" in said and "books" in said, "the page says it without a look at the tab"
    open_tab(app, "Columns")
    shown = next(frame.value for frame in app.dataframe if "used as" in frame.value.columns)
    taken = dict(zip(shown["file"], shown["used as"], strict=True))
    assert taken["ratings.csv"] == "interactions" and taken["books.csv"] == "items" and taken["tags.csv"] == "not used"
    box(app, "Interactions").set_value("to_read.csv").run()
    assert not app.error and metrics(app)["Rows kept"] == "200"
    open_tab(app, "Cleaning").button(key="data_undo").click().run()
    assert metrics(app)["Rows kept"] == "400"
    open_tab(app, "Columns")
    box(app, "Item table").set_value("(none)").run()
    titles = load_dataset(space.path(space.entries("dataset")[0].id)).catalogue.titles
    assert not any(title.startswith("Book") for title in titles)


def test_an_item_table_uploaded_later_joins_the_open_data(space: Space) -> None:
    app = drop(data_page(), ("shop.csv", GOOD))
    drop(app, ("things.csv", b"product,title\np1,A lamp\np3,A chair\n"), key="data_items")
    assert not app.error and len(space.entries("dataset")) == 1
    assert "A lamp" in load_dataset(space.path(space.entries("dataset")[0].id)).catalogue.titles


def test_pseudonyms_chosen_after_the_upload_replace_the_saved_ids(space: Space) -> None:
    app = drop(data_page(), ("shop.csv", GOOD))
    app.toggle(key="data_pseudonyms").set_value(True).run()
    assert len(app.code[0].value) == 32
    (entry,) = space.entries("dataset")
    assert all(user.startswith("p-") for user in load_dataset(space.path(entry.id)).users.ids)
    drop(app, ("things.csv", b"product,title\np1,A lamp\n"), key="data_items")
    assert all(
        user.startswith("p-") for one in space.entries("dataset") for user in load_dataset(space.path(one.id)).users.ids
    )
    assert not space.trash()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Trainings wait until it is set."""
    gate = threading.Event()
    submit(state.jobs(), ANN, "train", "another", lambda progress: gate.wait(60) and None)
    yield gate
    gate.set()
    state.jobs.clear()


def queued_training(space: Space, dataset: str) -> str:
    """A saved training on a dataset, whose job waits. Returns its id."""
    plan = TrainingPlan(model=FittedModel("popularity"), baselines=())
    entry = space.save_json("training", "mine", {"plan": plan.to_json(), "dataset": dataset})
    job = jobs.describe(space, jobs.read(space, entry.id))
    return state.jobs().submit(ANN, "train", "mine", job, job_id=entry.id)


def test_a_dataset_that_another_cleaning_replaces_stays_until_its_training_has_ended(
    space: Space, gate: threading.Event
) -> None:
    app = drop(data_page(), ("shop.csv", GOOD))
    (before,) = space.entries("dataset")
    training = queued_training(space, before.id)
    drop(app, ("things.csv", b"product,title\np1,A lamp\n"), key="data_items")
    assert not app.error and {entry.id for entry in space.entries("dataset")} > {before.id}
    gate.set()
    ended = state.jobs().wait(training, ANN, 60)
    assert ended.state == "done", ended.error
    app.run()
    assert before.id not in {entry.id for entry in space.entries("dataset")} and len(space.entries("dataset")) == 1
    assert not space.trash() and len(space.entries("run")) == 1


def test_a_training_on_ids_that_become_pseudonyms_is_discarded_with_them(space: Space, gate: threading.Event) -> None:
    """Also one on an earlier version, which was kept for it."""
    app = drop(data_page(), ("shop.csv", GOOD))
    (before,) = space.entries("dataset")
    training = queued_training(space, before.id)
    drop(app, ("things.csv", b"product,title\np1,A lamp\n"), key="data_items")
    app.toggle(key="data_pseudonyms").set_value(True).run()
    assert not app.error and state.jobs().snapshot(training, ANN).state == "stopped"
    (left,) = space.entries("dataset")
    assert all(user.startswith("p-") for user in load_dataset(space.path(left.id)).users.ids)
    assert not space.entries("training") and not space.trash()
    assert [toast.value for toast in app.toast] == [
        "The training “mine” was discarded: it used the user ids that are now pseudonyms."
    ]


def test_finished_runs_that_keep_the_ids_are_named_when_pseudonyms_replace_these(space: Space) -> None:
    """Also one on a version that has been removed."""
    app = drop(data_page(), ("shop.csv", GOOD))
    (before,) = space.entries("dataset")
    queued = queued_training(space, before.id)
    assert state.jobs().wait(queued, ANN, 60).state == "done"
    drop(app, ("things.csv", b"product,title\np1,A lamp\n"), key="data_items")
    assert before.id not in {entry.id for entry in space.entries("dataset")}
    assert not app.warning, "no word about the version that was replaced"
    app.toggle(key="data_pseudonyms").set_value(True).run()
    assert [warning.value for warning in app.warning] == [
        "Finished runs keep the user ids that are now pseudonyms: Most popular on shop\\.csv. Delete them on Home, and "
        "empty the trash."
    ]
    assert not app.run().warning, "said once, as the key"


def test_reset_of_a_sample_restores_its_plan(space: Space) -> None:
    app = data_page()
    app.button(key="data_sample_courses").click().run()
    kept = metrics(app)["Rows kept"]
    open_tab(app, "Cleaning")
    next(field for field in app.number_input if "Minimum interactions per user" in field.label).set_value(30)
    next(button for button in app.button if button.label == "Apply").click().run()
    assert metrics(app)["Rows kept"] != kept
    app.button(key="data_reset").click().run()
    assert not app.exception and metrics(app)["Rows kept"] == kept


def test_the_upload_leaves_the_field_at_once_and_the_memory_in_time(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, marker = [0.0], b"c999,p999,2024-03-01 10:00,4\n"
    held = Uploads(600, 10**9, clock=lambda: now[0])
    monkeypatch.setattr("ui.data.reading.uploads", lambda: held)
    app = drop(data_page(), ("shop.csv", GOOD + marker * 3_000))
    assert held.bytes > 80_000 and not any(field.value for field in app.file_uploader), "the field is empty again"
    assert isinstance(app.session_state["data_open"], str), "the session has a key to it, nothing of it"
    now[0] = 599
    assert [tab.label for tab in app.run().tabs][-1] == "Cleaning"
    now[0] = 1_300
    app.run()
    assert held.bytes == 0 and not app.exception
    assert metrics(app)["Users"] == "8" and [tab.label for tab in app.tabs][-1] == "Export"
    assert "kept only while the file is open" in words(open_tab(app, "Dropped rows"))


def test_a_file_beyond_the_limit_is_read_but_not_kept_in_memory(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.data.reading.uploads", lambda: Uploads(600, 1_000))
    app = drop(data_page(), ("shop.csv", GOOD))
    assert not app.error and metrics(app)["Rows kept"] == "90" and len(app.tabs) == 4


def test_several_zips_are_one_input_and_so_is_a_folder(space: Space) -> None:
    items = "product,title\n" + "".join(f"p{n},Thing {n}\n" for n in range(11))
    app = drop(data_page(), ("a.zip", zipped(events_csv=GOOD)), ("b.zip", zipped(items_csv=items.encode())))
    assert metrics(app)["Rows kept"] == "90"
    (entry,) = space.entries("dataset")
    assert load_dataset(space.path(entry.id)).catalogue.titles[1].startswith("Thing ")
    head, *lines = GOOD.splitlines(keepends=True)
    parts = [
        ("part-0.csv", head + b"".join(lines[:40])),
        ("part-1.csv", head + b"".join(lines[40:])),
        ("_SUCCESS", b""),
    ]
    field = next(field for field in app.file_uploader if str(field.key).startswith("data_folder_"))
    field.set_value([(f"orders/{name}", content, "text/csv") for name, content in parts]).run()
    no_errors(app)
    assert metrics(app)["Rows kept"] == "90" and len(space.entries("dataset")) == 2


def test_several_files_are_saved_under_an_english_name_whatever_the_language(space: Space) -> None:
    app = data_page()
    app.query_params["lang"] = "zh"
    drop(app.run(), ("a.zip", zipped(events_csv=GOOD)), ("b.zip", zipped(other_csv=b"product,title\np1,Thing\n")))
    (entry,) = space.entries("dataset")
    assert entry.name == "a.zip and 1 more" and isinstance(entry.label, Message)


def test_step_numbers_are_not_shown_as_dates(space: Space) -> None:
    rows = b"user,item,timestamp\n" + b"".join(b"u%d,i%d,%d\n" % (n % 5, n * n % 7, n + 1) for n in range(90))
    app = drop(data_page(), ("steps.csv", rows))
    shown = words(open_tab(app, "Shape")) + "".join(str(chart.proto) for chart in app.get("plotly_chart"))
    assert "but no dates" in shown.replace("<br>", " ") and "busiest week" not in shown
