"""Exported tables: CSV whose cells no spreadsheet runs as formulas, Parquet, JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys.data.dataset import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

_FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")  # in some locales the wide forms start formulas, too
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def without_formula(cell: object) -> object:
    """A cell that no spreadsheet runs as a formula: a text that starts like one gets an apostrophe in front.

    Numbers stay as they are, also those written as text.
    """
    if not isinstance(cell, str) or not cell:
        return cell
    if not (cell[0] in _FORMULA_STARTS or cell.lstrip()[:1] in _FORMULA_STARTS) or _NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def csv_bytes(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]]) -> bytes:
    """A table as CSV (UTF-8, comma, header) without formulas. Every exported CSV is made here."""
    frame = _frame(rows)
    safe = pd.DataFrame({without_formula(str(name)): _column(frame[name]) for name in frame.columns}, index=frame.index)
    plain = safe.to_csv(index=False, lineterminator="\n")
    if "\r" in plain:  # pandas leaves a lone carriage return unquoted, and readers would end the row there
        plain = safe.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return plain.encode("utf-8", "replace")


def write_csv(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]], path: Path) -> None:
    """Writes `csv_bytes` to a file, replacing it only when all is written. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(csv_bytes(rows))
    part.replace(path)


def parquet_bytes(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]]) -> bytes:
    """A table as Parquet (zstd), with the cells as they are: Parquet has no formulas."""
    import pyarrow as pa
    from pyarrow import parquet

    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(_frame(rows), preserve_index=False)
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def json_bytes(value: object) -> bytes:
    """A value as indented JSON (UTF-8). Raises ValueError for NaN and infinity, which JSON doesn't have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


def interaction_rows(dataset: Dataset) -> pd.DataFrame:
    """A dataset's rows with external ids, grouped by user, oldest first: user_id, item_id and, where the data has them,
    timestamp, rating, scenario. `load` makes the same dataset of them."""
    users, items = np.array(dataset.users.ids, dtype=object), np.array(["", *dataset.items.ids], dtype=object)
    columns: dict[str, Any] = {"user_id": users[dataset.user_of], "item_id": items[dataset.sequence]}
    if dataset.timestamps is not None:
        columns["timestamp"] = dataset.timestamps
    if dataset.ratings is not None:
        columns["rating"] = dataset.ratings
    if dataset.catalogue.scenario_names:
        columns["scenario"] = np.array(dataset.catalogue.scenarios, dtype=object)[dataset.sequence]
    return pd.DataFrame(columns)


def _column(column: pd.Series[Any]) -> pd.Series[Any]:
    text = pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column, text = column.astype(object), True
    return column.astype(object).map(without_formula) if text else column


def _frame(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, Mapping):
        return pd.DataFrame(dict(rows))
    frame: pd.DataFrame = rows.to_pandas()
    return frame
