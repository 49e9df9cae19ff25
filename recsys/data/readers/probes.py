"""What the reader of a format is given, the start of a file, and what it returns, a probe for each table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from recsys.data.readers.archives import InputFile
from recsys.data.readers.encodings import detect_encoding
from recsys.data.readers.tables import Table
from recsys.errors import InputError
from recsys.wording import Message

START_BYTES = 1 << 20
MAX_ROWS = 200_000  # of a column that are looked at to find out what it is
_IMAGE, _PICKLED, _WEB_PAGE = Message("an image"), Message("a pickled object"), Message("a web page")
_FEATHER = Message("a Feather file")
_BINARY_FORMATS = {
    b"\x89PNG": _IMAGE, b"\xff\xd8\xff": _IMAGE, b"GIF8": _IMAGE, b"RIFF": Message("a sound, film or image"),
    b"\x89HDF": Message("an HDF5 file"), b"MATLAB 5.0": Message("a MATLAB file"), b"\x93NUMPY": Message("an array"),
    b"\x80\x03": _PICKLED, b"\x80\x04": _PICKLED, b"\x80\x05": _PICKLED, b"ARROW1\0\0": _FEATHER,
}  # fmt: skip
_TEXT_FORMATS = {
    "<!doctype": _WEB_PAGE, "<html": _WEB_PAGE, "<?xml": "XML", "%pdf": Message("a PDF"), "{\\rtf": "RTF"
}  # fmt: skip
ColumnTypes = Mapping[str, pa.DataType]


@dataclass(frozen=True, eq=False)
class Probe:
    """The first rows of a table, and a function that reads all of it.

    Attributes:
        sample: the table of the first rows, from which columns are guessed.
        first_rows: the rows of the file's first megabyte, for counting.
        read: returns the whole table; given the types of columns that aren't text.
        sheet: of a workbook with several, or the table of a database; else "".
        rows: of a table in a database, about; None where the bytes of the file are what is known of its size.
        parts: the probes of its files, where the table is in several (see `parts`).
        name: of a table in several files; "" where the file has it.
        unread: a sentence about rows that are not in the file; "" where there are none.
    """

    file: InputFile
    sample: Table
    first_rows: pa.Table
    read: Callable[[ColumnTypes], Table]
    sheet: str = ""
    rows: int | None = None
    parts: tuple[Probe, ...] = ()
    name: str = ""
    unread: str = ""

    @property
    def label(self) -> str:
        """A name that differs from those of the other tables in the file: the member, the sheet, else the file."""
        file = self.name or self.file.label or ("" if self.sheet else self.file.name)
        return ", ".join(part for part in (file, self.sheet) if part)

    @property
    def size(self) -> int:
        """Bytes of the file (compressed, in an archive), or rows of a table; the largest is likely the interactions."""
        if self.rows is not None:
            return self.rows
        if self.parts:
            return sum(part.size for part in self.parts)
        content = self.file.content
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        return self.file.compressed_bytes or size

    def integers_are_canonical(self) -> bool:
        """Whether ids that are read as integers print as they are in the file, or in each of its files."""
        if self.parts:
            return all(part.integers_are_canonical() for part in self.parts)
        return self.file.integers_are_canonical()

    def cells(self, column: str) -> pa.ChunkedArray:
        """A column of the first rows, at most `MAX_ROWS` of them."""
        return self.first_rows[column].slice(0, MAX_ROWS)


def probe_of_table(file: InputFile, table: Table, sheet: str = "") -> Probe:
    """The probe of a table that has been read completely."""
    return Probe(file, table, table.data, lambda types: table, sheet)


@dataclass(frozen=True, eq=False)
class FileStart:
    """The first megabyte of a file, as bytes and as text: what formats are recognised by.

    Args:
        name: of the file, for messages.
        data: the bytes.
        given_encoding, delimiter: what the user said; None to detect it.

    Raises:
        InputError: the file is empty, or of a known binary format that is no table.
    """

    name: str
    data: bytes
    given_encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        if not self.data.strip():
            raise InputError(self.name, "must not be empty", fix="Choose a file with one row per interaction.")
        kind = next((words for mark, words in _BINARY_FORMATS.items() if self.data.startswith(mark)), "")
        if self.data[257:262] == b"ustar":
            kind = Message("a tar archive")
        if kind:
            raise InputError(self.name, "must be a table", kind, "Export the table as CSV (gzip and zip are accepted).")

    @cached_property
    def encoding(self) -> str:
        """Of the text. Raises InputError for binary data."""
        return self.given_encoding or detect_encoding(self.data, self.name)

    @cached_property
    def text(self) -> str:
        """The decoded start. Raises InputError for a document that is no table, and for an unknown encoding."""
        try:
            text = self.data.decode(self.encoding, "ignore").lstrip("\ufeff")
        except (LookupError, UnicodeError) as error:
            fix = Message("Give a name such as utf-8 or cp1252.")
            raise InputError(
                Message("{file}, encoding", file=self.name), "must be one that Python knows", error, fix
            ) from None
        opening = text.lstrip()[:200].lower()
        kind = next((words for mark, words in _TEXT_FORMATS.items() if opening.startswith(mark)), "")
        if kind:
            raise InputError(self.name, "must be a table", kind, "Export it as CSV, one row per interaction.")
        return text

    @cached_property
    def lines(self) -> str:
        r"""The complete lines of the text, all ended by \n. Raises InputError when there is none."""
        text = self.text if len(self.data) < START_BYTES else self.text[: self.text.rfind("\n") + 1]
        if not text:
            got = Message("{n:,} bytes without a line end", n=len(self.data))
            raise InputError(
                Message("{file}, row 1", file=self.name), "must be a line of a table", got, "Export it again as CSV."
            )
        return text.replace("\r\n", "\n").replace("\r", "\n")
