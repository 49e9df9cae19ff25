"""Table: what every reader returns. Named columns of texts or numbers, and the line of each row in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from recsys.errors import InputError
from recsys.wording import Message, numbered

MAX_COLUMNS = 2_000
SAMPLE_ROWS = 1_000
MAX_SHOWN_ROWS = 200  # unreadable rows that are kept as text


@dataclass(frozen=True, eq=False)
class UnreadableRows:
    """Rows with another number of fields than the header, or lines that aren't JSON.

    Attributes:
        count: how many.
        lines: int64 (count,) their line numbers, where they are known.
        texts: the first `MAX_SHOWN_ROWS` of them as they are in the file.
    """

    count: int = 0
    lines: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """One table of a file.

    Args:
        name: the file (and the member of the archive), for messages.
        format: a stable word such as "csv", "jsonl", "parquet".
        data: the columns, with unique names.
        has_header: whether the names come from the file.
        first_line: the line of the first row, counted from 1 (2 below a header).
        encoding: of text formats, else "".
        unreadable: rows that could not be parsed.
        roles: role -> column, where the format itself says so (MovieLens, RecBole, sequences).
        repeats_are_events: whether equal rows are separate events (sequences) and never duplicates.
    """

    name: str
    format: str
    data: pa.Table
    has_header: bool = True
    first_line: int = 2
    encoding: str = ""
    unreadable: UnreadableRows = UnreadableRows()
    roles: Mapping[str, str] = field(default_factory=dict)
    repeats_are_events: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.data.column_names)

    @property
    def sample(self) -> pa.Table:
        """The first rows, from which columns are guessed."""
        return self.data.slice(0, SAMPLE_ROWS)

    def lines_of(self, rows: np.ndarray) -> np.ndarray:
        """The lines of these rows (ascending numbers from 0). A quoted field over several lines counts as one line."""
        lines = rows.astype(np.int64) + self.first_line
        if not len(self.unreadable.lines):
            return lines
        # Each unreadable line moves all rows below it down by one.
        limits = self.unreadable.lines - np.arange(len(self.unreadable.lines))
        return np.asarray(lines + np.searchsorted(limits, lines, side="right"))


def unique_names(cells: list[str], name: str) -> tuple[str, ...]:
    """Header cells as unique, non-empty column names.

    Raises:
        InputError: more than `MAX_COLUMNS`, or fewer than two.
    """
    if len(cells) > MAX_COLUMNS:
        rule, fix = (
            Message("must have at most {most:,} columns", most=MAX_COLUMNS),
            Message("Give one row per interaction."),
        )
        raise InputError(Message("{file}, row 1", file=name), rule, f"{len(cells):,}", fix)
    if len(cells) < 2:
        raise one_column_error(cells[0] if cells else "nothing", name)
    stems = (cell.strip().strip("\ufeff") or f"column {number}" for number, cell in enumerate(cells, 1))
    return tuple(numbered(stems))


def one_column_error(got: str, name: str) -> InputError:
    rule = Message("must have at least two columns, one for the user and one for the item")
    fix = Message("Check the separator (comma, semicolon, tab, | or ::) and that this is a table.")
    return InputError(Message("{file}, row 1", file=name), rule, got, fix)
