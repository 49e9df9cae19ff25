"""Accuracy of the attention model within a time: `python -m benchmarks.quality --data ml-1m --minutes 4 --seeds 0 1 2`.

Leave-one-out, full ranking, seen items removed, order = time, then file. Prints JSON: NDCG@10 and HR@10 on the test
items for each seed and their median, the 95% interval over users, validation over time, and the chosen baselines.

As in papers, the validation item is used for model selection only. With `--as-used` the model is trained on it too,
as with the command line's default and wherever nothing is held out: a tenth of the users validate, and are trained on
in the end.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from benchmarks.datasets import load
from benchmarks.peers.scoring import interval
from benchmarks.record import Measurement
from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout, leave_one_out, without_last
from recsys.metrics import ndcg
from recsys.models.attention.config import AttentionConfig
from recsys.models.baselines.tuning import tune_baseline
from recsys.models.recommender import Recommender
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from recsys.models.validation import accuracy_means, next_item_ranks


def evaluated(model: Recommender, test: Holdout) -> dict[str, Any]:
    """NDCG@10, HR@10 and MRR on the test items, and the 95% interval of NDCG@10 over users."""
    ranks = next_item_ranks(model, test)
    shown: dict[str, Any] = {name: round(value, 4) for name, value in accuracy_means(ranks).items()}
    return shown | {"ndcg@10_interval": interval(ndcg(ranks, 10))[1:]}


def trained(
    rows: Dataset, validation: Holdout | None, test: Holdout, model: AttentionConfig, config: TrainConfig
) -> dict[str, Any]:
    """Train once; return accuracy, cost and settings."""
    started, cpu_started, curve = time.perf_counter(), time.process_time(), []
    report = None
    for report in train(rows, model, config, validation):
        passed = round(time.perf_counter() - started, 1)
        curve.append({"seconds": passed} | {name: round(value, 4) for name, value in report.validation.items()})
    assert report is not None
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    fused, weight = evaluated(report.model, test), report.model.markov_weight
    report.model.markov_weight = 0.0
    return {
        "seed": config.seed,
        "test": fused,
        "test_network_alone": evaluated(report.model, test),
        "markov_weight": weight,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "epochs": report.epochs,
        "parameters": report.model.parameters,
        "config": report.model.config.to_json(),
        "curve": curve,
    }


def main() -> None:
    """Train once per seed and publish the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("ml-1m", "ml-100k"), default="ml-1m")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--objective", choices=("causal", "masked"), default="causal")
    parser.add_argument("--as-used", action="store_true", help="train on every row except the test items")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--baselines", nargs="*", default=["popularity", "item-knn", "markov"])
    measurement = Measurement(parser)
    options = measurement.options
    measurement.name = f"quality-{options.data}" + "-as-used" * options.as_used
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    data = load(options.data)
    split = leave_one_out(data)
    model = AttentionConfig(objective=options.objective)
    rows, validation = split.train, split.validation
    if options.as_used:
        rows, validation = without_last(data, split.test.users), None
    baselines = {name: tune_baseline(name, rows, validation) for name in options.baselines}
    runs = [
        trained(
            rows, validation, split.test, model, TrainConfig(minutes=options.minutes, epochs=options.epochs, seed=seed)
        )
        for seed in options.seeds
    ]
    result = {
        "data": {"name": data.name, "users": data.n_users, "items": data.n_items, "rows": data.n_interactions},
        "protocol": "leave-one-out, full ranking, seen items filtered; order = time, then file",
        "learned_from": "every row but the test items" if options.as_used else "rows before the validation items",
        "minutes": options.minutes,
        "median_ndcg@10": statistics.median(run["test"]["ndcg@10"] for run in runs),
        "median_seconds": statistics.median(run["seconds"] for run in runs),
        "baselines": {name: evaluated(tuned.model, split.test) for name, tuned in baselines.items()},
        "baseline_settings": {name: dict(tuned.settings) for name, tuned in baselines.items()},
        "runs": runs,
        "threads": torch.get_num_threads(),
    }
    measurement.publish(result)


if __name__ == "__main__":
    main()
