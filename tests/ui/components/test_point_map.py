"""The map's messages: what is sent to the browser, and that nothing from the browser is trusted."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as hs

from ui.components.point_map import GROUP_COLOURS, Arrows, by_group, by_number, choice, set_choice
from ui.components.point_map.payload import MAX_GROUPS, bits_of, chosen_rows, unit_square
from ui.components.point_map.session import choice_to_send


def decoded(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


@given(hs.integers(1, 200).flatmap(lambda n: hs.tuples(hs.just(n), hs.sets(hs.integers(0, n - 1)))))
def test_a_choice_is_sent_as_one_bit_per_row(scored: tuple[int, set[int]]) -> None:
    n, rows = scored
    text = bits_of(np.array(sorted(rows), dtype=int), n)
    assert chosen_rows(text, n).tolist() == sorted(rows)
    assert len(text) <= 4 * (n // 24 + 1)


@pytest.mark.parametrize("bits", ["not base64!", "", None, 7, "AAAA", "ä"])
def test_invalid_bits_give_no_rows(bits: object) -> None:
    assert chosen_rows(bits, 10).tolist() == []


@pytest.mark.parametrize(
    ("message", "kind", "rows"),
    [
        ({"kind": "pick", "index": 3, "seq": 2}, "pick", [3]),
        ({"kind": "pick", "index": 10, "seq": 2}, "none", []),
        ({"kind": "pick", "index": -1}, "none", []),
        ({"kind": "pick", "index": "3"}, "none", []),
        ({"kind": "lasso", "bits": bits_of(np.array([1, 9]), 10), "seq": 5}, "lasso", [1, 9]),
        ({"kind": "group", "bits": bits_of(np.array([0]), 10), "name": "maps"}, "group", [0]),
        ({"kind": "lasso", "bits": ""}, "none", []),
        ({"kind": "other"}, "none", []),
        ({}, "none", []),
        ("text", "none", []),
    ],
)
def test_only_rows_that_exist_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, message: Any, kind: str, rows: list[int]
) -> None:
    monkeypatch.setattr(st, "session_state", {"map": {"choice": message}})
    chosen = choice("map", 10)
    assert (chosen.kind, chosen.rows.tolist()) == (kind, rows)


def test_a_choice_made_by_the_page_is_newer_than_the_browsers_and_sent_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"map": {"choice": {"kind": "pick", "index": 3, "seq": 6}}})
    assert choice("map", 10, "rows").rows.tolist() == [3]
    set_choice("map", np.array([1, 2]), 10, "<b>", "rows")
    found = choice("map", 10, "rows")
    assert (found.kind, found.rows.tolist(), found.name, found.seq) == ("group", [1, 2], "<b>", 7)
    sent = choice_to_send("map")
    assert sent is not None and sent["seq"] == 7 and sent["count"] == 2
    assert choice("map", 10, "other rows").kind == "none"


def test_groups_carry_codes_names_sizes_and_places() -> None:
    points = np.array([[0, 0], [0, 1], [10, 10], [10, 11], [5, 5]], dtype=float)
    data = by_group("Cluster", np.array([0, 0, 1, 1, 1]), ["a", "<b>"], points).as_data()
    assert decoded(data["codes"], "u1").tolist() == [0, 0, 1, 1, 1]
    assert (data["names"], data["sizes"]) == (["a", "<b>"], [2, 3])
    assert data["hex"] == list(GROUP_COLOURS["okabe-ito"][:2])
    assert all(0 <= value <= 1 for place in data["places"] for value in place)


def test_too_many_groups_end_in_other() -> None:
    n = 60
    data = by_group("Town", np.arange(n), [f"t{i}" for i in range(n)], np.zeros((n, 2))).as_data()
    assert len(data["names"]) == MAX_GROUPS and data["names"][-1] == "other"
    assert sum(data["sizes"]) == n


def test_no_group_is_coloured_like_source_or_target() -> None:
    for colours in GROUP_COLOURS.values():
        assert not {"#E69F00", "#0072B2"} & {colour.upper() for colour in colours}


def test_numbers_are_coloured_by_rank_so_one_huge_value_does_not_compress_the_scale() -> None:
    codes = by_number("Activity", np.array([1, 2, 3, 4, 1_000_000.0]), "1", "1,000,000").codes
    assert codes.tolist() == [0, 64, 128, 191, 255]
    assert by_number("Same", np.ones(4), "1", "1").codes.tolist() == [0, 0, 0, 0]
    assert len(set(by_number("Ties", np.array([1, 1, 2, 2.0]), "1", "2").codes.tolist())) == 2


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.ones((5, 2)), np.array([[0, 0], [1e9, 3], [2, 1], [1, 1]])])
def test_any_points_fit_the_unit_square(points: np.ndarray) -> None:
    unit = unit_square(points)
    assert np.isfinite(unit).all() and unit.min() >= -1e-6 and unit.max() <= 1 + 1e-6


def test_arrows_are_scaled_as_the_points_are() -> None:
    points = np.array([[0, 0], [10, 0], [10, 4], [5, 2]], dtype=float)
    data = Arrows(points[:2], points[2:], np.array([0, 3]), np.array([1, 9])).as_data(points)
    square = unit_square(points)
    assert decoded(data["starts"], "<f4").reshape(2, 2) == pytest.approx(square[:2])
    assert decoded(data["ends"], "<f4").reshape(2, 2) == pytest.approx(square[2:])
    assert decoded(data["counts"], "<u4").tolist() == [1, 9]


def test_the_spot_of_a_group_is_where_it_is_dense_and_alone() -> None:
    """Group 0 is dense at the left, mixed with group 1 in the middle, and thin at the right."""
    rng = np.random.default_rng(0)
    places = [(0.1, 60, 0), (0.5, 80, 0), (0.5, 120, 1), (0.9, 10, 0)]
    points = np.concatenate([rng.normal([x, 0.5], 0.02, (n, 2)) for x, n, _ in places])
    labels = np.concatenate([np.full(n, label) for _, n, label in places])
    (left, _), (middle, _) = by_group("Cluster", labels, ["a", "b"], points).as_data()["places"]
    assert left < 0.25 and 0.4 < middle < 0.6


def test_another_palette_changes_the_colours_and_not_the_codes() -> None:
    labels, points = np.array([0, 1]), np.eye(2)
    first, second = (by_group("C", labels, ["a", "b"], points, palette).as_data() for palette in GROUP_COLOURS)
    assert first["hex"] != second["hex"] and first["codes"] == second["codes"]


def test_every_button_of_the_map_has_a_name() -> None:
    html = (Path(__file__).parents[3] / "ui/components/point_map/component.html").read_text("utf-8")
    for button in html.split("<button")[1:]:
        words = button.split("</button>")[0]
        assert "aria-label=" in words or words.rsplit(">", 1)[1].strip(), words
