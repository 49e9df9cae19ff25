"""A name of a party or of a case that was saved in English is worded as the party itself is."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from recsys.cases.case import SavedCase, case_label, known_case
from recsys.cases.parties import read_pair
from recsys.cases.party_names import party_words
from recsys.cases.run_parts import OpenRun
from recsys.wording import Message, listed, tr
from recsys.workspace.names import known_name
from tests.cases.conftest import saved_case
from ui.language import in_language

SAVED = f"group:{'c' * 24}"
PAIRS = [
    ("user:u3", "user:u4"),
    ("several:mean:any:u1,u2,u3", "several:mean:any:u4,u5"),
    ("everyone", "near:20"),
    ("user:u3", "near:20"),
    ("user:u3", "before:3"),
    ("user:u3", "scenario:left>right"),
    ("cluster:0", "cluster:0!medoid"),
    (SAVED, f"{SAVED}!medoid"),
    ("items:i1,i2", "user:u5"),
]


@pytest.mark.parametrize("name", ["Walkers", "lasso (12 users)", "Group 2 (1,200 users)"])
@pytest.mark.parametrize(("target", "source"), PAIRS)
def test_names_of_parties_and_of_their_case_are_found_again(
    parts: OpenRun, target: str, source: str, name: str
) -> None:
    here = replace(parts, groups={"c" * 24: (name, parts.dataset.users.ids[:20])})
    pair = read_pair(here, target, source)
    names = pair.target.party.label, pair.source.party.label
    label = case_label(*names, 0.3)
    for saved in names:
        assert in_chinese(party_words(str(saved))) == in_chinese(saved)
    assert known_case(str(label)) == label and in_chinese(known_name(str(label))) == in_chinese(label)


@pytest.mark.parametrize(
    ("name", "chinese"),
    [
        ("user 42 in shop", "用户 42（shop）"),
        ("user 42 since 3 May 2020", "用户 42（2020 年 5 月 3 日起）"),
        ("user a before item 4", "用户 a（第 4 个物品前）"),
        ("user 42 in shop before 3 May 2020", "用户 42（shop）（2020 年 5 月 3 日前）"),
        ("users 1, 2 and 3", "用户 1、2 和 3"),
        ("the 20 users nearest to users 1 and 2", "离用户 1 和 2 最近的 20 个用户"),
        ("the most typical user of group “lasso (12 users)”", "分组“套索（12 个用户）”中最典型的用户"),
    ],
)
def test_a_saved_name_is_worded_with_the_names_inside(name: str, chinese: str) -> None:
    assert in_chinese(party_words(name)) == chinese


@pytest.mark.parametrize("user", ["a in b and c", "7, 8 and 9", "x since 3 May 2020"])
def test_a_saved_case_keeps_its_names_whatever_is_in_an_id(parts: OpenRun, user: str) -> None:
    target, source = Message("user {user}", user=user), Message("users {names}", names=listed([user, "u2"], "and"))
    saved = replace(saved_case(parts, "user:u3", "user:u4", 0.3), target=target, source=source)
    again = SavedCase.from_json(json.loads(json.dumps(saved.to_json())))
    assert in_chinese(again.label) == f"用户 {user} 与用户 {user} 和 u2，α = 0.300"
    assert again.target == f"user {user}"


@pytest.mark.parametrize(
    "forged",
    [
        {"template": "{x}", "values": {"x": "user u3"}},
        {"template": "{x.__class__}", "values": {"x": "u3"}},
        {"template": "user {user}", "values": {"user": "somebody else"}},
        {"template": "user {user}", "values": {"name": "u3"}},
        {"template": "user {user}", "values": {"user": {"template": "{x:>999}", "values": {"x": "u3"}}}},
        *(["user"], 7, None, {"template": []}, {"template": "user {user}", "values": 3}),
    ],
)
def test_a_name_that_is_not_of_the_app_or_not_of_its_text_is_not_taken_from_a_file(
    parts: OpenRun, forged: object
) -> None:
    content = saved_case(parts, "user:u3", "user:u4", 0.3).to_json()
    found = SavedCase.from_json({**content, "named": {"target": forged}})
    assert found.target == "user u3" and not isinstance(found.target, Message)


@pytest.mark.parametrize("name", ["region “north”", "somebody since May", "users alone", "walkers and runners"])
def test_other_names_stay(name: str) -> None:
    assert not isinstance(party_words(name), Message) and not isinstance(known_name(name), Message)


def in_chinese(name: str) -> str:
    return in_language("zh", lambda: tr(name) if isinstance(name, Message) else name)
