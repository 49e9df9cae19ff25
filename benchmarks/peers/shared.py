"""What the peers' scripts share: the split as files, the metric, the report. Only numpy and pandas, so that it runs in
any of their virtual environments."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

K = 10


class Split:
    """What run.py wrote: train.csv and history.csv (user, item, place in the history), test.csv (user, item)."""

    def __init__(self, folder: Path) -> None:
        self.train, self.history = (pd.read_csv(folder / name) for name in ("train.csv", "history.csv"))
        test = pd.read_csv(folder / "test.csv")
        self.users, self.wanted = test["user"].to_numpy(), test["item"].to_numpy()


def ndcg(best: dict[int, list[int]], split: Split) -> float:
    """NDCG@10 with one relevant item: 1/log2(rank + 1) if it is among the ten best, else 0; mean over people."""
    gains = []
    for user, item in zip(split.users, split.wanted, strict=True):
        found = [rank for rank, candidate in enumerate(best.get(int(user), ())[:K], 1) if candidate == item]
        gains.append(1 / np.log2(found[0] + 1) if found else 0.0)
    return float(np.mean(gains))


def follow(name: str, split: Split, minutes: float, epoch: Callable[[], None], rank: Callable[[], dict]) -> None:
    """Trains until the minutes are over, ranks after each epoch outside the clock, prints one JSON object."""
    curve, trained = [], 0.0
    while trained < 60 * minutes:
        started = time.perf_counter()
        epoch()
        trained += time.perf_counter() - started
        curve.append({"epoch": len(curve) + 1, "seconds": round(trained, 2), "ndcg@10": round(ndcg(rank(), split), 5)})
        print(f"{name}: {curve[-1]}", file=sys.stderr, flush=True)
    print(json.dumps({"model": name, "curve": curve}))
