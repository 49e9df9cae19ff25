"""Exports: no cell runs as a formula in a spreadsheet, and everything else stays."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from recsys.data.export import csv_bytes, json_bytes, parquet_bytes, without_formula, write_csv

FORMULAS = ["=HYPERLINK(1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_starts_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert without_formula(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Alien", "-5", "+1.5", "-.5e3", "a=b", 3, -2.5, None])
def test_numbers_and_other_texts_stay_unchanged(cell: object) -> None:
    assert without_formula(cell) is cell


def test_a_lone_carriage_return_does_not_end_the_row() -> None:
    assert csv_bytes({"id": ["a\rb"], "n": [1]}) == b'"id","n"\n"a\rb",1\n'


def test_numbers_stay_and_formulas_in_headers_are_escaped() -> None:
    frame = pd.DataFrame({"user_id": ["=1", "ann"], "score": [-1.5, 2.0], "=h": ["a,b", 'say "hi"']})
    assert csv_bytes(frame).decode() == 'user_id,score,\'=h\n\'=1,-1.5,"a,b"\nann,2.0,"say ""hi"""\n'


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1), min_size=1))
def test_no_text_can_run_as_a_formula_and_none_is_lost(cells: list[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_bytes({"id": cells}).decode(), newline="")))
    assert [row["id"] for row in rows] == [without_formula(cell) for cell in cells]


def test_categories_arrow_tables_and_mappings_are_exported(tmp_path: Path) -> None:
    category = pd.DataFrame({"group": pd.Categorical(["=a", "b"])})
    assert csv_bytes(category) == b"group\n'=a\nb\n"
    assert csv_bytes(pa.table({"id": ["@x"], "n": [1]})) == b"id,n\n'@x,1\n"
    write_csv({"id": ["é"], "rank": [1]}, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf-8") == "id,rank\né,1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_parquet_and_json_keep_values_as_they_are() -> None:
    rows = {"id": ["=1"], "n": [2]}
    assert parquet.read_table(io.BytesIO(parquet_bytes(rows))).to_pydict() == rows
    assert json.loads(json_bytes(rows)) == rows
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_bytes({"n": float("nan")})
