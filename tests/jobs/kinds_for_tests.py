"""Kinds of jobs that behave in every way that a runner must bear."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from typing import Any

from recsys.errors import InputError
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import KINDS, job_folder
from recsys.jobs.progress import Progress
from recsys.wording import Message
from recsys.workspace import Workspace, new_id


def reports(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Two reports, and a result."""
    progress(0.5, "half", loss=1.0, reports=({"epoch": 1},))
    progress(0.75, Message("{n} more", n=2), speed=3, seconds_left=7.0)
    return {"run": "r", "settings": dict(job.settings), "pid": os.getpid()}


def refuses(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    rule = Message("must be between {low} and {high}", low=0, high=1)
    raise InputError("alpha", rule, 1.4, "Use a value in that range.")


def breaks(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    raise ZeroDivisionError("secret detail")


def runs_out_of_memory(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    raise MemoryError


def returns_an_object(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    return object()


def reports_for_ever(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    while True:
        progress(0.1, "on and on")
        time.sleep(0.01)


def ends_gracefully(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    progress.graceful = True
    while not progress.stopping:
        progress(0.1, "on and on")
        time.sleep(0.01)
    progress(0.2, "ending")
    return "best so far"


def equal(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    return {"from": progress.equal_result, "by": job.id}


def sleeps(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Hangs without a report after the first, which names the process."""
    progress(0.1, "asleep", pid=os.getpid())
    time.sleep(600)


def hangs_gracefully(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Would end with a result, but computes for ever after a report that names the process."""
    progress.graceful = True
    progress(0.1, "busy", pid=os.getpid())
    while True:
        pass


def stops_itself(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """The whole process stops, as in a debugger."""
    os.kill(os.getpid(), 19)


def crashes(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """A segmentation fault."""
    ctypes.string_at(0)


def crashes_once(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Leaves a checkpoint and crashes; from the checkpoint, it ends well."""
    checkpoint = job_folder(job.id, workspace) / "checkpoint"
    if checkpoint.is_file():
        return "resumed"
    checkpoint.write_text("epoch 3", "utf-8")
    ctypes.string_at(0)


def allocates(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Touches so many bytes, for a moment or (with "hold") until it is ended; returns the process."""
    held = [bytearray(os.urandom(1) * 10_000_000) for _ in range(int(job.settings["bytes"]) // 10_000_000)]
    progress(0.5, f"{len(held)}")
    if job.settings.get("hold"):
        threading.Event().wait(60)
    if kept := job.settings.get("keep"):
        _KEPT.append(held[: int(kept)])
    return os.getpid()


def meets(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """Waits until the other part has begun, too."""
    places = [workspace.root / f"met-{n}" for n in (0, 1)]
    places[int(job.settings["n"])].write_text(f"{os.getpid()}", "utf-8")
    while not all(place.is_file() for place in places):
        progress(0.5, "waiting for the other")
        time.sleep(0.02)


def met(job: JobDescription, workspace: Workspace, progress: Progress) -> Any:
    """The processes that have met."""
    return [int((workspace.root / f"met-{n}").read_text("utf-8")) for n in (0, 1)]


def two_meetings(job: JobDescription, workspace: Workspace) -> list[JobDescription]:
    """The parts of `met`."""
    return [JobDescription(new_id(), "meets", job.space, settings={"n": n}) for n in (0, 1)]


_KEPT: list[Any] = []
BEHAVIOURS = (
    reports, refuses, breaks, runs_out_of_memory, returns_an_object, reports_for_ever, ends_gracefully, equal, sleeps,
    hangs_gracefully, stops_itself, crashes, crashes_once, allocates, meets, met,
)  # fmt: skip
TEST_KINDS = {work.__name__: f"tests.jobs.kinds_for_tests:{work.__name__}" for work in BEHAVIOURS}


if __name__ == "__main__":  # a worker that knows these kinds
    from recsys.jobs import worker

    KINDS.update(TEST_KINDS)
    worker.main(modules=())
