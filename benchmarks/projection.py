"""How quickly the map is drawn, and how well: ours beside umap-learn, as it comes and tuned, on the same people. JSON.

    python -m benchmarks.projection [--people 10000] [--rounds 3] [--only ours "umap-learn, default" …]

People are mixtures of 40 planted interests in 64 dimensions with noise. Every drawing happens in a process of its own,
the variants in turn in each round, so that a busy machine slows all alike; medians of the rounds, and of the rounds'
ratios. Three clocks:

    first    a fresh process on a machine that never did it: imports and compilation count
    fresh    a fresh process that finds on disk what it could keep from the first (numba's cache)
    warm     a second call in the same process

Trustworthiness is scikit-learn's, on the same sample of people for all; beside it our own measures, against everybody.
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

JUDGED = 3_000  # people whose neighbourhoods scikit-learn compares (its measure needs all pairs of them)
OURS = "ours"
UMAP: dict[str, dict[str, Any]] = {
    "umap-learn, default": {},
    "umap-learn, init=pca": {"init": "pca"},
    "umap-learn, init=pca, 100 epochs": {"init": "pca", "n_epochs": 100},
}
CLOCKS = ("first", "fresh", "warm")


def planted(people: int, dimensions: int = 64, interests: int = 40, seed: int = 0) -> np.ndarray:
    """Embeddings of people with a few interests each: float32 (people, dimensions)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(interests, dimensions))
    shares = rng.dirichlet(np.full(interests, 0.08), size=people)
    return (shares @ centres + rng.normal(0, 0.15, (people, dimensions))).astype(np.float32)


def draw(variant: str) -> Callable[[np.ndarray], np.ndarray]:
    """Imports what the variant needs and returns its call: float (n, d) to float (n, 2)."""
    if variant == OURS:
        from recsys.embeddings import project

        return lambda vectors: project(vectors, quality=False).points
    from umap import UMAP as Reference

    return lambda vectors: Reference(**UMAP[variant]).fit_transform(vectors)


def alone(variant: str, people: int, judge: bool) -> dict[str, Any]:
    """What this process sees: the call with all that comes before it, and once more."""
    vectors = planted(people)
    started, burned = time.perf_counter(), time.process_time()
    call = draw(variant)
    call(vectors)
    cold = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - burned}
    started, burned = time.perf_counter(), time.process_time()
    points = call(vectors)
    warm = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - burned}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if platform.system() == "Linux" else 1e9)
    return {
        "cold": cold,
        "warm": warm,
        "peak_gb": round(peak, 2),
        "quality": evaluated(vectors, points) if judge else {},
    }


def evaluated(vectors: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """Both measures of a picture: scikit-learn's on a sample among itself, ours of a sample against everybody."""
    from sklearn.manifold import trustworthiness

    from recsys.embeddings import measure_quality

    some = np.random.default_rng(1).permutation(len(vectors))[:JUDGED]
    ours = measure_quality(vectors, points)
    return {
        "trustworthiness_sklearn": round(float(trustworthiness(vectors[some], points[some], n_neighbors=15)), 4),
        "trustworthiness": round(ours.trustworthiness, 4),
        "continuity": round(ours.continuity, 4),
        "preservation": round(ours.preservation, 4),
    }


def one_round(variant: str, people: int, judge: bool) -> dict[str, Any]:
    """A variant's three clocks, from two processes that share an empty folder for what is kept."""
    with tempfile.TemporaryDirectory() as kept:
        found = []
        for last in (False, True):
            command = [sys.executable, "-m", "benchmarks.projection", "--people", str(people), "--one", variant]
            done = subprocess.run(
                [*command, "--judge"] if last and judge else command,
                cwd=ROOT, env={**os.environ, "NUMBA_CACHE_DIR": kept, "PYTHONWARNINGS": "ignore"},
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            found.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return {"first": found[0]["cold"], "fresh": found[1]["cold"], "warm": found[1]["warm"],
            "peak_gb": found[1]["peak_gb"], "quality": found[1]["quality"]}  # fmt: skip


def summary(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians of each variant's clocks, and of the rounds' ratios to ours."""
    answer: dict[str, Any] = {}
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
        answer[variant] = entry
    return answer


def main() -> None:
    """Runs what was asked for and publishes it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[OURS, *UMAP], choices=[OURS, *UMAP])
    parser.add_argument("--one", choices=[OURS, *UMAP], help=argparse.SUPPRESS)
    parser.add_argument("--judge", action="store_true", help=argparse.SUPPRESS)
    measurement = Measurement(parser)
    chosen = measurement.options
    if chosen.one:
        print(json.dumps(alone(chosen.one, chosen.people, chosen.judge)))
        return
    measurement.name = f"projection-{chosen.people}"
    rounds: dict[str, list[dict[str, Any]]] = {variant: [] for variant in chosen.only}
    for number in range(chosen.rounds):
        for variant, runs in rounds.items():
            runs.append(one_round(variant, chosen.people, judge=number == 0))
            print(
                variant, {clock: round(runs[-1][clock]["seconds"], 2) for clock in CLOCKS}, file=sys.stderr, flush=True
            )
    measurement.publish({"people": chosen.people, "rounds": chosen.rounds, "variants": summary(rounds)})


if __name__ == "__main__":
    main()
