"""Colours, numbers and labels: the same on every page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.charts import style


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1714, "0.171"),
        (-0.05, "−0.0500"),
        (0.0, "0"),
        (1.0, "1"),
        (12.345, "12.3"),
        (9.996, "10.0"),
        (0.99961, "1.00"),
        (1234.5, "1,230"),
        (100_836, "100,836"),
        (100_836.4, "101,000"),
        (0.000012345, "1.23·10⁻⁵"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_numbers_have_three_significant_digits_and_counts_stay_exact(value: float | None, shown: str) -> None:
    assert style.format_number(value) == shown


@given(st.floats(0.0002, 1e8))
def test_three_digits_are_never_more_than_half_a_percent_off(value: float) -> None:
    assert float(style.format_number(value).replace(",", "")) == pytest.approx(value, rel=0.005)


def test_an_estimate_carries_its_interval() -> None:
    assert style.format_interval(0.1709, 0.1631, 0.1788) == "0.171 [0.163, 0.179]"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0%"), (0.00004, "<0.1%"), (0.042, "4.2%"), (0.48, "48%"), (0.999, ">99%"), (1.0, "100%"), (None, "–")],
)
def test_shares_read_as_percent(share: float | None, shown: str) -> None:
    assert style.format_percent(share) == shown


def test_a_blend_walks_from_the_targets_blue_to_the_sources_orange() -> None:
    assert style.blend_colour(0) == style.TARGET.upper()
    assert style.blend_colour(1) == style.SOURCE.upper()
    assert style.blend_colour(0.5) == "#738859"  # (0, 114, 178) and (230, 159, 0), half-way, rounded to even


@pytest.mark.parametrize("paper", ["#FFFFFF", "#121513"])  # the light and the dark page, .streamlit/config.toml
def test_every_colour_of_a_group_has_three_to_one_on_both_pages(paper: str) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in (*style.GROUPS, style.KEPT, style.DROPPED, style.QUIET, style.TARGET):
        low, high = sorted((luminance(colour), luminance(paper)))
        assert (high + 0.05) / (low + 0.05) >= 3, colour


def test_groups_never_wear_the_colours_of_source_and_target() -> None:
    assert not {style.SOURCE, style.TARGET} & set(style.GROUPS)
    assert len({(style.group_colour(i), style.group_symbol(i)) for i in range(50)}) == 50


@given(st.text(max_size=200))
def test_no_text_from_data_can_open_a_tag_or_grow_long(value: str) -> None:
    shown = style.plain_text(value)
    assert "<" not in shown and ">" not in shown and "\n" not in shown
    assert len(unescape(shown)) <= 60


def test_long_text_loses_its_middle_and_is_whole_on_hover() -> None:
    name = "The Lord of the Rings: The Fellowship of the Ring (2001), extended edition, disc 2 of 2"
    short = style.plain_text(name, 24)
    assert len(short) == 24
    assert short.startswith("The Lord of") and short.endswith("disc 2 of 2") and "…" in short
    whole = style.full_text(name)
    assert whole.replace("<br>", " ") == name
    assert max(map(len, whole.split("<br>"))) <= 60


@given(st.text(max_size=1000))
def test_hover_text_is_bounded_and_opens_no_tag(value: str) -> None:
    shown = style.full_text(value).split("<br>")
    assert not any("<" in line or ">" in line for line in shown)
    assert len(unescape("".join(shown))) <= 300


def test_a_figure_has_a_sentence_axes_and_words_for_those_who_cannot_see_it() -> None:
    figure = style.sentence_figure("Half of all clicks go to 4% of the items", x="items", y="clicks")
    assert figure.layout.title.text == "Half of all clicks go to 4% of the items"
    assert figure.layout.xaxis.title.text == "items"
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None  # the page's theme decides
    assert style.alternative_of(figure) == "Half of all clicks go to 4% of the items"
    long = style.sentence_figure("word " * 30)
    assert long.layout.title.text.count("<br>") >= 1


def test_long_axis_titles_are_wrapped_and_equations_stay_whole() -> None:
    title = "part of the margin that remains after the history was deleted, in score points"
    figure = style.sentence_figure(
        "At a title of which the last word in the first line is an α = 0.40, which", x=title, y=title
    )
    assert figure.layout.xaxis.title.text.replace("<br>", " ") == title
    assert max(map(len, figure.layout.xaxis.title.text.split("<br>"))) <= 44
    assert max(map(len, figure.layout.yaxis.title.text.split("<br>"))) <= 340 // 9
    assert "α = 0.40" in figure.layout.title.text


def test_chinese_titles_are_wrapped_between_characters_and_words_stay_whole() -> None:
    title = "“某个物品”在 α = 0.30 时的 NDCG@10 最高，为 0.123 [0.1, 0.2]（1,234 个用户）；随机源（对照）同样有帮助。"
    lines = style.sentence_figure(title, width=40).layout.title.text.split("<br>")
    assert len(lines) == 3 and "".join(lines).replace(" ", "") == title.replace(" ", "")
    assert "在 α = 0.30 时的 NDCG@10 " in lines[0] and all(len(line) <= 33 for line in lines)
    assert not any(line[0] in "，。：；）”" for line in lines)


def test_chinese_breaks_between_characters_and_counts_as_twice_as_wide() -> None:
    title = "即使在最活跃的用户和最热门的物品之间，NDCG@10 = 0.171（“四个场景”）时也有 93% 的单元格是空的。"
    figure = style.sentence_figure(title, y=title)
    lines = figure.layout.title.text.split("<br>")
    assert "".join(lines).replace(" ", "") == title.replace(" ", "") and style.title_of(figure) == title
    assert all(len(line) <= 62 - sum("一" <= c <= "龥" for c in line) for line in lines) and len(lines) == 2
    for line in figure.layout.yaxis.title.text.split("<br>"):
        assert line[0] not in "，。）”" and line[-1] not in "（“", "punctuation stays with its word"
    assert "NDCG@10 = 0.171" in figure.layout.yaxis.title.text
    assert style.plain_text("徒步路线地图与装备清单", 12) == "徒步路…清单"
    assert style.full_text("图" * 100).split("<br>") == ["图" * 30, "图" * 30, "图" * 30, "图" * 10]


def test_source_and_target_have_their_colour_in_one_file() -> None:
    root = Path(__file__).resolve().parents[2]
    hex_codes = re.compile(f"{style.SOURCE}|{style.TARGET}|230, ?159, ?0|0, ?114, ?178", re.IGNORECASE)
    files = [f for folder in ("recsys", "ui", "pages") for f in (root / folder).rglob("*")]
    shown = [f for f in files if f.suffix in (".py", ".js", ".css", ".html")]
    found = [str(f.relative_to(root)) for f in shown if hex_codes.search(f.read_text("utf-8"))]
    assert found == ["recsys/charts/style.py"]
