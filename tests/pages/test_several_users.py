"""Several named users as target or source on Transfer and Explain, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from tests.walks.page_screen import mixer
from ui.transfer.tabs import TABS

ROOT = Path(__file__).resolve().parents[2]
SPACE = "c" * 32
TARGET, SOURCE = "several:least-misery:any:u3,u8,u10", "several:most-pleasure:any:u5,u7"


@pytest.fixture(scope="module")
def run_id(own_workspace: Workspace) -> str:
    """A small run in a workspace of its own."""
    data = planted_dataset()
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1)
    return own_workspace.space(SPACE).save_run(run, data).id


def opened(run_id: str, page: str = "4_Transfer", **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    for name, value in {"run": run_id, **view}.items():
        app.query_params[name] = value
    return app.switch_page(f"pages/{page}.py").run()


def param(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def run_with_panel(app: AppTest, panel: str) -> AppTest:
    """AppTest does not send that a popover is open."""
    app.session_state[panel] = True
    return app.run()


def words(app: AppTest) -> str:
    return " ".join(str(one.value) for one in [*app.markdown, *app.caption, *app.info, *app.warning]).replace("\\", "")


def test_users_are_added_one_by_one_and_agree_as_chosen(run_id: str) -> None:
    app = run_with_panel(opened(run_id, target="user:u3", source="user:u4"), "transfer_target")
    app.selectbox(key="target_kind_user:u3").set_value("several")
    app = run_with_panel(app, "transfer_target")
    box = app.multiselect(key="target_several_user:u3")
    assert box.value == [3] and param(app, "target") == "user:u3", "nothing changes before there are two"
    assert "Choose at least two." in words(app)
    box.set_value([3, 8])
    app = run_with_panel(app, "transfer_target")
    assert param(app, "target") == "several:mean:any:u3,u8"
    for part, choice, wanted in (
        ("agreement", "least-misery", "several:least-misery:any:u3,u8"),
        ("left_out", "all", "several:least-misery:all:u3,u8"),
    ):
        key = f"target_{part}_{param(app, 'target')}"
        next(one for one in app.get("button_group") if one.key == key).set_value(choice)
        app = run_with_panel(app, "transfer_target")
        assert param(app, "target") == wanted
    no_errors(app)
    shown = mixer(app)
    assert shown is not None and shown["target"]["name"] == "users u3 and u8"
    app.button(key="swap").click().run()
    assert (param(app, "target"), param(app, "source")) == ("user:u4", "several:least-misery:all:u3,u8")
    no_errors(app)


@pytest.mark.parametrize("tab", list(TABS))
def test_each_tab_says_what_holds_for_several_users(run_id: str, tab: str) -> None:
    app = opened(run_id, target=TARGET, source=SOURCE, tab=tab, alpha="0.2")
    no_errors(app)
    said = {
        "ways": "Several users agree on scores",
        "privacy": "Noise is added to the mean of several users",
        "files": "the least misery of users u3, u8 and u10 + 20% of the most pleasure of users u5 and u7",
    }
    assert said.get(tab, "Served least: u") in words(app)


def test_below_the_mixer_stands_who_is_served_how_well(run_id: str) -> None:
    app = opened(run_id, target=TARGET, source="user:u4", what="interests")
    no_errors(app)
    table = next(one.value for one in app.dataframe if "found_by_mean" in one.value.columns)
    assert list(table["user_id"]) == ["u3", "u8", "u10"] and "had" not in table
    assert "The mean would serve" in words(app) and "own scores, without the source" in words(app)
    by_mean = opened(run_id, target=TARGET.replace("least-misery", "mean"), source="user:u4", lang="zh")
    assert "被满足最少的是" in words(by_mean)
    assert not any("found_by_mean" in one.value.columns for one in by_mean.dataframe)
    alone = opened(run_id, target="user:u3", source=SOURCE)
    assert "Served least" not in words(alone)


def test_explain_explains_the_first_of_them(run_id: str) -> None:
    app = opened(run_id, "6_Explain", target=TARGET, source=SOURCE, alpha="0.2", what="interests")
    no_errors(app)
    assert app.selectbox(key="explain_who_user:u3").value == "u3"
    assert "The first of the users who are the target together" in words(app)
    assert param(app, "target") == TARGET
