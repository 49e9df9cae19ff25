"""Where jobs run: one protocol; here in the calling thread, in `recsys.jobs.processes` in worker processes.

Data travels through the workspace on disk, results come back on disk, and only small reports travel as messages. An
implementation on several machines therefore needs a shared workspace, and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from recsys.jobs.description import JobDescription, read_description
from recsys.jobs.kinds import job_folder, perform, take_result, write_description
from recsys.jobs.progress import Progress, Report
from recsys.workspace import Workspace


class JobRunner(Protocol):
    """Runs described jobs; several threads may call it at once."""

    def run(self, job: JobDescription, progress: Progress) -> Any:
        """Runs a job to its end, in the time of the caller. Returns its result: JSON values, ids and numbers.

        Raises:
            JobStopped: a stop was requested, and the work had nothing to keep.
            StudioError: the work, or the place where it ran, failed in a way that its user can act on.
            Exception: a defect.
        """
        ...

    def prepare(self) -> None:
        """Gets ready for a first job, so that it starts sooner."""
        ...

    def close(self) -> None:
        """Ends what was started; running jobs are lost."""
        ...


class ThreadRunner:
    """Runs a job in the thread that asks for it: for tests and for small work."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def run(self, job: JobDescription, progress: Progress) -> Any:
        """See `JobRunner`."""
        write_description(job, self.workspace)
        try:
            perform(job, self.workspace, progress)
        finally:
            result = take_result(job, self.workspace)
        return result

    def prepare(self) -> None:
        """Nothing is started for a job."""

    def close(self) -> None:
        """Nothing was started."""


def run_file(file: Path, home: Path, tell: Callable[[float, str], object] | None = None) -> dict[str, Any]:
    """Runs the job that a file describes, in this thread; its result stays in the job's folder.

    Args:
        home: folder of the workspace; a server may have it open.
        tell: is given the fraction and the message of each report.

    Raises:
        StudioError: the file is damaged, or what the work raises.
    """
    job, workspace = read_description(file), Workspace(home, repair=False)

    def receive(report: Report) -> None:
        if tell is not None:
            tell(report.fraction, report.message)

    result = perform(job, workspace, Progress(receive, threading.Event()))
    return {
        "job": job.id,
        "kind": job.kind,
        "result": result,
        "file": str(job_folder(job.id, workspace) / "result.json"),
    }
