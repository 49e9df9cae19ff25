"""What reading the items gains where nobody has chosen them yet, as JSON.

    python -m benchmarks.cold_items [--data FILE] [--epochs 10] [--reader tf-idf --reader auto …]

A tenth of the items is taken out of training altogether. Whoever chose one of them later is asked about: from what they
had chosen until then, where does the first of these items rank — among all items, and among the new ones only? Each
reader trains the same model with the same seed; "none" has the ids alone.
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
    """Which items are taken out: bool (n_items + 1,), a seeded share of those that occur."""
    seen = np.flatnonzero(dataset.item_counts)
    cold = np.zeros(dataset.n_items + 1, dtype=bool)
    cold[np.random.default_rng(seed).choice(seen, max(1, round(share * len(seen))), replace=False)] = True
    return cold


def asked_people(dataset: Dataset, cold: np.ndarray, most: int = 3000) -> Holdout:
    """Everybody's first cold item with what they had chosen before it (two items or more)."""
    users, histories, positives = [], [], []
    for user in range(dataset.n_users):
        history = dataset.history(user)
        at = np.flatnonzero(cold[history])
        if len(at) and at[0] >= 2 and len(users) < most:
            users.append(user)
            histories.append(history[: at[0]])
            positives.append(history[at[:1]])
    return Holdout(np.array(users), tuple(histories), tuple(positives))


def ranks_of(model: Recommender, people: Holdout, cold: np.ndarray) -> dict[str, np.ndarray]:
    """Ranks (from 0, ties against us) of each person's item, among the two sets of candidates."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in CANDIDATES}
    start = 0
    for histories in batched(people.histories):
        wanted = np.array([items[0] for items in people.positives[start : start + len(histories)]])
        start += len(histories)
        scores = model.scores(histories)
        own = scores[np.arange(len(wanted)), wanted][:, None]
        for row, history in zip(scores, histories, strict=True):
            row[history] = -np.inf
        found["all items"].append((scores >= own).sum(axis=1) - 1)
        found["new items only"].append(((scores >= own) & cold).sum(axis=1) - 1)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def figures(ranks: np.ndarray, seed: int = 0) -> dict[str, list[float]]:
    """HR@10 and NDCG@10, each as [value, low, high] with a 95% bootstrap interval over people."""
    top = ranks < 10
    gains = {"hr@10": top.astype(float), "ndcg@10": np.where(top, 1 / np.log2(ranks + 2), 0.0)}
    draws = np.random.default_rng(seed).integers(0, len(ranks), (1000, len(ranks)))
    shown = {}
    for name, gain in gains.items():
        low, high = np.quantile(gain[draws].mean(axis=1), [0.025, 0.975])
        shown[name] = [round(float(value), 5) for value in (gain.mean(), low, high)]
    return shown


def measure(dataset: Dataset, cold: np.ndarray, people: Holdout, reader: str, epochs: int, seed: int) -> dict[str, Any]:
    """One reader: trained without the cold items, asked about them."""
    from recsys.runs import train_run

    started = time.perf_counter()
    warm = dataset.with_rows(~cold[dataset.sequence])
    if reader == "none":
        warm = replace(warm, catalogue=replace(warm.catalogue, vectors={}))
    text = "" if reader == "none" else reader
    run = train_run(warm, epochs=epochs, seed=seed, holdout="none", baselines=(), text=text)
    ranks = ranks_of(run.model, people, cold)
    return {
        "reader": run.config["text"] or "nobody: ids alone",
        "seconds": round(time.perf_counter() - started, 1),
        **{name: figures(found) for name, found in ranks.items()},
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
    parser.add_argument("--share", type=float, default=0.1, help="of the items taken out")
    parser.add_argument("--reader", action="append", help="none, tf-idf, auto or a model's folder; may be repeated")
    parser.add_argument("--seed", type=int, default=0)
    measurement = Measurement(parser)
    chosen = measurement.options
    dataset = open_data(chosen.data)
    cold = choose_cold(dataset, chosen.share, chosen.seed)
    people = asked_people(dataset, cold)
    readers = chosen.reader or ["none", "tf-idf"]
    report = {
        "data": {"name": dataset.name, "items": dataset.n_items, "new items": int(cold.sum()), "people": len(people)},
        "by chance among new items, hr@10": round(min(10 / int(cold.sum()), 1.0), 5),
        "results": {reader: measure(dataset, cold, people, reader, chosen.epochs, chosen.seed) for reader in readers},
    }
    measurement.publish(report)


if __name__ == "__main__":
    main()
