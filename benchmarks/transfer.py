"""How long the exact path takes by number of items and k, beside a grid search. Prints JSON.

    python -m benchmarks.transfer [--items 1000,10000,100000,1000000] [--k 5,20,100] [--repeats 5]

The grid search ranks all items at 1,001 evenly spaced α; it finds no exact α and misses changes between two of them.
Frame times in the browser are measured by benchmarks/frames.py.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.record import Measurement
from recsys.transfer.path.alpha_path import AlphaPath, alpha_path

GRID = 1001


def scores(kind: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The scores of two users: float32 (n,) each."""
    shared, first, second = (rng.normal(size=n).astype(np.float32) for _ in range(3))
    if kind == "independent":
        return first, second
    if kind == "alike":  # two users of one model: popularity is common to both
        return shared + first / 2, shared + second / 2
    if kind == "opposite":
        return first, second / 10 - first
    return np.where(first > 2.5, first, 0), np.where(second > 2.5, second, 0)  # item-kNN: nearly everything is 0


def grid_search(target: np.ndarray, source: np.ndarray, k: int) -> int:
    """The number of list changes that the grid search finds."""
    lists, previous = 0, None
    for alpha in np.linspace(0, 1, GRID):
        blended = alpha * source.astype(np.float64) + (1 - alpha) * target.astype(np.float64)
        best = np.argpartition(-blended, k)[:k]
        current = tuple(best[np.argsort(-blended[best], kind="stable")].tolist())
        lists += current != previous
        previous = current
    return lists


def measure(kind: str, n: int, k: int, repeats: int, brute_up_to: int) -> dict[str, object]:
    """The figures for one kind of scores, number of items and k."""
    target, source = scores(kind, n, np.random.default_rng(0))
    wall: list[float] = []
    cpu: list[float] = []
    path: AlphaPath | None = None
    for _ in range(repeats):
        started, cpu_started = time.perf_counter(), time.process_time()
        path = alpha_path(target, source, k)
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - cpu_started)
    assert path is not None
    row: dict[str, object] = {
        "scores": kind,
        "items": n,
        "k": k,
        "milliseconds": round(1000 * float(np.median(wall)), 2),
        "cpu_milliseconds": round(1000 * float(np.median(cpu)), 2),
        "steps": len(path.steps),
        "contenders": len(path.contenders),
    }
    if n <= brute_up_to:
        started = time.perf_counter()
        changes = grid_search(target, source, k)
        row |= {"brute_milliseconds": round(1000 * (time.perf_counter() - started), 1), "brute_steps": changes}
    return row


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", default="1000,10000,100000,1000000")
    parser.add_argument("--k", default="5,20,100")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--brute-up-to", type=int, default=100_000)
    measurement = Measurement(parser)
    options = measurement.options
    rows = [
        measure(kind, int(n), int(k), options.repeats, options.brute_up_to)
        for kind in ("independent", "alike", "opposite", "mostly zero")
        for n in options.items.split(",")
        for k in options.k.split(",")
    ]
    measurement.publish({"grid": GRID, "path": rows})


if __name__ == "__main__":
    main()
