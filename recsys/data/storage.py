"""A dataset on disk: Parquet tables and meta.json. A damaged file is an error, never repaired silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.errors import DAMAGED_FILE, ArtifactError, StudioError
from recsys.wording import Message

FORMAT = 1


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Writes interactions.parquet, items.parquet, people.parquet, vectors-*.parquet and meta.json into `folder`."""
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {"user": dataset.user_of, "item": dataset.sequence}
    columns |= {
        name: getattr(dataset, name) for name in ("timestamps", "ratings") if getattr(dataset, name) is not None
    }
    parquet.write_table(pa.table(columns), folder / "interactions.parquet", compression="zstd")
    catalogue = dataset.catalogue
    items = {
        "item_id": list(dataset.items.ids),
        "title": catalogue.titles[1:],
        "text": catalogue.texts[1:],
        "tags": [list(tags) for tags in catalogue.tags[1:]],
        "scenario": catalogue.scenarios[1:],
    }
    parquet.write_table(pa.table(items, schema=_item_schema(pa)), folder / "items.parquet", compression="zstd")
    cells = dataset.user_table.reset_index(drop=True).astype("string").astype(object)
    users = pd.DataFrame({"user_id": list(dataset.users.ids)} | {f"p:{name}": cells[name] for name in cells.columns})
    parquet.write_table(
        pa.Table.from_pandas(users, preserve_index=False), folder / "people.parquet", compression="zstd"
    )
    for number, vectors in enumerate(catalogue.vectors.values()):
        table = pa.table(
            {"vector": pa.FixedSizeListArray.from_arrays(vectors.astype(np.float32).ravel(), vectors.shape[1])}
        )
        parquet.write_table(table, folder / f"vectors-{number}.parquet")
    if catalogue.numbers:
        parquet.write_table(pa.table(dict(catalogue.numbers)), folder / "numbers.parquet", compression="zstd")
    meta = {
        "format": FORMAT,
        "name": dataset.name,
        "interactions": dataset.n_interactions,
        "users": dataset.n_users,
        "items": dataset.n_items,
        "fingerprint": dataset.fingerprint,
        "modalities": list(catalogue.vectors),
        "numbers": list(catalogue.numbers),
        "cleaning": None if dataset.cleaning is None else dataset.cleaning.to_json(),
        "calendar": dataset.calendar,
    } | ({"sessions": True} if dataset.sessions else {})
    part = folder / ".meta.json"
    part.write_text(json.dumps(meta, ensure_ascii=False, indent=1), "utf-8")
    part.replace(folder / "meta.json")


def load_dataset(folder: Path) -> Dataset:
    """Reads what `save_dataset` wrote.

    Raises:
        ArtifactError: a file is missing, damaged or changed, or of another format version.
    """
    import pyarrow as pa
    from pyarrow import parquet

    subject, fix = Message("the data in {folder}", folder=folder.name), Message("Load the file again.")
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        if meta["format"] != FORMAT:
            raise ArtifactError(subject, Message("must be of format {number}", number=FORMAT), meta["format"], fix)
        rows = parquet.read_table(folder / "interactions.parquet")
        items = parquet.read_table(folder / "items.parquet", schema=_item_schema(pa)).to_pydict()
        users = parquet.read_table(folder / "people.parquet").to_pandas()
        dataset = _assemble(folder, meta, rows, items, users)
    except ArtifactError:
        raise
    except (*DAMAGED_FILE, pa.ArrowException, StudioError) as error:
        raise ArtifactError(subject, "is damaged", f"{type(error).__name__}: {error}", fix) from error
    if not dataset.matches(meta["fingerprint"]):
        raise ArtifactError(subject, "has been changed since it was saved", fix=fix)
    return dataset


def holds_sessions(folder: Path) -> bool:
    """Whether the histories of saved data are sessions, from meta.json alone; False where that is damaged."""
    try:
        return json.loads((folder / "meta.json").read_text("utf-8")).get("sessions") is True
    except DAMAGED_FILE:
        return False


def _assemble(folder: Path, meta: dict[str, Any], rows: Any, items: dict[str, Any], users: pd.DataFrame) -> Dataset:
    from pyarrow import parquet

    user = rows["user"].to_numpy()
    lengths = np.bincount(user, minlength=len(users)) if len(user) else np.zeros(len(users), dtype=np.int64)
    vectors = {}
    for number, modality in enumerate(meta["modalities"]):
        column = parquet.read_table(folder / f"vectors-{number}.parquet")["vector"].combine_chunks()
        vectors[modality] = column.values.to_numpy(zero_copy_only=False).reshape(len(column), -1)
    numbers = {}
    if meta.get("numbers"):  # not in older data
        table = parquet.read_table(folder / "numbers.parquet")
        numbers = {name: table[name].to_numpy() for name in meta["numbers"]}
    names = [column for column in users.columns if column.startswith("p:")]
    cleaning = CleaningSummary.from_json(meta["cleaning"]) if meta.get("cleaning") else None  # not in older data
    return Dataset(
        users=IdMap(users["user_id"].tolist(), first=0, subject="user_id"),
        items=IdMap(items["item_id"]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        sequence=rows["item"].to_numpy().astype(np.int32),
        timestamps=rows["timestamps"].to_numpy() if "timestamps" in rows.column_names else None,
        ratings=rows["ratings"].to_numpy() if "ratings" in rows.column_names else None,
        catalogue=Catalogue(
            titles=("", *items["title"]),
            texts=("", *items["text"]),
            tags=((), *map(tuple, items["tags"])),
            scenarios=("", *items["scenario"]),
            vectors=vectors,
            numbers=numbers,
        ),
        user_table=users[names].rename(columns=lambda name: name.removeprefix("p:")),
        name=meta["name"],
        cleaning=cleaning,
        sessions=meta.get("sessions") is True,
        calendar=bool(meta["calendar"]) if "calendar" in meta else not _read_as_steps(cleaning),
    )


def _read_as_steps(cleaning: CleaningSummary | None) -> bool:
    """Whether data that were saved without `calendar` have step numbers, by what cleaning said of their times."""
    from recsys.data.cleaning_warnings import NOTATION_OF_TIMES
    from recsys.data.schema.times import STEPS

    return cleaning is not None and Message(NOTATION_OF_TIMES, notation=STEPS) in cleaning.warnings


def _item_schema(pa: Any) -> Any:
    text = pa.string()
    return pa.schema([("item_id", text), ("title", text), ("text", text), ("tags", pa.list_(text)), ("scenario", text)])
