"""Figures of a results file as they are quoted: three digits, a leading zero, an interval, and their file."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS

Row = list[str]
SEEN = ("what", "seen", "aim", "from")


def newest(name: str) -> Path | None:
    """The results file of that name with the latest date."""
    dated = re.compile(re.escape(name) + r"-\d{4}-\d\d-\d\d\.json")
    return max((path for path in RESULTS.glob(f"{name}-*.json") if dated.fullmatch(path.name)), default=None)


def opened(path: Path) -> Any:
    """The figures of a results file."""
    return json.loads(path.read_text("utf-8"))["figures"]


def link(path: Path) -> str:
    """The file for the last column, and whether the machine was busy."""
    busy = "" if json.loads(path.read_text("utf-8"))["quiet"] else " (busy machine)"
    return f"[{path.stem}](results/{path.name}){busy}"


def decimals(value: float) -> int:
    """So many that three digits show."""
    size = abs(value)
    if size == 0 or size >= 100:
        return 0
    places = 0
    while size < 100 and places < 5:
        size, places = size * 10, places + 1
    return places


def number(value: float, places: int | None = None) -> str:
    """Three digits, a leading zero, thousands separators, a true minus sign."""
    return f"{value:,.{decimals(value) if places is None else places}f}".replace("-", "−")


def spread(values: Sequence[float]) -> str:
    """The median, and all of them where there are several."""
    middle = statistics.median_low(values)
    places = decimals(middle)
    return number(middle) + (f" ({', '.join(number(v, places) for v in values)})" if len(values) > 1 else "")


def estimate(triple: Sequence[float]) -> str:
    """A value with its interval, in the value's own number of decimals (at least three)."""
    places = max(3, decimals(triple[0])) if abs(triple[0]) < 1 else decimals(triple[0])
    value, low, high = (number(one, places) for one in triple)
    return f"{value} [{low}, {high}]"


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def missing(what: str, name: str, columns: int) -> Row:
    """A row that quotes nothing."""
    return [what, "not measured with a kept file yet", *[""] * (columns - 3), f"`{name}`"]


def lines(head: Sequence[str], entries: Sequence[tuple[str, str, str, Callable[[Any], str]]]) -> str:
    """A table of what, seen, aim (where the head has one), source.

    Args:
        entries: (what, name of the results, aim, words of the figures).
    """
    rows = []
    for what, name, aim, words in entries:
        path = newest(name)
        aims = [aim] if "aim" in head else []
        rows.append([what, words(opened(path)), *aims, link(path)] if path else missing(what, name, len(head)))
    return table(head, rows)
