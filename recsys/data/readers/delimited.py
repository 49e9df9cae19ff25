"""CSV and other delimited text, parsed by pyarrow; separators that it can't parse are replaced before."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from recsys.data.readers.archives import InputFile
from recsys.data.readers.dialects import Dialect, find_dialect
from recsys.data.readers.encodings import detect_encoding
from recsys.data.readers.movielens import with_movielens_columns
from recsys.data.readers.probes import ColumnTypes, FileStart, Probe
from recsys.data.readers.tables import MAX_SHOWN_ROWS, Table, UnreadableRows
from recsys.errors import InputError
from recsys.wording import Message

CATEGORY = pa.dictionary(pa.int32(), pa.string())
"""The type of text columns: each distinct text is stored once."""
_MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>", "\\N")


def probe_delimited(file: InputFile, start: FileStart) -> list[Probe]:
    """The first rows as texts, and a function that parses all rows. Raises InputError for a text that is no table."""
    dialect = with_movielens_columns(find_dialect(start.lines, file.name, start.delimiter), start.lines)
    try:
        stream = _single_separators(start.lines.encode(), dialect, "utf-8")
        first_rows = _parse(stream, file.name, dialect, "utf-8", {}, _Skipped())
    except pa.ArrowInvalid as error:
        raise _parse_error(file.name, error) from None
    whole = _table(file, dialect, start.encoding, first_rows, UnreadableRows())
    sample = replace(whole, data=whole.sample)
    return [Probe(file, sample, first_rows, lambda types: _read(file, dialect, start.encoding, types))]


def _read(file: InputFile, dialect: Dialect, encoding: str, types: ColumnTypes) -> Table:
    """All rows. A column that doesn't have the type given for it is read as text, so that its invalid cells can be
    shown.

    Raises:
        InputError: bytes of another encoding, more unreadable than readable rows, or a damaged file.
    """
    try:
        data, skipped = _parse_all(file, dialect, encoding, types)
    except pa.ArrowInvalid as error:
        other = _other_encoding(file, encoding) if "UTF8" in str(error) else ""
        if other:
            return _read(file, dialect, other, types)
        as_text = {name: CATEGORY if pa.types.is_primitive(kind) else kind for name, kind in types.items()}
        if "conversion error" not in str(error) or "UTF8" in str(error) or as_text == types:
            raise _parse_error(file.name, error) from None
        return _read(file, dialect, encoding, as_text)
    if skipped.count >= max(data.num_rows, 2):
        got = Message("another number in {n:,} of {total:,}", n=skipped.count, total=skipped.count + data.num_rows)
        rule = Message("must have {n} columns in most rows", n=len(dialect.names))
        raise InputError(file.name, rule, got, "Check the separator.")
    pa.default_memory_pool().release_unused()  # the buffers of the parser
    lines = np.asarray(sorted(skipped.lines), dtype=np.int64)
    return _table(file, dialect, encoding, data, UnreadableRows(skipped.count, lines, tuple(skipped.texts)))


def _table(file: InputFile, dialect: Dialect, encoding: str, data: pa.Table, unreadable: UnreadableRows) -> Table:
    first_line = 1 + dialect.has_header + dialect.lines_above
    return Table(file.name, dialect.format, data, dialect.has_header, first_line, encoding, unreadable, dialect.roles)


class _Skipped:
    """Collects the rows that have another number of fields, as pyarrow's `invalid_row_handler`."""

    def __init__(self) -> None:
        self.count = 0
        self.lines: list[int] = []
        self.texts: list[str] = []

    def __call__(self, row: Any) -> str:
        self.count += 1
        if row.number is not None:
            self.lines.append(row.number)
        if len(self.texts) < MAX_SHOWN_ROWS:
            self.texts.append(row.text[:1000])
        return "skip"


def _parse_all(file: InputFile, dialect: Dialect, encoding: str, types: ColumnTypes) -> tuple[pa.Table, _Skipped]:
    """All rows, and those that were skipped.

    The first attempt uses all threads and fails at a row with another number of fields. The second uses one thread,
    because only then pyarrow tells line numbers, and the text must be checked first, because a skipped row that isn't
    valid UTF-8 can't be handed over.
    """
    try:
        with _open(file, dialect, encoding) as stream:
            return _parse(stream, file.name, dialect, encoding, types), _Skipped()
    except pa.ArrowInvalid as error:
        if "Expected" not in str(error) and "straddling" not in str(error):
            raise
    if dialect.quoted and not dialect.multiline_cells:
        return _parse_all(file, replace(dialect, multiline_cells=True), encoding, types)
    if _other_encoding(file, encoding):
        raise pa.ArrowInvalid("invalid UTF8 data")
    skipped = _Skipped()
    with _open(file, dialect, encoding) as stream:
        return _parse(stream, file.name, dialect, encoding, types, skipped), skipped


def _other_encoding(file: InputFile, encoding: str) -> str:
    """The encoding of a file whose start is UTF-8 but not all of it; "" if all is, or if the start isn't."""
    if encoding not in ("utf-8", "utf-8-sig"):
        return ""
    data = file.read()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        other = detect_encoding(data, file.name)
        if other == encoding:
            row = data.count(b"\n", 0, error.start) + 1
            raise InputError(
                Message("{file}, row {row:,}", file=file.name, row=row),
                "must be UTF-8 text throughout",
                error.reason,
                "Save the file as UTF-8.",
            ) from None
        return other
    return ""


@contextlib.contextmanager
def _open(file: InputFile, dialect: Dialect, encoding: str) -> Iterator[Any]:
    if dialect.delimiter == "::" or dialect.joined_blanks:
        yield _single_separators(file.read(), dialect, encoding)
    elif not file.compression and not isinstance(file.content, bytes):
        with pa.OSFile(str(file.content)) as stream:
            yield stream
    elif not file.compression:
        yield pa.BufferReader(file.content)
    else:
        with file.open() as stream:
            yield pa.PythonFile(stream, mode="r")


def _single_separators(data: bytes, dialect: Dialect, encoding: str) -> pa.BufferReader:
    """The text with one-character separators: `::` becomes U+001F, a run of blanks one space."""
    if dialect.delimiter == "::":
        without_mark = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(encoding, encoding)
        data = data.replace("::".encode(without_mark), "\x1f".encode(without_mark))
    elif dialect.joined_blanks:
        data = re.sub(rb"(?m)^[ \t]+|[ \t]+$", b"", data.replace(b"\r\n", b"\n"))
        data = re.sub(rb"[ \t]+", b" ", data)
    return pa.BufferReader(data)


def _parse(
    stream: Any,
    name: str,
    dialect: Dialect,
    encoding: str,
    types: ColumnTypes,
    skipped: _Skipped | None = None,
) -> pa.Table:
    text = dict.fromkeys(dialect.names, pa.string())
    try:
        return pa_csv.read_csv(
            stream,
            read_options=pa_csv.ReadOptions(
                column_names=list(dialect.names),
                skip_rows=dialect.lines_above,
                skip_rows_after_names=int(dialect.has_header),
                encoding="utf8" if encoding in ("utf-8", "utf-8-sig") else encoding,
                use_threads=skipped is None,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter="\x1f" if dialect.delimiter == "::" else dialect.delimiter,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=dialect.multiline_cells,
                invalid_row_handler=skipped,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=text | dict(types),
                null_values=list(_MISSING),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (UnicodeError, LookupError) as error:
        raise InputError(
            name, Message("must be {encoding} text throughout", encoding=encoding), error, "Save the file as UTF-8."
        ) from None


def _parse_error(name: str, error: pa.ArrowInvalid) -> InputError:
    text = str(error).splitlines()[0]
    if "straddling" in text:
        return InputError(name, "must not have a quote that never closes", fix="Close or remove the quote.")
    if "UTF8" in text:
        return InputError(name, "must be UTF-8 text throughout", text, "Save the file as UTF-8, or name its encoding.")
    return InputError(name, "must be a table that can be read", text, "Export it again as CSV, one row per line.")
