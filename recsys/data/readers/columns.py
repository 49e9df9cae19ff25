"""Which column is the person, the item, the time: a guess with its reason, by name first, then by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.readers.column_names import known_names, plain_name
from recsys.data.readers.numbers import parse_numbers
from recsys.data.readers.tables import Table
from recsys.data.readers.times import parse_times
from recsys.errors import InputError

INTERACTION_ROLES = ("user_id", "item_id", "timestamp", "rating", "scenario", "title", "quantity", "order_id")
MAX_SCENARIOS = 24
_WAYS = {"channel", "platform", "surface", "site", "kanal", "渠道", "平台"}  # often how something was bought, not what


@dataclass(frozen=True)
class Columns:
    """Role -> column of the file, and role -> why. `refused`: role -> a column with its name but not its content."""

    roles: Mapping[str, str]
    reasons: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)


def guess_columns(table: Table) -> Columns:
    """The best guess; "user_id" and "item_id" may be missing from it when nothing fits (see `demand_columns`)."""
    roles = {role: name for role, name in table.roles.items() if name in table.columns}
    reasons = dict.fromkeys(roles, f"the format {table.format} fixes it")
    if table.has_header and not roles:
        roles = {role: name for role, name in known_names(table.columns).items() if role in INTERACTION_ROLES}
        reasons = {role: f"its name is “{name}”" for role, name in roles.items()}
    named = dict(roles)
    _refuse_by_content(table, roles, reasons)
    refused = {role: name for role, name in named.items() if role not in roles}
    if not table.roles:
        _add_by_content(table, roles, reasons)
    return Columns(roles, reasons, {role: name for role, name in refused.items() if role not in roles})


def chosen_columns(table: Table, chosen: Mapping[str, str | None]) -> Columns:
    """The guess, corrected: role -> column, None for "there is none". Raises InputError for unknown names."""
    guess = guess_columns(table)
    for role, name in chosen.items():
        if role not in INTERACTION_ROLES:
            raise InputError("columns", f"must name roles out of {', '.join(INTERACTION_ROLES)}", role)
        if name is not None and name not in table.columns:
            raise InputError(f"the column for {role}", "must be in the file", name, f"It has {_some(table.columns)}.")
    given = {role: name for role, name in chosen.items() if name is not None}
    roles = {r: n for r, n in guess.roles.items() if r not in chosen and n not in given.values()} | given
    reasons = {role: guess.reasons.get(role, "") for role in roles} | dict.fromkeys(given, "you chose it")
    return Columns(roles, reasons, {role: name for role, name in guess.refused.items() if role not in chosen})


def demand_columns(table: Table, columns: Columns) -> None:
    """Raises InputError when no person or no item column is known, or both are the same."""
    for role, what in (("user_id", "the person"), ("item_id", "the item")):
        if role not in columns.roles:
            raise InputError(
                table.name,
                f"must have a column for {what}",
                _some(table.columns),
                f"Name that column {role} in the first row.",
            )
    if columns.roles["user_id"] == columns.roles["item_id"]:
        raise InputError("the person and the item", "must be different columns", columns.roles["user_id"])


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "")


def _refuse_by_content(table: Table, roles: dict[str, str], reasons: dict[str, str]) -> None:
    """A name can lie: a rating must hold numbers, a time something like times, a scenario few words."""
    sample = table.sample
    for role, fits in (("rating", _is_numeric), ("timestamp", _is_time), ("scenario", _is_scenario)):
        if role in roles and not table.roles and not fits(sample[roles[role]]):
            del roles[role], reasons[role]
    way = {"scenario", "item_id"} <= roles.keys() and plain_name(roles["scenario"]) in _WAYS
    if way and not _names_items(sample, roles["item_id"], roles["scenario"]):
        del roles["scenario"], reasons["scenario"]
    if "title" in roles and "item_id" in roles and not _names_items(sample, roles["item_id"], roles["title"]):
        del roles["title"], reasons["title"]


def _add_by_content(table: Table, roles: dict[str, str], reasons: dict[str, str]) -> None:
    sample = table.sample
    free = [name for name in table.columns if name not in roles.values()]
    if "timestamp" not in roles:
        found = next((n for n in free if _is_time(sample[n], strict=True)), None)
        if found is not None:
            roles["timestamp"], reasons["timestamp"] = found, "its values are times"
            free.remove(found)
    ids = [name for name in free if _is_id(sample[name])]
    missing = len({"user_id", "item_id"} - roles.keys())
    if len(others := [name for name in ids if not _is_row_number(sample[name])]) >= missing:
        ids = others
    for role in ("user_id", "item_id"):
        if role not in roles and ids:
            roles[role] = ids.pop(0)
            reasons[role] = "the first column that looks like ids" if role == "user_id" else "the next column of ids"
            free.remove(roles[role])
    if "rating" not in roles and not table.has_header and {"user_id", "item_id"} <= roles.keys():
        found = next((n for n in free if _is_scale(sample[n])), None)
        why = "its values lie on a scale of 10 or less"
        if found is None:
            found, why = next((n for n in free if _is_amount(sample[n])), None), "the first other column of numbers"
        if found is not None:
            roles["rating"], reasons["rating"] = found, why


def _filled(column: pa.ChunkedArray) -> float:
    return float(1 - column.null_count / max(len(column), 1))


def _is_numeric(column: pa.ChunkedArray) -> bool:
    numbers = np.isfinite(parse_numbers(column)).sum()
    return bool(numbers >= 0.5 * max(len(column) - column.null_count, 1))


def _is_time(column: pa.ChunkedArray, strict: bool = False) -> bool:
    if _filled(column) < 0.3:
        return False
    times = parse_times(column)
    share = np.isfinite(times.seconds).sum() / max(len(column) - column.null_count, 1)
    if not strict:
        return bool(share >= 0.3)
    finite = times.seconds[np.isfinite(times.seconds)]
    # Ids can be as large as unix times: only 1989 … 2038 is taken for one without a name that says so.
    return bool(share > 0.9 and times.calendar and len(finite) and finite.min() > 6e8 and finite.max() < 2.2e9)


def _is_scenario(column: pa.ChunkedArray) -> bool:
    return 1 <= len(pc.unique(column.drop_null())) <= MAX_SCENARIOS


def _is_id(column: pa.ChunkedArray) -> bool:
    numbers = parse_numbers(column)
    finite = numbers[np.isfinite(numbers)]
    return _filled(column) > 0.3 and not bool(len(finite) and np.any(finite % 1))


def _is_row_number(column: pa.ChunkedArray) -> bool:
    """Whole numbers that go up by one in every row, for at least ten rows."""
    numbers = parse_numbers(column)
    return len(numbers) >= 10 and bool(np.all(np.diff(numbers) == 1))


def _is_scale(column: pa.ChunkedArray) -> bool:
    numbers = parse_numbers(column)
    finite = numbers[np.isfinite(numbers)]
    return bool(
        len(finite) > 0.9 * len(column) and finite.min() >= -10 and finite.max() <= 10 and len(np.unique(finite)) > 1
    )


def _is_amount(column: pa.ChunkedArray) -> bool:
    numbers = parse_numbers(column)
    finite = numbers[np.isfinite(numbers)]
    return len(finite) > 0.9 * len(column) and len(np.unique(finite)) > 1


def _names_items(sample: pa.Table, item: str, title: str) -> bool:
    """Whether one item mostly has one title: the headline of a review is called title too."""
    pairs = sample.select([item, title]).combine_chunks()
    items, both = (_count(pairs.select(names)) for names in ([item], [item, title]))
    if title == item or items == 0:
        return False
    if {"reviewText", "verified_purchase", "helpful_vote", "reviewerID"} & set(sample.column_names):
        return False  # a review's headline
    return both <= 1.3 * items + 1


def _count(table: pa.Table) -> int:
    return int(table.drop_null().group_by(table.column_names).aggregate([]).num_rows)
