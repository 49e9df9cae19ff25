"""Any file to tables: what it is, is found in its content, never in its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import pyarrow as pa

from recsys.data.readers import movielens
from recsys.data.readers.archives import Source, sources_of
from recsys.data.readers.delimited import read_delimited, read_sequences, sample_delimited
from recsys.data.readers.dialects import find_dialect
from recsys.data.readers.encodings import detect_encoding
from recsys.data.readers.json_lines import looks_like_json, read_json
from recsys.data.readers.parquet_excel import is_parquet, is_workbook, read_excel, read_parquet
from recsys.data.readers.tables import Table
from recsys.errors import InputError

_HEAD = 1 << 20
_BLOCKS = re.compile(r"\s*\d+:\r?\n\d+,[\d.]+,\d{4}-\d\d-\d\d\s")  # the ratings of a well-known film prize
_BINARIES = {
    b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"GIF8": "an image", b"RIFF": "a sound, film or image",
    b"SQLite format 3": "a database", b"\x89HDF": "an HDF5 file", b"MATLAB 5.0": "a MATLAB file",
    b"\x93NUMPY": "an array", b"\x80\x03": "a pickled object", b"\x80\x04": "a pickled object",
    b"\x80\x05": "a pickled object",
}  # fmt: skip
Types = Mapping[str, pa.DataType]


@dataclass(frozen=True, eq=False)
class Probe:
    """A file's first rows, and the way to read all of it with chosen column types.

    Attributes:
        sample: the table of the first rows, for guesses and previews; head: more of its rows, for counting.
        sheet: of a workbook with several.
    """

    source: Source
    sample: Table
    head: pa.Table
    read: Callable[[Types], Table]
    sheet: str = ""

    @property
    def label(self) -> str:
        """What tells this table from others of the same file: the member, the sheet, else the file's name."""
        return ", ".join(
            part for part in (self.source.member or ("" if self.sheet else self.source.name), self.sheet) if part
        )

    @property
    def size(self) -> int:
        """Bytes as given (packed); what "the biggest table of a zip" means."""
        content = self.source.content
        plain = len(content) if isinstance(content, bytes) else content.stat().st_size
        return self.source.packed_bytes or plain


def probe(source: Source, *, delimiter: str | None = None, encoding: str | None = None) -> tuple[Probe, ...]:
    """Finds the format and reads the first rows: of one table, or of every sheet of a workbook.

    Raises:
        InputError: not a table; it says what was seen instead.
    """
    head = source.head(_HEAD)
    if not head.strip():
        raise InputError(source.name, "must not be empty", fix="Give a file with a row for each interaction.")
    _refuse_binaries(head, source.name)
    if is_parquet(head):
        return _whole(source, read_parquet(source))
    if is_workbook(head):
        sheets = read_excel(source)
        return tuple(_whole(source, table, name if len(sheets) > 1 else "")[0] for name, table in sheets.items())
    encoding = encoding or detect_encoding(head, source.name)
    text = _text_of(head, encoding, source.name)
    _refuse_documents(text, source.name)
    if looks_like_json(text):
        return _whole(source, read_json(source, encoding))
    lines = text if len(head) < _HEAD else text[: text.rfind("\n") + 1]
    if not lines:
        raise InputError(
            f"{source.name}, row 1", "must be a line of a table", f"{len(head):,} bytes without a line end"
        )
    dialect = find_dialect(lines.replace("\r\n", "\n").replace("\r", "\n"), source.name, delimiter)
    if dialect.sequence:
        return _whole(source, read_sequences(source, encoding))
    dialect, roles, label = movielens.recognise(dialect, lines, source.name)
    first = sample_delimited(lines.encode(encoding), source, dialect, encoding)
    label = label or first.format

    def read(types: Types) -> Table:
        return replace(read_delimited(source, dialect, encoding, types), format=label, roles=roles)

    sample = replace(first, data=first.sample, format=label, roles=roles)
    return (Probe(source, sample, first.data, read),)


def probes(content: Path | bytes, name: str, **options: str | None) -> tuple[Probe, ...]:
    """Every table in a file or zip. Members of a zip that are no tables (a README) are passed over; a file that is
    none raises InputError."""
    sources = sources_of(content, name)
    if len(sources) == 1:
        return probe(sources[0], **options)
    found: list[Probe] = []
    errors: list[InputError] = []
    for source in sources:
        if PurePath(source.member).suffix.lower() in (".md", ".pdf", ".html", ".png", ".jpg", ".py", ".sh", ".pl"):
            continue
        try:
            found += probe(source, **options)
        except InputError as error:
            errors.append(error)
    if not found:
        fix = "Pack the CSV, JSON, Parquet or Excel file."
        raise errors[0] if errors else InputError(name, "must contain a table", fix=fix)
    return tuple(found)


def read_table(content: Path | bytes, name: str) -> Table:
    """The one table of a file, every column as it is. For a zip with several, use `probes`."""
    return probes(content, name)[0].read({})


def _whole(source: Source, table: Table, sheet: str = "") -> tuple[Probe, ...]:
    return (Probe(source, table, table.data, lambda types: table, sheet),)


def _refuse_binaries(head: bytes, name: str) -> None:
    kind = next((words for mark, words in _BINARIES.items() if head.startswith(mark)), "")
    if head[257:262] == b"ustar":
        kind = "a tar archive"
    if kind:
        raise InputError(name, "must be a table", kind, "Export the table as CSV (or pack it as zip or gzip).")


def _refuse_documents(text: str, name: str) -> None:
    start = text.lstrip()[:200].lower()
    if _BLOCKS.match(text):
        raise InputError(
            name, "must name the item in every row", "blocks of rows below the item’s number and a colon",
            "Write each row as item, user, rating, date.",
        )  # fmt: skip
    kinds = {"<!doctype": "a web page", "<html": "a web page", "<?xml": "XML", "%pdf": "a PDF", "{\\rtf": "RTF"}
    kind = next((words for mark, words in kinds.items() if start.startswith(mark)), None)
    if kind:
        raise InputError(name, "must be a table", kind, "Export it as CSV, one row per interaction.")


def _text_of(head: bytes, encoding: str, name: str) -> str:
    try:
        return head.decode(encoding, "ignore").lstrip("\ufeff")
    except (LookupError, UnicodeError) as error:
        raise InputError(f"{name}, encoding", "must be one that Python knows", error) from None
