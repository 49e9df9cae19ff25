"""Cases: links, lists under a run and under another one, two lists compared, what is kept on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.cases.case import Case, SavedCase
from recsys.cases.lists import compare_lists, differing_settings, list_of_case, list_under_another_run
from recsys.cases.rules import Rules
from recsys.cases.run_parts import OpenRun
from recsys.errors import ArtifactError, InputError, StudioError, UnknownIdError
from recsys.runs import train_run
from recsys.transfer import fit_method, party_of_group, party_of_user, recommend, transfer
from recsys.workspace import Workspace, export_zip, import_zip
from recsys.workspace.cases import read_case, save_case, saved_cases, set_note
from tests.cases.conftest import GROUP, saved_case
from tests.conftest import planted_dataset

HOSTILE = '</td><img src=x onerror="alert(1)">\r\n| `x` [a](javascript:1)\x00'


def test_a_case_is_a_link_and_back() -> None:
    case = Case(
        "user:a&b=c",
        "column:re gion=x",
        0.1 + 0.2,
        7,
        Rules(tag="a,b", hide_source=True, weight=0.5, second_score="markov"),
    )
    assert Case.from_link(case.link) == case
    assert Case.from_link(f"http://localhost:8501/Transfer?run=x&lang=zh&{case.link}") == case
    assert Case.from_link("target=user:1&source=user:2") == Case("user:1", "user:2")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("target=user:1", "must name target and source"),
        ("target=user:1&source=user:2&alpha=1.5", "alpha in the link must be between 0 and 1 (got 1.5)"),
        ("target=user:1&source=user:2&k=0", "k in the link must be between 1 and 100"),
        ("target=user:1&source=user:2&what=all", "what in the link must be one of"),
        (f"target=user:1&source=user:{'9' * 5000}", "at most 4,000 characters"),
    ],
)
def test_what_a_case_cannot_hold_is_refused(link: str, words: str) -> None:
    with pytest.raises(InputError, match="must") as refused:
        Case.from_link(link)
    assert words in str(refused.value)


def test_the_list_of_a_case_is_that_of_the_library(parts: OpenRun) -> None:
    run, data, known = parts.run, parts.dataset, parts.known_histories
    target = party_of_user(data, 3, known[3])
    group = party_of_group(data, [2, 4, 6, 8, 10], "x", histories=[known[n] for n in (2, 4, 6, 8, 10)])
    method = fit_method("bridge", run.training_rows(data), run.model, range(data.n_users))
    pairs = {
        (f"group:{'c' * 24}", Rules()): transfer(run.model, target, group),
        ("user:u4", Rules(method="bridge", tag="odd")): transfer(
            run.model, target, party_of_user(data, 4, known[4]), catalogue=data.catalogue, tag="odd", method=method
        ),
    }
    for (source, rules), pair in pairs.items():
        wanted, found = recommend(pair, 0.4, 6), list_of_case(parts, Case("user:u3", source, 0.4, 6, rules))
        assert [item.item_id for item in found] == data.items.externals(wanted.items)
        assert [item.score for item in found] == wanted.scores.tolist()
        assert [item.target_part + item.source_part for item in found] == [item.score for item in found]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(numbers="price:5..9"), "only items with price 5 to 9"),
        (Rules(numbers="price:5.."), "only items with price 5 or more"),
        (Rules(numbers="price:.. 9"), "only items with price 9 or less"),
        (Rules(numbers="price:.."), "only items whose price is known"),
        (Rules(period="2024-01-01..2024-12-31"), "only items first chosen from 2024-01-01 to 2024-12-31"),
        (Rules(period="2024-01-01.."), "only items first chosen on 2024-01-01 or later"),
        (Rules(period="..2024-12-31"), "only items first chosen on 2024-12-31 or earlier"),
        (Rules(period=".."), "only items that were chosen before"),
    ],
)
def test_a_range_or_a_period_with_an_open_end_is_said_so(rules: Rules, words: str) -> None:
    assert rules.words() == (words,)


def test_a_protected_source_is_drawn_in_the_app_only(parts: OpenRun) -> None:
    with pytest.raises(InputError, match="can't be computed outside the app"):
        list_of_case(parts, Case("user:u3", "user:u4", rules=Rules(epsilon=4)))


def test_two_lists_are_compared(parts: OpenRun) -> None:
    first, second = (saved_case(parts, "user:u3", "user:u4", alpha) for alpha in (0.0, 1.0))
    both = compare_lists(first.items, second.items)
    ids = [[item.item_id for item in one.items] for one in (first, second)]
    assert set(both.shared) == set(ids[0]) & set(ids[1]) and both.overlap == len(both.shared) / 6
    assert set(both.only_first) == set(ids[0]) - set(ids[1]) and set(both.only_second) == set(ids[1]) - set(ids[0])
    assert both.moves == {item: ids[0].index(item) - ids[1].index(item) for item in both.shared}
    turned = compare_lists(first.items, first.items[::-1])
    assert list(turned.moves.values()) == [-5, -3, -1, 1, 3, 5]
    assert turned.sentence == "6 of 6 items are in both lists (100%), 6 of them at another rank."
    assert compare_lists(first.items, first.items).sentence == "Both lists are the same, in the same order."
    assert differing_settings(first, second) == [("α", "0.000", "1.000")]
    ruled = replace(second, case=replace(second.case, rules=Rules(tag="odd")), run="b" * 24)
    assert [row[0] for row in differing_settings(first, ruled)] == ["α", "Rules", "Model"]


def test_the_same_case_under_another_run(parts: OpenRun) -> None:
    data = planted_dataset(users=30)
    other = OpenRun(train_run(data, model="markov", baselines=()), data)
    case = Case("user:u3", "user:u4", 0.3, 6, Rules(second_score="item-knn", weight=0.4))
    items, problems = list_under_another_run(other, case)
    assert [one.item_id for one in items] != [one.item_id for one in list_of_case(parts, case)]
    assert len(items) == 6 and "the second score under Rules must be one that this run has" in problems[0]
    with pytest.raises(UnknownIdError, match="u44"):
        list_under_another_run(other, Case("user:u44", "user:u4"))
    for numbered in (
        Case("user:u3", "cluster:0"),
        Case("user:u3", "user:u4", rules=Rules(what="interests", interests="0:0")),
    ):
        with pytest.raises(InputError, match="a number of its own run"):
            list_under_another_run(other, numbered)


def test_a_case_is_kept_with_its_list_and_its_note(parts: OpenRun, tmp_path: Path) -> None:
    space = Workspace(tmp_path).space("a" * 32)
    saved = saved_case(parts, "user:u3", f"group:{'c' * 24}", 0.3, Rules(tag="odd"), "first")
    entry = save_case(space, saved)
    assert entry.name == f"user u3 and group:{'c' * 24}, α = 0.300" and read_case(space, entry.id) == saved
    assert set_note(space, entry.id, HOSTILE * 200).note == read_case(space, entry.id).note
    note = read_case(space, entry.id).note
    assert len(note) == 2_000 and "\x00" not in note and note.startswith('</td><img src=x onerror="alert(1)">\n|')
    other = Workspace(tmp_path / "b").space("b" * 32)
    (imported,) = import_zip(other, export_zip(space, [entry.id]))
    assert read_case(other, imported.id) == read_case(space, entry.id)
    space.delete(entry.id)
    assert saved_cases(space) == ({}, ())
    space.restore(entry.id)
    (space.path(entry.id) / "content.json").write_text("{}")
    found, problems = saved_cases(space)
    assert not found and "the saved case is damaged" in problems[0]


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"case": {"target": "user:u1"}},
        {"case": ["x"]},
        {"items": [{"item_id": "1", "title": "x", "score": "inf", "target_part": 0, "source_part": 0}]},
        {"items": [{"item_id": "1"}]},
        {"groups": {"x": {"name": "y"}}},
        {"note": None, "items": 7},
    ],
)
def test_a_damaged_case_is_refused(parts: OpenRun, change: dict[str, Any], tmp_path: Path) -> None:
    content = json.loads(json.dumps(saved_case(parts, "user:u3", "user:u4", 0.3).to_json()))
    assert isinstance(SavedCase.from_json(content), SavedCase)
    with pytest.raises(ArtifactError, match="the saved case is damaged"):
        SavedCase.from_json(content | change)
    space = Workspace(tmp_path).space("a" * 32)
    entry = space.save_json("case", "x", content | change)
    with pytest.raises(StudioError):
        import_zip(space, export_zip(space, [entry.id]))


def test_groups_named_by_number_are_those_of_the_app(parts: OpenRun) -> None:
    """`cluster:<n>` is a cluster of interests; its members decide the list."""
    clusters, names = parts.user_groups
    assert len(names) == len(clusters) and GROUP
    scored = list_of_case(parts, Case("user:u3", "cluster:0", 1.0, 6))
    group = party_of_group(
        parts.dataset, clusters.members(0), "x", histories=[parts.known_histories[user] for user in clusters.members(0)]
    )
    pair = transfer(parts.run.model, party_of_user(parts.dataset, 3, parts.known_histories[3]), group)
    assert np.array_equal([item.score for item in scored], recommend(pair, 1.0, 6).scores)
