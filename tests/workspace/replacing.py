"""Replaces a saved thing again and again, killed at each line in turn: `python -m tests.workspace.replacing KIND HOME`.

For n = 1, 2, … a forked child saves over the version before and gets `kill -9` at the n-th line that it executes in
the library or in shutil; then the thing is opened as a restarted server would open it, and must be the old or the new.
Ends when a child comes to its end alive. Prints JSON: how many were killed, and how many of these left the new one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from recsys.data.splits import leave_one_out
from recsys.models.baselines.popularity import Popularity
from recsys.models.storage import load_model, save_model
from recsys.runs.run import Run
from recsys.runs.storage import load_run, save_run
from recsys.workspace import Workspace, read_content
from tests.conftest import planted_dataset

ROOT = Path(__file__).resolve().parents[2]
TRACED = (str(ROOT / "recsys"), shutil.__file__)
OWNER, ENTRY = "a" * 32, "b" * 24
DATASET = planted_dataset(users=20, items=12, length=5)
MODEL = Popularity.fit(leave_one_out(DATASET).train)


def save_a_model(home: Path, version: int) -> None:
    save_model(Popularity(np.full(DATASET.n_items + 1, version, dtype=np.float32)), home / "model")


def open_model(home: Path) -> int:
    return round(float(load_model(home / "model").tensors()["item_scores"][1]))


def save_a_run(home: Path, version: int) -> None:
    run = Run("run", f"{version}", DATASET.fingerprint, "last-one", MODEL, {}, (), {}, {}, 1.0, "2026-01-01T00:00:00")
    save_run(run, DATASET, home / "run")


def open_run(home: Path) -> int:
    return int(load_run(home / "run")[0].name)


def save_an_entry(home: Path, version: int) -> None:
    def write(folder: Path) -> None:
        for name in ("content.json", "more.json"):
            (folder / name).write_text(json.dumps({"version": version}), "utf-8")

    Workspace(home).space(OWNER).save("note", str(version), write, entry_id=ENTRY)


def open_entry(home: Path) -> int:
    """As a restarted server does: what was half written is swept away first."""
    workspace = Workspace(home)
    workspace.sweep()
    entry, folder = workspace.find(ENTRY, "note")
    found = {int(entry.name), int(read_content(folder)["version"])}
    found |= {int(json.loads((folder / "more.json").read_text("utf-8"))["version"])}
    assert len(found) == 1, f"mixed versions: {found}"
    assert not list(folder.parent.glob(".*")), "something half written was left behind"
    return found.pop()


KINDS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path], int]]] = {
    "model": (save_a_model, open_model),
    "run": (save_a_run, open_run),
    "entry": (save_an_entry, open_entry),
}


def killed_at(line: int) -> Callable[[FrameType, str, Any], Any]:
    """A tracer that kills this process when it comes to its `line`-th line in the traced files."""
    left = line

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(TRACED):
            return None
        if event == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def child(save: Callable[[Path, int], None], home: Path, version: int, line: int) -> bool:
    """Saves in a forked child that dies at its `line`-th line. Whether it was killed."""
    process = os.fork()
    if process == 0:
        sys.settrace(killed_at(line))
        save(home, version)
        sys.settrace(None)
        os._exit(0)
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the child failed instead of being killed"
    return os.WIFSIGNALED(status)


def main(kind: str, home: Path, every: int) -> dict[str, int]:
    """Kills at every `every`-th line, and looks each time."""
    save, opened = KINDS[kind]
    save(home, 0)
    whole, line, kills, new = 0, 1, 0, 0
    while child(save, home, whole + 1, line):
        found = opened(home)
        assert found in (whole, whole + 1), f"killed at line {line}: found {found}, not {whole} or {whole + 1}"
        new += found == whole + 1
        whole, kills, line = found, kills + 1, line + every
    assert opened(home) == whole + 1
    return {"kills": kills, "new": new}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
