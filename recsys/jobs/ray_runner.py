"""Jobs on a Ray cluster, from one machine to many. Optional: `requirements-ray.txt`.

The app starts one process that is connected to the cluster (`recsys.jobs.ray_driver`), and that process starts, on the
nodes, the same worker processes as on one machine, under the same supervision: reports, Stop, limits, errors, and a
second worker, on another node, that goes on from the checkpoint of one that was lost.

Data travels through the workspace, which all nodes must share under one path, and results are saved there.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from recsys.errors import MissingExtraError
from recsys.jobs.description import JobDescription
from recsys.jobs.parts import run_with_parts
from recsys.jobs.processes import Limits, ProcessRunner
from recsys.jobs.progress import Progress
from recsys.jobs.ray_node import ROOT, cluster_address, is_loopback, ray_environment
from recsys.wording import Message, from_json, to_json
from recsys.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClusterState:
    """A cluster at one moment.

    Attributes:
        nodes: name and number of cores of each machine's part.
        running, waiting: workers of this server that have cores on a node, and that wait for them.
    """

    nodes: tuple[tuple[str, int], ...] = ()
    running: int = 0
    waiting: int = 0

    @property
    def cores(self) -> int:
        return sum(cores for _, cores in self.nodes)


class RayRunner:
    """See `JobRunner`.

    Args:
        workspace: in a folder that all nodes share under one path.
        limits: of each worker; `threads` is also the number of cores that it takes on its node.
        address: of the cluster, such as "10.0.0.1:6379"; "auto" for the one that `make ray` has started.
        module: is run as the worker.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    def __init__(
        self, workspace: Workspace, limits: Limits, address: str = "auto", module: str = "recsys.jobs.worker"
    ) -> None:
        if find_spec("ray") is None:
            raise MissingExtraError("jobs on Ray", "need the package ray", fix="pip install -r requirements-ray.txt")
        self.workspace, self.limits, self.address, self.module = workspace, limits, address, module
        self.changed: Callable[[], object] = lambda: None  # called when the number of cores has changed
        self._driver: _Driver | None = None
        self._lock = threading.Lock()
        self._workers = ProcessRunner(workspace, limits, start=self._start)

    def run(self, job: JobDescription, progress: Progress) -> Any:
        """See `JobRunner`. The parts of a job run side by side, as far as the cluster has cores."""
        return run_with_parts(job, self.workspace, progress, self._workers.run)

    def prepare(self) -> None:
        """Connects to the cluster."""
        self._connected()

    def close(self) -> None:
        """Ends the workers and the connection."""
        self._workers.close()
        with self._lock:
            if self._driver is not None:
                self._driver.close()

    def slots(self) -> int:
        """How many workers find cores at once, as the cluster was last seen; 1 where it was not seen yet."""
        state = self.state()
        return 1 if state is None else max(1, sum(cores // self.limits.threads for _, cores in state.nodes))

    def state(self) -> ClusterState | None:
        """The cluster as it was last seen; None where there is no connection. Never waits."""
        driver = self._driver
        return driver.state if driver is not None and driver.alive else None

    def _start(self) -> RayWorker:
        driver = self._connected()
        return driver.start(self.module, self.limits)

    def _connected(self) -> _Driver:
        with self._lock:
            if self._driver is None or not self._driver.alive:
                home = self.workspace.root.resolve()
                self._driver = _Driver(cluster_address(self.address, home), home, self.changed)
            return self._driver


class RayWorker:
    """A worker process on some node; see `recsys.jobs.worker_process`."""

    def __init__(self, send: Callable[[dict[str, Any]], None], number: int) -> None:
        self._send, self.number = send, number
        self.reusable, self.greeted, self.alive = True, False, True
        self.received: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.newest_usage: tuple[int, float, float] | None = None
        self.stderr = ""

    def send(self, message: dict[str, Any]) -> None:
        """Tells the worker; one that has ended is noticed when it is heard."""
        self._send({"to": self.number, "message": message})

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next message, None after `seconds` without one; {"ended": how} once the worker has ended."""
        try:
            return self.received.get(timeout=seconds)
        except queue.Empty:
            return None

    def usage(self) -> tuple[int, float, float] | None:
        """As of a moment ago: bytes of memory, CPU seconds and CPU percent; None while there are no figures."""
        return self.newest_usage

    def memory(self) -> int:
        """Bytes of memory; 0 while they are not known."""
        return 0 if self.newest_usage is None else self.newest_usage[0]

    def last_words(self) -> str:
        """The last lines that it wrote to stderr, or what Ray says about its end."""
        return self.stderr

    def kill(self) -> None:
        """Ends the worker, and its actor."""
        self._send({"kill": self.number})

    def take(self, message: dict[str, Any]) -> None:
        """Takes a line of the driver about this worker."""
        if "usage" in message:
            memory, seconds, percent = message["usage"]
            self.newest_usage = (int(memory), float(seconds), float(percent))
        elif "stderr" in message:
            self.stderr = str(message["stderr"])
        else:
            content = dict(message["message"])
            if "ended" in content:
                self.alive, self.newest_usage = False, None
                content = {"ended": from_json(content["ended"])}
            self.received.put(content)


class _Driver:
    """The process that is connected to the cluster."""

    def __init__(self, address: str, home: Path, changed: Callable[[], object]) -> None:
        self.address, self.state, self._changed = address, ClusterState(), changed
        self._unreachable = ""  # what Ray says, where there is no cluster
        self._workers: dict[int, RayWorker] = {}
        self._numbers = count()
        self._lock = threading.Lock()
        arguments = ["--address", address, "--home", str(home)]
        paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = ray_environment(home, is_loopback(address)) | {"PYTHONPATH": os.pathsep.join(paths)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "recsys.jobs.ray_driver", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,  # Ray tells the nodes to import from here
            env=environment,
            start_new_session=os.name == "posix",  # Ctrl+C is for the server, whose end the process sees
        )
        threading.Thread(target=self._hear, name="ray-driver", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def start(self, module: str, limits: Limits) -> RayWorker:
        """A new worker, which may have to wait for a node."""
        with self._lock:
            worker = RayWorker(self._send, next(self._numbers))
            self._workers[worker.number] = worker
        order = {"start": worker.number, "module": module, "memory": limits.memory, "threads": limits.threads}
        self._send(order)
        if not self.alive:
            self._lose_all()
        return worker

    def close(self) -> None:
        """Ends the process, and with it all that it has started."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def _send(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        line = f"{json.dumps(order)}\n".encode()
        with suppress(OSError, ValueError), self._lock:  # its end is noticed where it is heard
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with suppress(ValueError):  # cut off in the middle by its end
                    self._take(json.loads(line))
        self._process.wait()
        self._lose_all()

    def _take(self, message: dict[str, Any]) -> None:
        if "cluster" in message:
            news = message["cluster"]
            nodes = tuple((str(node["host"]), int(node["cores"])) for node in news["nodes"])
            before, self.state = self.state, ClusterState(nodes, int(news["running"]), int(news["waiting"]))
            if before.cores != self.state.cores:
                self._changed()
        elif "unreachable" in message:
            self._unreachable = str(message["unreachable"])
            log.error("no Ray cluster", extra={"fields": {"address": self.address, "error": self._unreachable}})
        elif (worker := self._workers.get(message["from"])) is not None:
            worker.take(message)
            if not worker.alive:
                self._workers.pop(worker.number, None)

    def _lose_all(self) -> None:
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            if self._unreachable:
                subject, rule = Message("the Ray cluster"), Message("must be reachable")
                fix = Message("Start it (make ray), or start the app without STUDIO_RAY.")
                worker.take({"message": {"failed": to_json([subject, rule, self.address, fix])}})
            worker.take({"message": {"ended": to_json(Message("lost the Ray cluster"))}})
