"""Thousands of damaged files through `load`: counts, and the peak of memory, as JSON. Exit 1 if anything escaped.

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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    measurement = Measurement(parser)
    chosen = measurement.options
    warnings.simplefilter("error")
    ends: Counter[str] = Counter()
    escaped: list[str] = []
    slowest, slowest_file = 0.0, ""
    start = time.perf_counter()
    for what, data in mutated(files.CORPUS, chosen.files, chosen.seed):
        began = time.perf_counter()
        try:
            report = load(data, name=what).report
            sound = report.rows_read == report.rows_kept + sum(report.dropped.values())
            ends["opened" if sound else "unsound"] += 1
        except StudioError:
            ends["refused"] += 1
        except (Exception, RuntimeWarning):  # noqa: BLE001 - what a fuzzer is for
            ends["escaped"] += 1
            escaped.append(f"{what}\n{traceback.format_exc(limit=-3)}")
        if (spent := time.perf_counter() - began) > slowest:
            slowest, slowest_file = spent, what
    measurement.publish(
        {
            "files": chosen.files,
            "seed": chosen.seed,
            "opened": 0,
            "refused": 0,
            "escaped": 0,
            **ends,
            "seconds": round(time.perf_counter() - start, 1),
            "slowest_file_seconds": round(slowest, 3),
            "slowest_file": slowest_file,
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "first_escapes": escaped[:5],
        }
    )
    return int(bool(escaped) or ends["unsound"] > 0)


if __name__ == "__main__":
    sys.exit(main())
