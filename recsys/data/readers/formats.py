"""The table of file formats, and `probe_tables`, which finds every table of a file by content, never by its name.

How to add a format: write a module in this package with two functions, and add one line to `FORMATS`.

    def is_mine(start: FileStart) -> bool: ...          # from the first megabyte, as bytes or as text
    def probe_mine(file: InputFile, start: FileStart) -> list[Probe]: ...

`probe_of_table(file, table)` makes the probe of a `Table` that was read at once; a format that can be large returns a
`Probe` whose `read` parses the file when it is called (see `delimited`). Cleaning, guessing of columns, the page and
the command line need no change. `tests/data/readers/test_formats.py` has an example (`probe_arrows`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from recsys.data.readers.archives import Files, InputFile, input_files
from recsys.data.readers.database_files import is_database, probe_database
from recsys.data.readers.delimited import probe_delimited
from recsys.data.readers.json_lines import is_json, probe_json
from recsys.data.readers.netflix import is_netflix, probe_netflix
from recsys.data.readers.news import is_news, probe_news
from recsys.data.readers.parquet_excel import is_parquet, is_workbook, probe_parquet, probe_workbook
from recsys.data.readers.parts import joined_parts
from recsys.data.readers.probes import START_BYTES, FileStart, Probe
from recsys.data.readers.sequences import is_sequences, probe_sequences
from recsys.errors import InputError
from recsys.wording import Message

_NOT_TABLES = (".md", ".pdf", ".html", ".png", ".jpg", ".py", ".sh", ".pl")  # passed over in a zip


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        name: for people who read the table.
        recognises: whether a file that starts like this is of the format.
        probe: finds the tables of such a file.
    """

    name: str
    recognises: Callable[[FileStart], bool]
    probe: Callable[[InputFile, FileStart], list[Probe]]


FORMATS = (
    Format("SQLite and DuckDB", is_database, probe_database),
    Format("Parquet", is_parquet, probe_parquet),
    Format("Excel", is_workbook, probe_workbook),
    Format("JSON Lines and JSON", is_json, probe_json),
    Format("Netflix Prize", is_netflix, probe_netflix),
    Format("MIND news", is_news, probe_news),
    Format("sequence text", is_sequences, probe_sequences),
    Format("CSV and other delimited text, MovieLens, RecBole", lambda start: True, probe_delimited),
)
"""Tried from the top; the first that recognises a file reads it."""


def probe_file(file: InputFile, *, delimiter: str | None = None, encoding: str | None = None) -> list[Probe]:
    """The tables of one file: one, or every sheet of a workbook.

    Raises:
        InputError: the file is no table; the message says what it is instead.
    """
    start = FileStart(file.name, file.head(START_BYTES), encoding, delimiter)
    return next(form for form in FORMATS if form.recognises(start)).probe(file, start)


def probe_tables(content: Path | bytes | Files, name: str, **options: str | None) -> list[Probe]:
    """Every table of a file, a zip or a folder; one that is in several files (see `parts`) once.

    Args:
        content: a path, the bytes, or several files.
        name: of the file, for messages.
        options: `delimiter` and `encoding`, as `probe_file` takes them.

    Raises:
        InputError: no table. Members of a zip that are no tables (a README) are passed over.
    """
    files = input_files(content, name)
    if len(files) == 1:
        return probe_file(files[0], **options)
    found: list[Probe] = []
    errors: list[InputError] = []
    for file in files:
        if PurePath(file.label).suffix.lower() in _NOT_TABLES:
            continue
        try:
            found += probe_file(file, **options)
        except InputError as error:
            errors.append(error)
    if not found:
        fix = Message("Add a CSV, JSON, Parquet or Excel file to it.")
        raise errors[0] if errors else InputError(name, "must contain a table", fix=fix)
    return joined_parts(found)
