"""From a file to a dataset, in one call: find the tables, guess the columns, clean by plan, and say what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.cleaning import CleaningPlan, CleaningReport
from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.data.interactions import Interactions, interactions_of
from recsys.data.readers import side_tables
from recsys.data.readers.columns import Columns, chosen_columns, demand_columns, guess_columns
from recsys.data.readers.delimited import ID
from recsys.data.readers.formats import probes
from recsys.data.readers.side_tables import load_vectors
from recsys.data.readers.table_roles import FoundTable, TablesTaken, demand_interactions, take_tables
from recsys.data.readers.tables import Table
from recsys.errors import InputError

__all__ = ["Loaded", "load", "load_vectors"]

Given = Path | bytes
_MOMENT = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?"
_ISO = (
    (r"^\d{4}-\d{2}-\d{2}$", pa.timestamp("us")),
    (_MOMENT + "$", pa.timestamp("us")),
    (_MOMENT + "Z$", pa.timestamp("us", "UTC")),
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A file that has become a dataset.

    Attributes:
        report: rows read, kept, dropped by reason, and the rows themselves.
        format: "csv", "movielens-1m", "parquet", …
        columns: role -> column of the file; column_reasons: role -> why.
        all_columns: every column of the file, for choosing another.
        preview: the first rows as they stand in the file.
        tables: every table of the file or archive, and what each was taken for (empty with several files).
    """

    dataset: Dataset
    report: CleaningReport
    format: str
    columns: Mapping[str, str]
    column_reasons: Mapping[str, str]
    plan: CleaningPlan
    all_columns: tuple[str, ...] = ()
    preview: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    tables: tuple[FoundTable, ...] = ()


def load(
    source: Given | Sequence[tuple[str, Given, str]],
    *,
    name: str | None = None,
    items: Given | None = None,
    users: Given | None = None,
    columns: Mapping[str, str | None] | None = None,
    tables: Mapping[str, str] | None = None,
    plan: CleaningPlan | None = None,
    vectors: Sequence[tuple[str, Given]] = (),
    prefix_items: bool = False,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Loaded:
    """Reads a file of interactions, cleans it and builds the dataset.

    Args:
        source: a path or the bytes of a file or zip; or several of them as (name, content, scenario), which become one
            dataset with these scenarios.
        name: shown name; the file's by default.
        items, users: tables beside it. In a zip they are found by themselves.
        columns: role -> column where the guess is wrong; None for "there is none".
        tables: "interactions", "items" or "users" -> the member of the archive or the sheet to take for it where the
            guess is wrong; "" for "there is none". For one file or archive only.
        plan: what cleaning does; the default keeps every whole row.
        vectors: (modality, content) of item vectors, see `load_vectors`.
        prefix_items: with several files, make equal item ids of different scenarios different items.
        delimiter, encoding: where finding them by content went wrong.

    Raises:
        InputError: not a table, no person or item column, or nothing is left. It names file, rule and fix.
    """
    given, shown = _parts(source, name)
    _demand_given(given, tables)
    plan, read = plan or CleaningPlan(), []
    side: dict[str, Table] = {}
    takens: list[TablesTaken] = []
    for title, content, scenario in given:
        chosen, columns_found, taken, extra = _read(title, content, columns or {}, tables or {}, delimiter, encoding)
        side = {**extra, **side}
        takens.append(taken)
        read.append((chosen, columns_found, scenario))
    apart = {"items": items, "users": users}
    side |= {role: _one_table(table, role) for role, table in apart.items() if table is not None}
    rows = interactions_of(read, plan, prefix_items)
    first, first_columns, _ = read[0]
    report = replace(rows.report, warnings=(*rows.report.warnings, *_once_each(rows), *_unused(takens)))
    found = _found(takens, apart)
    names = {role: table.name for role, table in side.items() if apart.get(role) is None}
    names |= {"interactions": ", ".join(part[0].name for part in read)} | {t.role: t.name for t in found if t.role}
    return Loaded(
        dataset=replace(_dataset(rows, side, vectors, shown), cleaning=report.summary(first.format, names)),
        report=report,
        format=first.format,
        columns=first_columns.roles,
        column_reasons=first_columns.reasons,
        plan=plan,
        all_columns=first.columns,
        preview=_preview(first),
        tables=found,
    )


def _demand_given(given: Sequence[object], tables: Mapping[str, str] | None) -> None:
    if not given:
        raise InputError("the upload", "must have a file", fix="Choose a file with a row for each interaction.")
    if tables and len(given) > 1:
        raise InputError("the choice of tables", "must be made in one file or archive", f"{len(given)} files")


def _found(takens: Sequence[TablesTaken], apart: Mapping[str, Given | None]) -> tuple[FoundTable, ...]:
    """The tables of the one file; what was given apart goes before one found in it."""
    if len(takens) > 1:
        return ()
    return tuple(replace(one, role="", why="") if apart.get(one.role) is not None else one for one in takens[0].found)


def _once_each(rows: Interactions) -> list[str]:
    if len(rows.user_ids) < len(rows.sequence):
        return []
    return ["Each person has one row only: is this a table of interactions? A model of order needs two or more."]


def _parts(
    source: Given | Sequence[tuple[str, Given, str]], name: str | None
) -> tuple[list[tuple[str, Given, str]], str]:
    """What was given as (title, content, scenario), and the name to show."""
    if isinstance(source, Path):
        return [(source.name, source, "")], name or source.stem
    if isinstance(source, bytes):
        return [(name or "upload", source, "")], name or "upload"
    return list(source), name or " + ".join(PurePath(part[0]).stem for part in source)


def _unused(takens: Sequence[TablesTaken]) -> list[str]:
    names = [name for taken in takens for name in taken.alike]
    if not names:
        return []
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return [f"Also like interactions, but left out: {shown}. Load them by themselves, or join them as scenarios."]


def _preview(table: Table) -> pd.DataFrame:
    sample = table.data.slice(0, 50)
    return pd.DataFrame({name: side_tables.texts_of(sample[name]) for name in table.columns[:60]})


def _one_table(content: Given, role: str) -> Table:
    title = content.name if isinstance(content, Path) else role
    found = probes(content, title)
    return max(found, key=lambda probe: probe.size).read({})


def _read(
    title: str,
    content: Given,
    columns: Mapping[str, str | None],
    asked: Mapping[str, str],
    delimiter: str | None,
    encoding: str | None,
) -> tuple[Table, Columns, TablesTaken, dict[str, Table]]:
    """The interactions of a file, their columns, what each of its tables was taken for, and the tables of items and
    users that lay beside them."""
    taken = take_tables(probes(content, title, delimiter=delimiter, encoding=encoding), asked)
    chosen = taken.interactions
    guess = chosen_columns(chosen.sample, columns) if columns else guess_columns(chosen.sample)
    if not columns and "interactions" not in asked:
        demand_interactions(chosen)
    demand_columns(chosen.sample, guess)
    types = _types(chosen.sample, guess)
    integer = {guess.roles[role] for role in ("user_id", "item_id") if types[guess.roles[role]] == pa.int64()}
    if integer and not chosen.source.numbers_are_plain():
        types |= dict.fromkeys(integer, ID)
    beside_it: dict[str, Table] = {}
    for role, (probe, roles) in taken.beside.items():
        table = probe.read({})
        beside_it[role] = replace(table, roles={**table.roles, **roles})
    return chosen.read(types), guess, taken, beside_it


def _types(sample: Table, columns: Columns) -> dict[str, pa.DataType]:
    """Types that pyarrow can parse at once; a column that doesn't keep to them is read again as text."""
    types: dict[str, pa.DataType] = dict.fromkeys(sample.columns, ID)
    for role, name in columns.roles.items():
        column = sample.sample[name]
        if role in ("user_id", "item_id", "timestamp") and _all_match(column, r"^(0|[1-9]\d{0,17})$"):
            types[name] = pa.int64()
        elif role in ("rating", "quantity") and _all_match(column, r"^-?\d{1,12}(\.\d{1,12})?$"):
            types[name] = pa.float64()
        elif role == "timestamp":
            types[name] = next((kind for pattern, kind in _ISO if _all_match(column, pattern)), pa.string())
    return types


def _all_match(column: pa.ChunkedArray, pattern: str) -> bool:
    if not pa.types.is_string(column.type) or not len(column):
        return False
    return bool(pc.all(pc.match_substring_regex(column, pattern).fill_null(True)).as_py()) and column.null_count < len(
        column
    )


def _dataset(
    rows: Interactions, tables: Mapping[str, Table], vectors: Sequence[tuple[str, Given]], name: str
) -> Dataset:
    modalities = {}
    for modality, content in vectors:
        ids, values = load_vectors(content, modality)
        if ids is None:
            table = tables.get("items")
            if table is None or table.data.num_rows != len(values):
                raise InputError(
                    f"the vectors “{modality}”", "must come with item ids, or have one row per row of the item table",
                    f"{len(values):,} rows", "Save them as .npz with ids and vectors.",
                )  # fmt: skip
            ids = side_tables.texts_of(table.data[side_tables.item_columns(table)["item_id"]])
        modalities[modality] = side_tables.aligned_vectors(rows.item_ids, ids, values)
    return Dataset(
        users=IdMap(rows.user_ids, first=0, subject="user_id"),
        items=IdMap(rows.item_ids),
        offsets=rows.offsets,
        sequence=rows.sequence,
        timestamps=rows.timestamps,
        ratings=rows.ratings,
        catalogue=side_tables.catalogue_of(rows.item_ids, tables.get("items"), rows.titles, rows.scenarios, modalities),
        user_table=side_tables.user_columns(rows.user_ids, tables.get("users")),
        name=name,
    )
