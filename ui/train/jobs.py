"""Trainings as jobs: on disk from the start, so that a restart or a stop never loses more than an epoch.

A training is saved as an entry of kind "training" (its plan and data, and later its checkpoint). The job has the same
id, which is also in the URL; when it has ended well, the entry goes and a run stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st

from recsys.errors import ArtifactError, StudioError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.queue import JobSnapshot
from recsys.jobs.trainings import data_of_demo, forget
from recsys.wording import Message
from recsys.workspace import Entry, Space, read_content
from recsys.workspace.names import RUN
from ui import cache
from ui.shell import state
from ui.shell.frame import PageContext

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import TrainingPlan

KINDS = ("train", "demo")
"""Kinds of jobs that train: a training started on Train, and Home's demo, which first loads the sample."""
_AWAITED = "train_awaited"  # in the session: ids of jobs that it has started or seen running, and whose end it awaits


@dataclass(frozen=True, eq=False)
class Training:
    """An entry of kind "training", read."""

    entry: Entry
    plan: TrainingPlan
    dataset_id: str


def start(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> str:
    """Saves a plan and queues its training. Returns the id of job and entry."""
    plan = replace(plan, name=plan.name.strip() or new_run_name(page.space, dataset))
    content = {"plan": plan.to_json(), "dataset": page.dataset_id}
    entry = page.space.save_json("training", plan.name, content)
    try:
        return launch(page, entry.id)
    except StudioError:
        forget(page.space, entry.id)
        raise


def new_run_name(space: Space, dataset: Dataset) -> str:
    """A name that no run and no training has, also none in the trash, which may be restored."""
    runs = space.entries("run")
    taken = {entry.name for entry in (*runs, *space.entries("training"), *space.trash())}
    names = (str(Message(RUN, number=number, data=dataset.name))[:100] for number in count(len(runs) + 1))
    return next(name for name in names if name not in taken)


def launch(page: PageContext, entry_id: str) -> str:
    """Queues a saved training: from its beginning, or from its last finished epoch."""
    training = read(page.space, entry_id)
    dataset = cache.open_dataset(str(state.workspace().find(training.dataset_id, "dataset")[1]))
    job = describe(page.space, training)
    label = Message("training {name}", name=training.entry.label)
    return submit(page, job, label, job.key(dataset.fingerprint))


def submit(page: PageContext, job: JobDescription, label: str, key: str) -> str:
    """Queues a job of `KINDS`, whose end this session awaits. Returns its id."""
    _awaited().add(job.id)
    return page.jobs.submit(page.space.id, job.kind, label, job, job_id=job.id, key=key)


def describe(space: Space, training: Training) -> JobDescription:
    """The job of a saved training, which has its id."""
    settings = {"plan": replace(training.plan, name="").to_json(), "name": training.plan.name}
    return JobDescription(training.entry.id, "train", space.id, dataset=training.dataset_id, settings=settings)


def read(space: Space, entry_id: str) -> Training:
    """A saved training. Raises UnknownIdError, ArtifactError."""
    from recsys.runs import TrainingPlan

    entry = space.get(entry_id)
    content = read_content(space.path(entry_id))
    try:
        return Training(entry, TrainingPlan.from_json(content["plan"]), str(content["dataset"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            Message("the training “{name}”", name=entry.label), "is damaged", type(error).__name__, "Discard it."
        ) from error


def current(page: PageContext, without: Collection[str] = ()) -> JobSnapshot | None:
    """The training (or demo) in the URL, else the one of this space that is running or waiting; None without one.

    One that has ended well counts once, and only in a session that has awaited its end: whoever comes back to its URL
    stays there, with the run that is open.

    Args:
        without: ids of jobs that do not count.
    """
    jobs = [job for job in page.jobs.of(page.space.id) if job.kind in KINDS]
    awaited = _awaited()
    awaited |= {job.id for job in jobs if job.active}
    jobs = [job for job in jobs if job.id not in without]
    ended = {job.id for job in jobs if job.state == "done"} - awaited
    wanted = next((job for job in jobs if job.id == page.view.job and job.id not in ended), None)
    return wanted or next((job for job in jobs if job.active), None)


def on_other_data(page: PageContext) -> list[str]:
    """The ids of this space's trainings that run, wait, are in the URL or are awaited, on data that are not open."""
    counted = {page.view.job} | _awaited()
    jobs = [job for job in page.jobs.of(page.space.id) if job.kind in KINDS and (job.active or job.id in counted)]
    return [job.id for job in jobs if data_of(page, job) not in ("", page.dataset_id)]


def data_of(page: PageContext, job: JobSnapshot) -> str:
    """The id of the data that a job trains on; "" while a demo has not saved them, and of a discarded training."""
    if job.state == "done":
        return str(job.result["dataset"])
    if job.kind == "demo":
        return data_of_demo(job.id, state.workspace())
    try:
        return read(page.space, job.id).dataset_id
    except StudioError:
        return ""


def link_params(page: PageContext, job: JobSnapshot) -> dict[str, str]:
    """The query parameters of a link to Train that opens a job's data and shows the job."""
    data = data_of(page, job)
    if data in ("", page.dataset_id):
        return page.params()
    return replace(page.view, dataset=data, job=job.id, run="", target="", source="").link_params()


def take_end(job: JobSnapshot) -> dict[str, str]:
    """What a job that has ended well changes in the view: its run is open. The session awaits it no longer."""
    _awaited().discard(job.id)
    return {"run": job.result["run"], "dataset": job.result["dataset"], "job": ""}


def awaits(job_id: str) -> bool:
    """Whether this session awaits the end of a job."""
    return job_id in _awaited()


def _awaited() -> set[str]:
    awaited: set[str] = st.session_state.setdefault(_AWAITED, set())
    return awaited


def unfinished(page: PageContext) -> list[Entry]:
    """Saved trainings that are not running: stopped, failed, or cut off by a restart. Newest first."""
    busy = {job.id for job in page.jobs.of(page.space.id) if job.active}
    return [entry for entry in page.space.entries("training") if entry.id not in busy]


def has_checkpoint(space: Space, entry_id: str) -> bool:
    """Whether at least one epoch of a saved training is on disk."""
    try:
        return any((space.path(entry_id) / "checkpoint").glob("*"))
    except UnknownIdError:  # discarded meanwhile
        return False
