"""Background jobs: a bounded pool with a fair queue, frozen snapshots, and stop.

A job is a `JobDescription`, which the queue's runner performs somewhere. Its work reports through `progress(fraction,
message, **details)`, which raises when a stop was requested. Owners never see each other's jobs: every call names the
owner. An ended job keeps its texts and a small result (ids and numbers), never what it was told to do; to retry, submit
new work under its id.

Equal work is done once: jobs of any owner that name the same `key` show the progress of the one that runs, and then
find its result in `progress.equal_result`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Number
from typing import Any

from recsys.errors import StudioError, UnknownIdError
from recsys.jobs.description import JobDescription
from recsys.jobs.progress import JobStopped, Progress, Report
from recsys.jobs.runner import JobRunner
from recsys.wording import Message

log = logging.getLogger(__name__)

ACTIVE = ("queued", "running")
MAX_RESULT = 1_000  # characters and values in a result, together


@dataclass(frozen=True)
class JobSnapshot:
    """The state of a job at one moment.

    Attributes:
        state: "queued", "running", "done", "stopped" or "failed".
        position: place in the queue, 1 = next; 0 when not queued.
        fraction: 0 … 1 of the work done.
        details: the last reported details, for display (numbers, small tuples).
        seconds: run time so far. seconds_left: estimate, None while unknown.
        error: a sentence for the user when failed. unexpected: whether the cause is a defect (traceback in the log).
        result: the return value of the work when done: ids and numbers.
    """

    id: str
    owner: str
    kind: str
    label: str
    state: str
    position: int = 0
    fraction: float = 0.0
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    seconds_left: float | None = None
    error: str | None = None
    unexpected: bool = False
    result: Any = None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


class _Job:
    def __init__(self, job_id: str, owner: str, kind: str, label: str, work: JobDescription, key: str) -> None:
        self.id, self.owner, self.kind, self.label, self.key = job_id, owner, kind, label, key
        self.work: JobDescription | None = work  # None once the job has ended
        self.state, self.result = "queued", None
        self.error: str | None = None
        self.unexpected = False
        self.started = self.ended = 0.0
        self.stop = threading.Event()
        self.finished = threading.Event()
        self.report = Report()

    def receive(self, report: Report) -> None:
        """Replaced as a whole, so that a reader in another thread never sees half a report."""
        self.report = report

    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started if self.started else 0.0


class JobQueue:
    """Runs at most `workers` jobs at once.

    A free worker takes the oldest waiting job of the owner whose last job started least recently, so that eight
    trainings of one user do not delay thirty others.

    Args:
        runner: performs the jobs.
        workers: number of jobs that run at once.
        exclusive: kinds of which, taken together, only `trainings` jobs run at once (they would slow each other down).
        keep: number of ended jobs remembered; the oldest are forgotten first.
        max_active: jobs one owner may have waiting or running at once.
        slots: is asked how many trainings may run at once where that changes, as on a cluster, in place of `trainings`;
            one job more may run beside them.
    """

    def __init__(
        self,
        runner: JobRunner,
        workers: int = 2,
        exclusive: tuple[str, ...] = ("train", "demo"),
        keep: int = 200,
        max_active: int = 8,
        trainings: int = 1,
        slots: Callable[[], int] | None = None,
    ) -> None:
        self.workers, self.exclusive, self.keep, self.max_active = workers, exclusive, keep, max_active
        self.trainings, self.runner, self.slots = trainings, runner, slots
        self._jobs: dict[str, _Job] = {}
        self._turns: dict[str, int] = {}
        self._turn = 0
        self._joined: dict[str, str] = {}
        self._results: dict[str, Any] = {}  # by key, the newest last
        self._lock = threading.RLock()

    def submit(
        self, owner: str, kind: str, label: str, work: JobDescription, job_id: str | None = None, key: str = ""
    ) -> str:
        """Queues a job, returns its id (given, or the description's).

        Args:
            key: of everything that the result depends on, the data included; "" for work that no other job is equal
                to.

        Raises:
            StudioError: the owner has too many jobs, or the job of this id has not ended.
            UnknownIdError: the job of this id belongs to another owner.
        """
        with self._lock:
            owner = self._resolve(owner)
            self._refuse_active(job_id, owner)
            active = sum(job.owner == owner and job.state in ACTIVE for job in self._jobs.values())
            if active >= self.max_active:
                raise StudioError(
                    "your jobs", Message("must be at most {n} at once", n=self.max_active), active, "Stop one, or wait."
                )
            job = _Job(job_id or work.id, owner, kind, label, work, key)
            self._jobs.pop(job.id, None)
            self._jobs[job.id] = job
            self._forget_old()
        self.dispatch()
        return job.id

    def ensure(self, owner: str, kind: str, label: str, work: JobDescription, job_id: str, key: str = "") -> str:
        """`submit`, unless the job of this id is waiting or running (started from another tab). Returns the id."""
        with self._lock:
            known = self._jobs.get(job_id)
            if known is not None and known.owner == self._resolve(owner) and known.state in ACTIVE:
                return job_id
            return self.submit(owner, kind, label, work, job_id, key)

    def result_of(self, key: str) -> Any:
        """What a job of this key has returned, perhaps of another owner; None where none has ended well."""
        return self._results.get(key)

    def snapshot(self, job_id: str, owner: str) -> JobSnapshot:
        """The job as it is now. Raises UnknownIdError when it is unknown or belongs to another owner."""
        with self._lock:
            return self._view(self._get(job_id, owner))

    def of(self, owner: str) -> tuple[JobSnapshot, ...]:
        """All remembered jobs of one owner, newest first."""
        with self._lock:
            owner = self._resolve(owner)
            return tuple(self._view(job) for job in reversed(self._jobs.values()) if job.owner == owner)

    def on_dataset(self, dataset: str) -> set[str]:
        """The ids of the jobs, of any owner, that wait or run and work on a saved dataset."""
        with self._lock:
            works = {job.id: job.work for job in self._jobs.values()}
            return {job for job, work in works.items() if work is not None and work.dataset == dataset}

    def join(self, old: str, new: str) -> None:
        """Joins two owners: the jobs of both belong to `new`, and both names mean it from now on."""
        with self._lock:
            old, new = self._resolve(old), self._resolve(new)
            if old == new:
                return
            self._joined[old] = new
            for job in self._jobs.values():
                job.owner = new if job.owner == old else job.owner

    def stop(self, job_id: str, owner: str) -> None:
        """Requests a stop: immediate while queued, at the next report while running."""
        with self._lock:
            job = self._get(job_id, owner)
            job.stop.set()
            if job.state == "queued":
                self._end(job, "stopped")

    def wait(self, job_id: str, owner: str, timeout: float | None = None) -> JobSnapshot:
        """Blocks until the job has ended, or `timeout` seconds have passed."""
        with self._lock:
            job = self._get(job_id, owner)
        job.finished.wait(timeout)
        return self.snapshot(job_id, owner)

    def _resolve(self, owner: str) -> str:
        while owner in self._joined:
            owner = self._joined[owner]
        return owner

    def _get(self, job_id: str, owner: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None or job.owner != self._resolve(owner):
            raise UnknownIdError("the job", "must be one of yours", job_id, "Start it again.")
        return job

    def _refuse_active(self, job_id: str | None, owner: str) -> None:
        if job_id in self._jobs and (job := self._get(job_id, owner)).state in ACTIVE:
            raise StudioError(
                Message("“{label}”", label=job.label),
                "is already waiting or running",
                job.state,
                "Wait for it, or stop it.",
            )

    def _waiting(self) -> list[_Job]:
        """Queued jobs in the order they will start: first those whose result is there already; then owners take turns,
        each owner's jobs stay in order."""
        seen: dict[str, int] = {}
        ranked = []
        for order, job in enumerate(self._jobs.values()):
            if job.state == "queued":
                round_ = seen[job.owner] = seen.get(job.owner, -1) + 1
                ranked.append((job.key not in self._results, round_, self._turns.get(job.owner, 0), order, job))
        return [job for *_, job in sorted(ranked, key=lambda entry: entry[:4])]

    def dispatch(self) -> None:
        """Starts waiting jobs as far as they may run: at each submit and end, and when a cluster has grown."""
        with self._lock:
            if self.slots is not None:
                self.trainings = max(1, self.slots())
                self.workers = self.trainings + 1
            running = [job for job in self._jobs.values() if job.state == "running"]
            for job in self._waiting():
                if len(running) >= self.workers:
                    return
                if job.key not in self._results and self._must_wait(job, running):
                    continue
                self._turn += 1
                self._turns[job.owner] = self._turn
                job.state, job.started = "running", time.monotonic()
                log.info("job started", extra={"fields": {"job": job.id[:8], "kind": job.kind}})
                running.append(job)
                threading.Thread(target=self._run, args=(job,), name=f"job-{job.kind}-{job.id}", daemon=True).start()

    def _must_wait(self, job: _Job, running: list[_Job]) -> bool:
        """Whether equal work is running, or as many jobs of the exclusive kinds as may."""
        if job.key and any(other.key == job.key for other in running):
            return True
        return job.kind in self.exclusive and sum(one.kind in self.exclusive for one in running) >= self.trainings

    def _run(self, job: _Job) -> None:
        try:
            assert job.work is not None
            progress = Progress(job.receive, job.stop, self._results.get(job.key))
            job.result = _check_result(self.runner.run(job.work, progress))
            state = "done"
        except JobStopped:
            state = "stopped"
        except StudioError as error:
            state, job.error = "failed", error.message
        except BaseException:  # the thread ends here: an error that is not recorded now is lost
            log.exception("job %s (%s) failed", job.id, job.kind)
            state, job.unexpected = "failed", True
            job.error = Message("Something unexpected happened; the log has it under {job}.", job=job.id[:8])
        with self._lock:
            if job.key and state == "done" and not job.stop.is_set():
                self._results[job.key] = job.result
                while len(self._results) > self.keep:
                    del self._results[next(iter(self._results))]
            self._end(job, state)
        self.dispatch()

    def _end(self, job: _Job, state: str) -> None:
        job.state, job.ended, job.work = state, time.monotonic(), None
        fields = {"job": job.id[:8], "kind": job.kind, "state": state, "seconds": round(job.seconds(), 1)}
        log.info("job ended", extra={"fields": fields})
        job.finished.set()

    def _view(self, job: _Job) -> JobSnapshot:
        if job.state == "queued" and job.key:
            for other in self._jobs.values():
                if other.key == job.key and other.state == "running":
                    shared = self._view(other)
                    return replace(shared, id=job.id, owner=job.owner, kind=job.kind, label=job.label)
        report, left = job.report, job.report.seconds_left
        if left is None and job.state == "running" and report.fraction > 0.02:
            left = job.seconds() * (1 - report.fraction) / report.fraction
        waiting = self._waiting() if job.state == "queued" else []
        return JobSnapshot(
            id=job.id,
            owner=job.owner,
            kind=job.kind,
            label=job.label,
            state=job.state,
            position=waiting.index(job) + 1 if job in waiting else 0,
            fraction=1.0 if job.state == "done" else report.fraction,
            message=report.message,
            details=report.details,
            seconds=job.seconds(),
            seconds_left=left if job.state == "running" else None,
            error=job.error,
            unexpected=job.unexpected,
            result=job.result,
        )

    def _forget_old(self) -> None:
        ended = [job.id for job in self._jobs.values() if job.state not in ACTIVE]
        for job_id in ended[: max(0, len(ended) - self.keep)]:
            del self._jobs[job_id]


def _check_result(result: Any) -> Any:
    """Returns the result if it consists of ids and numbers. Raises TypeError for anything that would hold memory."""
    if _size(result) > MAX_RESULT:
        raise TypeError(f"a job must return ids and numbers, not {type(result).__name__}")
    return result


def _size(value: Any) -> float:
    """Number of characters and values in a result; infinite when it holds anything but text, numbers and containers."""
    if value is None or isinstance(value, Number):
        return 1
    if isinstance(value, str):
        return 1 + len(value)
    if isinstance(value, tuple | list):
        return 1 + sum(map(_size, value))
    if isinstance(value, dict):
        return 1 + sum(_size(part) for pair in value.items() for part in pair)
    return float("inf")
