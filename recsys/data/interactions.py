"""Interactions: the rows of one or several tables, cleaned and ordered, still with the ids of the file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.cleaning import DAY, REASONS, CleaningPlan, CleaningReport, ParsedRows, apply_rules
from recsys.data.cleaning_warnings import (
    CASED_IDS,
    ENCODING,
    ENTITIES,
    FUTURE_ROWS,
    LARGE_IDS,
    NO_TIMES,
    NOTATION_OF_TIMES,
    PADDED_IDS,
    SHARED_ITEMS,
    TIED_ROWS,
    UNREADABLE_TIMES,
)
from recsys.data.ordering import UserOrder, user_order
from recsys.data.readers.tables import Table, UnreadableRows
from recsys.data.schema.cells import number_text, parse_numbers
from recsys.data.schema.column_names import is_session_name
from recsys.data.schema.columns import Columns
from recsys.data.schema.times import ParsedTimes, parse_times
from recsys.errors import InputError
from recsys.wording import Message


@dataclass(frozen=True, eq=False)
class InputTable:
    """A table of interactions, its columns by role, and the scenario of all its rows ("" for none)."""

    table: Table
    columns: Columns
    scenario: str = ""

    def column(self, role: str) -> pa.ChunkedArray | None:
        """The column with this role, if there is one."""
        return self.table.data[self.columns.roles[role]] if role in self.columns.roles else None


@dataclass(frozen=True, eq=False)
class Interactions:
    """Kept rows grouped by user, oldest first, ties in file order.

    Attributes:
        user_ids, item_ids: ids as in the file, in order of first appearance.
        offsets: int64 (n_users + 1,); sequence: int32 (n,) item indexes from 1.
        timestamps, ratings: float64 (n,) and float32 (n,) in the order of `sequence`, or None.
        calendar: whether timestamps are unix seconds, not step numbers.
        titles, scenarios: item id -> title or scenario that the interactions name.
        sessions: whether the rows are grouped by a column of sessions, as there is none of users.
    """

    user_ids: list[str]
    item_ids: list[str]
    offsets: np.ndarray
    sequence: np.ndarray
    timestamps: np.ndarray | None
    ratings: np.ndarray | None
    titles: Mapping[str, str]
    scenarios: Mapping[str, str]
    report: CleaningReport
    sessions: bool = False
    calendar: bool = True


def build_interactions(inputs: Sequence[InputTable], plan: CleaningPlan, prefix_items: bool) -> Interactions:
    """Parses, cleans and orders the rows of one or several tables.

    Args:
        prefix_items: put the scenario before each item id.

    Raises:
        InputError: no rows are left, or only one user or item.
    """
    joined = inputs[0] if len(inputs) == 1 and not inputs[0].scenario else _join(inputs, prefix_items)
    table = joined.table
    with ThreadPoolExecutor(2) as threads:  # pandas releases the lock while it factorises numbers
        user_job = threads.submit(encode_ids, table.data[joined.columns.roles["user_id"]], "users")
        items, item_ids, item_warnings = encode_ids(table.data[joined.columns.roles["item_id"]], "items")
        users, user_ids, user_warnings = user_job.result()
    time_column = joined.column("timestamp")
    times = None if time_column is None else parse_times(time_column)
    rows = ParsedRows(
        user=users,
        item=items,
        seconds=None if times is None else times.seconds,
        rating=_ratings(joined),
        order=user_order(users, items, None if times is None else times.seconds),
        calendar=times is None or times.calendar,
        cancelled=_cancelled(joined),
        repeats_are_events=table.repeats_are_events,
    )
    codes = apply_rules(rows, plan, _repeats_earlier_row(table))
    _demand_rows(table, codes)
    kept = codes == 0
    _demand_two(table, "users", users[kept])
    _demand_two(table, "items", items[kept])
    order = rows.order.filtered(kept)
    warnings = [*user_warnings, *item_warnings, *_time_warnings(joined, times, order, kept)]
    warnings += _encoding_warnings(table) + _scenario_warnings(joined, items, kept)
    counts = np.bincount(order.users, minlength=len(user_ids))
    known_users = np.flatnonzero(counts)
    sequence, known_items = _without_gaps(np.take(rows.item, order.rows), len(item_ids))
    sequence += 1
    return Interactions(
        user_ids=[user_ids[code] for code in known_users],
        item_ids=[item_ids[code] for code in known_items],
        offsets=np.concatenate([[0], np.cumsum(counts[known_users])]).astype(np.int64),
        sequence=sequence,
        timestamps=order.seconds,
        ratings=None if rows.rating is None else np.take(rows.rating, order.rows),
        titles=_texts_of_items(joined.column("title"), items, item_ids, kept),
        scenarios=_texts_of_items(joined.column("scenario"), items, item_ids, kept),
        report=_report(table, codes, tuple(warnings)),
        sessions=all(is_session_name(one.columns.roles["user_id"]) for one in inputs),
        calendar=rows.calendar,
    )


def _join(inputs: Sequence[InputTable], prefix_items: bool) -> InputTable:
    """Several tables as one, with their common roles as columns."""
    roles = [role for role in inputs[0].columns.roles if all(role in one.columns.roles for one in inputs)]
    parts = []
    for one in inputs:
        columns = {role: pc.cast(one.column(role), pa.string()) for role in roles if role != "scenario"}
        if prefix_items and one.scenario:
            columns["item_id"] = pc.binary_join_element_wise(one.scenario, columns["item_id"], ":")
        columns["scenario"] = pa.chunked_array([pa.array([one.scenario or one.table.name] * one.table.data.num_rows)])
        parts.append(pa.table(columns))
    tables = [one.table for one in inputs]
    texts = tuple(text for table in tables for text in table.unreadable.texts)
    unreadable = UnreadableRows(sum(table.unreadable.count for table in tables), texts=texts)
    data = pa.concat_tables(parts)
    table = Table(", ".join(t.name for t in tables), tables[0].format, data, unreadable=unreadable)
    reasons = {**inputs[0].columns.reasons, "scenario": Message("each file is a scenario")}
    return InputTable(table, Columns({name: name for name in data.column_names}, reasons))


def encode_ids(column: pa.ChunkedArray, what: str) -> tuple[np.ndarray, list[str], list[str]]:
    """Ids of any type as integers.

    Args:
        what: "users", "items" or "scenarios", for the warnings.

    Returns:
        Codes int32 (n,), −1 for an empty cell; the id of each code, in order of first appearance; and warnings about
        ids that are nearly equal.
    """
    if pa.types.is_integer(column.type):
        codes, unique = pd.factorize(column.to_numpy()) if not column.null_count else pd.factorize(column.to_pandas())
        return codes.astype(np.int32), [str(int(value)) for value in unique], []
    if pa.types.is_nested(column.type) and not pa.types.is_dictionary(column.type):
        as_json = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        column = pa.chunked_array([pa.array(as_json, pa.string())])
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    column = column.unify_dictionaries()
    chunks = [pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    raw_codes = np.concatenate([*chunks, np.zeros(0, dtype=np.int32)])
    texts = _id_texts(column.chunk(0).dictionary if column.num_chunks else pa.array([], pa.string()))
    code_of: dict[str, int] = {}
    codes = [code_of.setdefault(text, len(code_of)) if text else -1 for text in texts]
    return np.array([*codes, -1], dtype=np.int32)[raw_codes], list(code_of), _id_warnings(list(code_of), what)


def _id_texts(dictionary: pa.Array) -> list[str]:
    """Ids as they are in the file, "" for blank ones. If all ids end in `.0` it is removed; if all begin with a blank
    it is removed, because it belongs to the separator ("a, b, c")."""
    if pa.types.is_floating(dictionary.type):
        return [number_text(value) for value in dictionary.to_pylist()]
    texts = [text if text and not text.isspace() else "" for text in pc.cast(dictionary, pa.string()).to_pylist()]
    if any(texts) and all(text.startswith(" ") for text in texts if text):
        texts = [text.strip() for text in texts]
    if texts and all(text.endswith(".0") and text[:-2].lstrip("-").isdigit() for text in texts if text):
        return [text[:-2] for text in texts]
    return texts


def _id_warnings(ids: Sequence[str], what: str) -> list[str]:
    stripped = {text.strip() for text in ids}
    n_padded = len(ids) - len(stripped)
    n_case = len(stripped) - len({text.casefold() for text in stripped})
    n_large = sum(text.isascii() and text.isdigit() and len(text) > 18 and int(text[:40]) > 2**63 - 1 for text in ids)
    found = (
        (n_padded, PADDED_IDS),
        (n_case, CASED_IDS),
        (n_large, LARGE_IDS),
    )
    return [Message(sentence, n=f"{n:,}", what=ENTITIES[what]) for n, sentence in found if n > 0]


def _ratings(given: InputTable) -> np.ndarray | None:
    """float32 (n,), NaN where a rating is missing or unreadable; None when most rows have no rating."""
    column = given.column("rating")
    if column is None or column.null_count > 0.5 * len(column):
        return None
    with np.errstate(over="ignore"):  # 1e300 becomes infinite, and is dropped as impossible
        return parse_numbers(column).astype(np.float32)


def _cancelled(given: InputTable) -> np.ndarray | None:
    """Rows with a quantity of 0 or less, or an order id that starts with C: bool (n,); None without such columns."""
    quantity, order_id = given.column("quantity"), given.column("order_id")
    if quantity is None and order_id is None:
        return None
    cancelled = np.zeros(given.table.data.num_rows, dtype=bool)
    if quantity is not None:
        cancelled |= parse_numbers(quantity) <= 0
    if order_id is not None:
        starts_with_c = pc.match_substring_regex(pc.cast(order_id, pa.string()), r"^\s*[Cc]\d").fill_null(False)
        cancelled |= starts_with_c.to_numpy().astype(bool)
    return cancelled


def _repeats_earlier_row(table: Table) -> Callable[[np.ndarray], np.ndarray]:
    """A function from row numbers to bool (n,): which rows equal an earlier one of them in every column."""

    def repeats(rows: np.ndarray) -> np.ndarray:
        part = table.data.take(pa.array(rows))
        codes = {number: pd.factorize(_comparable(column).to_pandas())[0] for number, column in enumerate(part.columns)}
        return pd.DataFrame(codes).duplicated().to_numpy()

    return repeats


def _comparable(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """The column in a type whose values pandas can compare."""
    if pa.types.is_nested(column.type):
        return pa.array([repr(value) for value in column.to_pylist()])
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _time_warnings(given: InputTable, times: ParsedTimes | None, order: UserOrder, kept: np.ndarray) -> list[str]:
    if times is None:
        name = given.columns.rejected.get("timestamp")
        return [Message(UNREADABLE_TIMES, name=name), NO_TIMES] if name else [NO_TIMES]
    warnings: list[str] = [Message(NOTATION_OF_TIMES, notation=times.notation)]
    if times.warning:
        warnings.append(times.warning)
    future = float((times.seconds[kept] > time.time() + DAY).mean())
    if times.calendar and future > 0:
        warnings.append(Message(FUTURE_ROWS, share=f"{future:.0%}"))
    tied = float(order.tied.mean())
    if tied >= 0.01:
        warnings.append(Message(TIED_ROWS, share=f"{tied:.0%}"))
    return warnings


def _encoding_warnings(table: Table) -> list[str]:
    if table.encoding in ("", "utf-8", "utf-8-sig", "utf-16"):
        return []
    return [Message(ENCODING, encoding=table.encoding)]


def _scenario_warnings(given: InputTable, items: np.ndarray, kept: np.ndarray) -> list[str]:
    """An item belongs to one scenario: the first that it occurs in."""
    column = given.column("scenario")
    if column is None:
        return []
    codes, _, _ = encode_ids(column, "scenarios")
    named = kept & (codes >= 0)
    pairs = pd.DataFrame({"item": items[named], "scenario": codes[named]}).drop_duplicates()
    shared = int((pairs.groupby("item").size() > 1).sum())
    if not shared:
        return []
    return [Message(SHARED_ITEMS, n=f"{shared:,}")]


def _demand_rows(table: Table, codes: np.ndarray) -> None:
    if not len(codes):
        fix = Message("Export it again with one row per interaction.")
        raise InputError(table.name, "must have rows below its first one", Message("none"), fix)
    if (codes != 0).all():
        most = list(REASONS)[int(np.bincount(codes).argmax()) - 1]
        got = Message("0 of {n:,}; most often a row {reason}", n=len(codes), reason=REASONS[most])
        fix = Message("Check the columns and the cleaning rules.")
        raise InputError(table.name, "must keep at least one row after cleaning", got, fix)


def _demand_two(table: Table, what: str, codes: np.ndarray) -> None:
    if (codes == codes[0]).all():
        fix = Message("Check the columns, or load more data: nothing can be learned from one.")
        raise InputError(table.name, Message("must have at least two {what}", what=ENTITIES[what]), Message("one"), fix)


def _texts_of_items(
    column: pa.ChunkedArray | None, items: np.ndarray, item_ids: list[str], kept: np.ndarray
) -> dict[str, str]:
    """Item id -> the first text that isn't empty, such as its title; empty without such a column."""
    if column is None:
        return {}
    codes, texts, _ = encode_ids(column, "")
    rows = np.flatnonzero(kept & (codes >= 0))
    first_items, first_rows = np.unique(items[rows], return_index=True)
    return {item_ids[item]: texts[codes[rows[row]]] for item, row in zip(first_items, first_rows, strict=True)}


def _report(table: Table, codes: np.ndarray, warnings: tuple[str, ...]) -> CleaningReport:
    counts = np.bincount(codes, minlength=len(REASONS) + 1)
    dropped = {reason: int(counts[n]) for n, reason in enumerate(REASONS, 1) if counts[n]}
    unreadable = table.unreadable
    if unreadable.count:
        dropped = {"broken_row": unreadable.count, **dropped}
    lost = np.flatnonzero(codes)  # only the dropped rows stay in memory
    rows = table.data.take(pa.array(lost))
    read = len(codes) + unreadable.count
    return CleaningReport(read, int(counts[0]), dropped, warnings, rows, table.lines_of(lost), codes[lost], unreadable)


def _without_gaps(codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes renumbered without gaps (int32, a copy), and the old code of each new one, ascending."""
    present = np.zeros(size, dtype=bool)
    present[codes] = True
    if present.all():
        return codes.astype(np.int32, copy=False), np.arange(size)
    return np.take(np.cumsum(present, dtype=np.int32) - 1, codes), np.flatnonzero(present)
