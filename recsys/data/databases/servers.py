"""Database servers through SQLAlchemy: read in batches inside a transaction that is read-only and rolled back.

No message of this module holds any part of a connection string: what a database or driver says is shown without the
user, password, host and database of its URL, and not at all where connecting fails. Errors are raised without a cause,
so that no traceback in a log holds one either.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from recsys.data.databases.queries import MAX_ROWS, QueryResult, check_limit, check_query, joined
from recsys.data.databases.reading_process import BATCH_ROWS, table_of
from recsys.errors import InputError, MissingExtraError, StudioError
from recsys.wording import Message

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL, Inspector

for _name in ("sqlalchemy", "psycopg"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # what they log names hosts and users
SECONDS = 300  # of one query, where the database has a limit of time
CONNECT_SECONDS = 10
MAX_TABLES = 200
INSTALL = Message("Install it: pip install -r requirements-sql.txt")
_FAILURES = (ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)
_CATALOGUE_SCHEMAS = {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys"}
_BEFORE = {
    "postgresql": f"SET LOCAL statement_timeout = {SECONDS * 1000}",
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""Dialect -> the statement that begins its transaction."""


@dataclass(frozen=True)
class ServerTable:
    """A table or view of a server, with its columns and a query for all of its rows."""

    name: str
    columns: tuple[str, ...]
    sql: str


def open_server(url: str) -> Engine:
    """An engine for a database URL such as `postgresql://user:password@host/database`, with a connection for each use.

    Raises:
        InputError: no such URL.
        MissingExtraError: SQLAlchemy or the driver is not installed.
    """
    try:
        import sqlalchemy
    except ImportError:
        raise MissingExtraError("reading from a database", "needs the package SQLAlchemy", fix=INSTALL) from None
    try:
        parsed = sqlalchemy.make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        arguments = connect_arguments(parsed.drivername)
        return sqlalchemy.create_engine(parsed, connect_args=arguments, poolclass=sqlalchemy.NullPool)
    except ModuleNotFoundError as error:
        raise missing_package(error, Message("reading from this database")) from None
    except failures():
        fix = Message("Write it as postgresql://user:password@host/database.")
        raise InputError("the database URL", "must be one that SQLAlchemy knows", fix=fix) from None


def connect_arguments(drivername: str) -> dict[str, Any]:
    """What the driver is given, so that a server that does not answer is given up after `CONNECT_SECONDS`."""
    known = drivername.startswith(("postgresql+psycopg", "mysql", "mariadb"))
    return {"connect_timeout": CONNECT_SECONDS} if known else {}


def failures() -> tuple[type[Exception], ...]:
    """What SQLAlchemy and drivers raise: its own errors, and others for what is no URL or no option of a driver."""
    try:
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        return _FAILURES
    return (SQLAlchemyError, *_FAILURES)


def missing_package(error: ImportError, subject: str) -> MissingExtraError:
    """The error that says what to install. Only the name of a module is taken from the message of the given one."""
    named = re.search(r"No module named '([\w.]+)'", str(error))
    package = error.name or (named[1] if named else Message("for this kind of database"))
    return MissingExtraError(subject, Message("needs the package {package}", package=package), fix=INSTALL)


def server_tables(engine: Engine) -> list[ServerTable]:
    """The tables and views of all schemas that the user may use, at most `MAX_TABLES`; not those of the catalogue.

    Those of the default schema come first and are named without it.

    Raises:
        StudioError: the server can't be reached, or refuses.
    """
    import sqlalchemy
    from sqlalchemy.engine.reflection import ObjectKind

    quote = engine.dialect.identifier_preparer.quote
    with _read_only(engine, Message("the list of tables")) as connection:
        inspector = sqlalchemy.inspect(connection)
        default = inspector.default_schema_name
        found: list[ServerTable] = []
        for schema in _schemas(connection, inspector):
            columns = inspector.get_multi_columns(schema=schema, kind=ObjectKind.ANY)
            for _, name in sorted(columns, key=lambda key: key[1]):
                names = [name] if schema == default else [schema, name]
                path = ".".join(quote(part) for part in names)
                told = tuple(str(column["name"]) for column in columns[schema, name])
                found.append(ServerTable(".".join(names), told, f"SELECT * FROM {path}"))
            if len(found) >= MAX_TABLES:
                break
    return found[:MAX_TABLES]


def _schemas(connection: Connection, inspector: Inspector) -> list[str]:
    """The default schema, then the others, without those of the database itself."""
    default = inspector.default_schema_name
    names = {name for name in inspector.get_schema_names() if name.lower() not in _CATALOGUE_SCHEMAS}
    if connection.dialect.name == "postgresql":
        usable = "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'USAGE')"
        names &= set(connection.exec_driver_sql(usable).scalars())
    return [*([default] if default else []), *sorted(names - {default})]


def query_server(engine: Engine, sql: str, rows: int = MAX_ROWS) -> QueryResult:
    """The answer of a server to one query, read in batches of 50,000 rows.

    Args:
        sql: one SELECT statement.
        rows: at most so many are read.

    Raises:
        StudioError: no query, the server can't be reached, or it refuses the query.
    """
    text, left = check_query(sql), check_limit(rows)
    batches: list[pa.Table] = []
    with _read_only(engine, Message("the query")) as connection:
        # no_parameters: a percent sign in the query is then no placeholder
        streamed = connection.execution_options(stream_results=True, no_parameters=True)
        result = streamed.exec_driver_sql(text)
        names = list(result.keys())
        while True:
            batch = result.fetchmany(min(BATCH_ROWS, left + 1))
            batches.append(table_of(names, batch[:left]))
            if len(batch) > left or not batch:
                break
            left -= len(batch)
        result.close()
    return QueryResult(joined(batches), len(batch) <= left)


@contextmanager
def _read_only(engine: Engine, subject: str) -> Iterator[Connection]:
    """A connection in a transaction that can't write, where the database has such, and that is rolled back."""
    try:
        connection = engine.connect()
    except ModuleNotFoundError as error:
        raise missing_package(error, Message("reading from this database")) from None
    except failures():
        fix = Message("Check its address, user and password, and that the server runs.")
        raise StudioError("the database", "must accept the connection", fix=fix) from None
    try:
        dialect = engine.dialect.name
        if dialect == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)
        if dialect in _BEFORE:
            connection.exec_driver_sql(_BEFORE[dialect])
        yield connection
    except StudioError:
        raise
    except failures() as error:
        told = _without_address(_first_line(error), engine.url)
        raise InputError(subject, "must be one that this database answers", told, "Correct it.") from None
    finally:
        try:
            connection.rollback()
            connection.close()
        except failures():
            pass  # the server ended the connection


def _first_line(error: BaseException) -> str:
    """What the database said, in one line; SQLAlchemy's own text repeats the query and links."""
    original = getattr(error, "orig", None) or error
    told = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
    return next(iter(told.strip().splitlines()), type(original).__name__)


def _without_address(text: str, url: URL) -> str:
    """A text without any part of a database URL: user, password, host, port, database and options."""
    options = [part for value in url.query.values() for part in ((value,) if isinstance(value, str) else value)]
    parts = [url.username, url.password, url.host, url.port and str(url.port), url.database, *options]
    for part in sorted((str(part) for part in parts if part), key=len, reverse=True):
        text = re.sub(re.escape(part), "…", text, flags=re.IGNORECASE)
    return text
