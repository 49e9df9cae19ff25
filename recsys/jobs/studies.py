"""The work of the job that studies whether transfer helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.data.dataset import Dataset
from recsys.data.repeats import LEAVE_OUT
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.wording import Message
from recsys.workspace import Workspace
from recsys.workspace.names import STUDY
from recsys.workspace.sample_run import run_folder


def study(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Runs the study on the data of a run, saves it, and returns its id. One that was stopped or killed continues.

    The settings are "axis" and, for two scenarios of that axis, "scenarios".
    """
    from recsys.evaluation.study.parts import STUDY_PARTS
    from recsys.evaluation.study.transfer_study import transfer_study
    from recsys.runs.storage import load_run_data

    data = load_run_data(run_folder(job.run, workspace))
    axis, chosen = str(job.settings["axis"]), tuple(job.settings.get("scenarios", ()))
    between = (str(chosen[0]), str(chosen[1])) if chosen else None
    space = workspace.space(job.space)
    keep = space.folder / STUDY_PARTS
    found = transfer_study(data, axis, scenarios=between, keep=keep, progress=progress)
    meta = {
        "fingerprint": data.fingerprint,
        "axis": axis,
        "scenarios": chosen or found.scenarios,
        "level": found.level,
        "repeats": data.repeats.text,
    }
    return space.save_json("study", Message(STUDY, axis=axis), found.to_json(), meta).id


def data_key(dataset: Dataset) -> tuple[str, ...]:
    """What a study depends on beside its settings: the data, and the rule for already chosen items where it is another
    than to leave them out."""
    return (dataset.fingerprint, *([dataset.repeats.text] if dataset.repeats.allows else []))


def is_of_data(meta: Mapping[str, Any], dataset: Dataset) -> bool:
    """Whether a saved study is of this data under the same rule; those of earlier versions leave chosen items out."""
    return dataset.matches(str(meta.get("fingerprint"))) and meta.get("repeats", LEAVE_OUT.text) == dataset.repeats.text
