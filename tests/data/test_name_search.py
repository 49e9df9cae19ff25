"""Names are found by a part of them, in scripts with and without spaces."""

from __future__ import annotations

import pytest

from recsys.data.name_search import find_names, folded

TITLES = [
    "The Long Walk",
    "从零开始学酸种面包",
    "酸种面包礼盒：发酵篮及更多",
    "ＲＰＧ入门",
    "ｶﾒﾗの本",
    "Straße nach Süden",
    "",
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("walk LONG", [0]),
        ("面包", [1, 2]),
        ("礼盒　面包", [2]),  # a wide space, as Chinese keyboards type it
        ("rpg", [3]),
        ("ｒｐｇ", [3]),
        ("カメラ", [4]),
        ("STRASSE", [5]),
        ("第 9", []),
        (" ", list(range(7))),
    ],
)
def test_every_part_of_the_query_is_in_the_name(query: str, found: list[int]) -> None:
    assert find_names(query, TITLES) == found


def test_the_name_itself_comes_first_then_those_that_begin_with_it() -> None:
    """Names that hold a short one are many: it was not among those that are offered."""
    names = ["Bitter", "Italian Job, The", "It Follows", "Italy", "Kit", "IT", "It (2017)"]
    assert [names[row] for row in find_names("it", names)] == [
        *("IT", "It (2017)", "It Follows", "Italy", "Italian Job, The"),
        *("Bitter", "Kit"),
    ]


def test_folded_texts_are_equal_whatever_their_width_and_case() -> None:
    assert folded(" Ａｂ１ ") == folded("aB1") == "ab1"
