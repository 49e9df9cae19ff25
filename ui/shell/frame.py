"""The frame around every page: configuration, menu with each step's state, pickers of data and run, error boundary."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Literal

import streamlit as st

from recsys.errors import StudioError
from recsys.jobs.queue import JobSnapshot
from recsys.workspace import Entry
from ui.shell import state
from ui.shell.account import account_buttons
from ui.shell.errors import ErrorBoundary, follow_view, guarded_fragment, show_error
from ui.shell.page_context import BY_KEY, SAMPLE_RUN, STEPS, TOLD, PageContext, Step
from ui.shell.widgets import escape_markdown, number_duplicates, set_widget_value

__all__ = ["BY_KEY", "SAMPLE_RUN", "STEPS", "PageContext", "Step", "guarded_fragment", "open_page", "show_error"]


def draw(studio: PageContext) -> None:
    """Menu, title row and the sentences about refused values."""
    with st.sidebar:
        _menu(studio)
        account_buttons("menu")
        # The whole page is being drawn: a job that has ended needs no second run, which would swallow a click.
        active = sum(job.active for job in studio.jobs.of(studio.space.id))
        st.session_state["frame_active"] = active
        guarded_fragment(1.0 if active else None)(_running)(studio)
    heading, data, run = st.columns([6, 2, 2], vertical_alignment="bottom")
    with heading:
        st.title(studio.step.title, anchor=False)
        st.caption(studio.step.sentence)
    state.remember_space()  # after the title: the first component of a server loads pandas
    if studio.step.key not in ("home", "learn"):
        with data:
            _picker(studio, "dataset", _shown_dataset(studio))
        with run:
            _picker(studio, "run", studio.run_id)
    for problem in dict.fromkeys((*st.session_state.pop(TOLD, ()), *studio.view.problems)):
        st.warning(escape_markdown(problem, 400))


def _menu(studio: PageContext) -> None:
    mine = studio.jobs.of(studio.space.id)
    state.drawn(studio.view)
    st.markdown("**Interest Transfer Studio**")
    for step in STEPS:
        running = next((job for job in mine if job.kind in step.jobs and job.state == "running"), None)
        label = f"{studio.mark(step, running)} {step.name}{_number(studio, step, running)}"
        st.page_link(step.file, label=label, query_params=studio.params(), width="stretch")


def _number(studio: PageContext, step: Step, running: JobSnapshot | None) -> str:
    if running is not None:
        return f" · {running.fraction:.0%}"
    entry = _entry(studio, step.key)
    shown = "" if entry is None else escape_markdown(entry.meta.get("number", ""), 20)
    return f" · {shown}" if shown else ""


def _entry(studio: PageContext, key: str) -> Entry | None:
    kind = {"data": "dataset", "train": "run"}.get(key, "")
    wanted = {"dataset": studio.dataset_id, "run": studio.run_id}.get(kind, "")
    return next((entry for entry in studio.space.entries(kind) if entry.id == wanted), None) if wanted else None


def _shown_dataset(studio: PageContext) -> str:
    """What the picker of data shows: on later pages the data of the open run, "" where they are not saved here."""
    chosen_by_data = studio.view.dataset and not studio.view.run  # the run was found by these data, or by equal ones
    if studio.step.key in ("data", "train") or studio.run_folder is None or chosen_by_data:
        return studio.dataset_id
    return studio.dataset_of(studio.run_id)


def _names(studio: PageContext, kind: Literal["dataset", "run"], current: str) -> dict[str, str]:
    """What a picker offers, by id: whatever is open first if it is not the visitor's own."""
    names = {entry.id: entry.name for entry in studio.space.entries(kind)}
    if kind == "run" and (state.ROOT / "sample_data" / "run").is_dir():
        names[SAMPLE_RUN] = "Sample’s run"
    if kind == "run" and (shown := state.class_run()):
        names.setdefault(shown, "The class’s run")
    if current and current not in names:
        owner = state.workspace().owner_of(current, kind)
        names = {current: f"Shared by {owner}" if owner else "Shared with you", **names}
    if not current and names:
        lacking = "no run on this data" if studio.view.dataset else "no run yet"
        unsaved = "no data yet" if studio.run_folder is None else "The data of this run"
        names = {"": lacking if kind == "run" else unsaved, **names}
    return number_duplicates(names)


def _picker(studio: PageContext, kind: Literal["dataset", "run"], current: str) -> None:
    """One picker of the title row. It always shows what is open; a choice changes the view before the page runs."""
    names = _names(studio, kind, current)
    if not names:
        return
    key = f"frame_{kind}_{studio.step.key}"
    set_widget_value(key, current)
    st.selectbox(
        {"dataset": "Data", "run": "Run"}[kind],
        list(names),
        format_func=lambda entry_id: names[entry_id],
        key=key,
        on_change=_pick,
        args=(studio.step, kind, key, tuple(names)),
        label_visibility="collapsed",
    )


def _running(studio: PageContext) -> None:
    active = [job for job in studio.jobs.of(studio.space.id) if job.active]
    was, st.session_state["frame_active"] = st.session_state.get("frame_active", 0), len(active)
    if was > len(active):
        st.rerun()  # a job has ended: the page shows its result and the menu its mark
    if not active:
        return
    st.caption(f"{len(active)} job{'s' * (len(active) > 1)} running or waiting")
    for job in active:
        text = (
            f"{escape_markdown(job.label, 40)} · place {job.position} in the queue"
            if job.position
            else escape_markdown(job.label, 40)
        )
        left = "" if job.seconds_left is None else f" · {job.seconds_left:.0f} s left"
        st.progress(job.fraction, text=text + left)
        if st.button("Stop", key=f"frame_stop_{job.id}", type="tertiary"):
            studio.jobs.stop(job.id, studio.space.id)


def _pick(step: Step, kind: str, key: str, offered: tuple[str, ...]) -> None:
    """Opens what was chosen in a picker of the title row.

    Nothing opens for what is not offered: a browser tells names, and one that has since changed comes as it is.
    """
    chosen = st.session_state[key]
    if chosen and chosen in offered:
        PageContext(step).set_view(**{kind: chosen})


class open_page:
    """Opens a page: configuration, style, door, menu, title; shows errors as sentences and keeps the page usable."""

    def __init__(self, key: str) -> None:
        self.step, self.boundary = BY_KEY[key], ErrorBoundary()

    def __enter__(self) -> PageContext:
        title = self.step.name if self.step.key == "home" else f"{self.step.title} · Interest Transfer Studio"
        st.set_page_config(page_title=title, page_icon="🔀", layout="wide", initial_sidebar_state="auto")
        st.html(Path(__file__).with_name("frame.css"))
        if not state.admitted():
            _door()
        with self.boundary:
            studio = PageContext(self.step)
            draw(studio)
            return studio
        st.page_link("app.py", label="Back to Home")
        st.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        handled = self.boundary.__exit__(kind, error, trace)
        if kind is None or handled:
            follow_view()
        return handled


def _door() -> None:
    """Asks for the class secret and ends the page until it is given."""
    st.title("Interest Transfer Studio", anchor=False)
    with st.form("door"):
        given = st.text_input("Class secret", type="password")
        if st.form_submit_button("Come in", type="primary"):
            try:
                state.admit(given)
                st.rerun()
            except StudioError as error:
                show_error(error)
    st.stop()
