"""The work of the job that studies whether transfer helps."""

from __future__ import annotations

from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.workspace import Workspace
from recsys.workspace.sample_run import run_folder


def study(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Runs the study on the data of a run, saves it, and returns its id. One that was stopped or killed continues.

    The settings are "axis" and, for two scenarios of that axis, "scenarios".
    """
    from recsys.data.storage import load_dataset
    from recsys.evaluation.study.parts import STUDY_PARTS
    from recsys.evaluation.study.transfer_study import transfer_study

    data = load_dataset(run_folder(job.run, workspace) / "data")
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
    }
    return space.save_json("study", f"Does {axis} transfer help?", found.to_json(), meta).id
