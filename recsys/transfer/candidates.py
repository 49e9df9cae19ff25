"""Which items may be recommended: a list, a range of a number, a period; and items put first or at most n per tag.

A rule is written as a short text, for links and the command line:

    items     "i42,i7%2C8"              ids, separated by commas; a comma, blank or % within one as in a URL
    range     "price:10..50"            a numeric column of the item table; either end may be left out
    period    "2024-01-01..2024-12-31"  items whose first interaction is in it; either end may be left out
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from urllib.parse import quote, unquote

import numpy as np

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.wording import Message

MAX_ITEMS = 500
MAX_TEXT = 4_000  # characters of a list of items
MOST_SEPARATORS = 10  # in the name of an item that is pasted
_SEPARATOR = re.compile(r"[,;\t]")
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:[,;\t]|$)')


@dataclass(frozen=True)
class CandidateRules:
    """Rules about single items, each as its text; "" for none.

    Attributes:
        only, block: ids of the items that alone may, and may not, be recommended.
        numbers: a range of a numeric column.
        period: of the first interaction.
    """

    only: str = ""
    block: str = ""
    numbers: str = ""
    period: str = ""

    def among(self, dataset: Dataset) -> np.ndarray | None:
        """Which items the rules leave: bool (n_items + 1,); None where there is no rule.

        Raises:
            InputError: a text breaks its rule, or the data has no such column or no times.
        """
        if self == CandidateRules():
            return None
        allowed = np.ones(dataset.n_items + 1, dtype=bool)
        if self.only:
            allowed[:] = False
            allowed[known_items(dataset, self.only)] = True
        allowed[known_items(dataset, self.block)] = False
        if self.numbers:
            column, low, high = read_range(self.numbers)
            if column not in dataset.catalogue.numbers:
                known = ", ".join(dataset.catalogue.numbers) or Message("none")
                fix = Message("The item table has these: {columns}.", columns=known)
                raise InputError("the numeric column", "must be one of the item table", column, fix)
            values = dataset.catalogue.numbers[column]
            allowed &= (values >= low) & (values <= high)  # false where it is not known
        if self.period:
            first, last = read_period(self.period)
            times = first_times(dataset)
            allowed &= (times >= first) & (times < last)
        allowed[0] = False
        return allowed


def write_items(ids: Sequence[str]) -> str:
    """Ids as the text of a rule, each once, in their order.

    Raises:
        InputError: more than `MAX_ITEMS`, or longer than a link may be.
    """
    unique = list(dict.fromkeys(one.strip() for one in ids if one.strip()))
    text = ",".join(quote(one, safe="-_.:~") for one in unique)
    if len(unique) > MAX_ITEMS or len(text) > MAX_TEXT:
        rule = Message(
            "must have at most {items} items and {characters:,} characters, so that it fits into a link",
            items=MAX_ITEMS,
            characters=MAX_TEXT,
        )
        raise InputError("the list of items", rule, f"{len(unique):,} items", "Use a tag or a number for long lists.")
    return text


def read_items(text: str) -> list[str]:
    """The ids of a rule. Raises InputError, see `write_items`."""
    ids = [unquote(one) for one in text.split(",") if one.strip()]
    write_items(ids)
    return ids


def pasted_items(text: str, known: Callable[[str], bool] = lambda name: False) -> list[str]:
    """The items in a pasted text or in the first column of a table: one per line, or in one line separated by ; , tabs.

    Args:
        known: whether a text is an item. One that is may have separators in it ("Matrix, The"), as one in quotes may.
    """
    lines = [line.strip() for line in text.replace("\ufeff", "").splitlines() if line.strip()]
    if len(lines) > 1:
        return [_item_at(line, 0, known)[0] for line in lines]
    found, place = [], 0
    while lines and place < len(lines[0]):
        name, place = _item_at(lines[0], place, known)
        found += [name] if name else []
    return found


def _item_at(line: str, start: int, known: Callable[[str], bool]) -> tuple[str, int]:
    """The item that begins at a place of a line, and the place after the separator that follows it."""
    if quoted := _QUOTED.match(line, start):
        return quoted[1].replace('""', '"').strip(), quoted.end()
    ends = [one.start() for one in islice(_SEPARATOR.finditer(line, start), MOST_SEPARATORS + 1)]
    ends += [len(line)] if len(ends) <= MOST_SEPARATORS else []
    end = next((end for end in reversed(ends) if known(line[start:end].strip())), ends[0])
    return line[start:end].strip(), end + 1


def known_items(dataset: Dataset, text: str) -> np.ndarray:
    """The indexes of the items of a rule that the data has: int64 (n,), in the order of the text."""
    return np.array([dataset.items.index(one) for one in read_items(text) if one in dataset.items], dtype=np.int64)


def read_range(text: str) -> tuple[str, float, float]:
    """(column, low, high) of a rule such as `price:10..50`. Raises InputError."""
    column, _, ends = text.rpartition(":")
    low, dots, high = ends.partition("..")
    try:
        limits = float(low) if low.strip() else -np.inf, float(high) if high.strip() else np.inf
    except ValueError:
        limits = (np.nan, np.nan)
    if not column or not dots or not limits[0] <= limits[1]:
        rule = Message("must be written as column:low..high with low at most high")
        raise InputError("the range of numbers", rule, text, "Such as price:10..50, price:..50 or price:10..")
    return column, *limits


def write_range(column: str, low: float | None, high: float | None) -> str:
    """The text of a range; "" where neither end is given."""
    if low is None and high is None:
        return ""
    return f"{column}:{'' if low is None else f'{low:.10g}'}..{'' if high is None else f'{high:.10g}'}"


def read_period(text: str) -> tuple[float, float]:
    """Begin and end in unix seconds (UTC, the last day included) of `2024-01-01..2024-12-31`. Raises InputError."""
    first, dots, last = text.partition("..")
    try:
        begin = datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp() if first.strip() else -np.inf
        end = np.inf
        if last.strip():
            end = (datetime.fromisoformat(last).replace(tzinfo=UTC) + timedelta(days=1)).timestamp()
    except (ValueError, OverflowError):
        begin, end = np.nan, np.nan
    if not dots or not begin < end:
        rule = Message("must be written as first..last, two days such as 2024-01-31")
        raise InputError("the period", rule, text, "Leave out one of them for an open end.")
    return begin, end


def days_of_period(text: str) -> tuple[date | None, date | None]:
    """The first and the last day of a period; None for an open end. Raises InputError, see `read_period`."""
    read_period(text)
    first, _, last = text.partition("..")
    begin, end = (datetime.fromisoformat(day).date() if day.strip() else None for day in (first, last))
    return begin, end


def first_times(dataset: Dataset) -> np.ndarray:
    """Unix seconds of the first interaction of each item: float64 (n_items + 1,), NaN where it has none.

    Raises:
        InputError: the data has no times, or step numbers in their place.
    """
    if dataset.timestamps is None or not dataset.dated:
        got = None if dataset.timestamps is None else Message("step numbers, which only give the order")
        raise InputError(dataset.name, "must have times for a period", got, "Remove the period under Rules.")
    times = np.full(dataset.n_items + 1, np.inf)
    np.minimum.at(times, dataset.sequence, dataset.timestamps)
    return np.where(np.isfinite(times), times, np.nan)


def arranged(best: np.ndarray, k: int, pins: np.ndarray, tags: Sequence[Sequence[str]], per_tag: int) -> np.ndarray:
    """The first k items of a ranking with pins in front and at most `per_tag` of each tag (0 for any number).

    Args:
        best: int (n,) allowed items, best first.
        pins: item indexes, in their order; those that are not in `best` are left out. They count for their tags.
        tags: of each item, n_items + 1 entries.
    """
    pinned = pins[np.isin(pins, best)][:k]
    counts: dict[str, int] = {}
    for item in pinned:
        for tag in tags[item]:
            counts[tag] = counts.get(tag, 0) + 1
    chosen, taken = pinned.tolist(), set(pinned.tolist())
    for item in best.tolist():
        if len(chosen) >= k:
            break
        own = set(tags[item])
        if item in taken or (per_tag and any(counts.get(tag, 0) >= per_tag for tag in own)):
            continue
        for tag in own:
            counts[tag] = counts.get(tag, 0) + 1
        chosen.append(item)
    return np.array(chosen, dtype=np.int64)
