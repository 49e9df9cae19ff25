"""The answer to a query as a dataset in one call: of a database file, or of a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.data.databases.files import query_file
from recsys.data.databases.queries import MAX_ROWS
from recsys.data.databases.servers import open_server, query_server, server_tables
from recsys.data.loading import Loaded, load
from recsys.errors import InputError
from recsys.wording import Message

VARIABLE = "DATABASE_URL"


def load_query(
    sql: str | None,
    file: Path | None = None,
    url: str | None = None,
    *,
    rows: int = MAX_ROWS,
    environment: Mapping[str, str] = os.environ,
    **options: Any,
) -> Loaded:
    """Reads the answer to a query, cleans it and builds the dataset.

    Args:
        sql: one SELECT statement.
        file: a SQLite or DuckDB file; or a Parquet file or a folder of such, which are one table, `data`.
        url: of a server, without a file; by default the value of DATABASE_URL.
        rows: at most so many are read; the report says so when there are more.
        options: see `recsys.data.load`.

    Raises:
        InputError: no query, neither file nor server, or both; what `load` and the query raise.
    """
    if file is not None and url is not None:
        raise InputError("the query", "must be for a file or a server", Message("both"), "Leave out FILE or --url.")
    if file is not None:
        result, name = query_file(file, file.name, sql or "", rows), file.stem
    else:
        url = url or environment.get(VARIABLE)
        if not url:
            fix = Message("Name a file, a server with --url, or set {variable}.", variable=VARIABLE)
            raise InputError("the data", "must be a file or a database", fix=fix)
        engine = open_server(url)
        if sql is None:
            tables = ", ".join(f"{table.name} ({', '.join(table.columns)})" for table in server_tables(engine))
            raise InputError(
                "reading from a server",
                "needs a query",
                fix=Message("Give --sql. The tables are: {tables}.", tables=tables),
            )
        result, name = query_server(engine, sql, rows), "query"
    return load(result.parquet(), name=name, warnings=result.warnings(), **options)
