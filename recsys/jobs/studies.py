"""The work of the job that studies whether transfer helps."""

from __future__ import annotations

from pathlib import Path

from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.workspace import Workspace

SAMPLE_RUN = "sample"
"""The id of the small run that ships with the sample, in links and descriptions."""


def study(job: JobDescription, workspace: Workspace, progress: Progress) -> str:
    """Runs the study on the data of a run, saves it, and returns its id.

    The settings are "axis" and, for two scenarios of that axis, "scenarios".
    """
    from recsys.data.storage import load_dataset
    from recsys.evaluation.study.transfer_study import transfer_study

    data = load_dataset(run_folder(job.run, workspace) / "data")
    axis, chosen = str(job.settings["axis"]), tuple(job.settings.get("scenarios", ()))
    between = (str(chosen[0]), str(chosen[1])) if chosen else None
    found = transfer_study(data, axis, scenarios=between, progress=progress)
    meta = {
        "fingerprint": data.fingerprint,
        "axis": axis,
        "scenarios": chosen or found.scenarios,
        "level": found.level,
    }
    space = workspace.space(job.space)
    return space.save_json("study", f"Does {axis} transfer help?", found.to_json(), meta).id


def run_folder(run_id: str, workspace: Workspace) -> Path:
    """The folder of a run: a saved one, or the sample's. Raises UnknownIdError."""
    from recsys.data.samples import FOLDER

    if run_id == SAMPLE_RUN and (FOLDER / "run").is_dir():
        return FOLDER / "run"
    return workspace.find(run_id, "run")[1]
