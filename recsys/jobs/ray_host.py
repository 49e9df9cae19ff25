"""The actor that holds a worker process on a node of a Ray cluster.

The job itself runs in the same worker process as on one machine (`recsys.jobs.worker`), a child of the actor: with its
limits, its own number of threads whatever Ray sets, and no thread or signal handler of Ray. It ends with its actor.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from recsys.code_version import code_version
from recsys.jobs.processes import available_memory
from recsys.jobs.worker_process import WorkerProcess
from recsys.wording import to_json

LEASE = 60.0  # seconds without a question after which the worker ends: the app, or the way to it, is lost
MOST_OF_MEMORY = 0.75  # of the node, that a worker may take


class RayHost:
    """A worker process on the node on which this object is made.

    Args:
        module: is run as the worker. memory: bytes that it may allocate, if the node has so many.
        threads: of its numeric libraries.
    """

    def __init__(self, module: str, memory: int, threads: int) -> None:
        self._worker = WorkerProcess(module, min(memory, int(MOST_OF_MEMORY * available_memory())), threads)
        self._asked = time.monotonic()
        threading.Thread(target=self._watch, name="lease", daemon=True).start()

    def begin(self, home: str) -> dict[str, Any]:
        """What the node is, and whether it is fit for jobs.

        Args:
            home: folder of the workspace on the app's machine.
        """
        return {
            "host": os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", ""),
            "code": code_version(),
            "workspace": Path(home).is_dir(),
        }

    def exchange(self, orders: list[dict[str, Any]], seconds: float) -> tuple[list[Any], Any, str]:
        """Passes orders on to the worker. Returns its messages, which are waited for so many seconds, as JSON values;
        its usage; and the last lines that it wrote to stderr, once it has ended."""
        self._asked = time.monotonic()
        for order in orders:
            self._worker.send(order)
        messages = []
        message = self._worker.receive(seconds)
        while message is not None:
            messages.append(to_json(message))
            message = self._worker.receive(0.0)
        ended = any("ended" in each for each in messages)
        return messages, self._worker.usage(), self._worker.last_words() if ended else ""

    def _watch(self) -> None:
        while time.monotonic() - self._asked < LEASE:
            time.sleep(1)
        self._worker.kill()
        os._exit(0)
