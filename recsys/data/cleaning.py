"""Cleaning by a plan. Each rule is a field, each dropped row has one reason, rows read = rows kept + rows dropped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Literal, Self

import numpy as np
import pyarrow as pa

from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.ordering import UserOrder, has_equal_neighbour, stable_order
from recsys.data.readers.tables import UnreadableRows
from recsys.errors import InputError
from recsys.wording import Message, numbered

RepeatedPairs = Literal["keep", "first", "last"]
DAY = 86_400.0
YEAR_2100 = 4_102_444_800.0
MAX_FUTURE_SHARE = 0.2  # with a larger share of future times the data has another time scale: none is dropped
MAX_RATING_RATIO = 1e6  # a rating this many times the median is an error

REASONS: Mapping[str, Message] = MappingProxyType(
    {
        "broken_row": Message("has another number of fields than the header"),
        "missing_user": Message("has no user"),
        "missing_item": Message("has no item"),
        "unparsable_time": Message("has no readable time"),
        "unparsable_rating": Message("has no readable rating"),
        "impossible_rating": Message("has a rating over {ratio:,.0f} times the median", ratio=MAX_RATING_RATIO),
        "cancelled": Message("is a cancellation or a return"),
        "impossible_time": Message("has a time before 1970 or after 2100"),
        "future_time": Message("has a time in the future"),
        "duplicate": Message("repeats an earlier row exactly"),
        "repeated_pair": Message("repeats a user and item already kept"),
        "low_rating": Message("has a rating below the threshold of a like"),
        "bot": Message("is of a user with more interactions than the maximum"),
        "rare_item": Message("is of an item with fewer interactions than the minimum"),
        "too_short": Message("is of a user with fewer interactions than the minimum"),
    }
)
"""Reason -> what is true of such a row, in the order in which the rules are applied."""


@dataclass(frozen=True)
class CleaningPlan:
    """What cleaning does. The defaults only drop rows that can't be used.

    Attributes:
        drop_duplicates: rows equal to an earlier one in every column.
        repeated_pairs: of several rows with the same user and item, "keep" all, only the "first" or only the "last".
        min_rating: a like needs at least this rating; None keeps all.
        drop_cancelled: cancellations (an order id that starts with C, a quantity of 0 or less).
        drop_impossible_times, drop_future_times: calendar times outside 1970 … 2100, or later than tomorrow
            (unless more than a fifth are: then the data has another time scale, and all are kept).
        max_user_interactions: users with more are likely bots; None keeps all.
        min_user_interactions, min_item_interactions: applied repeatedly until both hold (k-core); 1 keeps all.
    """

    drop_duplicates: bool = True
    repeated_pairs: RepeatedPairs = "keep"
    min_rating: float | None = None
    drop_cancelled: bool = True
    drop_impossible_times: bool = True
    drop_future_times: bool = True
    max_user_interactions: int | None = None
    min_user_interactions: int = 1
    min_item_interactions: int = 1

    def __post_init__(self) -> None:
        if self.repeated_pairs not in ("keep", "first", "last"):
            fix = Message("Use keep to keep all rows.")
            raise InputError("repeated_pairs", "must be keep, first or last", self.repeated_pairs, fix)
        for name in ("min_user_interactions", "min_item_interactions", "max_user_interactions"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and 1 <= value <= 10**9):
                raise InputError(name, "must be a whole number from 1", value, "Use 1 to keep all rows.")
        if self.min_rating is not None and not np.isfinite(self.min_rating):
            raise InputError("min_rating", "must be a number", self.min_rating, "Leave it out to keep all rows.")

    def to_json(self) -> str:
        """As a JSON object."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The plan that `to_json` wrote. Raises InputError for anything else."""
        subject, fix = Message("the cleaning plan"), Message("Save one with: python -m recsys inspect FILE --json.")
        try:
            values = json.loads(text)
            unknown = set(values) - {f.name for f in fields(cls)}
        except (ValueError, TypeError, RecursionError) as error:
            raise InputError(subject, "must be a JSON object", fix=fix) from error
        if not isinstance(values, dict) or unknown:
            raise InputError(subject, "must only have known rules", ", ".join(sorted(unknown)), fix)
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError(subject, "must have numbers where the rules need them", error, fix) from error


@dataclass(frozen=True, eq=False)
class CleaningReport:
    """What cleaning did.

    Attributes:
        rows_read, rows_kept: rows_read = rows_kept + sum(dropped.values()).
        dropped: reason -> rows, for each of REASONS with any.
        warnings: sentences about rows that were kept.
        rows: the dropped rows as they are in the file; lines: int64, their line numbers; codes: int8, see `code_of`.
        unreadable: rows that could not be parsed (not in `rows`).
    """

    rows_read: int
    rows_kept: int
    dropped: Mapping[str, int]
    warnings: tuple[str, ...] = ()
    rows: pa.Table = field(default_factory=lambda: pa.table({}), repr=False)
    lines: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False)
    codes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int8), repr=False)
    unreadable: UnreadableRows = field(default_factory=UnreadableRows, repr=False)

    def summary(self, format: str, tables: Mapping[str, str]) -> CleaningSummary:
        """The part that is saved with the dataset: numbers and sentences without rows.

        Args:
            format, tables: see `CleaningSummary`.
        """
        return CleaningSummary(self.rows_read, self.rows_kept, self.dropped, self.warnings, format, tables)

    def rows_of(self, reason: str, limit: int | None = None) -> pa.Table:
        """The dropped rows with this reason (at most `limit`): their line in the file, then the columns of the file.

        Raises:
            InputError: an unknown reason.
        """
        if reason not in REASONS:
            raise InputError("the reason", Message("must be one of {names}", names=", ".join(REASONS)), reason)
        if reason == "broken_row":
            texts = list(self.unreadable.texts)
            lines = [int(line) for line in self.unreadable.lines] or list(range(1, len(texts) + 1))
            return pa.table({"line": lines[: len(texts)], "row": texts[: len(lines)]})
        places = np.flatnonzero(self.codes == code_of(reason))[:limit]
        table = self.rows.take(pa.array(places))
        line = numbered([*table.column_names, "line"])[-1]
        return table.add_column(0, line, pa.array(self.lines[places]))


def code_of(reason: str) -> int:
    """The number of a reason in `CleaningReport.codes`; 0 is a kept row."""
    return list(REASONS).index(reason) + 1


@dataclass(frozen=True, eq=False)
class ParsedRows:
    """The rows of a file as numbers.

    Attributes:
        user, item: int32 (n,) codes, −1 where a cell is empty.
        seconds: float64 (n,), rating: float32 (n,), NaN where unreadable; None without such a column.
        order: `user_order` of the rows.
        calendar: whether seconds are unix time.
        cancelled: bool (n,), or None without columns that tell.
        repeats_are_events: equal rows are separate events, never duplicates.
    """

    user: np.ndarray
    item: np.ndarray
    seconds: np.ndarray | None
    rating: np.ndarray | None
    order: UserOrder
    calendar: bool = True
    cancelled: np.ndarray | None = None
    repeats_are_events: bool = False


RepeatsEarlierRow = Callable[[np.ndarray], np.ndarray]  # row numbers -> bool, equal to an earlier one in every column
Drop = Callable[[str, np.ndarray], None]  # reason, bool (n,)


def apply_rules(
    rows: ParsedRows, plan: CleaningPlan, repeats_earlier_row: RepeatsEarlierRow, now: float | None = None
) -> np.ndarray:
    """The reason code of every row, see `code_of`: int8 (n,), 0 = kept.

    Args:
        now: unix seconds of today, for tests.
    """
    codes = np.zeros(len(rows.user), dtype=np.int8)

    def drop(reason: str, selected: np.ndarray) -> None:
        codes[(codes == 0) & selected] = code_of(reason)

    drop("missing_user", rows.user < 0)
    drop("missing_item", rows.item < 0)
    _drop_invalid_values(rows, plan, drop, time.time() if now is None else now)
    if not rows.repeats_are_events:
        _drop_repeats(rows, plan, codes, repeats_earlier_row, drop)
    if rows.rating is not None and plan.min_rating is not None:
        drop("low_rating", ~(rows.rating >= np.float32(plan.min_rating)))  # 4.1 must reach a threshold of 4.1
    if plan.max_user_interactions is not None:
        drop("bot", _counts(rows.user, codes) > plan.max_user_interactions)
    while plan.min_item_interactions > 1 or plan.min_user_interactions > 1:
        n_kept = int((codes == 0).sum())
        drop("rare_item", _counts(rows.item, codes) < plan.min_item_interactions)
        drop("too_short", _counts(rows.user, codes) < plan.min_user_interactions)
        if int((codes == 0).sum()) == n_kept:
            break
    return codes


def _drop_invalid_values(rows: ParsedRows, plan: CleaningPlan, drop: Drop, now: float) -> None:
    if rows.seconds is not None:
        drop("unparsable_time", np.isnan(rows.seconds))
    if rows.rating is not None:
        drop("unparsable_rating", np.isnan(rows.rating))
        finite = rows.rating[np.isfinite(rows.rating)]
        if len(finite):
            median = max(float(np.median(np.abs(finite[:1_000_000]))), 1.0)
            drop("impossible_rating", np.abs(rows.rating) > np.float32(min(MAX_RATING_RATIO * median, 3e38)))
    if rows.cancelled is not None and plan.drop_cancelled:
        drop("cancelled", rows.cancelled)
    if rows.seconds is not None and rows.calendar:
        if plan.drop_impossible_times:
            drop("impossible_time", (rows.seconds < 0) | (rows.seconds > YEAR_2100))
        if plan.drop_future_times:
            future = rows.seconds > now + DAY
            if future.mean() <= MAX_FUTURE_SHARE:
                drop("future_time", future)


def _drop_repeats(
    rows: ParsedRows, plan: CleaningPlan, codes: np.ndarray, repeats_earlier_row: RepeatsEarlierRow, drop: Drop
) -> None:
    import pandas as pd

    def drop_rows(reason: str, numbers: np.ndarray) -> None:
        selected = np.zeros(len(codes), dtype=bool)
        selected[numbers] = True
        drop(reason, selected)

    if plan.drop_duplicates:
        repeated = _repeated_rows(rows, codes, same_time=True)
        if len(repeated):
            drop_rows("duplicate", repeated[repeats_earlier_row(repeated)])
    if plan.repeated_pairs != "keep":
        repeated = _repeated_rows(rows, codes, same_time=False)
        if rows.seconds is not None:
            repeated = repeated[np.argsort(rows.seconds[repeated], kind="stable")]
        pairs = pd.DataFrame({"user": rows.user[repeated], "item": rows.item[repeated]})
        drop_rows("repeated_pair", repeated[pairs.duplicated(keep=plan.repeated_pairs).to_numpy()])


def _repeated_rows(rows: ParsedRows, codes: np.ndarray, same_time: bool) -> np.ndarray:
    """The kept rows that share user and item (and time) with another one, in file order."""
    if same_time and rows.seconds is not None:
        kept: np.ndarray = np.sort(rows.order.rows[rows.order.tied])
        kept = kept[codes[kept] == 0]
        if not len(kept):
            return kept
        moments = np.unique(rows.seconds[kept], return_inverse=True)[1]
        groups = rows.user[kept].astype(np.int64) * (int(moments.max()) + 1) + moments
        groups = np.unique(groups, return_inverse=True)[1]
    else:
        kept = np.flatnonzero(codes == 0)
        groups = rows.user[kept].astype(np.int64)
    pairs = groups * (int(rows.item.max(initial=0)) + 1) + rows.item[kept]
    by_pair = stable_order(pairs)
    return np.asarray(np.sort(kept[by_pair[has_equal_neighbour(pairs[by_pair])]]))


def _counts(groups: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The kept rows in the group (the user or item) of each row; 0 where the group is −1."""
    counts = np.bincount(groups[codes == 0], minlength=int(groups.max(initial=-1)) + 1 if len(groups) else 0)
    return np.asarray(np.where(groups >= 0, counts[np.maximum(groups, 0)] if len(counts) else 0, 0))
