"""The frame of every page: configuration, menu with the state of each step, pickers of data and run, errors."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Literal

import streamlit as st

from recsys.errors import StudioError
from recsys.jobs.queue import JobSnapshot
from recsys.wording import tr, tr_n
from recsys.workspace import Entry
from recsys.workspace.sample_run import SAMPLE_RUN, sample_run
from ui.language import LANGUAGES, begin_language, choose_language, language, word_for_sessions
from ui.learn.guide import guide_card
from ui.shell import state
from ui.shell.account import account_buttons
from ui.shell.cluster import show_cluster
from ui.shell.errors import ErrorDisplay, guarded_fragment, rerun_if_view_changed, show_callback_error, show_error
from ui.shell.page_context import BY_KEY, PENDING_PROBLEMS, STEPS, PageContext, Step
from ui.shell.widgets import escape_markdown, number_duplicates, set_widget_value, url_switch, widget_values_sent

__all__ = ["BY_KEY", "SAMPLE_RUN", "STEPS", "PageContext", "Step", "guarded_fragment", "open_page", "show_error"]


PICKER_CHARACTERS = 28  # of a name that fit into a picker at 1280 pixels; longer ones are written out below it


def draw(page: PageContext, title: str, sentence: str) -> None:
    """Menu, title row and the sentences about refused values."""
    with st.sidebar:
        _menu(page)
        guide_card(page)
        account_buttons("menu")
        _language_switch(page)
        # The whole page runs now: a job that has ended needs no second run, in which a click would be lost.
        active = sum(job.active for job in page.jobs.of(page.space.id))
        st.session_state["frame_active"] = active
        guarded_fragment(1.0 if active else None)(_running_jobs)(page)
    with_pickers = page.step.key not in ("home", "learn")
    heading, *pickers = st.columns([5, 3, 3]) if with_pickers else [st.container()]
    with heading:
        st.title(tr(title), anchor=False)
        st.caption(tr(sentence))
    state.store_cookies()  # after the title: the first component of a server loads pandas
    if with_pickers:
        with pickers[0]:
            _picker(page, "dataset", _picked_dataset(page))
        with pickers[1]:
            _picker(page, "run", page.run_id)
    for problem in dict.fromkeys((*st.session_state.pop(PENDING_PROBLEMS, ()), *page.view.problems)):
        st.warning(escape_markdown(problem, 400))


def _menu(page: PageContext) -> None:
    jobs = page.jobs.of(page.space.id)
    state.set_drawn_view(page.view)
    st.markdown(f"**{tr('Interest Transfer Studio')}**")
    for step in STEPS:
        running = next((job for job in jobs if job.kind in step.jobs and job.state == "running"), None)
        label = f"{page.step_mark(step, running)} {tr(step.name)}{_step_number(page, step, running)}".strip()
        st.page_link(step.file, label=label, query_params=page.params(), width="stretch")


def _step_number(page: PageContext, step: Step, running: JobSnapshot | None) -> str:
    if running is not None:
        return " · …"  # the menu is not drawn again while the job runs; its bar below is
    entry = _shown_entry(page, step.key)
    shown = "" if entry is None else escape_markdown(entry.meta.get("number", ""), 20)
    return f" · {shown}" if shown else ""


def _shown_entry(page: PageContext, key: str) -> Entry | None:
    kind = {"data": "dataset", "train": "run"}.get(key, "")
    wanted = {"dataset": page.dataset_id, "run": page.run_id}.get(kind, "")
    return next((entry for entry in page.space.entries(kind) if entry.id == wanted), None) if wanted else None


def _picked_dataset(page: PageContext) -> str:
    """The id in the picker of data: on later pages the data of the open run, "" where they are not saved here."""
    if page.step.key in ("data", "train") or page.run_folder is None or page.run_is_of_dataset:
        return page.dataset_id
    return page.dataset_of(page.run_id)


def _picker_options(page: PageContext, kind: Literal["dataset", "run"], current: str) -> dict[str, str]:
    """The names that a picker offers, by id; an open one of another space comes first."""
    names = {entry.id: tr(entry.label) for entry in page.space.entries(kind)}
    if kind == "run" and sample_run() is not None:
        names[SAMPLE_RUN] = tr("Sample run")
    if kind == "run" and (shown := state.class_run()):
        names.setdefault(shown, tr("Class run"))
    if current and current not in names:
        owner = state.workspace().owner_of(current, kind)
        names = {current: tr("Shared by {owner}", owner=owner) if owner else tr("Shared with you"), **names}
    if not current and names:
        no_run = tr("No run on this data" if page.view.dataset else "No run yet")
        no_data = tr("No data yet" if page.run_folder is None else "The data of this run")
        names = {"": no_run if kind == "run" else no_data, **names}
    return number_duplicates(names)


def _picker(page: PageContext, kind: Literal["dataset", "run"], current: str) -> None:
    """One picker of the title row. It shows what is open; a choice changes the view before the page runs."""
    names = _picker_options(page, kind, current)
    if not names:
        return
    key = f"frame_{kind}_{page.step.key}"
    set_widget_value(key, current)
    st.selectbox(
        tr("Data" if kind == "dataset" else "Run"),
        list(names),
        format_func=lambda entry_id: names[entry_id],
        key=key,
        on_change=_open_choice,
        args=(page.step, kind, key, tuple(names)),
        label_visibility="collapsed",
    )
    if len(names[current]) > PICKER_CHARACTERS:
        st.caption(escape_markdown(names[current]))


def _running_jobs(page: PageContext) -> None:
    active = [job for job in page.jobs.of(page.space.id) if job.active]
    before, st.session_state["frame_active"] = st.session_state.get("frame_active", 0), len(active)
    if before > len(active):
        st.rerun()  # a job has ended: page and menu show its result
    show_cluster(page.jobs)
    if not active:
        return
    st.caption(tr_n("{n} job running or waiting", "{n} jobs running or waiting", len(active)))
    for job in active:
        text = escape_markdown(tr(job.label), 40)
        text += " · " + tr("place {place} in the queue", place=job.position) if job.position else ""
        left = "" if job.seconds_left is None else " · " + tr("{seconds:.0f} s left", seconds=job.seconds_left)
        st.progress(job.fraction, text=text + left)
        if st.button(tr("Stop"), key=f"frame_stop_{job.id}", type="tertiary"):
            page.jobs.stop(job.id, page.space.id)


def _open_choice(step: Step, kind: str, key: str, offered: tuple[str, ...]) -> None:
    """Opens the choice of a picker in the title row, if it is one of those offered.

    A browser sends the label of a choice; one that is no longer offered arrives as that label.
    """
    chosen = st.session_state[key]
    if chosen and chosen in offered:
        PageContext(step).set_view(**{kind: chosen})


def _language_switch(page: PageContext) -> None:
    """Writes the language into the URL; English leaves it, and is remembered as every choice."""

    def choose(chosen: str) -> None:
        choose_language(chosen)
        page.set_view(lang="" if chosen == "en" else chosen)

    # A browser may send the value of a page that it has left: under a key of every page, it would not be found again.
    url_switch("Language / 语言", LANGUAGES, language(), f"frame_language_{page.step.key}", choose)


class open_page:
    """Opens a page: configuration, language, style, password, menu, title. Errors in the block become sentences.

    Args:
        title, sentence: messages that replace those of the step.
    """

    def __init__(self, key: str, title: str = "", sentence: str = "") -> None:
        self.step, self.errors = BY_KEY[key], ErrorDisplay()
        self.title, self.sentence = title or self.step.title, sentence or self.step.sentence

    def __enter__(self) -> PageContext:
        begin_language()
        here, studio = tr(self.step.name), tr("Interest Transfer Studio")
        title = here if self.step.key == "home" else f"{tr(self.title)} · {studio}"
        st.set_page_config(page_title=title, page_icon="🔀", layout="wide", initial_sidebar_state="auto")
        st.html(Path(__file__).with_name("frame.css"))
        if not state.has_access():
            _ask_password()
        with self.errors:
            state.begin_view()
            page = PageContext(self.step)
            word_for_sessions(page.over_sessions)
            draw(page, self.title, self.sentence)
            show_callback_error()
            return page
        st.page_link("app.py", label=tr("Back to Home"))
        st.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        handled = self.errors.__exit__(kind, error, trace)
        if kind is None or handled:
            rerun_if_view_changed()
            widget_values_sent()
        return handled


def _ask_password() -> None:
    """Asks for the class password; ends the page until it was entered."""
    st.title(tr("Interest Transfer Studio"), anchor=False)
    with st.form("class_password"):
        given = st.text_input(tr("Class password"), type="password")
        if st.form_submit_button(tr("Enter"), type="primary"):
            try:
                state.enter_password(given)
                st.rerun()
            except StudioError as error:
                show_error(error)
    st.stop()
