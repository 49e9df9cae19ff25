"""Settings of the baselines, chosen on validation users as those of the model are (Ferrari Dacrema et al. 2019).

A few settings are tried for each; the first of a list is the default. How many are tried follows from the size of the
data alone, so that the same data give the same choice on any machine.
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
from recsys.models.table import current_name
from recsys.wording import Message

SECONDS = 20.0  # spent on one baseline at most, by the estimates of `fit_seconds`

GRIDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "recent-popularity": tuple({"half_life": value} for value in (0.05, 0.005, 0.02, 0.2)),
    "item-knn": (
        {"neighbours": 200, "shrink": 10.0},
        {"neighbours": 50, "shrink": 10.0},
        {"neighbours": 200, "shrink": 100.0},
        {"neighbours": 50, "shrink": 100.0},
    ),
    "ease": tuple({"regularization": value} for value in (300.0, 100.0, 1000.0)),
    "als": (
        {"alpha": 6.0, "regularization": 10.0},
        {"alpha": 21.0, "regularization": 10.0},
        {"alpha": 2.0, "regularization": 10.0},
        {"alpha": 6.0, "regularization": 1.0},
    ),
    "bpr-item-mean": tuple({"regularization": value} for value in (0.002, 0.02)),
    "mean-item-mlp": tuple({"epochs": value} for value in (20, 40)),
}

SETTING_NAMES: Mapping[str, str] = {
    "half_life": Message("half life"),
    "neighbours": Message("neighbours"),
    "shrink": Message("shrink"),
    "regularization": Message("regularization"),
    "alpha": Message("alpha"),
    "epochs": Message("epochs"),
    "window": Message("window"),
    "prior": Message("prior"),
    "power": Message("power"),
    "recent": Message("recent items"),
    "factors": Message("factors"),
    "learning_rate": Message("learning rate"),
    "size": Message("embedding size"),
    "hidden": Message("hidden units"),
}
"""The names of these settings, and of others that a search tries, in a sentence."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """A baseline with the settings that did best on validation users.

    Attributes:
        model: fitted on all rows given.
        settings: by name; empty for a baseline that has none.
        tried: settings that were compared; 1 where the data are too large for more, or there are no validation users.
    """

    model: Recommender
    settings: Mapping[str, Any]
    tried: int


def tune_baseline(name: str, dataset: Dataset, validation: Holdout | None = None, seed: int = 0) -> Tuned:
    """Fits a baseline with the settings of the best NDCG@10.

    Args:
        name: of BASELINES.
        dataset: the rows to fit on.
        validation: validation users, whose positives are not in `dataset`. None: the last items of a seeded tenth of
            the users are held out to choose, and the baseline is then fitted on every row.

    Raises:
        InputError: an unknown name, or data that the baseline can't take.
    """
    from recsys.models.validation import POWERS, PRIORS, WINDOWS, choose_markov, hold_out, sample_users

    name = current_name(name)
    rows, users = hold_out(dataset, seed) if validation is None else (dataset, validation)
    users = sample_users(users, dataset.n_items, seed)
    if name == "markov" and len(users):
        chosen = choose_markov(rows, users)
        settings: dict[str, Any] = {"window": chosen.window, "prior": chosen.prior, "power": chosen.power}
        tried = len(PRIORS) * len(POWERS) + len(WINDOWS) - 1
        return Tuned(chosen if rows is dataset else fit_baseline(name, dataset, **settings), settings, tried)
    grid = _affordable(name, dataset) if len(users) else GRIDS.get(name, ({},))[:1]
    best, settings = _best_of(name, rows, users, grid, seed)
    return Tuned(best if rows is dataset else fit_baseline(name, dataset, seed, **settings), settings, len(grid))


def _best_of(
    name: str, rows: Dataset, users: Holdout, tried: tuple[Mapping[str, Any], ...], seed: int
) -> tuple[Recommender, dict[str, Any]]:
    """The model with the highest NDCG@10, the earlier one among equals, and its settings."""
    from recsys.models.validation import accuracy_means, next_item_ranks

    best, chosen, top = fit_baseline(name, rows, seed, **tried[0]), tried[0], -np.inf
    for number, settings in enumerate(tried if len(tried) > 1 else ()):
        model = fit_baseline(name, rows, seed, **settings) if number else best
        score = accuracy_means(next_item_ranks(model, users))["ndcg@10"]
        if score > top:
            best, chosen, top = model, settings, score
    return best, dict(chosen)


def _affordable(name: str, dataset: Dataset) -> tuple[Mapping[str, Any], ...]:
    """As many settings as fit in SECONDS, at least one."""
    grid = GRIDS.get(name, ({},))
    return grid[: max(1, int(SECONDS / fit_seconds(name, dataset)))]


def fit_seconds(name: str, dataset: Dataset) -> float:
    """About how long one fit takes, from measurements at ML-100k on one core."""
    n, pairs = float(dataset.n_interactions), float((dataset.lengths.astype(np.float64) ** 2).sum())
    estimates = {
        "item-knn": 2.5e-8 * pairs,
        "ease": 1.2e-10 * float(dataset.n_items) ** 3,
        "als": 3.5e-6 * n,
        "bpr-item-mean": 1.4e-5 * n,
        "mean-item-mlp": 4e-5 * n,
    }
    return max(estimates.get(name, 1e-7 * n), 1e-3)
