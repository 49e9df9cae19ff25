"""SQLite and DuckDB files: opened as they are, queried, and never trusted."""

from __future__ import annotations

import gzip
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from recsys.data import load
from recsys.data.databases import files, sqlite_logs
from recsys.data.databases.files import database_tables, query_file
from recsys.errors import InputError, MissingExtraError

EVENTS = [
    (f"u{n % 20}", n * n % 17, f"2024-03-{1 + n % 28:02d} {n // 60:02d}:{n % 60:02d}:00", n % 5 + 0.5)
    for n in range(600)
]
PRODUCTS = [(n, f"Product {n}", "toys|wood") for n in range(17)]
SCHEMA = "CREATE TABLE events (user_id VARCHAR, item_id INTEGER, created_at TIMESTAMP, rating DECIMAL(4,1))"


@pytest.fixture(scope="module", params=["sqlite", "duckdb"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / f"shop.{request.param}"
    connection = sqlite3.connect(path) if request.param == "sqlite" else duckdb.connect(str(path))
    connection.execute(SCHEMA)
    connection.execute("CREATE TABLE products (item_id INTEGER, title VARCHAR, tags VARCHAR)")
    connection.execute('CREATE TABLE "a ""quoted"" name" (note VARCHAR, x DOUBLE)')
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", EVENTS)
    connection.executemany("INSERT INTO products VALUES (?, ?, ?)", PRODUCTS)
    connection.execute("CREATE VIEW liked AS SELECT user_id, item_id FROM events WHERE rating > 2")
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("how", ["path", "bytes", "gzip"])
def test_a_database_opens_as_it_is_with_its_item_table(shop: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    data = shop.read_bytes()
    loaded = load(shop) if how == "path" else load(data if how == "bytes" else gzip.compress(data), name="shop")
    assert loaded.format == shop.suffix[1:]
    assert (loaded.report.rows_read, loaded.report.rows_kept) == (600, 600)
    assert dict(loaded.columns) == {
        "user_id": "user_id", "item_id": "item_id", "timestamp": "created_at", "rating": "rating",
    }  # fmt: skip
    assert loaded.dataset.catalogue.titles[1].startswith("Product ")
    assert loaded.dataset.catalogue.tags[1] == ("toys", "wood")
    assert {table.name.rpartition(" ")[2]: table.role for table in loaded.tables}["events"] == "interactions"
    assert {path.name for path in shop.parent.iterdir()} == {shop.name}


def test_tables_and_views_are_listed(shop: Path) -> None:
    tables = {table.name: table for table in database_tables(shop, shop.name, rows=100)}
    assert set(tables) == {"events", "products", "liked", 'a "quoted" name'}
    assert tables["events"].rows == 600 and tables["events"].first.num_rows == 100
    assert query_file(shop, shop.name, tables["liked"].sql).data.num_rows == sum(row[3] > 2 for row in EVENTS)


def test_a_query_is_answered_up_to_the_row_limit(shop: Path) -> None:
    result = query_file(shop, shop.name, "SELECT e.user_id, p.title FROM events e JOIN products p USING (item_id)", 7)
    assert result.data.num_rows == 7 and not result.complete and "first 7 rows" in result.warnings()[0]
    whole = query_file(shop.read_bytes(), shop.name, "SELECT * FROM products;", 17)
    assert whole.complete and load(whole.parquet(), name="x", columns={"user_id": "title"}).dataset.n_items == 17


def test_a_query_without_rows_keeps_its_columns(shop: Path) -> None:
    result = query_file(shop, shop.name, "SELECT user_id, item_id FROM events WHERE item_id < 0")
    assert result.data.column_names == ["user_id", "item_id"] and result.data.num_rows == 0


ATTACKS = (
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT readfile('{secret}')",
    "SELECT load_extension('{secret}')",
    "SELECT writefile('{secret}', 'x')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sqlite_scan('{secret}', 'x')",
    "SELECT * FROM 'https://example.org/x.parquet'",
    "WITH gone AS (SELECT 1) INSERT INTO products SELECT 1, 'x', 'y'",
    "WITH x AS (SELECT 1) DELETE FROM products",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM duckdb_databases",
    "SELECT * FROM duckdb_settings()",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_query_reaches_another_file_or_writes(shop: Path, attack: str, tmp_path: Path) -> None:
    secret, before = tmp_path / "secret.csv", shop.read_bytes()
    secret.write_text("user,item\nhidden-value,1\n")
    sql = attack.format(secret=secret, folder=tmp_path)
    try:
        answer = str(query_file(shop, shop.name, sql).data.to_pylist())
    except InputError as error:
        answer = str(error)
        assert "must be one that this database answers" in answer
    assert "hidden-value" not in answer and str(shop.parent) not in answer
    assert shop.read_bytes() == before and secret.read_text().startswith("user,item")


@pytest.mark.parametrize(
    "sql",
    ["ATTACH '{folder}/x' AS x", "PRAGMA query_only = OFF", "INSTALL httpfs", "COPY products TO '{folder}/x'",
     "SET lock_configuration = false", "SELECT 1; ATTACH '{folder}/x' AS x", "VACUUM INTO '{folder}/x'"],
)  # fmt: skip
def test_other_statements_are_refused(shop: Path, sql: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must begin with SELECT or WITH|must be one statement"):
        query_file(shop, shop.name, sql.format(folder=tmp_path))
    assert not list(tmp_path.iterdir())


STATEMENTS = (
    "ATTACH '{folder}/x' AS x", "COPY products TO '{folder}/x'", "CREATE TABLE x (y INTEGER)", "DROP TABLE products",
    "PRAGMA query_only = OFF", "SET memory_limit = '9GB'",
)  # fmt: skip


@pytest.mark.parametrize("sql", STATEMENTS)
def test_the_process_itself_refuses_them_too(
    shop: Path, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "check_query", lambda sql: sql)
    before = shop.read_bytes()
    with pytest.raises(InputError, match="must be one that this database answers"):
        query_file(shop, shop.name, sql.format(folder=tmp_path))
    assert not list(tmp_path.iterdir()) and shop.read_bytes() == before


def test_a_query_without_end_is_given_up(shop: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    started = time.monotonic()
    with pytest.raises(InputError, match=r"within 2 s|memory|limit"):
        query_file(shop, shop.name, endless, seconds=2)
    assert time.monotonic() - started < 60


def test_a_view_without_end_can_not_be_opened_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "endless.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE VIEW v AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
            "SELECT count(*) AS user_id, 1 AS item_id FROM n"
        )
    with pytest.raises(InputError, match="within 2 s"):
        database_tables(path, "endless.db", 10, seconds=2)


def test_virtual_tables_are_neither_listed_nor_read(tmp_path: Path) -> None:
    path = tmp_path / "search.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(user_id, item_id)")
        connection.execute("CREATE TABLE plain (user_id, item_id)")
        connection.execute("INSERT INTO plain VALUES ('u', x'00ff')")
    assert "words" not in {table.name for table in database_tables(path, path.name, 10)}
    with pytest.raises(InputError, match=r"prohibited|authorized|vtable constructor failed"):
        query_file(path, path.name, "SELECT * FROM words")
    assert query_file(path, path.name, "SELECT * FROM plain").data["item_id"].to_pylist() == ["00ff"]


@pytest.mark.parametrize("cut", [20, 200, 3000, 9000])
def test_a_damaged_database_is_one_sentence(shop: Path, cut: int) -> None:
    data = shop.read_bytes()
    for damaged in (data[:cut], data[:cut] + bytes(reversed(data[cut : cut + 4000])) + data[cut + 4000 :]):
        try:
            load(damaged, name="shop")
        except InputError as error:
            assert "Traceback" not in str(error) and "database-" not in str(error)


def in_wal_mode(path: Path) -> sqlite3.Connection:
    """An open database of 12 rows, all of them in the file."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE events (user_id, item_id)")
    connection.executemany("INSERT INTO events VALUES (?, ?)", [(f"u{n % 3}", n % 4) for n in range(12)])
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return connection


def test_a_file_in_wal_mode_opens(tmp_path: Path) -> None:
    path = tmp_path / "wal.db"
    in_wal_mode(path).close()
    loaded = load(path.read_bytes(), name="wal.db")
    assert loaded.dataset.n_users == load(path).dataset.n_users == 3
    assert "“-wal”" in " ".join(loaded.report.warnings)  # whether there was one is not known
    assert "“-wal”" in " ".join(query_file(path.read_bytes(), "wal.db", "SELECT * FROM events").warnings())


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Path]:
    """A database that an application has open: 12 rows are in the file, 6 in its log, both in a folder of their own."""
    path = tmp_path / "application" / "live.db"
    path.parent.mkdir()
    connection = in_wal_mode(path)
    connection.executemany("INSERT INTO events VALUES (?, ?)", [(f"late{n % 3}", n % 4) for n in range(6)])
    connection.commit()
    yield path
    connection.close()


def _state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_rows_that_are_still_in_the_log_are_read_and_nothing_is_written(live: Path, tmp_path: Path) -> None:
    before = _state(live.parent)
    link = tmp_path / "link.db"
    link.symlink_to(live)
    loaded = load(link)
    assert loaded.report.rows_read == 18 and "“-wal”" not in " ".join(loaded.report.warnings)
    assert _state(live.parent) == before


@pytest.mark.parametrize("change", ["checkpoint", "log begins anew", "closed"])
def test_a_database_that_is_changed_while_it_is_copied_is_copied_again(
    live: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, copied = sqlite_logs.shutil.copyfile, []

    def changing_copy(path: Path, to: Path) -> None:
        copied.append(path)
        copy(path, to)
        if len(copied) == 1:
            with closing(sqlite3.connect(live)) as other:
                other.execute(f"PRAGMA wal_checkpoint({'PASSIVE' if change == 'checkpoint' else 'RESTART'})")
                if change == "log begins anew":
                    other.execute("INSERT INTO events VALUES ('new', 1)")
                    other.commit()
            if change == "closed":
                Path(f"{live}-wal").unlink()

    monkeypatch.setattr(sqlite_logs.shutil, "copyfile", changing_copy)
    expected = 19 if change == "log begins anew" else 18
    with sqlite_logs.with_its_log(live, live.name) as (path, _), closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (expected,)
    assert len(copied) == 4


def test_a_database_that_can_not_be_copied_is_refused(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_logs, "_copied", lambda *paths: False)
        with pytest.raises(
            InputError, match=r"live.db must not be changed while it is copied. Save a copy with VACUUM"
        ):
            load(live)
    monkeypatch.setattr(sqlite_logs, "MAX_COPIED_BYTES", 4000)
    with pytest.raises(InputError, match="must be closed by its application, or have at most 0 MB to be copied"):
        load(live)


def test_a_half_written_change_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE events (user_id, item_id)")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO events VALUES (?, ?)", [("u" * 500, n) for n in range(500)])
        with pytest.raises(InputError, match=r"busy.db must not be in the middle of a change. Try again"):
            load(path)
        connection.execute("ROLLBACK")
    assert database_tables(path, path.name, 1)[0].first.num_rows == 0


def test_tables_of_all_schemas_of_duckdb_are_listed_whatever_their_names(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE SCHEMA "s 1"; CREATE TABLE gone (x INTEGER); CREATE VIEW broken AS FROM gone')
        names = ["duckdb_sales", "duckdb_settings", '"a.b"', '"s 1".pragma_x', '"s 1"."c.d"']
        for number, name in enumerate(names):
            connection.execute(f"CREATE TABLE {name} AS SELECT {number} AS user_id, 7 AS item_id")
        connection.execute("DROP TABLE gone; CREATE VIEW spy AS SELECT path, 1 AS x FROM duckdb_databases()")
    tables = {table.name: table.sql for table in database_tables(path, path.name, 1)}
    assert set(tables) == {"duckdb_sales", "duckdb_settings", "a.b", "s 1.pragma_x", "s 1.c.d"}
    both = f"{tables['duckdb_settings']} UNION ALL {tables['s 1.c.d']}"
    assert query_file(path, path.name, both).data["user_id"].to_pylist() == [1, 4]
    with pytest.raises(InputError, match="a query of the catalogue"):
        query_file(path, path.name, "SELECT * FROM spy")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A folder of Parquet files, partitioned, with a mark and a text beside them."""
    for day in (1, 2):
        part = tmp_path / "warehouse" / "events" / f"day=2024-03-0{day}" / "part-0.parquet"
        part.parent.mkdir(parents=True)
        rows = {
            "user_id": [f"u{n % 4}" for n in range(10)],
            "item_id": pa.array(range(10), pa.int16() if day else None),
        }
        parquet.write_table(pa.table(rows), part)
    (tmp_path / "warehouse" / "events" / "_SUCCESS").touch()
    (tmp_path / "warehouse" / "events" / "README.txt").write_text("hidden-value")
    return tmp_path / "warehouse" / "events"


def test_a_parquet_folder_is_queried_as_one_table(events: Path) -> None:
    sql = "SELECT user_id, item_id, day FROM data WHERE item_id > 4 ORDER BY ALL"
    result = query_file(events, events.name, sql)
    assert result.data.num_rows == 10 and result.complete
    assert {str(day)[:10] for day in result.data["day"].to_pylist()} == {"2024-03-01", "2024-03-02"}
    one = events / "day=2024-03-01" / "part-0.parquet"
    assert query_file(one, one.name, "SELECT * FROM data", rows=4).warnings()


def test_a_query_of_a_parquet_folder_opens_no_file_and_writes_none(
    events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "check_query", lambda sql: sql)
    before = sorted(events.parent.rglob("*"))
    for sql in ("SELECT * FROM read_text('README.txt')", "COPY data TO 'x.csv'"):
        with pytest.raises(InputError, match="got Permission Error: Cannot access file"):
            query_file(events, events.name, sql)
    assert sorted(events.parent.rglob("*")) == before


def test_a_folder_that_is_not_one_table_of_parquet_is_refused(events: Path, tmp_path: Path) -> None:
    def refused(rule: str) -> None:
        with pytest.raises(InputError, match=rule):
            query_file(events, events.name, "SELECT * FROM data")

    parquet.write_table(pa.table({"user_id": [1], "item_id": [1]}), events / "other.parquet")
    refused("events must have Parquet files with the same columns to be queried")  # numbers, and texts
    parquet.write_table(pa.table({"title": ["a"]}), events / "other.parquet")
    refused(r"same columns to be queried \(got other.parquet\). Name the folder of one table")
    (events / "other.parquet").write_bytes(b"PAR1 and no more")
    refused("other.parquet must be an undamaged Parquet file")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "events.csv").write_text("user,item\na,b\n")
    with pytest.raises(InputError, match="texts must have Parquet files to be queried"):
        query_file(tmp_path / "texts", "texts", "SELECT * FROM data")


def test_without_duckdb_it_says_what_to_install(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda name: None)
    if shop.suffix == ".duckdb":
        with pytest.raises(MissingExtraError, match=r"needs the package duckdb.*requirements-sql.txt"):
            load(shop)
    else:
        assert load(shop).dataset.n_users == 20
