"""Which column holds the user, the item, the time: detected by name first, then by content, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.readers.tables import Table
from recsys.data.schema.cells import parse_numbers
from recsys.data.schema.column_names import is_session_name, known_names, normalised_name
from recsys.data.schema.times import parse_times
from recsys.errors import InputError
from recsys.wording import Message

INTERACTION_ROLES = ("user_id", "item_id", "timestamp", "rating", "scenario", "title", "quantity", "order_id")
MAX_SCENARIOS = 24
_CHANNEL_NAMES = {"channel", "platform", "surface", "site", "kanal", "渠道", "平台"}  # may be a sales channel


@dataclass(frozen=True)
class Columns:
    """Which column of a table has which role.

    Attributes:
        roles: role -> column.
        reasons: role -> why that column.
        rejected: role -> a column with the right name but unsuitable content.
    """

    roles: Mapping[str, str]
    reasons: Mapping[str, str]
    rejected: Mapping[str, str] = field(default_factory=dict)


def detect_columns(table: Table) -> Columns:
    """The most likely columns; "user_id" and "item_id" may be missing (see `demand_columns`)."""
    roles = {role: name for role, name in table.roles.items() if name in table.columns}
    if roles:
        return Columns(roles, dict.fromkeys(roles, Message("the format {format} says so", format=table.format)))
    named: dict[str, str] = {}
    if table.has_header:
        named = {role: name for role, name in known_names(table.columns).items() if role in INTERACTION_ROLES}
        _prefer_filled_sessions(table, named)
    roles = _with_suitable_content(table, named)
    reasons: dict[str, str] = {role: Message("its name is “{name}”", name=name) for role, name in roles.items()}
    _add_by_content(table, roles, reasons)
    return Columns(roles, reasons, {role: name for role, name in named.items() if role not in roles})


def correct_columns(table: Table, chosen: Mapping[str, str | None]) -> Columns:
    """The detected columns with the user's choices: role -> column, None for no column.

    Raises:
        InputError: an unknown role or column.
    """
    for role, name in chosen.items():
        if role not in INTERACTION_ROLES:
            raise InputError(
                "columns", Message("must name roles out of {names}", names=", ".join(INTERACTION_ROLES)), role
            )
        if name is not None and name not in table.columns:
            raise InputError(
                Message("the column for {role}", role=role),
                "must be in the file",
                name,
                Message("It has {columns}.", columns=_first(table.columns)),
            )
    detected = detect_columns(table)
    given = {role: name for role, name in chosen.items() if name is not None}
    roles = {r: n for r, n in detected.roles.items() if r not in chosen and n not in given.values()} | given
    reasons = {role: detected.reasons.get(role, "") for role in roles} | dict.fromkeys(given, Message("you chose it"))
    return Columns(roles, reasons, {role: name for role, name in detected.rejected.items() if role not in chosen})


def demand_columns(table: Table, columns: Columns) -> None:
    """Raises InputError when no column for the user or the item is known, or both are the same column."""
    for role, subject in (("user_id", Message("the user")), ("item_id", Message("the item"))):
        if role not in columns.roles:
            fix = Message("Name that column {role} in the first row.", role=role)
            raise InputError(
                table.name, Message("must have a column for {subject}", subject=subject), _first(table.columns), fix
            )
    if columns.roles["user_id"] == columns.roles["item_id"]:
        got = columns.roles["user_id"]
        raise InputError("the user and the item", "must be different columns", got, "Choose another column.")


def _first(names: tuple[str, ...]) -> str:
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "")


def _prefer_filled_sessions(table: Table, named: dict[str, str]) -> None:
    """Replaces a column of users that are mostly unknown by that of sessions, if there is one."""
    if "user_id" in named and _filled(table.sample[named["user_id"]]) < 0.3:
        sessions = (name for name in table.columns if is_session_name(name) and _filled(table.sample[name]) > 0.9)
        named["user_id"] = next(sessions, named["user_id"])


def _with_suitable_content(table: Table, named: Mapping[str, str]) -> dict[str, str]:
    """The named columns whose content fits: a rating must hold numbers, a time must be readable as such, a scenario
    must have few values, and a title belong to the item."""
    sample, roles = table.sample, dict(named)
    for role, fits in (("rating", _is_numeric), ("timestamp", _is_time), ("scenario", _is_scenario)):
        if role in roles and not fits(sample[roles[role]]):
            del roles[role]
    if "item_id" not in roles:
        return roles
    may_be_channel = "scenario" in roles and normalised_name(roles["scenario"]) in _CHANNEL_NAMES
    for role in ("scenario",) * may_be_channel + ("title",):
        if role in roles and not _belongs_to_item(sample, roles["item_id"], roles[role]):
            del roles[role]
    return roles


def _add_by_content(table: Table, roles: dict[str, str], reasons: dict[str, str]) -> None:
    sample = table.sample
    free = [name for name in table.columns if name not in roles.values()]

    def assign(role: str, column: str | None, reason: str) -> None:
        if column is not None:
            roles[role], reasons[role] = column, reason
            free.remove(column)

    if "timestamp" not in roles:
        assign(
            "timestamp",
            next((n for n in free if _is_time(sample[n], strict=True)), None),
            Message("its values are times"),
        )
    ids = [name for name in free if _is_id(sample[name])]
    missing = [role for role in ("user_id", "item_id") if role not in roles]
    if len(others := [name for name in ids if not _is_row_number(sample[name])]) >= len(missing):
        ids = others
    for role, name in zip(missing, ids, strict=False):
        assign(
            role,
            name,
            Message("the first column that looks like ids" if role == "user_id" else "the next column of ids"),
        )
    if "rating" not in roles and not table.has_header and {"user_id", "item_id"} <= roles.keys():
        assign(
            "rating",
            next((n for n in free if _is_scale(sample[n])), None),
            Message("its values lie on a scale up to 10"),
        )
        if "rating" not in roles:
            numeric = next((n for n in free if _is_amount(sample[n])), None)
            assign("rating", numeric, Message("the first other column of numbers"))


def _filled(column: pa.ChunkedArray) -> float:
    return float(1 - column.null_count / max(len(column), 1))


def _is_numeric(column: pa.ChunkedArray) -> bool:
    return bool(len(_finite(column)) >= 0.5 * max(len(column) - column.null_count, 1))


def _is_time(column: pa.ChunkedArray, strict: bool = False) -> bool:
    if _filled(column) < 0.3:
        return False
    times = parse_times(column)
    share = np.isfinite(times.seconds).sum() / max(len(column) - column.null_count, 1)
    if not strict:
        return bool(share >= 0.3)
    finite = times.seconds[np.isfinite(times.seconds)]
    # Ids can be as large as unix times: without a column name that says so, only 1989 … 2038 counts as times.
    return bool(share > 0.9 and times.calendar and len(finite) and finite.min() > 6e8 and finite.max() < 2.2e9)


def _is_scenario(column: pa.ChunkedArray) -> bool:
    return 1 <= len(pc.unique(column.drop_null())) <= MAX_SCENARIOS


def _finite(column: pa.ChunkedArray) -> np.ndarray:
    numbers = parse_numbers(column)
    return np.asarray(numbers[np.isfinite(numbers)])


def _is_id(column: pa.ChunkedArray) -> bool:
    return _filled(column) > 0.3 and not bool(np.any(_finite(column) % 1))


def _is_row_number(column: pa.ChunkedArray) -> bool:
    """Whole numbers that go up by one in every row, for at least ten rows."""
    numbers = parse_numbers(column)
    return len(numbers) >= 10 and bool(np.all(np.diff(numbers) == 1))


def _is_scale(column: pa.ChunkedArray) -> bool:
    return _is_amount(column) and bool(np.abs(_finite(column)).max() <= 10)


def _is_amount(column: pa.ChunkedArray) -> bool:
    finite = _finite(column)
    return len(finite) > 0.9 * len(column) and len(np.unique(finite)) > 1


def _belongs_to_item(sample: pa.Table, item: str, title: str) -> bool:
    """Whether an item mostly has one value: the headline of a review, which varies, is called title too."""
    pairs = sample.select([item, title]).combine_chunks()
    items, both = (_count(pairs.select(names)) for names in ([item], [item, title]))
    if title == item or items == 0:
        return False
    if {"reviewText", "verified_purchase", "helpful_vote", "reviewerID"} & set(sample.column_names):
        return False  # a file of reviews
    return both <= 1.3 * items + 1


def _count(table: pa.Table) -> int:
    return int(table.drop_null().group_by(table.column_names).aggregate([]).num_rows)
