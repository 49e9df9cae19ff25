"""A worker process as the app sees it: started, told, heard, measured and ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from recsys.wording import Message

ROOT = Path(__file__).resolve().parents[2]
LAST_LINES = 30  # of stderr that are kept for the log
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class WorkerProcess:
    """Starts `python -m <module>`; see `recsys.jobs.worker` for the messages.

    Args:
        memory: bytes that it may allocate. threads: of its numeric libraries.

    Attributes:
        reusable: whether it is free for another job. greeted: whether it has given a sign of life.
    """

    def __init__(self, module: str, memory: int, threads: int) -> None:
        paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        environment |= dict.fromkeys(THREAD_VARIABLES, str(threads))
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, "--memory", str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=os.name == "posix",  # Ctrl+C is for the server, whose end the worker sees
        )
        self.reusable, self.greeted = True, False
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stderr: deque[str] = deque(maxlen=LAST_LINES)
        self._measured = psutil.Process(self.process.pid)
        for target, name in ((self._hear, "messages"), (self._overhear, "stderr")):
            threading.Thread(target=target, name=f"worker-{self.process.pid}-{name}", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, message: dict[str, Any]) -> None:
        """Tells the worker; one that has ended is noticed when it is heard."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(f"{json.dumps(message)}\n".encode())
            self.process.stdin.flush()

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next message, None after `seconds` without one; {"ended": how} once the worker has ended."""
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            return None

    def usage(self) -> tuple[int, float, float] | None:
        """Bytes of memory, CPU seconds since the start, and CPU percent since the last call; None once it has ended."""
        try:
            with self._measured.oneshot():
                times = self._measured.cpu_times()
                memory = int(self._measured.memory_info().rss)
            return memory, float(times.user + times.system), float(self._measured.cpu_percent())
        except psutil.Error:
            return None

    def memory(self) -> int:
        """Bytes of memory; 0 once it has ended."""
        usage = self.usage()
        return 0 if usage is None else usage[0]

    def last_words(self) -> str:
        """The last lines that it wrote to stderr."""
        return "\n".join(self._stderr)

    def kill(self) -> None:
        """Ends the worker at once, and whatever it has started."""
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with suppress(ValueError):  # cut off in the middle by its end
                    self._messages.put(dict(json.loads(line)))
        self._messages.put({"ended": how_it_ended(self.process.wait())})

    def _overhear(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._stderr.append(line.decode("utf-8", "replace").rstrip())


def how_it_ended(code: int) -> Message:
    """The return code of a process as the predicate of a sentence."""
    if code == -getattr(signal, "SIGKILL", 9):
        return Message("was killed (SIGKILL), as happens when memory runs out")
    if code < 0:
        return Message("crashed ({signal})", signal=signal.Signals(-code).name)
    return Message("ended with code {code}", code=code)
