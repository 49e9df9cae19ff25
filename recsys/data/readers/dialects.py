"""How a delimited text is written: its separator, its quotes, its header. Detected from its first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from recsys.data.readers.tables import one_column_error, unique_names
from recsys.data.schema.column_names import known_names
from recsys.errors import InputError
from recsys.wording import Message

FORMAT_OF = {"\t": "tsv", ",": "csv", ";": "semicolon", "|": "pipe", "::": "double-colon", "\x1f": "csv", " ": "space"}
"""Separator -> name of the format, in the order in which they are tried."""
_NUMBER = re.compile(r"^\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*$")
_RECBOLE_CELL = re.compile(r"^[^:]+:(token|token_seq|float|float_seq)$")
_SEPARATOR_LINE = re.compile(r"(?i)^\ufeff?\s*sep=(.)\s*$")
_MAX_LINES_ABOVE_HEADER = 20


@dataclass(frozen=True)
class Dialect:
    """How a delimited text is written.

    Attributes:
        quoted: whether quotes enclose cells.
        names: the column names.
        format: the format's name, for the report.
        roles: role -> column, where the format says so.
        joined_blanks: several spaces in a row are one separator.
        multiline_cells: a quoted cell may contain line ends (slower to parse, so only where quotes were seen).
        lines_above: lines above the header that are no rows (a title, a comment, `sep=;`).
    """

    delimiter: str
    quoted: bool
    names: tuple[str, ...]
    has_header: bool
    format: str
    roles: Mapping[str, str] = field(default_factory=dict)
    joined_blanks: bool = False
    multiline_cells: bool = False
    lines_above: int = 0


def find_dialect(start: str, name: str, delimiter: str | None = None) -> Dialect:
    """Detects the dialect.

    Args:
        start: the first complete lines of the text.
        name: the file's name, for messages.
        delimiter: the separator, if the user said it.

    Raises:
        InputError: no separator splits the lines into two or more columns, or the given one doesn't.
    """
    numbered = [(number, line) for number, line in enumerate(start.split("\n")) if line.strip()][:200]
    if len(numbered) > 1 and (stated := _SEPARATOR_LINE.match(numbered[0][1])):
        delimiter, numbered = delimiter or stated[1], numbered[1:]
    lines = [line for _, line in numbered]
    chosen = delimiter or _best_delimiter(lines)
    if chosen is None:
        raise one_column_error(lines[0], name)
    joined_blanks = chosen == " " and any("  " in line.strip() for line in lines)
    quoted = _has_quotes(lines, chosen)
    rows = _split(lines, chosen, quoted, joined_blanks)
    width = _most_common([len(row) for row in rows])
    if width < 2:
        if delimiter is not None:
            fix = Message("Leave it out to have it detected.")
            raise InputError(
                Message("{file}, separator", file=name), "must split the rows into columns", delimiter, fix
            )
        raise one_column_error(lines[0], name)
    first = _header_row(rows, width)
    above = numbered[first][0] if len(rows) == len(numbered) else numbered[0][0]
    rows = rows[first:]
    recbole = all(_RECBOLE_CELL.match(cell.strip()) for cell in rows[0])
    header = recbole or _is_header(rows, width)
    if recbole:
        cells = [cell.split(":")[0] for cell in rows[0]]
    else:
        cells = rows[0] if header else [f"column {number}" for number in range(1, width + 1)]
    return Dialect(
        chosen,
        quoted,
        unique_names(cells, name),
        header,
        "recbole" if recbole else FORMAT_OF.get(chosen, "csv"),
        joined_blanks=joined_blanks and not recbole,
        multiline_cells=quoted and '"' in start,
        lines_above=above if header and not recbole else 0,
    )


def _header_row(rows: list[list[str]], width: int) -> int:
    """The number of the header's row where a few lines of another width are above it; else 0."""
    if len(rows[0]) == width:
        return 0
    first = next((number for number, row in enumerate(rows[:_MAX_LINES_ABOVE_HEADER]) if len(row) == width), 0)
    return first if first and _is_header(rows[first:], width) else 0


def _split(lines: list[str], delimiter: str, quoted: bool, joined_blanks: bool) -> list[list[str]]:
    """The cells of a few lines, for guesses only."""
    if joined_blanks:
        return [line.split() for line in lines]
    if len(delimiter) == 1 and quoted:
        try:
            return [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            pass
    return [line.split(delimiter) for line in lines]


def _best_delimiter(lines: list[str]) -> str | None:
    """The separator that gives the most lines the same number (≥ 2) of cells; earlier ones win ties."""
    best, best_score = None, 0.3
    for delimiter in FORMAT_OF:
        if delimiter == " " and best is not None:
            break
        if not any(delimiter in line for line in lines):
            continue
        counts = [len(row) for row in _split(lines, delimiter, _has_quotes(lines, delimiter), delimiter == " ")]
        width = _most_common(counts)
        score = counts.count(width) / len(counts) + min(width, 50) / 1000 if width > 1 else 0.0
        if delimiter == "::" and width > 1:
            score += 0.5  # `::` is hardly ever part of a text
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _most_common(counts: list[int]) -> int:
    return Counter(counts).most_common(1)[0][0] if counts else 0


def _has_quotes(lines: list[str], delimiter: str) -> bool:
    """Whether quotes enclose cells (and don't just occur in the text, as in most `::` and tab files)."""
    if delimiter == "::":
        return False
    opening = re.compile(rf'(^|{re.escape(delimiter)})"')
    closing = re.compile(rf'"({re.escape(delimiter)}|$)')
    opened = sum(len(opening.findall(line)) for line in lines)
    closed = sum(len(closing.findall(line)) for line in lines)
    return not any('"' in line for line in lines) or (opened > 0 and 0.5 <= closed / opened <= 2)


def _is_header(rows: list[list[str]], width: int) -> bool:
    """Whether the first row has known column names, or text above a column of numbers."""
    first, rest = rows[0], [row for row in rows[1:] if len(row) == width]
    if len(first) != width or any(_NUMBER.match(cell) for cell in first):
        return False
    if known_names(first):
        return True
    if not rest or len({cell.strip() for cell in first}) < width:
        return False
    for column in range(width):
        cells = [row[column] for row in rest[:100] if row[column].strip()]
        if cells and sum(bool(_NUMBER.match(cell)) for cell in cells) >= 0.9 * len(cells):
            return True
    return False
