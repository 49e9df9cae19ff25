"""Do searched settings beat the starting ones, and what does the search cost? A file of your own, or the sample.

python -m benchmarks.tuning FILE [--trials 12] [--minutes 10] [--seed 0] [--baselines popularity item-knn markov]

Settings are chosen on the validation users; the best and the starting ones are evaluated once on the test items, as are
the baselines, which have the same number of trials. Prints JSON, also with the cost as it was estimated before.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.record import Measurement
from recsys.data import load
from recsys.models.table import DEFAULT_MODEL, model_entry
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import estimate
from recsys.runs import TrainingPlan
from recsys.runs.training import torch_threads
from recsys.runs.tuning import KeptTrials, SearchPlan, conclude, search_seconds, search_settings

THREADS = 2
BESIDE = ("popularity", "item-knn", "markov", "ease", "als")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--baselines", nargs="*", default=BESIDE)
    measurement = Measurement(parser)
    options = measurement.options
    dataset = load(options.file).dataset
    base = TrainingPlan(
        model_entry(options.model).read_config({}),
        TrainConfig(epochs=options.epochs, seed=options.seed, patience=10),
        baselines=tuple(options.baselines),
    )
    plan = SearchPlan(base, (), options.trials, options.minutes and 60 * options.minutes, options.seed)
    with tempfile.TemporaryDirectory() as folder, torch_threads(THREADS):
        probe = estimate(dataset, plan.base.model, plan.base.train)  # type: ignore[arg-type]
        expected = search_seconds(plan, probe.seconds_per_epoch, probe.epochs, dataset)
        kept = KeptTrials.of(Path(folder), plan, dataset)
        started, cpu_started = time.perf_counter(), time.process_time()
        for _ in search_settings(dataset, plan, kept):
            pass
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
        found = conclude(dataset, plan, kept)
    spent = {name: round(sum(t.seconds for t in kept.of_model(name)), 1) for name in (*base.beside, base.model.name)}
    measurement.publish(
        {
            "data": {"users": dataset.n_users, "items": dataset.n_items, "rows": dataset.n_interactions},
            "seconds_expected": round(expected, 1),
            "seconds": round(seconds, 1),
            "cpu_seconds": round(cpu_seconds, 1),
            "seconds_by_model": spent,
            "threads": THREADS,
            "search": found.to_json(),
        }
    )


if __name__ == "__main__":
    main()
