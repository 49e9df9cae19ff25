"""LightFM on the common split, in its own environment (see environments.py and shared.py)."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from lightfm import LightFM
from scipy.sparse import coo_matrix
from shared import Evaluate, Split, run_peer

EPOCHS = 5  # between two evaluations
GRID: list[dict[str, Any]] = [
    {},  # 10 components, logistic loss, adagrad at .05
    {"loss": "warp"},
    {"loss": "warp", "no_components": 64},
    {"loss": "warp", "no_components": 128, "learning_rate": 0.03, "item_alpha": 1e-6, "user_alpha": 1e-6},
    {"loss": "bpr", "no_components": 64},
]


def fit(split: Split, rows: pd.DataFrame, settings: dict[str, Any], evaluate: Evaluate) -> None:
    """Train until `evaluate` returns False."""
    model = LightFM(random_state=0, **settings)
    shape = (split.n_users, split.n_items + 1)
    interactions = coo_matrix((np.ones(len(rows), dtype=np.float32), (rows["user"], rows["item"])), shape=shape)

    def scores(_: pd.DataFrame) -> np.ndarray:
        item_bias, items = model.get_item_representations()
        _, users = model.get_user_representations()
        scored: np.ndarray = users @ items.T + item_bias
        return scored

    model.fit_partial(interactions, epochs=EPOCHS, num_threads=int(sys.argv[4]))
    while evaluate(scores):
        model.fit_partial(interactions, epochs=EPOCHS, num_threads=int(sys.argv[4]))


if __name__ == "__main__":
    run_peer("LightFM", "lightfm", GRID, fit, reads_history=False)
