"""The Embeddings page: PCA at once, then UMAP from a job; a choice opens the drawer and becomes source or target."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score
from streamlit.testing.v1 import AppTest

from recsys.data.dataset import Dataset
from recsys.embeddings import nearest
from recsys.embeddings.camps import camps
from recsys.errors import InputError
from recsys.jobs.progress import JobStopped
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig
from recsys.runs import train_run
from recsys.workspace import Space, Workspace
from tests.pages.screen import after_jobs, expect, no_errors, open_tab
from ui import cache
from ui.cache import Representation
from ui.components.point_map.payload import bits_of
from ui.embeddings.controls import matching_rows
from ui.embeddings.map_context import MapContext
from ui.shell import state

ANN = "a" * 32


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDIO_HOME", str(folder))
        patch.delenv("STUDIO_SECRET", raising=False)
        state.workspace.clear()
        state.jobs.clear()
        yield folder
        for job in state.jobs().of(ANN):
            state.jobs().stop(job.id, ANN)
            state.jobs().wait(job.id, ANN, 60)
    state.workspace.clear()
    state.jobs.clear()


@pytest.fixture(scope="module")
def space(home: Path, planted: Dataset) -> Space:
    dataset = replace(planted, user_table=pd.DataFrame({"band": ["young", "<b>old</b>"] * 60}))
    run = train_run(dataset, train_config=TrainConfig(epochs=1), model_config=AttentionConfig(embedding_size=16))
    space = Workspace(home).space(ANN)
    space.save_run(run, dataset)
    return space


def opened(space: Space, choice: object = None, **params: str) -> AppTest:
    app = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    app.session_state["space"] = ANN
    if choice is not None:
        app.session_state["map_users"] = {"choice": choice}
    app.query_params.update(params)
    return app.switch_page("pages/3_Embeddings.py").run()


def with_umap(space: Space) -> AppTest:
    """The page once UMAP is there."""
    app = opened(space)
    for job in state.jobs().of(ANN):
        state.jobs().wait(job.id, ANN, 60)
    return app.run()


def text_of(app: AppTest) -> str:
    return " ".join(str(one.value) for one in [*app.markdown, *app.caption, *app.error, *app.warning])


def test_pca_is_shown_at_once_and_umap_follows_and_is_saved(space: Space) -> None:
    app = with_umap(space)
    no_errors(app)
    assert "UMAP, trustworthiness" in text_of(app)
    assert "Distances between groups" in text_of(app)
    saved = [entry.meta for entry in space.entries("map")]
    assert [(meta["side"], meta["dims"], meta["rows"]) for meta in saved] == [("people", 2, 120)]
    assert len(state.jobs().of(ANN)) == 1  # the second run of the page submitted none


def test_a_lasso_opens_the_drawer_and_becomes_the_source(space: Space) -> None:
    with_umap(space)
    lasso = {"kind": "lasso", "bits": bits_of(np.arange(0, 120, 2), 120), "seq": 1}
    app = opened(space, lasso)
    assert "60 users" in text_of(app) and "even" in text_of(app)
    app.button(key="map_use_source").click().run()
    no_errors(app)
    named = app.query_params["source"]
    source = named[0] if isinstance(named, list) else named
    kind, _, cohort = source.partition(":")
    assert kind == "group"
    saved = json.loads((space.path(cohort) / "content.json").read_text("utf-8"))
    assert saved["users"] == [f"u{n}" for n in range(0, 120, 2)]
    assert space.get(cohort).meta["automatic"] is True


def test_a_picked_user_becomes_the_target(space: Space) -> None:
    app = opened(space, {"kind": "pick", "index": 7, "seq": 1})
    assert "User u7" in text_of(app)
    app.button(key="map_use_target").click().run()
    assert "user:u7" in str(app.query_params["target"])
    assert "Target: u7" in text_of(app)


def test_a_group_of_fewer_than_five_is_no_source_and_no_target(space: Space) -> None:
    app = opened(space, {"kind": "lasso", "bits": bits_of(np.array([3, 4]), 120), "seq": 1})
    assert "2 users" in text_of(app)
    buttons = [app.button(key=f"map_use_{role}") for role in ("source", "target")]
    assert all(button.disabled and "at least 5 users" in button.help for button in buttons)


def test_a_group_can_be_saved_under_a_name(space: Space) -> None:
    app = opened(space, {"kind": "lasso", "bits": bits_of(np.array([3, 4]), 120), "seq": 4})
    app.text_input(key="map_name_4").set_value("my <i>pair</i>").run()
    app.button(key="map_save").click().run()
    entry = next(entry for entry in space.entries("cohort") if entry.name == "my <i>pair</i>")
    assert entry.meta["people"] == 2 and entry.meta["automatic"] is False


@pytest.mark.parametrize("button", ["map_save", "map_use_source"])
def test_a_group_is_saved_in_english_and_shown_in_the_language_of_the_reader(space: Space, button: str) -> None:
    lasso = {"kind": "lasso", "bits": bits_of(np.arange(0, 120, 2), 120), "seq": 5}
    before = {entry.id for entry in space.entries("cohort")}
    app = opened(space, lasso, lang="zh")
    assert "60 个用户" in str(app.text_input(key="map_name_5").value)
    app.button(key=button).click().run()
    no_errors(app)
    (entry,) = [entry for entry in space.entries("cohort") if entry.id not in before]
    assert entry.name.endswith(" (60 users)")
    assert any("60 个用户" in label for label in opened(space, lang="zh").selectbox(key="map_saved_group").options)


def test_a_group_of_two_camps_is_said_to_be_two_and_can_be_split(space: Space) -> None:
    """Two of the found groups together; by themselves they are one."""
    folder = str(space.path(space.entries("run")[0].id))
    clusters, vectors = cache.groups_of(folder)[0], cache.embeddings_of(folder, "interests").users
    pairs = ([clusters.members(a), clusters.members(b)] for a, b in combinations(range(len(clusters)), 2))
    joined = (np.sort(np.concatenate(pair)) for pair in pairs)
    rows, found = next(
        (rows, found) for rows in joined if (found := camps(vectors[rows])) is not None and found.are_two
    )
    app = opened(space, {"kind": "lasso", "bits": bits_of(rows, 120), "seq": 1})
    larger, smaller = int((~found.second).sum()), int(found.second.sum())
    assert re.search(rf"Two camps:.*\({larger} users\); .*\({smaller} users\)", text_of(app))
    before = {entry.id for entry in space.entries("cohort")}
    app.query_params["lang"] = "zh"
    app.run()
    app.button(key="map_split").click().run()
    app.query_params["lang"] = "en"
    app.run()
    no_errors(app)
    saved = [entry for entry in space.entries("cohort") if entry.id not in before]
    members = [json.loads((space.path(entry.id) / "content.json").read_text("utf-8"))["users"] for entry in saved]
    assert sorted(user for own in members for user in own) == sorted(f"u{row}" for row in rows)
    assert all(entry.name.endswith(f" ({len(own)} users)") for entry, own in zip(saved, members, strict=True))
    assert f"· {larger} users" in text_of(app)  # the larger camp is shown


def test_a_group_is_compared_with_another_one(space: Space) -> None:
    app = opened(space, {"kind": "lasso", "bits": bits_of(np.arange(0, 120, 2), 120), "seq": 1})
    assert "More here: tags" not in text_of(app), "a comparison takes long: it is made where its tab is open"
    app = open_tab(app, "Compare")
    more = text_of(app).partition("More here: tags")[2]
    assert re.match(r".*?even .*?against.*?Less here: tags.*?odd ", more, re.DOTALL)
    with_whom = app.selectbox(key="map_compare")
    young, old = (next(i for i, name in enumerate(with_whom.options) if band in name) for band in ("young", "old"))
    app.selectbox(key="map_compare").select_index(young).run()  # the same users
    assert "must have at least 5 users that are not in the other" in text_of(app)
    app.selectbox(key="map_compare").select_index(old).run()
    assert "60 users here, 60 in the other group" in text_of(app)
    app = open_tab(open_tab(app, "Users"), "Compare")
    assert "60 users here, 60 in the other group" in text_of(app), "the other group stays chosen"


def test_a_saved_group_is_renamed_and_shown_on_the_map(space: Space) -> None:
    entry = space.save_cohort("walkers", [f"u{n}" for n in range(30)] + ["gone"])
    app = opened(space)
    app.selectbox(key="map_saved_group").select_index([one.id for one in space.entries("cohort")].index(entry.id)).run()
    assert "31 users; 30 of them are in this data" in text_of(app)
    app.text_input(key=f"map_saved_name_{entry.id}").set_value(name := "hikers " + "h" * 150).run()
    app.button(key="map_rename").click().run()
    assert space.get(entry.id).name == name
    app.button(key="map_show_saved").click().run()
    no_errors(app)
    assert "· 30 users" in text_of(app) and "hikers" in text_of(app)


@pytest.mark.parametrize("how", ["Activity", "Share of left", "column:band"])
def test_every_colouring_is_shown(space: Space, how: str) -> None:
    app = opened(space)
    app.selectbox(key="map_colour_users").set_value(how).run()
    no_errors(app)


def test_a_user_column_as_colour_says_how_far_the_groups_agree_with_it(space: Space) -> None:
    app = opened(space)
    app.selectbox(key="map_colour_users").set_value("column:band").run()
    found = re.search(r"Groups and “band”: adjusted Rand index (\S+) \[", text_of(app))
    folder = str(space.path(space.entries("run")[0].id))
    labels = cache.groups_of(folder)[0].labels
    expected = adjusted_rand_score(cache.open_run(folder)[1].user_table["band"], labels)
    assert found is not None and float(found[1].replace("−", "-")) == pytest.approx(expected, abs=6e-3)
    app.selectbox(key="map_colour_users").set_value("Activity").run()
    assert "adjusted Rand index" not in text_of(app)


def test_changes_over_time_are_counted_beside_chance(space: Space) -> None:
    app = opened(space)
    app.toggle(key="map_changes").set_value(True).run()
    no_errors(app)
    assert re.search(r"of 120 users changed group since half-way .* would by chance", text_of(app))
    opened(space, {"kind": "pick", "index": 7, "seq": 1}).toggle(key="map_changes").set_value(True).run()
    app.segmented_control(key="map_representation").set_value("next-choice").run()
    assert not app.toggle  # the next choice has no earlier moment to compare


def test_the_heading_says_whose_map_it_is(space: Space) -> None:
    app = opened(space)
    assert app.title[0].value == "Map of users"
    app.segmented_control(key="map_side").set_value("items").run()
    assert app.title[0].value == "Map of items" and "Near points are items" in text_of(app)


def test_the_search_finds_one_or_offers_some(space: Space) -> None:
    app = opened(space)
    app.text_input(key="map_find_users_0").set_value("nobody at all").run()
    assert "No user matches" in text_of(app)
    app.text_input(key="map_find_users_0").set_value("u11").run()
    assert app.session_state["map_focus"] == (1, "users", 11)
    app.text_input(key="map_find_users_0").set_value("").run()
    app.text_input(key="map_find_users_0").set_value("u11").run()
    assert app.session_state["map_focus"] == (2, "users", 11), "the same search again is a new request"
    app.segmented_control(key="map_dims").set_value(3).run()
    assert app.text_input(key="map_find_users_0").disabled and "Search on the map in 2-D." in text_of(app)


def test_each_of_two_rows_of_one_name_is_offered() -> None:
    context = SimpleNamespace(names=("Same", "same", "Same again"), folded_names=("same", "same", "same again"))
    assert matching_rows(cast(MapContext, context), "same") == [0, 1]


def test_names_of_options_are_as_they_are_written(space: Space) -> None:
    """A select box reads no markdown: a backslash before a sign would be seen."""
    space.save_cohort("young_1 (9 users)", [f"u{n}" for n in range(9)])
    app = open_tab(opened(space, {"kind": "lasso", "bits": bits_of(np.arange(9), 120), "seq": 1}), "Compare")
    assert "Saved: young_1 (9 users)" in app.selectbox(key="map_compare").options
    assert "band: <b>old</b>" in app.selectbox(key="map_compare").options
    assert "young_1 (9 users)" in app.selectbox(key="map_saved_group").options
    assert not [label for box in app.selectbox for label in box.options if "\\" in label]


def test_items_have_their_own_map_and_three_dimensions_their_own_figure(space: Space) -> None:
    app = opened(space)
    app.segmented_control(key="map_side").set_value("items").run()
    no_errors(app)
    app.segmented_control(key="map_dims").set_value(3).run()
    no_errors(app)


def test_a_saved_map_opens_with_its_settings(space: Space) -> None:
    app = opened(space)
    app.segmented_control(key="map_side").set_value("items").run()
    app.segmented_control(key="map_dims").set_value(3).run()
    app = after_jobs(app)
    saved = next(entry for entry in space.entries("map") if (entry.meta["side"], entry.meta["dims"]) == ("items", 3))
    chosen = {**saved.meta, "neighbours": 50, "min_distance": 0.1}
    older = {name: saved.meta[name] for name in ("run", "side", "dims", "rows")}
    wrong = {**saved.meta, "neighbours": None, "min_distance": "x", "layout": ["umap"]}
    for meta, settings in ((chosen, (50, 0.1, "umap")), (older, (30, 0.5, "umap")), (wrong, (30, 0.5, "umap"))):
        entry = space.save_json("map", "as it was saved", {}, {**meta, "key": "other"})
        home = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
        home.session_state["space"] = ANN
        if meta is chosen:
            home.session_state["map_layout"] = "umap-learn"  # as it was chosen for the map of before
        after_jobs(home.run()).button(key=f"open_{entry.id}").click().run()
        no_errors(home)
        assert (home.title[0].value, home.segmented_control(key="map_dims").value) == ("Map of items", 3)
        shown = [home.session_state[key] for key in ("map_neighbours", "map_distance", "map_layout")]
        assert tuple(shown) == settings, meta
        space.delete(entry.id)
    entry = space.save_json("map", "imported", {}, {"key": "other", "entity": "x", "dims": 5})
    home = AppTest.from_file(str(state.ROOT / "app.py"), default_timeout=60)
    home.session_state["space"] = ANN
    after_jobs(home.run()).button(key=f"open_{entry.id}").click().run()
    no_errors(home)
    assert (home.title[0].value, home.segmented_control(key="map_dims").value) == ("Map of users", 2)
    space.delete(entry.id)


def test_three_dimensions_are_coloured_as_is_chosen(space: Space) -> None:
    app = opened(space)
    app.segmented_control(key="map_dims").set_value(3).run()
    app.selectbox(key="map_colour_users").set_value("column:band").run()
    no_errors(app)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    named = {trace["name"] for trace in figure["data"]}
    assert named == {"&lt;b&gt;old&lt;/b&gt;", "young"}, named
    app.selectbox(key="map_colour_users").set_value("Activity").run()
    no_errors(app)
    (trace,) = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert trace["marker"]["colorbar"]["title"]["text"] == "Activity (items)"


def test_the_map_of_interests_and_of_the_next_choice_are_chosen_in_the_url(space: Space) -> None:
    app = opened(space)
    assert app.segmented_control(key="map_representation").value == "interests"
    assert "Interests say what a user likes over time" in text_of(app)
    assert "tab" not in app.query_params
    app.segmented_control(key="map_representation").set_value("next-choice").run()
    no_errors(app)
    assert "next-choice" in str(app.query_params["tab"])
    linked = opened(space, tab="next-choice")
    assert linked.segmented_control(key="map_representation").value == "next-choice"
    linked.segmented_control(key="map_side").set_value("items").run()
    no_errors(linked)


def test_a_page_that_is_just_being_drawn_changes_no_representation(space: Space) -> None:
    app = opened(space, tab="next-choice")
    app.segmented_control(key="map_representation").set_value(None).run()  # what a browser may send then
    no_errors(app)
    assert "next-choice" in str(app.query_params["tab"])
    assert app.segmented_control(key="map_representation").value == "next-choice"


def test_nearest_users_are_nearest_in_the_shown_representation(space: Space) -> None:
    folder = str(space.path(space.entries("run")[0].id))
    pick = {"kind": "pick", "index": 7, "seq": 1}
    shown: dict[Representation, str] = {"interests": "", "next-choice": "next-choice"}
    for representation, tab in shown.items():
        app = opened(space, pick, tab=tab)
        rows, _ = nearest(cache.embeddings_of(folder, representation).users, 7, 10)
        assert all(f"u{row} " in text_of(app) for row in rows), representation
    states, interests = (cache.embeddings_of(folder, one) for one in ("next-choice", "interests"))
    assert states.fingerprint != interests.fingerprint  # each has its own projection


FULL = "Delete something on Home and empty the trash"


@pytest.mark.parametrize("key", ["map_use_source", "map_split"])
def test_a_group_that_does_not_fit_into_a_full_space_is_refused_and_leads_nowhere(
    space: Space, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("ui.embeddings.groups._camps", lambda *_: SimpleNamespace(are_two=True, p=0.01, second=CAMPS))
    app = opened(space, {"kind": "lasso", "bits": bits_of(np.arange(0, 120, 2), 120), "seq": 1})
    before = {entry.id for entry in space.entries("cohort")}
    monkeypatch.setattr(state.workspace(), "space_bytes", 1)
    app.button(key=key).click().run()
    no_errors(app, FULL)
    assert {entry.id for entry in space.entries("cohort")} == before and "source" not in app.query_params
    no_errors(app.run())


CAMPS = np.arange(60) < 20  # the second of two camps


def test_renaming_a_group_that_another_tab_has_deleted_is_refused(space: Space) -> None:
    entry = space.save_cohort("gone soon", [f"u{n}" for n in range(30)])
    app = opened(space)
    app.selectbox(key="map_saved_group").select_index([one.id for one in space.entries("cohort")].index(entry.id)).run()
    app.text_input(key=f"map_saved_name_{entry.id}").set_value("later").run()
    space.delete(entry.id)
    app.button(key="map_rename").click().run()
    no_errors(app, "the saved item must be one of yours")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("group:{id}", "group “walkers 2”"),
        ("group:{id}!medoid", "the most typical user of group “walkers 2”"),
        ("before:12", "the target’s first 12 items"),
        ("before:1", "the target’s first item"),
        ("scenario:left>right", "the target’s items in left"),
        ("near:20", "the 20 nearest users"),
        ("everyone", "all users"),
        ("items:i1,i2", "a new user"),
        ("several:mean:any:u1,u2", "users u1 and u2"),
    ],
)
def test_source_and_target_stand_below_the_map_in_words(space: Space, source: str, words: str) -> None:
    entry = space.save_cohort("walkers 2", [f"u{n}" for n in range(30)])
    app = opened(space, target="user:u7", source=source.format(id=entry.id))
    no_errors(app)
    line = next(str(one.value) for one in app.markdown if "Target: " in str(one.value)).replace("\\", "")
    assert line == f":orange[◆] Source: {words} \u2003 :blue[●] Target: u7"
    shown = next(one.proto for one in app.get("bidi_component") if "map_users" in one.proto.id)
    marked = json.loads(shown.json)["parts"]["marks"]
    users = {"group": range(30), "several": (1, 2)}.get(source.partition(":")[0])
    assert marked.get("source") == (bits_of(np.array(users), 120) if users else None)
    space.delete(entry.id)


@pytest.mark.parametrize("end", ["failed", "stopped"])
def test_a_map_whose_computation_has_ended_is_not_said_to_be_computed(
    space: Space, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    app, told = with_umap(space), "the map must be drawn"
    error: object = InputError("the map", "must be drawn", "none") if end == "failed" else JobStopped
    monkeypatch.setattr("recsys.embeddings.projection.project", Mock(side_effect=error))
    expect(told)
    app.select_slider(key="map_neighbours").set_value(100 if end == "failed" else 5).run()
    app = after_jobs(app)
    no_errors(app, *([told] if end == "failed" else []))
    assert end == "failed" or "The computation was stopped" in text_of(app)
    assert "is being computed" not in text_of(app) and "PCA. Near points have" in text_of(app)
