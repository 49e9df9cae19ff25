"""Datasets small enough to work out by hand."""

from __future__ import annotations

import numpy as np

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap


def dataset_of(histories: list[list[int]], n_items: int) -> Dataset:
    ids = [f"i{n}" for n in range(1, n_items + 1)]
    return Dataset(
        users=IdMap([f"u{n}" for n in range(len(histories))], first=0),
        items=IdMap(ids),
        offsets=np.concatenate([[0], np.cumsum([len(history) for history in histories])]).astype(np.int64),
        sequence=np.array([item for history in histories for item in history], dtype=np.int32),
        catalogue=Catalogue.bare(ids),
    )
