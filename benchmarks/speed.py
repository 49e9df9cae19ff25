"""How the cost of training grows with the data: seconds per epoch and peak memory. Prints JSON.

    python -m benchmarks.speed
    python -m benchmarks.speed --cores 1 2     # how one size scales with processor cores, and with parts of a batch

Each size runs in a process of its own, so that peak memory is its own, on generated histories with a long tail. With
--cores the process is confined to so many cores; the digest of the weights shows whether they are the same.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import torch

from benchmarks.record import ROOT, Measurement
from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.data.splits import leave_one_out
from recsys.metrics.uncertainty import bootstrap_means
from recsys.models.attention.config import AttentionConfig
from recsys.models.baselines.tuning import tune_baseline
from recsys.models.sequence import learner
from recsys.models.storage import weights_digest
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from recsys.runs import BASELINES_BESIDE, train_run

ROWS = (100_000, 300_000, 1_000_000, 3_000_000)
ITEMS = (1_000, 10_000, 100_000)
HISTORY = 100  # items per user, on average
MODELS = 5  # whose values are resampled together in a report


def generate(rows: int, items: int, seed: int = 0) -> Dataset:
    """Histories of geometrically distributed lengths over items drawn by Zipf's law."""
    rng = np.random.default_rng(seed)
    lengths = rng.geometric(1 / HISTORY, size=rows // HISTORY) + 1
    lengths = np.append(lengths, max(2, rows - int(lengths.sum())))
    popularity = 1 / np.arange(1, items + 1)
    sequence = rng.choice(items, size=int(lengths.sum()), p=popularity / popularity.sum()) + 1
    ids = [f"i{n}" for n in range(items)]
    return Dataset(
        users=IdMap([f"u{n}" for n in range(len(lengths))], first=0),
        items=IdMap(ids),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        sequence=sequence.astype(np.int32),
        catalogue=Catalogue.bare(ids),
    )


def measure(rows: int, items: int) -> dict[str, float]:
    """One reported epoch of the default model (at most 250 batches), scaled to a whole pass."""
    data = generate(rows, items)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    reports = train(data, AttentionConfig(), TrainConfig(epochs=4))
    first = next(reports)
    ready, cpu = time.perf_counter() - started, time.process_time()
    second = next(reports)
    lap = second.seconds - first.seconds
    return {
        "rows": data.n_interactions,
        "items": items,
        "seconds_per_pass": round(data.n_interactions / second.examples_per_second, 2),
        "examples_per_second": round(second.examples_per_second),
        "seconds_of_reported_epoch": round(lap, 2),
        "cpu_seconds_of_reported_epoch": round(time.process_time() - cpu, 2),
        "seconds_before_second_epoch": round(ready, 2),
        "parameters": second.model.parameters,
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "megabytes_before_training": round(began),
    }


def scaling(rows: int, items: int, cores: int, parts: int) -> dict[str, Any]:
    """Training on some cores, with batches in some parts: the fastest of three epochs, since others only slow it."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    torch.set_num_threads(cores)
    learner.PARTS = parts
    laps, cpu = [], time.process_time()
    for report in train(generate(rows, items), AttentionConfig(markov=False), TrainConfig(epochs=4, device="cpu")):
        laps.append((report.examples_per_second, time.process_time() - cpu))
        cpu = time.process_time()
    return {
        "cores": cores,
        "parts": parts,
        "examples_per_second": round(max(speed for speed, _ in laps[1:])),
        "cpu_seconds_of_an_epoch": round(min(seconds for _, seconds in laps[1:]), 2),
        "weights": weights_digest(report.model)[:12],
    }


def beside(rows: int, items: int) -> dict[str, float]:
    """Seconds of the baselines and of one bootstrap, which no other worker takes over, beside those of a training."""
    data = generate(rows, items)
    split, laps = leave_one_out(data), {}
    began = time.perf_counter()
    for name in BASELINES_BESIDE:
        tune_baseline(name, split.train, split.validation)
    laps["baselines"] = time.perf_counter() - began
    began = time.perf_counter()
    bootstrap_means(np.random.default_rng(0).random((len(split.test), MODELS)))
    laps["bootstrap"] = time.perf_counter() - began
    began = time.perf_counter()
    train_run(data, holdout="last-one", threads=2)
    laps["training with the baselines"] = time.perf_counter() - began
    return {name: round(seconds, 2) for name, seconds in laps.items()}


def main() -> None:
    """Measure every size in a process of its own; with --one, one size in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", type=int, nargs="+", metavar="ROWS ITEMS [CORES PARTS]")
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--items", type=int, nargs="+", default=list(ITEMS))
    parser.add_argument("--cores", type=int, nargs="+", help="numbers of cores to compare")
    parser.add_argument(
        "--parts", type=int, nargs="+", default=[2, 4], help="with --cores: parts of a batch to compare"
    )
    measurement = Measurement(parser)
    options = measurement.options
    if options.one:
        print(json.dumps((measure if len(options.one) == 2 else scaling)(*options.one)))
        return
    if options.cores:
        measurement.name = "speed-cores"
        size = (options.rows[0], options.items[0])
        runs = [in_a_process(*size, cores, parts) for parts in options.parts for cores in options.cores]
        measurement.publish({"rows": size[0], "items": size[1], "runs": runs, "seconds": beside(*size)})
        return
    sizes = [in_a_process(rows, items) for rows in options.rows for items in options.items]
    measurement.publish({"sizes": sizes, "threads": torch.get_num_threads()})


def in_a_process(*one: int) -> dict[str, Any]:
    """The figures of `--one` with these numbers."""
    command = [sys.executable, "-m", "benchmarks.speed", "--one", *map(str, one)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
