"""How figures are quoted in the READMEs: three digits, a leading zero, an interval, and a link to their file."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS

Row = list[str]
COLUMNS = ("what", "result", "aim", "from")


def newest(name: str) -> Path | None:
    """The newest results file of that name."""
    dated = re.compile(re.escape(name) + r"-\d{4}-\d\d-\d\d\.json")
    return max((path for path in RESULTS.glob(f"{name}-*.json") if dated.fullmatch(path.name)), default=None)


def opened(path: Path) -> Any:
    """The figures in a results file."""
    return json.loads(path.read_text("utf-8"))["figures"]


def link(path: Path) -> str:
    """A link to the file, with a note if the machine was busy."""
    busy = "" if json.loads(path.read_text("utf-8"))["quiet"] else " (busy machine)"
    return f"[{path.stem}](results/{path.name}){busy}"


def decimals(value: float) -> int:
    """The number of decimals with which three significant digits are shown."""
    size = abs(value)
    if size == 0 or size >= 100:
        return 0
    places = 0
    while size < 100 and places < 5:
        size, places = size * 10, places + 1
    return places


def number(value: float, places: int | None = None) -> str:
    """A number with three significant digits, a leading zero, thousands separators and a minus sign (−)."""
    return f"{value:,.{decimals(value) if places is None else places}f}".replace("-", "−")


def spread(values: Sequence[float]) -> str:
    """The median, followed by all values if there are several."""
    median = statistics.median_low(values)
    places = decimals(median)
    return number(median) + (f" ({', '.join(number(v, places) for v in values)})" if len(values) > 1 else "")


def estimate(triple: Sequence[float]) -> str:
    """A value with its interval, all with the value's number of decimals (at least three below 1)."""
    places = max(3, decimals(triple[0])) if abs(triple[0]) < 1 else decimals(triple[0])
    value, low, high = (number(one, places) for one in triple)
    return f"{value} [{low}, {high}]"


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def missing(what: str, name: str, columns: int) -> Row:
    """The row of a benchmark that has no results file."""
    return [what, "no results file yet", *[""] * (columns - 3), f"`{name}`"]


def lines(head: Sequence[str], entries: Sequence[tuple[str, str, str, Callable[[Any], str]]]) -> str:
    """A table with a row per entry: what, result, aim (if the head has that column), source.

    Args:
        entries: (what, name of the results file, aim, function from its figures to a text).
    """
    rows = []
    for what, name, aim, describe in entries:
        path = newest(name)
        aims = [aim] if "aim" in head else []
        rows.append([what, describe(opened(path)), *aims, link(path)] if path else missing(what, name, len(head)))
    return table(head, rows)
