"""How a text table is written: its separator, its quotes, whether it has a header — found in its first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from recsys.data.readers.column_names import known_names
from recsys.data.readers.tables import column_names
from recsys.errors import InputError

DELIMITERS = ("\t", ",", ";", "|", "::", "\x1f", " ")
FORMAT_OF = {"\t": "tsv", ",": "csv", ";": "semicolon", "|": "pipe", "::": "double-colon", "\x1f": "csv", " ": "space"}
_NUMBER = re.compile(r"^\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*$")
_TYPED = re.compile(r"^[^:]+:(token|token_seq|float|float_seq)$")
_SEPARATOR = re.compile(r"(?i)^\ufeff?\s*sep=(.)\s*$")
_LEAD = 20  # lines above a header at most
_MANY = 8  # a space-separated row of this many whole numbers is a sequence, not a record


@dataclass(frozen=True)
class Dialect:
    """A text table's spelling. `names` are the final column names; `squeeze` joins runs of spaces; `newlines`: a quoted
    cell may go over several lines (slower, so only where quotes were seen); `lead`: lines above the header (a title, a
    comment, `sep=;`) that are no rows."""

    delimiter: str
    quoted: bool
    names: tuple[str, ...]
    has_header: bool
    recbole: bool = False
    sequence: bool = False
    squeeze: bool = False
    newlines: bool = False
    lead: int = 0


def find_dialect(head: str, name: str, delimiter: str | None = None) -> Dialect:
    """Decides from the first lines of the decoded text (whole lines).

    Raises:
        InputError: no separator splits the lines into two or more columns, or the given one doesn't.
    """
    numbered = [(number, line.rstrip("\r")) for number, line in enumerate(head.split("\n")) if line.strip()][:200]
    if numbered and (said := _SEPARATOR.match(numbered[0][1])) and len(numbered) > 1:
        delimiter, numbered = delimiter or said[1], numbered[1:]
    lines = [line for _, line in numbered]
    if not lines:
        raise InputError(name, "must not be empty", fix="Give a file with a row for each interaction.")
    if delimiter is None and _is_sequence(lines):
        return Dialect(" ", False, (), False, sequence=True)
    chosen = delimiter or _best_delimiter(lines)
    if chosen is None:
        raise _one_column(lines, name)
    squeeze = chosen == " " and any("  " in line.strip() for line in lines)
    quoted = _has_quotes(lines, chosen)
    newlines = quoted and '"' in head
    rows = split_lines(lines, chosen, quoted, squeeze)
    width = _usual([len(row) for row in rows])
    if width < 2:
        if delimiter is not None:
            raise InputError(f"{name}, separator", "must split the rows into columns", delimiter, "Let it be found.")
        raise _one_column(lines, name)
    start = _first_row(rows, width)
    rows, lead = rows[start:], numbered[start][0] if len(rows) == len(numbered) else numbered[0][0]
    if all(_TYPED.match(cell.strip()) for cell in rows[0]):
        names = column_names([cell.split(":")[0] for cell in rows[0]], name)
        return Dialect(chosen, quoted, names, True, recbole=True, newlines=newlines)
    header = _is_header(rows, width)
    cells = rows[0] if header else [f"column {number}" for number in range(1, width + 1)]
    names = column_names(cells, name)
    return Dialect(chosen, quoted, names, header, squeeze=squeeze, newlines=newlines, lead=lead if header else 0)


def _first_row(rows: list[list[str]], width: int) -> int:
    """The row of the header where a few lines of another width stand above it; else 0."""
    if len(rows[0]) == width:
        return 0
    start = next((number for number, row in enumerate(rows[:_LEAD]) if len(row) == width), 0)
    return start if start and _is_header(rows[start:], width) else 0


def split_lines(lines: list[str], delimiter: str, quoted: bool, squeeze: bool = False) -> list[list[str]]:
    """The cells of a few lines, for guesses only."""
    if squeeze:
        return [line.split() for line in lines]
    if len(delimiter) > 1 or not quoted:
        return [line.split(delimiter) for line in lines]
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def _best_delimiter(lines: list[str]) -> str | None:
    """The separator that gives the most lines the same number (≥ 2) of cells; earlier ones win ties."""
    best, best_score = None, 0.0
    for delimiter in DELIMITERS:
        if delimiter == " " and best is not None:
            break
        if not any(delimiter in line for line in lines):
            continue
        counts = [len(row) for row in split_lines(lines, delimiter, _has_quotes(lines, delimiter), delimiter == " ")]
        width = _usual(counts)
        agreeing = sum(count == width for count in counts) / len(counts)
        score = agreeing + min(width, 50) / 1000 if width > 1 else 0.0
        if delimiter == "::" and width > 1:
            score += 0.5  # nobody writes it by accident
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best if best_score > 0.3 else None


def _usual(counts: list[int]) -> int:
    return Counter(counts).most_common(1)[0][0] if counts else 0


def _has_quotes(lines: list[str], delimiter: str) -> bool:
    """Whether quotes enclose cells (and don't just occur in the text, as in most `::` and tab files)."""
    if delimiter == "::":
        return False
    start = re.compile(rf'(^|{re.escape(delimiter)})"')
    end = re.compile(rf'"({re.escape(delimiter)}|$)')
    opened = sum(len(start.findall(line)) for line in lines)
    closed = sum(len(end.findall(line)) for line in lines)
    return not any('"' in line for line in lines) or (opened > 0 and 0.5 <= closed / opened <= 2)


def _is_header(rows: list[list[str]], width: int) -> bool:
    """Known names decide; else a first row of text above a column of numbers."""
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


def _is_sequence(lines: list[str]) -> bool:
    """`user item item …`: words between blanks (or tabs or commas), with another number of them in each line."""
    words = [line.replace("\t", " ").split() for line in lines]
    if sum(len(row) >= 2 for row in words) < 0.5 * len(words) or len(lines) < 2:
        return False
    flat = [word for row in words for word in row]
    whole = sum(word.isdigit() for word in flat) >= 0.95 * len(flat)
    lengths = {len(row) for row in words}
    if any(sign in line for line in lines for sign in (",", ";", "|", "::", '"')):
        return False
    if len(lengths) == 1:
        return whole and next(iter(lengths)) >= _MANY
    firsts = [row[0] for row in words]
    ids = all(len(word) <= 40 for word in flat) and len(set(firsts)) == len(firsts)
    usual = sum(len(row) == _usual([len(row) for row in words]) for row in words)
    tabbed = sum("\t" in line for line in lines) >= 0.5 * len(lines) and not whole
    return (whole or (ids and any(c.isdigit() for c in "".join(flat)))) and usual < 0.9 * len(words) and not tabbed


def _one_column(lines: list[str], name: str) -> InputError:
    return InputError(
        f"{name}, row 1",
        "must have at least two columns, one for the person and one for the item",
        lines[0],
        "Check the separator (comma, semicolon, tab, | or ::) and that this is a table.",
    )
