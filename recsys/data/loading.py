"""From a file to a dataset in one call: find the tables, detect the columns, clean the rows, report what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.cleaning import CleaningPlan, CleaningReport
from recsys.data.cleaning_warnings import SINGLE_ROWS, UNUSED_TABLES
from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.data.interactions import InputTable, Interactions, build_interactions
from recsys.data.readers.archives import Files
from recsys.data.readers.delimited import CATEGORY
from recsys.data.readers.formats import probe_tables
from recsys.data.readers.tables import Table
from recsys.data.schema.cells import parse_texts
from recsys.data.schema.columns import Columns, correct_columns, demand_columns, detect_columns
from recsys.data.schema.interaction_evidence import demand_interactions
from recsys.data.schema.side_tables import (
    align_vectors,
    build_catalogue,
    build_user_table,
    item_columns,
    load_vectors,
)
from recsys.data.schema.table_roles import AssignedTables, FoundTable, assign_tables
from recsys.errors import InputError
from recsys.wording import Message

__all__ = ["Loaded", "load", "load_vectors"]

Content = Path | bytes
Source = Content | Files
_DATE_TIME = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?"
_ISO_TYPES = (
    (r"^\d{4}-\d{2}-\d{2}$", pa.timestamp("us")),
    (_DATE_TIME + "$", pa.timestamp("us")),
    (_DATE_TIME + "Z$", pa.timestamp("us", "UTC")),
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A file as a dataset.

    Attributes:
        report: rows read, kept, dropped by reason, and the dropped rows.
        format: "csv", "movielens-1m", "parquet", …
        columns: role -> column of the file; column_reasons: role -> why.
        all_columns: every column of the file, to choose others from.
        preview: the first rows as they are in the file.
        tables: every table of the file or archive with its role (empty with several files).
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
    source: Source | Sequence[tuple[str, Source, str]],
    *,
    name: str | None = None,
    items: Content | None = None,
    users: Content | None = None,
    columns: Mapping[str, str | None] | None = None,
    tables: Mapping[str, str] | None = None,
    plan: CleaningPlan | None = None,
    vectors: Sequence[tuple[str, Content]] = (),
    prefix_items: bool = False,
    delimiter: str | None = None,
    encoding: str | None = None,
    warnings: Sequence[str] = (),
) -> Loaded:
    """A file of interactions, cleaned, as a dataset.

    Args:
        source: a file, zip or folder, or `Files`; or several as (name, content, scenario), each a scenario of its own.
        name: shown name; by default that of the file.
        items, users: item table and user table; in a zip they are found.
        columns: role -> column where the detected one is wrong; None for no column.
        tables: role of a table -> member of the one archive, or sheet, where the detected one is wrong; "" for none.
        plan: what cleaning does; the default drops only rows that can't be used.
        vectors: (modality, content) of item vectors, see `load_vectors`.
        prefix_items: with several files, make equal item ids of different scenarios different items.
        delimiter, encoding: where the detected ones are wrong.
        warnings: what the report says besides its own.

    Returns:
        The dataset with the cleaning report, the detected format and columns, and a preview.

    Raises:
        InputError: no table, no column for users or items, or no rows are left.
    """
    (files, shown_name), plan = _files(source, name, tables), plan or CleaningPlan()
    with _column_types(shown_name):
        read = [_read(file, columns or {}, tables or {}, delimiter, encoding) for file in files]
        side_tables = {role: table for part in reversed(read) for role, table in part.side_tables.items()}
        given = {"items": items, "users": users}
        side_tables |= {role: _largest_table(content, role) for role, content in given.items() if content is not None}
        first = read[0].input
        rows = build_interactions([part.input for part in read], plan, prefix_items)
        report = replace(rows.report, warnings=(*rows.report.warnings, *warnings, *_warnings(rows, read)))
        found = read[0].assigned.found if len(read) == 1 else ()
        found = tuple(replace(one, role="", reason="") if given.get(one.role) is not None else one for one in found)
        names = {role: table.name for role, table in side_tables.items() if given.get(role) is None}
        names["interactions"] = ", ".join(part.input.table.name for part in read)
        names |= {table.role: table.name for table in found if table.role}
        dataset = _dataset(rows, side_tables, vectors, shown_name)
        return Loaded(
            dataset=replace(dataset, cleaning=report.summary(first.table.format, names)),
            report=report,
            format=first.table.format,
            columns=first.columns.roles,
            column_reasons=first.columns.reasons,
            plan=plan,
            all_columns=first.table.columns,
            preview=_preview(first.table),
            tables=found,
        )


@contextmanager
def _column_types(name: str) -> Iterator[None]:
    """Raises InputError for a column whose type can't be read: lists, objects, bytes that are no text."""
    try:
        yield
    except pa.ArrowException as error:
        got, fix = str(error).splitlines()[0][:200], Message("Give each column as texts, numbers or times.")
        raise InputError(name, "must have columns of texts, numbers or times", got, fix) from error


def _files(
    source: Source | Sequence[tuple[str, Source, str]], name: str | None, tables: Mapping[str, str] | None
) -> tuple[list[tuple[str, Source, str]], str]:
    """The files as (name, content, scenario), and the name to show. Raises InputError for none."""
    if isinstance(source, Path):
        return [(source.name, source, "")], name or source.stem
    if isinstance(source, bytes | Files):
        return [(name or "upload", source, "")], name or "upload"
    files = list(source)
    if not files:
        raise InputError("the upload", "must have a file", fix="Choose a file with one row per interaction.")
    if tables and len(files) > 1:
        got = Message("{n} files", n=len(files))
        raise InputError("the choice of tables", "must be for one file or archive", got, "Load one of them.")
    return files, name or " + ".join(PurePath(file).stem for file, _, _ in files)


@dataclass(frozen=True, eq=False)
class _ReadFile:
    """The interactions of one file, its item and user tables by role, and the roles of all its tables."""

    input: InputTable
    side_tables: Mapping[str, Table]
    assigned: AssignedTables


def _read(
    file: tuple[str, Source, str],
    columns: Mapping[str, str | None],
    tables: Mapping[str, str],
    delimiter: str | None,
    encoding: str | None,
) -> _ReadFile:
    name, content, scenario = file
    assigned = assign_tables(probe_tables(content, name, delimiter=delimiter, encoding=encoding), tables)
    main = assigned.interactions
    roles = correct_columns(main.sample, columns) if columns else detect_columns(main.sample)
    if not columns and "interactions" not in tables:
        demand_interactions(main)
    demand_columns(main.sample, roles)
    types = _types(main.sample, roles)
    integers = {roles.roles[role] for role in ("user_id", "item_id") if types[roles.roles[role]] == pa.int64()}
    if integers and not main.integers_are_canonical():
        types |= dict.fromkeys(integers, CATEGORY)
    side_tables = {}
    for role, (probe, side_roles) in assigned.side_tables.items():
        table = probe.read({})
        side_tables[role] = replace(table, roles={**table.roles, **side_roles})
    return _ReadFile(InputTable(main.read(types), roles, scenario), side_tables, assigned)


def _largest_table(content: Content, role: str) -> Table:
    name = content.name if isinstance(content, Path) else role
    return max(probe_tables(content, name), key=lambda probe: probe.size).read({})


def _warnings(rows: Interactions, read: Sequence[_ReadFile]) -> list[str]:
    warnings: list[str] = []
    if len(rows.user_ids) >= len(rows.sequence):
        warnings.append(SINGLE_ROWS)
    warnings += dict.fromkeys(part.assigned.interactions.unread for part in read if part.assigned.interactions.unread)
    unused = [name for part in read for name in part.assigned.unused_interactions]
    if unused:
        names = ", ".join(unused[:3]) + (" …" if len(unused) > 3 else "")
        warnings.append(Message(UNUSED_TABLES, names=names))
    return warnings


def _preview(table: Table) -> pd.DataFrame:
    first = table.data.slice(0, 50)
    return pd.DataFrame({name: parse_texts(first[name]) for name in table.columns[:60]})


def _types(sample: Table, columns: Columns) -> dict[str, pa.DataType]:
    """Column -> the type that its first rows have; a column of another type below is read again as text."""
    types: dict[str, pa.DataType] = dict.fromkeys(sample.columns, CATEGORY)
    for role, name in columns.roles.items():
        column = sample.sample[name]
        if role in ("user_id", "item_id", "timestamp") and _all_match(column, r"^(0|[1-9]\d{0,17})$"):
            types[name] = pa.int64()
        elif role in ("rating", "quantity") and _all_match(column, r"^-?\d{1,12}(\.\d{1,12})?$"):
            types[name] = pa.float64()
        elif role == "timestamp":
            types[name] = next((kind for pattern, kind in _ISO_TYPES if _all_match(column, pattern)), pa.string())
    return types


def _all_match(column: pa.ChunkedArray, pattern: str) -> bool:
    if not pa.types.is_string(column.type) or not len(column):
        return False
    matches = pc.match_substring_regex(column, pattern).fill_null(True)
    return bool(pc.all(matches).as_py()) and column.null_count < len(column)


def _dataset(
    rows: Interactions, side_tables: Mapping[str, Table], vectors: Sequence[tuple[str, Content]], name: str
) -> Dataset:
    modalities = {}
    for modality, content in vectors:
        ids, values = load_vectors(content, modality)
        if ids is None:
            table = side_tables.get("items")
            if table is None or table.data.num_rows != len(values):
                rule = Message("must have item ids, or one row per row of the item table")
                fix = Message("Save them as .npz with ids and vectors.")
                raise InputError(
                    Message("the vectors “{modality}”", modality=modality),
                    rule,
                    Message("{n:,} rows", n=len(values)),
                    fix,
                )
            ids = parse_texts(table.data[item_columns(table)["item_id"]])
        modalities[modality] = align_vectors(rows.item_ids, ids, values)
    return Dataset(
        users=IdMap(rows.user_ids, first=0, subject="user_id"),
        items=IdMap(rows.item_ids),
        offsets=rows.offsets,
        sequence=rows.sequence,
        timestamps=rows.timestamps,
        ratings=rows.ratings,
        catalogue=build_catalogue(rows.item_ids, side_tables.get("items"), rows.titles, rows.scenarios, modalities),
        user_table=build_user_table(rows.user_ids, side_tables.get("users")),
        name=name,
        sessions=rows.sessions,
        calendar=rows.calendar,
    )
