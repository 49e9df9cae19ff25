"""What the peers' scripts share: the split as a file, the clock, the choice of settings, the report.

It needs numpy and pandas only, so that it runs in every peer's environment. A peer is a function
`fit(split, rows, settings, evaluate)` that trains on `rows` and calls `evaluate(scores)` whenever it has a model, where
`scores(history)` returns float (n_users, n_items + 1) from a table of the known interactions of all users. It stops
when `evaluate` returns False.
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
Evaluate = Callable[[Scores], bool]
Fit = Callable[["Split", pd.DataFrame, dict[str, Any], Evaluate], None]


class Split:
    """rows.csv of run.py: user, item, place in the history, rating, part (0 train, 1 validation, 2 test)."""

    def __init__(self, folder: Path) -> None:
        rows = pd.read_csv(folder / "rows.csv")
        self.n_users, self.n_items = int(rows["user"].max()) + 1, int(rows["item"].max())
        self.train, self.known = rows[rows["part"] == 0], rows[rows["part"] <= 1]
        self.validation, self.test = rows[rows["part"] == 1], rows[rows["part"] == 2]

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """The items in each user's history: bool (n_users, n_items + 1)."""
        seen = np.zeros((self.n_users, self.n_items + 1), dtype=bool)
        seen[rows["user"], rows["item"]] = True
        return seen

    def ranks(self, scores: Scores, part: str) -> np.ndarray:
        """Ranks of all users' held-out items of a part, from the rows before them."""
        history, held = (self.train, self.validation) if part == "validation" else (self.known, self.test)
        scored = scores(history)[held["user"].to_numpy()]
        return ranks(scored, self.matrix(history)[held["user"].to_numpy()], held["item"].to_numpy())


class Clock:
    """Wall and processor seconds, stopped during evaluation."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.start()

    def start(self) -> None:
        self.since = time.perf_counter(), time.process_time()

    def pause(self) -> None:
        self.wall += time.perf_counter() - self.since[0]
        self.cpu += time.process_time() - self.since[1]


class Training:
    """One training within a budget of processor seconds, with its curve and its best point.

    Args:
        budget: processor seconds of training; the step that exceeds them is completed.
        parts: to evaluate: "validation", "test" or both. The best point is the best on validation, or the last if
            validation is not evaluated.
        steps: stop after so many calls instead.
        gap: least processor seconds between two points of the curve; a tenth of the time so far if that is less.
    """

    def __init__(
        self, split: Split, budget: float, parts: tuple[str, ...], steps: int | None = None, gap: float = 0.0
    ) -> None:
        self.split, self.budget, self.parts, self.steps, self.gap = split, budget, parts, steps, gap
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Any] = {}
        self.calls, self.due = 0, 0.0
        self.clock = Clock()

    def evaluate(self, scores: Scores) -> bool:
        """Evaluate while the clock is stopped; return whether to continue."""
        self.clock.pause()
        self.calls += 1
        over = self.calls >= self.steps if self.steps else self.clock.cpu >= self.budget
        if over or (not self.steps and self.clock.cpu >= self.due):
            self.due = self.clock.cpu + min(self.gap, 0.1 * self.clock.cpu)
            self.add_point(scores)
        self.clock.start()
        return not over

    def add_point(self, scores: Scores) -> None:
        """Evaluate the current model and add a point to the curve."""
        scored = {part: self.split.ranks(scores, part) for part in self.parts}
        values = {part: round(float(gains(places).mean()), 5) for part, places in scored.items()}
        clock = {"seconds": round(self.clock.wall, 2), "cpu_seconds": round(self.clock.cpu, 2)}
        self.curve.append({"step": self.calls, **clock, **values})
        print(self.curve[-1], file=sys.stderr, flush=True)
        if not self.best or values.get("validation", np.inf) > self.best.get("validation", 0.0):
            self.best = {**self.curve[-1], "ranks": scored.get("test")}


def run_peer(name: str, package: str, grid: list[dict[str, Any]], fit: Fit, *, reads_history: bool) -> None:
    """Select the settings on the validation items, train with the best, print one JSON object.

    Args:
        grid: settings, the library's defaults first; each is trained for the same processor seconds.
        reads_history: whether the model takes a history as input when it scores. Then the final training uses the rows
            before the validation items, which select its best epoch. Otherwise it includes the validation items and
            runs for the number of steps that was best without them.
    """
    folder, threads = Path(sys.argv[1]), int(sys.argv[4])
    budget, final = float(sys.argv[2]), float(sys.argv[3])
    split, tried = Split(folder), []
    for settings in grid:
        print(name, settings, file=sys.stderr, flush=True)
        training = Training(split, budget, ("validation",), gap=budget / 8)
        fit(split, split.train, settings, training.evaluate)
        tried.append({"settings": settings, "best": training.best, "curve": training.curve})
    chosen = max(tried, key=lambda entry: entry["best"]["validation"])
    if reads_history:
        training = Training(split, final, ("validation", "test"), gap=final / 40)
        fit(split, split.train, chosen["settings"], training.evaluate)
    else:
        training = Training(split, final, ("test",), steps=chosen["best"]["step"])
        fit(split, split.known, chosen["settings"], training.evaluate)
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
