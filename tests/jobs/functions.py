"""Jobs that are functions, for tests of what the queue does with any job: `queue_of_functions()` and `submit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recsys.jobs.description import JobDescription
from recsys.jobs.progress import Progress
from recsys.jobs.queue import JobQueue
from recsys.jobs.runner import JobRunner
from recsys.workspace import new_id

Function = Callable[[Progress], Any]


class FunctionRunner:
    """Calls the function of a job in the thread of the queue; jobs without one are performed by the `other` runner."""

    def __init__(self, other: JobRunner | None = None) -> None:
        self.other, self.functions = other, dict[str, Function]()

    def run(self, job: JobDescription, progress: Progress) -> Any:
        if job.id in self.functions:
            return self.functions.pop(job.id)(progress)
        assert self.other is not None
        return self.other.run(job, progress)

    def prepare(self) -> None:
        """Nothing is started."""

    def close(self) -> None:
        """Nothing was started."""


def queue_of_functions(**options: Any) -> JobQueue:
    return JobQueue(runner=FunctionRunner(), **options)


def described(queue: JobQueue, function: Function, job_id: str | None = None) -> JobDescription:
    """The job that a queue does by calling a function."""
    if not isinstance(queue.runner, FunctionRunner):
        queue.runner = FunctionRunner(queue.runner)
    job = JobDescription(job_id or new_id(), "function", "a" * 32)
    queue.runner.functions[job.id] = function
    return job


def submit(
    queue: JobQueue, owner: str, kind: str, label: str, function: Function, job_id: str | None = None, key: str = ""
) -> str:
    """`JobQueue.submit` of a function."""
    job = described(queue, function, job_id)
    return queue.submit(owner, kind, label, job, job.id, key)
