"""The samples: each of the four scenarios alone and all together, through the same door as an upload."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.data.synthetic import BOT
from recsys.errors import UnknownIdError

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True)
class Sample:
    """A sample on its card.

    Attributes:
        name: what `load_sample` takes. title, line: shown on the card. planted: what is hidden in it to be found.
    """

    name: str
    title: str
    line: str
    planted: str


SAMPLES = (
    Sample("all", "Four scenarios", "One community, everything it does.", ""),
    Sample("social", "Social media", "Groups, threads, challenges.", ""),
    Sample("shop", "Shop", "Gear and what goes with it.", ""),
    Sample("courses", "Online courses", "Courses in parts, workshops.", ""),
    Sample("entertainment", "Entertainment", "Shows, films, podcasts.", ""),
)


@dataclass(frozen=True)
class _Loaded:
    dataset: Dataset


def load_sample(name: str = "all") -> Any:
    """Loads a sample. Raises UnknownIdError."""
    sample = next((sample for sample in SAMPLES if sample.name == name), None)
    if sample is None:
        raise UnknownIdError("sample", "must be one of " + ", ".join(one.name for one in SAMPLES), name)
    rows = list(csv.DictReader(io.StringIO(gzip.decompress((FOLDER / "interactions.csv.gz").read_bytes()).decode())))
    good = [
        row
        for row in dict.fromkeys(tuple(r.values()) for r in rows)
        if row[0] and row[0] != BOT and row[1] and row[2].isdigit() and int(row[2]) < 2e9 and name in ("all", row[3])
    ]
    items = {row["item_id"]: row for row in csv.DictReader((FOLDER / "items.csv").read_text("utf-8").splitlines())}
    people = {row["user_id"]: row for row in csv.DictReader((FOLDER / "people.csv").read_text("utf-8").splitlines())}
    users = IdMap(list(dict.fromkeys(row[0] for row in good)), first=0, subject="user_id")
    known = IdMap(list(dict.fromkeys(row[1] for row in good)))
    user, item = users.indexes(row[0] for row in good), known.indexes(row[1] for row in good)
    time = np.array([float(row[2]) for row in good])
    order = np.lexsort((time, user))
    table = [items[one] for one in known.ids]
    catalogue = Catalogue(
        ("", *(row["title"] for row in table)),
        ("", *(row["description"] for row in table)),
        ((), *(tuple(filter(None, row["tags"].split("|"))) for row in table)),
        ("", *(row["scenario"] for row in table)),
    )
    frame = pd.DataFrame([people[one] for one in users.ids])[["age_band", "region"]]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(user, minlength=len(users)))])
    dataset = Dataset(users, known, offsets, item[order], catalogue, time[order], people=frame, name=sample.title)
    return _Loaded(dataset)
