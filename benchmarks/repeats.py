"""What a rule for already chosen items changes, on generated data that look like a retailer's. Prints JSON.

    python -m benchmarks.repeats [--customers 1500] [--repeated 0.08] [--seed 0]

No real retailer's data is read. A customer buys, with the given probability, an item again (bought lately or often more
likely), else any item of mostly three departments, which may be a repeat by chance. Each rule has its own task: under
"leave-out" a repeated purchase is a miss for every model, under "allow" it can be found. So only the models of one rule
are comparable; the two rules differ in what is asked.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.record import Measurement
from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.data.quality import repeat_share
from recsys.data.repeats import DAY, RepeatRule, propose_repeats
from recsys.data.splits import leave_one_out
from recsys.evaluation import evaluate_models
from recsys.models.baselines.tuning import tune_baseline

MODELS = ("markov", "recent-items", "item-knn", "popularity")
RULES = ("leave-out", "allow", "14 days")
ITEMS, DEPARTMENTS = 900, 15


def shop(customers: int, repeated: float, seed: int) -> Dataset:
    """Purchases of customers, each with a purchase every few days over a year."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(2, ITEMS + 2)
    department = np.arange(ITEMS) % DEPARTMENTS
    histories, times = [], []
    for _ in range(customers):
        inside = np.isin(department, rng.choice(DEPARTMENTS, 3, replace=False))
        chances = np.where(inside, popularity, 0.02 * popularity)
        chances /= chances.sum()
        length = int(np.clip(rng.lognormal(2.8, 0.6), 5, 120))
        own: list[int] = []
        for _ in range(length):
            if own and rng.random() < repeated * length / (length - 1):
                weights = 0.9 ** np.arange(len(own))[::-1]  # an item bought often has several places
                own.append(int(rng.choice(own, p=weights / weights.sum())))
            else:
                own.append(int(rng.choice(ITEMS, p=chances)) + 1)
        histories.append(own)
        times.append(1.7e9 + np.sort(rng.random(length)) * 365 * DAY)
    ids = [f"product-{n}" for n in range(1, ITEMS + 1)]
    return Dataset(
        users=IdMap([f"customer-{n}" for n in range(customers)], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.concatenate([[0], np.cumsum([len(own) for own in histories])]).astype(np.int64),
        sequence=np.concatenate(histories).astype(np.int32),
        timestamps=np.concatenate(times),
        catalogue=Catalogue.bare(ids),
        name="generated shop",
    )


def under_rule(data: Dataset, rule: RepeatRule, seed: int) -> dict[str, Any]:
    """NDCG@10 and HR@10 of each model under one rule, its settings chosen under the same rule."""
    started = time.perf_counter()
    split = leave_one_out(replace(data, repeats=rule))
    models = {name: tune_baseline(name, split.train, split.validation, seed).model for name in MODELS}
    report = evaluate_models(models, split.test, split.train, (10,), seed)
    return {
        "repeats": report.repeats.to_json(),
        "models": {
            model.name: {key: model.estimates[key].to_json() for key in ("ndcg@10", "hr@10")} for model in report.models
        },
        "seconds": round(time.perf_counter() - started, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--repeated", type=float, default=0.08, help="chance that a purchase is meant as a repeat")
    parser.add_argument("--seed", type=int, default=0)
    measurement = Measurement(parser)
    options = measurement.options
    data = shop(options.customers, options.repeated, options.seed)
    share = repeat_share(data)
    proposed, reason = propose_repeats(share)
    figures = {
        "data": {
            "generated": True, "customers": data.n_users, "items": data.n_items, "rows": data.n_interactions,
            "share of repeats": round(share, 3), "proposed": proposed.text, "reason": str(reason),
        },
        "rules": {text: under_rule(data, RepeatRule.parse(text), options.seed) for text in RULES},
    }  # fmt: skip
    measurement.publish(figures)


if __name__ == "__main__":
    main()
