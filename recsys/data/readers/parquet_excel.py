"""Parquet and Excel."""

from __future__ import annotations

import datetime
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from recsys.data.readers.archives import InputFile
from recsys.data.readers.probes import FileStart, Probe, probe_of_table
from recsys.data.readers.tables import MAX_COLUMNS, Table, unique_names
from recsys.data.schema.cells import number_text
from recsys.errors import InputError
from recsys.wording import Message

MAX_CELLS = 4_000_000_000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_parquet(start: FileStart) -> bool:
    return start.data.startswith(b"PAR1")


def is_workbook(start: FileStart) -> bool:
    return start.data.startswith((b"PK\x03\x04", _OLD_EXCEL))


def probe_parquet(file: InputFile, start: FileStart) -> list[Probe]:
    """The table of the file; texts stay dictionary-encoded, so that a small file can't fill the memory.

    Raises:
        InputError: damaged, or beyond the limits.
    """
    on_disk = isinstance(file.content, Path) and not file.compression
    content: Any = str(file.content) if on_disk else pa.BufferReader(file.read())
    try:
        opened = parquet.ParquetFile(content)
        meta, schema = opened.metadata, opened.schema_arrow
        if len(schema.names) > MAX_COLUMNS:
            raise InputError(
                file.name,
                Message("must have at most {most:,} columns", most=MAX_COLUMNS),
                f"{len(schema.names):,}",
                "Drop some.",
            )
        if meta.num_rows * len(schema.names) > MAX_CELLS:
            raise InputError(
                file.name,
                Message("must have at most {most:,} cells", most=MAX_CELLS),
                Message("{n:,} rows", n=meta.num_rows),
                "Split it.",
            )
        texts = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        names = unique_names(list(schema.names), file.name)
        data = parquet.read_table(content, read_dictionary=texts).rename_columns(list(names))
        data.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(file.name, "must be an undamaged Parquet file", text, "Write it again.") from None
    return [probe_of_table(file, Table(file.name, "parquet", data, first_line=1))]


def probe_workbook(file: InputFile, start: FileStart) -> list[Probe]:
    """Every sheet with a table of two or more columns; its first row is the header if it is all text.

    Raises:
        InputError: damaged, protected by a password, or no sheet with a table.
    """
    tables: dict[str, Table] = {}
    sheets = _sheets(file)
    for sheet, filled in sheets.items():
        width = max(len(row) for row in filled)
        if width < 2:
            continue
        first = _first_row(filled, width)
        rows = filled[first:]
        name = file.name if len(sheets) == 1 else Message("{file}, sheet {sheet}", file=file.name, sheet=sheet)
        header = all(isinstance(cell, str) for cell in rows[0]) and any(cell.strip() for cell in rows[0])
        cells = [str(cell) for cell in rows[0]] if header else [f"column {i}" for i in range(1, width + 1)]
        names = unique_names([*cells, *[""] * (width - len(cells))], name)
        body = rows[header:]
        columns = [_cells([row[i] if i < len(row) else None for row in body]) for i in range(width)]
        tables[sheet] = Table(name, "excel", pa.table(columns, names=list(names)), header, 1 + header + first)
    if not tables:
        raise InputError(
            file.name,
            "must have a sheet with at least two columns, one for the user and one for the item",
            fix="Put one row per interaction on the first sheet.",
        )
    joined = _joined(tables)
    return [probe_of_table(file, table, sheet if len(joined) > 1 else "") for sheet, table in joined.items()]


def _joined(tables: dict[str, Table]) -> dict[str, Table]:
    """Sheets with the same header joined into one table, which was too long for one sheet."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for sheet, table in tables.items():
        alike.setdefault(table.columns if table.has_header else (sheet,), []).append(sheet)
    found = {}
    for sheets in alike.values():
        first = tables[sheets[0]]
        parts = [tables[sheet].data for sheet in sheets]
        if len(sheets) > 1:
            kinds = [parts[0].schema.types == part.schema.types for part in parts]
            texts = pa.schema([(name, pa.string()) for name in first.columns])
            whole = pa.concat_tables(parts if all(kinds) else [part.cast(texts) for part in parts])
            first = replace(first, name=f"{first.name} … {sheets[-1]}", data=whole)
        found[" + ".join(sheets)] = first
    return found


def _first_row(rows: list[list[Any]], width: int) -> int:
    """The first row that fills at least half of the columns: a title above the table fills one cell."""
    filled = [sum(cell is not None and str(cell).strip() != "" for cell in row) for row in rows[:20]]
    return next((number for number, cells in enumerate(filled) if cells >= max(2, width / 2)), 0)


def _sheets(file: InputFile) -> dict[str, list[list[Any]]]:
    """The rows of every sheet that isn't empty."""
    import python_calamine as calamine

    data = file.read(512 << 20)
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names}
    except (calamine.CalamineError, OSError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise InputError(
            file.name, "must be an undamaged Excel file without a password", error, "Save it again as .xlsx or CSV."
        ) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's panics derive from BaseException
            raise
        raise InputError(file.name, "must be an undamaged Excel file", fix="Save it again as .xlsx or CSV.") from None
    return {name: rows for name, rows in sheets.items() if any(len(row) > 0 for row in rows)}


def _cells(cells: list[Any]) -> pa.Array:
    """One column of a sheet: numbers, dates or texts; mixed cells become texts, whole numbers without `.0`."""
    values = [None if isinstance(cell, str) and not cell.strip() else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {float, int}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kinds and kinds <= {datetime.datetime, datetime.date}:
        days = [datetime.datetime(v.year, v.month, v.day) if type(v) is datetime.date else v for v in values]
        return pa.array(days, pa.timestamp("us"))
    return pa.array([None if v is None else _text(v) for v in values], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)
