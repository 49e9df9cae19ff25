"""RecTools' SASRec on the common split, in its own environment (see environments.py and shared.py).

Each training is one call of the library's `fit`, with a callback of its trainer that evaluates: several calls of
`fit_partial` would reset its optimiser each time.
"""

from __future__ import annotations

import sys
import warnings
from logging import ERROR, getLogger
from typing import Any

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from shared import Evaluate, Split, run_peer

GRID: list[dict[str, Any]] = [
    {},  # 256 factors, 4 heads, 2 blocks, the newest 100 items, dropout .2, batches of 128 users, rate 1e-3, softmax
    {"n_factors": 128, "n_heads": 2, "batch_size": 16, "session_max_len": 50, "dropout_rate": 0.5},
    {"n_factors": 64, "n_heads": 1, "batch_size": 16, "dropout_rate": 0.5},
    {"n_factors": 64, "n_heads": 1, "batch_size": 16, "lr": 2e-3},
    {"n_factors": 64, "n_heads": 1, "batch_size": 16, "lr": 2e-3, "session_max_len": 50, "dropout_rate": 0.3},
]


def interactions(rows: pd.DataFrame) -> Dataset:
    """The rows with the position in the history as time, so that ties stay in file order."""
    days = pd.Timestamp("2000-01-01") + pd.to_timedelta(rows["place"], unit="D")
    columns = {Columns.User: rows["user"], Columns.Item: rows["item"], Columns.Weight: 1.0, Columns.Datetime: days}
    return Dataset.construct(pd.DataFrame(columns))


class AfterEpoch(Callback):  # type: ignore[misc]
    """Call a function after each epoch; stop when it returns False. (A function survives the trainer's deep copy.)"""

    def __init__(self, call: Any) -> None:
        self.call = call

    def on_train_epoch_end(self, trainer: Trainer, module: Any) -> None:
        trainer.should_stop = not self.call()
        module.torch_model.train()


def fit(split: Split, rows: pd.DataFrame, settings: dict[str, Any], evaluate: Evaluate) -> None:
    """Train with one call of `fit` until `evaluate` returns False."""
    torch.manual_seed(0)

    def scores(history: pd.DataFrame) -> np.ndarray:
        scored = np.full((split.n_users, split.n_items + 1), -np.inf, dtype=np.float32)
        users = np.arange(split.n_users)
        best = model.recommend(users, interactions(history), split.n_items, filter_viewed=False)
        scored[best[Columns.User], best[Columns.Item]] = best[Columns.Score]
        return scored

    def after_epoch() -> bool:
        model.is_fitted = True
        return evaluate(scores)

    def trainer() -> Trainer:
        quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
        callbacks = [AfterEpoch(after_epoch)]
        return Trainer(
            max_epochs=100_000, enable_checkpointing=False, devices=1, accelerator="cpu", callbacks=callbacks, **quiet
        )

    model = SASRecModel(recommend_torch_device="cpu", get_trainer_func=trainer, **settings)
    model.fit(interactions(rows))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    getLogger("pytorch_lightning").setLevel(ERROR)
    torch.set_num_threads(int(sys.argv[4]))
    run_peer("RecTools SASRec", "rectools", GRID, fit, reads_history=True)
