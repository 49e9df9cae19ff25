"""Does transfer help users with short histories, on a file of your own: the study of the command line, with its times.

python -m benchmarks.study FILE [--items TABLE] [--axis users|time|scenarios] [--seed 0] [--uncut] [--keep FOLDER]

`--uncut` removes the times. The models train as they do with them, but the histories of sources are not cut at the
target's time: the difference is the effect of the cut. `--keep` lets `benchmarks.certificate` take up the same study.
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
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--items", default="", help="a table of the items in the folder of FILE, for their texts")
    parser.add_argument("--axis", choices=["users", "time", "scenarios"], default="users")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the results of the folds, taken up by the next run")
    parser.add_argument("--uncut", action="store_true", help="use the whole histories of sources")
    measurement = Measurement(parser)
    options = measurement.options
    measurement.name = f"uncut-study-{options.axis}" if options.uncut else f"study-{options.axis}"
    dataset = load(options.file, items=options.file.parent / options.items if options.items else None).dataset
    if options.uncut:
        dataset = replace(dataset, timestamps=None)
    started, cpu_started = time.perf_counter(), time.process_time()
    study = transfer_study(dataset, options.axis, seed=options.seed, keep=options.keep)
    measurement.publish(
        {
            "data": {"users": dataset.n_users, "items": dataset.n_items, "rows": dataset.n_interactions},
            "seconds": round(time.perf_counter() - started, 1),
            "cpu_seconds": round(time.process_time() - cpu_started, 1),
            "study": study.to_json(),
        }
    )


if __name__ == "__main__":
    main()
