"""The figure of a lesson: every position of the slider has a sentence; texts from data are shortened."""

from __future__ import annotations

import json

import pytest

from recsys.errors import InputError
from ui.components.lesson_figure import MAX_TEXT, DataTable, Figure, cut

TABLE = DataTable(("a", "b"), [("1", "2")])


def figure(**changes: object) -> Figure:
    values = {"kind": "lines", "positions": ["1", "2"], "sentences": ["x", "y"], "drawing": {}, "tables": [TABLE]}
    return Figure(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [{"positions": []}, {"sentences": ["x"]}, {"tables": [TABLE] * 3}, {"tables": []}, {"start": 2}, {"start": -1}],
)
def test_a_figure_whose_parts_do_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="must each have a sentence"):
        figure(**changes)


def test_a_figure_is_plain_json() -> None:
    sent = json.loads(json.dumps(figure(tables=[TABLE, TABLE], start=1).as_data()))
    assert sent["positions"] == ["1", "2"] and sent["start"] == 1
    assert sent["tables"][1] == {"columns": ["a", "b"], "rows": [["1", "2"]]}


def test_long_texts_are_shortened_to_one_line() -> None:
    assert cut("a\n b") == "a b"
    assert len(cut("x" * 500)) == MAX_TEXT and cut("x" * 500).endswith("…")
