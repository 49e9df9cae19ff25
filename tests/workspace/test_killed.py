"""`kill -9` at random moments: saved work opens, and the training ends with the figures of an undisturbed one."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from recsys.workspace import Workspace
from tests.workspace.working import SPACE_ID, everything_opens

ROOT = Path(__file__).resolve().parents[2]
KILLS = 4  # benchmarks/kill_recovery.py does fifty


def start(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.workspace.working", str(home)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def start_worker(home: Path) -> subprocess.Popen[str]:
    """A worker that has loaded everything and begins to work, so that no kill comes before on a slow machine."""
    worker = start(home)
    assert worker.stdout is not None and worker.stdout.readline() == "begun\n"
    return worker


def finish(home: Path) -> tuple[dict[str, float], float]:
    """Works to the end: the figures of the finished run, and how many seconds the work took."""
    worker, since = start_worker(home), time.monotonic()
    printed, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0
    return json.loads(printed), time.monotonic() - since


def kill_and_check(home: Path, after: float) -> bool:
    """Kills a worker `after` seconds of work; then everything must open. Whether it was still working."""
    worker = start_worker(home)
    time.sleep(after)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    everything_opens(Workspace(home).space(SPACE_ID))
    return worker.returncode == -signal.SIGKILL


def test_killed_workers_lose_no_work_and_reach_the_same_figures(tmp_path: Path) -> None:
    figures, lasts = finish(tmp_path / "undisturbed")
    home, dice, killed = tmp_path / "killed", random.Random(0), 0
    for _ in range(KILLS):
        killed += kill_and_check(home, dice.uniform(0.0, 1.0) * lasts / KILLS)  # together less than the whole work
    assert killed >= KILLS // 2
    assert finish(home)[0] == figures
    space = Workspace(home).space(SPACE_ID)
    assert not list(space.folder.glob("*/.*")), "a half-written folder was left behind"
