"""The tab "Compare cases": save, compare, the same case under another run, notes, files, delete and undo."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys.cases.lists import list_of_case
from recsys.cases.rules import NO_RULES
from recsys.cases.run_parts import open_run
from recsys.runs import train_run
from recsys.workspace import Space, Workspace
from recsys.workspace.cases import read_case, saved_cases
from tests.conftest import planted_dataset
from tests.pages.conftest import save_small_runs
from tests.pages.screen import everything_on, no_errors
from tests.pages.test_transfer_files import ROOT, SPACE, opened, param

NOTE = "<script>alert(1)</script> *bold* [a](javascript:1) $x$ | `y`"


@pytest.fixture(scope="module")
def runs(own_workspace: Workspace) -> dict[str, str]:
    """The ids of a network, of a popularity model, and of a model of other users."""
    space, few = own_workspace.space(SPACE), planted_dataset(users=12)
    return save_small_runs(space) | {"few": space.save_run(train_run(few, model="markov", baselines=()), few).id}


@pytest.fixture
def space(own_workspace: Workspace) -> Space:
    return own_workspace.space(SPACE)


def press(app: AppTest, key: str) -> AppTest:
    found = next(button for button in app.button if str(button.key).startswith(key))
    return found.click().run()


def tables(app: AppTest) -> list[Any]:
    return [frame.value for frame in app.dataframe]


def test_cases_from_saving_to_files(runs: dict[str, str], space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, Callable[[], bytes]] = {}
    real = st.download_button
    monkeypatch.setattr(
        st, "download_button", lambda label, make, **how: (files.update({how["key"]: make}), real(label, make, **how))
    )
    app = opened(runs["attention"], target="user:u30", source="user:u31", alpha="0.3", k="6", tab="cases")
    no_errors(app)
    assert "Nothing saved yet" in everything_on(app)
    app.text_input(key="cases_note_0").set_value(NOTE)
    press(app, "cases_save")
    no_errors(app)
    (first,) = saved_cases(space)[0]
    saved = read_case(space, first)
    assert saved.note == NOTE and saved.case.rules == NO_RULES and saved.run == runs["attention"]
    parts = open_run(space.path(runs["attention"]))
    assert saved.items == list_of_case(parts, saved.case), "the app and the library give the same list"
    assert app.text_input(key="cases_note_1").value == ""
    (table,) = tables(app)
    assert list(table["Note"]) == [NOTE] and list(table["α"]) == [0.3] and list(table["Target"]) == ["user u30"]

    app = opened(runs["attention"], target="user:u30", source="user:u33", alpha="0.9", k="6", tag="odd", tab="cases")
    press(app, "cases_save")
    no_errors(app)
    table, differs = tables(app)
    assert list(table["Case"]) == [1, 2] and list(table["α"]) == [0.9, 0.3]
    assert list(differs["What differs"]) == ["Source", "α", "Rules"]
    assert "items are in both lists" in everything_on(app) and "**◆**" in everything_on(app)

    app.selectbox(key="cases_run").set_value(runs["popularity"]).run()
    no_errors(app)
    assert everything_on(app).count("◆ in this list only") == 2
    app.selectbox(key="cases_run").set_value(runs["few"]).run()
    no_errors(app)
    assert [info for info in app.info if "u30" in info.value.replace("\\", "")]

    assert b"<svg" in files["out_cases_html"]() and NOTE.encode() not in files["out_cases_html"]()
    assert b"Case 1 and case 2" in files["out_cases_md"]()
    assert "is not in the export" not in (notebook := files["out_cases_ipynb"]().decode())
    assert json.loads(notebook)["nbformat"] == 4
    space.delete(runs["attention"])
    assert files["out_cases_ipynb"]().decode().count("its run is not in the export of Home") == 2
    space.restore(runs["attention"])

    app.text_area(key=f"cases_text_b_{first}").set_value("changed").run()
    press(app, f"cases_keep_b_{first}")
    assert read_case(space, first).note == "changed"
    press(app, f"cases_open_b_{first}")
    no_errors(app)
    assert param(app, "source") == "user:u31" and not {"tag", "alpha"} & set(app.query_params)


def test_the_compared_cases_are_in_the_link(runs: dict[str, str], space: Space) -> None:
    pair = {"target": "user:u30", "source": "user:u31", "tab": "cases"}
    app = opened(runs["attention"], alpha="0.1", **pair)
    for alpha in ("0.4", "0.6"):
        press(app, "cases_save")
        app.query_params["alpha"] = alpha
        app.run()
    press(app, "cases_save")
    newest, middle, oldest, *_ = saved_cases(space)[0]
    assert param(app, "cases") == f"{newest}~{middle}"
    app.selectbox(key="cases_b").set_value(oldest).run()
    no_errors(app)
    assert param(app, "cases") == f"{newest}~{oldest}"

    again = opened(runs["attention"], **pair, cases=f"{oldest}~{middle}")
    assert (again.selectbox(key="cases_a").value, again.selectbox(key="cases_b").value) == (oldest, middle)
    for unknown in ("gone", "~", f"{oldest}~gone~more", "a~b~c~d"):
        app = opened(runs["attention"], **pair, cases=unknown)
        no_errors(app)
        assert app.selectbox(key="cases_b").value == middle, "the newest two where the link names none of theirs"


def test_a_deleted_case_comes_back(runs: dict[str, str], space: Space) -> None:
    app = opened(runs["attention"], target="user:u30", source="user:u31", tab="cases")
    press(app, "cases_save")
    press(app, "cases_save")
    before = set(saved_cases(space)[0])
    press(app, "cases_delete_a")
    no_errors(app)
    assert len(saved_cases(space)[0]) == len(before) - 1
    assert [one for one in app.caption if one.value.startswith("Deleted: user u30 and user u31")]
    press(app, "cases_undo")
    no_errors(app)
    assert set(saved_cases(space)[0]) == before


def test_home_opens_a_case(runs: dict[str, str], space: Space) -> None:
    app = opened(runs["attention"], target="user:u30", source="user:u35", alpha="0.7", tab="cases")
    press(app, "cases_save")
    saved = next(iter(saved_cases(space)[0]))
    home = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    home.session_state["space"] = SPACE
    home.run()
    assert [line for line in home.markdown if line.value.startswith("Case · user u30 and user u35")]
    home.button(key=f"open_{saved}").click().run()
    assert (param(home, "source"), param(home, "alpha")) == ("user:u35", "0.7")
