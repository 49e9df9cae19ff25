"""Rows of orders whose user is in the table of orders, as shop databases keep them: one row per item and order, and one
per order with its customer and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.readers.probes import MAX_ROWS, ColumnTypes, Probe
from recsys.data.readers.tables import SAMPLE_ROWS, Table
from recsys.data.schema.cells import distinct_share, has_repeats, parse_numbers, parse_texts
from recsys.data.schema.column_names import known_names, normalised_name
from recsys.data.schema.columns import detect_columns
from recsys.data.schema.interaction_evidence import KEY_SHARE

STEP = "step"
"""Name of the column with the number of the order among those of its user, where the orders have no date."""
_STEMS = (
    "order invoice basket cart transaction receipt ticket purchase bestellung rechnung bon pedido commande 订单 购物篮"
)
_ENDINGS = ("", "id", "ids", "no", "nr", "num", "number", "nummer", "code", "key", "ref", "编号", "号")
_KEYS = frozenset(stem + ending for stem in _STEMS.split() for ending in _ENDINGS)
_MATCH_SHARE = 0.5  # of the rows that must have their order among the orders


@dataclass(frozen=True)
class OrderLink:
    """How rows refer to their orders.

    Attributes:
        orders: the label of the table of orders.
        key: its column with the order.
        column: the column of the rows with the order.
        dated: whether rows or orders have a time.
    """

    orders: str
    key: str
    column: str
    dated: bool


def order_links(probes: Mapping[str, Probe]) -> dict[str, OrderLink]:
    """Label -> link to the orders, for each table of rows without a user of its own. Only the first rows are read.

    The key is named as one of orders and in both tables alike; it repeats in the rows, in which items repeat too, but
    not in the orders, and these have a named user column in which users repeat.
    """
    keys: dict[str, list[tuple[str, str]]] = {}  # normalised name -> tables and their columns of that name
    named = {name: known_names(probe.sample.columns) for name, probe in probes.items()}
    for name, probe in probes.items():
        for column in _order_columns(probe):
            keys.setdefault(normalised_name(column), []).append((name, column))
    found = {}
    for name, rows in probes.items():
        if rows.sample.roles or "user_id" in named[name] or "item_id" not in named[name]:
            continue
        for column in _order_columns(rows):
            others = [pair for pair in keys[normalised_name(column)] if "user_id" in named[pair[0]]]
            orders = next((pair for pair in others if _is_key(probes[pair[0]], pair[1], named[pair[0]])), None)
            if orders is None or not has_repeats(rows.cells(column)):
                continue
            if column != named[name]["item_id"] and has_repeats(rows.cells(named[name]["item_id"])):
                dated = any("timestamp" in detect_columns(one.sample).roles for one in (rows, probes[orders[0]]))
                found[name] = OrderLink(*orders, column, dated)
                break
    return found


def _order_columns(probe: Probe) -> list[str]:
    """The columns that are named as one of orders and hold texts or numbers."""
    table = probe.sample
    if not table.has_header:
        return []
    return [name for name in table.columns if normalised_name(name) in _KEYS and _has_keys(table.data[name].type)]


def _has_keys(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(texts or pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_key(orders: Probe, key: str, named: Mapping[str, str]) -> bool:
    user = named["user_id"]
    return key != user and distinct_share(orders.cells(key)) >= KEY_SHARE and has_repeats(orders.cells(user))


def with_orders(rows: Probe, link: OrderLink, orders: Table) -> Probe | None:
    """The rows with the user of their orders, and time and scenario where only the orders have them.

    Args:
        orders: the whole table.

    Returns:
        The probe, whose table has these columns last; None where too few rows have their order in the table.
    """
    added, keys = _columns_to_add(rows.sample, orders, link.key), _texts(orders.data[link.key]).combine_chunks()

    def join(data: pa.Table) -> pa.Table:
        places = _places(data[link.column], keys)
        for name, column in added.items():
            data = data.append_column(name, column.take(places))
        return data

    def read(types: ColumnTypes) -> Table:
        table = rows.read({name: kind for name, kind in types.items() if name in rows.sample.columns})
        return replace(table, data=join(table.data))

    first_rows = rows.first_rows.slice(0, MAX_ROWS)
    known = first_rows.num_rows - _places(first_rows[link.column], keys).null_count
    if known < _MATCH_SHARE * first_rows.num_rows:
        return None
    sample = replace(rows.sample, data=join(rows.sample.data.slice(0, SAMPLE_ROWS)))
    return replace(rows, sample=sample, first_rows=join(first_rows), read=read)


def _places(column: pa.ChunkedArray, keys: pa.Array) -> pa.Array:
    """The row of each cell's order among the keys: int32 (n,), null for an unknown or empty one."""
    encoded = _texts(column).dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # of no rows
        return pa.nulls(0, pa.int32())
    return pc.index_in(encoded.dictionary, keys, skip_nulls=True).take(encoded.indices)


def _columns_to_add(rows: Table, orders: Table, key: str) -> dict[str, pa.Array]:
    """Name -> column of the orders: the user, then time and scenario where the rows have none."""
    detected, of_orders = detect_columns(rows).roles, detect_columns(orders).roles
    user = known_names(orders.columns)["user_id"]
    wanted = [of_orders[role] for role in ("timestamp", "scenario") if role in of_orders and role not in detected]
    names = [name for name in dict.fromkeys([user, *wanted]) if name not in (key, *rows.columns)]
    added = {name: _encoded(orders.data[name]) for name in names}
    undated = "timestamp" not in detected and "timestamp" not in of_orders
    if undated and STEP not in (*rows.columns, user) and (step := _step(orders, user, key)) is not None:
        added[STEP] = orders.data[step].combine_chunks()
    return added


def _encoded(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece; texts by a dictionary, because each is repeated for every row of its order."""
    if pa.types.is_string(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries().combine_chunks()


def _step(orders: Table, user: str, key: str) -> str | None:
    """The column that counts the orders of each user from 0 or 1, as Instacart's `order_number`; None without one."""
    users = _texts(orders.data[user])
    most = pc.max(pc.value_counts(users).field("counts")).as_py() or 0
    for name in orders.columns:
        if name in (user, key):
            continue
        numbers = parse_numbers(orders.data[name])
        if not len(numbers) or np.isnan(numbers).any() or np.any(numbers % 1):
            continue
        if numbers.min() not in (0, 1) or numbers.max() - numbers.min() >= most:
            continue
        pairs = pa.table({"user": users, "number": numbers}).group_by(["user", "number"]).aggregate([])
        if pairs.num_rows == len(numbers):
            return name
    return None


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as trimmed texts, null where it is empty: an order is the same whatever type each table gives it."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type) and pc.all(pc.equal(column, pc.floor(column))).as_py():
        column = pc.cast(column, pa.int64())  # ids with gaps, as pandas writes them
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
        return pc.if_else(pc.equal(text, ""), None, text)
    return pa.chunked_array([pa.array([text or None for text in parse_texts(column)], pa.string())])
