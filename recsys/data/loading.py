"""From a file to a dataset, in one call: find the tables, guess the columns, clean by plan, and say what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data import beside
from recsys.data.beside import load_vectors
from recsys.data.cleaning import CleaningPlan, CleaningReport
from recsys.data.columns import Columns, chosen_columns, demand_columns, guess_columns
from recsys.data.dataset import Dataset
from recsys.data.delimited import ID
from recsys.data.formats import Probe, probes
from recsys.data.ids import IdMap
from recsys.data.interactions import Interactions, interactions_of
from recsys.data.synonyms import known_names
from recsys.data.tables import Table
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
    """

    dataset: Dataset
    report: CleaningReport
    format: str
    columns: Mapping[str, str]
    column_reasons: Mapping[str, str]
    plan: CleaningPlan
    all_columns: tuple[str, ...] = ()
    preview: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def load(
    source: Given | Sequence[tuple[str, Given, str]],
    *,
    name: str | None = None,
    items: Given | None = None,
    users: Given | None = None,
    columns: Mapping[str, str | None] | None = None,
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
        plan: what cleaning does; the default keeps every whole row.
        vectors: (modality, content) of item vectors, see `load_vectors`.
        prefix_items: with several files, make equal item ids of different scenarios different items.
        delimiter, encoding: where finding them by content went wrong.

    Raises:
        InputError: not a table, no person or item column, or nothing is left. It names file, rule and fix.
    """
    given, shown = _parts(source, name)
    if not given:
        raise InputError("the upload", "must have a file", fix="Choose a file with a row for each interaction.")
    plan, read = plan or CleaningPlan(), []
    tables: dict[str, Table] = {}
    left_out: list[str] = []
    for title, content, scenario in given:
        chosen, columns_found, extra, unused = _read(title, content, columns or {}, delimiter, encoding)
        tables = {**extra, **tables}
        left_out += unused
        read.append((chosen, columns_found, scenario))
    for role, beside_given in (("items", items), ("users", users)):
        if beside_given is not None:
            tables[role] = _one_table(beside_given, role)
    rows = interactions_of(read, plan, prefix_items)
    dataset = _dataset(rows, tables, vectors, shown)
    first, first_columns, _ = read[0]
    report = replace(rows.report, warnings=(*rows.report.warnings, *_unused(left_out)))
    taken = {"interactions": ", ".join(part[0].name for part in read)} | {
        role: one.name for role, one in tables.items()
    }
    return Loaded(
        dataset=replace(dataset, cleaning=report.summary(first.format, taken)),
        report=report,
        format=first.format,
        columns=first_columns.roles,
        column_reasons=first_columns.reasons,
        plan=plan,
        all_columns=first.columns,
        preview=_preview(first),
    )


def _parts(
    source: Given | Sequence[tuple[str, Given, str]], name: str | None
) -> tuple[list[tuple[str, Given, str]], str]:
    """What was given as (title, content, scenario), and the name to show."""
    if isinstance(source, Path):
        return [(source.name, source, "")], name or source.stem
    if isinstance(source, bytes):
        return [(name or "upload", source, "")], name or "upload"
    return list(source), name or " + ".join(PurePath(part[0]).stem for part in source)


def _unused(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return [f"Also like interactions, but left out: {shown}. Load them by themselves, or join them as scenarios."]


def _preview(table: Table) -> pd.DataFrame:
    sample = table.data.slice(0, 50)
    return pd.DataFrame({name: beside.texts_of(sample[name]) for name in table.columns[:60]})


def _one_table(content: Given, role: str) -> Table:
    title = content.name if isinstance(content, Path) else role
    found = probes(content, title)
    return max(found, key=lambda probe: probe.size).read({})


def _read(
    title: str, content: Given, columns: Mapping[str, str | None], delimiter: str | None, encoding: str | None
) -> tuple[Table, Columns, dict[str, Table], list[str]]:
    """The interactions of a file, their columns, the item and user tables that lay beside them in a zip, and the names
    of other tables that look like interactions too."""
    found = probes(content, title, delimiter=delimiter, encoding=encoding)
    chosen = max(found, key=_likeness)
    guess = chosen_columns(chosen.sample, columns) if columns else guess_columns(chosen.sample)
    demand_columns(chosen.sample, guess)
    beside_it: dict[str, Table] = {}
    for probe in sorted(found, key=lambda probe: probe.size):
        if probe is not chosen and (role := _table_beside(probe.sample)):
            beside_it[role] = probe.read({})
    types = _types(chosen.sample, guess)
    integer = {guess.roles[role] for role in ("user_id", "item_id") if types[guess.roles[role]] == pa.int64()}
    if integer and not chosen.source.numbers_are_plain():
        types |= dict.fromkeys(integer, ID)
    others = [probe.sample.name for probe in found if probe is not chosen and _likeness(probe)[0]]
    return chosen.read(types), guess, beside_it, others


def _likeness(probe: Probe) -> tuple[bool, int, int]:
    """How much a table looks like interactions: person and item first, then time and rating, then size."""
    roles = guess_columns(probe.sample).roles
    named = {**known_names(probe.sample.columns), **probe.sample.roles}
    both = (
        "user_id" in named and "item_id" in named if probe.sample.has_header or probe.sample.roles else len(roles) > 1
    )
    return both, ("timestamp" in roles) + ("rating" in roles), probe.size


def _table_beside(sample: Table) -> str:
    named = {**known_names(sample.columns), **sample.roles}
    if "item_id" in named and "user_id" not in named and named.keys() & {"title", "tags", "text"}:
        return "items"
    return "users" if "user_id" in named and "item_id" not in named else ""


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
            ids = beside.texts_of(table.data[beside.item_columns(table)["item_id"]])
        modalities[modality] = beside.aligned_vectors(rows.item_ids, ids, values)
    return Dataset(
        users=IdMap(rows.user_ids, first=0, subject="user_id"),
        items=IdMap(rows.item_ids),
        offsets=rows.offsets,
        sequence=rows.sequence,
        timestamps=rows.timestamps,
        ratings=rows.ratings,
        catalogue=beside.catalogue_of(rows.item_ids, tables.get("items"), rows.titles, rows.scenarios, modalities),
        people=beside.people_of(rows.user_ids, tables.get("users")),
        name=name,
    )
