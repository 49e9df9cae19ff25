"""Background jobs: a bounded pool of threads with a fair queue, frozen snapshots, and stop. No streamlit.

A job is a function `work(progress) -> result`. It reports through `progress(fraction, message, **details)`, which is
also where a requested stop arrives. People never see each other's jobs: every call names the owner. An ended job keeps
its words and a small result (ids and numbers), never the work or what the work held; to try again, submit new work
under its id.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Number
from types import MappingProxyType
from typing import Any

from recsys.errors import StudioError, UnknownIdError

log = logging.getLogger(__name__)

ACTIVE = ("queued", "running")
MAX_RESULT = 1_000  # characters and values in a result, together


class Stopped(StudioError):
    """Raised inside a job's work, by `progress`, once a stop has been asked for."""

    def __init__(self) -> None:
        super().__init__("the job", "was stopped")


@dataclass(frozen=True)
class JobSnapshot:
    """What is known of a job at one moment.

    Attributes:
        state: "queued", "running", "done", "stopped" or "failed".
        position: place in the queue, 1 = next; 0 when not queued.
        fraction: 0 … 1 of the work done.
        details: what the work reported last, for display (numbers, small tuples).
        seconds: run time so far. seconds_left: estimate, None while unknown.
        error: a text for people when failed. unexpected: whether it failed of a defect, whose traceback is in the log.
        result: what the work returned when done: ids and numbers.
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


class Progress:
    """Handed to a job's work: call it to report, read `stopping` to end well when a stop was asked for.

    Args:
        graceful: True when the work polls `stopping` itself and wants to end with a result; then calls do not raise.
    """

    def __init__(self, job: _Job) -> None:
        self._job = job
        self.graceful = False

    @property
    def stopping(self) -> bool:
        return self._job.stop.is_set()

    def __call__(self, fraction: float, message: str = "", **details: Any) -> None:
        if self.stopping and not self.graceful:
            raise Stopped
        job = self._job
        left = details.pop("seconds_left", None)
        job.report = (min(max(fraction, 0.0), 1.0), message, MappingProxyType({**job.report[2], **details}), left)


Work = Callable[[Progress], Any]


class _Job:
    def __init__(self, job_id: str, owner: str, kind: str, label: str, work: Work) -> None:
        self.id, self.owner, self.kind, self.label = job_id, owner, kind, label
        self.work: Work | None = work  # None once the job has ended: it holds datasets and models
        self.state, self.result = "queued", None
        self.error: str | None = None
        self.unexpected = False
        self.started = self.ended = 0.0
        self.stop = threading.Event()
        self.finished = threading.Event()
        # Replaced as one tuple, so that a reader in another thread never sees half a report.
        self.report: tuple[float, str, Mapping[str, Any], float | None] = (0.0, "", MappingProxyType({}), None)

    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started if self.started else 0.0


class JobQueue:
    """Runs jobs in at most `workers` threads.

    Fair: a free thread takes the oldest waiting job of the owner who has had a turn least recently, so that eight
    trainings of one person do not keep thirty others waiting.

    Args:
        workers: jobs that run at once.
        alone: kinds of which, taken together, only one job may run at a time (they would only slow each other down).
        keep: finished jobs remembered, the oldest are forgotten first.
        waiting: jobs one owner may have waiting or running at once.
    """

    def __init__(
        self, workers: int = 2, alone: tuple[str, ...] = ("train", "demo"), keep: int = 200, waiting: int = 8
    ) -> None:
        self.workers, self.alone, self.keep, self.waiting = workers, alone, keep, waiting
        self._jobs: dict[str, _Job] = {}
        self._turns: dict[str, int] = {}
        self._turn = 0
        self._joined: dict[str, str] = {}
        self._lock = threading.RLock()

    def submit(self, owner: str, kind: str, label: str, work: Work, job_id: str | None = None) -> str:
        """Queues a job, returns its id (given, or 96 random bits).

        Raises:
            StudioError: the owner has too many jobs, or the job of this id has not ended.
            UnknownIdError: the job of this id is somebody else's.
        """
        with self._lock:
            owner = self._who(owner)
            self._refuse_active(job_id, owner)
            mine = sum(job.owner == owner and job.state in ACTIVE for job in self._jobs.values())
            if mine >= self.waiting:
                raise StudioError("your jobs", f"must be at most {self.waiting} at once", mine, "Stop one, or wait.")
            job = _Job(job_id or secrets.token_hex(12), owner, kind, label, work)
            self._jobs.pop(job.id, None)
            self._jobs[job.id] = job
            self._forget_old()
        self._dispatch()
        return job.id

    def ensure(self, owner: str, kind: str, label: str, work: Work, job_id: str) -> str:
        """`submit`, unless the job of this id is waiting or running (started from another tab). Returns the id."""
        with self._lock:
            known = self._jobs.get(job_id)
            if known is not None and known.owner == self._who(owner) and known.state in ACTIVE:
                return job_id
            return self.submit(owner, kind, label, work, job_id)

    def snapshot(self, job_id: str, owner: str) -> JobSnapshot:
        """The job as it is now. Raises UnknownIdError when it is unknown or somebody else's."""
        with self._lock:
            return self._view(self._get(job_id, owner))

    def of(self, owner: str) -> tuple[JobSnapshot, ...]:
        """All remembered jobs of one owner, newest first."""
        with self._lock:
            owner = self._who(owner)
            return tuple(self._view(job) for job in reversed(self._jobs.values()) if job.owner == owner)

    def join(self, gone: str, kept: str) -> None:
        """Makes two owners one: the jobs of `gone` are those of `kept`, whichever of the names is given from now on."""
        with self._lock:
            gone, kept = self._who(gone), self._who(kept)
            if gone == kept:
                return
            self._joined[gone] = kept
            for job in self._jobs.values():
                job.owner = kept if job.owner == gone else job.owner

    def stop(self, job_id: str, owner: str) -> None:
        """Asks a job to stop: at once while queued, at its next report while running."""
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

    def _who(self, owner: str) -> str:
        while owner in self._joined:
            owner = self._joined[owner]
        return owner

    def _get(self, job_id: str, owner: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None or job.owner != self._who(owner):
            raise UnknownIdError("the job", "must be one of yours", job_id, "Start it again.")
        return job

    def _refuse_active(self, job_id: str | None, owner: str) -> None:
        if job_id in self._jobs and (job := self._get(job_id, owner)).state in ACTIVE:
            raise StudioError(f"“{job.label}”", "is already waiting or running", job.state, "Wait for it, or stop it.")

    def _waiting(self) -> list[_Job]:
        """Queued jobs in the order they will start: owners take turns, each owner's jobs stay in order."""
        seen: dict[str, int] = {}
        ranked = []
        for order, job in enumerate(self._jobs.values()):
            if job.state == "queued":
                round_ = seen[job.owner] = seen.get(job.owner, -1) + 1
                ranked.append((round_, self._turns.get(job.owner, 0), order, job))
        return [job for *_, job in sorted(ranked, key=lambda entry: entry[:3])]

    def _dispatch(self) -> None:
        with self._lock:
            running = [job for job in self._jobs.values() if job.state == "running"]
            busy = {job.kind for job in running}
            for job in self._waiting():
                if len(running) >= self.workers:
                    return
                if job.kind in self.alone and not busy.isdisjoint(self.alone):
                    continue
                self._turn += 1
                self._turns[job.owner] = self._turn
                job.state, job.started = "running", time.monotonic()
                log.info("job started", extra={"fields": {"job": job.id[:8], "kind": job.kind}})
                running.append(job)
                busy.add(job.kind)
                threading.Thread(target=self._run, args=(job,), name=f"job-{job.kind}-{job.id}", daemon=True).start()

    def _run(self, job: _Job) -> None:
        try:
            assert job.work is not None
            job.result = _small(job.work(Progress(job)))
            state = "done"
        except Stopped:
            state = "stopped"
        except StudioError as error:
            state, job.error = "failed", str(error)
        except BaseException:  # the edge of a thread: what is not recorded here is lost
            log.exception("job %s (%s) failed", job.id, job.kind)
            state, job.unexpected = "failed", True
            job.error = f"Something unexpected happened; the log has it under {job.id[:8]}."
        with self._lock:
            self._end(job, state)
        self._dispatch()

    def _end(self, job: _Job, state: str) -> None:
        job.state, job.ended, job.work = state, time.monotonic(), None
        told = {"job": job.id[:8], "kind": job.kind, "state": state, "seconds": round(job.seconds(), 1)}
        log.info("job ended", extra={"fields": told})
        job.finished.set()

    def _view(self, job: _Job) -> JobSnapshot:
        fraction, message, details, left = job.report
        if left is None and job.state == "running" and fraction > 0.02:
            left = job.seconds() * (1 - fraction) / fraction
        waiting = self._waiting() if job.state == "queued" else []
        return JobSnapshot(
            id=job.id,
            owner=job.owner,
            kind=job.kind,
            label=job.label,
            state=job.state,
            position=waiting.index(job) + 1 if job in waiting else 0,
            fraction=1.0 if job.state == "done" else fraction,
            message=message,
            details=details,
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


def _small(result: Any) -> Any:
    """The result, if it is made of ids and numbers. Raises TypeError for anything that would pin memory."""
    if _weight(result) > MAX_RESULT:
        raise TypeError(f"a job must return ids and numbers, not {type(result).__name__}")
    return result


def _weight(value: Any) -> float:
    """How many characters and values a result holds; infinite for what is neither text, number nor made of these."""
    if value is None or isinstance(value, Number):
        return 1
    if isinstance(value, str):
        return 1 + len(value)
    if isinstance(value, tuple | list):
        return 1 + sum(map(_weight, value))
    if isinstance(value, dict):
        return 1 + sum(_weight(part) for pair in value.items() for part in pair)
    return float("inf")
