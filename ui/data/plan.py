"""How the open data is read: which table and column has which role, and which rows are dropped. All can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import streamlit as st

from recsys.data.cleaning import REASONS, CleaningPlan, RepeatedPairs
from recsys.errors import StudioError
from recsys.wording import Message, tr
from ui.data.reading import DETECTED, OpenData, ReadingOptions, failure_in, reread, undo
from ui.shell.frame import PageContext, show_error
from ui.shell.widgets import escape_markdown

ROLES = {
    "user_id": Message("User"),
    "item_id": Message("Item"),
    "timestamp": Message("Time"),
    "rating": Message("Rating"),
    "scenario": Message("Scenario"),
    "title": Message("Title"),
}
TABLES = {"interactions": Message("Interactions"), "items": Message("Item table"), "users": Message("User table")}
NONE, CHANGED = Message("(none)"), "data_changed"
_USED_AS = {
    "interactions": Message("interactions"),
    "items": Message("items"),
    "users": Message("users"),
    "orders": Message("orders"),
    "": Message("not used"),
}
REPEATED_PAIRS = {
    "keep": Message("keep all rows"),
    "first": Message("keep only the first row"),
    "last": Message("keep only the last row"),
}


def show_columns(page: PageContext, data: OpenData) -> None:
    """The role of each table and column with the reason, and a preview. A change reads the file again."""
    changed = st.session_state.pop(CHANGED, "")
    tables = _table_pickers(data) if len(data.loaded.tables) > 1 else None
    columns = _column_pickers(data)
    if problem := failure_in(page, "columns"):
        show_error(problem)
    st.dataframe(data.loaded.preview, hide_index=True, height=250)
    if changed == "tables" and tables is not None:
        reread(page, data, ReadingOptions(None, tables, data.options.plan), "columns")
    elif changed == "columns":
        reread(page, data, ReadingOptions(columns, data.options.tables, data.options.plan), "columns")
    if changed:
        st.rerun()  # the reading failed: shows the reason


def _column_pickers(data: OpenData) -> dict[str, str | None]:
    """One picker per role. Returns role -> column, None for no column."""
    roles, reasons = data.loaded.columns, data.loaded.column_reasons
    st.caption(
        " · ".join(
            tr(
                "{label}: **{column}**, because {reason}",
                label=label,
                column=escape_markdown(roles[role]),
                reason=escape_markdown(tr(reasons[role] or Message("you chose it"))),
            )
            for role, label in ROLES.items()
            if role in roles
        )
    )
    label_of = _option_labels()
    chosen: dict[str, str | None] = {}
    for place, (role, label) in zip(st.columns(len(ROLES)), ROLES.items(), strict=True):
        options = [*([] if role in ("user_id", "item_id") else [NONE]), *data.loaded.all_columns]
        current = roles.get(role, NONE)
        picked = place.selectbox(
            tr(label),
            options,
            format_func=label_of,
            index=options.index(current) if current in options else 0,
            key=f"data_column_{role}_{data.entry_id}",
            on_change=_set_changed,
            args=("columns",),
        )
        chosen[role] = None if picked == NONE else picked
    return chosen


def _option_labels() -> Callable[[str], str]:
    """The label of an option: that of `NONE` in the language of the reader, a column's or table's name as it is."""
    none = tr(NONE)
    return lambda option: none if option == NONE else option


def _table_pickers(data: OpenData) -> dict[str, str]:
    """Every table of the archive with its role, and one picker per role. Returns role -> name, "" for none."""
    tables = data.loaded.tables
    st.dataframe(
        {
            tr("file"): [table.name for table in tables],
            tr("used as"): [tr(_USED_AS[table.role]) for table in tables],
            tr("because"): [tr(table.reason) for table in tables],
            tr("columns"): [", ".join(table.columns[:8]) for table in tables],
        },
        hide_index=True,
        key="data_tables",
    )
    names = [table.name for table in tables]
    current = {table.role: table.name for table in tables if table.role}
    label_of = _option_labels()
    chosen = {}
    for place, (role, label) in zip(st.columns(len(TABLES)), TABLES.items(), strict=True):
        options = names if role == "interactions" else [NONE, *names]
        picked = place.selectbox(
            tr(label),
            options,
            format_func=label_of,
            index=options.index(current.get(role, NONE)),
            key=f"data_table_{role}_{data.entry_id}",
            on_change=_set_changed,
            args=("tables",),
        )
        chosen[role] = "" if picked == NONE else str(picked)
    return chosen


def _set_changed(what: str) -> None:
    st.session_state[CHANGED] = what


def show_cleaning(page: PageContext, data: OpenData) -> None:
    """The rules of the plan, each with the rows that it drops. Undo goes one step back, Reset to the detected plan."""
    left, right = st.columns([5, 4], gap="large")
    with left:
        plan = _plan_form(data)
        if problem := failure_in(page, "cleaning"):
            show_error(problem)
    with right:
        _dropped_by_rule(data)
        with st.container(horizontal=True):
            undo_pressed = st.button(
                tr("Undo the last change"), key="data_undo", disabled=not data.history, icon=":material/undo:"
            )
            reset_pressed = st.button(tr("Reset"), key="data_reset", disabled=data.options == DETECTED)
    if undo_pressed:
        undo(page, data)
    elif reset_pressed:
        reread(page, data, DETECTED, "cleaning")
    elif plan is not None and plan != data.loaded.plan:
        reread(page, data, replace(data.options, plan=plan), "cleaning")
    else:
        return
    st.rerun()  # the reading failed: shows the reason


def _plan_form(data: OpenData) -> CleaningPlan | None:
    """The rules as a form. Returns the plan once “Apply” is pressed, else None."""
    plan, dropped = data.loaded.plan, data.loaded.report.dropped

    def label(rule: str, reason: str) -> str:
        return tr("{rule} · drops {n:,}", rule=rule, n=dropped[reason]) if dropped.get(reason) else rule

    with st.form(f"data_plan_{data.entry_id}", border=False):
        one, two = st.columns(2)
        values = {
            "drop_duplicates": one.toggle(label(tr("Exact duplicates"), "duplicate"), plan.drop_duplicates),
            "drop_cancelled": one.toggle(label(tr("Cancellations, returns"), "cancelled"), plan.drop_cancelled),
            "drop_impossible_times": two.toggle(
                label(tr("Times before 1970, after 2100"), "impossible_time"), plan.drop_impossible_times
            ),
            "drop_future_times": two.toggle(label(tr("Times in the future"), "future_time"), plan.drop_future_times),
        }
        repeated_pairs = one.selectbox(
            label(tr("Repeated user and item"), "repeated_pair"),
            list(REPEATED_PAIRS),
            index=list(REPEATED_PAIRS).index(plan.repeated_pairs),
            format_func={name: tr(text) for name, text in REPEATED_PAIRS.items()}.__getitem__,
        )
        min_rating = two.number_input(
            label(tr("Minimum rating of a like"), "low_rating"),
            value=plan.min_rating,
            placeholder=tr("no minimum" if data.loaded.dataset.ratings is not None else "the data has no ratings"),
            help=tr("Explicit ratings become likes: rows with lower ratings are dropped. Leave it empty to keep all."),
        )
        max_user = one.number_input(
            label(tr("Maximum per user (likely bots above)"), "bot"),
            min_value=1,
            value=plan.max_user_interactions,
            placeholder=tr("no maximum"),
            help=tr("Users with more interactions are dropped. The history lengths under Shape show the longest."),
        )
        min_user = two.number_input(
            label(tr("Minimum interactions per user"), "too_short"),
            min_value=1,
            value=plan.min_user_interactions,
            help=tr("Applied together with the minimum per item until both hold (a k-core)."),
        )
        min_item = one.number_input(
            label(tr("Minimum interactions per item"), "rare_item"), 1, value=plan.min_item_interactions
        )
        if not st.form_submit_button(tr("Apply")):
            return None
    try:
        return replace(
            plan,
            **values,
            repeated_pairs=cast(RepeatedPairs, repeated_pairs),
            min_rating=min_rating,
            max_user_interactions=max_user,
            min_user_interactions=int(min_user),
            min_item_interactions=int(min_item),
        )
    except StudioError as error:
        show_error(error)
        return None


def _dropped_by_rule(data: OpenData) -> None:
    """The rows before and after each rule that drops any."""
    report = data.loaded.report
    left, rows = report.rows_read, []
    for reason, count in ((reason, report.dropped.get(reason, 0)) for reason in REASONS):
        if count:
            rows.append(
                {
                    tr("dropped if it"): tr(REASONS[reason]),
                    tr("before"): left,
                    tr("dropped"): count,
                    tr("after"): left - count,
                }
            )
            left -= count
    if not rows:
        st.write(tr("No rule drops a row: all rows are kept."))
        return
    st.dataframe(rows, hide_index=True, key="data_steps")
    st.caption(
        tr(
            "{read:,} read = {kept:,} kept + {dropped:,} dropped.",
            read=report.rows_read,
            kept=report.rows_kept,
            dropped=report.rows_read - report.rows_kept,
        )
    )
