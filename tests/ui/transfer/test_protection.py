"""A protected source: one draw for each promise, what was spent, what is refused, and that nothing else leaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from recsys.cases.rules import Rules
from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.errors import ProtectionError
from recsys.models.attention.config import AttentionConfig
from recsys.runs import Run, train_run
from recsys.transfer.privacy import PrivateSource
from recsys.transfer.privacy_budget import LIMIT, hashed_id
from recsys.workspace import Space, Workspace
from tests.conftest import planted_dataset
from ui import cache
from ui.run_context import run_context
from ui.shell import state
from ui.transfer import protection
from ui.transfer.export import list_json
from ui.transfer.parties import read_pair
from ui.transfer.protection import private_source, recorded_draw, spent_on
from ui.transfer.scored_pair import ScoredPair, build_scored_pair

ANN = "a" * 32
ON = Rules(epsilon=4.0)
TARGET, SOURCE = "user:u5", "user:u0"


def data_with(history: list[int] | None = None) -> Dataset:
    """The planted data with a region for every user; user 0's history may be another one of the same length."""
    data = planted_dataset()
    data = replace(data, user_table=pd.DataFrame({"region": ["north", "south"] * (data.n_users // 2)}))
    if history is None:
        return data
    sequence = data.sequence.copy()
    sequence[: len(history)] = history
    return replace(data, sequence=sequence)


@pytest.fixture(scope="module")
def trained() -> Run:
    return train_run(data_with(), model_config=AttentionConfig(embedding_size=16, layers=1), epochs=2, threads=1)


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Space]:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    st.cache_resource.clear()
    yield state.workspace().space(ANN)
    st.cache_resource.clear()


def saved(space: Space, run: Run, data: Dataset | None = None) -> str:
    data = data_with() if data is None else data
    run = replace(run, dataset_fingerprint=data.fingerprint)
    return str(space.path(space.save_run(run, data).id))


def vector(folder: str, rules: Rules = ON, number: int = 0, source: str = SOURCE) -> np.ndarray:
    context = run_context(folder)
    return private_source(context, read_pair(context, TARGET, source), source, rules, number).vector


def test_one_draw_serves_every_filter_length_and_restart(space: Space, trained: Run) -> None:
    folder = saved(space, trained)
    cases = [
        build_scored_pair(folder, TARGET, SOURCE, k, rules)
        for k, rules in ((5, ON), (10, replace(ON, scenario="left")), (10, replace(ON, tag="odd", diversity=0.4)))
    ]
    scores = [scored.transfer.source_scores for scored in cases]
    assert all(np.array_equal(scores[0], other) for other in scores)
    first = vector(folder)
    st.cache_resource.clear()  # a restarted server
    assert np.array_equal(first, vector(folder))
    others = [vector(folder, replace(ON, epsilon=2.0)), vector(folder, number=1), vector(folder, source="user:u2")]
    assert len({other.tobytes() for other in [first, *others]}) == 4


def test_other_data_or_another_server_has_other_noise(space: Space, trained: Run, tmp_path: Path) -> None:
    """The same noise on two versions of a history would give the difference away."""
    folder, other = saved(space, trained), saved(space, trained, data_with([1, 2, 3, 4, 5, 6]))
    context, twin = run_context(folder), run_context(other)
    model = context.run.model
    gaps = vector(folder) - vector(other)
    plain = [model.encode([one.known_histories[0]])[0] for one in (context, twin)]  # type: ignore[attr-defined]
    assert np.abs(gaps - (plain[0] - plain[1])).max() > 1.0
    before = vector(folder)
    (state.workspace().root / "noise.key").unlink()
    assert not np.array_equal(before, vector(folder))


def test_what_was_spent_adds_up_and_ends_at_the_limit(space: Space, trained: Run) -> None:
    context = run_context(saved(space, trained))
    assert spent_on(space, context, SOURCE) == 0
    assert recorded_draw(space, context, TARGET, SOURCE, ON) == 0
    assert recorded_draw(space, context, "user:u7", SOURCE, replace(ON, tag="odd")) == 0
    assert spent_on(space, context, SOURCE) == pytest.approx(4.0, rel=1e-3)
    used = 4.0
    for number in range(1, 40):
        try:
            assert recorded_draw(space, context, TARGET, SOURCE, ON, again=True) == number
        except ProtectionError as error:
            assert "reach ε = 16 together" in str(error)
            break
        now = spent_on(space, context, SOURCE)
        assert used < now <= LIMIT
        used = now
    assert 5 < number < 20 and spent_on(space, context, SOURCE) == used
    assert recorded_draw(space, context, TARGET, SOURCE, ON) == number - 1, "the newest draw is still shown, at no cost"
    with pytest.raises(ProtectionError, match="together"):
        recorded_draw(space, context, TARGET, SOURCE, replace(ON, epsilon=8.0))
    assert recorded_draw(space, context, TARGET, "user:u2", ON) == 0  # another user has a budget of their own
    again = Workspace(state.workspace().root).space(ANN)
    assert spent_on(again, context, SOURCE) == used


def test_a_group_spends_for_each_of_its_users(space: Space, trained: Run) -> None:
    context = run_context(saved(space, trained))
    recorded_draw(space, context, TARGET, "column:region=north", ON)  # u0, u2, …
    assert spent_on(space, context, "user:u0") == spent_on(space, context, "user:u2") == pytest.approx(4.0, rel=1e-3)
    assert spent_on(space, context, "user:u1") == 0
    recorded_draw(space, context, TARGET, "user:u2", ON)
    assert spent_on(space, context, "user:u0") < spent_on(space, context, "column:region=north")


def test_several_named_users_share_one_draw_and_each_is_charged(space: Space, trained: Run) -> None:
    folder, several = saved(space, trained), "several:mean:any:u0,u2"
    context = run_context(folder)
    recorded_draw(space, context, TARGET, several, ON)
    assert [spent_on(space, context, one) > 0 for one in ("user:u0", "user:u2", several, "user:u4")] == [True] * 3 + [
        False
    ]
    scored = build_scored_pair(folder, "several:least-misery:any:u5,u7", several, 5, ON)
    assert scored.path.steps and not scored.mixer_data["source"]["titles"]
    for target, source, said in (
        (TARGET, "several:least-misery:any:u0,u2", "must agree by the mean"),
        ("several:mean:any:u5,u2", several, "no user of the protected source"),
    ):
        with pytest.raises(ProtectionError, match=said):
            recorded_draw(space, context, target, source, ON)


def with_regions(first_half: bool) -> Dataset:
    """The planted rows; north is the first half of the users, or every second one."""
    data = data_with()
    north = np.arange(data.n_users) < data.n_users // 2 if first_half else np.arange(data.n_users) % 2 == 0
    return replace(data, user_table=pd.DataFrame({"region": np.where(north, "north", "south")}))


def test_another_user_table_over_the_same_rows_is_another_draw(space: Space, trained: Run) -> None:
    """The noise differs where the table does, so both lists together tell more than one."""
    source, target = "column:region=north", "user:u119"  # south in both tables
    first, second = (run_context(saved(space, trained, with_regions(half))) for half in (True, False))
    assert first.dataset.rows_fingerprint == second.dataset.rows_fingerprint
    noised = [
        private_source(context, read_pair(context, target, source), source, ON, 0).vector for context in (first, second)
    ]
    assert not np.array_equal(*noised)
    recorded_draw(space, first, target, source, ON)
    once = spent_on(space, first, "user:u0")
    recorded_draw(space, second, target, source, ON)
    assert once == pytest.approx(4.0, rel=1e-3)
    for context in (first, second):
        assert spent_on(space, context, "user:u0") > once * 1.2, "in both draws"
        assert spent_on(space, context, "user:u1") == pytest.approx(4.0, rel=1e-3), "in the first only"
        assert spent_on(space, context, "user:u118") == pytest.approx(4.0, rel=1e-3), "in the second only"
        assert spent_on(space, context, "user:u119") == 0
        before = spent_on(space, context, "everyone")
        recorded_draw(space, context, target, source, ON)
        assert spent_on(space, context, "everyone") == before, "seen again, it adds nothing"


def test_the_same_members_of_another_user_table_are_another_draw_too(space: Space, trained: Run) -> None:
    """Other columns change the noise of a single user as well."""
    first, second = (run_context(saved(space, trained, with_regions(half))) for half in (True, False))
    recorded_draw(space, first, TARGET, SOURCE, ON)
    recorded_draw(space, second, TARGET, SOURCE, ON)
    assert vector(first.folder).tobytes() != vector(second.folder).tobytes()
    assert spent_on(space, first, SOURCE) == spent_on(space, second, SOURCE) > 4.0 * 1.2


def test_a_draw_whose_members_were_not_noted_is_charged_to_all_who_may_have_been_in_it(
    space: Space, trained: Run
) -> None:
    context = run_context(saved(space, trained, with_regions(True)))
    older = [
        {"model": "m", "source": source, "epsilon": 4.0, "delta": 1e-5, "number": 0}
        for source in ("column:region=north", "user:u0")
    ]
    (space.folder / "draws.json").write_text(json.dumps({context.dataset.rows_fingerprint: older}))
    alone = spent_on(space, context, "user:u119")
    assert alone == pytest.approx(4.0, rel=1e-2), "nobody knows which table said who was north"
    assert spent_on(space, context, "user:u0") > alone * 1.2
    recorded_draw(space, context, TARGET, "user:u2", ON)
    content = json.loads((space.folder / "draws.json").read_text())[context.dataset.rows_fingerprint]
    assert len(content) == 3 and content[2]["members"] == [hashed_id("u2")] and len(content[2]["made_of"]) == 64


def cleaned_again() -> Dataset:
    """Other rows, in which every user has another index than in `data_with`."""
    data = data_with([1, 2, 3, 4, 5, 6])
    return replace(data, users=IdMap((*data.users.ids[1:], data.users.ids[0]), first=0, subject="user_id"))


def test_a_user_keeps_the_budget_spent_when_the_data_are_cleaned_again(space: Space, trained: Run) -> None:
    first, second = (run_context(saved(space, trained, data)) for data in (data_with(), cleaned_again()))
    assert first.dataset.rows_fingerprint != second.dataset.rows_fingerprint
    recorded_draw(space, first, TARGET, SOURCE, replace(ON, epsilon=16.0))
    assert spent_on(space, second, SOURCE) == pytest.approx(16.0, rel=1e-3)
    assert spent_on(space, second, "user:u1") == 0
    with pytest.raises(ProtectionError, match="together"):
        recorded_draw(space, second, TARGET, SOURCE, replace(ON, epsilon=0.5))


def test_older_records_of_other_data_go_on_counting(space: Space, trained: Run) -> None:
    """Their users are known by index only, in data that is not open."""
    context = run_context(saved(space, trained))
    older = {"model": "m", "epsilon": 4.0, "delta": 1e-5, "number": 0, "made_of": "ab"}
    named, group = older | {"source": SOURCE, "members": [7]}, older | {"source": "column:a=b", "members": [7]}
    (space.folder / "draws.json").write_text(json.dumps({"f" * 16: [named]}))
    assert spent_on(space, context, SOURCE) == pytest.approx(4.0, rel=1e-2)
    assert spent_on(space, context, "user:u7") == 0
    (space.folder / "draws.json").write_text(json.dumps({"f" * 16: [group]}))
    assert spent_on(space, context, "user:u7") == spent_on(space, context, SOURCE) == pytest.approx(4.0, rel=1e-2)


def test_a_draw_that_an_older_version_recorded_is_shown_again_at_no_cost(space: Space, trained: Run) -> None:
    context = run_context(saved(space, trained))
    recorded_draw(space, context, TARGET, SOURCE, ON)
    file = space.folder / "draws.json"
    file.write_text(file.read_text().replace(f'"{hashed_id("u0")}"', "0"))
    before = file.read_text()
    assert recorded_draw(space, context, TARGET, SOURCE, ON) == 0 and file.read_text() == before
    assert recorded_draw(space, context, TARGET, SOURCE, ON, again=True) == 1


@pytest.mark.parametrize(
    "rules",
    [
        replace(ON, hide_source=True),
        replace(ON, cold_items=True),
        replace(ON, second_score="popularity", weight=0.3),
        replace(ON, method="bridge"),
    ],
)
def test_rules_that_read_histories_are_refused_and_spend_nothing(space: Space, trained: Run, rules: Rules) -> None:
    folder = saved(space, trained)
    for call in (
        lambda: recorded_draw(space, run_context(folder), TARGET, SOURCE, rules),
        lambda: build_scored_pair(folder, TARGET, SOURCE, 10, rules),
    ):
        with pytest.raises(ProtectionError, match="rules that read histories"):
            call()
    assert spent_on(space, run_context(folder), SOURCE) == 0
    assert build_scored_pair(folder, TARGET, SOURCE, 10, rules.protected()).rules == ON


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (TARGET, "near:10"),
        (TARGET, "cluster:0"),
        (TARGET, "column:region=north!medoid"),
        (TARGET, "before:5"),
        (TARGET, "scenario:left>right"),
        (TARGET, "group:COHORT"),
        ("cluster:0", SOURCE),
        ("column:region=south!medoid", SOURCE),
        ("column:region=north", SOURCE),
        (SOURCE, SOURCE),
        (SOURCE, "column:region=north"),
        (TARGET, "everyone"),
    ],
)
def test_groups_that_histories_decide_and_targets_in_the_source_are_refused(
    space: Space, trained: Run, target: str, source: str
) -> None:
    folder = saved(space, trained)
    cohort = space.save_cohort("drawn on the map", [f"u{n}" for n in range(10, 20)]).id
    source = source.replace("COHORT", cohort)
    with pytest.raises(ProtectionError, match="turn the protection off"):
        build_scored_pair(folder, target, source, 10, ON)
    with pytest.raises(ProtectionError, match="turn the protection off"):
        recorded_draw(space, run_context(folder), target, source, ON)


def test_nothing_but_the_noised_vector_depends_on_the_source(
    space: Space, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two worlds in which only the source's history differs, with one noised vector: all that is shown is the same."""
    same = PrivateSource(np.random.default_rng(0).normal(size=16).astype(np.float32), 1.0, 1.0)
    monkeypatch.setattr("ui.transfer.scored_pair.private_source", lambda *told: same)
    places = np.random.default_rng(1).normal(size=(120, 2)).astype(np.float32)
    monkeypatch.setattr(cache, "flat_map_of", lambda folder: places)  # the background is outside of the promise
    told = []
    for history in ([1, 2, 3, 4, 5, 6, 7], [40, 39, 38, 37, 36, 35, 34]):
        scored = build_scored_pair(saved(space, trained, data_with(history)), TARGET, SOURCE, 10, ON)
        told.append(json.dumps([scored.mixer_data, all_words(scored)], sort_keys=True, default=str))
    assert told[0] == told[1]
    assert "Item 40" not in json.dumps(scored.mixer_data["source"]) and scored.mixer_data["map"]["source"] == []
    assert all(len(history) == 0 for history in scored.pair.source.party.histories)


def all_words(scored: ScoredPair) -> list[object]:
    source = scored.pair.source
    return [
        source.card, source.party.label, source.party.users, scored.transfer.sentence(0.3),
        scored.transfer.allowed.tolist(),
        scored.transfer.source_scores.tolist(), [step.items for step in scored.path.steps],
        list_json(scored, 0.3, pd.DataFrame({"rank": [1]})),
    ]  # fmt: skip


def test_without_the_check_this_test_would_see_a_leak(
    space: Space, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [
        json.dumps(
            build_scored_pair(saved(space, trained, data_with(h)), TARGET, SOURCE, 10, Rules()).mixer_data,
            sort_keys=True,
        )
        for h in ([1, 2, 3, 4, 5, 6, 7], [40, 39, 38, 37, 36, 35, 34])
    ]
    assert shown[0] != shown[1]


def test_a_model_without_vectors_refuses_protection(space: Space) -> None:
    folder = saved(space, train_run(data_with(), model="markov"))
    with pytest.raises(ProtectionError, match="user embeddings"):
        build_scored_pair(folder, TARGET, SOURCE, 10, ON)


def test_the_promise_holds_delta_below_one_in_all_users(space: Space, trained: Run) -> None:
    promise = protection.privacy_parameters(run_context(saved(space, trained)), 4.0)
    assert promise.users == 120 and promise.delta < 1 / 120
