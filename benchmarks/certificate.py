"""Is the promise of the transfer certificate kept? Twenty divisions of the users of one study.

    python -m benchmarks.certificate [FILE] [--items TABLE] [--axis scenarios] [--splits 20] [--keep FOLDER]

Without a file the sample with four scenarios. Each way of transferring (what, and by which method) has a certificate of
its own. In each division it is fitted, its threshold set, and both checked on users that were used for neither: how
many pairs it accepts, their rate of harm and gain, the gain of the one best α for all users, and how many pairs with a
random or a shuffled source it refuses. "only_random" is the certificate of a study whose every source is random: it
should accept nothing. Prints JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import Measurement
from recsys.data import load
from recsys.data.samples import load_sample
from recsys.evaluation.study.certificate import Pairs, fit_certificate
from recsys.evaluation.study.methods import RANDOM, TRANSFER
from recsys.evaluation.study.transfer_study import transfer_study
from recsys.metrics.uncertainty import estimate_mean
from recsys.transfer.certificate import PROMISE

SHUFFLED = "shuffled pairs"


def summary(pairs: Mapping[str, Pairs], splits: int, promise: float) -> dict[str, Any]:
    """Means over the divisions, with 95% intervals over them, and the checks of each."""
    checks = [fit_certificate(pairs, promise=promise, seed=seed)[1] for seed in range(splits)]
    accepting = [check for check in checks if check.harmed is not None and check.gain is not None]
    kept = [check.harmed is None or check.harmed.value <= promise for check in checks]
    return {
        "splits": splits,
        "splits_that_accept": len(accepting),
        "promise": promise,
        "promise_kept_in": sum(kept),
        "accepted": mean([check.accepted for check in checks]),
        "harmed": mean([check.harmed.value for check in accepting if check.harmed]),
        "gain": mean([check.gain.value for check in accepting if check.gain]),
        "gain_of_all": mean([check.gain_of_all.value for check in checks]),
        "gain_of_one_alpha": mean([check.gain_of_one_alpha.value for check in checks]),
        "refused": {name: mean([check.refused[name] for check in checks]) for name in checks[0].refused},
        "by_split": [check.to_json() for check in checks],
    }


def mean(values: list[float]) -> dict[str, float] | None:
    return estimate_mean(np.array(values)).to_json() if values else None


def only_random(pairs: Mapping[str, Pairs]) -> dict[str, Pairs]:
    """The same users, but every source is random; the control is the shuffled one."""
    return {TRANSFER: pairs[RANDOM], SHUFFLED: pairs[SHUFFLED]}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--items", default="", help="a table of the items in the folder of FILE, for their texts")
    parser.add_argument("--axis", choices=["users", "time", "scenarios"], default="scenarios")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--promise", type=float, default=PROMISE)
    parser.add_argument("--seed", type=int, default=0, help="of the study")
    parser.add_argument("--keep", type=Path, help="a folder for the results of the folds, taken up by the next run")
    measurement = Measurement(parser)
    options = measurement.options
    measurement.name = f"certificate-{options.axis if options.file else 'sample'}"
    items = options.file.parent / options.items if options.file and options.items else None
    dataset = load(options.file, items=items).dataset if options.file else load_sample("all").dataset
    study = transfer_study(dataset, options.axis, seed=options.seed, keep=options.keep)
    methods = [
        {
            "what": one.what,
            "method": one.method,
            "true": summary(one.pairs, options.splits, options.promise),
            "only_random": summary(only_random(one.pairs), options.splits, options.promise),
        }
        for one in study.certificates
    ]
    measurement.publish(
        {
            "data": {"users": dataset.n_users, "items": dataset.n_items, "rows": dataset.n_interactions},
            "axis": study.axis,
            "scenarios": study.scenarios,
            "level": study.level,
            "methods": methods,
        }
    )


if __name__ == "__main__":
    main()
