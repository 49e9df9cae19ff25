"""Surprise on the common split, with ratings, in its own environment (see shared.py).

It predicts ratings; in a ranking by predicted rating, a film with few but high ratings comes before the items that
users choose next. Only SVD and NMF: the neighbourhood methods predict one pair at a time, and all pairs would take
hours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from shared import Evaluate, Split, run_peer
from surprise import NMF, SVD, Dataset, Reader

GRID: list[dict[str, Any]] = [
    {},  # SVD: 100 factors, 20 epochs, rate .005, regularisation .02
    {"n_epochs": 60},
    {"n_factors": 20, "n_epochs": 40, "reg_all": 0.1},
    {"n_factors": 50, "n_epochs": 40, "lr_all": 0.01, "reg_all": 0.1},
    {"method": "NMF", "n_epochs": 50},
]


def fit(split: Split, rows: pd.DataFrame, settings: dict[str, Any], evaluate: Evaluate) -> None:
    """One fit and one evaluation."""
    options = dict(settings)
    method = {"SVD": SVD, "NMF": NMF}[options.pop("method", "SVD")]
    table = rows[["user", "item", "rating"]]
    learned = Dataset.load_from_df(table, Reader(rating_scale=(1, 5))).build_full_trainset()
    model = method(random_state=0, **options).fit(learned)
    users = np.array([learned.to_raw_uid(inner) for inner in learned.all_users()])
    items = np.array([learned.to_raw_iid(inner) for inner in learned.all_items()])

    def scores(_: pd.DataFrame) -> np.ndarray:
        scored = np.full((split.n_users, split.n_items + 1), -np.inf)
        scored[np.ix_(users, items)] = model.pu @ model.qi.T + (model.bi if model.biased else 0.0)
        return scored

    evaluate(scores)


if __name__ == "__main__":
    run_peer("Surprise", "scikit-surprise", GRID, fit, reads_history=False)
