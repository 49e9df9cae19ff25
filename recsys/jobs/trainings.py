"""The work of jobs that train: a planned training, the demo on the sample, and the estimate before a training."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.charts.style import format_number
from recsys.errors import InputError, StudioError, UnknownIdError
from recsys.files import replace_file
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import job_folder
from recsys.jobs.progress import Progress
from recsys.models.table import MODEL_ON_DATA, model_label
from recsys.wording import Message
from recsys.workspace import Space, Workspace
from recsys.workspace.names import STOPPED

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs import Run, TrainingPlan

THREADS = 2  # the learner splits each batch into two halves


def train(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """Trains as planned and saves the run. Returns the ids of run and dataset.

    A saved training (an entry) of the job's id holds the checkpoint; it goes when the training has ended well.
    """
    from recsys.runs import execute

    space, plan = workspace.space(job.space), _plan(job)
    if saved := _copy_equal_run(job, workspace, progress):
        forget(space, job.id)
        return {"run": saved, "dataset": job.dataset}
    dataset = dataset_of(job, workspace)
    checkpoint = _checkpoint(job, workspace)
    run = execute(dataset, plan, checkpoint=checkpoint, threads=THREADS, report=progress)
    entry = space.save_run(run, dataset, run_meta(run, job.dataset))
    if progress.stopping and not run.config.get("problem"):
        space.rename(entry.id, Message(STOPPED, name=entry.name, epoch=len(run.reports)))
    else:
        forget(space, job.id)
    return {"run": entry.id, "dataset": job.dataset}


def demo(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, str]:
    """Saves the sample and a run trained on it. Returns the ids of both.

    The job's setting "language" is that of the sample's texts; without it, English.
    """
    from recsys.data.samples import load_sample
    from recsys.runs import train_run

    progress(0.01, Message("Reading the sample …"))
    space, folder = workspace.space(job.space), job_folder(job.id, workspace)
    dataset, note = load_sample("all", job.settings.get("language", "en")).dataset, _note_of_demo(job.id, workspace)
    if not note.is_file():  # else an earlier worker, which was lost, has saved it
        replace_file(note, space.save_dataset(dataset).id)
    data_id = note.read_text("utf-8")
    saved = _copy_equal_run(replace(job, dataset=data_id), workspace, progress)
    if not saved:
        run = train_run(
            dataset, holdout="last-one", threads=THREADS, checkpoint=folder / "checkpoint", progress=progress
        )
        saved = space.save_run(run, dataset, run_meta(run, data_id)).id
    return {"run": saved, "dataset": data_id}


def data_of_demo(job_id: str, workspace: Workspace) -> str:
    """The id of the sample that a demo trains on; "" before it has saved it."""
    note = _note_of_demo(job_id, workspace)
    return note.read_text("utf-8") if note.is_file() else ""


def _note_of_demo(job_id: str, workspace: Workspace) -> Path:
    return job_folder(job_id, workspace) / "dataset.txt"


def estimate_training(job: JobDescription, workspace: Workspace, progress: Progress) -> dict[str, float]:
    """Parameters, memory and time of a plan, from a probe of about two seconds, perhaps that of an equal job."""
    from recsys.models.table import FittedModel
    from recsys.models.training.loop import estimate

    if progress.equal_result is not None:
        return dict(progress.equal_result)
    plan = _plan(job)
    if isinstance(plan.model, FittedModel):
        raise InputError("the model", "must be one that is trained in epochs", plan.model.name)
    return asdict(estimate(dataset_of(job, workspace), plan.model, plan.train))


def run_meta(run: Run, dataset_id: str) -> dict[str, Any]:
    """What lists and the menu show of a run."""
    quality = run.validation.get(run.model.name, {}).get("ndcg@10")
    return {"number": "" if quality is None else format_number(quality), "dataset": dataset_id}


def forget(space: Space, entry_id: str) -> None:
    """Deletes a saved training for good; its run stays."""
    try:
        space.delete(entry_id)
    except UnknownIdError:
        return
    shutil.rmtree(space.folder / "trash" / entry_id, ignore_errors=True)


def _plan(job: JobDescription) -> TrainingPlan:
    from recsys.runs import TrainingPlan

    return replace(TrainingPlan.from_json(job.settings["plan"]), name=str(job.settings.get("name", "")))


def dataset_of(job: JobDescription, workspace: Workspace) -> Dataset:
    """The dataset that a job names, under the name that it has now. Raises UnknownIdError, ArtifactError."""
    from recsys.data.storage import load_dataset

    entry, folder = workspace.find(job.dataset, "dataset")
    return replace(load_dataset(folder), name=entry.name)


def _checkpoint(job: JobDescription, workspace: Workspace) -> Path:
    """In the saved training of this id; without one, in the job's own folder."""
    try:
        return workspace.space(job.space).path(job.id) / "checkpoint"
    except UnknownIdError:
        return job_folder(job.id, workspace) / "checkpoint"


def _copy_equal_run(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Copies the run of an equal training into the job's space: with another id, the job's own data, and the name that
    the job or the app gives, never the one that another owner gave.

    Returns the id of the copy; "" where there is no such run, or it is deleted already.
    """
    from recsys.runs import copy_run, read_card

    if progress.equal_result is None:
        return ""
    try:
        entry, source = workspace.find(str(progress.equal_result["run"]), "run")
        (named, data), meta = workspace.find(job.dataset, "dataset"), {**entry.meta, "dataset": job.dataset}
        default = Message(MODEL_ON_DATA, model=model_label(read_card(source).model), data=named.name)
        name = str(job.settings.get("name") or default)
        return workspace.space(job.space).save("run", name, lambda to: copy_run(source, to, name, data), meta).id
    except StudioError:
        return ""
