"""Numbers out of text, leniently and without a loop."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_COMMA = r"^[+-]?\d{1,12},\d{1,12}$"


def number_text(value: float | None) -> str:
    """A number as an id or a cell shows it: whole ones without `.0`, "" for none and NaN."""
    if value is None or math.isnan(value):
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(float(value))


def parse_numbers(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """A column of any type as float64 (n,): NaN where it isn't a finite number. A decimal comma is a decimal point."""
    if pa.types.is_dictionary(column.type):
        if isinstance(column, pa.ChunkedArray):
            column = column.unify_dictionaries().combine_chunks()
        unique = np.append(parse_numbers(column.dictionary), np.nan)
        return np.asarray(unique[column.indices.fill_null(len(unique) - 1).to_numpy(zero_copy_only=False)])
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        text = pc.utf8_trim_whitespace(column)
        commas = pc.match_substring_regex(text, _COMMA)
        if pc.any(commas).as_py():
            text = pc.if_else(commas, pc.replace_substring(text, ",", "."), text)
        text = pc.if_else(pc.match_substring_regex(text, _NUMBER), text, pa.scalar(None, text.type))
        column = pc.cast(text, pa.float64())
    elif pa.types.is_boolean(column.type) or not _is_number(column.type):
        if not pa.types.is_boolean(column.type):
            return np.full(len(column), np.nan)
        column = pc.cast(column, pa.float64())
    else:
        column = pc.cast(column, pa.float64(), safe=False)
    filled = pc.fill_null(column, float("nan"))
    values = np.asarray(filled.to_numpy() if isinstance(filled, pa.ChunkedArray) else filled.to_numpy(False))
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.nan)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
