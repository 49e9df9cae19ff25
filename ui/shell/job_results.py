"""Results of background jobs that a page asks for again on every rerun, found by the question they answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from recsys.errors import ArtifactError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.queue import JobSnapshot
from recsys.jobs.values import load_value
from recsys.wording import tr
from recsys.workspace import Workspace
from ui import cache
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


def job_result(
    page: PageContext,
    job: JobDescription,
    label: str,
    *,
    kind: str = "evaluate",
    button: str = "",
    own_key: str = "",
    opened: Callable[[Any], Any | None] | None = None,
) -> Any | None:
    """The job's result; None while there is none, with its progress on screen, or its error and a button to retry.

    Args:
        job: on the open run, with an id of `job_id`.
        kind: of the job in the queue.
        button: label of the button that starts the job; "" starts it at once.
        own_key: key of equal jobs, whose results belong to their spaces. By default the result of an equal job, perhaps
            of another visitor on a copy of the run, is the result.
        opened: opens a result; None where it is no longer there. By default `opened_result`.
    """
    key = own_key or job.key(cache.run_digest_of(str(page.run_folder)))
    opened = opened or partial(opened_result, workspace=page.space.workspace)
    now, equal = find_job(page, job.id), None if own_key else page.jobs.result_of(key)
    if now is not None and now.state == "done":
        if (found := opened(now.result)) is not None:
            return found
        now = None  # newer results have replaced it, or it was deleted
    if now is None and (found := opened(equal)) is not None:
        return found
    if now is None and (not button or st.button(button, key=f"start_{job.id}")):
        page.jobs.ensure(page.space.id, kind, label, job, job.id, key)
        if button:
            st.rerun()
        now = find_job(page, job.id)
    if now is None:
        return None
    if now.active:
        guarded_fragment(0.5)(_show_progress)(page, job.id)
        return None
    if now.error:
        show_failure(now)
    else:
        st.warning(tr("This was stopped before it ended."))
    if st.button(tr("Try again"), key=f"again_{job.id}"):
        page.jobs.ensure(page.space.id, kind, label, job, job.id, key)
        st.rerun()
    return None


def opened_result(result: Any, workspace: Workspace) -> Any | None:
    """A job's result; the value on disk where it is a large one; None where that is no longer there."""
    if not isinstance(result, dict) or "value" not in result:
        return result
    try:
        return _opened(str(result["value"]), str(workspace.root), workspace)
    except ArtifactError:
        return None


@st.cache_resource(max_entries=24, show_spinner=False)
def _opened(job: str, root: str, _workspace: Workspace) -> Any:
    """The value of a job, opened once for all visitors. Raises ArtifactError."""
    return load_value({"value": job}, _workspace)


def _show_progress(page: PageContext, wanted: str) -> None:
    job = find_job(page, wanted)
    if job is None or not job.active:
        st.rerun()
    doing = escape_markdown(tr(job.message) if job.message else tr("Starting …"))
    status = tr("Position {place} in the queue", place=job.position) if job.position else doing
    left = "" if job.seconds_left is None else " · " + tr("about {seconds:.0f} s left", seconds=job.seconds_left)
    st.progress(job.fraction, text=status + left)
