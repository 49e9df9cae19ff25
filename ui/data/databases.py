"""The databases that can be queried on Data: the database file that was uploaded, and servers that are configured.

The operator configures a server as Streamlit's connection, in `.streamlit/secrets.toml`:

    [connections.warehouse]
    url = "postgresql://reader:password@host/database"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import streamlit as st
from streamlit.errors import StreamlitAPIException

from recsys.data.databases.files import database_kind, database_tables, query_file
from recsys.data.databases.queries import QueryResult
from recsys.data.databases.servers import (
    ServerTable,
    connect_arguments,
    failures,
    missing_package,
    query_server,
    server_tables,
)
from recsys.errors import StudioError
from recsys.wording import Message
from ui.data.uploads import uploads

if TYPE_CHECKING:
    from sqlalchemy import Engine

Content = Path | bytes
FILE = "data_database"  # in the session: the key of the uploaded database file


class Database(Protocol):
    """What can be queried."""

    @property
    def name(self) -> str: ...

    def tables(self) -> list[ServerTable]:
        """Its tables. Raises StudioError."""
        ...

    def query(self, sql: str, rows: int) -> QueryResult:
        """The answer to one SELECT statement. Raises StudioError."""
        ...


@dataclass(frozen=True)
class DatabaseFile:
    """A SQLite or DuckDB file, in memory or in the allowed folder."""

    name: str
    content: Content

    def tables(self) -> list[ServerTable]:
        found = database_tables(self.content, self.name, rows=1)
        return [ServerTable(table.name, tuple(table.first.column_names), table.sql) for table in found]

    def query(self, sql: str, rows: int) -> QueryResult:
        return query_file(self.content, self.name, sql, rows)


@dataclass(frozen=True)
class Connection:
    """A configured server."""

    name: str

    def tables(self) -> list[ServerTable]:
        return server_tables(_engine(self.name))

    def query(self, sql: str, rows: int) -> QueryResult:
        return query_server(_engine(self.name), sql, rows)


def remember_file(name: str, content: Content) -> None:
    """Keeps a given file for queries, if it is a database; forgets the one before."""
    uploads().remove(st.session_state.pop(FILE, ""))
    if isinstance(content, bytes):
        start = content[:16]
    elif content.is_dir():
        start = b""
    else:
        with content.open("rb") as stream:
            start = stream.read(16)
    if database_kind(start):
        size = len(content) if isinstance(content, bytes) else 0
        st.session_state[FILE] = uploads().add(DatabaseFile(name, content), size)


def databases() -> dict[str, Database]:
    """What can be queried, by its name: the uploaded database file, then the configured servers."""
    file: DatabaseFile | None = uploads().get(st.session_state.get(FILE, ""))
    found: dict[str, Database] = {} if file is None else {file.name: file}
    return found | {name: Connection(name) for name in _connections() if name not in found}


def _connections() -> list[str]:
    """The names of the SQL connections in secrets.toml."""
    if not st.secrets.load_if_toml_exists():
        return []
    named = st.secrets.get("connections", {})
    if not isinstance(named, Mapping):
        return []
    sql = ("url", "dialect")
    return [str(name) for name, one in named.items() if isinstance(one, Mapping) and any(key in one for key in sql)]


def _engine(name: str) -> Engine:
    """The engine of a configured server. Raises StudioError without a word of its configuration."""
    secret = st.secrets["connections"][name]
    kind = str(secret.get("url") or f"{secret.get('dialect', '')}+{secret.get('driver', '')}")
    arguments = connect_arguments(kind.replace("postgresql:", "postgresql+psycopg:"))
    try:
        return st.connection(name, type="sql", connect_args=arguments).engine
    except ModuleNotFoundError as error:
        raise missing_package(error, Message("reading from {name}", name=name)) from None
    except StreamlitAPIException:
        raise _wrong_configuration(name) from None
    except failures():
        raise _wrong_configuration(name) from None


def _wrong_configuration(name: str) -> StudioError:
    fix = Message("Its configuration is wrong: tell the operator of this server.")
    return StudioError(Message("the database {name}", name=name), "must be one that can be opened", fix=fix)
