"""RecBole's SASRec on the common split, in its own environment (see environments.py and shared.py)."""

from __future__ import annotations

import sys
import tempfile
import warnings
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from recbole.config import Config
from recbole.data import create_dataset
from recbole.data.interaction import Interaction
from recbole.data.utils import get_dataloader
from recbole.model.sequential_recommender import SASRec
from recbole.sampler import RepeatableSampler
from recbole.utils import get_trainer, init_seed
from shared import Evaluate, Split, run_peer

DROPOUT = {"hidden_dropout_prob": 0.2, "attn_dropout_prob": 0.2}
GRID: list[dict[str, Any]] = [
    {},  # 64 dimensions, 2 heads, 2 layers, the newest 50 items, dropout .5, batches of 2,048, rate 1e-3, cross-entropy
    {"train_batch_size": 256, **DROPOUT},
    {"train_batch_size": 512, "learning_rate": 3e-3, "MAX_ITEM_LIST_LENGTH": 20, **DROPOUT},
    {"train_batch_size": 256, "MAX_ITEM_LIST_LENGTH": 20},
    {"train_batch_size": 256, "learning_rate": 2e-3, "MAX_ITEM_LIST_LENGTH": 20, "n_layers": 1, **DROPOUT},
]
EXAMPLES = 2560  # trained on between two evaluations


def prepare(rows: pd.DataFrame, settings: dict[str, Any]) -> tuple[Config, Any, Any]:
    """RecBole's config, dataset (trained on as a whole) and loader."""
    data = Path(tempfile.mkdtemp())
    (data / "split").mkdir(parents=True)
    table = rows[["user", "item", "place"]]
    table.columns = pd.Index(["user_id:token", "item_id:token", "timestamp:float"])
    table.to_csv(data / "split" / "split.inter", sep="\t", index=False)
    fixed = {
        "data_path": str(data), "checkpoint_dir": str(data), "use_gpu": False, "show_progress": False,
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]}, "train_neg_sample_args": None,
        "eval_args": {"split": {"RS": [1, 0, 0]}, "order": "TO", "group_by": "user", "mode": "full"},
    }  # fmt: skip
    config = Config(model="SASRec", dataset="split", config_dict=fixed | settings)
    getLogger().setLevel(ERROR)
    init_seed(0, True)
    dataset = create_dataset(config)
    parts = dataset.build()[0]
    sampler = RepeatableSampler(["train"], dataset)
    return config, dataset, get_dataloader(config, "train")(config, parts, sampler, shuffle=True)


def fit(split: Split, rows: pd.DataFrame, settings: dict[str, Any], evaluate: Evaluate) -> None:
    """RecBole's batches, loss and optimiser, evaluated every few batches."""
    config, dataset, loader = prepare(rows, settings)
    model = SASRec(config, loader.dataset)
    optimiser = get_trainer(config["MODEL_TYPE"], "SASRec")(config, model).optimizer
    batches, every = 0, max(1, EXAMPLES // config["train_batch_size"])
    while True:
        for batch in loader:
            model.train()
            optimiser.zero_grad()
            model.calculate_loss(batch).backward()
            optimiser.step()
            batches += 1
            if batches % every == 0 and not evaluate(lambda history: scores(model, history, split, dataset)):
                return


@torch.no_grad()
def scores(model: SASRec, history: pd.DataFrame, split: Split, dataset: Any) -> np.ndarray:
    """Scores of all items in our integers; items that RecBole did not train on come last."""
    model.eval()
    numbers = dataset.field2token_id["item_id"]
    ours = np.array([0] + [int(token) for token in dataset.field2id_token["item_id"][1:]])
    known = {user: part["item"] for user, part in history.groupby("user", sort=False)}
    length = model.max_seq_length
    scored = np.full((split.n_users, split.n_items + 1), -np.inf, dtype=np.float32)
    for first in range(0, split.n_users, 256):
        users = range(first, min(first + 256, split.n_users))
        rows = [np.array([numbers[str(i)] for i in known[user] if str(i) in numbers][-length:]) for user in users]
        items = torch.zeros((len(rows), length), dtype=torch.long)
        for line, row in zip(items, rows, strict=True):
            line[: len(row)] = torch.from_numpy(row)
        lengths = torch.tensor([len(row) for row in rows])
        part = model.full_sort_predict(Interaction({"item_id_list": items, "item_length": lengths}))
        scored[first : first + len(rows), ours] = part.view(len(rows), -1).numpy()
    return scored


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(int(sys.argv[4]))
    run_peer("RecBole SASRec", "recbole", GRID, fit, reads_history=True)
