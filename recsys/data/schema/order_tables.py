"""Rows of orders whose user stands in the table of orders, as shop databases keep them: one row per item and order,
and one per order with its customer and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.readers.probes import ColumnTypes, Probe
from recsys.data.readers.tables import Table
from recsys.data.schema.cells import dictionary_codes, distinct_share, has_repeats, parse_numbers, parse_texts
from recsys.data.schema.column_names import known_names, normalised_name
from recsys.data.schema.columns import detect_columns
from recsys.data.schema.interaction_evidence import KEY_SHARE

STEP = "step"
"""Name of the column with the number of the order among those of its user, where the orders have no date."""


@dataclass(frozen=True, eq=False)
class WithOrders:
    """Rows with the columns of their orders.

    Attributes:
        rows: the table of the rows, followed by the user, and by time and scenario if only the orders have them.
        orders: the label of the table of orders.
        key: its column with the order.
    """

    rows: Probe
    orders: str
    key: str


def join_orders(probes: Mapping[str, Probe]) -> dict[str, WithOrders]:
    """Label -> the table with the columns of its orders, for each table of rows that has no user of its own."""
    read = cache(lambda name: probes[name].read({}))
    found = {}
    for name, rows in probes.items():
        if (link := _link(rows, {other: probe for other, probe in probes.items() if other != name})) is not None:
            orders, key, own = link
            found[name] = WithOrders(_joined(rows, own, read(orders), key), orders, key)
    return found


def _link(rows: Probe, others: Mapping[str, Probe]) -> tuple[str, str, str] | None:
    """The table of orders, its key, and the column of the rows that refers to it; None where there is none.

    The key has the same name in both, repeats in the rows but not in the orders, and those have a named user column.
    """
    named = known_names(rows.sample.columns)
    if not rows.sample.has_header or rows.sample.roles or "user_id" in named or "item_id" not in named:
        return None
    own = {normalised_name(column): column for column in rows.sample.columns if column != named["item_id"]}
    for name, probe in others.items():
        user = known_names(probe.sample.columns).get("user_id")
        if user is None or not probe.sample.has_header or not has_repeats(probe.cells(user)):
            continue
        for key in probe.sample.columns:
            column = own.get(normalised_name(key))
            if column is None or key == user or distinct_share(probe.cells(key)) < KEY_SHARE:
                continue
            if has_repeats(rows.cells(column)):
                return name, key, column
    return None


def _joined(rows: Probe, own: str, orders: Table, key: str) -> Probe:
    """The probe of the rows with the columns of their orders, in its sample and when it is read."""
    added = _columns_to_add(rows.sample, orders, key)
    keys = _texts(orders.data[key])

    def join(data: pa.Table) -> pa.Table:
        dictionary, codes = dictionary_codes(_texts(data[own]).dictionary_encode())
        place_of = pc.index_in(dictionary, keys.combine_chunks())
        places = pa.concat_arrays([place_of, pa.nulls(1, place_of.type)]).take(pa.array(codes))
        for name, column in added.items():
            data = data.append_column(name, column.take(places))
        return data

    def read(types: ColumnTypes) -> Table:
        table = rows.read({name: kind for name, kind in types.items() if name in rows.sample.columns})
        return replace(table, data=join(table.data))

    sample = replace(rows.sample, data=join(rows.sample.data))
    return replace(rows, sample=sample, first_rows=join(rows.first_rows), read=read)


def _columns_to_add(rows: Table, orders: Table, key: str) -> dict[str, pa.Array]:
    """Name -> column of the orders: the user, then time and scenario where the rows have none."""
    detected, named = detect_columns(rows).roles, detect_columns(orders).roles
    user = known_names(orders.columns)["user_id"]
    names = [user, *(named[role] for role in ("timestamp", "scenario") if role in named and role not in detected)]
    added = {
        name: orders.data[name].combine_chunks() for name in dict.fromkeys(names) if name not in (key, *rows.columns)
    }
    if not {"timestamp"} & (detected.keys() | named.keys()) and (step := _step(orders, user, key)) is not None:
        added[STEP] = orders.data[step].combine_chunks()
    return added


def _step(orders: Table, user: str, key: str) -> str | None:
    """The column that counts the orders of each user from 0 or 1, as Instacart's `order_number`; None without one."""
    users = _texts(orders.data[user])
    most = max((count["counts"] for count in pc.value_counts(users).to_pylist()), default=0)
    for name in orders.columns:
        if name in (user, key) or name == STEP:
            continue
        numbers = parse_numbers(orders.data[name])
        if not len(numbers) or np.isnan(numbers).any() or np.any(numbers % 1):
            continue
        pairs = pa.table({"user": users, "number": numbers}).group_by(["user", "number"]).aggregate([])
        if numbers.min() in (0, 1) and numbers.max() - numbers.min() < most and pairs.num_rows == len(numbers):
            return name
    return None


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as trimmed texts, so that an order is the same in both tables whatever type each gives it."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.string())
    if pa.types.is_string(column.type):
        return pc.utf8_trim_whitespace(column)
    return pa.chunked_array([pa.array([text or None for text in parse_texts(column)], pa.string())])
