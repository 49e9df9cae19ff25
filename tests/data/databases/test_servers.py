"""Reading from database servers: a real PostgreSQL that the test starts, and SQLite through SQLAlchemy."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from recsys.data import load
from recsys.data.databases import servers
from recsys.data.databases.servers import open_server, query_server, server_tables
from recsys.errors import InputError, MissingExtraError, StudioError
from tests.data.databases.postgres import DATABASE, PASSWORD, USER, postgres_server

SECRETS = (USER, PASSWORD, DATABASE, "127.0.0.1")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        _fill(url)
        yield url


def _fill(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE orders "
            "(customer_id uuid, product_id bigint, ordered_at timestamptz, price numeric(10,2), tags text[])"
        )
        connection.execute(
            "INSERT INTO orders SELECT md5((n % 50)::text)::uuid, n::bigint * n % 37, timestamptz '2024-01-01Z' "
            "+ n * interval '1 hour', n % 9 + 0.5, ARRAY['a', 'b'] FROM generate_series(1, 120000) AS n"
        )
        connection.execute("CREATE TABLE products (product_id bigint PRIMARY KEY, title text)")
        connection.execute("INSERT INTO products SELECT n, 'Product ' || n || ' 100%' FROM generate_series(0, 36) AS n")


def test_the_tables_of_a_server_are_listed_with_their_columns(server: str) -> None:
    tables = {table.name: table for table in server_tables(open_server(server))}
    assert tables["products"].columns == ("product_id", "title")
    assert tables["orders"].columns[:3] == ("customer_id", "product_id", "ordered_at")
    assert query_server(open_server(server), tables["products"].sql).data.num_rows == 37


def test_tables_of_all_schemas_are_listed_that_the_user_may_read(server: str) -> None:
    import psycopg

    statements = (
        'CREATE SCHEMA "Sales 2024"',
        'CREATE TABLE "Sales 2024"."order.lines" (customer text, product text)',
        """INSERT INTO "Sales 2024"."order.lines" VALUES ('c', 'p')""",
        'CREATE MATERIALIZED VIEW "Sales 2024".totals AS SELECT customer, product FROM "Sales 2024"."order.lines"',
        "CREATE SCHEMA payroll",
        "CREATE TABLE payroll.salaries (person text, amount int)",
        f"CREATE ROLE reader_7f3 LOGIN PASSWORD '{PASSWORD}'",
        'GRANT USAGE ON SCHEMA "Sales 2024" TO reader_7f3',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "Sales 2024" TO reader_7f3',
    )
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    try:
        listed = [table.name for table in server_tables(open_server(server))]
        others = ["Sales 2024.order.lines", "Sales 2024.totals", "payroll.salaries"]
        assert listed == ["orders", "products", *others]
        reader = open_server(server.replace(USER, "reader_7f3"))
        tables = {table.name: table for table in server_tables(reader)}
        assert [name for name in tables if "." in name] == others[:2]
        for name in others[:2]:
            assert tables[name].columns == ("customer", "product")
            assert query_server(reader, tables[name].sql).data.to_pylist() == [{"customer": "c", "product": "p"}]
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute('DROP SCHEMA "Sales 2024", payroll CASCADE')
            connection.execute("DROP ROLE reader_7f3")


def test_a_query_is_read_in_batches_and_becomes_a_dataset(server: str) -> None:
    result = query_server(open_server(server), "SELECT customer_id, product_id, ordered_at, price, tags FROM orders;")
    assert result.complete and result.data.num_rows == 120_000
    assert result.data.schema.types[:4] == [pa.string(), pa.int64(), pa.timestamp("us", "UTC"), pa.float64()]
    loaded = load(result.parquet(), name="orders")
    assert (loaded.dataset.n_users, loaded.dataset.n_items) == (50, len({n * n % 37 for n in range(37)}))
    assert loaded.dataset.timestamps is not None and loaded.dataset.timestamps.min() == 1704067200 + 3600


def test_a_row_limit_is_kept_and_told(server: str) -> None:
    engine = open_server(server)
    result = query_server(engine, "SELECT * FROM orders", rows=60_000)
    assert result.data.num_rows == 60_000 and not result.complete
    assert "first 60,000 rows" in result.warnings()[0]
    whole = query_server(engine, "SELECT * FROM products WHERE title LIKE '%100%'", rows=37)
    assert whole.data.num_rows == 37 and whole.complete and whole.warnings() == ()


@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (DELETE FROM products RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copied FROM products",
        "SELECT setval(pg_get_serial_sequence('products', 'product_id'), 1), nextval('other')",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT * FROM products FOR UPDATE",
    ],
)
def test_a_query_that_writes_is_refused_by_the_database(server: str, sql: str) -> None:
    engine = open_server(server)
    with pytest.raises(InputError, match="must be one that this database answers"):
        query_server(engine, sql)
    assert query_server(engine, "SELECT count(*) AS n FROM products").data["n"].to_pylist() == [37]
    assert {table.name for table in server_tables(engine)} == {"orders", "products"}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DROP TABLE products", "must begin with SELECT or WITH"),
        ("  -- SELECT\n/* SELECT */ COPY products TO PROGRAM 'id'", "must begin with SELECT or WITH"),
        ("SELECT 1; DROP TABLE products", "one statement"),
        ("SELECT 1; COMMIT; SELECT 2;", "one statement"),
        ("", "must not be empty"),
        ("SELECT '" + "x" * 30_000 + "'", "at most 20,000 characters"),
    ],
)
def test_what_is_no_single_query_is_not_sent(sql: str, rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        query_server(open_server("sqlite://"), sql)


def test_a_query_through_sqlite_can_not_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (user_id, item_id)")
        connection.executemany("INSERT INTO orders VALUES (?, ?)", [("u1", 1), ("u2", 2.5), (None, "x")])
    engine = open_server(f"sqlite:///{tmp_path / 'shop.db'}")
    assert query_server(engine, "SELECT * FROM orders").data["item_id"].to_pylist() == ["1", "2.5", "x"]
    monkeypatch.setattr(servers, "check_query", lambda sql: sql)
    with pytest.raises(InputError, match="readonly"):
        query_server(engine, "INSERT INTO orders VALUES ('u3', 3)")


# nothing of a connection string ---------------------------------------------------------------------------------------


def _wrong_password(url: str) -> None:
    query_server(open_server(url.replace(PASSWORD, f"{PASSWORD}-wrong")), "SELECT 1")


def _wrong_database(url: str) -> None:
    query_server(open_server(f"{url}_other"), "SELECT 1")


def _nobody_listens(url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server_tables(open_server(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"))


def _no_port(url: str) -> None:
    open_server(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{PASSWORD}/{DATABASE}")


def _no_url(url: str) -> None:
    open_server(f"{USER} {PASSWORD} 127.0.0.1 {DATABASE}")


def _unknown_dialect(url: str) -> None:
    open_server(url.replace("postgresql", "nosuchdatabase"))


def _missing_driver(url: str) -> None:
    open_server(url.replace("postgresql", "mssql+pymssql"))


def _unknown_option(url: str) -> None:
    query_server(open_server(f"{url}?no_such_option={PASSWORD}"), "SELECT 1")


def _query(sql: str) -> Callable[[str], None]:
    def query(url: str) -> None:
        query_server(open_server(url), sql)

    return query


FAILURES: dict[str, tuple[Callable[[str], None], type[StudioError], str]] = {
    "wrong password": (_wrong_password, StudioError, "must accept the connection"),
    "wrong database": (_wrong_database, StudioError, "must accept the connection"),
    "nobody listens": (_nobody_listens, StudioError, "must accept the connection"),
    "no port": (_no_port, InputError, "must be one that SQLAlchemy knows"),
    "no URL": (_no_url, InputError, "must be one that SQLAlchemy knows"),
    "unknown dialect": (_unknown_dialect, InputError, "must be one that SQLAlchemy knows"),
    "missing driver": (_missing_driver, MissingExtraError, "needs the package pymssql"),
    "unknown option": (_unknown_option, StudioError, "must accept the connection"),
    "the user in an answer": (_query("SELECT current_user::int"), InputError, "invalid input syntax"),
    "the database in an answer": (_query("SELECT current_database()::int"), InputError, "invalid input syntax"),
    "the password in an answer": (_query(f"SELECT '{PASSWORD}'::int"), InputError, "invalid input syntax"),
    "no such table": (
        _query(f"SELECT * FROM {DATABASE}.{USER}.missing"),
        InputError,
        "must be one that this database answers",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_error_shows_any_part_of_the_connection(
    server: str, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    fail, kind, rule = FAILURES[name]
    caplog.set_level(logging.DEBUG)
    with pytest.raises(kind, match=rule) as raised:
        fail(server)
    logged = "".join(traceback.format_exception(raised.value, chain=True))
    logged = "\n".join(line for line in logged.splitlines() if not line.startswith("    "))  # lines of this file
    shown = " ".join((logged, caplog.text, *capfd.readouterr()))
    assert not [part for part in SECRETS if part in shown]
