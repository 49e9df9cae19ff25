"""A training while it runs: the curve, the numbers, Stop. The page polls a snapshot; the job does not need it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psutil
import streamlit as st

from recsys.charts.style import format_number
from recsys.charts.training import training_curve
from recsys.errors import StudioError
from recsys.jobs.queue import JobSnapshot
from recsys.jobs.trainings import forget
from recsys.wording import Message, in_a_row, tr, tr_n
from ui.glossary import meaning_of
from ui.shell import state
from ui.shell.errors import guarded_callback, show_failure
from ui.shell.figures import show_figure
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.job_results import find_job
from ui.shell.widgets import escape_markdown
from ui.train import jobs

STOPPING = "train_stopping"  # the job that was asked to stop
WIDTHS = [7, 3]  # of the curve and of the column beside it, the same before, during and after a training


@st.cache_resource
def _process() -> psutil.Process:
    """One object, because psutil measures the CPU between two of its calls."""
    process = psutil.Process()
    process.cpu_percent()
    return process


def watch(page: PageContext, job_id: str) -> None:
    """Draws the training, and again twice a second until it ends."""
    job = find_job(page, job_id)
    guarded_fragment(0.5 if job is not None and job.active else None)(_watch)(page, job_id)


def show_other_trainings(page: PageContext, others: Collection[str]) -> None:
    """A line with a link for each training that goes on with other data; a message for one that has ended well.

    Args:
        others: the ids of their jobs.
    """
    for job_id in others:
        job = page.jobs.snapshot(job_id, page.space.id)
        if job.active:
            _show_other(page, job)
        elif job.state == "done" and jobs.awaits(job_id):
            jobs.take_end(job)
            st.toast(tr("Finished: {job}. Its run is saved.", job=escape_markdown(tr(job.label), 80)))
            if job_id == page.view.job:
                page.set_view(job="")


def _show_other(page: PageContext, job: JobSnapshot) -> None:
    words, link = st.columns([8, 2], vertical_alignment="center")
    label = escape_markdown(tr(job.label), 80)
    try:
        found = state.workspace().find(jobs.data_of(page, job), "dataset")[0]
    except StudioError:
        words.write(tr("Running or waiting on data that were deleted or damaged: {job}.", job=label))
        return
    data = escape_markdown(tr(found.label), 60)
    words.write(tr("Running or waiting on “{data}”: {job}.", data=data, job=label))
    link.page_link("pages/2_Train.py", label=tr("Show this training"), query_params=jobs.link_params(page, job))


def _watch(page: PageContext, job_id: str) -> None:
    job = find_job(page, job_id)
    if job is None:
        st.rerun()  # it has ended so long ago that it is forgotten
    if job.state == "done":
        page.set_view(**jobs.take_end(job))
        st.rerun()
    reports = tuple(job.details.get("reports", ()))
    curve, beside = st.columns(WIDTHS, gap="large")
    with curve:
        epochs = int(job.details.get("epochs", 0))
        show(training_curve(reports, epochs, job.details.get("baselines", {})), key="train_curve")
        if job.details.get("repeats"):
            st.caption(escape_markdown(tr(job.details["repeats"]), 400))
    with beside:
        if job.active:
            _running(page, job, reports)
        else:
            _ended(page, job)


def show(figure: Any, key: str) -> None:
    """A figure with its download; its title is the sentence that says what it shows."""
    show_figure(figure, key)


def _running(page: PageContext, job: JobSnapshot, reports: tuple[Any, ...]) -> None:
    if job.position:
        if job.position == 1:
            waiting = tr("Waiting: next in the queue.")
        else:
            waiting = tr("Waiting: number {place} in the queue.", place=job.position)
        most = tr_n("{n} training can run at once.", "{n} trainings can run at once.", page.jobs.trainings)
        st.progress(0.0, text=tr(in_a_row([waiting, most])))
    else:
        left = "" if job.seconds_left is None else " · " + tr("{time} left", time=clock(job.seconds_left))
        st.progress(job.fraction, text=f"{job.fraction:.0%}{left}")
    st.caption(escape_markdown(tr(job.message or "Waiting to start …")))
    if job.details.get("restarted"):
        st.caption(escape_markdown(tr(job.details["restarted"]), 400))
    numbers(job, reports)
    stopping = st.session_state.get(STOPPING) == job.id
    st.button(
        tr("Stopping …" if stopping else "Stop and save the best"),
        key="train_stop",
        width="stretch",
        help=tr(
            "Saves the best model so far as a run. Finished epochs are kept: the training can be resumed from there."
        ),
        disabled=stopping,
        on_click=_stop,
        args=(page, job.id),
    )
    if stopping:
        st.caption(
            tr("The best model of the finished epochs is saved as a run; the epoch that was begun is dropped."),
            help=meaning_of("Epoch"),
        )
    else:
        st.caption(tr("It continues when you leave this page or close the browser."))


@guarded_callback
def _stop(page: PageContext, job_id: str) -> None:
    st.session_state[STOPPING] = job_id
    page.jobs.stop(job_id, page.space.id)


def numbers(job: JobSnapshot, reports: tuple[Any, ...]) -> None:
    """Loss, quality, speed, time, processor and memory."""
    newest = reports[-1] if reports else {}
    cpu, memory, whose = _usage(job)
    shown = (
        (
            tr("Loss (nats)"),
            format_number(newest.get("loss")),
            meaning_of("Loss", "Nats"),
        ),
        (
            "NDCG@10",
            format_number(newest.get("ndcg@10")),
            meaning_of("NDCG", "Validation"),
        ),
        (tr("Items/s"), format_number(newest.get("speed")), tr("Interactions read in a second.")),
        (tr("Running"), clock(job.seconds), tr("Since it started.")),
        ("CPU", f"{cpu:.0f}%", tr("Of {process}; 100% is one core.", process=whose)),
        (tr("Memory"), f"{memory / 1e6:,.0f} MB", tr("Of {process}, everything included.", process=whose)),
    )
    for row in (shown[:2], shown[2:4], shown[4:]):
        for column, (label, value, meaning) in zip(st.columns(2), row, strict=True):
            column.metric(label, value, help=meaning)


def _usage(job: JobSnapshot) -> tuple[float, float, Message]:
    """CPU percent and bytes of memory of the process that trains, and what it is."""
    if "memory" in job.details:
        return job.details["cpu"], job.details["memory"], Message("the worker process that trains")
    process = _process()
    whose = Message("this app, in which the training runs")
    return process.cpu_percent(), process.memory_info().rss, whose


def _ended(page: PageContext, job: JobSnapshot) -> None:
    resumes = job.kind == "train" and jobs.has_checkpoint(page.space, job.id)
    if job.error:
        show_failure(job)
    elif resumes:
        st.info(tr("Stopped. What has been trained is kept, and training goes on from there."))
    else:
        st.info(tr("Stopped before the first epoch ended, so there is no model to save yet."))
    with st.container(horizontal=True):
        if job.kind == "train" and st.button(
            tr("Resume from its last epoch" if resumes else "Try again"), key="train_again", type="primary"
        ):
            page.set_view(job=jobs.launch(page, job.id))
            st.rerun()
        if st.button(tr("Change settings" if job.kind == "train" else "Close"), key="train_back"):
            forget(page.space, job.id)
            page.set_view(job="")
            st.rerun()


def offer_unfinished(page: PageContext) -> None:
    """Trainings that were stopped or interrupted by a restart, each with buttons to resume or discard it."""
    for entry in jobs.unfinished(page)[:3]:
        begun = jobs.has_checkpoint(page.space, entry.id)
        words, on, away = st.columns([6, 2, 2], vertical_alignment="center")
        when = entry.created[:16].replace("T", " ")
        unfinished = tr(
            "The training “{name}” of {when} UTC is not finished.", name=escape_markdown(tr(entry.label), 60), when=when
        )
        words.write(unfinished + _why(page, entry.id))
        how = tr("Resume from its last epoch" if begun else "Resume from the start")
        if on.button(how, key=f"train_resume_{entry.id}", width="stretch"):
            page.set_view(job=jobs.launch(page, entry.id))
            st.rerun()
        if away.button(tr("Discard"), key=f"train_discard_{entry.id}", width="stretch", help=tr("Saved runs stay.")):
            forget(page.space, entry.id)
            st.rerun()


def _why(page: PageContext, job_id: str) -> str:
    """Why a training failed, as long as this server remembers."""
    job = next((job for job in page.jobs.of(page.space.id) if job.id == job_id), None)
    if job is None or not job.error:
        return ""
    return " " + tr("It failed: {error}", error=escape_markdown(tr(job.error), 400))


def clock(seconds: float) -> str:
    """`42 s`, `3 min 5 s`, `1 h 12 min`."""
    whole = round(seconds)
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
