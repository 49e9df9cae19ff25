"""Does transfer help people with little history, on a file of yours: the study of the shell, with what it took.

python -m benchmarks.study FILE [--axis users|time|scenarios] [--seed 0]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.record import Measurement
from recsys.data import load
from recsys.evaluation.transfer_study import transfer_study


def main() -> None:
    """Loads, studies, publishes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--axis", choices=["users", "time", "scenarios"], default="users")
    parser.add_argument("--seed", type=int, default=0)
    measurement = Measurement(parser)
    chosen = measurement.options
    measurement.name = f"study-{chosen.axis}"
    dataset = load(chosen.file).dataset
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
