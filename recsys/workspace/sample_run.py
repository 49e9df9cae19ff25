"""The small run that ships with the sample: anyone may open it, under the id "sample" in place of a saved one."""

from __future__ import annotations

from pathlib import Path

from recsys.workspace.spaces import Workspace

SAMPLE_RUN = "sample"  # in links and in descriptions of jobs
SAMPLE_RUN_FOLDER = Path(__file__).resolve().parents[2] / "sample_data" / "run"


def sample_run() -> Path | None:
    """The folder of the sample's run; None where it was not installed."""
    return SAMPLE_RUN_FOLDER if SAMPLE_RUN_FOLDER.is_dir() else None


def run_folder(run_id: str, workspace: Workspace) -> Path:
    """The folder of a run: a saved one, or the sample's. Raises UnknownIdError, ArtifactError."""
    sample = sample_run() if run_id == SAMPLE_RUN else None
    return sample or workspace.find(run_id, "run")[1]
