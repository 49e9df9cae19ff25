"""A worker process, started by `recsys.jobs.processes`: one described job after the other.

It is told its jobs on stdin and answers on stdout, in lines that each hold one JSON object:

    in    {"job": …, "home": …, "space_bytes": …, "equal_result": …}    a job, while none is running
          {"stop": true}                                                stop it
    out   {"ready": true}, {"alive": true} once a second, {"report": [fraction, message, seconds left, details]},
          {"graceful": true}, and at a job's end {"done": true}, {"stopped": true},
          {"failed": [subject, rule, got, fix]} or {"defect": traceback}

When stdin ends, the server is gone, and the worker ends at once. A worker in which no Python code runs for `SILENCE`
seconds ends itself, too.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from recsys.errors import StudioError
from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import perform
from recsys.jobs.lines import MessageLines
from recsys.jobs.progress import JobStopped, Progress, Report
from recsys.wording import to_json
from recsys.workspace import Workspace

log = logging.getLogger(__name__)

SILENCE = 120.0  # seconds without a sign of life after which a worker counts as hung
NICENESS = 5  # the pages of the app go first
MODULES = (
    *("torch", "recsys.runs", "recsys.models.training.loop", "recsys.models.baselines.tuning"),
    *("torch._dynamo", "sklearn.decomposition"),  # which a first training would load: 1.6 CPU seconds
)


def main(modules: Sequence[str] = MODULES) -> None:
    """Works until stdin ends.

    Args:
        modules: are loaded before the first job.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=int, default=0, help="bytes that may be allocated; 0 for no limit")
    limit_resources(parser.parse_args().memory)
    channel = Channel()
    threading.Thread(target=channel.listen, name="orders", daemon=True).start()
    threading.Thread(target=channel.beat, name="alive", daemon=True).start()
    for name in modules:
        import_module(name)
    channel.send(ready=True)
    while True:
        channel.send(**work(channel.orders.get(), channel))


def limit_resources(memory: int) -> None:
    """Lets pages go first, and lets an allocation beyond `memory` bytes fail (on Linux) instead of the machine."""
    faulthandler.enable()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if sys.platform == "linux":
        import resource

        with suppress(OSError):  # the kernel ends the worker rather than the app where memory runs out after all
            Path("/proc/self/oom_score_adj").write_text("500", "utf-8")
        if memory:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


class Channel(MessageLines):
    """Messages to and from the server.

    Attributes:
        orders: jobs to do. stop: set while the running job shall stop.
    """

    def __init__(self) -> None:
        super().__init__()
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.stop = threading.Event()

    def listen(self) -> None:
        """Takes orders until the server is gone."""
        for order in self.received():
            if "stop" in order:
                self.stop.set()
            else:
                self.stop.clear()
                self.orders.put(order)

    def beat(self) -> None:
        """A sign of life each second; when it fails to come for too long, faulthandler ends the process."""
        while True:
            faulthandler.dump_traceback_later(SILENCE, exit=True)
            self.send(alive=True)
            time.sleep(1)


class WorkerProgress(Progress):
    """A job's progress, which the server is told."""

    def __init__(self, channel: Channel, equal_result: Any) -> None:
        self._channel, self._graceful = channel, False
        super().__init__(self._tell, channel.stop, equal_result)

    def _tell(self, report: Report) -> None:
        content = [report.fraction, report.message, report.seconds_left, report.details]
        self._channel.send(report=to_json(content))

    @property
    def graceful(self) -> bool:
        return self._graceful

    @graceful.setter
    def graceful(self, value: bool) -> None:
        if value != self._graceful:
            self._graceful = value
            self._channel.send(graceful=value)


def work(order: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Does one job. Returns the message about its end."""
    try:
        workspace = Workspace(Path(order["home"]), int(order["space_bytes"]), repair=False)
        perform(JobDescription.from_json(order["job"]), workspace, WorkerProgress(channel, order["equal_result"]))
    except JobStopped:
        return {"stopped": True}
    except StudioError as error:
        got = None if error.got is None else str(error.got)
        return {"failed": to_json([error.subject, error.rule, got, error.fix])}
    except BaseException:  # the worker goes on with other jobs, and the server logs what happened
        log.exception("a job failed")
        return {"defect": traceback.format_exc()}
    return {"done": True}


if __name__ == "__main__":
    main()
