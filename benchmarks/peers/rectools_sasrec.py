"""RecTools' SASRec with its own defaults on the common split. In an environment of its own: pip install rectools[torch]

python benchmarks/peers/rectools_sasrec.py SPLIT_FOLDER MINUTES
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pandas as pd
import torch
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from shared import K, Split, follow


def interactions(rows: pd.DataFrame) -> Dataset:
    """Time is the place in the history, so that ties stay in file order."""
    days = pd.Timestamp("2000-01-01") + pd.to_timedelta(rows["place"], unit="D")
    columns = {Columns.User: rows["user"], Columns.Item: rows["item"], Columns.Weight: 1.0, Columns.Datetime: days}
    return Dataset.construct(pd.DataFrame(columns))


def main(folder: str, minutes: str, threads: str = "2") -> None:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(int(threads))
    split = Split(Path(folder))
    torch.manual_seed(0)
    model = SASRecModel(recommend_torch_device="cpu")
    train, known = interactions(split.train), interactions(split.history)

    def rank() -> dict[int, list[int]]:
        best = model.recommend(split.users, known, K, filter_viewed=True)
        return best.groupby(Columns.User)[Columns.Item].apply(list).to_dict()

    follow("RecTools SASRec", split, float(minutes), lambda: model.fit_partial(train, 1, 1), rank)


if __name__ == "__main__":
    main(*sys.argv[1:])
