"""The page Evaluate without a browser: it evaluates at once, opens tabs from links, and says what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect

from recsys.data.repeats import ALLOW
from recsys.evaluation import evaluate
from recsys.evaluation.evaluate import no_progress
from recsys.evaluation.html_report import evaluation_html
from recsys.evaluation.protocols import evaluate_protocol
from recsys.evaluation.study.transfer_study import transfer_study
from recsys.jobs.description import JobDescription
from recsys.jobs.evaluations import report_of, trainers
from recsys.jobs.progress import Progress
from recsys.metrics.registry import METRICS, metric_label
from recsys.models.attention.config import AttentionConfig
from recsys.runs import copy_run, load_run, train_run
from recsys.wording import Message, from_json, to_json, tr
from recsys.workspace import Workspace
from recsys.workspace.names import RUN, STOPPED
from tests.conftest import planted_dataset
from tests.pages.conftest import study_meta
from tests.pages.english import NAMES, english_on, words_of
from tests.pages.screen import after_jobs, everything_on, no_errors, tab_shown
from ui.evaluate.alpha import SHORTEST
from ui.evaluate.compare import other_seeds
from ui.evaluate.jobs import COMPARED_RUNS, models_to_evaluate
from ui.evaluate.view import TABS
from ui.language import in_language
from ui.run_context import run_context
from ui.shell import state

ROOT = Path(__file__).resolve().parents[2]
SPACE = "e" * 32


@pytest.fixture(scope="module")
def saved(own_workspace: Workspace) -> dict[str, str]:
    """Three runs in a workspace of its own: two with held-out rows, one without."""
    data = planted_dataset()
    data = replace(data, user_table=pd.DataFrame({"region": ["north", "south"] * (data.n_users // 2)}))
    space, shape = own_workspace.space(SPACE), AttentionConfig(embedding_size=16, layers=1)
    found = {}
    for name, holdout in (("last-one", "last-one"), ("none", "none"), ("beside", "last-one")):
        run = train_run(data, model_config=shape, epochs=2, threads=1, holdout=holdout, name=f"run {name}")
        found[name] = space.save_run(run, data).id
    return found


def opened(run_id: str, space: str = SPACE, **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = space
    for name, value in {"run": run_id, **view}.items():
        app.query_params[name] = value
    return after_jobs(app.switch_page("pages/5_Evaluate.py").run())


def test_the_evaluation_starts_at_once_and_names_the_result(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"])
    no_errors(app)
    assert "reaches NDCG@10" in app.subheader[0].value.replace("\\", "")
    assert len(app.get("plotly_chart")) == 1


def test_a_visitor_with_a_copy_of_the_run_finds_its_evaluation(saved: dict[str, str], own_workspace: Workspace) -> None:
    opened(saved["last-one"])
    entry, folder = own_workspace.find(saved["last-one"], "run")
    other = own_workspace.space("f" * 32)
    copy = other.save("run", "mine", lambda to: copy_run(folder, to, "mine"), entry.meta)
    app = opened(copy.id, space=other.id)
    no_errors(app)
    assert "reaches NDCG@10" in app.subheader[0].value.replace("\\", "") and not state.jobs().of(other.id)


def test_of_very_many_users_some_are_evaluated_and_the_page_says_so(
    own_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "MAX_SCORES", 0)
    monkeypatch.setattr(evaluate, "MIN_USERS", 30)
    data = planted_dataset()
    run = train_run(data, model="markov", name="beside")
    entry = own_workspace.space(SPACE).save_run(run, data)
    app = opened(entry.id, tab="segments")
    no_errors(app)
    assert f"Evaluated on 30 of {data.n_users:,} users, drawn at random" in everything_on(app)
    everybody = set(run.split(data).test.users)
    for report in (
        report_of(run, data, "leave-one-out", no_progress),
        evaluate_protocol(data, "leave-one-out", trainers(run, 0, no_progress)),
    ):
        assert len(report.users) == 30 and set(report.users) < everybody
        assert report.to_json()["held_out_users"] == len(everybody) and "drawn at random" in report.drawn_sentence
    assert report_of(run, data, "leave-one-out", no_progress).users.tolist() == report.users.tolist(), "the same ones"
    curve = opened(entry.id, tab="alpha")
    curve.selectbox(key="curve_of").select(SHORTEST).run()
    no_errors(curve)
    html = opened(entry.id, tab="report")
    no_errors(html)
    assert evaluation_html(report, data, {}, title="x").count("drawn at random") == 1


@pytest.mark.parametrize("tab", list(TABS))
def test_each_tab_opens_from_its_link(saved: dict[str, str], tab: str) -> None:
    app = opened(saved["last-one"], tab=tab)
    no_errors(app)
    assert tab_shown(app) == TABS[tab][0]


def test_the_curve_over_alpha_is_computed_in_a_job(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="alpha")
    app.selectbox("curve_of").select("column:region=north").run()
    app = after_jobs(next(b for b in app.button if b.label == "Compute the curve").click().run())
    no_errors(app)
    assert len(app.get("plotly_chart")) == 2


def test_the_report_holds_the_newest_curve_in_the_language_of_its_reader(
    saved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr("ui.evaluate.report.download", lambda label, make, name, *rest: files.update({name: make}))
    app = opened(saved["last-one"], tab="alpha", lang="zh")
    app.selectbox("curve_of").select(SHORTEST).run()
    app = after_jobs(next(b for b in app.button if b.label == "计算曲线").click().run())
    app.query_params["lang"], app.query_params["tab"] = "en", "report"
    no_errors(app.run())
    assert f"Targets: {SHORTEST}." in files["evaluation.html"]().decode()


def test_another_protocol_trains_and_evaluates(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="protocols")
    app = after_jobs(next(b for b in app.button if "cold users" in b.label).click().run())
    no_errors(app)
    assert len(app.get("plotly_chart")) == 1 + 3 + 1


def test_the_ranking_among_sampled_negatives_stands_beside_the_full_one(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="protocols")
    assert any("Not comparable across settings" in caption.value for caption in app.caption)
    before = len(app.get("plotly_chart"))
    app = after_jobs(next(b for b in app.button if "999 sampled negatives" in b.label).click().run())
    no_errors(app)
    assert "item-knn:" not in everything_on(app), "a line of the figure is called by a code"
    assert len(app.get("plotly_chart")) == before + 2
    assert any("pairs of models differently" in caption.value for caption in app.caption)


def test_groups_and_columns_can_be_chosen(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="segments")
    for by in ("region", "activity", "scenario"):
        app.selectbox("segment_by").select(by).run()
        no_errors(app)
    app.selectbox("exposure_by").select("tag").run()
    no_errors(app)


def test_found_and_saved_groups_are_segments(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="segments")
    space = state.workspace().space(str(app.session_state["space"]))
    space.save_cohort("walkers", [f"u{n}" for n in range(0, 120, 2)])
    app.run()
    for by in ("groups of interests", "saved group: walkers"):
        app.selectbox("segment_by").select(by).run()
        no_errors(app)
    assert app.selectbox("segment_by").value.startswith("group:")


def test_every_metric_of_the_table_is_offered_and_defined(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="compare")
    report_metrics = [metric_label(metric.default_key((5, 10, 20), 10)) for metric in METRICS]
    assert app.selectbox("metric").options == report_metrics
    app.selectbox("metric").select("calibration@10").run()
    no_errors(app)
    table, definitions = app.dataframe[0].value, app.dataframe[1].value
    assert list(table.index) == list(definitions.index) == report_metrics
    assert "Steck 2018" in definitions["paper"].to_numpy()


def test_a_user_opens_in_explain(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="compare")
    assert any("one of the 20 with" in box.label for box in app.selectbox)
    app.button("open_explain").click().run()
    no_errors(app)
    target = app.query_params["target"]
    assert (target if isinstance(target, str) else target[0]).startswith("user:")


def test_the_next_step_is_explain(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"])
    app.button("evaluate_next").click().run()
    no_errors(app)
    assert any(title.value == "Explain a recommendation" for title in app.title)


def test_another_run_can_be_compared(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="compare")
    alone = list(app.dataframe[0].value.columns)
    assert alone[0] == "Self-attention" and "Most popular" in alone
    app = after_jobs(runs_to_choose(app).select(saved["beside"]).run())
    no_errors(app)
    table = app.dataframe[0].value
    assert len(table.columns) == len(alone) + 1 and any("beside" in name for name in table.columns), list(table.columns)
    assert any(str(cell).startswith("★") for cell in table.to_numpy().ravel())


def test_other_seeds_are_not_the_seed_of_the_run(saved: dict[str, str]) -> None:
    run = load_run(state.workspace().space(SPACE).path(saved["last-one"]))[0]
    assert other_seeds(run) == (1, 2, 3)
    assert other_seeds(replace(run, config={"train": {**run.config["train"], "seed": 2}})) == (1, 3, 4)
    assert other_seeds(replace(run, config={"seed": 1, "settings": {}})) == (2, 3, 4)


def test_the_rules_of_transfer_do_not_apply_and_the_page_says_what_does(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], per_tag="2")
    no_errors(app)
    assert "every item is ranked that the run’s rule for already chosen items allows" in everything_on(app)


def runs_to_choose(app: AppTest) -> Multiselect:
    return next(box for box in app.multiselect if str(box.key).startswith("choose_runs"))


def test_chosen_runs_stay_chosen_when_one_is_renamed(saved: dict[str, str]) -> None:
    space = state.workspace().space(SPACE)
    run, data = load_run(space.path(saved["beside"]))
    other = space.save_run(replace(run, name=Message(RUN, number=2, data="x")), data).id
    app = opened(saved["last-one"], tab="compare")
    app = after_jobs(runs_to_choose(app).set_value([other]).run())
    drawn = runs_to_choose(app).key
    space.rename(other, "renamed")
    for _ in range(2):
        app = after_jobs(app.run())
        no_errors(app)
        assert runs_to_choose(app).value == [other] and "renamed" in runs_to_choose(app).options
        assert any("renamed" in name for name in app.dataframe[0].value.columns)
    assert runs_to_choose(app).key != drawn, "the browser sends back the names that it has drawn"
    space.delete(other)


def test_the_open_run_is_not_compared_with_itself(saved: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It was chosen for comparison before it was opened."""
    monkeypatch.setattr(st, "session_state", {COMPARED_RUNS: [saved["beside"]]})
    for opened_run, expected in (("last-one", [saved["beside"]]), ("beside", [])):
        context = run_context(str(state.workspace().space(SPACE).path(saved[opened_run])))
        assert list(models_to_evaluate(context, saved[opened_run])[1].values()) == expected


def test_compared_runs_of_long_or_equal_names_are_named_in_the_language_of_the_reader(
    saved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = state.workspace().space(SPACE)
    run, data = load_run(space.path(saved["beside"]))
    name = Message(STOPPED, name=Message(RUN, number=2, data="x" * 90), epoch=3)
    twins = [space.save_run(replace(run, name=name), data).id for _ in range(2)]
    monkeypatch.setattr(st, "session_state", {COMPARED_RUNS: twins})
    names = list(models_to_evaluate(run_context(str(space.path(saved["last-one"]))), saved["last-one"])[1])
    assert len(set(names)) == 2 and all("Run 2 on xxx" in one and len(one) < 120 for one in names)
    worded = [in_language("zh", partial(tr, from_json(to_json(one)))) for one in names]
    assert len(set(worded)) == 2
    for one in worded:
        assert "Run" not in one and "epoch" not in one and "xxx" in one
    for one in twins:
        space.delete(one)


def test_a_run_under_another_rule_is_left_out_with_a_sentence(saved: dict[str, str]) -> None:
    space = state.workspace().space(SPACE)
    run, data = load_run(space.path(saved["beside"]))
    other = space.save_run(replace(run, name="again", config={**run.config, "repeats": ALLOW.text}), data).id
    app = opened(saved["last-one"], tab="compare")
    for chosen, reason in ((other, "another rule for already chosen items"), (saved["none"], "on every row")):
        app = after_jobs(runs_to_choose(app).set_value([chosen]).run())
        no_errors(app)
        assert [reason in info.value for info in app.info] == [True]
        assert not any("again" in name or "run none" in name for name in app.dataframe[0].value.columns)
    space.delete(other)


def test_a_deleted_run_is_left_out_and_its_figures_are_shown_of_no_other_run(saved: dict[str, str]) -> None:
    """The other run has the same name, as had the second of two trainings with a deletion between them."""
    space, shape = state.workspace().space(SPACE), AttentionConfig(embedding_size=8, layers=1)
    data = load_run(space.path(saved["last-one"]))[1]
    app = opened(saved["last-one"], tab="compare")
    app = after_jobs(runs_to_choose(app).select(saved["beside"]).run())
    before = app.dataframe[0].value.filter(like="beside")
    protocols = opened(saved["last-one"], tab="protocols")
    protocols.session_state[COMPARED_RUNS] = [saved["beside"]]
    protocols = after_jobs(after_jobs(protocols.run()))
    protocols = after_jobs(next(b for b in protocols.button if "999 sampled" in b.label).click().run())

    space.delete(saved["beside"])
    app.run()
    no_errors(app)
    assert "has been deleted" in app.info[0].value and not any("beside" in name for name in app.dataframe[0].value)
    assert not app.run().info, "said once"

    again = train_run(data, model_config=shape, epochs=1, threads=1, name="run beside")
    other = space.save_run(again, data).id
    app = after_jobs(runs_to_choose(app.run()).select(other).run())
    after = app.dataframe[0].value.filter(like="beside")
    assert before.shape == after.shape == (len(before), 1) and not before.equals(after)
    protocols.session_state[COMPARED_RUNS] = [other]
    protocols = after_jobs(protocols.run())
    assert any("999 sampled" in b.label for b in protocols.button), "no evaluation of this run has been asked for"
    space.delete(other)
    space.restore(saved["beside"])


def test_the_page_speaks_chinese(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="segments", lang="zh")
    no_errors(app)
    assert "120 个用户上的 NDCG@10 为" in app.subheader[0].value.replace("\\", "")
    assert tab_shown(app) == "用户组" and app.selectbox("segment_by").options[0] == "历史长度"
    sent = everything_on(app)
    assert not [
        words
        for words in ("with 95% interval", "gap between", "Next:", "repeats:", "of the interactions")
        if words in sent
    ]


def test_a_run_without_held_out_rows_says_so(saved: dict[str, str]) -> None:
    app = opened(saved["none"])
    no_errors(app)
    assert "nothing is left to evaluate it on" in app.warning[0].value


@pytest.fixture(scope="module")
def study(saved: dict[str, str]) -> dict[str, Any]:
    """The content of a study of the data."""
    data = load_run(state.workspace().space(SPACE).path(saved["last-one"]))[1]
    return transfer_study(data, "users", epochs=2, folds=2).to_json()


def test_a_study_that_was_deleted_can_be_run_again(
    saved: dict[str, str], study: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, saved["last-one"])
    made: list[str] = []

    def run(job: JobDescription, progress: Progress) -> str:
        made.append(space.save_json("study", "as the job saves it", study, meta).id)
        return made[-1]

    app = opened(saved["last-one"], tab="study")
    monkeypatch.setattr(state.jobs().runner, "run", run)
    for turn in (1, 2):
        app = after_jobs(next(b for b in app.button if b.label.startswith("Run the study")).click().run())
        no_errors(app)
        assert len(made) == turn and any(box.key == "study_known" for box in app.get("button_group"))
        space.delete(made[-1])
        app.run()
        no_errors(app)


def test_a_study_says_which_users_chose_alpha_and_how_the_models_were_trained(
    saved: dict[str, str], study: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr("ui.evaluate.study.download", lambda label, make, name, *rest: files.update({name: make}))
    space, content = state.workspace().space(SPACE), study
    data = load_run(space.path(saved["last-one"]))[1]
    meta = study_meta(space, saved["last-one"])
    older = {name: value for name, value in content.items() if name != "training"}
    first = space.save_json("study", "older", older, meta)
    app = opened(saved["last-one"], tab="study")
    assert any(button.label.startswith("Run the study") for button in app.button), (
        "a study of an earlier version is not shown"
    )
    second = space.save_json("study", "newer", content, meta)
    damaged = space.save_json("study", "damaged", content, meta)
    for file in space.path(damaged.id).glob("content*"):
        file.write_bytes(b"[" * 1000)
    app = opened(saved["last-one"], tab="study")
    no_errors(app)
    said = " ".join(str(caption.value) for caption in app.caption)
    for words in ("was chosen on", "evaluated on the", "ends before the time", "trained for 2 epochs"):
        assert words in said, words
    names = NAMES | words_of(data) | {"beside", "last", "none"}  # the names of the runs
    assert in_language("zh", lambda: english_on(opened(saved["last-one"], tab="study", lang="zh"), names)) == {}
    assert not any("another model" in str(info.value) for info in app.info)
    made_for = json.loads(files["study.json"]())["made_for"]
    assert made_for == {name: meta[name] for name in ("fingerprint", "model")}, "the shell’s bundle takes the file"
    for entry in (first, second, damaged):
        space.delete(entry.id)
    third = space.save_json("study", "of the default model", content, {**meta, "model": {}})
    app = opened(saved["last-one"], tab="study")
    no_errors(app)
    assert any("another model" in str(info.value) for info in app.info) and meta["model"] != {}
    assert any(button.label.startswith("Run the study") for button in app.button)
    space.delete(third.id)


def test_the_study_that_was_opened_is_shown_and_others_can_be_chosen(
    saved: dict[str, str], study: dict[str, Any]
) -> None:
    space, other = state.workspace().space(SPACE), {**study, "sources_cut": not study["sources_cut"]}
    meta = study_meta(space, saved["last-one"])
    older = space.save_json("study", "of March", other, meta)
    newer = space.save_json("study", "of April", study, meta)

    def told(app: AppTest) -> bool:
        no_errors(app)
        return any("history ends before the time" in str(caption.value) for caption in app.caption)

    app = opened(saved["last-one"], tab="study")
    picker = next(box for box in app.selectbox if str(box.key).startswith("study_shown_users"))
    assert picker.value == newer.id and told(app) == study["sources_cut"]
    assert [label.split(" · ")[0] for label in picker.options] == ["of April", "of March"]
    assert told(picker.set_value(older.id).run()) != study["sources_cut"]
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"], app.query_params["run"] = SPACE, saved["last-one"]
    after_jobs(app.run()).button(key=f"open_{older.id}").click().run()
    app = after_jobs(app)
    assert app.selectbox(key=picker.key).value == older.id and told(app) != study["sources_cut"]
    newest = space.save_json("study", "of May", study, meta)
    app.run()
    picker = next(box for box in app.selectbox if str(box.key).startswith("study_shown_users"))
    assert picker.value == newest.id, "a study that has just been made is the one that is shown"
    for entry in (older, newer, newest):
        space.delete(entry.id)


@pytest.mark.parametrize("tab", ["compare", "segments", "like"])
def test_models_are_called_by_their_labels(saved: dict[str, str], tab: str) -> None:
    sent = everything_on(opened(saved["last-one"], tab=tab))
    assert "Item-kNN" in sent and "Most popular" in sent and "item-knn" not in sent


def test_it_compares_with_the_best_simple_baseline_and_shows_the_parts(saved: dict[str, str]) -> None:
    app = opened(saved["last-one"], tab="compare")
    verdict = app.subheader[0].value.replace("\\", "")
    assert "the best simple baseline" in verdict and ("Better than" in verdict or "Not better than" in verdict)
    said = " ".join(str(caption.value) for caption in app.caption).replace("\\", "")
    assert "network alone" in said and "Markov alone" in said and "both together" in said
    assert "Settings of the baselines, chosen on validation users: Item-kNN (neighbours" in said
