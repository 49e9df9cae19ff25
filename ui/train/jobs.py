"""Trainings as jobs: on disk from the start, so that a restart or a stop never loses more than an epoch.

A training is saved as an entry of kind "training" (its plan and data, and later its checkpoint). The job has the same
id, which is also in the URL; when it has ended well, the entry goes and a run stays.
"""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from recsys.charts.style import format_number
from recsys.errors import ArtifactError, StudioError, UnknownIdError
from recsys.jobs.queue import JobSnapshot, Progress
from recsys.workspace import Entry, Space, read_content
from ui import cache
from ui.shell import state
from ui.shell.frame import PageContext

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import Run, TrainingPlan

KINDS = ("train", "demo")
"""Kinds of jobs that train: a training started on Train, and Home's demo, which first loads the sample."""


class Trained(NamedTuple):
    """What a job of either kind returns: ids of the saved run and of the dataset that it was trained on."""

    run: str
    dataset: str


@dataclass(frozen=True, eq=False)
class Training:
    """An entry of kind "training", read."""

    entry: Entry
    plan: TrainingPlan
    dataset_id: str


def start(page: PageContext, dataset: Dataset, plan: TrainingPlan) -> str:
    """Saves a plan and queues its training. Returns the id of job and entry."""
    plan = replace(plan, name=plan.name or f"Run {len(page.space.entries('run')) + 1} on {dataset.name}"[:100])
    content = {"plan": plan.to_json(), "dataset": page.dataset_id}
    entry = page.space.save_json("training", plan.name, content)
    try:
        return launch(page, entry.id)
    except StudioError:
        forget(page.space, entry.id)
        raise


def launch(page: PageContext, entry_id: str) -> str:
    """Queues a saved training: from its beginning, or from its last finished epoch."""
    training, space = read(page.space, entry_id), page.space
    dataset = cache.open_dataset(str(state.workspace().find(training.dataset_id, "dataset")[1]))

    def work(progress: Progress) -> Trained:
        return run_training(space, training, dataset, progress)

    label, key = f"training {training.entry.name}", work_key(dataset, training.plan)
    return page.jobs.submit(space.id, "train", label, work, job_id=entry_id, key=key)


def work_key(dataset: Dataset, plan: TrainingPlan) -> str:
    """What a training depends on: equal trainings, of whomever, run once."""
    return json.dumps([dataset.fingerprint, replace(plan, name="").to_json()], sort_keys=True)


def read(space: Space, entry_id: str) -> Training:
    """A saved training. Raises UnknownIdError, ArtifactError."""
    from recsys.runs import TrainingPlan

    entry = space.get(entry_id)
    content = read_content(space.path(entry_id))
    try:
        return Training(entry, TrainingPlan.from_json(content["plan"]), str(content["dataset"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the training “{entry.name}”", "is damaged", type(error).__name__, "Discard it."
        ) from error


def run_training(space: Space, training: Training, dataset: Dataset, progress: Progress) -> Trained:
    """The work of the job: trains and saves the run."""
    from recsys.runs import execute

    plan, entry_id = training.plan, training.entry.id
    if equal := equal_run(progress):
        saved = space.save_run(copied(equal, plan.name), dataset, run_meta(equal, training.dataset_id))
        forget(space, entry_id)
        return Trained(saved.id, training.dataset_id)
    # Two threads that let go of the interpreter while they compute: pages still answer (benchmarks/response_time.py).
    checkpoint = space.path(entry_id) / "checkpoint"
    run = execute(dataset, plan, checkpoint=checkpoint, threads=2, report=progress)
    saved = space.save_run(run, dataset, run_meta(run, training.dataset_id))
    if progress.stopping and not run.config.get("problem"):
        space.rename(saved.id, f"{saved.name} (stopped after epoch {len(run.reports)})")
    else:
        forget(space, entry_id)
    return Trained(saved.id, training.dataset_id)


def equal_run(progress: Progress) -> Run | None:
    """The run that an equal training has just saved; None without one, or where it is deleted already."""
    if progress.equal_result is None:
        return None
    try:
        return cache.open_run(str(state.workspace().find(progress.equal_result.run, "run")[1]))[0]
    except StudioError:
        return None


def copied(run: Run, name: str) -> Run:
    """The run as one of its own, with another name."""
    return replace(run, id=secrets.token_hex(12), name=name)


def run_meta(run: Run, dataset_id: str) -> dict[str, Any]:
    """What lists and the menu show of a run."""
    quality = run.validation.get(run.model.name, {}).get("ndcg@10")
    return {"number": "" if quality is None else format_number(quality), "dataset": dataset_id}


def current(page: PageContext) -> JobSnapshot | None:
    """The training (or demo) in the URL, else the one of this space that is running or waiting; None without one."""
    jobs = [job for job in page.jobs.of(page.space.id) if job.kind in KINDS]
    wanted = next((job for job in jobs if job.id == page.view.job), None)
    return wanted or next((job for job in jobs if job.active), None)


def unfinished(page: PageContext) -> list[Entry]:
    """Saved trainings that are not running: stopped, failed, or cut off by a restart. Newest first."""
    busy = {job.id for job in page.jobs.of(page.space.id) if job.active}
    return [entry for entry in page.space.entries("training") if entry.id not in busy]


def has_checkpoint(space: Space, entry_id: str) -> bool:
    """Whether at least one epoch of a saved training is on disk."""
    return any((space.path(entry_id) / "checkpoint").glob("*"))


def forget(space: Space, entry_id: str) -> None:
    """Deletes a saved training for good; its run stays."""
    try:
        space.delete(entry_id)
    except UnknownIdError:
        return
    shutil.rmtree(space.folder / "trash" / entry_id, ignore_errors=True)
