"""A table in several files: the parts of a Parquet folder, of a Spark export or of the Netflix Prize, as one probe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.readers.probes import ColumnTypes, Probe
from recsys.data.readers.tables import Table, UnreadableRows

_PART = re.compile(r"(^part[-_.]?\d)|((part|chunk|shard|combined_data)[-_]?\d+(\D|$))", re.IGNORECASE)
_SUBSET = re.compile(r"(^|[^a-z])(train|test|valid|validation|val|dev|eval)([^a-z]|$)", re.IGNORECASE)
_PARTITION = re.compile(r"([^=/]+)=([^=/]*)$")


def joined_parts(probes: Sequence[Probe]) -> list[Probe]:
    """The probes, in which files of one table are one.

    Parts are in one folder (of which `name=value` folders are partitions: a column of that value), have the same
    columns, and are Parquet files, or have names such as part-00000, …_part2 or combined_data_1. Splits such as train
    and test stay apart.
    """
    groups: dict[tuple[object, ...], list[Probe]] = {}
    for number, probe in enumerate(probes):
        groups.setdefault(_key(probe) or (number,), []).append(probe)
    return [group[0] if len(group) == 1 and not _partitions(group[0]) else _joined(group) for group in groups.values()]


def _key(probe: Probe) -> tuple[object, ...] | None:
    """What the parts of one table have in common; None for a table in one file."""
    path = PurePosixPath(probe.label.replace("\\", "/"))
    parquet = probe.sample.format == "parquet"
    if probe.sheet or not (parquet or _PART.search(path.name)):
        return None
    folders = [part for part in path.parts[:-1] if not _PARTITION.fullmatch(part)]
    words = tuple(sorted({match[2].lower() for match in _SUBSET.finditer(path.as_posix())}))
    stem = "" if parquet else re.sub(r"\d+", "#", path.stem)
    return (*folders, stem, words, probe.sample.format, probe.sample.columns)


def _partitions(probe: Probe) -> dict[str, str]:
    """The columns that the folders of a file state: `date=2024-01-01/part-0.parquet`."""
    parts = PurePosixPath(probe.label.replace("\\", "/")).parts[:-1]
    found = {match[1]: match[2] for part in parts if (match := _PARTITION.fullmatch(part))}
    return {name: value for name, value in found.items() if name not in probe.sample.columns}


def _joined(group: list[Probe]) -> Probe:
    first = group[0]
    folder = PurePosixPath(first.label.replace("\\", "/")).parent
    while _PARTITION.fullmatch(folder.name):
        folder = folder.parent
    stem = re.sub(r"[-_.]?\d.*$", "", PurePosixPath(first.label).name) if first.sample.format != "parquet" else ""
    place = "/".join(part for part in (folder.as_posix().strip("."), stem) if part) or first.sample.format
    name = f"{place} ({len(group):,} files)" if len(group) > 1 else first.label

    def read(types: ColumnTypes) -> Table:
        tables = [probe.read({n: kind for n, kind in types.items() if n in probe.sample.columns}) for probe in group]
        data = _concat([_with_partitions(probe, table.data) for probe, table in zip(group, tables, strict=True)])
        texts = tuple(text for table in tables for text in table.unreadable.texts)
        unreadable = UnreadableRows(sum(table.unreadable.count for table in tables), texts=texts)
        return replace(tables[0], name=name, data=data, first_line=1, unreadable=unreadable)

    sample = replace(first.sample, name=name, data=_with_partitions(first, first.sample.data))
    rows = _concat([_with_partitions(probe, probe.first_rows) for probe in group])
    if (head := rows.slice(0, len(sample.data))).schema != sample.data.schema:
        sample = replace(sample, data=head)
    if _partitions(first):  # a partition has one value in each file: the sample shows more than the first
        sample = replace(sample, data=_concat([_with_partitions(p, p.sample.data).slice(0, 100) for p in group]))
    return Probe(first.file, sample, rows, read, parts=tuple(group), name=name)


def _with_partitions(probe: Probe, data: pa.Table) -> pa.Table:
    for name, value in _partitions(probe).items():
        column = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), len(data)), pa.array([value]))
        data = data.append_column(name, column.cast(pa.string()) if len(data) < 10_000 else column)
    return data


def _concat(tables: Sequence[pa.Table]) -> pa.Table:
    """The tables below each other; a column whose type differs among them becomes text."""
    columns = {}
    for name in tables[0].column_names:
        chunks = [table[name] for table in tables]
        kinds = {chunk.type for chunk in chunks}
        if len(kinds) > 1:
            chunks = [pc.cast(chunk, pa.string(), safe=False) for chunk in chunks]
        columns[name] = pa.chunked_array([part for chunk in chunks for part in chunk.chunks], chunks[0].type)
    return pa.table(columns)
