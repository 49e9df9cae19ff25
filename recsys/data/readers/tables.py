"""Table: what every reader hands on — named columns of text or numbers, and where each row stood in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from recsys.errors import InputError

MAX_COLUMNS = 2_000
SAMPLE_ROWS = 1_000


@dataclass(frozen=True, eq=False)
class Broken:
    """Rows that are no rows: another number of fields than the header, or no JSON.

    `count` of them; `lines` their line numbers; `texts` the first 200 of them as they were.
    """

    count: int = 0
    lines: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """One table of a file.

    Args:
        name: the file (and its member), for messages.
        format: a stable word such as "csv", "jsonl", "parquet".
        data: the columns, with unique names.
        has_header: whether the names come from the file.
        first_line: the line of the first row, counted from 1 (2 below a header).
        encoding: of text formats, else "".
        broken: rows that could not be read.
        roles: columns whose meaning the format itself fixes (MovieLens, RecBole, sequences): role -> name.
        ordered: repeated rows are events of their own (sequence text), never duplicates.
    """

    name: str
    format: str
    data: pa.Table
    has_header: bool = True
    first_line: int = 2
    encoding: str = ""
    broken: Broken = Broken()
    roles: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.data.column_names)

    @property
    def sample(self) -> pa.Table:
        """The first rows, for guesses and previews."""
        return self.data.slice(0, SAMPLE_ROWS)

    def lines_of(self, rows: np.ndarray) -> np.ndarray:
        """The lines these rows (ascending numbers from 0) stood in. A quoted field over several lines counts as one."""
        lines = rows.astype(np.int64) + self.first_line
        if not len(self.broken.lines):
            return lines
        # The broken line number b pushes every row at or below it down by one.
        limits = self.broken.lines - np.arange(len(self.broken.lines))
        return np.asarray(lines + np.searchsorted(limits, lines, side="right"))


def column_names(raw: list[str], name: str) -> tuple[str, ...]:
    """Header cells as unique, non-empty names.

    Raises:
        InputError: more than `MAX_COLUMNS`, or only one.
    """
    if len(raw) > MAX_COLUMNS:
        raise InputError(
            f"{name}, row 1", f"must have at most {MAX_COLUMNS:,} columns", f"{len(raw):,}", "Keep one row per event."
        )
    if len(raw) < 2:
        raise InputError(
            f"{name}, row 1",
            "must have at least two columns, one for the person and one for the item",
            raw[0] if raw else "nothing",
            "Check the separator (comma, semicolon, tab, | or ::) and that this is a table.",
        )
    names: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(raw, 1):
        stem = cell.strip().strip("\ufeff") or f"column {number}"
        label, copy = stem, 2
        while label in seen:
            label, copy = f"{stem} ({copy})", copy + 1
        seen.add(label)
        names.append(label)
    return tuple(names)
