"""A Streamlit server and a Chromium for the benchmarks that measure what a person waits for."""

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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.screen import Log

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """A running app: its process, the seconds until its health page answered, and what it writes."""

    address: str
    process: subprocess.Popen[bytes]
    seconds_to_start: float
    log: Log


@contextmanager
def server() -> Iterator[Server]:
    """The app on a free port, with an empty workspace; ended afterwards.

    Raises SystemExit when its log tells of an error: what was measured then is not what a person waits for.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        log = Log(Path(home) / "server.log")
        begin = time.perf_counter()
        with log.file.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
                cwd=ROOT,
                env={**os.environ, "STUDIO_HOME": f"{home}/studio"},
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
        quiet(log.wrong())


def quiet(wrong: list[str]) -> None:
    """Raises SystemExit when something went wrong while it was measured."""
    if wrong:
        raise SystemExit("\n".join(["something went wrong, so these figures are none:", *wrong]))


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise SystemExit("the server ended before it answered")


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
