"""The kinds of described jobs, their work, and the folder that a job has while it runs.

    root/jobs/<job>/job.json        the description
    root/jobs/<job>/result.json     what the work returned
    root/jobs/<job>/…               what the work keeps meanwhile, such as a checkpoint

The folder goes when the job has ended, and what a killed server left goes at its next start.
"""

from __future__ import annotations

import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from recsys.errors import InputError, StudioError
from recsys.files import replace_file
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.jobs.values import is_kept
from recsys.wording import Message
from recsys.workspace import Workspace

KINDS = {
    "train": "recsys.jobs.trainings:train",
    "demo": "recsys.jobs.trainings:demo",
    "estimate": "recsys.jobs.trainings:estimate_training",
    "study": "recsys.jobs.studies:study",
    "study part": "recsys.jobs.studies:study_part",
    "tune": "recsys.jobs.searches:tune",
    "tune part": "recsys.jobs.searches:tune_part",
    "seeds": "recsys.jobs.evaluations:seeds",
    "lists": "recsys.jobs.lists:lists",
    "lists part": "recsys.jobs.lists:lists_part",
    "protocol": "recsys.jobs.evaluations:protocol",
    "evaluate": "recsys.jobs.evaluations:evaluate",
    "alpha": "recsys.jobs.evaluations:alpha",
    "deletion": "recsys.jobs.evaluations:deletion",
    "map": "recsys.jobs.maps:draw_map",
}
"""`module:function` of each kind: `function(job, workspace, progress)` saves what it makes, and returns JSON values."""


def job_folder(job_id: str, workspace: Workspace) -> Path:
    """Where a job keeps its files while it runs."""
    return workspace.root / "jobs" / job_id


def write_description(job: JobDescription, workspace: Workspace) -> Path:
    """Writes a job's description into its folder. Returns the file."""
    file = job_folder(job.id, workspace) / "job.json"
    replace_file(file, json.dumps(job.to_json(), ensure_ascii=False, indent=1))
    return file


def perform(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Does the work of a job in this thread; returns its result and writes it into the job's folder.

    A large result that an equal job has left is the result of this one too.

    Raises:
        InputError: there is no such kind.
        StudioError: memory ran out, or what the work raises.
    """
    if job.kind not in KINDS:
        raise InputError("the kind of the job", Message("must be one of {names}", names=", ".join(KINDS)), job.kind)
    module, name = KINDS[job.kind].split(":")
    try:
        equal = is_kept(progress.equal_result, workspace)
        result = progress.equal_result if equal else getattr(import_module(module), name)(job, workspace, progress)
    except MemoryError as error:
        raise out_of_memory(job.kind) from error
    replace_file(job_folder(job.id, workspace) / "result.json", json.dumps(result))
    return result


def take_result(job: JobDescription, workspace: Workspace) -> Any:
    """The result that `perform` wrote, None where it did not end well. Removes the job's folder."""
    folder = job_folder(job.id, workspace)
    file = folder / "result.json"
    result = json.loads(file.read_text("utf-8")) if file.is_file() else None
    shutil.rmtree(folder, ignore_errors=True)
    return result


TRAINING_KINDS = ("train", "demo", "estimate", "study", "study part", "tune", "tune part", "seeds", "protocol")
"""Kinds whose work trains models: their memory depends on the settings of the training."""


def out_of_memory(kind: str, limit: float = 0) -> StudioError:
    """The error of a job that needs more memory than there is.

    Args:
        kind: of the job. limit: in bytes, where there is one.
    """
    if kind in TRAINING_KINDS:
        fix = Message(
            "Lower the batch size, the negative samples or the embedding size, or take less data; then try again."
        )
    else:
        fix = Message("Use a run with fewer users or items, or ask the operator for more memory; then try again.")
    if limit:
        rule = Message("must be at most {size:,.0f} MB, and more was needed", size=limit / 1e6)
    else:
        rule = Message("ran out")
    return StudioError("the memory of this job", rule, fix=fix)
