"""Surprise on the common split, with the ratings it is made for, in an environment of its own (see shared.py).

It predicts ratings; ranked by them, a film that few saw and loved stands before what people choose next. SVD and NMF:
its neighbourhood methods predict one pair at a time, and all pairs would take hours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from shared import Judge, Split, compete
from surprise import NMF, SVD, Dataset, Reader

GRID: list[dict[str, Any]] = [
    {},  # SVD: 100 factors, 20 epochs, rate .005, regularisation .02
    {"n_epochs": 60},
    {"n_factors": 20, "n_epochs": 40, "reg_all": 0.1},
    {"n_factors": 50, "n_epochs": 40, "lr_all": 0.01, "reg_all": 0.1},
    {"method": "NMF", "n_epochs": 50},
]


def fit(split: Split, rows: pd.DataFrame, settings: dict[str, Any], judge: Judge) -> None:
    """One fit; the judge is asked once."""
    options = dict(settings)
    method = {"SVD": SVD, "NMF": NMF}[options.pop("method", "SVD")]
    table = rows[["user", "item", "rating"]]
    learned = Dataset.load_from_df(table, Reader(rating_scale=(1, 5))).build_full_trainset()
    model = method(random_state=0, **options).fit(learned)
    users = np.array([learned.to_raw_uid(inner) for inner in learned.all_users()])
    items = np.array([learned.to_raw_iid(inner) for inner in learned.all_items()])

    def scores(_: pd.DataFrame) -> np.ndarray:
        found = np.full((split.n_users, split.n_items + 1), -np.inf)
        found[np.ix_(users, items)] = model.pu @ model.qi.T + (model.bi if model.biased else 0.0)
        return found

    judge(scores)


if __name__ == "__main__":
    compete("Surprise", "scikit-surprise", GRID, fit, reads_history=False)
