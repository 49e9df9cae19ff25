"""Cleaning as a plan: each rule is a field, each dropped row has one reason, and rows in = rows kept + rows dropped."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa

from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.ordering import PersonOrder, in_runs, person_order, stable_order
from recsys.errors import InputError

Repeats = Literal["keep", "first", "last"]
DAY = 86_400.0
YEAR_2100 = 4_102_444_800.0
MOSTLY_FUTURE = 0.2  # with a larger share in the future, the data's clock is another one than ours: nothing is dropped
ABSURD = 1e6  # a rating this many times the median is a slip, not a taste

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "broken_row": "has another number of fields than the header",
        "missing_user": "has no person",
        "missing_item": "has no item",
        "unparsable_time": "has no time that can be read",
        "unparsable_rating": "has no rating that can be read",
        "impossible_rating": f"has a rating over {ABSURD:,.0f} times the usual one",
        "cancelled": "is a cancellation or a return",
        "impossible_time": "has a time before 1970 or after 2100",
        "future_time": "has a time in the future",
        "duplicate": "repeats an earlier row exactly",
        "repeated_pair": "repeats a person and item already kept",
        "low_rating": "has a rating below the threshold of a like",
        "bot": "is of a person with implausibly many rows",
        "rare_item": "is of an item with too few rows",
        "too_short": "is of a person with too few rows",
    }
)
"""Reason -> what a row with it is or has, in the order in which the rules are applied."""


@dataclass(frozen=True)
class CleaningPlan:
    """What cleaning does. The defaults only drop what can't be used: every whole row is kept.

    Attributes:
        drop_duplicates: rows equal to an earlier one in every column.
        repeated_pairs: what to do when a person meets an item again: "keep" all, only the "first", only the "last".
        min_rating: a like needs at least this rating; None keeps all.
        drop_cancelled: cancellations (an order id that starts with C, a quantity of 0 or less).
        drop_impossible_times, drop_future_times: calendar times outside 1970 … 2100, or later than tomorrow
            (unless more than a fifth are: then the data has a clock of its own, and all are kept).
        max_user_interactions: more rows than this are a bot's; None keeps all.
        min_user_interactions, min_item_interactions: applied again and again until both hold (k-core); 1 keeps all.
    """

    drop_duplicates: bool = True
    repeated_pairs: Repeats = "keep"
    min_rating: float | None = None
    drop_cancelled: bool = True
    drop_impossible_times: bool = True
    drop_future_times: bool = True
    max_user_interactions: int | None = None
    min_user_interactions: int = 1
    min_item_interactions: int = 1

    def __post_init__(self) -> None:
        if self.repeated_pairs not in ("keep", "first", "last"):
            raise InputError("repeated_pairs", "must be keep, first or last", self.repeated_pairs)
        for name in ("min_user_interactions", "min_item_interactions", "max_user_interactions"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and 1 <= value <= 10**9):
                raise InputError(name, "must be a whole number from 1", value)
        if self.min_rating is not None and not np.isfinite(self.min_rating):
            raise InputError("min_rating", "must be a number", self.min_rating)

    def to_json(self) -> str:
        """As a JSON object."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises InputError when it isn't a plan."""
        try:
            values = json.loads(text)
            unknown = set(values) - {f.name for f in fields(cls)}
        except (ValueError, TypeError, RecursionError) as error:
            raise InputError(
                "the cleaning plan", "must be a JSON object", fix="Save one with inspect --json."
            ) from error
        if not isinstance(values, dict) or unknown:
            raise InputError("the cleaning plan", "must only have known rules", ", ".join(sorted(unknown)))
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError("the cleaning plan", "must have numbers where numbers are due", error) from error


@dataclass(frozen=True, eq=False)
class CleaningReport:
    """What cleaning came to.

    Attributes:
        rows_read, rows_kept: rows_read = rows_kept + sum(dropped.values()), always.
        dropped: reason -> rows, all of REASONS that took any.
        warnings: plain sentences about what was kept but should be known.
    """

    rows_read: int
    rows_kept: int
    dropped: Mapping[str, int]
    warnings: tuple[str, ...] = ()
    rows: pa.Table = field(default_factory=lambda: pa.table({}), repr=False)
    lines: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False)
    codes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int8), repr=False)
    broken: tuple[np.ndarray, tuple[str, ...]] = field(
        default_factory=lambda: (np.zeros(0, dtype=np.int64), ()), repr=False
    )

    def summary(self, format: str, tables: Mapping[str, str]) -> CleaningSummary:
        """The part that is saved with the dataset: numbers and words, no rows.

        Args:
            format, tables: see `CleaningSummary`.
        """
        return CleaningSummary(self.rows_read, self.rows_kept, self.dropped, self.warnings, format, tables)

    def rows_of(self, reason: str, limit: int | None = None) -> pa.Table:
        """The dropped rows with this reason (at most `limit`): the line in the file, then the columns as they were."""
        if reason not in REASONS:
            raise InputError("the reason", f"must be one of {', '.join(REASONS)}", reason)
        if reason == "broken_row":
            lines, texts = self.broken
            numbers = [int(n) for n in lines[: len(texts)]] or list(range(1, len(texts) + 1))
            return pa.table({"line": numbers[: len(texts)], "row": list(texts)[: len(numbers)]})
        at = np.flatnonzero(self.codes == code_of(reason))[:limit]
        table = self.rows.take(pa.array(at))
        return table.add_column(0, "line", pa.array(self.lines[at]))


def code_of(reason: str) -> int:
    """The number of a reason in `CleaningReport.codes`; 0 is a kept row."""
    return list(REASONS).index(reason) + 1


@dataclass(frozen=True, eq=False)
class Parsed:
    """Columns as numbers, one value a row. Codes are −1 where a cell is empty.

    user, item: int32 codes. seconds: float64, rating: float32, or None; NaN where unreadable.
    calendar: seconds are unix time.
    cancelled: bool or None. ordered: repeated rows are events of their own.
    order: `person_order` of them, if it is known already.
    """

    user: np.ndarray
    item: np.ndarray
    seconds: np.ndarray | None
    rating: np.ndarray | None
    calendar: bool = True
    cancelled: np.ndarray | None = None
    ordered: bool = False
    order: PersonOrder | None = None


def apply_rules(rows: Parsed, plan: CleaningPlan, equal: Any, now: float | None = None) -> np.ndarray:
    """The reason code of every row (0 = kept): int8 (n,).

    Args:
        equal: called with the indexes of rows that share person and item; returns which of them repeat an earlier row
            in every column (bool array).
        now: unix seconds of today, for tests.
    """
    codes = np.zeros(len(rows.user), dtype=np.int8)

    def drop(reason: str, which: np.ndarray) -> None:
        codes[(codes == 0) & which] = code_of(reason)

    drop("missing_user", rows.user < 0)
    drop("missing_item", rows.item < 0)
    _judge_values(rows, plan, drop, time.time() if now is None else now)
    if not rows.ordered and (plan.drop_duplicates or plan.repeated_pairs != "keep"):
        _judge_repeats(rows, plan, codes, equal, drop)
    if rows.rating is not None and plan.min_rating is not None:
        drop("low_rating", ~(rows.rating >= np.float32(plan.min_rating)))  # 4.1 must reach a threshold of 4.1
    if plan.max_user_interactions is not None:
        drop("bot", _counts(rows.user, codes) > plan.max_user_interactions)
    while plan.min_item_interactions > 1 or plan.min_user_interactions > 1:
        before = int((codes == 0).sum())
        drop("rare_item", _counts(rows.item, codes) < plan.min_item_interactions)
        drop("too_short", _counts(rows.user, codes) < plan.min_user_interactions)
        if int((codes == 0).sum()) == before:
            break
    return codes


def _judge_values(rows: Parsed, plan: CleaningPlan, drop: Any, now: float) -> None:
    if rows.seconds is not None:
        drop("unparsable_time", np.isnan(rows.seconds))
    if rows.rating is not None:
        drop("unparsable_rating", np.isnan(rows.rating))
        finite = rows.rating[np.isfinite(rows.rating)]
        if len(finite):
            usual = max(float(np.median(np.abs(finite[:1_000_000]))), 1.0)
            drop("impossible_rating", np.abs(rows.rating) > np.float32(min(ABSURD * usual, 3e38)))
    if rows.cancelled is not None and plan.drop_cancelled:
        drop("cancelled", rows.cancelled)
    if rows.seconds is not None and rows.calendar:
        if plan.drop_impossible_times:
            drop("impossible_time", (rows.seconds < 0) | (rows.seconds > YEAR_2100))
        if plan.drop_future_times:
            future = rows.seconds > now + DAY
            if future.mean() <= MOSTLY_FUTURE:
                drop("future_time", future)


def _judge_repeats(rows: Parsed, plan: CleaningPlan, codes: np.ndarray, equal: Any, drop: Any) -> None:
    import pandas as pd

    kept = np.flatnonzero(codes == 0)
    if plan.drop_duplicates:
        again = _repeats(rows, kept, codes, same_time=True)
        if len(again):
            which = np.zeros(len(codes), dtype=bool)
            which[again[equal(again)]] = True
            drop("duplicate", which)
    if plan.repeated_pairs != "keep":
        again = _repeats(rows, kept[codes[kept] == 0], codes, same_time=False)
        if rows.seconds is not None:
            again = again[np.argsort(rows.seconds[again], kind="stable")]
        pairs = pd.DataFrame({"user": rows.user[again], "item": rows.item[again]})
        which = np.zeros(len(codes), dtype=bool)
        which[again[pairs.duplicated(keep=plan.repeated_pairs).to_numpy()]] = True
        drop("repeated_pair", which)


def _repeats(rows: Parsed, kept: np.ndarray, codes: np.ndarray, same_time: bool) -> np.ndarray:
    """Those of the rows `kept` that share person and item (and time) with another one, in file order."""
    if same_time and rows.seconds is not None:
        order = person_order(rows.user, rows.item, rows.seconds) if rows.order is None else rows.order
        kept = np.sort(order.rows[order.tied])
        kept = kept[codes[kept] == 0]
        if not len(kept):
            return kept
        _, moment = np.unique(rows.seconds[kept], return_inverse=True)
        owner = rows.user[kept].astype(np.int64) * (int(moment.max()) + 1) + moment
        owner = np.unique(owner, return_inverse=True)[1]
    else:
        owner = rows.user[kept].astype(np.int64)
    pair = owner * (int(rows.item.max(initial=0)) + 1) + rows.item[kept]
    by_pair = stable_order(pair)
    return np.sort(kept[by_pair[in_runs(pair[by_pair])]])


def _counts(owner: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Kept rows of each row's owner."""
    kept = codes == 0
    counts = np.bincount(owner[kept], minlength=int(owner.max(initial=-1)) + 1 if len(owner) else 0)
    return np.where(owner >= 0, counts[np.maximum(owner, 0)] if len(counts) else 0, 0)
