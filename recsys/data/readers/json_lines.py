"""JSON Lines and JSON arrays. pyarrow parses well-behaved lines; mixed or damaged ones are read one by one."""

from __future__ import annotations

import ast
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pa_json

from recsys.data.readers.archives import MAX_IN_MEMORY, Source
from recsys.data.readers.encodings import decode
from recsys.data.readers.tables import MAX_COLUMNS, Broken, Table
from recsys.errors import InputError

_MAX_DEPTH = 100  # of brackets; real records have two or three
_TEXTS = 200
_INSIDE = 4  # objects around a list of records at most


def looks_like_json(head: str) -> bool:
    """Whether the text starts as an object, or as an array of objects."""
    start = head.lstrip("\ufeff \t\r\n")
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip().startswith(("{", "]", "[")))


def read_json(source: Source, encoding: str) -> Table:
    """JSON Lines, an array of objects, or an object with one such array, as a table of flat columns.

    Raises:
        InputError: no records, records that aren't objects, nesting beyond reason, or more than half unreadable.
    """
    data = source.read(MAX_IN_MEMORY)
    if encoding not in ("utf-8", "utf-8-sig"):
        data = decode(data, encoding, source.name).encode()
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    _demand_shallow(data, source.name)
    if data.startswith(b"["):
        return _from_records(_array(data, source.name), source, "json", first_line=1)
    table = _with_pyarrow(data, source)
    if table is None:
        return _line_by_line(data, source)
    inner = _whole(decode(data, "utf-8", source.name)) if table.data.num_rows == 1 else None
    return table if inner is None else _from_records(inner, source, "json", 1)


def _demand_shallow(data: bytes, name: str) -> None:
    """Refuses deep nesting before any parser (several recurse) sees it. Brackets in texts are counted too, so only an
    absurd depth is refused."""
    signs = np.frombuffer(data, dtype=np.uint8)
    depth = 0
    for start in range(0, len(signs), 1 << 24):
        part = signs[start : start + (1 << 24)]
        opened = (part == ord("[")) | (part == ord("{"))
        closed = (part == ord("]")) | (part == ord("}"))
        steps = opened.astype(np.int8) - closed.astype(np.int8)
        marks = np.flatnonzero(steps)
        walk = depth + np.cumsum(steps[marks], dtype=np.int64)
        if len(walk):
            if walk.max() > _MAX_DEPTH:
                row = data.count(b"\n", 0, start + int(marks[np.argmax(walk > _MAX_DEPTH)])) + 1
                raise InputError(
                    f"{name}, row {row:,}",
                    f"must not nest deeper than {_MAX_DEPTH} brackets",
                    fix="Give one flat object per interaction.",
                )
            depth = max(int(walk[-1]), 0)


def _array(data: bytes, name: str) -> list[Any]:
    try:
        records = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(name, "must be valid JSON", error, "Give JSON Lines: one object per line.") from None
    if not isinstance(records, list) or not records:
        raise InputError(name, "must hold a list of objects", type(records).__name__)
    return records


def _with_pyarrow(data: bytes, source: Source) -> Table | None:
    """The fast way, or None when the lines don't share one flat shape."""
    try:
        first = json.loads(data.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return None
    if not isinstance(first, dict) or not 0 < len(first) <= MAX_COLUMNS:
        return None
    texts = [key for key, value in first.items() if isinstance(value, str)]
    schema = pa.schema([(key, pa.string()) for key in texts])  # else pyarrow would turn texts into dates
    try:
        table = pa_json.read_json(
            pa.BufferReader(data),
            read_options=pa_json.ReadOptions(block_size=min(max(len(data) + 1, 1 << 16), 64 << 20)),
            parse_options=pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer"),
        )
    except (pa.ArrowException, UnicodeError, ValueError):
        return None
    if table.num_columns > MAX_COLUMNS or not table.num_rows:
        return None
    return Table(source.name, "jsonl", table, first_line=1, encoding="utf-8")


def _line_by_line(data: bytes, source: Source) -> Table:
    text = decode(data, "utf-8", source.name)
    records: list[Any] = []
    lines: list[int] = []
    texts: list[str] = []
    number = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        record = _record(line)
        if isinstance(record, dict):
            records.append(record)
        else:
            lines.append(number)
            texts += [line[:1000]] if len(texts) < _TEXTS else []
    if len(records) == 1 and (inner := _whole(text)) is not None:
        return _from_records(inner, source, "json", 1)
    if len(lines) > len(records):
        whole = _whole(text)
        if whole is not None:
            return _from_records(whole, source, "json", 1)
        raise InputError(
            f"{source.name}, row {lines[0]:,}",
            "must be a JSON object per line",
            texts[0] if texts else "",
            "Give JSON Lines or an array of objects.",
        )
    return _from_records(records, source, "jsonl", 1, Broken(len(lines), np.asarray(lines), tuple(texts)))


def _record(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        pass
    if not line.lstrip().startswith(("{'", "{u'")) or len(line) > 1 << 20:
        return None
    try:
        return ast.literal_eval(line.strip())  # the older public review files are Python literals
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _whole(text: str) -> list[Any] | None:
    """The records inside one object: the longest list of objects in it, or columns as pandas writes them."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _records_in(value) if isinstance(value, dict) else None


def _records_in(value: Any, depth: int = 0) -> list[Any] | None:
    if isinstance(value, list):
        return value if value and all(isinstance(one, dict) for one in value[:100]) else None
    if not isinstance(value, dict) or depth > _INSIDE:
        return None
    names, rows = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    columns = list(value.values())
    if len(columns) > 1 and all(isinstance(one, dict) and one.keys() == columns[0].keys() for one in columns):
        return [{name: column[row] for name, column in value.items()} for row in columns[0]]
    found = [records for one in columns if (records := _records_in(one, depth + 1))]
    return max(found, key=len, default=None)


def _from_records(
    records: list[Any], source: Source, label: str, first_line: int, broken: Broken | None = None
) -> Table:
    if all(isinstance(record, list) for record in records):
        width = max(map(len, records))
        records = [{f"column {i}": v for i, v in enumerate(record, 1)} for record in records] if width else []
    bad = next((i for i, record in enumerate(records, 1) if not isinstance(record, dict)), None)
    if bad is not None or not records:
        raise InputError(f"{source.name}, record {bad or 1}", "must be an object with named fields")
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        if len(names) > MAX_COLUMNS:
            raise InputError(source.name, f"must have at most {MAX_COLUMNS:,} different fields")
    if len(names) < 2:
        raise InputError(source.name, "must have at least two fields, one for the person and one for the item")
    columns = {name: _column([record.get(name) for record in records]) for name in names}
    return Table(source.name, label, pa.table(columns), True, first_line, "utf-8", broken or Broken())


def _column(values: list[Any]) -> pa.Array:
    """One type for a field: its own if all agree, else text."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        texts = [None if v is None else v if isinstance(v, str) else json.dumps(v, default=str) for v in values]
        return pa.array([t if t is None else t.encode("utf-8", "replace").decode() for t in texts], pa.string())
