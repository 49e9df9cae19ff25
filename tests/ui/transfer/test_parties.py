"""How target and source are written in the URL, what is read of them, and the case they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from recsys.cases.parties import (
    SeveralUsers,
    column_groups,
    moment,
    read_column,
    read_items,
    read_scenarios,
    write_items,
)
from recsys.cases.rules import Rules
from recsys.cases.scoring import CONTENT, second_scorer
from recsys.data.ids import IdMap
from recsys.data.schema.times import utc_day
from recsys.embeddings import cluster, extract
from recsys.embeddings.interests import interest_model
from recsys.embeddings.positions import positions_on_map
from recsys.embeddings.projection import Projection
from recsys.embeddings.projection_storage import save_projection
from recsys.errors import InputError, UnknownIdError
from recsys.models.attention.config import AttentionConfig
from recsys.runs import save_run, train_run
from recsys.transfer import fit_method, measure_satisfaction, party_embedding, party_of_items, party_scores
from tests.conftest import planted_dataset
from ui import cache
from ui.run_context import RunContext, run_context
from ui.shell import state
from ui.transfer.pair_map import map_of_pair, user_map
from ui.transfer.parties import read_pair
from ui.transfer.report import change_rows
from ui.transfer.satisfaction import satisfaction_at
from ui.transfer.scored_pair import ScoredPair, build_scored_pair, random_pair


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small run on disk: 120 users with two interests, with a user table."""
    home = tmp_path_factory.mktemp("run")
    data = planted_dataset()
    user_table = pd.DataFrame({"region": ["north", "south"] * (data.n_users // 2)})
    data = replace(data, user_table=user_table)
    run = train_run(data, model_config=AttentionConfig(embedding_size=16, layers=1), epochs=3, threads=1)
    save_run(run, data, home / "run")
    yield str(home / "run")
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def context(folder: str) -> RunContext:
    return run_context(folder)


def test_unknown_values_of_a_column_are_no_group() -> None:
    table = pd.DataFrame(
        {"age": ["", "old", "young", "old", None], "one": ["a", "", "a", None, "a"], "id": list("abcde")}
    )
    assert column_groups(table, 4) == {"column:age=old": ("age", "old", 2), "column:age=young": ("age", "young", 1)}


def test_a_user_is_read_newest_first_and_never_recommended_what_they_have(context: RunContext) -> None:
    pair = read_pair(context, "user:u3", "user:u4")
    titles = context.dataset.catalogue.titles
    assert [title for title, _ in pair.target.card.titles] == [
        titles[item] for item in context.known_histories[3][::-1]
    ]
    assert set(pair.named.seen) == set(context.known_histories[3])
    assert pair.source.party.users == (4,)
    assert "user u4’s interests" in pair.source.card.as_data()["phrase"]


def test_groups_are_users_of_the_data(context: RunContext) -> None:
    column = read_pair(context, "user:u3", "column:region=north").source
    assert column.party.users == tuple(range(0, 120, 2))
    cluster = read_pair(context, "user:u3", "cluster:0").source
    assert len(cluster.party.users) >= 5 and cluster.card.heading == "Typical items"
    near = read_pair(context, "user:u3", "near:8").source
    assert len(near.party.users) == 8 and 3 not in near.party.users
    around = read_pair(context, "column:region=north", "near:8").source
    assert len(around.party.users) == 8 and all(user % 2 for user in around.party.users), "no members of the target"
    assert read_pair(context, "user:u3", "everyone").source.party.users == tuple(range(120))
    medoid = read_pair(context, "user:u3", "column:region=north!medoid").source
    assert len(medoid.party.users) == 1 and medoid.party.users[0] % 2 == 0


def test_shares_of_typical_items_are_of_users(context: RunContext) -> None:
    end = read_pair(context, "user:u3", "column:region=north").source
    members = [set(context.known_histories[user].tolist()) for user in range(0, 120, 2)]
    shares = {item: np.mean([item in items for items in members]) for item in set().union(*members)}
    best = sorted(shares, key=lambda item: (-shares[item], item))[:40]
    titles = context.dataset.catalogue.titles
    assert end.card.titles == tuple((titles[item], f"{shares[item]:.0%}") for item in best)


def test_across_time_is_the_same_user_before_and_since(context: RunContext) -> None:
    pair = read_pair(context, "user:u3", "before:4")
    assert np.array_equal(pair.source.party.histories[0], context.known_histories[3][:4])
    assert np.array_equal(pair.target.party.histories[0], context.known_histories[3][4:])
    assert set(pair.named.seen) == set(context.known_histories[3])
    assert moment(context.dataset, 3, 4) in pair.source.card.name


def test_across_scenarios_recommends_from_the_chosen_one(context: RunContext, folder: str) -> None:
    pair = read_pair(context, "user:u3", "scenario:left>right")
    inside = context.dataset.catalogue.in_scenario("left")
    assert inside[pair.source.party.histories[0]].all() and not inside[pair.target.party.histories[0]].any()
    scored = build_scored_pair(folder, "user:u3", "scenario:left>right", 5, Rules())
    assert not inside[[item for step in scored.path.steps for item in step.items]].any()


def test_a_pair_of_scenarios_is_scored_by_the_map_between_the_two(context: RunContext, folder: str) -> None:
    rules, run, dataset = Rules(method="bridge"), context.run, context.dataset
    scored = build_scored_pair(folder, "user:u3", "scenario:left>right", 5, rules).transfer
    rows, users, source = run.training_rows(dataset), range(dataset.n_users), scored.source

    def by(scenarios: tuple[str, str] | None) -> np.ndarray:
        bridge = fit_method("bridge", rows, run.model, users, scenarios)
        return bridge.apply(run.model, party_scores(run.model, source), party_embedding(run.model, source))  # type: ignore[arg-type]

    assert np.array_equal(scored.source_scores, by(("left", "right")))
    assert not np.array_equal(scored.source_scores, by(("right", "left")))
    people = build_scored_pair(folder, "user:u3", "user:u4", 5, rules).transfer
    source = people.source
    assert np.array_equal(people.source_scores, by(None))


def test_the_day_is_written_without_what_only_some_systems_know(
    context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WithoutDash(date):
        """As on Windows, where `%-d` is not known."""

        def __format__(self, how: str) -> str:
            if "%-" in how:
                raise ValueError("Invalid format string")
            return super().__format__(how)

    def day_of(seconds: float) -> date:
        day = utc_day(seconds)
        assert day is not None
        return WithoutDash(day.year, day.month, day.day)

    monkeypatch.setattr("recsys.cases.parties.utc_day", day_of)
    assert moment(context.dataset, 3, 4) == "17 Sep 2020"


def test_signs_of_the_notation_inside_names_are_told_apart() -> None:
    ids = ["a,b", "50%", "100%2C", "plain"]
    assert read_items(write_items(ids)) == ids and write_items(["i1", "i2"]) == "i1,i2"
    assert read_scenarios("Home > Food>Toys", ["Home > Food", "Toys"]) == ("Home > Food", "Toys")
    assert read_scenarios("left>right", ["left", "right"]) == ("left", "right")
    assert read_column("a=b=c=d", ["a=b"]) == ("a=b", "c=d") and read_column("ghost=1", ["x"]) == ("ghost", "1")


def test_several_users_are_written_by_their_ids_and_read_newest_item_of_each_first(context: RunContext) -> None:
    named = SeveralUsers(("a,b", "several:x", "50%"), "least-misery", "all")
    assert SeveralUsers.parse(named.text) == named
    pair = read_pair(context, "several:least-misery:all:u3,u8", "several:mean:any:u4,u6")
    titles, known = context.dataset.catalogue.titles, context.known_histories
    assert pair.target.card.titles[:3] == (
        (titles[known[3][-1]], "u3"), (titles[known[8][-1]], "u8"), (titles[known[3][-2]], "u3")
    )  # fmt: skip
    assert (pair.target.card.note, pair.source.party.users) == ("2 users · Least misery", (4, 6))
    assert set(pair.named.seen.tolist()) == set(known[3].tolist()) & set(known[8].tolist())
    assert pair.source.card.phrase == "the mean of users u4 and u6"


def test_the_list_of_several_users_follows_the_rules_and_says_who_is_served(context: RunContext, folder: str) -> None:
    rules = Rules(second_score="item-knn", weight=0.5, tag="odd")
    scored = build_scored_pair(folder, "several:least-misery:any:u2,u4,u6", "user:u3", 4, rules)
    assert all("odd" in context.dataset.catalogue.tags[item] for item in scored.path.at(0.3))
    second = second_scorer(context, rules)
    found, with_mean = satisfaction_at(context, scored, 0.3)
    assert found == measure_satisfaction(scored.transfer, scored.path.at(0.3), second, 0.5)
    assert with_mean is not None and [one.user for one in with_mean] == [2, 4, 6]
    by_mean = build_scored_pair(folder, "several:mean:any:u2,u4,u6", "user:u3", 4, rules)
    assert satisfaction_at(context, by_mean, 0.3) == (with_mean, None)


def test_a_new_user_is_made_of_items(context: RunContext) -> None:
    end = read_pair(context, "items:i1,i2,i5", "user:u3").target
    assert end.party.histories[0].tolist() == [1, 2, 5] and end.party.users == ()


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("user:nobody", "user:u1"),
        ("user:u1", "cluster:99"),
        ("user:u1", "cluster:x"),
        ("user:u1", "before:99"),
        ("user:u1", "before:0"),
        ("user:u1", "scenario:left>moon"),
        ("user:u1", "near:2"),
        ("column:region=north", "before:3"),
        ("items:i1,i2", "scenario:left>right"),
        ("user:u1", "column:shoe=9"),
        ("user:u1", "column:region=west"),
        ("user:u1", "group:0123"),
        ("", ""),
        ("near:9", "user:u1"),
        ("items:moon", "user:u1"),
        ("several:mean:any:u1", "user:u1"),
        ("several:mean:any:u1,u1", "user:u1"),
        ("several:mean:any:u1,nobody", "user:u1"),
        ("several:vote:any:u1,u2", "user:u1"),
        ("several:mean:half:u1,u2", "user:u1"),
        ("several:u1,u2", "user:u1"),
        ("several:mean:any:u0,u1,u2,u3,u4,u5,u6,u7,u8", "user:u1"),
        ("several:mean:any:u1,u2", "before:3"),
    ],
)
def test_what_a_tampered_link_says_is_refused_with_a_sentence(context: RunContext, target: str, source: str) -> None:
    with pytest.raises((InputError, UnknownIdError)):
        read_pair(context, target, source)


def test_a_saved_group_is_found_by_its_id(context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    st.cache_resource.clear()
    entry = state.workspace().space("0" * 32).save_cohort("Walkers", ["u2", "u4", "u6", "u8", "u10", "gone"])
    end = read_pair(context, "user:u3", f"group:{entry.id}").source
    assert end.party.users == (2, 4, 6, 8, 10)
    assert "Walkers" in end.card.name
    st.cache_resource.clear()


def case_of(folder: str, rules: Rules) -> ScoredPair:
    return build_scored_pair(folder, "user:u3", "user:u4", 8, rules)


def test_the_path_starts_with_the_targets_own_list(context: RunContext, folder: str) -> None:
    scored = case_of(folder, Rules())
    scores = party_scores(context.run.model, scored.pair.target.party).astype(np.float64)
    scores[context.known_histories[3]] = -np.inf
    assert scored.path.at(0.0) == tuple(np.argsort(-scores, kind="stable")[:8].tolist())


def test_rules_hold_over_the_whole_path(context: RunContext, folder: str) -> None:
    catalogue = context.dataset.catalogue
    tagged = case_of(folder, Rules(tag="odd"))
    assert all("odd" in catalogue.tags[item] for step in tagged.path.steps for item in step.items)
    hidden = case_of(folder, Rules(hide_source=True))
    assert not set(context.known_histories[4]) & {item for step in hidden.path.steps for item in step.items}
    assert case_of(folder, Rules(second_score="item-knn", weight=0.9)).path.steps != case_of(folder, Rules()).path.steps
    assert case_of(folder, Rules(second_score=CONTENT, weight=0.5)).path.steps


def test_a_cluster_in_a_link_is_a_cluster_of_interests(context: RunContext, folder: str) -> None:
    interests = cluster(extract(interest_model(context.run.model, context.dataset), context.dataset).users)
    for number in range(len(interests)):
        assert read_pair(context, "user:u3", f"cluster:{number}").source.party.users == tuple(interests.members(number))


def test_a_random_pair_is_two_users_with_different_interests_and_depends_on_the_seed_alone(context: RunContext) -> None:
    first = random_pair(context, 1)
    assert first == random_pair(context, 1)
    target, source = (context.dataset.users.index(text.partition(":")[2]) for text in first)
    unit = context.vectors / np.linalg.norm(context.vectors, axis=1, keepdims=True)
    similar = unit @ unit[target]
    assert similar[source] <= np.quantile(similar, 0.12)
    assert random_pair(context, 1, "user:u6")[0] == "user:u6"


def test_a_random_pair_leaves_out_users_whose_ids_a_link_cannot_hold(context: RunContext) -> None:
    def named(*short: int) -> RunContext:
        long = (f"{n:03d}".ljust(state.MAX_VALUE_LENGTH - 4, "x") for n in range(120))
        ids = [f"u{n}" if n in short else one for n, one in enumerate(long)]
        return replace(context, dataset=replace(context.dataset, users=IdMap(ids, first=0, subject="user_id")))

    assert {random_pair(named(3, 4), seed) for seed in range(20)} <= {("user:u3", "user:u4"), ("user:u4", "user:u3")}
    assert random_pair(named(3), 0) == ("user:u3", "user:u3")
    assert random_pair(named(), 0) == ("everyone", "everyone")


def test_the_path_on_the_map_joins_the_points_of_both_users(context: RunContext) -> None:
    points = np.random.default_rng(0).normal(size=(120, 2))
    drawn = user_map(points, context.vectors, (context.vectors[3], context.vectors[4]), ((3,), (4,)))
    assert drawn.walk[0] == pytest.approx(points[3]) and drawn.walk[-1] == pytest.approx(points[4])
    assert np.isfinite(drawn.walk).all()


def test_each_exact_change_has_a_row(context: RunContext, folder: str) -> None:
    path = case_of(folder, Rules()).path
    rows = change_rows(path, context.dataset.catalogue.titles)
    assert [row["alpha"] for row in rows] == [change.alpha for change in path.changes]
    for row, change in zip(rows, path.changes, strict=True):
        winner = context.dataset.catalogue.titles[change.overtakes[-1][0]]
        assert str(row["what happens"]).startswith(winner)


def test_a_saved_map_is_used(context: RunContext, folder: str, tmp_path: Path) -> None:
    points = np.random.default_rng(1).normal(size=(120, 2)).astype(np.float32)
    (tmp_path / "map").mkdir()
    save_projection(Projection(points, "umap"), tmp_path / "map")
    drawn = build_scored_pair(folder, "user:u3", "user:u4", 8, Rules(), str(tmp_path / "map")).mixer_data["map"]
    assert drawn["points"] != case_of(folder, Rules()).mixer_data["map"]["points"]


def test_the_pair_is_drawn_by_interests_where_users_with_similar_interests_are(
    context: RunContext, folder: str, tmp_path: Path
) -> None:
    """A composed history has no point of its own: it is drawn among the users whose interests are nearest to its."""
    users = cache.embeddings_of(folder, "interests").users
    points = np.stack([np.arange(len(users)), np.zeros(len(users))], axis=1).astype(np.float32)
    (tmp_path / "map").mkdir()
    save_projection(Projection(points, "umap"), tmp_path / "map")
    new = party_of_items(context.known_histories[4][-6:], "a new user")
    drawn = map_of_pair(context, read_pair(context, "user:u3", "user:u4").target.party, new, str(tmp_path / "map"))
    assert drawn is not None
    assert drawn.walk[-1] == pytest.approx(
        positions_on_map(party_embedding(context.interests, new)[None], users, points)[0]
    )
