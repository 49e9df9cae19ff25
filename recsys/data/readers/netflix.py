"""The layout of the Netflix Prize: the number of an item, `1:`, and below it lines of user,rating,date."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from recsys.data.readers.archives import InputFile
from recsys.data.readers.probes import ColumnTypes, FileStart, Probe
from recsys.data.readers.tables import Table
from recsys.errors import InputError
from recsys.wording import Message

FORMAT = "netflix-prize"
_BLOCK = re.compile(rb"(?m)^(\d+):[ \t]*\r?\n")
_START = re.compile(r"\s*\d+:[ \t]*\n\d+,[\d.]+,\d{4}-\d\d-\d\d\s*(\n|$)")
_COLUMNS = {"user_id": pa.int64(), "rating": pa.float64(), "timestamp": pa.timestamp("s")}
_ROLES = {name: name for name in ("user_id", "item_id", "rating", "timestamp")}


def is_netflix(start: FileStart) -> bool:
    """Whether the text begins with the number of an item and a rating of it. The files without ratings do not."""
    return bool(_START.match(start.lines[:200]))


def probe_netflix(file: InputFile, start: FileStart) -> list[Probe]:
    """The table (user_id, rating, timestamp, item_id), in the order of the file. Raises InputError for other lines."""
    lines = start.lines.encode()
    first = _table(lines[: lines.rfind(b"\n") + 1], file.name)
    sample = Table(file.name, FORMAT, first.slice(0, 1_000), False, 1, roles=_ROLES)
    return [Probe(file, sample, first, partial(_read, file))]


def _read(file: InputFile, types: ColumnTypes) -> Table:
    data = _table(file.read(8 << 30), file.name)
    return Table(file.name, FORMAT, data, False, 1, roles=_ROLES)


def _table(text: bytes, name: str) -> pa.Table:
    blocks = list(_BLOCK.finditer(text))
    ends = [*(block.start() for block in blocks[1:]), len(text)]
    if text and not text.endswith(b"\n"):
        text += b"\n"
        ends[-1] += 1
    lengths = [text.count(b"\n", block.end(), end) for block, end in zip(blocks, ends, strict=True)]
    try:
        data = pa_csv.read_csv(
            pa.BufferReader(_BLOCK.sub(b"", text)),
            read_options=pa_csv.ReadOptions(column_names=list(_COLUMNS)),
            parse_options=pa_csv.ParseOptions(ignore_empty_lines=False),
            convert_options=pa_csv.ConvertOptions(column_types=_COLUMNS),
        )
    except pa.ArrowInvalid as error:
        told, fix = str(error).splitlines()[0], Message("Write each row as user, item, rating, date.")
        raise InputError(name, "must have lines of user, rating and date below each item", told, fix) from None
    items = pa.array([int(block[1]) for block in blocks], pa.int64())
    return data.append_column("item_id", items.take(pa.array(np.repeat(np.arange(len(blocks)), lengths))))
