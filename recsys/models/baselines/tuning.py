"""Settings of the baselines, chosen on validation users as those of the model are (Ferrari Dacrema et al. 2019).

A baseline at its defaults is an easy one to beat. Each tries a few settings; the first of its list is the default. How
many are tried follows from the size of the data alone, so that the same data give the same choice on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Recommender

SECONDS = 20.0  # spent on one baseline at most, by the estimates of `_seconds`

GRIDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "recent-popularity": tuple({"half_life": value} for value in (0.05, 0.005, 0.02, 0.2)),
    "item-knn": (
        {"neighbours": 200, "shrink": 10.0},
        {"neighbours": 50, "shrink": 10.0},
        {"neighbours": 200, "shrink": 100.0},
        {"neighbours": 50, "shrink": 100.0},
    ),
    "ease": tuple({"regularisation": value} for value in (300.0, 100.0, 1000.0)),
    "als": (
        {"confidence": 5.0, "regularisation": 10.0},
        {"confidence": 20.0, "regularisation": 10.0},
        {"confidence": 1.0, "regularisation": 10.0},
        {"confidence": 5.0, "regularisation": 1.0},
    ),
    "bpr": tuple({"regularisation": value} for value in (0.002, 0.02)),
    "ncf": tuple({"epochs": value} for value in (20, 40)),
}


@dataclass(frozen=True, eq=False)
class Tuned:
    """A baseline with the settings that did best on validation users.

    Attributes:
        model: fitted on all rows given.
        settings: by name; empty for a baseline that has none.
        tried: settings that were compared; 1 where the data are too large for more, or nobody could judge.
    """

    model: Recommender
    settings: Mapping[str, Any]
    tried: int


def tune_baseline(name: str, dataset: Dataset, people: Holdout | None = None, seed: int = 0) -> Tuned:
    """Fits a baseline with the settings of the best NDCG@10.

    Args:
        name: of BASELINES.
        dataset: the rows that may be learned from.
        people: validation users, whose positives are not in `dataset`. None: a seeded tenth keep their last item aside
            for choosing, and the baseline is then fitted on every row, as the attention model is.

    Raises:
        InputError: an unknown name, or data that the baseline can't take.
    """
    from recsys.models.validation import POWERS, PRIORS, WINDOWS, choose_markov, hold_out, sample_users

    rows = dataset
    if people is None:
        rows, people = hold_out(dataset, seed)
    people = sample_users(people, dataset.n_items, seed)
    if name == "markov" and len(people):
        found = choose_markov(rows, people)
        settings: dict[str, Any] = {"window": found.window, "prior": found.prior, "power": found.power}
        tried = len(PRIORS) * len(POWERS) + len(WINDOWS) - 1
        return Tuned(found if rows is dataset else fit_baseline(name, dataset, **settings), settings, tried)
    grid = _affordable(name, dataset) if len(people) else GRIDS.get(name, ({},))[:1]
    best, chosen = _best_of(name, rows, people, grid, seed)
    return Tuned(best if rows is dataset else fit_baseline(name, dataset, seed, **chosen), chosen, len(grid))


def _best_of(
    name: str, rows: Dataset, people: Holdout, tried: tuple[Mapping[str, Any], ...], seed: int
) -> tuple[Recommender, Mapping[str, Any]]:
    """The model with the highest NDCG@10, the earlier one among equals, and its settings."""
    from recsys.models.validation import accuracy_means, next_item_ranks

    best, chosen, top = fit_baseline(name, rows, seed, **tried[0]), tried[0], -np.inf
    for number, settings in enumerate(tried if len(tried) > 1 else ()):
        model = fit_baseline(name, rows, seed, **settings) if number else best
        score = accuracy_means(next_item_ranks(model, people))["ndcg@10"]
        if score > top:
            best, chosen, top = model, settings, score
    return best, chosen


def _affordable(name: str, dataset: Dataset) -> tuple[Mapping[str, Any], ...]:
    """As many settings as fit in SECONDS, at least one."""
    grid = GRIDS.get(name, ({},))
    return grid[: max(1, int(SECONDS / _seconds(name, dataset)))]


def _seconds(name: str, dataset: Dataset) -> float:
    """About how long one fit takes, from measurements at ML-100k on one core."""
    n, pairs = float(dataset.n_interactions), float((dataset.lengths.astype(np.float64) ** 2).sum())
    estimates = {
        "item-knn": 2.5e-8 * pairs,
        "ease": 1.2e-10 * float(dataset.n_items) ** 3,
        "als": 3.5e-6 * n,
        "bpr": 1.4e-5 * n,
        "ncf": 4e-5 * n,
    }
    return max(estimates.get(name, 1e-7 * n), 1e-3)
