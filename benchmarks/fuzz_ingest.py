"""Load thousands of damaged files; count the outcomes and the peak memory, as JSON. Exit code 1 if an error escaped.

python -m benchmarks.fuzz_ingest --files 20000 --seed 1
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import traceback
import warnings
from collections import Counter

from benchmarks.record import Measurement
from recsys.data import load
from recsys.errors import StudioError
from tests.data import files
from tests.data.mutations import mutated


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    measurement = Measurement(parser)
    options = measurement.options
    warnings.simplefilter("error")
    outcomes: Counter[str] = Counter()
    escaped: list[str] = []
    slowest, slowest_file = 0.0, ""
    start = time.perf_counter()
    for name, data in mutated(files.CORPUS, options.files, options.seed):
        began = time.perf_counter()
        try:
            report = load(data, name=name).report
            consistent = report.rows_read == report.rows_kept + sum(report.dropped.values())
            outcomes["opened" if consistent else "unsound"] += 1
        except StudioError:
            outcomes["refused"] += 1
        except (Exception, RuntimeWarning):  # noqa: BLE001 - the purpose of a fuzzer
            outcomes["escaped"] += 1
            escaped.append(f"{name}\n{traceback.format_exc(limit=-3)}")
        if (spent := time.perf_counter() - began) > slowest:
            slowest, slowest_file = spent, name
    measurement.publish(
        {
            "files": options.files,
            "seed": options.seed,
            "opened": 0,
            "refused": 0,
            "escaped": 0,
            **outcomes,
            "seconds": round(time.perf_counter() - start, 1),
            "slowest_file_seconds": round(slowest, 3),
            "slowest_file": slowest_file,
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "first_escapes": escaped[:5],
        }
    )
    return int(bool(escaped) or outcomes["unsound"] > 0)


if __name__ == "__main__":
    sys.exit(main())
