"""The demo with one click: load the sample, train on it, open Transfer."""

from __future__ import annotations

import streamlit as st

from recsys.jobs.description import JobDescription
from recsys.jobs.queue import JobSnapshot
from recsys.wording import Message, tr
from recsys.workspace import new_id
from ui.language import language
from ui.shell import state
from ui.shell.errors import show_failure
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.job_results import find_job
from ui.shell.widgets import escape_markdown
from ui.train import jobs


def demo_button(page: PageContext) -> None:
    """Starts the demo as a job that survives page switches and refresh (its id is in the URL)."""
    running = any(job.active and job.kind in jobs.KINDS for job in page.jobs.of(page.space.id))
    if st.button(tr("Run it on the sample"), type="primary", key="home_demo", width="stretch", disabled=running):
        job = JobDescription(new_id(), "demo", page.space.id, settings={"language": language()})
        label, key = Message("the demo on the sample"), job.key("the sample")
        page.set_view(job=jobs.submit(page, job, label, key))
        st.rerun()
    st.caption(
        tr("Loads the sample (four scenarios, 1,500 users), trains a model in under a minute and opens Transfer.")
    )


def class_button(page: PageContext) -> None:
    """Opens the run that the teacher shares (read-only: changes are saved in the visitor's own space)."""
    if (shown := state.class_run()) and st.button(tr("Open the class run"), key="home_class", width="stretch"):
        page.go("transfer", run=shown, dataset="", target="", source="")


def demo_progress(page: PageContext) -> None:
    """Progress of the demo or of a training. When the demo is done, Transfer opens."""
    job = jobs.current(page)
    if job is not None:
        guarded_fragment(0.5 if job.active else None)(_show_progress)(page, job.id)


def _show_progress(page: PageContext, job_id: str) -> None:
    job = find_job(page, job_id)
    if job is None:
        st.rerun()  # it has ended so long ago that it is forgotten
    if job.active:
        _show_running(page, job)
    elif job.state == "done":
        opened = jobs.take_end(job)
        if job.kind == "demo":
            page.go("transfer", **opened)
        page.set_view(**opened)
        st.toast(tr("Finished: {job}. Its run is open.", job=escape_markdown(tr(job.label), 80)))
        st.rerun()
    elif job.error:
        show_failure(job)


def _show_running(page: PageContext, job: JobSnapshot) -> None:
    left = "" if job.seconds_left is None else " · " + tr("{seconds:.0f} s left", seconds=job.seconds_left)
    st.progress(
        job.fraction, text=escape_markdown(tr(job.message) if job.message else tr("Waiting for a free worker …")) + left
    )
    if job.details.get("restarted"):
        st.caption(escape_markdown(tr(job.details["restarted"]), 400))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(tr("Stop"), key="home_stop"):
            page.jobs.stop(job.id, page.space.id)
        st.page_link("pages/2_Train.py", label=tr("Show on Train"), query_params=jobs.link_params(page, job))
