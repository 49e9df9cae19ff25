"""Times in any common notation to unix seconds (UTC): numbers by their size, texts by their pattern, vectorised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.schema.cells import dictionary_codes, float_array, is_number_type, parse_numbers
from recsys.wording import Message

_UNITS = (
    (1e11, 1.0, Message("unix seconds")),
    (1e14, 1e-3, Message("unix milliseconds")),
    (1e17, 1e-6, Message("unix microseconds")),
)
_EXCEL_EPOCH = 25_569.0  # 1970-01-01 as an Excel serial date
_CLOCK = (
    r"(?:[T ,]+(?:at )?(?P<H>\d{1,2})[:h](?P<M>\d{2})(?::(?P<S>\d{2}(?:[.,]\d{1,9})?))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*$"
)
_WEEKDAY = r"^\s*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?"
_MONTH = r"(?P<b>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_YEAR_FIRST = r"^\s*(?P<Y>\d{4})[-/.年]\s?(?P<m>\d{1,2})[-/.月]\s?(?P<d>\d{1,2})日?" + _CLOCK
_YEAR_LAST = r"^\s*(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<Y>\d{4}|\d{2})" + _CLOCK
_DAY_NAMED = "(?i)" + _WEEKDAY + r"(?P<d>\d{1,2})[- ]+" + _MONTH + r"[-, ]+(?P<Y>\d{4}|\d{2})" + _CLOCK
_NAMED_DAY = "(?i)" + _WEEKDAY + _MONTH + r"\s+(?P<d>\d{1,2}),?\s+(?P<Y>\d{4})" + _CLOCK
_YEAR_AFTER_CLOCK = (  # Tue Apr 03 18:00:09 +0000 2012
    "(?i)" + _WEEKDAY + _MONTH + r"\s+(?P<d>\d{1,2})\s+(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2})"
    r"(?:\s+(?P<zone>UTC|GMT|[+-]\d{2}:?\d{2}))?\s+(?P<Y>\d{4})\s*$"
)
_AMAZON = r"^\s*(?P<m>\d{1,2})\s+(?P<d>\d{1,2}),\s+(?P<Y>\d{4})" + _CLOCK
_COMPACT = r"^\s*(?P<Y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:[T ]?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2}))?\s*$"
_DATES, _NO_TIMES, _UNREADABLE = Message("dates"), Message("no times"), Message("no readable time")
_DIGITS, _LONG_DIGITS = Message("dates written YYYYMMDD"), Message("dates written YYYYMMDDhhmmss")
_EXCEL, _NANOSECONDS, _ISO = Message("Excel serial dates"), Message("unix nanoseconds"), Message("ISO dates")
STEPS = Message("step numbers, which only give the order (too small for unix time)")
_YEAR_AT_END, _MONTH_NAME = Message("dates with the year last"), Message("dates with a month's name")
_MONTH_DAY_YEAR = Message("dates written month day, year")
_MONTH_FIRST = Message("month-first dates (a second number is above 12)")
_DAY_FIRST = Message("day-first dates (a first number is above 12)")
_DAY_FIRST_ASSUMED = Message("day-first dates (assumed)")
NOTATIONS: tuple[Message, ...] = (
    *(notation for _, _, notation in _UNITS), _DATES, _NO_TIMES, _UNREADABLE, _DIGITS, _LONG_DIGITS, _EXCEL,
    _NANOSECONDS, _ISO, STEPS, _YEAR_AT_END, _MONTH_NAME, _MONTH_DAY_YEAR, _MONTH_FIRST, _DAY_FIRST,
    _DAY_FIRST_ASSUMED,
)  # fmt: skip
"""How times can be written."""
AMBIGUOUS_DATES = Message(
    "Dates such as 3/4/2020 are ambiguous; they were read with the day first. Write them as YYYY-MM-DD to be sure."
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, eq=False)
class ParsedTimes:
    """A column of times.

    Attributes:
        seconds: float64 (n,) unix seconds, NaN where a cell can't be parsed.
        notation: how the times are written, for the cleaning report.
        calendar: False for step numbers, which only give the order.
        warning: a sentence about an ambiguous notation; "" for none.
    """

    seconds: np.ndarray
    notation: str
    calendar: bool = True
    warning: str = ""


def utc_day(seconds: float) -> date | None:
    """The day (UTC) of unix seconds; None where a calendar has no such day."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC).date()
    except (OverflowError, ValueError, OSError):
        return None


def parse_times(column: pa.Array | pa.ChunkedArray) -> ParsedTimes:
    """Parses a column of any type as times.

    Numbers are unix seconds, ms, µs or ns by the size of their median, Excel serial days or YYYYMMDD where they fall
    into those ranges, and otherwise steps that only give the order. Texts are ISO 8601, day-first or month-first
    (decided by values above 12; otherwise day-first, with a warning), or contain the name of a month. Texts without a
    time zone are UTC.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        dictionary, codes = dictionary_codes(column)
        unique = parse_times(dictionary)
        return replace(unique, seconds=np.append(unique.seconds, np.nan)[codes])
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        micros = pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), pa.int64())
        return ParsedTimes(float_array(pc.divide(pc.cast(micros, pa.float64(), safe=False), 1e6)), _DATES)
    if is_number_type(kind):
        return _from_numbers(float_array(pc.cast(column, pa.float64(), safe=False)))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_null(kind):
        return ParsedTimes(np.full(len(column), np.nan), _NO_TIMES, calendar=False)
    texts = pc.cast(column, pa.string())
    numbers = parse_numbers(texts)
    if np.isfinite(numbers).sum() >= 0.5 * max(len(texts) - texts.null_count, 1):
        return _from_numbers(numbers)
    return _from_texts(texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts)


def _from_numbers(values: np.ndarray) -> ParsedTimes:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ParsedTimes(np.where(np.isfinite(values), values, np.nan), _UNREADABLE)
    median = float(np.median(finite[:1_000_000]))
    if 19_000_101 <= median <= 21_001_231 and _share_of_dates(finite[:1000]) > 0.9:
        return ParsedTimes(_from_digits(_whole(values)), _DIGITS)
    if 1.9e13 <= median <= 2.1e13 and _share_of_dates(finite[:1000] // 1_000_000) > 0.9:
        whole = _whole(values)
        clock = whole // 10_000 % 100 * 3600 + whole // 100 % 100 * 60 + whole % 100
        return ParsedTimes(_from_digits(whole // 1_000_000) + clock, _LONG_DIGITS)
    if not np.isfinite(values).all():
        values = np.where(np.isfinite(values), values, np.nan)
    if finite.min() >= _EXCEL_EPOCH and finite.max() <= 80_000:
        return ParsedTimes((values - _EXCEL_EPOCH) * 86_400, _EXCEL)
    if median < 1e8:
        return ParsedTimes(values, STEPS, calendar=False)
    for limit, factor, notation in _UNITS:
        if median < limit:
            return ParsedTimes(values if factor == 1.0 else values * factor, notation)
    return ParsedTimes(values * 1e-9, _NANOSECONDS)


def _whole(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, 0).astype(np.int64)


def _from_digits(dates: np.ndarray) -> np.ndarray:
    """Midnights of dates written YYYYMMDD, as unix seconds."""
    return _calendar(dates // 10_000, dates // 100 % 100, dates % 100)


def _share_of_dates(values: np.ndarray) -> float:
    month, day = values // 100 % 100, values % 100
    return float(np.mean((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)))


def _from_texts(texts: pa.StringArray) -> ParsedTimes:
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return replace(parse_times(pc.cast(texts, kind)), notation=_ISO)
        except pa.ArrowInvalid:
            pass  # not ISO 8601 throughout: try the patterns, which is slower
    seconds = np.full(len(texts), np.nan)
    notations: list[str] = []
    warning = ""
    for pattern, notation in (
        (_YEAR_FIRST, _ISO),
        (_YEAR_LAST, _YEAR_AT_END),
        (_DAY_NAMED, _MONTH_NAME),
        (_NAMED_DAY, _MONTH_NAME),
        (_YEAR_AFTER_CLOCK, _MONTH_NAME),
        (_AMAZON, _MONTH_DAY_YEAR),
        (_COMPACT, _DIGITS),
    ):
        remaining = np.flatnonzero(np.isnan(seconds))
        if not len(remaining):
            break
        parts = pc.extract_regex(texts.take(pa.array(remaining)), pattern)
        hits = parts.is_valid().to_numpy(zero_copy_only=False)
        if not hits.any():
            continue
        parts = parts.filter(pa.array(hits))
        if pattern is _YEAR_LAST:
            parsed, label, warning = _year_last(parts)
        else:
            parsed, label = _assemble(parts, _year(parts), _month(parts), _field(parts, "d")), notation
        seconds[remaining[hits]] = parsed
        notations.append(label)
    return ParsedTimes(seconds, notations[0] if notations else _UNREADABLE, warning=warning)


def _year_last(parts: pa.StructArray) -> tuple[np.ndarray, str, str]:
    first, second, year = _field(parts, "a"), _field(parts, "b"), _year(parts)
    day_first, month_first = bool(np.any(first > 12)), bool(np.any(second > 12))
    if month_first and not (day_first and np.sum(first > 12) > np.sum(second > 12)):
        return _assemble(parts, year, first, second), _MONTH_FIRST, ""
    notation, warning = (_DAY_FIRST, "") if day_first else (_DAY_FIRST_ASSUMED, AMBIGUOUS_DATES)
    return _assemble(parts, year, second, first), notation, warning


def _year(parts: pa.StructArray) -> np.ndarray:
    """Years as int64 (n,): 23 is 2023, 71 is 1971."""
    year = _field(parts, "Y")
    return np.where(year < 70, year + 2000, np.where(year < 100, year + 1900, year))


def _field(parts: pa.StructArray, name: str) -> np.ndarray:
    """One captured group as int64 (n,), 0 where it is empty."""
    text = parts.field(name)
    return np.asarray(pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.int64()).to_numpy(zero_copy_only=False))


def _month(parts: pa.StructArray) -> np.ndarray:
    if parts.type.get_field_index("b") < 0:
        return _field(parts, "m")
    names = pc.utf8_lower(parts.field("b"))
    return np.asarray(pc.index_in(names, pa.array(_MONTHS)).to_numpy(zero_copy_only=False)) + 1


def _assemble(parts: pa.StructArray, year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    seconds = _calendar(year, month, day)
    if pc.all(pc.equal(parts.field("H"), "")).as_py():
        return seconds
    text = pc.replace_substring(parts.field("S"), ",", ".")
    second = pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.float64()).to_numpy(zero_copy_only=False)
    hour, minute = _field(parts, "H"), _field(parts, "M")
    invalid = (hour > 24) | (minute > 59) | (second >= 61)
    if parts.type.get_field_index("half") >= 0:
        half = pc.utf8_lower(pc.utf8_slice_codeunits(parts.field("half"), 0, 1)).to_numpy(zero_copy_only=False)
        hour = np.where(half == "p", hour % 12 + 12, np.where(half == "a", hour % 12, hour))
    seconds = np.where(invalid, np.nan, seconds + hour * 3600.0 + minute * 60.0 + second)
    return np.asarray(seconds - _zone(parts))


def _zone(parts: pa.StructArray) -> np.ndarray:
    """Offsets from UTC in seconds: float64 (n,)."""
    if parts.type.get_field_index("zone") < 0:
        return np.zeros(len(parts))
    zones = pc.extract_regex(parts.field("zone"), r"^(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2})$")
    if not zones.is_valid().to_numpy(zero_copy_only=False).any():
        return np.zeros(len(parts))
    signs = pc.if_else(pc.equal(zones.field("sign"), "-"), -1.0, 1.0)
    hours, minutes = (pc.cast(zones.field(key), pa.float64()) for key in ("h", "m"))
    offset = pc.multiply(signs, pc.add(pc.multiply(hours, 3600.0), pc.multiply(minutes, 60.0)))
    return np.asarray(np.nan_to_num(np.asarray(offset.to_numpy(zero_copy_only=False))))


def _calendar(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Midnights as unix seconds; NaN for days that don't exist (31 April)."""
    valid = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    start = (np.where(valid, year, 1970) - 1970) * 12 + np.where(valid, month, 1) - 1
    days = start.astype("datetime64[M]").astype("datetime64[D]") + (np.where(valid, day, 1) - 1)
    valid &= days.astype("datetime64[M]") == start.astype("datetime64[M]")
    return np.where(valid, days.astype(np.int64) * 86_400.0, np.nan)
