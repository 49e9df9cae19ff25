"""Data: a database file that is opened and queried, and a configured server. Its address is never shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from recsys.data.storage import load_dataset
from recsys.workspace import Space, Workspace
from tests.pages.screen import everything_on, no_errors, open_tab
from tests.pages.test_data_page import ANN, data_page, drop, metrics, words

SECRETS = ("planted-password", "planted-user", "planted-host.invalid", "planted_database")
URL = "postgresql://planted-user:planted-password@planted-host.invalid:5432/planted_database"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    for name in ("STUDIO_SECRET", "STUDIO_LOCAL_FILES"):
        monkeypatch.delenv(name, raising=False)
    st.cache_resource.clear()
    return Workspace(tmp_path / "home").space(ANN)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (customer_id, product_id, ordered_at)")
        rows = [(f"c{n % 7}", f"p{n * n % 11}", f"2024-03-{1 + n % 28:02d} {n:02d}:00:00") for n in range(24)]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
        connection.execute("CREATE TABLE people (person, town)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", [("ann", "Ulm"), ("bob", "Bonn")])
    return path


def query(app: AppTest, sql: str, button: str, rows: int = 1000) -> AppTest:
    app.text_area(key="data_sql").set_value(sql)
    app.number_input(key="data_sql_rows").set_value(rows)
    return next(one for one in app.button if one.label == button).click().run()


@pytest.fixture
def configured(space: Space, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """The page on a server with a connection of this URL; connections do not look into `AppTest.secrets`."""

    def page(url: str) -> AppTest:
        named = {"connections": {"warehouse": {"url": url}, "files": {"type": "s3"}}}
        monkeypatch.setattr(secrets_singleton, "_secrets", named)
        return data_page()

    return page


def test_a_database_file_opens_as_it_is_and_is_queried(space: Space, shop: Path) -> None:
    app = drop(data_page(), ("shop.sqlite", shop.read_bytes()))
    assert metrics(app)["Users"] == "7" and metrics(app)["Rows kept"] == "24"
    columns = words(open_tab(app, "Columns"))
    assert "User: **customer\\_id**" in columns
    app.button(key="data_sql_list").click().run()
    no_errors(app)
    assert app.selectbox(key="data_sql_table").options == ["(choose a table)", "orders", "people"]
    app.selectbox(key="data_sql_table").select("orders").run()
    assert app.text_area(key="data_sql").value == 'SELECT * FROM "orders"'
    query(app, "SELECT * FROM orders WHERE customer_id <> 'c0'", "Preview")
    no_errors(app)
    assert "20 rows, 3 columns" in words(app) and metrics(app)["Users"] == "7"
    query(app, "SELECT * FROM orders WHERE customer_id <> 'c0'", "Load the result", rows=15)
    no_errors(app)
    assert metrics(app)["Users"] == "6" and metrics(app)["Rows kept"] == "15"
    assert "Only the first 15 rows of the query were read" in words(app).replace("\\", "")
    saved = load_dataset(space.path(space.entries("dataset")[0].id))
    assert saved.cleaning is not None and "15 rows" in " ".join(saved.cleaning.warnings)


def test_a_query_that_fails_is_one_sentence_and_the_data_stay(space: Space, shop: Path) -> None:
    app = drop(data_page(), ("shop.sqlite", shop.read_bytes()))
    for sql, rule in (
        ("DROP TABLE orders", "must begin with SELECT or WITH"),
        ("SELECT * FROM missing", "no such table"),
        ("SELECT person, town FROM people WHERE person = 'nobody'", "must have rows"),
    ):
        query(app, sql, "Load the result")
        no_errors(app, rule)
        assert metrics(app)["Rows kept"] == "24"


def test_a_database_in_which_no_table_fits_can_still_be_queried(space: Space, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "wide.db") as connection:
        connection.execute("CREATE TABLE notes (a REAL, b REAL)")
        connection.executemany("INSERT INTO notes VALUES (?, ?)", [(n + 0.5, n * n + 0.25) for n in range(30)])
    app = drop(data_page(), ("wide.db", (tmp_path / "wide.db").read_bytes()), refused="must have a column for")
    query(
        app, "SELECT CAST(a AS INTEGER) % 5 AS user_id, CAST(b AS INTEGER) % 7 AS item_id FROM notes", "Load the result"
    )
    no_errors(app)
    assert metrics(app)["Users"] == "5"


def test_without_a_database_nothing_is_offered(space: Space) -> None:
    app = data_page()
    assert not [one for one in app.button if one.key == "data_sql_list"]


def test_a_configured_server_is_queried(space: Space, configured: Callable[[str], AppTest], shop: Path) -> None:
    app = configured(f"sqlite:///{shop}")
    assert app.selectbox(key="data_sql_database").options == ["warehouse"]
    app.button(key="data_sql_list").click().run()
    no_errors(app)
    query(app, "SELECT * FROM orders", "Load the result")
    no_errors(app)
    assert metrics(app)["Rows kept"] == "24"
    assert space.entries("dataset")[0].name == "warehouse (query)"
    assert str(shop) not in everything_on(app)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (URL, "must accept the connection"),
        (URL.replace("5432", "planted-password"), "must be one that can be opened"),
        (URL.replace("postgresql", "planted-user"), "must be one that can be opened"),
        (URL.replace("postgresql", "mssql+pymssql"), "needs the package pymssql"),
        (f"{URL}?planted-user=planted-password", "must accept the connection"),
    ],
)
def test_nothing_of_a_connection_is_shown_or_logged(
    configured: Callable[[str], AppTest],
    url: str,
    rule: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    app = configured(url)
    app.button(key="data_sql_list").click().run()
    no_errors(app, rule)
    shown = everything_on(app)
    query(app, "SELECT 1", "Preview")
    no_errors(app, rule)
    shown = " ".join((shown, everything_on(app), caplog.text, *capfd.readouterr()))
    assert not [secret for secret in SECRETS if secret in shown]
