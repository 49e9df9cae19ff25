"""Two transfer methods side by side on Transfer: in the link, in the mixer, on the map, and where they can't be had."""

from __future__ import annotations

import base64
import io
import json
import runpy
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from recsys.cases.rules import Rules
from recsys.models.attention.config import AttentionConfig
from recsys.runs import load_run, train_run
from recsys.transfer import METHODS, fit_method, party_of_user, recommend, transfer
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.conftest import save_small_runs
from tests.pages.screen import no_errors
from tests.walks.page_screen import mixer
from ui.run_context import run_context
from ui.shell import state
from ui.transfer.methods import study_words
from ui.transfer.report import production_zip

SPACE = "7" * 32
LEARNED = [name for name in METHODS if name != "linear"]


@pytest.fixture(scope="module")
def runs(own_workspace: Workspace) -> dict[str, str]:
    space = own_workspace.space(SPACE)
    few, shape = planted_dataset(users=12), AttentionConfig(embedding_size=16, layers=1)
    run = train_run(few, model_config=shape, epochs=1, threads=1)
    return save_small_runs(space) | {"few": space.save_run(run, few).id}


def opened(run: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=120)
    app.session_state["space"] = SPACE
    app.query_params.update({"run": run, "target": "user:u3", "source": "user:u4", "alpha": "0.6", **view})
    return app.switch_page("pages/4_Transfer.py").run()


def param(app: AppTest, name: str) -> str:
    value = dict(app.query_params).get(name, "")
    return value if isinstance(value, str) else value[0]


def said(app: AppTest) -> str:
    shown = [*app.error, *app.warning, *app.info, *app.caption, *app.markdown]
    return " ".join(str(element.value) for element in shown).replace("\\", "")


def shown(app: AppTest) -> dict[str, Any]:
    data = mixer(app)
    assert data is not None
    return data


def titles(data: dict[str, Any], path: dict[str, str], alpha: float) -> list[str]:
    """The list at α of a path that was sent."""
    starts = np.frombuffer(base64.b64decode(path["starts"]), "<f8")
    step = int(np.searchsorted(starts, alpha, side="right")) - 1
    items = np.frombuffer(base64.b64decode(path["items"]), "<i4").reshape(len(starts), -1)[step]
    return [data["titles"][item] for item in items]


@pytest.mark.parametrize("name", LEARNED)
def test_both_lists_are_those_of_the_library(runs: dict[str, str], own_workspace: Workspace, name: str) -> None:
    app = opened(runs["attention"], method="linear", beside=name)
    no_errors(app)
    data = shown(app)
    run, rows = load_run(own_workspace.space(SPACE).path(runs["attention"]))
    known, users = run.known_histories(rows), [rows.users.index(user) for user in ("u3", "u4")]
    target, source = (party_of_user(rows, user, history=known[user]) for user in users)
    method = fit_method(name, run.training_rows(rows), run.model, range(rows.n_users))
    for path, by in ((data["path"], None), (data["methods"]["second"]["path"], method)):
        wanted = recommend(transfer(run.model, target, source, method=by), 0.6).items
        assert titles(data, path, 0.6) == [rows.catalogue.titles[item] for item in wanted]
    assert data["path"] != data["methods"]["second"]["path"]
    paths = data["map"]["paths"]
    assert [(one["label"], one["mapped"], one["chosen"]) for one in paths] == [
        ("Linear blend", False, True), (METHODS[name].label, True, False),
    ]  # fmt: skip
    assert paths[0]["walk"] == data["map"]["walk"] != paths[1]["walk"]
    assert param(app, "beside") == name


def test_a_method_alone_has_its_path_beside_that_of_the_linear_blend(runs: dict[str, str]) -> None:
    data = shown(opened(runs["attention"], method="bridge"))
    assert data["methods"]["second"] is None and data["methods"]["chosen"] == "bridge"
    assert [(one["label"], one["chosen"]) for one in data["map"]["paths"]] == [
        ("Linear blend", False),
        ("Bridge", True),
    ]
    assert shown(opened(runs["attention"]))["map"]["paths"] == []


def test_the_menus_of_the_mixer_write_the_link_and_change_places(runs: dict[str, str]) -> None:
    app = opened(runs["attention"])
    app.session_state["mixer"] = {"beside": "bridge"}
    app.run()
    assert (param(app, "beside"), param(app, "method")) == ("bridge", "")
    app.session_state["mixer"] = {"method": "bridge"}
    app.run()
    no_errors(app)
    assert (param(app, "beside"), param(app, "method")) == ("linear", "bridge")
    assert shown(app)["methods"]["second"]["name"] == "linear"
    app.session_state["mixer"] = {"beside": "none"}
    app.run()
    assert param(app, "beside") == "" and shown(app)["methods"]["second"] is None
    app.session_state["mixer"] = {"method": "no such method"}
    app.run()
    no_errors(app)
    assert "the method under Rules must be one that this run has" in said(app)
    assert shown(app)["methods"]["chosen"] == "linear"


def test_the_link_to_another_page_and_back_keeps_both_methods(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], method="bridge", beside="linear")
    for page in ("pages/5_Evaluate.py", "pages/4_Transfer.py"):
        query = {link.proto.query_string for link in app.sidebar.get("page_link")}
        assert all("method=bridge" in one and "beside=linear" in one for one in query)
        app.switch_page(page).run()
        no_errors(app)


@pytest.mark.parametrize(
    ("view", "why"),
    [
        ({"beside": "magic"}, "must be by a method of this run"),
        ({"beside": "bridge", "what": "interests"}, "needs next-choice scores"),
    ],
)
def test_what_cannot_be_shown_beside_is_said(runs: dict[str, str], view: dict[str, str], why: str) -> None:
    app = opened(runs["attention"], **view)
    no_errors(app)
    assert why in said(app)
    assert (shown(app)["methods"] or {}).get("second") is None


def test_a_model_without_embeddings_has_one_method(runs: dict[str, str]) -> None:
    app = opened(runs["popularity"], beside="bridge")
    no_errors(app)
    assert "must be by a method of this run" in said(app)
    assert [one["name"] for one in shown(app)["methods"]["options"]] == ["linear"]


def test_too_few_users_for_a_map_leave_the_first_list_on_screen(runs: dict[str, str]) -> None:
    app = opened(runs["few"], beside="bridge")
    no_errors(app)
    assert "the map needs at least 20 users" in said(app)
    assert shown(app)["methods"]["second"] is None and shown(app)["titles"]
    refused = opened(runs["few"], method="bridge")
    no_errors(refused, "the map needs at least 20 users")
    refused.button(key="use_linear").click().run()
    no_errors(refused)
    assert param(refused, "method") == "" and shown(refused)["titles"]


def test_interests_close_the_list_beside(runs: dict[str, str]) -> None:
    app = opened(runs["attention"], beside="bridge")
    app.session_state["mixer"] = {"what": "interests"}
    app.run()
    no_errors(app)
    assert (param(app, "what"), param(app, "beside")) == ("interests", "")


def test_a_protected_source_is_transferred_by_the_linear_blend_alone(runs: dict[str, str]) -> None:
    """Learned methods are fitted to all histories, the source's without noise included."""
    app = opened(runs["attention"], epsilon="4", tab="privacy", beside="personalised_bridge")
    no_errors(app)
    data = shown(app)
    assert data["methods"]["second"] is None and [one["name"] for one in data["methods"]["options"]] == ["linear"]
    assert "can’t be shown with a protected source" in said(app)
    assert "Protected: the history is not shown" in json.dumps(data, ensure_ascii=False)
    assert [metric.value for metric in app.metric] == ["ε = 4"]
    refused = opened(runs["attention"], epsilon="4", method="bridge", beside="linear")
    no_errors(refused)
    assert mixer(refused) is None and "a learned transfer method: it is fitted to all histories" in said(refused)
    refused.session_state["transfer_rules"] = True
    refused.run()
    refused.toggle(key="rule_protect").set_value(False).run()
    assert shown(refused)["methods"]["second"] is not None
    refused.toggle(key="rule_protect").set_value(True).run()
    no_errors(refused)
    assert (param(refused, "method"), param(refused, "beside")) == ("", "")
    assert shown(refused)["methods"]["second"] is None
    refused.session_state["transfer_rules"] = True
    refused.run()
    assert refused.selectbox(key="rule_method").disabled


def test_rules_apply_to_both_lists(runs: dict[str, str]) -> None:
    data = shown(opened(runs["attention"], beside="bridge", tag="odd", second_score="popularity", weight="0.5"))
    for path in (data["path"], data["methods"]["second"]["path"]):
        assert {int(title.removeprefix("Item ")) > 20 for title in titles(data, path, 0.6)} == {True}


def point(k: int, difference: float, shown: bool) -> dict[str, Any]:
    estimate = {"value": 0.05, "low": 0.04, "high": 0.06}
    one = {
        "against": "bridge",
        "value": difference,
        "low": difference - 0.004,
        "high": difference + 0.004,
        "shown": shown,
    }
    return {
        "observed": k, "people": 9, "gain": [], "suggested": {}, "repeats": 0.0, "harmed": 0.1, "helped": 0.2,
        "methods": {"transfer": estimate, "bridge": estimate | {"value": 0.05 - difference}}, "comparisons": [one],
    }  # fmt: skip


def test_the_study_speaks_for_users_with_as_many_items() -> None:
    study = {"level": "helps", "points": [point(0, 0.015, True), point(3, -0.002, False)]}
    first, second, both = study_words(study, 0, ("linear", "bridge"))
    assert first == "Study, with 0 known items: NDCG@10 0.050 [0.040, 0.060]"
    assert second.startswith("Study, with 0 known items: NDCG@10 0.035")
    assert "Linear blend is better than bridge" in both and "+0.015 [+0.011, +0.019]" in both
    assert "no difference" in study_words(study, 40, ("bridge", "linear"))[2]
    worse = {"level": "helps", "points": [point(1, -0.02, True)]}
    assert "Bridge is better than linear blend" in study_words(worse, 5, ("bridge", "linear"))[2]
    assert study_words(study, 0, ("linear", "text_bridge"))[1:] == ("Not compared in the study of this data.", "")
    assert study_words(study, 0, ("bridge", "text_bridge"))[2] == ""
    assert "No study" in study_words(None, 0, ("linear", "bridge"))[0]
    assert "damaged" in study_words({"points": [{}]}, 0, ("linear", "bridge"))[0]


@pytest.mark.parametrize("name", METHODS)
def test_the_production_bundle_serves_the_list_on_screen(
    runs: dict[str, str], own_workspace: Workspace, tmp_path: Path, name: str
) -> None:
    app = opened(runs["attention"], method=name)
    no_errors(app)
    context = run_context(str(own_workspace.space(SPACE).path(runs["attention"])))
    zipfile.ZipFile(io.BytesIO(production_zip(context, None, Rules(method=name)))).extractall(tmp_path)
    served = runpy.run_path(str(tmp_path / "serve_blend.py"))["Bundle"](tmp_path)
    ids = served.recommend(served.user("u3"), served.user("u4"), 0.6)
    catalogue, items = context.dataset.catalogue, context.dataset.items
    assert [catalogue.titles[items.index(one)] for one in ids] == titles(shown(app), shown(app)["path"], 0.6)
    assert served.policy.get("method", {}).get("name", "linear") == name


def test_the_study_of_single_users_says_nothing_beside_the_lists_of_a_group(runs: dict[str, str]) -> None:
    assert "No study" in shown(opened(runs["attention"], beside="bridge"))["evidence"][0]
    assert shown(opened(runs["attention"], beside="bridge", target="everyone"))["evidence"] == []
