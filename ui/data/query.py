"""A query to a database: its tables, a preview of the answer, and the answer as the open data."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from recsys.data.databases.queries import MAX_LENGTH, MAX_ROWS, PREVIEW_ROWS, QueryResult
from recsys.errors import StudioError
from recsys.wording import Message, tr
from recsys.workspace.names import QUERY
from ui.data.databases import Database, DatabaseFile, databases
from ui.data.reading import RawData, failure_in, read, set_failure
from ui.shell.frame import PageContext, show_error

SQL, TABLES, ANY = "data_sql", "data_sql_tables", Message("(choose a table)")


def query_panel(page: PageContext) -> None:
    """The tables of a database and a form for a query. Nothing where there is no database to query."""
    found = databases()
    if not found:
        return
    failed = failure_in(page, "query") or failure_in(page, "choose")
    file_failed = failed is not None and any(isinstance(one, DatabaseFile) for one in found.values())
    with st.expander(tr("Query a database"), expanded=file_failed, key=f"data_query_{file_failed}"):
        database = found[str(st.selectbox(tr("Database"), list(found), key="data_sql_database"))]
        _tables(page, database)
        _form(page, database)
        if problem := failure_in(page, "query"):
            show_error(problem)


def _tables(page: PageContext, database: Database) -> None:
    """The tables with their columns, once they are asked for; choosing one writes the query for all of its rows."""
    if st.button(tr("List tables"), key="data_sql_list"):
        set_failure(page, None, "query")
        try:
            with st.spinner(tr("Listing tables …")):
                tables = [(table.name[:200], table.columns[:30], table.sql) for table in database.tables()]
        except StudioError as error:
            set_failure(page, error, "query")
            return
        st.session_state[TABLES] = database.name, tables
    listed_name, listed = st.session_state.get(TABLES, ("", []))
    if listed_name != database.name:
        return
    st.dataframe(
        {
            tr("table"): [name for name, _, _ in listed],
            tr("columns"): [", ".join(columns) for _, columns, _ in listed],
        },
        hide_index=True,
        height="content" if len(listed) < 8 else 250,
        key="data_sql_shown",
    )
    queries = {name: sql for name, _, sql in listed}

    def write_query() -> None:
        chosen = st.session_state["data_sql_table"]
        if chosen in queries:
            st.session_state[SQL] = queries[chosen]

    any_table = tr(ANY)
    st.selectbox(
        tr("All rows of"),
        [ANY, *queries],
        format_func=lambda name: any_table if name == ANY else name,
        key="data_sql_table",
        on_change=write_query,
    )


def _form(page: PageContext, database: Database) -> None:
    with st.form("data_sql_form", border=False):
        sql = st.text_area(
            tr("Query (one SELECT statement)"),
            key=SQL,
            max_chars=MAX_LENGTH,
            placeholder="SELECT customer_id, product_id, ordered_at FROM orders",
            help=tr("The database is only read. Name the columns of user, item and time; more columns do no harm."),
        )
        left, *buttons = st.columns([2, 1, 1], vertical_alignment="bottom")
        rows = left.number_input(tr("Row limit"), 1, 10 * MAX_ROWS, MAX_ROWS, key="data_sql_rows")
        previewed = buttons[0].form_submit_button(tr("Preview"), width="stretch")
        loaded = buttons[1].form_submit_button(tr("Load the result"), width="stretch")
    if not (previewed or loaded):
        return
    set_failure(page, None, "query")
    try:
        with st.spinner(tr("Reading …"), show_time=True):
            result = database.query(sql, int(rows) if loaded else PREVIEW_ROWS)
    except StudioError as error:
        set_failure(page, error, "query")
        return
    if previewed:
        _preview(result)
    else:
        name = Message(QUERY, database=database.name)
        raw = RawData(((f"{name}.parquet", result.parquet()),), name, warnings=result.warnings())
        read(page, replace(raw, pseudonyms=bool(st.session_state.get("data_pseudonyms"))), part="query")


def _preview(result: QueryResult) -> None:
    shown, columns = result.data.num_rows, len(result.data.column_names)
    st.caption(
        tr(
            "{n:,} rows, {columns:,} columns." if result.complete else "{n:,} rows, of more, {columns:,} columns.",
            n=shown,
            columns=columns,
        )
    )
    st.dataframe(result.data.slice(0, PREVIEW_ROWS).to_pandas(), hide_index=True, key="data_sql_preview")
