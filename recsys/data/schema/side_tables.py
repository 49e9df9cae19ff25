"""The other inputs of a dataset: an item table becomes the catalogue, a user table its columns; item vectors."""

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

from recsys.data.dataset import Catalogue
from recsys.data.readers.tables import Table
from recsys.data.schema.cells import parse_numbers, parse_texts
from recsys.data.schema.column_names import known_names
from recsys.errors import InputError
from recsys.wording import Message

_NO_TAGS = {"(no genres listed)", "unknown", "none", "nan", ""}
MAX_TAGS = 20
MAX_TEXT = 2_000  # characters kept of a title or description
MAX_USER_TEXT = 200  # characters kept of a cell of the user table
MAX_NUMBERS = 12  # numeric columns kept of an item table
MAX_DIMENSIONS = 8_192  # of an item vector


def item_columns(table: Table) -> dict[str, str]:
    """Role -> column of an item table; the item id is the first column that has no other role by its name.

    Raises:
        InputError: every column has another role.
    """
    roles = {**known_names(table.columns), **table.roles}
    if "item_id" not in roles:
        first = next((name for name in table.columns if name not in roles.values()), None)
        if first is None:
            got, fix = ", ".join(table.columns[:6]), Message("Name that column item_id.")
            raise InputError(table.name, "must have a column with the item id", got, fix)
        roles["item_id"] = first
    return roles


def build_catalogue(
    ids: Sequence[str],
    table: Table | None,
    titles: Mapping[str, str],
    scenarios: Mapping[str, str],
    vectors: Mapping[str, np.ndarray],
) -> Catalogue:
    """The catalogue of the items.

    Args:
        ids: item ids in index order.
        table: the item table, if there is one.
        titles, scenarios: item id -> what the interactions say; titles of the item table take precedence.
        vectors: see `Catalogue`.
    """
    columns: dict[str, list[str]] = {}
    numbers: dict[str, np.ndarray] = {}
    genres: list[tuple[str, list[str]]] = []  # one 0/1 column per genre, as in MovieLens 100k
    rows: list[int | None] = [None] * len(ids)
    if table is not None:
        columns = {role: parse_texts(table.data[name]) for role, name in item_columns(table).items()}
        genres = [(name[6:], parse_texts(table.data[name])) for name in table.columns if name.startswith("genre:")]
        rows = _rows_of(ids, columns["item_id"])
        numbers = _numbers(table, rows)

    def cell(role: str, row: int | None) -> str:
        return columns[role][row][:MAX_TEXT] if row is not None and role in columns else ""

    def tags(row: int | None) -> tuple[str, ...]:
        if row is not None and genres:
            return tuple(name for name, flags in genres if flags[row] == "1")
        return split_tags(cell("tags", row))

    items = list(zip(ids, rows, strict=True))
    return Catalogue(
        titles=("", *(cell("title", row) or titles.get(item, "")[:MAX_TEXT] or item for item, row in items)),
        texts=("", *(cell("text", row) for row in rows)),
        tags=((), *(tags(row) for row in rows)),
        scenarios=("", *(scenarios.get(item) or cell("scenario", row) for item, row in items)),
        vectors=vectors,
        numbers=numbers,
    )


def _numbers(table: Table, rows: Sequence[int | None]) -> dict[str, np.ndarray]:
    """The numeric columns of an item table, such as price or year: name -> float64 (n_items + 1,).

    At most `MAX_NUMBERS`, without those that have a role, 0/1 columns of genres, and columns of one value.
    """
    taken = {
        name for role, name in item_columns(table).items() if role in ("item_id", "title", "text", "tags", "scenario")
    }
    found: dict[str, np.ndarray] = {}
    at = np.array([-1, *(-1 if row is None else row for row in rows)])
    for name in table.columns:
        if name in taken or name.startswith("genre:") or len(found) >= MAX_NUMBERS:
            continue
        values = parse_numbers(table.data[name])
        known = np.isfinite(values)
        if known.sum() >= 0.5 * max(len(values), 1) and len(np.unique(values[known])) > 1:
            found[name] = np.where(at >= 0, values[at], np.nan)
    return found


def _rows_of(ids: Sequence[str], column: Sequence[str]) -> list[int | None]:
    """The first row of each id in a column of ids; None where it isn't there."""
    first = {external: row for row, external in reversed(list(enumerate(column))) if external}
    return [first.get(external.strip()) for external in ids]


def split_tags(text: str) -> tuple[str, ...]:
    """Tags of one cell: a JSON list, or separated by | or ; or a comma, or by ｜ or ； or ， or 、 as in Chinese.

    Repeated tags and “none” are left out.
    """
    text = text.strip()
    parts: list[Any] = []
    if text.startswith("["):
        try:
            parts = json.loads(text.replace("'", '"'))
        except (ValueError, RecursionError):
            parts = text.strip("[]").split(",")
    else:
        parts = re.split("[|;｜；]" if re.search("[|;｜；]", text) else "[,，、]", text)
    tags = [str(part).strip(" '\"")[:80] for part in parts if isinstance(part, str | int | float)]
    return tuple(dict.fromkeys(tag for tag in tags if tag.lower() not in _NO_TAGS))[:MAX_TAGS]


def build_user_table(ids: Sequence[str], table: Table | None) -> pd.DataFrame:
    """The user table with one row for each id, in index order; every column as text, "" where unknown."""
    if table is None:
        return pd.DataFrame()
    roles = {**known_names(table.columns), **table.roles}
    key = roles.get("user_id", table.columns[0])
    rows = _rows_of(ids, parse_texts(table.data[key]))
    columns = {}
    for name in table.columns:
        if name != key:
            cells = parse_texts(table.data[name])
            columns[name] = ["" if row is None else cells[row][:MAX_USER_TEXT] for row in rows]
    return pd.DataFrame(columns)


def column_numbers(column: pd.Series) -> np.ndarray | None:
    """A column of the user table as float64 (n,), NaN = empty; None unless every other cell is a finite number.

    A column is text in a user table that was read or saved. Codes such as "02134" are no numbers.
    """
    texts = column.astype("string").fillna("").str.strip()
    known = (texts != "").to_numpy(dtype=bool)
    if not known.any() or texts.str.match(r"[+-]?0\d").any():
        return None
    numbers = pd.to_numeric(texts.where(known), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers if np.isfinite(numbers[known]).all() else None


def load_vectors(content: Path | bytes, name: str) -> tuple[list[str] | None, np.ndarray]:
    """Item vectors of another modality: (item ids or None, float32 (n, dim)).

    Reads a .npz with `ids` and `vectors`, a .parquet with an id column and either one list column or numeric columns,
    or a .npy whose rows follow the item table (ids None). Pickled objects are refused.

    Raises:
        InputError: another format or shape.
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
        rule = Message("must have item vectors as .npy, .npz (ids, vectors) or .parquet")
        raise InputError(name, rule, type(error).__name__, "Save it again.") from error
    if (
        vectors.ndim != 2
        or not 1 <= vectors.shape[1] <= MAX_DIMENSIONS
        or (ids is not None and len(ids) != len(vectors))
    ):
        rule = Message("must have one row of 1 to {most:,} numbers per item", most=MAX_DIMENSIONS)
        raise InputError(name, rule, vectors.shape, "Save it again.")
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
    return parse_texts(table[id_column]), vectors


def align_vectors(ids: Sequence[str], vector_ids: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """Vectors in index order with a row for padding: float32 (len(ids) + 1, dim), NaN where an item has none."""
    rows = {external: row for row, external in enumerate(vector_ids)}
    aligned = np.full((len(ids) + 1, vectors.shape[1]), np.nan, dtype=np.float32)
    for index, external in enumerate(ids, 1):
        if (row := rows.get(external)) is not None:
            aligned[index] = vectors[row]
    return aligned
