"""What the peers' scripts share: the split as a file, the clock, the choice of settings, the report.

Only numpy and pandas, so that it runs in any of their environments. A peer is a function
`fit(split, rows, settings, judge)` that learns from `rows` and calls `judge(scores)` whenever it has a model, where
`scores(history)` gives float (n_users, n_items + 1) from a table of what is known of everybody; it stops when `judge`
returns False.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scoring import gains, ranks, summary

Scores = Callable[[pd.DataFrame], np.ndarray]
Judge = Callable[[Scores], bool]
Fit = Callable[["Split", pd.DataFrame, dict[str, Any], Judge], None]


class Split:
    """What run.py wrote, rows.csv: user, item, place in the history, rating, part (0 train, 1 validation, 2 test)."""

    def __init__(self, folder: Path) -> None:
        rows = pd.read_csv(folder / "rows.csv")
        self.n_users, self.n_items = int(rows["user"].max()) + 1, int(rows["item"].max())
        self.train, self.known = rows[rows["part"] == 0], rows[rows["part"] <= 1]
        self.validation, self.test = rows[rows["part"] == 1], rows[rows["part"] == 2]

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """Which items are in whose history: bool (n_users, n_items + 1)."""
        seen = np.zeros((self.n_users, self.n_items + 1), dtype=bool)
        seen[rows["user"], rows["item"]] = True
        return seen

    def ranks(self, scores: Scores, part: str) -> np.ndarray:
        """Ranks of everybody's held-out item of that part, from what is known before it."""
        history, held = (self.train, self.validation) if part == "validation" else (self.known, self.test)
        found = scores(history)[held["user"].to_numpy()]
        return ranks(found, self.matrix(history)[held["user"].to_numpy()], held["item"].to_numpy())


class Clock:
    """Wall and processor seconds, stopped while a model is judged."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.go()

    def go(self) -> None:
        self.since = time.perf_counter(), time.process_time()

    def pause(self) -> None:
        self.wall += time.perf_counter() - self.since[0]
        self.cpu += time.process_time() - self.since[1]


class Training:
    """One training within a budget of processor seconds: a judge, the curve it draws, and the point that counts.

    Args:
        budget: processor seconds of training; the step that is under way when they are over is finished.
        parts: what is judged, "validation", "test" or both. The point that counts is the best on validation, or the
            last where validation is not judged.
        steps: stop after so many calls instead.
        gap: processor seconds between two points of the curve, at least; a tenth of the time so far where that is less.
    """

    def __init__(
        self, split: Split, budget: float, parts: tuple[str, ...], steps: int | None = None, gap: float = 0.0
    ) -> None:
        self.split, self.budget, self.parts, self.steps, self.gap = split, budget, parts, steps, gap
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Any] = {}
        self.calls, self.due = 0, 0.0
        self.clock = Clock()

    def judge(self, scores: Scores) -> bool:
        """Whether to go on. Judges outside the clock."""
        self.clock.pause()
        self.calls += 1
        over = self.calls >= self.steps if self.steps else self.clock.cpu >= self.budget
        if over or (not self.steps and self.clock.cpu >= self.due):
            self.due = self.clock.cpu + min(self.gap, 0.1 * self.clock.cpu)
            self.point(scores)
        self.clock.go()
        return not over

    def point(self, scores: Scores) -> None:
        """Judges the model as it is now."""
        found = {part: self.split.ranks(scores, part) for part in self.parts}
        values = {part: round(float(gains(places).mean()), 5) for part, places in found.items()}
        clock = {"seconds": round(self.clock.wall, 2), "cpu_seconds": round(self.clock.cpu, 2)}
        self.curve.append({"step": self.calls, **clock, **values})
        print(self.curve[-1], file=sys.stderr, flush=True)
        if not self.best or values.get("validation", np.inf) > self.best.get("validation", 0.0):
            self.best = {**self.curve[-1], "ranks": found.get("test")}


def compete(name: str, package: str, grid: list[dict[str, Any]], fit: Fit, *, reads_history: bool) -> None:
    """Chooses among the settings on the validation items, trains the best, prints one JSON object.

    Args:
        grid: settings, the library's defaults first; each is trained for the same processor seconds.
        reads_history: whether the model reads a history when it is asked. Then the final training learns from the rows
            before the validation items, which choose where it stops. Otherwise it takes the validation items in, for
            the number of steps that was best without them.
    """
    folder, threads = Path(sys.argv[1]), int(sys.argv[4])
    budget, final = float(sys.argv[2]), float(sys.argv[3])
    split, tried = Split(folder), []
    for settings in grid:
        print(name, settings, file=sys.stderr, flush=True)
        training = Training(split, budget, ("validation",), gap=budget / 8)
        fit(split, split.train, settings, training.judge)
        tried.append({"settings": settings, "best": training.best, "curve": training.curve})
    chosen = max(tried, key=lambda entry: entry["best"]["validation"])
    if reads_history:
        training = Training(split, final, ("validation", "test"), gap=final / 40)
        fit(split, split.train, chosen["settings"], training.judge)
    else:
        training = Training(split, final, ("test",), steps=chosen["best"]["step"])
        fit(split, split.known, chosen["settings"], training.judge)
    report = {
        "model": name,
        "version": f"{package} {version(package)}",
        "threads": threads,
        "settings": chosen["settings"],
        "tried": [
            {"settings": t["settings"], "validation": t["best"]["validation"], "step": t["best"]["step"]}
            | {clock: t["curve"][-1][clock] for clock in ("seconds", "cpu_seconds")}
            for t in tried
        ],
        "learned_from": "rows before the validation items" if reads_history else "all rows but the test items",
        "curve": training.curve,
        "test": summary(training.best["ranks"]),
        "ranks": training.best["ranks"].tolist(),
    }
    print(json.dumps(report))
