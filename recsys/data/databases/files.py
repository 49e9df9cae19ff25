"""SQLite, DuckDB and Parquet files: their tables, and the answer to a query. A process of its own reads them."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from recsys.data.databases import reading_process
from recsys.data.databases.parquet_folders import PARQUET, parquet_files
from recsys.data.databases.queries import MAX_ROWS, QueryResult, check_limit, check_query, joined
from recsys.data.databases.sqlite_logs import unread_log, with_its_log
from recsys.errors import InputError, MissingExtraError
from recsys.wording import Message

SQLITE, DUCKDB = b"SQLite format 3\0", b"DUCK"  # a SQLite file begins so; in a DuckDB file it follows eight bytes
MAX_TABLES = 100
SECONDS, MEGABYTES = 120, 4_000  # of the process that reads
_SHARED_MEMORY = Path("/dev/shm")  # a folder in memory, on Linux
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "OPENBLAS_CORETYPE")


@dataclass(frozen=True, eq=False)
class DatabaseTable:
    """A table or view of a database.

    Attributes:
        name: with its schema where that is not the main one.
        sql: the query for all of its rows.
        rows: how many it has, about; at least as many as `first`.
        first: its first rows.
    """

    name: str
    sql: str
    rows: int
    first: pa.Table


def database_kind(start: bytes) -> str:
    """ "sqlite" or "duckdb", by the first bytes of a file; "" for another file."""
    if start.startswith(SQLITE):
        return "sqlite"
    return "duckdb" if start[8:12] == DUCKDB else ""


def database_tables(content: Path | bytes, name: str, rows: int, seconds: int = SECONDS) -> list[DatabaseTable]:
    """The tables and views, at most `MAX_TABLES`, each with its first rows.

    Args:
        content: a path, or the bytes.
        name: of the file, for messages.
        rows: of each table, at most.
        seconds: after which reading is given up.

    Raises:
        InputError: damaged, without tables, or beyond the limits of time and memory.
        MissingExtraError: a DuckDB file, and the package duckdb is not installed.
    """
    tables = []
    with _reading(content, name, None, rows, seconds) as answers:
        for answer, data in answers:
            if data is not None:
                table = joined([data])
                tables.append(DatabaseTable(str(answer["table"]), str(answer["sql"]), int(answer["rows"]), table))
    if not tables:
        raise InputError(name, "must have a table that can be read", fix="Choose another database.")
    return tables


def query_file(content: Path | bytes, name: str, sql: str, rows: int = MAX_ROWS, seconds: int = SECONDS) -> QueryResult:
    """The answer of a database file to one query, or of Parquet files, which are one table: `data`.

    Args:
        content: a path, also of a Parquet file or of a folder of such; or the bytes of a database.
        sql: one SELECT statement.
        rows: at most so many are read.

    Raises:
        InputError: no query, the database refuses it, or it takes too much time or memory.
        MissingExtraError: a DuckDB or Parquet file, and the package duckdb is not installed.
    """
    batches: list[pa.Table] = []
    complete = True
    with _reading(content, name, check_query(sql), check_limit(rows), seconds) as answers:
        for answer, data in answers:
            if data is not None:
                batches.append(data)
            complete = bool(answer.get("complete", complete))
    return QueryResult(joined(batches), complete, "" if isinstance(content, Path) else unread_log(content[:20]))


Answers = Iterator[tuple[dict[str, Any], pa.Table | None]]


@contextmanager
def _reading(content: Path | bytes, name: str, sql: str | None, rows: int, seconds: int) -> Iterator[Answers]:
    """The answers of a reading process, which is ended with the block, or after `seconds`."""
    with _source(content, name) as source:
        if source.kind in ("duckdb", "parquet") and importlib.util.find_spec("duckdb") is None:
            fix = Message("Install it: pip install -r requirements-sql.txt")
            subject = Message("opening {file}" if source.kind == "duckdb" else "a query of {file}", file=name)
            raise MissingExtraError(subject, "needs the package duckdb", fix=fix)
        wish = {"sql": sql, "rows": rows, "tables": MAX_TABLES, "files": source.files}
        wish |= {"megabytes": MEGABYTES, "seconds": seconds}
        process = subprocess.Popen(
            [sys.executable, "-I", str(Path(reading_process.__file__).resolve()), source.kind, source.name],
            cwd=source.folder,  # so that no message of the database names the folder
            env={variable: os.environ[variable] for variable in _KEPT_VARIABLES if variable in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None and process.stdout is not None
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(wish).encode())
            process.stdin.close()
            yield _answers(process.stdout, name, "" if sql is None else Message("the query"), seconds)
        except BrokenPipeError:
            raise _unreadable(name, seconds) from None
        finally:
            timer.cancel()
            process.kill()
            process.stdout.close()
            process.wait()


def _answers(stream: IO[bytes], name: str, subject: str, seconds: int) -> Answers:
    """Each answer with its rows. Raises InputError for an error, and when the process ended before the last one."""
    while line := stream.readline():
        try:
            answer = json.loads(line)
            payload = stream.read(answer.get("bytes", 0))
            data = None
            if "bytes" in answer:
                data = pa.ipc.open_stream(payload).read_all()
                data.validate(full=True)
        except (ValueError, pa.ArrowException):
            break
        if "error" in answer:
            rule = (
                Message("must be one that this database answers")
                if subject
                else Message("must be an undamaged database")
            )
            fix = (
                Message("Correct the query.")
                if subject
                else Message("Copy it again, or export the table as CSV or Parquet.")
            )
            raise InputError(subject or name, rule, answer["error"], fix)
        yield answer, data
        if "complete" in answer:
            return
    raise _unreadable(name, seconds)


def _unreadable(name: str, seconds: int) -> InputError:
    rule = Message(
        "must be an undamaged database that can be read within {seconds:,} s and {megabytes:,} MB",
        seconds=seconds,
        megabytes=MEGABYTES,
    )
    return InputError(name, rule, fix="Read less of it with a query, or export the table as Parquet.")


@dataclass(frozen=True)
class _Source:
    """What the process is told to read.

    Attributes:
        kind: "sqlite", "sqlite-with-log", "duckdb" or "parquet".
        folder, name: where the database is.
        files: of Parquet, as paths from the folder.
    """

    kind: str
    folder: Path
    name: str
    files: tuple[str, ...] = ()


@contextmanager
def _source(content: Path | bytes, name: str) -> Iterator[_Source]:
    """What is read, for this block. Raises InputError for what is no database, and see `with_its_log`."""
    if isinstance(content, Path) and content.is_dir():
        yield _Source("parquet", content, "", parquet_files(content))
        return
    if isinstance(content, bytes):
        start = content[:16]
    else:
        with content.open("rb") as stream:
            start = stream.read(16)
    kind = database_kind(start)
    if isinstance(content, Path) and start.startswith(PARQUET):
        yield _Source("parquet", content.parent, "", (content.name,))
    elif isinstance(content, Path) and kind == "sqlite":
        with with_its_log(content, name) as (path, with_log):
            yield _Source("sqlite-with-log" if with_log else kind, path.parent, path.name)
    elif kind:
        with _on_disk(content) as path:
            yield _Source(kind, path.parent, path.name)
    else:
        rule = Message("must be a SQLite, DuckDB or Parquet file, or a folder of Parquet files")
        raise InputError(name, rule, fix="Choose another file.")


@contextmanager
def _on_disk(content: Path | bytes) -> Iterator[Path]:
    """The path of a database; bytes are written into a private folder, in memory where it fits, for this block."""
    if isinstance(content, Path):
        yield content
        return
    if unread_log(content[:20]):  # there is no log file beside it
        content = content[:18] + b"\1\1" + content[20:]
    in_memory = _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).free > 2 * len(content)
    with tempfile.TemporaryDirectory(prefix="database-", dir=_SHARED_MEMORY if in_memory else None) as folder:
        path = Path(folder, "database")
        path.write_bytes(content)
        yield path
