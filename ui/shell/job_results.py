"""Results of background jobs that a page asks for again on every rerun, found by the question they answer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from recsys.errors import UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.jobs.queue import JobSnapshot, Work
from recsys.jobs.values import take_value
from recsys.wording import tr
from ui.shell.errors import show_failure
from ui.shell.frame import PageContext, guarded_fragment
from ui.shell.widgets import escape_markdown


def job_id(page: PageContext, *question: object) -> str:
    """The id of the job that answers a question of this visitor: always the same, and not guessable by others."""
    text = "\0".join([page.space.id, *map(str, question)])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def find_job(page: PageContext, wanted: str) -> JobSnapshot | None:
    """The job of that id, None before it was started."""
    try:
        return page.jobs.snapshot(wanted, page.space.id)
    except UnknownIdError:
        return None


def job_result(page: PageContext, wanted: str, kind: str, label: str, work: Work, button: str = "") -> Any | None:
    """The job's result; None while there is none, with its progress on screen, or its error and a button to retry.

    Args:
        wanted: of `job_id`.
        work: a described job, whose small result is kept with the job, or a function, whose result stays in memory.
        button: label of the button that starts the job; "" starts it at once.
    """
    job, results = find_job(page, wanted), _results()
    described = isinstance(work, JobDescription)
    if job is not None and job.state == "done" and not described and wanted not in results:
        job = None  # newer results have replaced it
    run = work if isinstance(work, JobDescription) else _keeping(wanted, work)
    if job is None and (not button or st.button(button, key=f"start_{wanted}")):
        page.jobs.ensure(page.space.id, kind, label, run, wanted)
        if button:
            st.rerun()
        job = find_job(page, wanted)
    if job is None:
        return None
    if job.active:
        guarded_fragment(0.5)(_show_progress)(page, wanted)
        return None
    if job.state == "done":
        return job.result if described else results.get(wanted)
    if job.error:
        show_failure(job)
    else:
        st.warning(tr("This was stopped before it ended."))
    if st.button(tr("Try again"), key=f"again_{wanted}"):
        page.jobs.ensure(page.space.id, kind, label, run, wanted)
        st.rerun()
    return None


def large_result(page: PageContext, job: JobDescription) -> Callable[[Progress], Any]:
    """Work that performs a job where jobs run, and takes its large result into memory: see `recsys.jobs.values`."""
    runner, workspace = page.jobs.runner, page.space.workspace
    assert runner is not None

    def run(progress: Progress) -> Any:
        runner.run(job, progress)
        return take_value(job, workspace)

    return run


def _keeping(wanted: str, work: Callable[[Progress], Any]) -> Work:
    """Work that puts its result among the newest ones."""

    def run(progress: Progress) -> None:
        _results().put(wanted, work(progress))

    return run


class JobResults:
    """The newest results by job id; the oldest are dropped. Jobs themselves hold ids and numbers only."""

    def __init__(self, most: int = 24) -> None:
        self.most = most
        self._results: dict[str, Any] = {}
        self._lock = threading.Lock()

    def put(self, job_id: str, result: Any) -> None:
        with self._lock:
            self._results.pop(job_id, None)
            self._results[job_id] = result
            while len(self._results) > self.most:
                del self._results[next(iter(self._results))]

    def get(self, job_id: str) -> Any | None:
        """None if it was dropped."""
        return self._results.get(job_id)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._results


@st.cache_resource
def _results() -> JobResults:
    return JobResults()


def _show_progress(page: PageContext, wanted: str) -> None:
    job = find_job(page, wanted)
    if job is None or not job.active:
        st.rerun()
    doing = escape_markdown(tr(job.message) if job.message else tr("Starting …"))
    status = tr("Position {place} in the queue", place=job.position) if job.position else doing
    left = "" if job.seconds_left is None else " · " + tr("about {seconds:.0f} s left", seconds=job.seconds_left)
    st.progress(job.fraction, text=status + left)
