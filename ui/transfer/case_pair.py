"""Two saved cases side by side, and one of them under another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from recsys.cases.case import MAX_NOTE, ListedItem, SavedCase, tidy_note
from recsys.cases.lists import ListComparison, compare_lists, differing_settings, list_under_another_run
from recsys.errors import StudioError
from recsys.wording import tr, worded
from recsys.workspace.cases import set_note
from recsys.workspace.sample_run import SAMPLE_RUN, run_folder, sample_run
from ui.run_context import run_context
from ui.shell import state
from ui.shell.frame import PageContext
from ui.shell.widgets import escape_markdown, number_duplicates


def side_by_side(page: PageContext, cases: Mapping[str, SavedCase], first: str, second: str) -> None:
    """Both lists with their marks, what differs, and below each its note and actions."""
    a, b = cases[first], cases[second]
    if first == second:
        st.caption(tr("Choose two different cases to compare them."))
    both = compare_lists(a.items, b.items)
    if first != second:
        st.write(tr(both.sentence))
    _lists(both)
    if first != second:
        _differences(a, b)
    for side, entry_id, column in zip(("a", "b"), (first, second), st.columns(2, gap="large"), strict=True):
        if side == "a" or first != second:
            with column:
                _note_and_actions(page, side, entry_id, cases[entry_id])


def under_another_run(page: PageContext, saved: SavedCase) -> None:
    """The list of case A by another run, beside its own; a sentence where that run can't have it."""
    runs = {entry.id: tr(entry.label) for entry in page.space.entries("run") if entry.id != saved.run}
    if sample_run() is not None and saved.run != SAMPLE_RUN:
        runs[SAMPLE_RUN] = tr("Model of the sample")
    if not runs:
        return
    shown = number_duplicates({"": tr("None"), **runs})
    label = tr("Case A under another model")
    chosen = st.selectbox(label, list(shown), format_func=shown.__getitem__, key="cases_run")
    if not chosen:
        return
    try:
        context = replace(run_context(str(run_folder(chosen, state.workspace()))), groups=saved.groups)
        items, problems = list_under_another_run(context, saved.case)
    except StudioError as error:
        st.info(escape_markdown(tr(error.message), 400))
        return
    for problem in problems:
        st.warning(escape_markdown(tr(problem), 400))
    both = compare_lists(saved.items, items)
    st.write(tr(both.sentence))
    _lists(both)


def _lists(both: ListComparison) -> None:
    """The two lists; marks say what is in one only, and how far an item moved in the second."""
    columns = st.columns(2, gap="large")
    with columns[0]:
        st.markdown(_numbered(both.first, dict.fromkeys(both.only_first, "◆")))
    moves = {item: f"{'▲' if places > 0 else '▼'} {abs(places)}" for item, places in both.moves.items() if places}
    with columns[1]:
        st.markdown(_numbered(both.second, moves | dict.fromkeys(both.only_second, "◆")))
    st.caption(tr("◆ in this list only; ▲ ▼ places higher or lower than in the list on the left."))


def _numbered(items: Sequence[ListedItem], marks: Mapping[str, str]) -> str:
    lines = [
        f"{rank}. {escape_markdown(item.title, 60)}" + (f" **{marks[item.item_id]}**" if item.item_id in marks else "")
        for rank, item in enumerate(items, 1)
    ]
    return "\n".join(lines) or tr("The list is empty.")


def _differences(first: SavedCase, second: SavedCase) -> None:
    head = (tr("What differs"), tr("Case A"), tr("Case B"))
    rows = [dict(zip(head, map(worded, row), strict=True)) for row in differing_settings(first, second)]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height=38 + 35 * len(rows))


def _note_and_actions(page: PageContext, side: str, entry_id: str, saved: SavedCase) -> None:
    written = st.text_area(tr("Note"), saved.note, max_chars=MAX_NOTE, key=f"cases_text_{side}_{entry_id}", height=90)
    with st.container(horizontal=True):
        changed = tidy_note(written) != saved.note
        if st.button(tr("Save the note"), key=f"cases_keep_{side}_{entry_id}", disabled=not changed):
            set_note(page.space, entry_id, written)
            st.rerun()
        if st.button(tr("Open"), key=f"cases_open_{side}_{entry_id}"):
            page.set_view(**view_of(saved), tab="")
            st.rerun()
        if st.button(tr("Delete (can be undone)"), key=f"cases_delete_{side}_{entry_id}"):
            page.space.delete(entry_id)
            st.rerun()


def view_of(saved: SavedCase) -> dict[str, Any]:
    """The view that shows a case on Transfer."""
    case = saved.case
    return {
        "run": saved.run,
        "target": case.target,
        "source": case.source,
        "alpha": case.alpha,
        "k": case.k,
        "rules": case.rules,
        "beside": "",
    }
