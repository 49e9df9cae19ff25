"""The page Transfer without a browser: its links, its tabs, and what it does with a broken link."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys.cases.parties import read_items, write_items
from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.errors import InputError
from recsys.models.attention.config import AttentionConfig
from recsys.runs import train_run
from recsys.transfer.certificate import FEATURES, Certificate
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from tests.pages.conftest import study_meta
from tests.pages.screen import no_errors, tab_labels
from tests.walks.page_screen import mixer
from ui.shell import state
from ui.transfer.party_picker import matching
from ui.transfer.tabs import TABS

ROOT = Path(__file__).resolve().parents[2]
SPACE = "c" * 32


def shown_data() -> Dataset:
    """The data of the run."""
    data = planted_dataset()
    return replace(data, user_table=pd.DataFrame({"region": ["north", "south"] * (data.n_users // 2)}))


@pytest.fixture(scope="module")
def run_id(own_workspace: Workspace) -> str:
    """A small run in a workspace of its own."""
    data = shown_data()
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1)
    return own_workspace.space(SPACE).save_run(run, data).id


def opened(run_id: str, **view: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = SPACE
    for name, value in {"run": run_id, **view}.items():
        app.query_params[name] = value
    return app.switch_page("pages/4_Transfer.py").run()


def param(app: AppTest, name: str) -> str:
    """A query parameter; AppTest gives some as text and some as lists."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def sentences(app: AppTest) -> list[str]:
    return [str(element.value) for element in [*app.error, *app.warning]]


def test_it_opens_with_two_users_and_puts_them_into_the_link(run_id: str) -> None:
    app = opened(run_id)
    no_errors(app)
    assert not sentences(app)
    assert param(app, "target").startswith("user:")
    assert param(app, "source").startswith("user:")


@pytest.mark.parametrize("tab", list(TABS))
def test_each_tab_opens_from_its_link(run_id: str, tab: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4", tab=tab, alpha="0.4")
    no_errors(app)
    assert not sentences(app)
    assert param(app, "target") == "user:u3"


@pytest.mark.parametrize("source", ["column:region=north", "near:8", "everyone", "before:4", "scenario:left>right"])
def test_every_kind_of_source_opens_from_its_link(run_id: str, source: str) -> None:
    app = opened(run_id, target="user:u3", source=source)
    no_errors(app)
    assert not sentences(app)


@pytest.mark.parametrize(
    ("view", "word"),
    [
        ({"target": "user:<b>nobody</b>", "source": "user:u1"}, "nobody"),
        ({"target": "user:u1", "source": "group:ffffffffffffffffffffffff"}, "cohort"),
        ({"target": "user:u1", "source": "user:u2", "alpha": "1.4"}, "alpha"),
    ],
)
def test_a_tampered_link_gets_a_sentence_and_the_pickers_stay(run_id: str, view: dict[str, str], word: str) -> None:
    app = opened(run_id, **view)
    no_errors(app, *([word] if word != "alpha" else []))  # a number out of its range is a warning
    assert any(word in sentence for sentence in sentences(app))
    assert app.button(key="surprise")


def long_named() -> Dataset:
    """The data of the run with item ids of 60 characters, some with the signs that a link writes differently."""
    data = shown_data()
    ids = [f"{n:03d},50%/ä&=+#".ljust(60, "x") for n in range(1, data.n_items + 1)]
    return replace(data, items=IdMap(ids))


def test_a_target_of_twelve_long_item_ids_goes_through_the_link(own_workspace: Workspace) -> None:
    data = long_named()
    run = train_run(data, model="popularity")
    saved = own_workspace.space(SPACE).save_run(run, data).id
    chosen = [data.items.external(n) for n in range(1, 13)]
    assert {len(one) for one in chosen} == {60}
    target = f"items:{write_items(chosen)}"
    app = opened(saved, target=target, source="user:u4")
    no_errors(app)
    assert not sentences(app) and param(app, "target") == target
    (link,) = {link.proto.query_string for link in app.sidebar.get("page_link")}
    carried = parse_qs(link)["target"][0]
    again = opened(saved, target=carried, source="user:u4")
    no_errors(again)
    assert read_items(param(again, "target").removeprefix("items:")) == chosen
    shown = mixer(again)
    assert shown is not None and shown == mixer(app)
    titles = [data.catalogue.titles[n] for n in range(12, 0, -1)]
    assert [title for title, _ in shown["target"]["titles"]] == titles, "all twelve, the newest first"


def test_a_value_over_the_limit_is_refused_and_not_cut(run_id: str) -> None:
    app = opened(run_id, target="items:" + "x" * state.MAX_VALUE_LENGTH, source="user:u4")
    no_errors(app)
    (told,) = sentences(app)
    assert "target in the link must have at most 4,000 characters" in told and "4,006 characters" in told
    assert param(app, "target").startswith("user:"), "another user is chosen, and no half of the value"


def test_the_page_is_in_the_language_of_the_reader_and_the_next_one_reads_another(run_id: str) -> None:
    view = {"target": "user:u3", "source": "everyone", "tab": "files"}
    chinese, english = opened(run_id, **view, lang="zh"), opened(run_id, **view)
    no_errors(chinese)
    assert [button.label for button in chinese.button if re.search("[A-Za-z]{2}", button.label)] == []
    assert tab_labels(chinese)[-1] == "导出" and tab_labels(english)[-1] == "Export"
    first, second = mixer(chinese), mixer(english)
    assert first is not None and second is not None
    assert first["target"]["name"] == "用户 u3" and second["target"]["name"] == "user u3"
    assert (first["source"]["note"], second["source"]["note"]) == ("120 个用户", "120 users")
    assert first["signature"] != second["signature"] and first["pair"] == second["pair"]
    assert all(re.search("[一-鿿]", option["help"]) for option in first["methods"]["options"])
    assert not re.search("[一-鿿]", json.dumps(second, ensure_ascii=False)), "the pair is kept for both"


def test_swap_exchanges_target_and_source(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4")
    app.button(key="swap").click().run()
    assert (param(app, "target"), param(app, "source")) == ("user:u4", "user:u3")


def test_random_pair_chooses_another_pair(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4")
    app.button(key="surprise").click().run()
    assert param(app, "target") != "user:u3" or param(app, "source") != "user:u4"
    no_errors(app)


def test_what_the_mixer_says_goes_into_the_link(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4")
    app.session_state["mixer"] = {"alpha": {"value": 0.75, "seq": 1}}
    app.run()
    assert param(app, "alpha") == "0.75"


def study(level: str, shown: bool) -> dict[str, object]:
    """A finished study as it is saved, with one point."""
    numbers = {"value": 0.02 if shown else -0.001, "low": 0.01 if shown else -0.01, "high": 0.03}
    point = {
        "observed": 5,
        "people": 300,
        "alpha_chosen": [0.4, 0.6],
        "suggested": {
            "alpha": 0.6,
            "chosen_on": 150,
            "judged_on": 150,
            "gain": numbers,
            "over_random": numbers,
            "harmed": 0.1,
        },
        "curve": [{"alpha": a, "value": 0.1 + 0.05 * a, "low": 0.09, "high": 0.16} for a in (0.0, 0.5, 1.0)],
        "comparisons": [{"against": name, **numbers, "shown": shown} for name in ("target alone", "random source")],
        "harmed": 0.1,
    }
    told = {
        "axis": "users",
        "model": "attention",
        "trained_on": 900,
        "shrinkage": 4.0,
        "sources_cut": True,
        "training": {},
    }
    return {**told, "level": level, "verdict": f"Verdict {level}.", "points": [point]}


@pytest.mark.parametrize(
    ("level", "shown", "said"), [("helps", True, "α = 0.6"), ("no evidence", False, "Leave α at 0")]
)
def test_a_study_on_this_data_gives_the_verdict_and_the_suggestion(
    run_id: str, level: str, shown: bool, said: str
) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", study(level, shown), meta)
    view = {"target": "user:u3", "source": "user:u4"}
    told = opened(run_id, **view, tab="help")
    assert f"Verdict {level}" in " ".join(str(e.value) for e in [*told.success, *told.info, *told.warning])
    suggestion = opened(run_id, **view, tab="alpha")
    assert said in [element.value for element in suggestion.subheader]
    space.delete(entry.id)


def certificate(accepts: bool) -> dict[str, object]:
    """The part of a saved study about single pairs: a rule that accepts every pair or none."""
    n = len(FEATURES) + 1
    rule = Certificate(
        0.1,
        {5: 0.25},
        np.zeros(n),
        np.ones(n),
        np.zeros(n),
        0.0 if accepts else np.inf,
        np.zeros(50),
        np.full(50, 0.02),
    )
    estimate = {"value": 0.02, "low": 0.01, "high": 0.03}
    check = {
        "users": 90,
        "pairs": 270,
        "accepted": 0.6 if accepts else 0.0,
        "harmed": estimate if accepts else None,
        "gain": estimate if accepts else None,
        "gain_of_all": estimate,
        "gain_of_one_alpha": estimate,
        "refused": {"random source": 0.98},
    }
    return {"certificate": rule.to_json(), "certificate_check": check}


@pytest.mark.parametrize("accepts", [True, False])
def test_the_certificate_of_the_pair_has_a_badge_and_evidence(run_id: str, accepts: bool) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", study("helps", True) | certificate(accepts), meta)
    app = opened(run_id, target="user:u3", source="user:u4", alpha="0.1", tab="help")
    no_errors(app)
    badges = [element.value for element in app.markdown if "Certificate:" in str(element.value)]
    assert len(badges) == 2 and all(("Transfer at α = 0.25" if accepts else "Keep α = 0") in one for one in badges)
    assert ("changed NDCG@10 by +0.020" if accepts else "no gain with little enough harm is shown") in captions(app)
    checks = next(table.value for table in app.dataframe if "Check" in table.value.columns)
    assert ("Random sources refused", "98.0%") in list(checks.itertuples(index=False, name=None))
    app.button(key="try_alpha").click().run()
    assert param(app, "alpha") == ("0.25" if accepts else "0")
    space.delete(entry.id)


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"method": "bridge"}, "Not certified for the method “Bridge”: the study’s certificate is for the linear"),
        ({"what": "interests"}, "Not certified for interests"),
        ({"epsilon": "4"}, "Not certified for a protected source"),
        ({"second_score": "popularity", "weight": "0.3"}, "Not certified with a second score"),
        ({"tag": "odd"}, "Not certified for a filtered list"),
        ({"block": "i25"}, "Not certified for a filtered list"),
        ({"target": "cluster:1"}, "Not certified for a group as the target"),
        ({"source": "everyone"}, "Not certified for a group as the source"),
    ],
)
def test_a_list_that_the_certificate_was_not_fitted_to_has_a_sentence_in_place_of_the_badge(
    run_id: str, rules: dict[str, str], why: str
) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", study("helps", True) | certificate(True), meta)
    app = opened(run_id, **{"target": "user:u3", "source": "user:u4", "alpha": "0.1", "tab": "help", **rules})
    no_errors(app)
    assert not [element.value for element in app.markdown if "Certificate:" in str(element.value)]
    written = " ".join(str(element.value) for element in app.markdown).replace("\\", "")
    assert why in captions(app) and why in written
    assert "Check" not in {name for table in app.dataframe for name in table.value.columns}
    app.button(key="try_alpha").click().run()
    assert "alpha" not in app.query_params, "the default, and not the α that was studied for the linear blend"
    space.delete(entry.id)


def test_a_study_of_another_model_speaks_for_that_model_only(run_id: str, own_workspace: Workspace) -> None:
    """A larger network than the studied one has no study yet; a model without representations has the default one's."""
    space, data, view = own_workspace.space(SPACE), shown_data(), {"target": "user:u3", "source": "user:u4"}
    shape = AttentionConfig(embedding_size=24, layers=1)
    larger = space.save_run(train_run(data, model_config=shape, epochs=1, threads=1), data).id
    popular = space.save_run(train_run(data, model="popularity"), data).id
    content = study("helps", True) | certificate(True)
    entries = [space.save_json("study", "a study", content, study_meta(space, run)) for run in (run_id, popular)]
    app = opened(larger, **view, tab="help")
    no_errors(app)
    assert "no study of this model and data has been run" in captions(app) and "Run the study" in [
        one.label for one in app.button
    ]
    app = opened(popular, **view, tab="help")
    no_errors(app)
    assert "Not certified for the model “Most popular”: the study trained the model “Self-attention”" in captions(app)
    assert not [element.value for element in app.markdown if "Certificate:" in str(element.value)]
    for entry in entries:
        space.delete(entry.id)


def test_a_damaged_certificate_is_said_to_be_damaged(run_id: str) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", study("helps", True) | {"certificate": {"promise": 2}}, meta)
    no_errors(opened(run_id, target="user:u3", source="user:u4", tab="help"), "the saved certificate is damaged")
    no_errors(opened(run_id, target="user:u3", source="user:u4", tab="alpha"))
    space.delete(entry.id)


def test_a_study_of_an_older_version_is_as_none(run_id: str) -> None:
    """It read sources' future and suggested an α that no user was evaluated at."""
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    older = {name: value for name, value in study("helps", True).items() if name != "sources_cut"}
    entry = space.save_json("study", "a study", older, meta)
    app = opened(run_id, target="user:u3", source="user:u4", tab="alpha")
    assert any("needs evidence" in str(element.value) for element in app.markdown)
    space.delete(entry.id)


def test_a_damaged_study_is_said_to_be_damaged(run_id: str) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", {**study("helps", True), "points": [{"observed": 5}]}, meta)
    app = opened(run_id, target="user:u3", source="user:u4", tab="alpha")
    no_errors(app, "the saved study is damaged")
    space.delete(entry.id)


def test_a_study_that_failed_says_so_and_can_be_run_again(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object, **kwargs: object) -> None:
        raise InputError("the study", "needs more users", 3)

    monkeypatch.setattr("recsys.evaluation.study.transfer_study.transfer_study", breaks)
    app = opened(run_id, target="user:u3", source="user:u4", tab="help")
    app.button(key="study_Run the study").click().run()
    for job in state.jobs().of(SPACE):
        state.jobs().wait(job.id, SPACE, 30)
    app.run()
    no_errors(app, "needs more users")
    assert app.button(key="study_Run the study").label == "Run the study"
    other = opened(run_id, target="user:u3", source="before:4", tab="help")  # a study of its own
    no_errors(other)


def test_set_alpha_goes_into_the_link_and_the_menu(run_id: str) -> None:
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", study("helps", True), meta)
    app = opened(run_id, target="user:u3", source="user:u4", tab="alpha")
    app.button(key="use_alpha").click().run()
    no_errors(app)
    assert param(app, "alpha") == "0.6" and app.button(key="use_alpha").disabled
    assert all("alpha=0.6" in link.proto.query_string for link in app.sidebar.get("page_link"))
    space.delete(entry.id)


@pytest.mark.parametrize("kind", ["near:8", "before:4", "scenario:left>right"])
def test_what_has_no_other_side_cannot_be_swapped(run_id: str, kind: str) -> None:
    assert opened(run_id, target="user:u3", source=kind).button(key="swap").disabled


def test_a_swap_keeps_alpha_length_and_rules(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4", alpha="0.7", k="5", tag="odd")
    app.button(key="swap").click().run()
    no_errors(app)
    assert [param(app, name) for name in ("target", "source", "alpha", "k", "tag")] == [
        "user:u4",
        "user:u3",
        "0.7",
        "5",
        "odd",
    ]


def test_panels_make_their_labels_when_they_are_open(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4")
    assert not [box for box in app.selectbox if str(box.key).startswith("target_person_")]
    app.session_state["transfer_target"] = True
    app.run()
    no_errors(app)
    box = app.selectbox(key="target_person_user:u3")
    assert len(box.options) == 120
    app.session_state["transfer_target"] = True
    app.selectbox(key="target_person_user:u3").set_value(9).run()
    no_errors(app)
    assert param(app, "target") == "user:u9"


def test_a_moment_past_the_end_of_another_targets_history_moves_into_it(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="before:9")
    for choose in (
        lambda: app.selectbox(key="target_kind_user:u3").set_value("items"),
        lambda: app.multiselect(key="target_items_user:u3").set_value([1, 2, 3, 4]),
    ):
        app.session_state["transfer_target"] = True
        app.run()
        app.session_state["transfer_target"] = True
        choose().run()
        no_errors(app)
    assert param(app, "target").startswith("items:")
    assert param(app, "source") == "before:2"


def test_above_the_limit_every_user_is_reached_by_typing_the_id() -> None:
    ids = IdMap([f"{n}" for n in range(20_000)], first=0)
    for wanted in ("1", "19999", "77", "20"):
        found, _ = matching(ids, wanted)
        assert found[0] == wanted and len(found) <= 50
    assert matching(ids, "1")[1] > 1000 and matching(ids, "ghost") == ([], 0)


def test_a_picker_of_many_users_finds_one(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.transfer.party_picker.MAX_LISTED", 50)
    app = opened(run_id, target="user:u3", source="user:u4")
    app.session_state["transfer_source"] = True
    app.run()
    app.session_state["transfer_source"] = True
    app.text_input(key="source_part_user:u4").set_value("u11").run()
    app.session_state["transfer_source"] = True
    app.radio(key="source_found_u11").set_value("u110").run()
    no_errors(app)
    assert param(app, "source") == "user:u110"


def test_each_of_two_groups_of_one_name_can_be_chosen(run_id: str, own_workspace: Workspace) -> None:
    space = own_workspace.space(SPACE)
    saved = [space.save_cohort("twins", [f"u{n + first}" for n in range(9)]).id for first in (0, 40)]
    for group in saved:
        app = opened(run_id, target="user:u3", source="everyone")
        app.session_state["transfer_source"] = True
        app.run()
        app.session_state["transfer_source"] = True
        app.selectbox(key="source_kind_everyone").set_value("group").run()
        app.session_state["transfer_source"] = True
        app.selectbox(key="source_group_everyone").set_value(f"group:{group}").run()
        no_errors(app)
        assert param(app, "source") == f"group:{group}"


def test_every_item_of_a_large_catalogue_is_found_by_its_title(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.transfer.item_picker.MOST_LISTED", 10)
    app = opened(run_id, target="items:i1", source="user:u4")
    app.session_state["transfer_target"] = True
    app.run()
    shown = next(box for box in app.multiselect if box.key == "target_items_items:i1")
    rare = next(item for item in range(1, 41) if f"Item {item}" not in shown.options)
    assert len(shown.options) <= 11
    assert any("The 10 most popular of 40 items are offered" in text.value for text in app.caption)
    app.session_state["transfer_target"] = True
    app.text_input(key="target_items_part_items:i1").set_value(f"item {rare}").run()
    app.session_state["transfer_target"] = True
    app.multiselect(key="target_items_items:i1").select(rare).run()
    no_errors(app)
    assert param(app, "target") == f"items:i1,i{rare}"


def test_a_renamed_group_has_its_new_name(run_id: str, own_workspace: Workspace) -> None:
    space = own_workspace.space(SPACE)
    group = space.save_cohort("walkers", [f"u{n}" for n in range(9)]).id
    for name in ("walkers", "hikers"):
        space.rename(group, name)
        app = opened(run_id, target="user:u3", source=f"group:{group}")
        no_errors(app)
        assert name in str(mixer(app)["source"])


def test_a_choice_is_taken_when_its_panel_is_closed_at_once(run_id: str) -> None:
    app = opened(run_id, target="user:u3", source="user:u4")
    app.session_state["transfer_source"] = True
    app.run()
    app.session_state["transfer_source"] = False  # closing interrupts the run of the choice: one run has both
    app.selectbox(key="source_person_user:u4").set_value(9).run()
    no_errors(app)
    assert param(app, "source") == "user:u9"
    app.run()
    assert not [box for box in app.selectbox if box.key.startswith("source_")], "a closed panel makes no labels"


def test_the_page_suggests_where_to_begin_and_offers_one_next_step(run_id: str) -> None:
    view = {"target": "user:u3", "source": "user:u4", "alpha": "0.1"}
    app = opened(run_id, **view)
    assert "a neutral start, because no study of this model and data has been run" in captions(app)
    space = state.workspace().space(SPACE)
    meta = study_meta(space, run_id)
    entry = space.save_json("study", "a study", study("no evidence", False), meta)
    assert "no α above 0 was shown to help such users" in captions(opened(run_id, **view))
    space.delete(entry.id)
    entry = space.save_json("study", "a study", study("helps", True), meta)
    app = opened(run_id, **view)
    assert "Try α = 0.60: it helped users with as little history." in captions(app)
    app.button(key="try_alpha").click().run()
    no_errors(app)
    assert param(app, "alpha") == "0.6" and app.button(key="try_alpha").disabled
    space.delete(entry.id)
    primary = [button for button in app.button if button.proto.type == "primary"]
    assert [button.label for button in primary] == ["Next: evaluate transfer"]
    primary[0].click().run()
    no_errors(app)
    assert app.title[0].value == "Evaluate: does transfer help?" and param(app, "tab") == "study"


def captions(app: AppTest) -> str:
    return " ".join(str(caption.value) for caption in app.caption)


def test_a_study_of_single_users_suggests_no_alpha_for_a_group(run_id: str) -> None:
    space = state.workspace().space(SPACE)
    entry = space.save_json("study", "a study", study("helps", True), study_meta(space, run_id))
    for target in ("column:region=north", "everyone"):
        app = opened(run_id, target=target, source="user:u4", tab="alpha")
        no_errors(app)
        assert "suggests no α for a group" in " ".join(str(one.value) for one in app.info)
        assert "use_alpha" not in [one.key for one in app.button]
    space.delete(entry.id)


@pytest.mark.parametrize("page", ["pages/4_Transfer.py", "pages/6_Explain.py"])
def test_data_whose_user_ids_are_too_long_for_a_link_open_with_all_users(own_workspace: Workspace, page: str) -> None:
    data = shown_data()
    ids = [f"{n:03d}".ljust(state.MAX_VALUE_LENGTH, "x") for n in range(data.n_users)]
    data = replace(data, users=IdMap(ids, first=0, subject="user_id"))
    shape = AttentionConfig(embedding_size=16, layers=1)
    space = own_workspace.space(SPACE)
    saved = space.save_run(train_run(data, model_config=shape, epochs=1, threads=1), data).id
    app = opened(saved, target="everyone", source="everyone").switch_page(page)
    for name in ("target", "source"):
        del app.query_params[name]
    no_errors(app.run())
    assert param(app, "target") == "everyone" and not app.error
