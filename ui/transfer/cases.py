"""The tab "Compare cases": the pair on screen is saved as a case; saved cases in a table, and as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from recsys.cases.case import MAX_NOTE, Case, SavedCase, tidy_note, titles_of
from recsys.cases.lists import listed_items, rules_in_words
from recsys.cases.parties import MEDOID
from recsys.cases.party_names import party_words
from recsys.cases.report import report_of
from recsys.wording import tr, worded
from recsys.workspace import Space
from recsys.workspace.cases import save_case, saved_cases
from recsys.workspace.names import known_name
from ui.language import file_language
from ui.run_context import RunContext
from ui.shell.frame import PageContext
from ui.shell.trash import offer_undo
from ui.shell.widgets import download, escape_markdown, number_duplicates, set_widget_value
from ui.transfer.case_pair import side_by_side, under_another_run
from ui.transfer.export import final_list
from ui.transfer.scored_pair import ScoredPair

A, B = "cases_a", "cases_b"  # widget keys of the two cases that are shown
SAVED = "cases_saved"  # in the session: how many cases were saved in it
FILES = {"html": "text/html", "md": "text/markdown", "ipynb": "application/x-ipynb+json"}


def compare_cases(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    """Saving, the table of all cases, two of them side by side, one under another run, and the files."""
    _save(page, context, scored)
    cases, problems = saved_cases(page.space)
    for problem in problems:
        st.warning(escape_markdown(tr(problem), 400))
    if not cases:
        st.caption(tr("Nothing saved yet. A saved case keeps target, source, α, rules, model and list."))
    else:
        _table(list(cases.values()))
        chosen = _choose_two(page, cases)
        side_by_side(page, cases, *chosen)
        under_another_run(page, cases[chosen[0]])
        _files(page.space, cases, chosen)
    _undo(page)


def _save(page: PageContext, context: RunContext, scored: ScoredPair) -> None:
    text, button = st.columns([4, 1.4], vertical_alignment="bottom")
    count = st.session_state.setdefault(SAVED, 0)  # each case has a field of its own for its note
    note = text.text_input(tr("Note (optional)"), max_chars=MAX_NOTE, key=f"cases_note_{count}")
    if button.button(tr("Save the case above"), key="cases_save", width="stretch"):
        entry = save_case(page.space, current_case(page, context, scored, note))
        page.set_view(cases=f"{entry.id}~{st.session_state.get(A, '')}")  # compared with the one that was A
        st.session_state[SAVED] = count + 1
        st.toast(tr("The case is saved."))
        st.rerun()


def current_case(page: PageContext, context: RunContext, scored: ScoredPair, note: str) -> SavedCase:
    """The pair on screen as a case."""
    view, pair = page.view, scored.pair
    found = listed_items(final_list(page, context, scored), context.dataset)
    named = [text.removesuffix(MEDOID).partition(":") for text in (view.target, view.source)]
    groups = {value: context.saved_group(value) for kind, _, value in named if kind == "group"}
    return SavedCase(
        Case(view.target, view.source, view.alpha, view.k, scored.rules),
        page.run_id,
        context.run.name,
        context.dataset.name,
        context.dataset.fingerprint,
        pair.target.card.name,
        pair.source.card.name,
        found,
        tidy_note(note),
        {value: (name, tuple(users)) for value, (name, users) in groups.items()},
    )


def _table(cases: Sequence[SavedCase]) -> None:
    rows = [
        {
            tr("Case"): number,
            tr("Target"): worded(party_words(saved.target)),
            tr("Source"): worded(party_words(saved.source)),
            "α": saved.case.alpha,
            "k": saved.case.k,
            tr("Rules"): worded(rules_in_words(saved)),
            tr("Model"): tr(known_name(saved.run_name)),
            tr("Note"): saved.note,
            tr("First items"): titles_of(saved.items),
        }
        for number, saved in enumerate(cases, 1)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height=min(420, 38 + 35 * len(rows)),
        column_config={"α": st.column_config.NumberColumn("α", format="%.3f")},
    )


def _choose_two(page: PageContext, cases: Mapping[str, SavedCase]) -> tuple[str, str]:
    """The ids of the two cases to show, which the URL names; the same twice where there is only one."""
    ids = list(cases)

    def choose() -> None:
        chosen = (st.session_state[A], st.session_state[B])
        if set(chosen) <= set(ids):
            page.set_view(cases="~".join(chosen))

    named = {one: f"{number}. {worded(cases[one].label)}" for number, one in enumerate(ids, 1)}
    shown = number_duplicates(named)
    for key, wanted, newest in zip((A, B), (*page.view.cases.split("~"), "")[:2], (ids * 2)[:2], strict=True):
        set_widget_value(key, wanted if wanted in ids else newest)
    left, right = st.columns(2, gap="large")
    return (
        left.selectbox(tr("Case A"), ids, format_func=shown.__getitem__, key=A, on_change=choose),
        right.selectbox(tr("Case B"), ids, format_func=shown.__getitem__, key=B, on_change=choose),
    )


def _files(space: Space, cases: Mapping[str, SavedCase], chosen: tuple[str, str]) -> None:
    ids, saved = list(cases), list(cases.values())
    compared = None if chosen[0] == chosen[1] else (ids.index(chosen[0]), ids.index(chosen[1]))
    labels = {"html": tr("Report (HTML)"), "md": tr("Report (Markdown)"), "ipynb": tr("Jupyter notebook")}
    st.markdown(f"**{tr('All cases as one file')}**")
    with st.container(horizontal=True):
        for form, mime in FILES.items():
            made = partial(_file, space, form, saved, compared)
            download(labels[form], made, f"cases.{form}", mime, f"out_cases_{form}")
    st.caption(
        tr(
            "The reports open without a network. The notebook computes the lists again with the library `recsys`, from "
            "the export of Home: those whose run is among your saved work and whose source is not protected."
        )
    )


def _file(space: Space, form: str, cases: Sequence[SavedCase], compared: tuple[int, int] | None) -> bytes:
    return report_of(form, cases, compared, file_language(), [entry.id for entry in space.entries("run")])


def _undo(page: PageContext) -> None:
    deleted = [entry for entry in page.space.trash() if entry.kind == "case"]
    if not deleted:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_undo(page, deleted, "cases_undo", limit=40)
