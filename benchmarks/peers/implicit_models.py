"""One of implicit's models (als, bpr, item-item) on the common split, in its own environment (see shared.py)."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from scipy.sparse import csr_matrix
from shared import Evaluate, Split, run_peer

ITEM_ITEM = {"cosine": CosineRecommender, "tf-idf": TFIDFRecommender, "bm25": BM25Recommender}
GRIDS: dict[str, list[dict[str, Any]]] = {
    "als": [
        {},  # 100 factors, regularisation .01, α 1, 15 iterations
        {"factors": 32, "regularization": 0.1},
        {"factors": 32, "regularization": 1.0, "alpha": 10.0},
        {"factors": 64, "regularization": 10.0, "alpha": 10.0, "iterations": 30},
        {"factors": 128, "regularization": 50.0, "alpha": 40.0, "iterations": 30},
    ],
    "bpr": [
        {},  # 100 factors, rate .01, regularisation .01, 100 iterations
        {"iterations": 400},
        {"factors": 64, "learning_rate": 0.05, "iterations": 200},
        {"factors": 64, "learning_rate": 0.05, "regularization": 0.05, "iterations": 200},
        {"factors": 32, "learning_rate": 0.03, "regularization": 0.02, "iterations": 300},
    ],
    "item-item": [
        {"method": "cosine", "K": 20},  # K = 20 is the default
        {"method": "cosine", "K": 200},
        {"method": "tf-idf", "K": 50},
        {"method": "bm25", "K": 50},
        {"method": "bm25", "K": 200, "K1": 0.5, "B": 0.5},
    ],
}
NAMES = {"als": "implicit ALS", "bpr": "implicit BPR", "item-item": "implicit item-item"}


def matrix(split: Split, rows: pd.DataFrame) -> csr_matrix:
    """The interactions: float32 CSR (n_users, n_items + 1)."""
    values = np.ones(len(rows), dtype=np.float32)
    return csr_matrix((values, (rows["user"], rows["item"])), shape=(split.n_users, split.n_items + 1))


def fit(split: Split, rows: pd.DataFrame, settings: dict[str, Any], evaluate: Evaluate) -> None:
    """One fit and one evaluation."""
    options, kind, threads = dict(settings), sys.argv[5], int(sys.argv[4])
    if kind == "item-item":
        model = ITEM_ITEM[options.pop("method")](num_threads=threads, **options)
    elif kind == "als":
        model = AlternatingLeastSquares(random_state=0, num_threads=threads, use_gpu=False, **options)
    else:
        model = BayesianPersonalizedRanking(random_state=0, num_threads=threads, use_gpu=False, **options)
    model.fit(matrix(split, rows), show_progress=False)

    def scores(history: pd.DataFrame) -> np.ndarray:
        if kind == "item-item":
            near: np.ndarray = matrix(split, history).dot(model.similarity).toarray()
            return near
        scored: np.ndarray = np.asarray(model.user_factors) @ np.asarray(model.item_factors).T
        return scored

    evaluate(scores)


if __name__ == "__main__":
    run_peer(NAMES[sys.argv[5]], "implicit", GRIDS[sys.argv[5]], fit, reads_history=False)
