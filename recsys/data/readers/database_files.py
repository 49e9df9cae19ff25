"""SQLite and DuckDB files as a format: one probe per table."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from recsys.data.databases.files import database_kind, database_tables, query_file
from recsys.data.databases.sqlite_logs import unread_log
from recsys.data.readers.archives import InputFile
from recsys.data.readers.probes import ColumnTypes, FileStart, Probe
from recsys.data.readers.tables import MAX_COLUMNS, Table
from recsys.errors import InputError
from recsys.wording import Message

FIRST_ROWS = 5_000  # of each table, from which roles and columns are found
MAX_TABLE_ROWS = 20_000_000


def is_database(start: FileStart) -> bool:
    return bool(database_kind(start.data[:16]))


def probe_database(file: InputFile, start: FileStart) -> list[Probe]:
    """Every table and view with two or more columns.

    Raises:
        InputError: damaged, no such table, or beyond the limits.
        MissingExtraError: a DuckDB file, and the package duckdb is not installed.
    """
    kind, content = database_kind(start.data[:16]), _content(file)
    unread = unread_log(start.data[:20]) if isinstance(content, bytes) else ""
    found = []
    for table in database_tables(content, file.name, FIRST_ROWS):
        if not 2 <= len(table.first.column_names) <= MAX_COLUMNS:
            continue
        sample = Table(
            Message("{file}, table {table}", file=file.name, table=table.name), kind, table.first, first_line=1
        )
        read = partial(_read, file, sample, table.sql)
        found.append(Probe(file, sample, table.first, read, table.name, table.rows, unread=unread))
    if not found:
        rule = Message("must have a table with at least two columns, one for the user and one for the item")
        raise InputError(file.name, rule, fix="Choose another database.")
    return found


def _content(file: InputFile) -> Path | bytes:
    return file.content if isinstance(file.content, Path) and not file.compression else file.read()


def _read(file: InputFile, sample: Table, sql: str, types: ColumnTypes) -> Table:
    """All rows; `types` are for text formats."""
    result = query_file(_content(file), file.name, sql, MAX_TABLE_ROWS)
    if not result.complete:
        fix = Message("Read the rows that you need with a query.")
        raise InputError(sample.name, Message("must have at most {most:,} rows", most=MAX_TABLE_ROWS), fix=fix)
    return Table(sample.name, sample.format, result.data, first_line=1)
