"""Tables on their way out: CSV that no spreadsheet will execute, Parquet, JSON."""

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

_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "＝",
    "＋",
    "－",
    "＠",
)  # the wide forms are read as formulas in some locales
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def neutral(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula: text that starts like one gets an apostrophe in front.

    Numbers stay as they are, written as text too (`-5` harms nobody). Everything but text is returned unchanged.
    """
    if not isinstance(cell, str) or not cell:
        return cell
    if not (cell[0] in _STARTS or cell.lstrip()[:1] in _STARTS) or _NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def csv_bytes(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]]) -> bytes:
    """A table as CSV (UTF-8, comma, header), formula cells neutralised. Every CSV we export goes through here."""
    frame = _frame(rows)
    safe = pd.DataFrame({neutral(str(name)): _column(frame[name]) for name in frame.columns}, index=frame.index)
    plain = safe.to_csv(index=False, lineterminator="\n")
    if "\r" in plain:  # pandas leaves a lone carriage return unquoted, and readers would end the row there
        plain = safe.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return plain.encode("utf-8", "replace")


def write_csv(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]], path: Path) -> None:
    """Writes `csv_bytes` to a file, whole or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(csv_bytes(rows))
    part.replace(path)


def parquet_bytes(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]]) -> bytes:
    """A table as Parquet (zstd). Cells stay as they are: a Parquet file has no formulas."""
    import pyarrow as pa
    from pyarrow import parquet

    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(_frame(rows), preserve_index=False)
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def json_bytes(value: object) -> bytes:
    """A value as indented JSON (UTF-8). Raises ValueError for NaN and infinities, which JSON has no words for."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


def interaction_rows(dataset: Dataset) -> pd.DataFrame:
    """A dataset's rows under external ids, person by person, oldest first: user_id, item_id, timestamp, rating,
    scenario (the last three where the data has them); what `load` reads again to the same dataset."""
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
    return column.astype(object).map(neutral) if text else column


def _frame(rows: pd.DataFrame | pa.Table | Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, Mapping):
        return pd.DataFrame(dict(rows))
    frame: pd.DataFrame = rows.to_pandas()
    return frame
