"""Our model and the peers on one split, on one machine, one after the other: NDCG@10 over training time. Prints JSON.

    python -m benchmarks.peers.run [--data ml-100k] [--only ours rectools recbole lightfm surprise als bpr item-item]

Leave-one-out (the last item of each user is the test, the one before it the validation), full ranking over the
catalogue, seen items removed, ties against the model, all models scored by scoring.py. Every peer tries five
settings, its defaults among them, for the same processor seconds each, and the validation items select; then it is
trained for `--final` processor seconds. The clock counts only the training of a peer; for our model it counts
everything from the raw rows on, including warm start and validation. Our model is trained between the peers, once per
seed, so that a busy machine slows all of them: network alone, Markov alone, and both together. Processor seconds
(`cpu_seconds`, of all threads) hardly depend on the other load of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.datasets import load
from benchmarks.peers.environments import PEERS, DoesNotInstall, python_of
from benchmarks.peers.scoring import gains, interval, ranks, summary
from benchmarks.record import Measurement
from recsys.data.dataset import Dataset
from recsys.data.splits import Split, leave_one_out
from recsys.models.attention.config import AttentionConfig
from recsys.models.recommender import Recommender
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import LONGEST, default_epochs, train

HERE = Path(__file__).parent
NETWORK, MARKOV, BOTH = "ours, network alone", "Markov alone", "ours, both together"
AROUND = ("", "rectools", "recbole")  # our model is trained first and after each of these
ENOUGH = 0.99  # share of a peer's best NDCG@10 that counts as reached: the last hundredth can take very long


def write_split(dataset: Dataset, folder: Path) -> None:
    """Write rows.csv (see shared.py) in our integers, with all users."""
    place = np.arange(dataset.n_interactions) - dataset.offsets[dataset.user_of]
    left = np.diff(dataset.offsets)[dataset.user_of] - 1 - place
    part = np.where(dataset.lengths[dataset.user_of] < 3, 0, np.select([left == 0, left == 1], [2, 1], 0))
    ratings = np.ones(dataset.n_interactions) if dataset.ratings is None else dataset.ratings
    table = {"user": dataset.user_of, "item": dataset.sequence, "place": place, "rating": ratings, "part": part}
    pd.DataFrame(table).to_csv(folder / "rows.csv", index=False)


def ranks_on_test(model: Recommender, split: Split) -> np.ndarray:
    """Ranks of all users' test items, with the scoring of the peers."""
    test, ranked = split.test, []
    for first in range(0, len(test), 512):
        histories = test.histories[first : first + 512]
        seen = np.zeros((len(histories), model.n_items + 1), dtype=bool)
        for row, history in zip(seen, histories, strict=True):
            row[history] = True
        held_out = np.array([items[0] for items in test.positives[first : first + 512]])
        ranked.append(ranks(model.scores(histories), seen, held_out))
    return np.concatenate(ranked)


def ours(split: Split, markov: bool, seed: int, threads: int) -> dict[str, Any]:
    """Train our model; the curve has the best model on validation so far, evaluated while the clock is stopped."""
    import torch

    torch.set_num_threads(threads)
    epochs = int(LONGEST * default_epochs(split.train))
    curve, evaluation, evaluation_cpu = [], 0.0, 0.0
    started, cpu_started = time.perf_counter(), time.process_time()
    for report in train(
        split.train, AttentionConfig(markov=markov), TrainConfig(epochs=epochs, seed=seed), split.validation
    ):
        pause, pause_cpu = time.perf_counter(), time.process_time()
        ranked = ranks_on_test(report.model, split)
        clock = {
            "seconds": round(pause - started - evaluation, 2),
            "cpu_seconds": round(pause_cpu - cpu_started - evaluation_cpu, 2),
        }
        values = {"validation": report.validation["ndcg@10"], "test": float(gains(ranked).mean())}
        curve.append({"step": report.epoch, **clock, **{part: round(value, 5) for part, value in values.items()}})
        print(f"ours: {curve[-1]}", file=sys.stderr, flush=True)
        evaluation += time.perf_counter() - pause
        evaluation_cpu += time.process_time() - pause_cpu
    settings = report.model.config.to_json() | {"epochs": epochs, "markov_weight": report.model.markov_weight}
    return {
        "model": BOTH if markov else NETWORK,
        "seed": seed,
        "threads": threads,
        "settings": settings,
        "learned_from": "rows before the validation items",
        "curve": curve,
        "test": summary(ranked),
        "ranks": ranked.tolist(),
    }


def markov_alone(split: Split) -> dict[str, Any]:
    """Evaluate the Markov scores with the settings that are best on validation."""
    from recsys.models.validation import make_validator

    started, cpu_started = time.perf_counter(), time.process_time()
    model = make_validator(split.validation, split.train, True).markov
    assert model is not None
    clock = {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - cpu_started, 2),
    }
    ranked = ranks_on_test(model, split)
    return {
        "model": MARKOV,
        "threads": 1,
        "settings": model.meta(),
        "learned_from": "rows before the validation items",
        "curve": [{"step": 1, **clock, "test": round(float(gains(ranked).mean()), 5)}],
        "test": summary(ranked),
        "ranks": ranked.tolist(),
    }


def peer(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The report of one peer from its own environment, or why it does not install."""
    try:
        python = python_of(PEERS[name])
    except DoesNotInstall as reason:
        return {"model": name, "does_not_install": str(reason)}
    threads = str(options.threads)
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore",
                   "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}  # fmt: skip
    script = [str(HERE / PEERS[name].script), str(folder), str(options.each), str(options.final), threads]
    command = [str(python), *script, *PEERS[name].arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return report


def differences_to_ours(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Each model's NDCG@10 minus that of both together (median seed), with its 95% interval over the same users."""
    runs = sorted((r for r in results if r["model"] == BOTH), key=lambda r: r["test"]["ndcg@10"][0])
    if not runs:
        return {}
    base = gains(np.array(runs[len(runs) // 2]["ranks"]))
    others = {r["model"]: r for r in results if "ranks" in r and r["model"] != BOTH}
    return {name: interval(gains(np.array(r["ranks"])) - base) for name, r in others.items()}


def reached(curve: list[dict[str, float]], level: float) -> dict[str, float] | None:
    """The seconds at which a curve first reaches the level."""
    return next(({c: p[c] for c in ("seconds", "cpu_seconds")} for p in curve if p["test"] >= level), None)


def sooner(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How much sooner our model, network alone and both together, reaches 99% of each network peer's best."""
    comparisons = []
    for other in (r for r in results if "SASRec" in r["model"] and "curve" in r):
        best = max(point["test"] for point in other["curve"])
        took = reached(other["curve"], ENOUGH * best)
        entry: dict[str, Any] = {
            "peer": other["model"],
            "best": best,
            "level": round(ENOUGH * best, 5),
            "peer_took": took,
        }
        for name in (NETWORK, BOTH):
            runs = [reached(r["curve"], ENOUGH * best) for r in results if r["model"] == name]
            if runs and took and all(runs):
                median = {c: statistics.median(one[c] for one in runs if one) for c in took}
                times = {c: round(took[c] / median[c], 1) for c in took}
                entry[name] = {"took": median, "times_sooner": times}
        comparisons.append(entry)
    return comparisons


def figures(dataset: Dataset, options: argparse.Namespace, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures to publish, without the ranks themselves."""
    shape = {"users": dataset.n_users, "items": dataset.n_items, "rows": dataset.n_interactions}
    budget = {"settings": 5, "cpu_seconds_each": options.each, "cpu_seconds_final": options.final}
    return {
        "data": {"name": options.data, **shape},
        "protocol": "leave-one-out, full ranking, seen items filtered, ties against the model; order = time, then file",
        "budget": {**budget, "threads": options.threads},
        "results": [{key: value for key, value in result.items() if key != "ranks"} for result in results],
        "difference_to_both_together": differences_to_ours(results),
        "sooner": sooner(results),
    }


def main() -> None:
    """Train our model first and after every slow peer; publish after each, so that an interrupted run is not lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="ml-100k", choices=["ml-100k", "ml-1m"])
    parser.add_argument("--each", type=float, default=100, help="processor seconds for each setting")
    parser.add_argument("--final", type=float, default=600, help="processor seconds of each peer's final training")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=["ours", *PEERS], choices=["ours", *PEERS])
    measurement = Measurement(parser, name="peers")
    options = measurement.options
    measurement.name += "" if options.data == "ml-100k" else f"-{options.data}"
    dataset = load(options.data)
    split = leave_one_out(dataset)
    results: list[dict[str, Any]] = []
    waiting = list(options.seeds) if "ours" in options.only else []
    if waiting:
        results.append(markov_alone(split))
    with tempfile.TemporaryDirectory() as place:
        write_split(dataset, Path(place))
        names = ["", *(name for name in PEERS if name in options.only)]
        for name in names:
            if name:
                results.append(peer(name, Path(place), options))
            turns = len(waiting) if name == names[-1] else int(name in AROUND)
            for seed in waiting[:turns]:
                results += [ours(split, markov, seed, options.threads) for markov in (False, True)]
            waiting = waiting[turns:]
            measurement.publish(figures(dataset, options, results))


if __name__ == "__main__":
    main()
