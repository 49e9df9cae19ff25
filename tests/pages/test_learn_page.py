"""The page Learn without a browser: every lesson works before training and uses the open run when there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.screen import no_errors, tab_shown
from ui.learn.lessons import LESSONS

ROOT = Path(__file__).resolve().parents[2]
SPACE = "a" * 32


@pytest.fixture(scope="module")
def run_id(own_workspace: Workspace) -> str:
    data = planted_dataset()
    run = train_run(
        data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1, name="<b>mine</b>"
    )
    return own_workspace.space(SPACE).save_run(run, data).id


def opened(space: str = "b" * 32, **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = space
    for name, value in view.items():
        app.query_params[name] = value
    return app.switch_page("pages/7_Learn.py").run()


def captions(app: AppTest) -> str:
    return " ".join(str(caption.value) for caption in app.caption).replace("\\", "")


@pytest.mark.parametrize("tab", [*LESSONS, "glossary"])
def test_each_lesson_opens_before_training(run_id: str, tab: str) -> None:
    app = opened(tab=tab)
    no_errors(app)
    assert tab_shown(app) == (LESSONS[tab].name if tab in LESSONS else "Glossary")
    if tab != "glossary":
        assert len(app.get("plotly_chart")) == 1
        assert len(app.slider) + len(app.select_slider) == 1  # one control


def test_without_a_run_the_numbers_are_marked_as_an_example(run_id: str) -> None:
    assert "No model is trained yet: this is a small example" in captions(opened())


def test_with_a_run_the_numbers_are_from_its_model_and_its_name_is_only_text(run_id: str) -> None:
    app = opened(SPACE, run=run_id, target="user:u7")
    no_errors(app)
    assert "<b>mine</b>” over the newest items of user u7" in captions(app)
    assert r"\<b\>" in " ".join(str(caption.value) for caption in app.caption)


def test_the_worked_example_follows_alpha(run_id: str) -> None:
    app = opened(tab="blend")
    assert "(0.45, 0.6); (0.45, 0.7); (0.65, 0.65)" in captions(app)
    app.slider("learn_alpha").set_value(1.0).run()
    assert "(0.6, 0.8); (0.7, 0.9); (0.5, 0.6)" in captions(app)


def test_the_divisor_changes_the_attention_weights(run_id: str) -> None:
    app = opened()
    before = app.latex[0].value
    app.slider("divisor").set_value(0.25).run()
    no_errors(app)
    assert app.latex[0].value != before


def test_the_glossary_is_searchable(run_id: str) -> None:
    app = opened(tab="glossary")
    app.text_input("glossary_find").set_value("holm").run()
    assert any("Holm" in m.value for m in app.markdown)
    assert not any("Cold start" in m.value for m in app.markdown)
    app.text_input("glossary_find").set_value("zzz").run()
    assert any("No term contains" in m.value for m in app.markdown)


def test_the_next_step_leads_through_all_lessons_to_transfer(run_id: str) -> None:
    app = opened(SPACE, run=run_id)
    for lesson in list(LESSONS)[1:]:
        assert [button.key for button in app.button if button.proto.type == "primary"] == ["learn_next"]
        app.button("learn_next").click().run()
        assert tab_shown(app) == LESSONS[lesson].name
    assert app.button("learn_next").label == "Next: try it on Transfer"
