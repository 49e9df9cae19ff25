"""`kill -9` at random moments: what was saved opens, and the training ends where an undisturbed one does."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from recsys.workspace import Workspace
from tests.workspace.working import PERSON, everything_opens

ROOT = Path(__file__).resolve().parents[2]
KILLS = 4  # benchmarks/kill_recovery.py does fifty


def start(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.workspace.working", str(home)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def begun(home: Path) -> subprocess.Popen[str]:
    """A worker that has loaded everything and begins to work: what comes before a kill doesn't depend on the machine."""
    worker = start(home)
    assert worker.stdout is not None and worker.stdout.readline() == "begun\n"
    return worker


def finish(home: Path) -> tuple[dict[str, float], float]:
    """Works to the end: the figures of the finished run, and how many seconds the work took."""
    worker, since = begun(home), time.monotonic()
    printed, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0
    return json.loads(printed), time.monotonic() - since


def kill_and_look(home: Path, after: float) -> bool:
    """Kills a worker `after` seconds of work; then everything must open. Whether it was still working."""
    worker = begun(home)
    time.sleep(after)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    everything_opens(Workspace(home).space(PERSON))
    return worker.returncode == -signal.SIGKILL


def test_killed_workers_lose_nothing_and_end_at_the_same_figures(tmp_path: Path) -> None:
    figures, lasts = finish(tmp_path / "undisturbed")
    home, dice, killed = tmp_path / "killed", random.Random(0), 0
    for _ in range(KILLS):
        killed += kill_and_look(home, dice.uniform(0.0, 1.0) * lasts / KILLS)  # together less than the whole work
    assert killed >= KILLS // 2
    assert finish(home)[0] == figures
    space = Workspace(home).space(PERSON)
    assert not [path for path in space.folder.glob("*/.*")], "a half-written folder was left behind"
