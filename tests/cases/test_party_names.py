"""A name of a party or of a case that was saved in English is worded as the party itself is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys.cases.case import case_label, known_case
from recsys.cases.parties import read_pair
from recsys.cases.party_names import party_words
from recsys.cases.run_parts import OpenRun
from recsys.wording import Message, tr
from recsys.workspace.names import known_name
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


@pytest.mark.parametrize("name", ["region “north”", "somebody since May", "users alone", "walkers and runners"])
def test_other_names_stay(name: str) -> None:
    assert not isinstance(party_words(name), Message) and not isinstance(known_name(name), Message)


def in_chinese(name: str) -> str:
    return in_language("zh", lambda: tr(name) if isinstance(name, Message) else name)
