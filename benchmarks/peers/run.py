"""Ours and the peers' SASRec on one split, one machine, one after the other: NDCG@10 over training time, as JSON.

    python -m benchmarks.peers.run --data ml-100k --minutes 5 --rectools ENV/bin/python --recbole ENV/bin/python

Leave-one-out (last item test, the one before it kept from training by all), full ranking over the catalogue, seen items
filtered, histories up to the test item. The clock counts training only, not the ranking after each epoch; ours counts
everything from the raw rows on, warm start and choosing on validation people included.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.datasets import load
from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout, Split, leave_one_out

HERE = Path(__file__).parent
PEERS = {"rectools": "rectools_sasrec.py", "recbole": "recbole_sasrec.py"}


def write_split(split: Split, folder: Path) -> None:
    """train.csv and history.csv (user, item, place), test.csv (user, item), all in our integers."""
    table(split.train, split.train.histories()).to_csv(folder / "train.csv", index=False)
    people = dict(zip(split.test.users.tolist(), split.test.histories, strict=True))
    everybody = [people.get(user, split.train.history(user)) for user in range(split.train.n_users)]
    table(split.train, everybody).to_csv(folder / "history.csv", index=False)
    wanted = [items[0] for items in split.test.positives]
    pd.DataFrame({"user": split.test.users, "item": wanted}).to_csv(folder / "test.csv", index=False)


def table(dataset: Dataset, histories: list[np.ndarray]) -> pd.DataFrame:
    lengths = [len(history) for history in histories]
    return pd.DataFrame(
        {
            "user": np.repeat(np.arange(dataset.n_users), lengths),
            "item": np.concatenate(histories),
            "place": np.concatenate([np.arange(length) for length in lengths]),
        }
    )


def ours(split: Split, minutes: float, threads: int) -> dict[str, Any]:
    """Our curve: the model after each epoch on the test people, ranked outside the clock."""
    import torch

    from recsys.models.config import TrainConfig
    from recsys.models.training import train

    torch.set_num_threads(threads)
    curve, ranked, started = [], 0.0, time.perf_counter()
    for report in train(split.train, None, TrainConfig(minutes=minutes), split.validation):
        pause = time.perf_counter()
        seconds = pause - started - ranked
        curve.append({"epoch": report.epoch, "seconds": round(seconds, 2), "ndcg@10": ndcg(report.model, split.test)})
        print(f"ours: {curve[-1]}", file=sys.stderr, flush=True)
        ranked += time.perf_counter() - pause
    return {"model": "ours", "parameters": report.model.parameters, "curve": curve}


def ndcg(model: Any, test: Holdout) -> float:
    """NDCG@10, full ranking, seen filtered, everybody."""
    from recsys.models.recommender import top_k

    gains: list[float] = []
    for first in range(0, len(test), 512):
        part = slice(first, first + 512)
        best = top_k(model.scores(test.histories[part]), 10, exclude=test.histories[part])
        hits = best == np.array([items[0] for items in test.positives[part]])[:, None]
        gains += (hits / np.log2(np.arange(2, 12))).sum(axis=1).tolist()
    return round(float(np.mean(gains)), 5)


def peer(python: str, script: str, folder: Path, minutes: float, threads: int) -> dict[str, Any]:
    """One peer's curve, from its own environment."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    command = [python, str(HERE / script), str(folder), str(minutes), str(threads)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def sooner(results: list[dict[str, Any]]) -> dict[str, Any]:
    """How much sooner ours reaches the better peer's best NDCG@10."""
    own = next((result["curve"] for result in results if result["model"] == "ours"), [])
    peers = [(max(p["ndcg@10"] for p in r["curve"]), r) for r in results if r["model"] != "ours" and r["curve"]]
    if not own or not peers:
        return {}
    level, better = max(peers, key=lambda entry: entry[0])
    took = next(point["seconds"] for point in better["curve"] if point["ndcg@10"] == level)
    reached = next((point["seconds"] for point in own if point["ndcg@10"] >= level), None)
    times = None if reached is None else round(took / reached, 1)
    return {"peer": better["model"], "ndcg@10": level, "peer_seconds": took, "our_seconds": reached, "times": times}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="ml-100k", choices=["ml-100k", "ml-1m"])
    parser.add_argument("--minutes", type=float, default=5, help="training time of each peer")
    parser.add_argument("--our-minutes", type=float, help="training time of ours; by default that of the peers")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rectools", help="python of the environment that has RecTools")
    parser.add_argument("--recbole", help="python of the environment that has RecBole")
    chosen = parser.parse_args()
    dataset = load(chosen.data)
    split = leave_one_out(dataset)
    results = []
    with tempfile.TemporaryDirectory() as place:
        write_split(split, Path(place))
        results.append(ours(split, chosen.our_minutes or chosen.minutes, chosen.threads))
        for name, script in PEERS.items():
            if python := getattr(chosen, name):
                results.append(peer(python, script, Path(place), chosen.minutes, chosen.threads))
    report = {
        "data": {
            "name": chosen.data,
            "users": dataset.n_users,
            "items": dataset.n_items,
            "rows": dataset.n_interactions,
        },
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "cores": os.cpu_count(), "threads": chosen.threads},
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "results": results,
        "sooner": sooner(results),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
