"""How the open data is read: which column is what, and which rows are dropped — each choice can be taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import streamlit as st

from recsys.data.cleaning import REASONS, CleaningPlan, RepeatedPairs
from recsys.errors import StudioError
from ui.data.source import OURS, Choice, Opened, again, refused, undo
from ui.shell.frame import PageContext, show_error
from ui.shell.widgets import escape_markdown

ROLES = {
    "user_id": "Person",
    "item_id": "Item",
    "timestamp": "Time",
    "rating": "Rating",
    "scenario": "Scenario",
    "title": "Title",
}
TABLES = {"interactions": "Interactions", "items": "Item table", "users": "User table"}
NONE, CHANGED = "(none)", "data_changed"
REPEATS = {
    "keep": "keep every time",
    "first": "keep the first time only",
    "last": "keep the last time only",
}


def columns(studio: PageContext, now: Opened) -> None:
    """What each table and column was taken for and why, with a preview; one change and the file is read again."""
    changed = st.session_state.pop(CHANGED, "")
    tables = _tables(now) if len(now.loaded.tables) > 1 else None
    roles = _columns(now)
    if problem := refused(studio, "columns"):
        show_error(problem)
    st.dataframe(now.loaded.preview, hide_index=True, height=250)
    if changed == "tables" and tables is not None:
        again(studio, now, Choice(None, tables, now.choice.plan), "columns")
    elif changed == "columns":
        again(studio, now, Choice(roles, now.choice.tables, now.choice.plan), "columns")
    if changed:
        st.rerun()  # it was refused: says why


def _columns(now: Opened) -> dict[str, str | None]:
    names, roles, reasons = now.loaded.all_columns, now.loaded.columns, now.loaded.column_reasons
    st.caption(
        " · ".join(
            f"{ROLES[role]}: **{escape_markdown(roles[role])}**, "
            f"because {escape_markdown(reasons.get(role, 'you chose it'))}"
            for role in ROLES
            if role in roles
        )
    )
    chosen: dict[str, str | None] = {}
    for place, (role, label) in zip(st.columns(len(ROLES)), ROLES.items(), strict=True):
        options = list(names) if role in ("user_id", "item_id") else [NONE, *names]
        current = roles.get(role, NONE)
        picked = place.selectbox(
            label,
            options,
            index=options.index(current) if current in options else 0,
            key=f"data_column_{role}_{now.entry_id}",
            on_change=_changed,
            args=("columns",),
        )
        chosen[role] = None if picked == NONE else picked
    return chosen


def _tables(now: Opened) -> dict[str, str]:
    """Every table of the archive with what it was taken for; another can be chosen. Returns role -> name."""
    found = now.loaded.tables
    st.dataframe(
        {
            "file": [table.name for table in found],
            "taken for": [table.role or "not used" for table in found],
            "because": [table.reason for table in found],
            "columns": [", ".join(table.columns[:8]) for table in found],
        },
        hide_index=True,
        key="data_tables",
    )
    names = [table.name for table in found]
    taken = {table.role: table.name for table in found if table.role}
    chosen = {}
    for place, (role, label) in zip(st.columns(len(TABLES)), TABLES.items(), strict=True):
        options = names if role == "interactions" else [NONE, *names]
        picked = place.selectbox(
            label,
            options,
            index=options.index(taken.get(role, NONE)),
            key=f"data_table_{role}_{now.entry_id}",
            on_change=_changed,
            args=("tables",),
        )
        chosen[role] = "" if picked == NONE else str(picked)
    return chosen


def _changed(what: str) -> None:
    st.session_state[CHANGED] = what


def cleaning(studio: PageContext, now: Opened) -> None:
    """The plan's rules, each with the rows it takes; Undo goes one step back, Reset to the start."""
    left, right = st.columns([5, 4], gap="large")
    with left:
        wanted = _form(now)
        if problem := refused(studio, "cleaning"):
            show_error(problem)
    with right:
        _steps(now)
        with st.container(horizontal=True):
            undone = st.button("Undo the last change", key="data_undo", disabled=not now.past, icon=":material/undo:")
            reset = st.button("Reset", key="data_reset", disabled=now.choice == OURS)
    if undone:
        undo(studio, now)
    elif reset:
        again(studio, now, OURS, "cleaning")
    elif wanted is not None and wanted != now.loaded.plan:
        again(studio, now, replace(now.choice, plan=wanted), "cleaning")
    else:
        return
    st.rerun()  # it was refused: says why


def _form(now: Opened) -> CleaningPlan | None:
    """The controls; the plan they spell once “Apply” is pressed, else None."""
    plan, key = now.loaded.plan, now.entry_id
    taken = now.loaded.report.dropped

    def rule(label: str, *reasons: str) -> str:
        rows = sum(taken.get(reason, 0) for reason in reasons)
        return f"{label} · takes {rows:,}" if rows else label

    with st.form(f"data_plan_{key}", border=False):
        one, two = st.columns(2)
        values = {
            "drop_duplicates": one.toggle(rule("Exact duplicates", "duplicate"), plan.drop_duplicates),
            "drop_cancelled": one.toggle(rule("Cancellations, returns", "cancelled"), plan.drop_cancelled),
            "drop_impossible_times": two.toggle(
                rule("Times before 1970, after 2100", "impossible_time"), plan.drop_impossible_times
            ),
            "drop_future_times": two.toggle(rule("Times in the future", "future_time"), plan.drop_future_times),
        }
        repeats = one.selectbox(
            rule("When a person meets an item again", "repeated_pair"),
            list(REPEATS),
            index=list(REPEATS).index(plan.repeated_pairs),
            format_func=lambda name: REPEATS[name],
        )
        rating = two.number_input(
            rule("A like needs at least this rating", "low_rating"),
            value=plan.min_rating,
            placeholder="all count" if now.loaded.dataset.ratings is not None else "the data has no ratings",
            help="Explicit ratings become likes: rows below are dropped. Empty keeps them all.",
        )
        bots = one.number_input(
            rule("More rows than this are a bot’s", "bot"),
            min_value=1,
            value=plan.max_user_interactions,
            placeholder="no limit",
            help="People with more rows are dropped. Look at the longest histories under Shape first.",
        )
        people = two.number_input(
            rule("Rows a person needs", "too_short"),
            min_value=1,
            value=plan.min_user_interactions,
            help="Applied until this and the next hold for everybody (a k-core).",
        )
        items = one.number_input(rule("Rows an item needs", "rare_item"), 1, value=plan.min_item_interactions)
        if not st.form_submit_button("Apply"):
            return None
    try:
        return replace(
            plan,
            **values,
            repeated_pairs=cast(RepeatedPairs, repeats),
            min_rating=rating,
            max_user_interactions=bots,
            min_user_interactions=int(people),
            min_item_interactions=int(items),
        )
    except StudioError as error:
        show_error(error)
        return None


def _steps(now: Opened) -> None:
    """Before and after each rule that takes rows."""
    report = now.loaded.report
    left, rows = report.rows_read, []
    for reason in REASONS:
        if count := report.dropped.get(reason, 0):
            rows.append({"a row goes when it": REASONS[reason], "before": left, "takes": count, "after": left - count})
            left -= count
    if not rows:
        st.write("No rule takes a row: everything that was read is kept.")
        return
    st.dataframe(rows, hide_index=True, key="data_steps")
    st.caption(
        f"{report.rows_read:,} read = {report.rows_kept:,} kept + {report.rows_read - report.rows_kept:,} dropped."
    )
