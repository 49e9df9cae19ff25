"""A process of its own that reads a file: `python -I reading_process.py sqlite|sqlite-with-log|duckdb|parquet NAME`.

`sqlite-with-log` reads the rows of a `-wal` file beside it too; NAME is then a private copy. `parquet` is one table,
`PARQUET_TABLE`, of the files that are named; they are opened here, and the query itself can open none.

A database file is untrusted. Whatever goes wrong while it is parsed, up to a crash, ends this process alone; it may
not write files, and its memory and time are limited. It imports nothing of recsys.

stdin has one JSON object: `sql` (null lists the tables with their first rows), `rows` (of the answer, or of each
table), `tables` (at most), `files` (of Parquet), `megabytes`, `seconds`. stdout has lines of JSON, each of which says
how many bytes of an Arrow stream follow it: {"table", "sql", "rows", "bytes"} per table or {"bytes"} per batch; the
last line is {"complete"} or {"error"}.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import re
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH_ROWS = 50_000
MAX_CELL_BYTES = 16 << 20
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_DUCKDB_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "threads": "1",
    "lock_configuration": "true",
}
PARQUET_TABLE = "data"
_DESCRIBES_TABLES = {f"DUCKDB_{name}" for name in ("TABLES", "VIEWS", "COLUMNS", "SCHEMAS", "SEQUENCES", "INDEXES")}
"""The catalogue functions that tell nothing but what is in the file, as a query plan names them."""

_SETTING = re.compile(r"\bcurrent_setting\b", re.IGNORECASE)  # its value is already in the plan, without its name

Rows = Iterator[pa.Table]
Query = Callable[[str, int], Rows]
Failures = tuple[type[BaseException], ...]


def column_of(values: Sequence[Any]) -> pa.Array:
    """Values of a database column as int64, float64, bool, timestamps, lists or, where they differ in kind, as texts.

    Decimals become numbers, dates timestamps, and bytes their hexadecimal text.
    """
    kinds = {type(value) for value in values if value is not None}
    if kinds == {decimal.Decimal}:
        whole = all(value is None or value == value.to_integral_value() for value in values)
        values = [value if value is None else int(value) if whole else float(value) for value in values]
    elif kinds == {datetime.date}:
        values = [value and datetime.datetime(value.year, value.month, value.day) for value in values]
    elif not (kinds <= {int, float} or kinds <= {bool} or kinds <= {datetime.datetime} or kinds == {list}):
        values = [value if value is None else _text(value) for value in values]
    elif float in kinds:
        values = [value if value is None else float(value) for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):  # nested values, integers beyond 64 bits
        return pa.array([value if value is None else _text(value) for value in values], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float | decimal.Decimal | uuid.UUID | datetime.date | datetime.time):
        return str(value).encode("utf-8", "replace").decode()
    return json.dumps(value, ensure_ascii=False, default=str)


def table_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as a table; columns of one name are numbered."""
    columns = [column_of(column) for column in zip(*rows, strict=True)] or [pa.nulls(0)] * len(names)
    return pa.table(columns, names=unique(names))


def unique(names: Sequence[str]) -> list[str]:
    """The names, those that occur again with a number."""
    found: list[str] = []
    for name in names:
        shown, number = str(name) or "column", 2
        while shown in found:
            shown, number = f"{name} ({number})", number + 1
        found.append(shown)
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# SQLite ---------------------------------------------------------------------------------------------------------------


Tables = list[tuple[str, str, int]]
"""Of each table: its name, how it is written in a query, and its number of rows as far as it is known at once."""


def _open_sqlite(name: str, with_log: bool) -> tuple[Tables, Query]:
    """The tables, and a function that queries."""
    from urllib.parse import quote

    mode = "mode=rw" if with_log else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(name)}?{mode}", uri=True)
    if with_log:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # the index of the log is in memory, not in a file
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    listed = connection.execute(
        "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY rowid"
    )
    schema = [(str(name), kind, str(sql or "").upper().lstrip()) for name, kind, sql in listed]
    virtual = {name for name, _, sql in schema if sql.startswith("CREATE VIRTUAL")}

    def authorise(action: int, first: str | None, second: str | None, *where: str | None) -> int:
        if action not in _READING or (action == sqlite3.SQLITE_READ and first in virtual):
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and str(second).lower() in ("load_extension", "fts3_tokenizer"):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    connection.set_authorizer(authorise)

    def query(sql: str, rows: int) -> Rows:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        size = min(BATCH_ROWS, rows)
        batch = cursor.fetchmany(size)
        yield table_of(names, batch)
        while len(batch) == size and (batch := cursor.fetchmany(size)):
            yield table_of(names, batch)

    tables = []
    for table, kind, _ in schema:
        if table not in virtual and not table.startswith("sqlite_") and "\0" not in table:
            rows = _sqlite_rows(connection, table) if kind == "table" else 0
            tables.append((table, _quoted(table), rows))
    return tables, query


def _sqlite_rows(connection: sqlite3.Connection, name: str) -> int:
    """The largest row id, which is found without a scan; 0 where there is none."""
    try:
        (last,) = connection.execute(f"SELECT max(_rowid_) FROM {_quoted(name)}").fetchone()
    except sqlite3.Error:
        return 0
    return last if isinstance(last, int) else 0


# DuckDB ---------------------------------------------------------------------------------------------------------------


def _connect_duckdb(name: str, megabytes: int) -> DuckDBPyConnection:
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": f"{megabytes // 2}MB"}
    settings |= _DUCKDB_SETTINGS
    return duckdb.connect(name, read_only=name != ":memory:", config=settings)


def _open_duckdb(name: str, megabytes: int) -> tuple[Tables, Query]:
    """As `_open_sqlite`: tables and views of every schema of the file, those of the main one without its name."""
    connection = _connect_duckdb(name, megabytes)
    listed = connection.execute(
        "SELECT schema_name, table_name, estimated_size FROM duckdb_tables() WHERE NOT internal UNION ALL "
        "SELECT schema_name, view_name, 0 FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    tables: Tables = []
    for schema, table, size in listed:
        shown = table if schema == "main" else f"{schema}.{table}"
        tables.append((shown, f"{_quoted(schema)}.{_quoted(table)}", int(size or 0)))
    return tables, partial(_query_duckdb, connection)


def _open_parquet(files: Sequence[str], megabytes: int) -> tuple[Tables, Query]:
    """As `_open_sqlite`: one table, with a column for each `name=value` folder that is not a column already.

    DuckDB is handed the rows, and may open no file, neither these nor others.
    """
    from pyarrow import dataset, fs

    options = dataset.FileSystemFactoryOptions(partitioning=dataset.HivePartitioning.discover())
    factory = dataset.FileSystemDatasetFactory(fs.LocalFileSystem(), files, dataset.ParquetFileFormat(), options)
    rows = factory.finish(factory.inspect(promote_options="permissive", fragments=None))
    connection = _connect_duckdb(":memory:", megabytes)
    connection.register(PARQUET_TABLE, rows)
    return [(PARQUET_TABLE, _quoted(PARQUET_TABLE), rows.count_rows())], partial(_query_duckdb, connection)


def _query_duckdb(connection: DuckDBPyConnection, sql: str, rows: int) -> Rows:
    if len(connection.extract_statements(sql)) != 1:
        raise ValueError("more than one statement")
    (_, plan), *_ = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
    steps = set(_steps(json.loads(plan))) - _DESCRIBES_TABLES
    if any(step.startswith(("DUCKDB_", "PRAGMA_")) for step in steps) or _SETTING.search(sql):
        raise ValueError("a query of the catalogue, which tells paths and settings")
    reader = connection.sql(sql).to_arrow_reader(min(BATCH_ROWS, max(rows, 1)))
    empty = True
    for batch in reader:
        table = pa.Table.from_batches([batch])
        yield table.rename_columns(unique(table.column_names))
        empty = False
    if empty:
        yield reader.schema.empty_table().rename_columns(unique(reader.schema.names))


def _steps(plan: Any) -> Iterator[str]:
    """The names of all steps of a query plan. A table function has its own; a table of any name is read by SEQ_SCAN."""
    if isinstance(plan, list):
        for one in plan:
            yield from _steps(one)
    else:
        yield str(plan["name"]).strip().upper()
        yield from _steps(plan["children"])


# the process ----------------------------------------------------------------------------------------------------------


def _send(header: dict[str, Any], table: pa.Table | None = None) -> None:
    payload = b""
    if table is not None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        payload = sink.getvalue().to_pybytes()
        header = header | {"bytes": len(payload)}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + payload)
    sys.stdout.buffer.flush()


def _limit(megabytes: int, seconds: int) -> None:
    """Limits memory, processor time and, to nothing, the files that are written; not on Windows."""
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_DATA: (megabytes << 20, megabytes << 20),
        resource.RLIMIT_CPU: (seconds, seconds + 5),
    }
    for kind, wanted in limits.items():
        most = resource.getrlimit(kind)[1]  # the limit that this process has already may be lower
        least = wanted if most == resource.RLIM_INFINITY else (min(wanted[0], most), min(wanted[1], most))
        resource.setrlimit(kind, least)


def _open(kind: str, name: str, wish: dict[str, Any]) -> tuple[Tables, Query]:
    if kind == "parquet":
        return _open_parquet(wish["files"], wish["megabytes"])
    if kind == "duckdb":
        return _open_duckdb(name, wish["megabytes"])
    return _open_sqlite(name, kind == "sqlite-with-log")


def _answer(kind: str, name: str, wish: dict[str, Any], unreadable: Failures) -> None:
    tables, query = _open(kind, name, wish)
    if wish["sql"] is not None:
        left = int(wish["rows"])
        for batch in query(wish["sql"], left + 1):
            _send({}, batch.slice(0, left))
            if batch.num_rows > left:
                _send({"complete": False})
                return
            left -= batch.num_rows
        _send({"complete": True})
        return
    for table, path, size in tables[: wish["tables"]]:
        try:
            first = next(query(f"SELECT * FROM {path} LIMIT {int(wish['rows'])}", int(wish["rows"])))
        except unreadable:
            continue  # a view whose tables are gone, or of the catalogue
        _send({"table": table, "sql": f"SELECT * FROM {path}", "rows": max(size, first.num_rows)}, first)
    _send({"complete": len(tables) <= wish["tables"]})


def main() -> int:
    """Answers one wish. Returns the exit code."""
    kind, name = sys.argv[1:3]
    wish = json.load(sys.stdin)
    _limit(wish["megabytes"], wish["seconds"])
    failures: Failures = (
        sqlite3.Error, sqlite3.Warning, pa.ArrowException, MemoryError, ValueError, OverflowError, TypeError, OSError,
    )  # fmt: skip
    unreadable: Failures = (sqlite3.Error, pa.ArrowException, ValueError, StopIteration)  # of a single table or view
    if kind in ("duckdb", "parquet"):
        import duckdb

        failures, unreadable = (*failures, duckdb.Error), (*unreadable, duckdb.ProgrammingError)
    try:
        _answer(kind, name, wish, unreadable)
    except failures as error:
        text = str(error).strip().replace(f"{Path.cwd()}{os.sep}", "").splitlines()
        _send({"error": text[0][:300] if text else type(error).__name__})
    return 0


if __name__ == "__main__":
    sys.exit(main())
