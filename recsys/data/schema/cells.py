"""Columns of any Arrow type as numbers or as texts, vectorised and lenient."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_DECIMAL_COMMA = r"^[+-]?\d{1,12},\d{1,12}$"


def parse_numbers(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """A column as numbers: float64 (n,), NaN where a cell isn't a finite number. Decimal commas are accepted."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        dictionary, codes = dictionary_codes(column)
        return np.asarray(np.append(parse_numbers(dictionary), np.nan)[codes])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = pc.utf8_trim_whitespace(column)
        commas = pc.match_substring_regex(text, _DECIMAL_COMMA)
        if pc.any(commas).as_py():
            text = pc.if_else(commas, pc.replace_substring(text, ",", "."), text)
        column = pc.if_else(pc.match_substring_regex(text, _NUMBER), text, pa.scalar(None, text.type))
    elif not is_number_type(kind) and not pa.types.is_boolean(kind):
        return np.full(len(column), np.nan)
    values = float_array(pc.cast(column, pa.float64(), safe=not is_number_type(kind)))
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.nan)


def is_number_type(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def float_array(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """A column of float64 as a numpy array, NaN where it is null."""
    if column.null_count:
        column = pc.fill_null(column, float("nan"))
    return np.asarray(column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(False))


def dictionary_codes(column: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """The dictionary of a dictionary-encoded column, and the code of every row (null: the dictionary's length)."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    codes = column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
    return column.dictionary, codes


def number_text(value: float | None) -> str:
    """A number as the text of an id: whole numbers without `.0`, "" for None and NaN."""
    if value is None or math.isnan(value):
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(float(value))


def parse_texts(column: pa.ChunkedArray | pa.Array) -> list[str]:
    """A column as stripped texts, "" where a cell is empty; whole numbers without `.0`, nested values as JSON."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type):
        return [number_text(value) for value in column.to_pylist()]
    if pa.types.is_nested(column.type):
        return [json.dumps(v, ensure_ascii=False, default=str) if v is not None else "" for v in column.to_pylist()]
    return ["" if v is None else v.strip() for v in pc.cast(column, pa.string()).to_pylist()]


def has_repeats(column: pa.ChunkedArray) -> bool:
    """Whether a value occurs more than once; nulls don't count."""
    return bool(_n_distinct(column) < len(column) - column.null_count)


def distinct_share(column: pa.ChunkedArray) -> float:
    """Distinct values as a share of all values, 0 … 1; nulls don't count."""
    return float(_n_distinct(column) / max(len(column) - column.null_count, 1))


def _n_distinct(column: pa.ChunkedArray) -> int:
    if column.null_count == len(column):
        return 0
    if pa.types.is_nested(column.type) or pa.types.is_dictionary(column.type):  # pyarrow can't count these
        column = pa.chunked_array([pa.array(parse_texts(column), pa.string())])
    return int(pc.count_distinct(column).as_py())
