"""Jobs of the app, by hand: job."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from recsys.commands.steps import add_step, progress_of


def add(steps: Any) -> None:
    """Describes the command."""
    job = add_step(
        steps, "job", run_job, "run the job that a file describes, as a worker of the app does",
        "job job.json --home workspace --json",
    )  # fmt: skip
    job.add_argument("file", type=Path, metavar="FILE", help="job.json, written by the app or by hand")
    job.add_argument("--home", type=Path, default=Path("workspace"), metavar="DIR", help="the app's STUDIO_HOME")


def run_job(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `job`."""
    from recsys.jobs.runner import run_file

    return run_file(chosen.file, chosen.home, progress_of(chosen))
