"""From a CSV of 10 million rows to a Dataset: time and memory as multiples of pyarrow.csv.read_csv, beside pandas and
polars.

Each reader runs in its own process, in turn; the median of the rounds is reported. Prints JSON.

    python -m benchmarks.ingest --rows 10000000 --rounds 3
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.record import ROOT, Measurement

_FRAME = """
import json, resource, sys, time
path = sys.argv[1]
{imports}
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({{"seconds": seconds, "cpu_seconds": cpu, "peak_mb": after.ru_maxrss / 1024, "rows": {rows},
    "table_mb": {table}}}))
"""
_READERS = {
    "pyarrow": ("import pyarrow.csv as c", "t = c.read_csv(path)", "t.num_rows", "t.nbytes / 2**20"),
    "ours": (
        "from pathlib import Path; from recsys.data import load",
        "t = load(Path(path))",
        "t.dataset.n_interactions",
        "0",
    ),
    "ours, 1 million rows": (
        "from pathlib import Path; from recsys.data import load",
        "t = load(Path(path + '.small'))",
        "t.dataset.n_interactions",
        "0",
    ),
    "pandas, to sorted codes": (
        "import pandas as pd",
        "f = pd.read_csv(path).drop_duplicates(); u, _ = pd.factorize(f.user_id); i, _ = pd.factorize(f.item_id); "
        "t = f.assign(u=u, i=i).sort_values(['u', 'timestamp'], kind='stable')",
        "len(t)",
        "0",
    ),
    "polars, to sorted codes": (
        "import polars as pl",
        "t = pl.read_csv(path).unique(maintain_order=True).with_columns(u=pl.col('user_id').rank('dense'), "
        "i=pl.col('item_id').rank('dense')).sort(['u', 'timestamp'], maintain_order=True)",
        "len(t)",
        "0",
    ),
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    measurement = Measurement(parser)
    options = measurement.options
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in _READERS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.csv"
        write_rows(path, options.rows)
        write_rows(path.with_name(path.name + ".small"), options.rows // 10)
        for _ in range(options.rounds):
            for name in _READERS:
                runs[name].append(measure(name, path))
        megabytes = path.stat().st_size / 2**20
    medians = {
        name: {key: round(statistics.median(run[key] for run in rounds), 3) for key in rounds[0]}
        for name, rounds in runs.items()
    }
    table = medians["pyarrow"]["table_mb"]
    figures = {
        "rows": options.rows,
        "file_mb": round(megabytes, 1),
        "time_ratio": round(medians["ours"]["seconds"] / medians["pyarrow"]["seconds"], 2),
        "cpu_ratio": round(medians["ours"]["cpu_seconds"] / medians["pyarrow"]["cpu_seconds"], 2),
        "memory_ratio": round(medians["ours"]["peak_mb"] / table, 2),
        "arrow_table_mb": table,
        "readers": medians,
    }
    measurement.publish(figures)


def write_rows(path: Path, rows: int) -> None:
    """Write users and items with long tails, unordered times over sixteen years, and ratings in steps of 0.5."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(0)
    columns = {
        "user_id": rng.integers(0, 150_000, rows),
        "item_id": (rng.pareto(1.0, rows) * 50).astype(np.int64) % 50_000,
        "timestamp": rng.integers(1_200_000_000, 1_700_000_000, rows),
        "rating": rng.integers(1, 11, rows) / 2,
    }
    csv.write_csv(pa.table(columns), path)


def measure(name: str, path: Path) -> dict[str, float]:
    """Run one reader in a process of its own."""
    imports, work, rows, table = _READERS[name]
    code = _FRAME.format(imports=imports, work=work, rows=rows, table=table)
    shown = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    figures: dict[str, float] = json.loads(shown.stdout)
    return figures


if __name__ == "__main__":
    main()
