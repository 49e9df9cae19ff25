"""Protecting the source on the pages: what is said, what is not shown, what is refused, and what a new draw costs."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors
from ui.shell import state

SPACE, OTHER_SPACE = "8" * 32, "7" * 32  # each has a budget of its own


@pytest.fixture(scope="module")
def run_ids(own_workspace: Workspace) -> dict[str, str]:
    """The same run in both spaces: space -> id."""
    data = planted_dataset()
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1)
    return {space: own_workspace.space(space).save_run(run, data).id for space in (SPACE, OTHER_SPACE)}


@pytest.fixture(scope="module")
def run_id(run_ids: dict[str, str]) -> str:
    return run_ids[SPACE]


def opened(page: str, run: str, source: str = "user:u4", space: str = SPACE, **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = space
    app.query_params.update({"run": run, "target": "user:u3", "source": source, "epsilon": "4", **view})
    return app.switch_page(f"pages/{page}.py").run()


def words(app: AppTest) -> str:
    shown = [*app.warning, *app.info, *app.markdown, *app.caption, *app.metric, *app.subheader]
    return " ".join(str(element.value) for element in shown).replace("\\", "")


def test_what_is_promised_and_what_was_spent_is_said(run_id: str) -> None:
    app = opened("4_Transfer", run_id, "user:u6", tab="privacy")
    no_errors(app)
    for said in (
        "below 1 / 120 users",
        "Covered, towards anyone who sees only",
        "Not covered:",
        "ε = 4",
        "the histories of all users",
    ):
        assert said in words(app), said
    assert not app.get("plotly_chart"), "a figure that reads the source as it is"
    opened("4_Transfer", run_id, "user:u6", tab="privacy", alpha="0.9", k="5", tag="odd")
    assert "ε = 4 " in words(opened("4_Transfer", run_id, "user:u6", tab="privacy")), "other filters cost nothing"
    app.button(key="privacy_again").click().run()
    no_errors(app)
    assert "ε = 5.9" in words(app)


def test_beyond_the_limit_a_draw_is_refused_in_words(run_id: str) -> None:
    app = opened("4_Transfer", run_id, "user:u8", tab="privacy")
    for _ in range(20):
        if "reach ε = 16 together" in words(app):
            break
        app.button(key="privacy_again").click().run()
    no_errors(app)
    assert "reach ε = 16 together" in words(app)
    refused = opened("4_Transfer", run_id, "user:u8", epsilon="8")
    no_errors(refused)
    assert "reach ε = 16 together" in words(refused)


@pytest.mark.parametrize("page", ["4_Transfer", "6_Explain"])
@pytest.mark.parametrize(
    ("view", "said"),
    [({"hide_source": "1"}, "rules that read histories"), ({"source": "cluster:0"}, "must be named users"),
     ({"source": "user:u3"}, "no user of the protected source")],
    ids=str,
)  # fmt: skip
def test_what_would_break_the_promise_is_refused_in_words(
    run_id: str, page: str, view: dict[str, str], said: str
) -> None:
    app = opened(page, run_id, **view)
    no_errors(app)
    assert said in words(app)


def test_ways_and_bundle_that_read_the_source_are_not_offered(run_id: str) -> None:
    assert "only its noised scores" in words(opened("4_Transfer", run_id, tab="ways"))
    files = opened("4_Transfer", run_id, tab="files")
    no_errors(files)
    assert "Production bundle" not in [button.label for button in files.get("download_button")]
    assert "all user embeddings" in words(files)


def test_turning_it_on_turns_off_what_reads_histories(run_id: str) -> None:
    app = opened("4_Transfer", run_id, epsilon="0", hide_source="1")
    app.session_state["transfer_rules"] = True
    del app.query_params["epsilon"]
    app.run()
    app.toggle(key="rule_protect").set_value(True).run()
    no_errors(app)
    assert "hide_source" not in app.query_params and "epsilon" in app.query_params
    assert app.checkbox(key="rule_hide").disabled


def test_where_all_users_are_the_protected_source_there_is_no_map(run_ids: dict[str, str]) -> None:
    app = opened("4_Transfer", run_ids[OTHER_SPACE], "everyone", OTHER_SPACE, target="items:i1,i2")
    no_errors(app)
    assert "There is no map: all users belong to the protected source" in words(app)
