"""How quickly the map is computed, and how well: our projection beside umap-learn, with its defaults and tuned.
Prints JSON.

    python -m benchmarks.projection [--users 10000] [--rounds 3] [--only ours "umap-learn, default" …]

Users are mixtures of 40 planted interests in 64 dimensions with noise. Each projection runs in a process of its own,
and the variants take turns in each round, so that a busy machine slows all of them; the medians of the rounds, and of
the rounds' ratios, are reported. Three times are measured:

    first    a new process on a machine that never ran it: imports and compilation count
    fresh    a new process that finds on disk what the first one kept (numba's cache)
    warm     a second call in the same process

Trustworthiness is scikit-learn's, on the same sample of users for all; our own measures compare with all users.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.record import ROOT, Measurement

SAMPLE = 3_000  # users whose neighbourhoods scikit-learn compares (it needs all pairs of them)
OURS = "ours"
UMAP: dict[str, dict[str, Any]] = {
    "umap-learn, default": {},
    "umap-learn, init=pca": {"init": "pca"},
    "umap-learn, init=pca, 100 epochs": {"init": "pca", "n_epochs": 100},
}
CLOCKS = ("first", "fresh", "warm")


def planted_users(users: int, dimensions: int = 64, interests: int = 40, seed: int = 0) -> np.ndarray:
    """Embeddings of users with a few interests each: float32 (users, dimensions)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(interests, dimensions))
    shares = rng.dirichlet(np.full(interests, 0.08), size=users)
    return (shares @ centres + rng.normal(0, 0.15, (users, dimensions))).astype(np.float32)


def projector(variant: str) -> Callable[[np.ndarray], np.ndarray]:
    """Import the variant; return its function from float (n, d) to float (n, 2)."""
    if variant == OURS:
        from recsys.embeddings import project

        return lambda vectors: project(vectors, quality=False).points
    from umap import UMAP as Reference

    return lambda vectors: Reference(**UMAP[variant]).fit_transform(vectors)


def measure_in_this_process(variant: str, users: int, with_quality: bool) -> dict[str, Any]:
    """Times of the first call, imports included, and of a second call; peak memory; quality if requested."""
    vectors = planted_users(users)
    started, cpu_started = time.perf_counter(), time.process_time()
    call = projector(variant)
    call(vectors)
    cold = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu_started}
    started, cpu_started = time.perf_counter(), time.process_time()
    points = call(vectors)
    warm = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu_started}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if platform.system() == "Linux" else 1e9)
    return {
        "cold": cold,
        "warm": warm,
        "peak_gb": round(peak, 2),
        "quality": quality(vectors, points) if with_quality else {},
    }


def quality(vectors: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """scikit-learn's trustworthiness within a sample of users, and our measures of a sample against all users."""
    from sklearn.manifold import trustworthiness

    from recsys.embeddings import measure_quality

    sample = np.random.default_rng(1).permutation(len(vectors))[:SAMPLE]
    ours = measure_quality(vectors, points)
    return {
        "trustworthiness_sklearn": round(float(trustworthiness(vectors[sample], points[sample], n_neighbors=15)), 4),
        "trustworthiness": round(ours.trustworthiness, 4),
        "continuity": round(ours.continuity, 4),
        "preservation": round(ours.preservation, 4),
    }


def measure_round(variant: str, users: int, with_quality: bool) -> dict[str, Any]:
    """A variant's three times, from two processes that share a cache folder, empty at first."""
    with tempfile.TemporaryDirectory() as cache:
        processes = []
        for last in (False, True):
            command = [sys.executable, "-m", "benchmarks.projection", "--users", str(users), "--one", variant]
            done = subprocess.run(
                [*command, "--quality"] if last and with_quality else command,
                cwd=ROOT, env={**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONWARNINGS": "ignore"},
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            processes.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return {"first": processes[0]["cold"], "fresh": processes[1]["cold"], "warm": processes[1]["warm"],
            "peak_gb": processes[1]["peak_gb"], "quality": processes[1]["quality"]}  # fmt: skip


def summary(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians of each variant's times, and of the rounds' ratios to ours."""
    summaries: dict[str, Any] = {}
    for variant, runs in rounds.items():
        entry: dict[str, Any] = {"quality": runs[0]["quality"], "peak_gb": max(run["peak_gb"] for run in runs)}
        for clock in CLOCKS:
            entry[clock] = {
                unit: round(statistics.median(run[clock][unit] for run in runs), 2)
                for unit in ("seconds", "cpu_seconds")
            }
            entry[clock]["each"] = [round(run[clock]["seconds"], 2) for run in runs]
            if variant != OURS and OURS in rounds:
                for unit in ("seconds", "cpu_seconds"):
                    ratios = [run[clock][unit] / own[clock][unit] for run, own in zip(runs, rounds[OURS], strict=True)]
                    entry[clock][f"{unit}_over_ours"] = round(statistics.median(ratios), 2)
        summaries[variant] = entry
    return summaries


def main() -> None:
    """Run the chosen variants and publish the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", "--people", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[OURS, *UMAP], choices=[OURS, *UMAP])
    parser.add_argument("--one", choices=[OURS, *UMAP], help=argparse.SUPPRESS)
    parser.add_argument("--quality", action="store_true", help=argparse.SUPPRESS)
    measurement = Measurement(parser)
    options = measurement.options
    if options.one:
        print(json.dumps(measure_in_this_process(options.one, options.users, options.quality)))
        return
    measurement.name = f"projection-{options.users}"
    rounds: dict[str, list[dict[str, Any]]] = {variant: [] for variant in options.only}
    for number in range(options.rounds):
        for variant, runs in rounds.items():
            runs.append(measure_round(variant, options.users, with_quality=number == 0))
            print(
                variant, {clock: round(runs[-1][clock]["seconds"], 2) for clock in CLOCKS}, file=sys.stderr, flush=True
            )
    measurement.publish({"users": options.users, "rounds": options.rounds, "variants": summary(rounds)})


if __name__ == "__main__":
    main()
