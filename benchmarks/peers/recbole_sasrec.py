"""RecBole's SASRec with its own defaults on the common split. Runs in an environment of its own:
pip install recbole==1.2.1 "numpy<2" "pandas<2.2" "scipy<1.12" "setuptools<81"

    python benchmarks/peers/recbole_sasrec.py SPLIT_FOLDER MINUTES
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from logging import ERROR, getLogger
from pathlib import Path

import numpy as np
import torch
from recbole.config import Config
from recbole.data import create_dataset
from recbole.data.interaction import Interaction
from recbole.data.utils import get_dataloader
from recbole.model.sequential_recommender import SASRec
from recbole.sampler import RepeatableSampler
from recbole.utils import get_trainer, init_seed
from shared import K, Split, follow


def write_atomic_file(split: Split, folder: Path) -> None:
    """RecBole's own table format: all rows given are trained on."""
    (folder / "split").mkdir(parents=True)
    rows = split.train[["user", "item", "place"]]
    rows.columns = ["user_id:token", "item_id:token", "timestamp:float"]
    rows.to_csv(folder / "split" / "split.inter", sep="\t", index=False)


def main(folder: str, minutes: str, threads: str = "2") -> None:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(int(threads))
    split = Split(Path(folder))
    data = Path(tempfile.mkdtemp())
    write_atomic_file(split, data)
    settings = {
        "data_path": str(data), "checkpoint_dir": str(data), "use_gpu": False, "show_progress": False,
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]}, "train_neg_sample_args": None,
        "eval_args": {"split": {"RS": [1, 0, 0]}, "order": "TO", "group_by": "user", "mode": "full"},
    }  # fmt: skip
    config = Config(model="SASRec", dataset="split", config_dict=settings)
    getLogger().setLevel(ERROR)
    init_seed(0, True)
    dataset = create_dataset(config)
    rows = dataset.build()[0]
    sampler = RepeatableSampler(["train"], dataset)
    loader = get_dataloader(config, "train")(config, rows, sampler, shuffle=True)
    model = SASRec(config, rows)
    trainer = get_trainer(config["MODEL_TYPE"], "SASRec")(config, model)
    known = histories(split, dataset)
    done = iter(range(1_000_000))
    follow(
        "RecBole SASRec",
        split,
        float(minutes),
        lambda: trainer._train_epoch(loader, next(done)),
        lambda: rank(model, known, split, dataset),
    )


def histories(split: Split, dataset: object) -> list[np.ndarray]:
    """What is known of each test user, oldest first, in RecBole's integers; items it never trained on are left out."""
    numbers = dataset.field2token_id["item_id"]
    rows = {user: part["item"] for user, part in split.history.groupby("user", sort=False)}
    return [np.array([numbers[str(i)] for i in rows[user] if str(i) in numbers]) for user in split.users]


@torch.no_grad()
def rank(model: SASRec, known: list[np.ndarray], split: Split, dataset: object) -> dict[int, list[int]]:
    """The ten best items that are not in the history, over the whole catalogue."""
    model.eval()
    length, names, best = model.max_seq_length, dataset.field2id_token["item_id"], {}
    for first in range(0, len(known), 256):
        part = known[first : first + 256]
        items = torch.zeros((len(part), length), dtype=torch.long)
        for row, history in zip(items, part, strict=True):
            row[: min(len(history), length)] = torch.from_numpy(history[-length:])
        lengths = torch.tensor([min(len(history), length) for history in part])
        scores = model.full_sort_predict(Interaction({"item_id_list": items, "item_length": lengths}))
        scores = scores.view(len(part), -1)
        scores[:, 0] = -torch.inf
        for row, history in zip(scores, part, strict=True):
            row[torch.from_numpy(history)] = -torch.inf
        for user, row in zip(split.users[first:], scores.topk(K).indices.tolist(), strict=False):
            best[int(user)] = [int(names[item]) for item in row]
    return best


if __name__ == "__main__":
    main(*sys.argv[1:])
