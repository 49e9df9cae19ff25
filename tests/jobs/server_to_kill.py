"""A process with a worker that is busy: `python -m tests.jobs.server_to_kill HOME`. Prints the worker's process id."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from recsys.jobs.processes import Limits, ProcessRunner
from recsys.jobs.queue import JobQueue
from recsys.workspace import Workspace
from tests.jobs.test_runner_conformance import ANN, WORKER, described, submit

if __name__ == "__main__":
    queue = JobQueue(runner=ProcessRunner(Workspace(Path(sys.argv[1])), Limits(memory=8_000_000_000), WORKER))
    job = described("sleeps")
    submit(queue, job)
    while not (details := queue.snapshot(job.id, ANN).details).get("pid"):
        time.sleep(0.05)
    print(json.dumps({"worker": details["pid"]}), flush=True)
    time.sleep(600)
