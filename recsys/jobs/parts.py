"""Jobs whose work has parts that can be done side by side, each as a job of its own.

The result of a part stays on disk, where the whole job finds it and does the rest. A whole job that finds no parts does
everything itself, with the same result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import take_result
from recsys.jobs.progress import Progress, Report
from recsys.workspace import Workspace

PARTS = {
    "study": ("recsys.jobs.studies:folds", 0.8),
    "seeds": ("recsys.jobs.evaluations:single_seeds", 0.8),
    "lists": ("recsys.jobs.lists:parts_of_lists", 0.8),
    "tune": ("recsys.jobs.searches:parts_of_search", 0.5),
}
"""For each kind with parts `module:function`, where `function(job, workspace)` returns the jobs, and the share of the
progress bar that is theirs."""


def parts_of(job: JobDescription, workspace: Workspace) -> tuple[JobDescription, ...]:
    """The parts of a job; () where it has none."""
    if job.kind not in PARTS:
        return ()
    module, name = PARTS[job.kind][0].split(":")
    return tuple(getattr(import_module(module), name)(job, workspace))


def run_with_parts(
    job: JobDescription,
    workspace: Workspace,
    progress: Progress,
    run: Callable[[JobDescription, Progress], Any],
    at_once: int | None = None,
) -> Any:
    """Runs the parts of a job side by side and then the job itself; returns its result. See `run_parts`.

    Where an equal job has a result already, no part is run.
    """
    try:
        if progress.equal_result is None:
            run_parts(job, workspace, progress, run, at_once)
    except BaseException:
        take_result(job, workspace)
        raise
    return run(job, progress)


def run_parts(
    job: JobDescription,
    workspace: Workspace,
    progress: Progress,
    run: Callable[[JobDescription, Progress], Any],
    at_once: int | None = None,
) -> None:
    """Runs the parts of a job at the same time; a report of a part is one of the job.

    Args:
        run: of a `JobRunner`.
        at_once: how many parts; all if None.

    Raises:
        StudioError, Exception: of the first part that failed; the others are stopped then.
    """
    parts = parts_of(job, workspace)
    if len(parts) < 2:
        return
    shared = _Shared(progress, len(parts), PARTS[job.kind][1])
    with ThreadPoolExecutor(at_once or len(parts), f"parts-of-{job.id[:8]}") as threads:
        for number, part in enumerate(parts):
            threads.submit(shared.run, number, part, run)
    if shared.error is not None:
        raise shared.error


class _Shared:
    """What the parts of a job share: its progress, and the request to stop."""

    def __init__(self, whole: Progress, count: int, share: float) -> None:
        self.whole, self.stop, self.share = whole, _Either(whole), share
        self.error: BaseException | None = None  # the first one
        self._fractions = [0.0] * count
        self._lock = threading.Lock()

    def run(self, number: int, part: JobDescription, run: Callable[[JobDescription, Progress], Any]) -> None:
        """Runs a part; when it fails, the others are stopped."""

        def receive(report: Report) -> None:
            self._receive(number, report)

        try:
            run(part, Progress(receive, self.stop))
        except BaseException as error:
            with self._lock:
                self.error = self.error or error
            self.stop.set()
            raise
        self._receive(number, Report(1.0, self.whole.newest.message))

    def _receive(self, number: int, report: Report) -> None:
        with self._lock:
            self._fractions[number] = report.fraction
            fraction = self.share * sum(self._fractions) / len(self._fractions)
            details: Mapping[str, Any] = report.details
            self.whole.relay(fraction, report.message, None, details)


class _Either(threading.Event):
    """Set when the whole job is asked to stop, too."""

    def __init__(self, whole: Progress) -> None:
        super().__init__()
        self._whole = whole

    def is_set(self) -> bool:
        return super().is_set() or self._whole.stopping
