"""What item texts gain for items without interactions. Prints JSON.

    python -m benchmarks.cold_items [--data FILE] [--epochs 10] [--encoder tf-idf --encoder auto …]

A tenth of the items is removed from training. For each user who later interacted with one of them: at what rank does
the first such item appear, given the user's history until then, among all items and among the new items only? Each
text encoder trains the same model with the same seed; "none" uses ids alone.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import Measurement
from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.models.recommender import Recommender, batched

CANDIDATES = ("all items", "new items only")


def choose_cold(dataset: Dataset, share: float, seed: int) -> np.ndarray:
    """The items to remove from training: bool (n_items + 1,), a seeded share of those that occur."""
    seen = np.flatnonzero(dataset.item_counts)
    cold = np.zeros(dataset.n_items + 1, dtype=bool)
    cold[np.random.default_rng(seed).choice(seen, max(1, round(share * len(seen))), replace=False)] = True
    return cold


def hold_out_cold_items(dataset: Dataset, cold: np.ndarray, limit: int = 3000) -> Holdout:
    """Each user's first cold item, with the history before it (two items or more), for at most `limit` users."""
    users, histories, positives = [], [], []
    for user in range(dataset.n_users):
        history = dataset.history(user)
        at = np.flatnonzero(cold[history])
        if len(at) and at[0] >= 2 and len(users) < limit:
            users.append(user)
            histories.append(history[: at[0]])
            positives.append(history[at[:1]])
    return Holdout(np.array(users), tuple(histories), tuple(positives))


def ranks_of(model: Recommender, held_out: Holdout, cold: np.ndarray) -> dict[str, np.ndarray]:
    """Ranks (from 0, ties counted against the model) of each user's item, by set of candidates."""
    ranks: dict[str, list[np.ndarray]] = {name: [] for name in CANDIDATES}
    start = 0
    for histories in batched(held_out.histories):
        items = np.array([items[0] for items in held_out.positives[start : start + len(histories)]])
        start += len(histories)
        scores = model.scores(histories)
        score = scores[np.arange(len(items)), items][:, None]
        for row, history in zip(scores, histories, strict=True):
            row[history] = -np.inf
        ranks["all items"].append((scores >= score).sum(axis=1) - 1)
        ranks["new items only"].append(((scores >= score) & cold).sum(axis=1) - 1)
    return {name: np.concatenate(parts) for name, parts in ranks.items()}


def figures(ranks: np.ndarray, seed: int = 0) -> dict[str, list[float]]:
    """HR@10 and NDCG@10, each as [value, low, high] with a 95% bootstrap interval over held_out."""
    top = ranks < 10
    gains = {"hr@10": top.astype(float), "ndcg@10": np.where(top, 1 / np.log2(ranks + 2), 0.0)}
    draws = np.random.default_rng(seed).integers(0, len(ranks), (1000, len(ranks)))
    shown = {}
    for name, gain in gains.items():
        low, high = np.quantile(gain[draws].mean(axis=1), [0.025, 0.975])
        shown[name] = [round(float(value), 5) for value in (gain.mean(), low, high)]
    return shown


def measure(
    dataset: Dataset, cold: np.ndarray, held_out: Holdout, encoder: str, epochs: int, seed: int
) -> dict[str, Any]:
    """Train with one text encoder, without the cold items, and evaluate on them."""
    from recsys.runs import train_run

    started = time.perf_counter()
    warm = dataset.with_rows(~cold[dataset.sequence])
    if encoder == "none":
        warm = replace(warm, catalogue=replace(warm.catalogue, vectors={}))
    text = "" if encoder == "none" else encoder
    run = train_run(warm, epochs=epochs, seed=seed, holdout="none", baselines=(), text=text)
    ranks = ranks_of(run.model, held_out, cold)
    return {
        "encoder": run.config["text"] or "none: ids alone",
        "seconds": round(time.perf_counter() - started, 1),
        **{name: figures(values) for name, values in ranks.items()},
    }


def open_data(file: Path | None) -> Dataset:
    if file is None:
        from recsys.data.samples import load_sample

        sample: Dataset = load_sample("all").dataset
        return sample
    from recsys.data import load

    return load(file).dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a file to load; by default the sample")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.1, help="of the items, to remove from training")
    parser.add_argument("--encoder", action="append", help="none, tf-idf, auto or a model's folder; may be repeated")
    parser.add_argument("--seed", type=int, default=0)
    measurement = Measurement(parser)
    options = measurement.options
    dataset = open_data(options.data)
    cold = choose_cold(dataset, options.share, options.seed)
    held_out = hold_out_cold_items(dataset, cold)
    encoders = options.encoder or ["none", "tf-idf"]
    report = {
        "data": {"name": dataset.name, "items": dataset.n_items, "new items": int(cold.sum()), "users": len(held_out)},
        "by chance among new items, hr@10": round(min(10 / int(cold.sum()), 1.0), 5),
        "results": {
            encoder: measure(dataset, cold, held_out, encoder, options.epochs, options.seed) for encoder in encoders
        },
    }
    measurement.publish(report)


if __name__ == "__main__":
    main()
