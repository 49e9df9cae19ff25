"""JSON Lines and JSON. pyarrow parses lines of one flat shape; mixed or damaged lines are parsed one by one."""

from __future__ import annotations

import ast
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pa_json

from recsys.data.readers.archives import MAX_IN_MEMORY, InputFile
from recsys.data.readers.encodings import decode
from recsys.data.readers.probes import FileStart, Probe, probe_of_table
from recsys.data.readers.tables import MAX_COLUMNS, MAX_SHOWN_ROWS, Table, UnreadableRows
from recsys.data.schema.column_names import known_names
from recsys.errors import InputError
from recsys.wording import Message

_MAX_DEPTH = 100  # of brackets; real records have two or three
_MAX_OUTER_OBJECTS = 4  # around a list of records
BY_USER = "json by user"
"""The format of an object with the items of each user: its shape alone says so."""
_BY_USER_ROLES = {"user_id": "user_id", "item_id": "item_id", "rating": "rating"}
_MIN_USERS, _FEW_COLUMNS = 3, 20


def is_json(start: FileStart) -> bool:
    """Whether the text starts as an object, or as an array of objects or arrays."""
    text = start.text.lstrip("\ufeff \t\r\n")
    return text.startswith("{") or (text.startswith("[") and text[1:].lstrip().startswith(("{", "]", "[")))


def probe_json(file: InputFile, start: FileStart) -> list[Probe]:
    """The table of the file, see `_read`."""
    return [probe_of_table(file, _read(file, start.encoding))]


def _read(file: InputFile, encoding: str) -> Table:
    """JSON Lines, an array of objects, or an object with one such array, as a table of flat columns.

    Raises:
        InputError: no records, records that aren't objects, deep nesting, or more than half of the lines unreadable.
    """
    data = file.read(MAX_IN_MEMORY)
    if encoding not in ("utf-8", "utf-8-sig"):
        data = decode(data, encoding, file.name).encode()
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    _demand_shallow(data, file.name)
    if data.startswith(b"["):
        return _from_records(_array(data, file.name), file, "json")
    table = _with_pyarrow(data, file)
    if table is None:
        return _line_by_line(data, file)
    of_object = _table_of_object(decode(data, "utf-8", file.name), file) if table.data.num_rows == 1 else None
    return of_object or table


def _demand_shallow(data: bytes, name: str) -> None:
    """Raises InputError for deep nesting before a recursive parser reads it. Brackets inside texts count too."""
    signs = np.frombuffer(data, dtype=np.uint8)
    depth = 0
    for start in range(0, len(signs), 1 << 24):
        part = signs[start : start + (1 << 24)]
        opened = (part == ord("[")) | (part == ord("{"))
        closed = (part == ord("]")) | (part == ord("}"))
        steps = opened.astype(np.int8) - closed.astype(np.int8)
        brackets = np.flatnonzero(steps)
        depths = depth + np.cumsum(steps[brackets], dtype=np.int64)
        if len(depths):
            if depths.max() > _MAX_DEPTH:
                row = data.count(b"\n", 0, start + int(brackets[np.argmax(depths > _MAX_DEPTH)])) + 1
                rule, fix = (
                    Message("must not nest deeper than {most} brackets", most=_MAX_DEPTH),
                    Message("Give one flat object per interaction."),
                )
                raise InputError(Message("{file}, row {row:,}", file=name, row=row), rule, fix=fix)
            depth = max(int(depths[-1]), 0)


def _array(data: bytes, name: str) -> list[Any]:
    try:
        records = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(name, "must be valid JSON", error, "Give JSON Lines: one object per line.") from None
    if not isinstance(records, list) or not records:
        raise InputError(
            name, "must be a list of objects", type(records).__name__, "Give JSON Lines: one object per line."
        )
    return records


def _with_pyarrow(data: bytes, file: InputFile) -> Table | None:
    """The table as pyarrow parses it, which is fast; None when the lines don't share one flat shape."""
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
    return Table(file.name, "jsonl", table, first_line=1, encoding="utf-8")


def _line_by_line(data: bytes, file: InputFile) -> Table:
    text = decode(data, "utf-8", file.name)
    records: list[Any] = []
    lines: list[int] = []
    texts: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        record = _record(line)
        if isinstance(record, dict):
            records.append(record)
        else:
            lines.append(number)
            texts += [line[:1000]] if len(texts) < MAX_SHOWN_ROWS else []
    if (len(records) == 1 or len(lines) > len(records)) and (table := _table_of_object(text, file)) is not None:
        return table
    if len(lines) > len(records):
        fix = Message("Give JSON Lines or an array of objects.")
        raise InputError(
            Message("{file}, row {row:,}", file=file.name, row=lines[0]), "must be a JSON object", texts[0], fix
        )
    unreadable = UnreadableRows(len(lines), np.asarray(lines, dtype=np.int64), tuple(texts))
    return _from_records(records, file, "jsonl", unreadable)


def _record(line: str) -> Any:
    """One line as JSON or, in the older public review files, as a Python literal; None when it is neither."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        pass
    if not line.lstrip().startswith(("{'", "{u'")) or len(line) > 1 << 20:
        return None
    try:
        return ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _table_of_object(text: str, file: InputFile) -> Table | None:
    """The table of a text that is one object: of users, else of its longest list of objects, or of columns."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    if (by_user := _by_user(value)) is not None:
        return Table(file.name, BY_USER, by_user, True, 1, "utf-8", roles=_BY_USER_ROLES, repeats_are_events=True)
    records = _records_in(value) or _records_of_lists(value)
    return _from_records(records, file, "json") if records else None


def _by_user(value: dict[str, Any]) -> pa.Table | None:
    """The rows of `{"ann": ["tea", …], …}`, the items of each user, or of `{"ann": {"tea": 5, …}, …}`, with ratings.

    That keys are users and not columns or names of settings is a guess: there are three or more, who share items, and
    the lists or objects do not look like columns.
    """
    kinds = {type(one) for one in value.values()}
    if len(value) < _MIN_USERS or kinds not in ({dict}, {list}) or _has_columns(value):
        return None
    if kinds == {dict}:
        rated = [(user, item, rating) for user, one in value.items() for item, rating in one.items()]
        fits = all(type(rating) in (int, float) for _, _, rating in rated)
    else:
        rated = [(user, item, None) for user, one in value.items() for item in one]
        fits = all(type(item) in (str, int) for _, item, _ in rated)
    pairs = {(user, str(item)) for user, item, _ in rated} if fits else set()
    if not pairs or len({item for _, item in pairs}) == len(pairs):
        return None
    users, items, ratings = zip(*rated, strict=True)
    table = {"user_id": _column(list(users)).dictionary_encode(), "item_id": _column([str(item) for item in items])}
    return pa.table(table | ({} if ratings[0] is None else {"rating": _column(list(ratings))}))


def _has_columns(value: dict[str, Any]) -> bool:
    """Whether lists or objects look like columns: as many cells in each, by the row or for more rows than columns."""
    first, *others = value.values()
    if any(type(one) is not type(first) or len(one) != len(first) for one in others):
        return False
    if len(value) <= _FEW_COLUMNS and {"user_id", "item_id"} <= known_names(list(value)).keys():
        return True
    if isinstance(first, dict):  # as pandas writes them, with the row's number
        return first.keys() == {str(row) for row in range(len(first))}
    return len(value) <= _FEW_COLUMNS and len(first) > len(value)


def _records_of_lists(value: dict[str, Any]) -> list[Any] | None:
    """The records of `{"user": ["ann", …], "item": ["tea", …]}`, lists of one length; None for anything else."""
    columns = list(value.values())
    if not 1 < len(value) <= MAX_COLUMNS or not all(isinstance(one, list) for one in columns):
        return None
    if len({len(one) for one in columns}) > 1 or any(isinstance(cell, dict | list) for one in columns for cell in one):
        return None
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]


def _records_in(value: Any, depth: int = 0) -> list[Any] | None:
    if isinstance(value, list):
        return value if value and all(isinstance(one, dict) for one in value[:100]) else None
    if not isinstance(value, dict) or depth > _MAX_OUTER_OBJECTS:
        return None
    names, rows = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    columns = list(value.values())
    if len(columns) > 1 and all(isinstance(one, dict) and one.keys() == columns[0].keys() for one in columns):
        return [{name: column[row] for name, column in value.items()} for row in columns[0]]
    found = [records for one in columns if (records := _records_in(one, depth + 1))]
    return max(found, key=len, default=None)


def _from_records(records: list[Any], file: InputFile, label: str, unreadable: UnreadableRows | None = None) -> Table:
    if all(isinstance(record, list) for record in records):
        width = max(map(len, records))
        records = [{f"column {i}": v for i, v in enumerate(record, 1)} for record in records] if width else []
    other = next((i for i, record in enumerate(records, 1) if not isinstance(record, dict)), None)
    if other is not None or not records:
        fix = Message("Give JSON Lines or an array of objects.")
        raise InputError(
            Message("{file}, record {record}", file=file.name, record=other or 1),
            "must be an object with named fields",
            fix=fix,
        )
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        if len(names) > MAX_COLUMNS:
            fix = Message("Give one object per interaction.")
            raise InputError(
                file.name, Message("must have at most {most:,} different fields", most=MAX_COLUMNS), fix=fix
            )
    if len(names) < 2:
        rule = Message("must have at least two fields, one for the user and one for the item")
        raise InputError(file.name, rule, ", ".join(map(str, names)), "Give one object per interaction.")
    columns = {name: _column([record.get(name) for record in records]) for name in names}
    return Table(file.name, label, pa.table(columns), True, 1, "utf-8", unreadable or UnreadableRows())


def _column(values: list[Any]) -> pa.Array:
    """The values in one type: their own if all agree, else text."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        texts = [None if v is None else v if isinstance(v, str) else json.dumps(v, default=str) for v in values]
        return pa.array([t if t is None else t.encode("utf-8", "replace").decode() for t in texts], pa.string())
