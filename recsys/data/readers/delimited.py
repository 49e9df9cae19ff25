"""CSV and its relatives, parsed by pyarrow; what it can't say (`::`, runs of blanks, sequences) is rewritten first."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from recsys.data.readers.archives import Source
from recsys.data.readers.dialects import FORMAT_OF, Dialect
from recsys.data.readers.encodings import decode, detect_encoding
from recsys.data.readers.tables import Broken, Table
from recsys.errors import InputError

ID = pa.dictionary(pa.int32(), pa.string())
MISSING_WORDS = ("", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>", "\\N")
_KEPT_TEXTS = 200


def sample_delimited(head: bytes, source: Source, dialect: Dialect, encoding: str) -> Table:
    """The first rows, every column as text."""
    try:
        data = _parse(_rewritten(head, dialect, encoding), source.name, dialect, encoding, {}, _Rows())
    except pa.ArrowInvalid as error:
        raise _unreadable(source.name, error) from None
    return _table(source, dialect, encoding, data, Broken())


def read_delimited(source: Source, dialect: Dialect, encoding: str, types: Mapping[str, pa.DataType]) -> Table:
    """All rows. `types` names the columns that aren't plain text; a column that doesn't keep to its number type is
    read as text instead, so that the rows which break it can be shown.

    Raises:
        InputError: bytes of another encoding, more broken rows than whole ones, or damage.
    """
    try:
        data, rows = _read(source, dialect, encoding, types)
    except pa.ArrowInvalid as error:
        other = _other_encoding(source, encoding) if "UTF8" in str(error) else ""
        if other:
            return read_delimited(source, dialect, other, types)
        if "conversion error" not in str(error) or "UTF8" in str(error):
            raise _unreadable(source.name, error) from None
        lenient = {name: ID if pa.types.is_primitive(kind) else kind for name, kind in types.items()}
        if lenient == types:
            raise _unreadable(source.name, error) from None
        return read_delimited(source, dialect, encoding, lenient)
    if rows.count >= max(data.num_rows, 2):
        raise InputError(
            source.name,
            f"must have {len(dialect.names)} columns in most rows",
            f"another number in {rows.count:,} of {rows.count + data.num_rows:,}",
            "Check the separator.",
        )
    pa.default_memory_pool().release_unused()  # the blocks that were parsed
    first = (2 if dialect.has_header else 1) + dialect.lead
    lines = np.asarray(sorted(rows.numbers), dtype=np.int64)
    return _table(source, dialect, encoding, data, Broken(rows.count, lines, tuple(rows.texts)), first)


def read_sequences(source: Source, encoding: str) -> Table:
    """`user item item …` per line, as rows (user_id, item_id) in that order."""
    text = decode(source.read(), encoding, source.name)
    users: list[str] = []
    lengths: list[int] = []
    items: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if words:
            users.append(words[0])
            lengths.append(len(words) - 1)
            items += words[1:]
    owners = pa.array(users).take(pa.array(np.repeat(np.arange(len(users)), lengths)))
    data = pa.table({"user_id": owners.dictionary_encode(), "item_id": pa.array(items, pa.string())})
    roles = {"user_id": "user_id", "item_id": "item_id"}
    return Table(source.name, "sequence", data, False, 1, encoding, roles=roles, ordered=True)


def _table(
    source: Source, dialect: Dialect, encoding: str, data: pa.Table, broken: Broken, first_line: int = 2
) -> Table:
    label = "recbole" if dialect.recbole else FORMAT_OF.get(dialect.delimiter, "csv")
    return Table(source.name, label, data, dialect.has_header, first_line, encoding, broken)


class _Rows:
    """Collects the rows that have another number of fields."""

    def __init__(self) -> None:
        self.count = 0
        self.numbers: list[int] = []
        self.texts: list[str] = []

    def __call__(self, row: Any) -> str:
        self.count += 1
        if row.number is not None:
            self.numbers.append(row.number)
        if len(self.texts) < _KEPT_TEXTS:
            self.texts.append(row.text[:1000])
        return "skip"


def _read(source: Source, dialect: Dialect, encoding: str, types: Mapping[str, pa.DataType]) -> tuple[pa.Table, _Rows]:
    """All rows, and those that were broken. Without any, one pass of all threads does; else their numbers cost a
    second pass, on text that is known to be whole (pyarrow can't hand over a broken row that isn't)."""
    try:
        with _stream(source, dialect, encoding) as stream:
            return _parse(stream, source.name, dialect, encoding, types), _Rows()
    except pa.ArrowInvalid as error:
        if "Expected" not in str(error) and "straddling" not in str(error):
            raise
    if dialect.quoted and not dialect.newlines:
        return _read(source, replace(dialect, newlines=True), encoding, types)
    if _other_encoding(source, encoding):
        raise pa.ArrowInvalid("invalid UTF8 data")
    rows = _Rows()
    with _stream(source, dialect, encoding) as stream:
        return _parse(stream, source.name, dialect, encoding, types, rows), rows


def _other_encoding(source: Source, encoding: str) -> str:
    """The encoding of a file that began as UTF-8 and isn't; "" if it is, or was never thought to be."""
    if encoding not in ("utf-8", "utf-8-sig"):
        return ""
    data = source.read()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        other = detect_encoding(data, source.name)
        if other == encoding:
            row = data.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"{source.name}, row {row:,}", "must be UTF-8 text throughout", error.reason, "Save the file as UTF-8."
            ) from None
        return other
    return ""


@contextlib.contextmanager
def _stream(source: Source, dialect: Dialect, encoding: str) -> Iterator[Any]:
    if dialect.delimiter == "::" or dialect.squeeze:
        yield _rewritten(source.read(), dialect, encoding)
    elif not source.packing and not isinstance(source.content, bytes):
        with pa.OSFile(str(source.content)) as file:
            yield file
    elif not source.packing:
        yield pa.BufferReader(source.content)
    else:
        with source.open() as plain:
            yield pa.PythonFile(plain, mode="r")


def _rewritten(data: bytes, dialect: Dialect, encoding: str) -> pa.BufferReader:
    """`::` and runs of blanks as one sign each (in the encoding's own width)."""
    if dialect.delimiter == "::":
        data = data.replace("::".encode(_plain(encoding)), "\x1f".encode(_plain(encoding)))
    elif dialect.squeeze:
        data = re.sub(rb"(?m)^[ \t]+|[ \t]+$", b"", data.replace(b"\r\n", b"\n"))
        data = re.sub(rb"[ \t]+", b" ", data)
    return pa.BufferReader(data)


def _plain(encoding: str) -> str:
    """The encoding without its byte order mark."""
    return {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(encoding, encoding)


def _parse(
    stream: Any,
    name: str,
    dialect: Dialect,
    encoding: str,
    types: Mapping[str, pa.DataType],
    rows: _Rows | None = None,
) -> pa.Table:
    text = dict.fromkeys(dialect.names, pa.string())
    try:
        return pa_csv.read_csv(
            stream,
            read_options=pa_csv.ReadOptions(
                column_names=list(dialect.names),
                skip_rows=dialect.lead,
                skip_rows_after_names=int(dialect.has_header),
                encoding="utf8" if encoding in ("utf-8", "utf-8-sig") else encoding,
                use_threads=rows is None,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter="\x1f" if dialect.delimiter == "::" else dialect.delimiter,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=dialect.newlines,
                invalid_row_handler=rows,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=text | dict(types),
                null_values=list(MISSING_WORDS),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (UnicodeError, LookupError) as error:
        raise InputError(name, f"must be {encoding} text throughout", error, "Save the file as UTF-8.") from None


def _unreadable(name: str, error: pa.ArrowInvalid) -> InputError:
    text = str(error).splitlines()[0]
    if "straddling" in text:
        return InputError(name, "must not have a quote that never closes", fix="Close or remove the odd quote.")
    if "UTF8" in text:
        return InputError(name, "must be UTF-8 text throughout", text, "Save the file as UTF-8, or name its encoding.")
    return InputError(name, "must be a table that can be read", text, "Export it again as CSV, one row per line.")
