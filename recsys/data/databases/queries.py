"""One read-only query: what may be asked, and its answer as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from recsys.data.cleaning_warnings import ROW_LIMIT
from recsys.errors import InputError
from recsys.wording import Message

MAX_ROWS = 5_000_000  # of an answer, unless the user says another number
PREVIEW_ROWS = 50
MAX_LENGTH = 20_000  # characters of a query
_COMMENT = re.compile(r"\s+|--[^\n]*(\n|$)|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, eq=False)
class QueryResult:
    """The answer to a query.

    Attributes:
        data: its rows, at most as many as were asked for.
        complete: whether these are all.
        unread: a sentence about rows of the database that could not be read; "" where there are none.
    """

    data: pa.Table
    complete: bool
    unread: str = ""

    def warnings(self) -> tuple[str, ...]:
        """A sentence for each reason why rows are missing."""
        limit = "" if self.complete else Message(ROW_LIMIT, n=f"{self.data.num_rows:,}")
        return tuple(filter(None, [limit, self.unread]))

    def parquet(self) -> bytes:
        """The rows as a Parquet file, which `recsys.data.load` reads."""
        sink = pa.BufferOutputStream()
        parquet.write_table(self.data, sink)
        return bytes(sink.getvalue().to_pybytes())


def check_query(sql: str) -> str:
    """The query without its last semicolon.

    Raises:
        InputError: it is empty, too long, more than one statement, or begins with another word than SELECT or WITH.
    """
    text = sql.strip().rstrip(";").strip()
    fix = Message("Write one SELECT statement.")
    if not text:
        raise InputError("the query", "must not be empty", fix=fix)
    if len(text) > MAX_LENGTH:
        raise InputError(
            "the query", Message("must have at most {most:,} characters", most=MAX_LENGTH), f"{len(text):,}", fix
        )
    if ";" in text or "\0" in text:
        raise InputError("the query", "must be one statement without a semicolon in it", fix=fix)
    start = 0
    while (comment := _COMMENT.match(text, start)) and comment.end() > start:
        start = comment.end()
    word = re.match(r"\w*", text[start:])
    first = word[0].upper() if word else ""
    if first not in ("SELECT", "WITH"):
        raise InputError("the query", "must begin with SELECT or WITH", first or text[start : start + 20], fix)
    return text


def check_limit(rows: int) -> int:
    """A row limit as it is. Raises InputError below 1 or above ten times `MAX_ROWS`."""
    if not 1 <= rows <= 10 * MAX_ROWS:
        raise InputError("the row limit", Message("must be between 1 and {most:,}", most=10 * MAX_ROWS), f"{rows:,}")
    return rows


def joined(batches: Iterable[pa.Table]) -> pa.Table:
    """Batches with the same columns as one table of types that readers understand (see `_plain`).

    A column that is whole numbers in one batch and decimal ones in another becomes float64; other differences, texts.
    """
    tables = list(batches)
    columns = {}
    for number, name in enumerate(tables[0].column_names):
        chunks = [_plain(chunk) for table in tables for chunk in _chunks(table.column(number))]
        filled = [chunk for chunk in chunks if not pa.types.is_null(chunk.type)]
        kinds = {chunk.type for chunk in filled}
        kind = next(iter(kinds), pa.string())
        if len(kinds) > 1:
            numbers = all(pa.types.is_integer(one) or pa.types.is_floating(one) for one in kinds)
            kind = pa.float64() if numbers else pa.string()
        columns[name] = pa.chunked_array([pc.cast(chunk, kind, safe=False) for chunk in chunks], kind)
    return pa.table(columns)


def _chunks(column: pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks or [pa.nulls(0, column.type)]


def _plain(chunk: pa.Array) -> pa.Array:
    """A column as texts, 64-bit numbers, timestamps in microseconds, or nested values as they are."""
    kind = chunk.type
    if isinstance(kind, pa.ExtensionType):
        return _plain(chunk.storage)
    if pa.types.is_dictionary(kind):
        return _plain(chunk.dictionary_decode())
    if pa.types.is_decimal(kind):
        return pc.cast(chunk, pa.float64(), safe=False) if kind.scale else _whole(chunk)
    if pa.types.is_integer(kind):
        return _whole(chunk)
    if pa.types.is_floating(kind):
        return pc.cast(chunk, pa.float64())
    if pa.types.is_date(kind):
        return pc.cast(chunk, pa.timestamp("us"))
    if pa.types.is_timestamp(kind):
        return pc.cast(chunk, pa.timestamp("us", "UTC" if kind.tz else None), safe=False)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else value.hex() for value in chunk.to_pylist()], pa.string())
    if pa.types.is_nested(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind) or kind == pa.string():
        return chunk
    return pa.array([None if value is None else str(value) for value in chunk.to_pylist()], pa.string())


def _whole(chunk: pa.Array) -> pa.Array:
    """Whole numbers as int64; as texts where one is beyond 64 bits."""
    try:
        return pc.cast(chunk, pa.int64())
    except pa.ArrowInvalid:
        return pc.cast(chunk, pa.string())
