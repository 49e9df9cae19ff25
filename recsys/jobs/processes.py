"""Jobs in worker processes of this machine, so that no job can take the app's memory, time or life.

A worker is a fresh Python process (no fork: the app has threads) with JSON lines on its pipes. It is started when it is
needed, does one job after the other with its libraries loaded once, and is replaced after a job that made it large, so
that the memory returns to the system.

A worker that is lost while it works (killed, crashed) is replaced once, and its job goes on from the checkpoint. A
worker that stops working, or needs too much memory, is ended, and the job fails with a sentence that says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from recsys.errors import StudioError
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import out_of_memory, take_result, write_description
from recsys.jobs.parts import run_with_parts
from recsys.jobs.progress import JobStopped, Progress
from recsys.jobs.worker import SILENCE
from recsys.jobs.worker_process import WorkerProcess
from recsys.wording import Message, from_json, in_a_row
from recsys.workspace import Workspace

log = logging.getLogger(__name__)

TICK = 0.1  # seconds between two looks at a worker that says nothing


@dataclass(frozen=True)
class Limits:
    """What a worker may do.

    Attributes:
        memory: bytes. reuse: bytes above which it is not used for another job. keep: seconds that it waits for one;
            surplus: where another one is waiting already.
        start: seconds until its first sign of life. silence: seconds without another. idle: seconds without computing.
        stop: seconds from a request to stop to its end by force, while there is nothing to keep. finish: seconds
            without a report after that request, while there is a result to save.
        threads: of the numeric libraries.
        attempts: of a job whose worker is lost.
    """

    memory: int
    reuse: int = 800_000_000
    keep: float = 600.0
    surplus: float = 20.0
    start: float = 300.0
    silence: float = SILENCE
    idle: float = 300.0
    stop: float = 0.6
    finish: float = 30.0
    threads: int = 2
    attempts: int = 2


class WorkerLost(Exception):
    """A worker ended while it worked. `cause` is for the user."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Defect(Exception):
    """A defect in a job's work; the text is the traceback of the worker."""


class Worker(Protocol):
    """A worker process, here (`WorkerProcess`) or on another machine (`recsys.jobs.ray_runner`)."""

    reusable: bool
    greeted: bool

    @property
    def alive(self) -> bool: ...

    def send(self, message: dict[str, Any]) -> None: ...

    def receive(self, seconds: float) -> dict[str, Any] | None: ...

    def usage(self) -> tuple[int, float, float] | None: ...

    def memory(self) -> int: ...

    def last_words(self) -> str: ...

    def kill(self) -> None: ...


class ProcessRunner:
    """See `JobRunner`. It starts as many workers as jobs run at once, and keeps one for the next job.

    Args:
        workspace: is opened by the workers, too.
        module: is run as the worker.
        start: starts a worker in place of a process of this machine.
        side_by_side: how many jobs the machine has cores for; as many parts of a job run at once as do not run yet.
    """

    def __init__(
        self,
        workspace: Workspace,
        limits: Limits,
        module: str = "recsys.jobs.worker",
        start: Callable[[], Worker] | None = None,
        side_by_side: int = 1,
    ) -> None:
        self.workspace, self.limits, self.module = workspace, limits, module
        self._start_elsewhere, self.side_by_side = start, side_by_side
        self._lock = threading.Lock()
        self._free: dict[Worker, threading.Timer] = {}  # with what will end them
        self._busy: list[Worker] = []
        self._closed = False

    def run(self, job: JobDescription, progress: Progress) -> Any:
        """See `JobRunner`. The parts of a job run side by side first, where that many workers would be idle."""
        idle = self.side_by_side - len(self._busy)
        if idle < 2:
            return self._run_whole(job, progress)
        return run_with_parts(job, self.workspace, progress, self._run_whole, idle)

    def _run_whole(self, job: JobDescription, progress: Progress) -> Any:
        write_description(job, self.workspace)
        try:
            self._attempts(job, progress)
        finally:
            result = take_result(job, self.workspace)
        return result

    def prepare(self) -> None:
        """Starts a worker, unless there is one."""
        with self._lock:
            if not self._free and not self._busy:
                self._keep(self._start())

    def close(self) -> None:
        """Ends all workers."""
        with self._lock:
            self._closed = True
            workers, self._busy = [*self._free, *self._busy], []
            while self._free:
                self._free.popitem()[1].cancel()
        for worker in workers:
            worker.kill()

    def _start(self) -> Worker:
        if self._start_elsewhere is not None:
            return self._start_elsewhere()
        return WorkerProcess(self.module, self.limits.memory, self.limits.threads)

    def _attempts(self, job: JobDescription, progress: Progress) -> None:
        """Does the job; again where its worker was lost."""
        for attempt in range(1, self.limits.attempts + 1):
            worker = self._take()
            try:
                return _Supervision(worker, self.limits, progress, job.kind).run(self._order(job, progress))
            except WorkerLost as lost:
                fields = {"job": job.id[:8], "kind": job.kind, "cause": lost.cause, "stderr": worker.last_words()}
                if progress.stopping or self._closed:
                    raise JobStopped from lost
                last = attempt == self.limits.attempts
                log.log(logging.ERROR if last else logging.WARNING, "worker lost", extra={"fields": fields})
                if last:
                    raise _lost_error(job.kind, lost.cause) from lost
                text = Message(
                    "The worker process {cause}. Another one goes on from the last checkpoint.", cause=lost.cause
                )
                progress.relay(
                    progress.newest.fraction, Message("Starting another worker …"), None, {"restarted": text}
                )
                progress.graceful = False
            finally:
                self._give_back(worker)

    def _order(self, job: JobDescription, progress: Progress) -> dict[str, Any]:
        return {
            "job": job.to_json(),
            "home": str(self.workspace.root.resolve()),
            "space_bytes": self.workspace.space_bytes,
            "equal_result": progress.equal_result,
        }

    def _take(self) -> Worker:
        """A worker that is free, or a new one."""
        with self._lock:
            if self._closed:
                raise JobStopped
            while self._free:
                worker, timer = self._free.popitem()
                timer.cancel()
                if worker.alive:
                    break
            else:
                worker = self._start()
            self._busy.append(worker)
            return worker

    def _give_back(self, worker: Worker) -> None:
        """Keeps a worker for the next job, if it is small and its last job has ended by itself."""
        with self._lock:
            if worker in self._busy:
                self._busy.remove(worker)
                if worker.reusable and worker.memory() <= self.limits.reuse:
                    self._keep(worker)
                    return
        worker.kill()

    def _keep(self, worker: Worker) -> None:
        """Puts a worker among the free ones, for a while."""
        seconds = self.limits.surplus if self._free else self.limits.keep
        timer = self._free[worker] = threading.Timer(seconds, self._expire, [worker])
        timer.daemon = True
        timer.start()

    def _expire(self, worker: Worker) -> None:
        """Ends a worker that nobody has needed."""
        with self._lock:
            if self._free.pop(worker, None) is None:
                return
        worker.kill()


class _Supervision:
    """One job of a kind in one worker, until its end."""

    def __init__(self, worker: Worker, limits: Limits, progress: Progress, kind: str) -> None:
        self.worker, self.limits, self.progress, self.kind = worker, limits, progress, kind
        self.heard = self.looked = self.measured = self.computed = self.reported = time.monotonic()
        self.cpu_seconds = 0.0
        self.asked_to_stop = float("inf")  # when

    def run(self, order: dict[str, Any]) -> None:
        """Raises JobStopped, StudioError, WorkerLost and Defect."""
        self.worker.reusable = False
        self.worker.send(order)
        while True:
            message = self.worker.receive(TICK)
            if message is not None:
                self.heard, self.worker.greeted = time.monotonic(), True
                if self._take(message):
                    self.worker.reusable = True
                    return
            self._look()

    def _take(self, message: dict[str, Any]) -> bool:
        """Whether the message says that the job has ended well."""
        if "report" in message:
            self.reported = self.heard
            self.progress.relay(*from_json(message["report"]))
        elif "graceful" in message:
            self.progress.graceful = bool(message["graceful"])
        elif "ended" in message:
            raise WorkerLost(message["ended"])
        elif not message.keys().isdisjoint({"stopped", "failed", "defect"}):
            self.worker.reusable = True
            if "failed" in message:
                raise StudioError(*from_json(message["failed"]))
            if "defect" in message:
                raise Defect(message["defect"])
            raise JobStopped
        return "done" in message

    def _look(self) -> None:
        """Passes a request to stop on, and ends a worker that breaks a limit."""
        now = time.monotonic()
        if now - self.looked > 10:  # this process itself was asleep: the worker is given its time again
            self.heard = self.computed = self.reported = now
        self.looked = now
        if self.progress.stopping and self.asked_to_stop > now:
            self.asked_to_stop = now
            self.worker.send({"stop": True})
        quiet_since = max(self.asked_to_stop, self.reported) if self.progress.graceful else self.asked_to_stop
        if now - quiet_since > (self.limits.finish if self.progress.graceful else self.limits.stop):
            raise JobStopped  # what has been kept on disk stays there
        silence = self.limits.silence if self.worker.greeted else self.limits.start
        if now - self.heard > silence:
            raise _hung_error(self.kind, silence)
        if now - self.measured > 0.5:
            self.measured = now
            self._measure(now)

    def _measure(self, now: float) -> None:
        """Memory and CPU time; the newest figures are among the details of the report."""
        usage = self.worker.usage()
        if usage is None:  # it has just ended; the next message says so
            return
        memory, cpu_seconds, cpu_percent = usage
        if memory > self.limits.memory:
            raise out_of_memory(self.kind, self.limits.memory)
        signs_of_life = max(0.02, 0.002 * (now - self.computed))  # the CPU seconds that they take, at most
        if cpu_seconds - self.cpu_seconds > signs_of_life:
            self.cpu_seconds, self.computed = cpu_seconds, now
        elif now - self.computed > self.limits.idle:
            raise _hung_error(self.kind, self.limits.idle)
        newest = self.progress.newest
        details = {"memory": memory, "cpu": cpu_percent}
        self.progress.relay(newest.fraction, newest.message, newest.seconds_left, details)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count() or 1


def available_memory() -> int:
    """Bytes of memory that this machine, or the container on it, has."""
    total = int(psutil.virtual_memory().total)
    with suppress(OSError, ValueError):  # "max", or not in a container
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text("utf-8")))
    return total


def _lost_error(kind: str, cause: str) -> StudioError:
    return StudioError(
        "the worker process of this job",
        Message("{cause}, and so did the one that replaced it", cause=cause),
        fix=in_a_row([_what_to_do(kind), Message("If it happens again, use a smaller model or less data.")]),
    )


def _hung_error(kind: str, seconds: float) -> StudioError:
    return StudioError(
        "the worker process of this job",
        Message("did nothing for {seconds:.0f} seconds, so it was ended", seconds=seconds),
        fix=_what_to_do(kind),
    )


def _what_to_do(kind: str) -> Message:
    """What the owner of a job of this kind can do once its worker is gone."""
    if kind == "train":
        return Message("Finished epochs are kept: resume from there.")
    if kind in ("study", "study part"):
        return Message("Finished parts are kept: run the study again, and it goes on from there.")
    if kind in ("tune", "tune part"):
        return Message("Finished trials are kept: continue the search on Train.")
    return Message("Try again.")
