"""A Streamlit server for the benchmarks that measure how long a user waits."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.browser.screen import Log

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """A running app: its address, its process, the seconds until its health page answered, and its log."""

    address: str
    process: subprocess.Popen[bytes]
    seconds_to_start: float
    log: Log


@contextmanager
def server(script: str = "app.py", **environment: str) -> Iterator[Server]:
    """Run the app on a free port with an empty workspace; end it afterwards.

    Args:
        script: to run instead.
        environment: more environment variables.

    Raises:
        SystemExit: its log contains an error, so that the figures are not valid.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        log = Log(Path(home) / "server.log")
        begin = time.perf_counter()
        with log.file.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "STUDIO_HOME": f"{home}/studio", **environment},
                stdout=output,
                stderr=output,
            )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/_stcore/health", process)
            yield Server(address, process, time.perf_counter() - begin, log)
        finally:
            process.terminate()
            process.wait(20)
        fail_on_errors(log.wrong())


def usage(server: psutil.Process) -> tuple[float, float]:
    """Megabytes of memory, and CPU seconds since the start, of a server and its worker processes."""
    times = server.cpu_times()
    memory, seconds = server.memory_info().rss, sum(times[:4])  # ended workers are among the server's own times
    for worker in server.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            memory += worker.memory_info().rss
            seconds += sum(worker.cpu_times()[:2])
    return memory / 1e6, seconds


def fail_on_errors(errors: list[str]) -> None:
    """Raise SystemExit if there are errors: figures that were measured meanwhile are not valid."""
    if errors:
        raise SystemExit("\n".join(["Errors occurred, so the figures are not valid:", *errors]))


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise SystemExit("The server ended before its health page answered.")


def percentile(values: list[float], share: float) -> float:
    """The value below which the given share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
