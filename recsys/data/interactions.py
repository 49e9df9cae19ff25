"""Interactions: rows with people's own ids, cleaned by plan and put in order; between a table and a dataset."""

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

from recsys.data.cleaning import DAY, REASONS, CleaningPlan, CleaningReport, Parsed, apply_rules
from recsys.data.ordering import PersonOrder, person_order
from recsys.data.readers.columns import Columns
from recsys.data.readers.numbers import number_text, parse_numbers
from recsys.data.readers.tables import Broken, Table
from recsys.data.readers.times import Times, parse_times
from recsys.errors import InputError


@dataclass(frozen=True, eq=False)
class Interactions:
    """Kept rows grouped by person, oldest first, ties in file order.

    Attributes:
        user_ids, item_ids: people's own ids, in order of first appearance.
        offsets: int64 (n_users + 1,); sequence: int32 (n,) item indexes from 1.
        timestamps, ratings: float64 and float32 beside `sequence`, or None.
        titles, scenarios: item id -> title or scenario found beside the interactions.
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


def interactions_of(
    parts: Sequence[tuple[Table, Columns, str]], plan: CleaningPlan, prefix_items: bool
) -> Interactions:
    """Parses, cleans and orders the rows of one or several tables.

    Raises:
        InputError: nothing is left, or only one person or item.
    """
    table, columns, owner = _joined(parts, prefix_items)
    with ThreadPoolExecutor(2) as both:  # factorizing numbers holds no lock
        who = both.submit(coded_ids, table.data[columns.roles["user_id"]], "people")
        items, item_ids, item_warnings = coded_ids(table.data[columns.roles["item_id"]], "items")
        users, user_ids, user_warnings = who.result()
    times = parse_times(table.data[columns.roles["timestamp"]]) if "timestamp" in columns.roles else None
    rating = _ratings(table, columns)
    parsed = Parsed(
        user=users,
        item=items,
        seconds=None if times is None else times.seconds,
        rating=rating,
        calendar=times is None or times.calendar,
        cancelled=_cancelled(table, columns),
        ordered=table.ordered,
        order=person_order(users, items, None if times is None else times.seconds),
    )
    codes = apply_rules(parsed, plan, _equal_rows(table))
    kept = codes == 0
    warnings = [*user_warnings, *item_warnings]
    if times is not None:
        warnings += [f"Times were read as {times.reading}."] + ([times.warning] if times.warning else [])
        warnings += _future(times, codes)
    else:
        if name := columns.refused.get("timestamp"):
            warnings.append(f"The column “{name}” holds nothing that can be read as times (best: YYYY-MM-DD hh:mm).")
        warnings.append("There are no times: the order of the file is taken as the order of events.")
    _demand_enough(table, codes, users, items)
    assert parsed.order is not None
    order = parsed.order.only(kept)
    if times is not None:
        warnings += _ties(order)
    warnings += _encoding(table) + _shared_items(table, columns, items, kept)
    beside = _beside_items(table, columns, owner, items, item_ids, kept)
    return _ordered(parsed, order, user_ids, item_ids, beside, _report(table, codes, tuple(warnings)))


def _joined(parts: Sequence[tuple[Table, Columns, str]], prefix_items: bool) -> tuple[Table, Columns, str]:
    """Several tables as one, with the roles as columns; a single one as it is."""
    if len(parts) == 1 and not parts[0][2]:
        return parts[0][0], parts[0][1], ""
    roles = [role for role in parts[0][1].roles if all(role in columns.roles for _, columns, _ in parts)]
    pieces = []
    for table, columns, scenario in parts:
        piece = {role: pc.cast(table.data[columns.roles[role]], pa.string()) for role in roles if role != "scenario"}
        if prefix_items and scenario:
            piece["item_id"] = pc.binary_join_element_wise(scenario, piece["item_id"], ":")
        piece["scenario"] = pa.chunked_array([pa.array([scenario or table.name] * table.data.num_rows)])
        pieces.append(pa.table(piece))
    data = pa.concat_tables(pieces)
    names = {name: name for name in data.column_names}
    texts = tuple(text for part, _, _ in parts for text in part.broken.texts)
    broken = Broken(sum(part.broken.count for part, _, _ in parts), texts=texts)
    joined = Table(", ".join(t.name for t, _, _ in parts), parts[0][0].format, data, True, 2, "", broken)
    return joined, Columns(names, {**parts[0][1].reasons, "scenario": "one file each"}), ""


def coded_ids(column: pa.ChunkedArray, what: str) -> tuple[np.ndarray, list[str], list[str]]:
    """Ids of any type as codes (−1 = empty), the texts in order of first appearance, and warnings about look-alikes."""
    if pa.types.is_integer(column.type):
        codes, unique = pd.factorize(column.to_numpy()) if not column.null_count else pd.factorize(column.to_pandas())
        return codes.astype(np.int32), [str(int(value)) for value in unique], []
    if pa.types.is_nested(column.type) and not pa.types.is_dictionary(column.type):  # an object or a list as an id
        written = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        column = pa.chunked_array([pa.array(written, pa.string())])
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    column = column.unify_dictionaries()
    chunks = [pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    raw = np.concatenate([*chunks, np.zeros(0, dtype=np.int32)])
    texts = _id_texts(column.chunk(0).dictionary if column.num_chunks else pa.array([], pa.string()))
    place: dict[str, int] = {}
    mapped = np.array([place.setdefault(text, len(place)) if text else -1 for text in texts] + [-1], dtype=np.int32)
    return mapped[raw], list(place), _look_alikes(texts, place, what)


def _id_texts(dictionary: pa.Array) -> list[str]:
    """Ids exactly as they stand, "" for blanks; 42.0 is 42 where the whole column is such numbers. A blank before
    every id belongs to the separator ("a, b, c")."""
    if pa.types.is_floating(dictionary.type):
        return [number_text(value) for value in dictionary.to_pylist()]
    texts = [text if text and not text.isspace() else "" for text in pc.cast(dictionary, pa.string()).to_pylist()]
    if any(texts) and all(text.startswith(" ") for text in texts if text):
        texts = [text.strip() for text in texts]
    if texts and all(text.endswith(".0") and text[:-2].lstrip("-").isdigit() for text in texts if text):
        return [text[:-2] for text in texts]
    return texts


def _look_alikes(texts: list[str], place: Mapping[str, int], what: str) -> list[str]:
    warnings = []
    bare = {text.strip() for text in place}
    padded = len(place) - len(bare)
    if padded > 0:
        warnings.append(
            f"{padded:,} ids of {what} differ from another only by blanks around them; they were kept apart."
        )
    folded = len(bare) - len({text.casefold() for text in bare})
    if folded > 0:
        warnings.append(
            f"{folded:,} ids of {what} differ from another only by upper and lower case; they were kept apart."
        )
    large = sum(text.isascii() and text.isdigit() and len(text) > 18 and int(text[:40]) > 2**63 - 1 for text in place)
    if large:
        warnings.append(f"{large:,} ids of {what} are numbers beyond 2⁶³; they were kept exactly, as text.")
    return warnings


def _ratings(table: Table, columns: Columns) -> np.ndarray | None:
    """float32 with NaN for a rating that is missing or unreadable; None when most rows have none at all."""
    if "rating" not in columns.roles:
        return None
    column = table.data[columns.roles["rating"]]
    if column.null_count > 0.5 * len(column):
        return None
    with np.errstate(over="ignore"):  # 1e300 becomes infinite, which is judged impossible
        return parse_numbers(column).astype(np.float32)


def _cancelled(table: Table, columns: Columns) -> np.ndarray | None:
    """Returns have a quantity of 0 or less, cancelled orders an id that starts with C."""
    cancelled = np.zeros(table.data.num_rows, dtype=bool)
    if "quantity" in columns.roles:
        cancelled |= parse_numbers(table.data[columns.roles["quantity"]]) <= 0
    if "order_id" in columns.roles:
        orders = pc.cast(table.data[columns.roles["order_id"]], pa.string())
        letter = pc.match_substring_regex(orders, r"^\s*[Cc]\d").fill_null(False)
        cancelled |= letter.to_numpy().astype(bool)
    return cancelled if {"quantity", "order_id"} & columns.roles.keys() else None


def _equal_rows(table: Table) -> Callable[[np.ndarray], np.ndarray]:
    def equal(rows: np.ndarray) -> np.ndarray:
        part = table.data.take(pa.array(rows))
        codes = {}
        for number, name in enumerate(part.column_names):
            column = part[name]
            if pa.types.is_nested(column.type):
                column = pa.array([repr(value) for value in column.to_pylist()])
            codes[number] = pd.factorize(
                pc.cast(column, column.type.value_type).to_pandas()
                if pa.types.is_dictionary(column.type)
                else column.to_pandas()
            )[0]
        return pd.DataFrame(codes).duplicated().to_numpy()

    return equal


def _ties(order: PersonOrder) -> list[str]:
    tied = float(order.tied.mean()) if len(order.rows) else 0.0
    if tied < 0.01:
        return []
    return [f"{tied:.0%} of the rows share their time with another of the same person; such ties stay in file order."]


def _encoding(table: Table) -> list[str]:
    if table.encoding in ("", "utf-8", "utf-8-sig", "utf-16"):
        return []
    return [f"The file isn't UTF-8; it was read as {table.encoding}. If names look wrong, save it as UTF-8."]


def _shared_items(table: Table, columns: Columns, items: np.ndarray, kept: np.ndarray) -> list[str]:
    """Items are of one scenario: the first they occur in."""
    if "scenario" not in columns.roles:
        return []
    codes, _, _ = coded_ids(table.data[columns.roles["scenario"]], "scenario")
    named = kept & (codes >= 0)
    pairs = pd.DataFrame({"item": items[named], "scenario": codes[named]}).drop_duplicates()
    shared = int((pairs.groupby("item").size() > 1).sum())
    if not shared:
        return []
    return [f"{shared:,} items occur in several scenarios; each counts to the first. Are they the same thing?"]


def _future(times: Times, codes: np.ndarray) -> list[str]:
    if not times.calendar:
        return []
    future = (times.seconds > time.time() + DAY) & (codes == 0)
    if not future.any():
        return []
    share = future.sum() / (codes == 0).sum()
    return [f"{share:.0%} of the kept rows lie in the future."]


def _demand_enough(table: Table, codes: np.ndarray, users: np.ndarray, items: np.ndarray) -> None:
    kept = codes == 0
    if not len(codes):
        raise InputError(
            table.name, "must have rows below its first one", "none", "Export it again with a row for each interaction."
        )
    if not kept.any():
        counts = {reason: int((codes == n).sum()) for n, reason in enumerate(REASONS, 1)}
        most = max(counts, key=lambda reason: counts[reason])
        raise InputError(
            table.name, "must keep at least one row after cleaning",
            f"0 of {len(codes):,}" + (f"; most often a row {REASONS[most]}" if len(codes) else ""),
            "Check the columns and the cleaning rules.",
        )  # fmt: skip
    for what, codes_of in (("people", users), ("items", items)):
        first = codes_of[kept][0]
        if (codes_of[kept] == first).all():
            raise InputError(
                table.name, f"must have at least two {what}", "one",
                "Nothing can be learned from one; check the columns, or load more data.",
            )  # fmt: skip


def _beside_items(
    table: Table, columns: Columns, owner: str, items: np.ndarray, item_ids: list[str], kept: np.ndarray
) -> tuple[dict[str, str], dict[str, str]]:
    """Title and scenario of each item, where the interactions name them: the first that isn't empty."""
    found: list[dict[str, str]] = []
    for role in ("title", "scenario"):
        named: dict[str, str] = {}
        if role in columns.roles:
            codes, texts, _ = coded_ids(table.data[columns.roles[role]], role)
            rows = np.flatnonzero(kept & (codes >= 0))
            first, at = np.unique(items[rows], return_index=True)
            named = {item_ids[item]: texts[codes[rows[row]]] for item, row in zip(first, at, strict=True)}
        found.append(named)
    return found[0], found[1]


def _report(table: Table, codes: np.ndarray, warnings: tuple[str, ...]) -> CleaningReport:
    counts = np.bincount(codes, minlength=len(REASONS) + 1)
    dropped = {reason: int(counts[n]) for n, reason in enumerate(REASONS, 1) if counts[n]}
    if table.broken.count:
        dropped = {"broken_row": table.broken.count, **dropped}
    broken = (table.broken.lines, table.broken.texts)
    read = len(codes) + table.broken.count
    lost = np.flatnonzero(codes)  # only these are kept beside the dataset
    rows = table.data.take(pa.array(lost))
    return CleaningReport(read, int(counts[0]), dropped, warnings, rows, table.lines_of(lost), codes[lost], broken)


def _ordered(
    rows: Parsed,
    order: PersonOrder,
    user_ids: list[str],
    item_ids: list[str],
    beside: tuple[dict[str, str], dict[str, str]],
    report: CleaningReport,
) -> Interactions:
    counts = np.bincount(order.users, minlength=len(user_ids))
    known_users = np.flatnonzero(counts)
    items, known_items = _compact(np.take(rows.item, order.rows), len(item_ids))
    items += 1
    return Interactions(
        user_ids=[user_ids[code] for code in known_users],
        item_ids=[item_ids[code] for code in known_items],
        offsets=np.concatenate([[0], np.cumsum(counts[known_users])]).astype(np.int64),
        sequence=items,
        timestamps=order.seconds,
        ratings=None if rows.rating is None else np.take(rows.rating, order.rows),
        titles=beside[0],
        scenarios=beside[1],
        report=report,
    )


def _compact(codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes without gaps (int32, a copy of one's own), and the old code of each new one, in order."""
    present = np.zeros(size, dtype=bool)
    present[codes] = True
    if present.all():
        return codes.astype(np.int32, copy=False), np.arange(size)
    return np.take(np.cumsum(present, dtype=np.int32) - 1, codes), np.flatnonzero(present)
