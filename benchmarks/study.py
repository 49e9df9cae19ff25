"""Does transfer help people with little history, on a file of yours: the study of the shell, with what it took.

python -m benchmarks.study FILE [--axis users|time|scenarios] [--seed 0] [--uncut]

`--uncut` leaves the times out. The models then train as they do with them, but sources' histories are not cut at the
target's time: the difference is what the cut changes.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.record import Measurement
from recsys.data import load
from recsys.evaluation.study.transfer_study import transfer_study


def main() -> None:
    """Loads, studies, publishes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--axis", choices=["users", "time", "scenarios"], default="users")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--uncut", action="store_true", help="read sources' whole histories")
    measurement = Measurement(parser)
    chosen = measurement.options
    measurement.name = f"uncut-study-{chosen.axis}" if chosen.uncut else f"study-{chosen.axis}"
    dataset = load(chosen.file).dataset
    if chosen.uncut:
        dataset = replace(dataset, timestamps=None)
    started, burned = time.perf_counter(), time.process_time()
    study = transfer_study(dataset, chosen.axis, seed=chosen.seed)
    measurement.publish(
        {
            "data": {"users": dataset.n_users, "items": dataset.n_items, "rows": dataset.n_interactions},
            "seconds": round(time.perf_counter() - started, 1),
            "cpu_seconds": round(time.process_time() - burned, 1),
            "study": study.to_json(),
        }
    )


if __name__ == "__main__":
    main()
