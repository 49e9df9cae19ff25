"""The tables beside the interactions: items to a catalogue, people to group columns, vectors of other modalities."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.dataset import Catalogue
from recsys.data.readers.column_names import known_names
from recsys.data.readers.numbers import number_text
from recsys.data.readers.tables import Table
from recsys.errors import InputError

_NO_TAGS = {"(no genres listed)", "unknown", "none", "nan", ""}
MAX_TAGS = 20
MAX_TEXT = 2_000  # characters of a title or description that are kept


def item_columns(table: Table) -> dict[str, str]:
    """Role -> column of an item table. Raises InputError when no column names the item."""
    roles = {**known_names(table.columns), **table.roles}
    if "item_id" not in roles:
        taken = set(roles.values())
        first = next((name for name in table.columns if name not in taken), None)
        if first is None:
            raise InputError(table.name, "must have a column that names the item", ", ".join(table.columns[:6]))
        roles["item_id"] = first
    return roles


def texts_of(column: pa.ChunkedArray | pa.Array) -> list[str]:
    """A column of any type as stripped texts, "" where it is empty; whole numbers without `.0`."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type):
        return [number_text(value) for value in column.to_pylist()]
    if pa.types.is_nested(column.type):
        return [json.dumps(v, ensure_ascii=False, default=str) if v is not None else "" for v in column.to_pylist()]
    return ["" if v is None else v.strip() for v in pc.cast(column, pa.string()).to_pylist()]


def catalogue_of(
    ids: Sequence[str],
    table: Table | None,
    titles: Mapping[str, str],
    scenarios: Mapping[str, str],
    vectors: Mapping[str, np.ndarray],
) -> Catalogue:
    """The catalogue of `ids` (in index order): from the item table, else from what stood beside the interactions."""
    rows: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    flags: list[tuple[str, list[str]]] = []
    if table is not None:
        roles = item_columns(table)
        columns = {role: texts_of(table.data[name]) for role, name in roles.items()}
        rows = {external: row for row, external in reversed(list(enumerate(columns["item_id"]))) if external}
        flags = [(name[6:], texts_of(table.data[name])) for name in table.columns if name.startswith("genre:")]
    at = [rows.get(external.strip()) for external in ids]

    def cell(role: str, row: int | None) -> str:
        return columns[role][row][:MAX_TEXT] if row is not None and role in columns else ""

    def tags(row: int | None) -> tuple[str, ...]:
        if row is not None and flags:
            return tuple(name for name, marks in flags if marks[row] == "1")
        return split_tags(cell("tags", row))

    return Catalogue(
        titles=("", *(cell("title", row) or titles.get(i, "")[:MAX_TEXT] or i for i, row in zip(ids, at, strict=True))),
        texts=("", *(cell("text", row) for row in at)),
        tags=((), *(tags(row) for row in at)),
        scenarios=("", *(scenarios.get(i) or cell("scenario", row) for i, row in zip(ids, at, strict=True))),
        vectors=vectors,
    )


def split_tags(text: str) -> tuple[str, ...]:
    """Tags out of one cell: a JSON list, or parts between | or ; or , — repeated ones and “none” left out."""
    text = text.strip()
    parts: list[Any] = []
    if text.startswith("["):
        try:
            parts = json.loads(text.replace("'", '"'))
        except (ValueError, RecursionError):
            parts = text.strip("[]").split(",")
    else:
        parts = re.split(r"[|;]" if re.search(r"[|;]", text) else ",", text)
    tags = [str(part).strip(" '\"")[:80] for part in parts if isinstance(part, str | int | float)]
    return tuple(dict.fromkeys(tag for tag in tags if tag.lower() not in _NO_TAGS))[:MAX_TAGS]


def user_columns(ids: Sequence[str], table: Table | None) -> pd.DataFrame:
    """The user table in index order, every column as text, "" where unknown."""
    if table is None:
        return pd.DataFrame()
    roles = {**known_names(table.columns), **table.roles}
    name = roles.get("user_id", table.columns[0])
    rows = {external: row for row, external in reversed(list(enumerate(texts_of(table.data[name])))) if external}
    at = [rows.get(external.strip()) for external in ids]
    people = {}
    for column in table.columns:
        if column != name:
            cells = texts_of(table.data[column])
            people[column] = ["" if row is None else cells[row][:200] for row in at]
    return pd.DataFrame(people)


def load_vectors(content: Path | bytes, name: str) -> tuple[list[str] | None, np.ndarray]:
    """Item vectors of another modality: (item ids or None, float32 (n, dim)).

    A .npz with `ids` and `vectors`, a .parquet with an id column and either one list column or numeric columns, or a
    bare .npy whose rows follow the item table (ids None). Nothing pickled is read.

    Raises:
        InputError: another format, or another shape.
    """
    data = content if isinstance(content, bytes) else content.read_bytes()
    ids: list[str] | None = None
    try:
        if data[:4] == b"PAR1":
            ids, vectors = _vectors_of_parquet(data)
        else:
            loaded = np.load(io.BytesIO(data), allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                vectors = loaded
            else:
                ids, vectors = [str(i) for i in loaded["ids"]], loaded["vectors"]
        vectors = np.asarray(vectors, dtype=np.float32)
    except (ValueError, OSError, KeyError, TypeError, EOFError, pa.ArrowException, MemoryError) as error:
        raise InputError(
            name,
            "must hold item vectors as .npy, .npz (ids, vectors) or .parquet",
            type(error).__name__,
            "Save it again.",
        ) from error
    if vectors.ndim != 2 or not 1 <= vectors.shape[1] <= 8192 or (ids is not None and len(ids) != len(vectors)):
        raise InputError(name, "must have one row of 1 to 8,192 numbers per item", vectors.shape)
    return ids, vectors


def _vectors_of_parquet(data: bytes) -> tuple[list[str], np.ndarray]:
    from pyarrow import parquet

    table = parquet.read_table(pa.BufferReader(data))
    lists = [
        field.name for field in table.schema if pa.types.is_list(field.type) or pa.types.is_fixed_size_list(field.type)
    ]
    id_column = known_names([name for name in table.column_names if name not in lists]).get(
        "item_id", table.column_names[0]
    )
    if lists:
        vectors = np.stack([np.asarray(v, dtype=np.float32) for v in table[lists[0]].to_pylist()])
    else:
        vectors = table.drop_columns([id_column]).to_pandas().to_numpy(dtype=np.float32)
    return texts_of(table[id_column]), vectors


def aligned_vectors(ids: Sequence[str], given: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """Vectors in index order with a row for padding: float32 (len(ids) + 1, dim), NaN where an item has none."""
    rows = {external: row for row, external in enumerate(given)}
    aligned = np.full((len(ids) + 1, vectors.shape[1]), np.nan, dtype=np.float32)
    for index, external in enumerate(ids, 1):
        if (row := rows.get(external)) is not None:
            aligned[index] = vectors[row]
    return aligned
