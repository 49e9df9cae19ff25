"""Interests of a source on Transfer: in the link, on every list, over another source, refused where impossible."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from recsys.cases.rules import NO_RULES, Rules, read_rules
from recsys.embeddings import cluster
from recsys.embeddings.interests import interest_model
from recsys.runs import load_run
from recsys.transfer import party_of_user, recommend, split_interests, transfer
from recsys.workspace import Workspace
from tests.evaluation.study.test_what_helps import point
from tests.pages.conftest import save_small_runs, study_meta
from tests.pages.screen import expect, no_errors
from ui.shell import state

SPACE = "6" * 32


@pytest.fixture(scope="module")
def runs(own_workspace: Workspace) -> dict[str, str]:
    return save_small_runs(own_workspace.space(SPACE))


def opened(page: str, run: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=120)
    app.session_state["space"] = SPACE
    app.query_params.update({"run": run, "target": "user:u3", "source": "user:u4", "alpha": "0.8", **view})
    return app.switch_page(f"pages/{page}.py").run()


def words(app: AppTest) -> str:
    shown = [*app.warning, *app.error, *app.info, *app.markdown, *app.caption]
    return " ".join(str(element.value) for element in shown).replace("\\", "")


def exported(app: AppTest) -> list[str]:
    return [str(title) for title in app.dataframe[0].value["title"]]


@pytest.mark.parametrize("weights", ["", "0:0"])
def test_the_list_is_that_of_the_library(runs: dict[str, str], own_workspace: Workspace, weights: str) -> None:
    view = {"interests": weights} if weights else {}
    app = opened("4_Transfer", runs["attention"], what="interests", tab="files", **view)
    no_errors(app)
    run, data = load_run(own_workspace.space(SPACE).path(runs["attention"]))
    known, users = run.known_histories(data), (data.users.index(user) for user in ("u3", "u4"))
    target, source = (party_of_user(data, user, history=known[user]) for user in users)
    model = interest_model(run.model, data)
    labels = cluster(model.item_vectors[1:]).labels
    found = split_interests(model, source, labels, [str(n) for n in range(60)])
    pair = transfer(run.model, target, source, interests=found, weights={0: 0.0} if weights else {})
    assert exported(app) == [data.catalogue.titles[item] for item in recommend(pair, 0.8).items]
    assert exported(app) != exported(opened("4_Transfer", runs["attention"], tab="files"))
    assert "Rules: interests of the source in place of its next choice" in words(app)


def test_explain_shows_the_same_list_and_the_influence_of_the_source(runs: dict[str, str]) -> None:
    with_interests = opened("6_Explain", runs["attention"], what="interests", tab="parts")
    no_errors(with_interests)
    assert "Influence of the source" in words(with_interests)


def test_another_source_begins_with_all_of_its_interests(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"], what="interests", interests="0:0")
    assert app.query_params["interests"] in ("0:0", ["0:0"])
    app.button(key="surprise").click().run()
    no_errors(app)
    assert "interests" not in app.query_params and app.query_params["what"] in ("interests", ["interests"])


def test_an_empty_choice_says_what_to_do(runs: dict[str, str]) -> None:
    expect("at least one")
    nothing = ",".join(f"{group}:0" for group in (*range(20), "rest"))
    app = opened("4_Transfer", runs["attention"], what="interests", interests=nothing)
    assert "must be at least one" in words(app)
    app.button(key="all_interests").click().run()
    no_errors(app)
    assert "interests" not in app.query_params


def test_a_protected_source_is_refused_with_the_way_out(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["attention"], what="interests", epsilon="4")
    assert "one noised embedding can’t be split" in words(app).replace("'", "’")
    assert Rules(what="interests", interests="3:0").protected() == NO_RULES


def test_a_model_without_vectors_says_that_it_has_no_interests(runs: dict[str, str]) -> None:
    app = opened("4_Transfer", runs["popularity"], what="interests", tab="files")
    no_errors(app)
    assert "what" in words(app) and "must be one that this run has" in words(app)


def test_ways_and_privacy_speak_of_the_next_choice(runs: dict[str, str]) -> None:
    for tab in ("ways", "privacy"):
        app = opened("4_Transfer", runs["attention"], what="interests", tab=tab)
        no_errors(app)
        assert "next choice" in words(app), tab


def test_the_link_is_checked() -> None:
    good, none = read_rules({"what": "interests", "interests": "7:0.5,3:0,9:1"})
    assert (good, none) == (Rules(what="interests", interests="3:0,7:0.5"), [])
    assert read_rules(good.params()) == (good, [])
    bad, problems = read_rules({"what": "everything", "interests": "3:9"})
    assert bad == NO_RULES and len(problems) == 2
    assert Rules(method="bridge").transferring("interests") == Rules(what="interests")


@pytest.mark.parametrize("shown", [True, False])
def test_what_is_transferred_follows_the_study_unless_the_link_names_both_users(
    runs: dict[str, str], own_workspace: Workspace, shown: bool
) -> None:
    space = own_workspace.space(SPACE)
    points = [point(1, next_helps=not shown, interests_help=shown, difference=0.0, shown=False)]
    content = {
        "axis": "users",
        "points": points,
        "level": "helps",
        "sources_cut": True,
        "training": {},
        "model": "attention",
    }
    meta = study_meta(space, runs["attention"])
    saved = space.save_json("study", "a study", content, meta)
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=120)
    app.session_state["space"] = SPACE
    app.query_params["run"] = runs["attention"]
    app.switch_page("pages/4_Transfer.py").run()
    assert ("what" in app.query_params) == shown
    assert "what" not in opened("4_Transfer", runs["attention"]).query_params
    space.delete(saved.id)
