"""Big data on one machine: from a file of millions of rows to a model, a map of users and a transferred list.

    python -m benchmarks.big_data [--rows 25000000] [--items 60000] [--minutes 10]

The rows are generated: a seeded long tail of items (Zipf's law) and of histories, with times. Each step is a command of
the shell in a process of its own, so that its peak memory is its own. Prints JSON: per step the seconds, the
CPU-seconds and the peak memory in MB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from benchmarks.record import ROOT, Measurement

HISTORY = 100  # rows per user, on average
CHUNK = 1_000_000  # rows written at once


def write_rows(path: Path, rows: int, items: int, seed: int = 0) -> None:
    """A CSV of user, item and time, in the order of time, written in chunks."""
    rng = np.random.default_rng(seed)
    users = max(rows // HISTORY, 2)
    of_users = np.cumsum(rng.lognormal(sigma=1.0, size=users))
    of_items = np.cumsum(1 / np.arange(1, items + 1))
    schema = pa.schema([("user_id", pa.int64()), ("item_id", pa.int64()), ("timestamp", pa.int64())])
    with csv.CSVWriter(path, schema) as writer:
        for begin in range(0, rows, CHUNK):
            n = min(CHUNK, rows - begin)
            columns = [
                np.searchsorted(of_users, rng.random(n) * of_users[-1]),
                np.searchsorted(of_items, rng.random(n) * of_items[-1]),
                1_500_000_000 + begin + np.arange(n),
            ]
            writer.write_table(pa.table([pa.array(column, pa.int64()) for column in columns], schema))


def measured(*arguments: str) -> tuple[dict[str, float], dict[str, Any]]:
    """The cost of one command of the shell, and its answer.

    Raises:
        RuntimeError: the command failed.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            [sys.executable, "-m", "recsys", *arguments, "--json"], cwd=ROOT, stdout=out, stderr=err
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        if child.returncode:
            raise RuntimeError(f"{arguments[0]} ended with {child.returncode}: {err.read().decode()[-2000:]}")
        answer = json.loads(out.read())
    cost = {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
    }
    print(f"{arguments[0]}: {cost}", file=sys.stderr)
    return cost, answer


def main() -> None:
    """Measure the steps one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=25_000_000)
    parser.add_argument("--items", type=int, default=60_000)
    parser.add_argument("--minutes", type=float, default=10.0, help="time to spend on the network")
    measurement = Measurement(parser)
    options = measurement.options
    steps: dict[str, dict[str, float]] = {}
    last_one, minutes = ("--holdout", "last-one"), str(options.minutes)
    with tempfile.TemporaryDirectory() as folder:
        path, run, points = (Path(folder) / name for name in ("rows.csv", "run", "map.csv"))
        write_rows(path, options.rows, options.items)
        megabytes = path.stat().st_size / 1e6
        steps["inspect"], found = measured("inspect", str(path))
        steps["train"], trained = measured("train", str(path), *last_one, "--run", str(run), "--minutes", minutes)
        steps["project"], _ = measured("project", "--run", str(run), "--out", str(points))
        pair = ("--run", str(run), "--target", "1", "--source", "2")
        steps["transfer"], listed = measured("transfer", *pair, "--path")
    measurement.publish(
        {
            "rows": options.rows,
            "file_mb": round(megabytes),
            "users": found["users"],
            "items": found["items"],
            "minutes": options.minutes,
            "steps": steps,
            "training": {name: value for name, value in trained.items() if name != "run"},
            "steps_of_the_path": len(listed["steps"]),
        }
    )


if __name__ == "__main__":
    main()
