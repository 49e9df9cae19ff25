"""A run of sessions whose lists may hold already chosen items, on all pages after Train."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys.data.repeats import ALLOW
from recsys.models.attention.config import AttentionConfig
from recsys.runs import load_run, train_run
from recsys.workspace import Workspace
from tests.metrics.test_repeats import shop
from tests.pages.english import texts_on
from tests.pages.screen import after_jobs, everything_on, in_every_tab, no_errors
from tests.walks.page_screen import mixer
from ui.language import in_language

ROOT = Path(__file__).resolve().parents[2]
SPACE = "9" * 32


@pytest.fixture(scope="module")
def run_id(own_workspace: Workspace) -> str:
    data = replace(shop(users=60, items=24, repeated=0.6), sessions=True, name="clicks")
    data = replace(data, timestamps=np.tile(1.7e9 + 60.0 * np.arange(12), 60) + np.repeat(np.arange(60) * 900.0, 12))
    shape = AttentionConfig(embedding_size=16, layers=1)
    run = train_run(data, model_config=shape, epochs=2, threads=1, repeats=ALLOW)
    return own_workspace.space(SPACE).save_run(run, data).id


def opened(run_id: str, page: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    app.session_state["transfer_source"] = True  # the panel is open
    for name, value in {"run": run_id, **view}.items():
        app.query_params[name] = value
    app = after_jobs(app.switch_page(f"pages/{page}.py").run())
    no_errors(app)
    return app


def test_transfer_lists_chosen_items_again_and_offers_no_earlier_self(run_id: str, own_workspace: Workspace) -> None:
    app = opened(run_id, "4_Transfer", target="user:u3", source="user:u4")
    _, data = load_run(own_workspace.space(SPACE).path(run_id))
    shown = mixer(app)
    assert shown is not None
    titles = {data.catalogue.titles[item] for item in data.history(3)[:-1]}
    assert titles & set(shown["titles"]), "a chosen item is among those that can be listed"
    kinds = app.selectbox(key="source_kind_user:u4").options
    assert "Nearest sessions" in kinds and not any("earlier" in kind for kind in kinds)
    assert "Already chosen items may be recommended again." in everything_on(app)


def test_evaluate_has_its_own_baseline_and_the_protocols_of_sessions(run_id: str) -> None:
    app = opened(run_id, "5_Evaluate", tab="protocols")
    shown = everything_on(app)
    assert "Next click" in shown and "Cold users" not in shown and "Split by time" not in shown
    assert "Again what was last" in shown and "count as any other item" in shown
    study = opened(run_id, "5_Evaluate", tab="study")
    assert study.segmented_control(key="study_axis").options == ["another session"]


def test_explain_keeps_chosen_items_among_the_candidates(run_id: str, own_workspace: Workspace) -> None:
    app = opened(run_id, "6_Explain", target="user:u3")
    _, data = load_run(own_workspace.space(SPACE).path(run_id))
    (recommended,) = (radio.options for radio in app.radio if radio.label == "Recommended")
    titles = [data.catalogue.titles[item] for item in data.history(3)[:-1]]
    assert any(shown.endswith(title) for shown in recommended for title in titles)


PAGES = ("2_Train", "3_Embeddings", "4_Transfer", "5_Evaluate", "6_Explain")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("lang", "word"), [("en", r"\b[Uu]sers?\b(?! table)"), ("zh", "用户(?!表)")])
def test_no_page_speaks_of_users_over_sessions(run_id: str, page: str, lang: str, word: str) -> None:
    in_language(lang, lambda: look_in_every_tab(run_id, page, lang, word))


def look_in_every_tab(run_id: str, page: str, lang: str, word: str) -> None:
    for app in in_every_tab(opened(run_id, page, lang=lang, target="user:u3", source="user:u4")):
        no_errors(app)
        assert {text for text in texts_on(app) if re.search(word, text)} == set()


@pytest.mark.parametrize(("lang", "word"), [("en", r"\b[Uu]sers?\b(?! table)"), ("zh", "用户(?!表)")])
def test_no_file_speaks_of_users_over_sessions(
    run_id: str, lang: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit makes a file when its button is pressed, outside of the page's run."""
    files: dict[str, Callable[[], bytes]] = {}

    def offer(label: str, make: Callable[[], bytes], **given: Any) -> None:
        files[given["key"]] = make

    monkeypatch.setattr(st, "download_button", offer)
    opened(run_id, "5_Evaluate", tab="report", lang=lang)
    for tab in ("files", "cases"):
        app = opened(run_id, "4_Transfer", tab=tab, target="user:u3", source="user:u4", lang=lang)
        if tab == "cases":
            app.session_state["transfer_source"] = True
            app.button(key="cases_save").click().run()
    texts = {name: files[name]().decode() for name in ("report_html", "out_report", "out_cases_md", "out_cases_html")}
    for name, text in texts.items():
        written = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
        assert set(re.findall(f".{{0,40}}(?:{word}).{{0,40}}", written)) == set(), name
