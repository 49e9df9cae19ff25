"""Which table of an archive is what: the interactions, the items, the users. Decided by evidence — who and what occurs
again, which ids are found where, the names of columns and files — and by what was asked for, which goes first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.data.readers.column_names import ITEM_STEMS, USER_STEMS, known_names, plain_name
from recsys.data.readers.columns import guess_columns
from recsys.data.readers.formats import Probe
from recsys.data.readers.numbers import parse_numbers
from recsys.data.readers.side_tables import texts_of
from recsys.errors import InputError

TABLE_ROLES = ("interactions", "items", "users")
LOOKED_AT = 200_000  # rows at most
UNIQUE = 0.95  # share of distinct cells from which a column is a key
FOUND = 0.5  # share of ids that must be found in a key which no name gives away
_KEYS = 6  # columns of one table that are tried as its key
_EVENTS = """
    rating ratings interaction interactions inter event events history click clicks view views log logs transaction
    transactions purchase purchases order orders review reviews play plays listen listens checkin checkins behavior
    behaviors behaviour behaviours reading readings
"""
_PARTS = "test valid validation val eval submission sample"
_OTHERS = """
    info meta metadata tag tags genre genres friend friends trust network edge edges link links feature features
    property properties category categories
"""
_EVENT_WORDS, _PART_WORDS, _OTHER_WORDS = (frozenset(words.split()) for words in (_EVENTS, _PARTS, _OTHERS))
_NOTE_COLUMNS = frozenset(("tag", "tagid", "tagvalue", "keyword"))


@dataclass(frozen=True)
class FoundTable:
    """A table of what was given.

    Attributes:
        name: the member of the archive, the sheet, or the file.
        role: one of TABLE_ROLES, or "" for a table that isn't used.
        why: what speaks for that.
        columns: its columns.
    """

    name: str
    role: str
    why: str
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TablesTaken:
    """The interactions, the tables beside them by role, and all tables as found.

    Attributes:
        alike: names of further tables that look like interactions too.
    """

    interactions: Probe
    beside: Mapping[str, tuple[Probe, Mapping[str, str]]]  # role -> the table, its roles of columns
    found: tuple[FoundTable, ...]
    alike: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a table being the interactions, the strongest first.

    Attributes:
        complete: a column for the user and one for the item.
        users_repeat: whether users occur again. A table in which nobody does is no interaction table beside one in
            which somebody does.
        plain: no tags or keywords beside them, so that a row is a choice and no remark on one.
        repeats: whether both users and items occur again.
        named: names, or the format, say which columns these are; header: there are names.
        extras: times and ratings that are named.
        words: of the file's name, for (1) or against it (−1; −2 for a part such as “test”).
    """

    complete: bool
    users_repeat: bool
    plain: bool
    repeats: bool
    named: bool
    header: bool
    extras: int
    words: int
    size: int

    @property
    def rank(self) -> tuple[bool | int, ...]:
        """Greater is likelier."""
        return (
            self.complete, self.users_repeat, self.plain, self.repeats, self.named, self.extras, self.words, self.size
        )  # fmt: skip

    @property
    def likely(self) -> bool:
        """Whether the table would be taken for interactions if it were alone."""
        return self.complete and self.plain and (self.named or (self.repeats and not self.header))

    def why(self) -> str:
        """In words."""
        parts = ["users and items occur again and again" if self.repeats else ""]
        parts.append("users occur again" if self.users_repeat and not self.repeats else "")
        parts.append("its columns name the user and the item" if self.named else "")
        parts.append(("", "it has times or ratings", "it has times and ratings")[self.extras])
        return "; ".join(part for part in parts if part) or "nothing else looks more like interactions"


def evidence_of(probe: Probe) -> Evidence:
    """What the first rows, the columns and the name say."""
    table, columns = probe.sample, guess_columns(probe.sample)
    roles = columns.roles
    named_roles = {**known_names(table.columns), **table.roles} if table.has_header or table.roles else {}
    complete = {"user_id", "item_id"} <= roles.keys() and roles["user_id"] != roles["item_id"]
    rows = probe.head.slice(0, LOOKED_AT)
    users, items = (complete and _repeats(rows[roles[role]]) for role in ("user_id", "item_id"))
    notes = {plain_name(name) for name in table.columns} & _NOTE_COLUMNS
    return Evidence(
        complete=complete,
        plain=not notes,
        repeats=users and items,
        users_repeat=users,
        named={"user_id", "item_id"} <= named_roles.keys(),
        header=table.has_header,
        extras=sum(roles.get(role, "") == named_roles.get(role) for role in ("timestamp", "rating")),
        words=_hint(probe.label),
        size=probe.size,
    )


def take_tables(probes: Sequence[Probe], asked: Mapping[str, str]) -> TablesTaken:
    """What each table is.

    Args:
        asked: role -> name of the table to take for it, "" for none.

    Raises:
        InputError: a table that was asked for isn't there, or there would be no interactions.
    """
    by_name = {probe.label: probe for probe in probes}
    for role, name in asked.items():
        if role not in TABLE_ROLES or (not name and role == "interactions"):
            raise InputError("the choice of tables", "must name the interactions, the items or the users", role)
        if name and name not in by_name:
            raise InputError(f"the table for {role}", "must be in the file", name, f"It has {', '.join(by_name)}.")
    evidence = {name: evidence_of(probe) for name, probe in by_name.items()} if len(probes) > 1 else {}
    first = asked.get("interactions") or max(by_name, key=lambda name: evidence[name].rank if evidence else (True,))
    main = by_name[first]
    why = {first: "you chose it" if "interactions" in asked else evidence[first].why() if evidence else "the only one"}
    beside: dict[str, tuple[Probe, Mapping[str, str]]] = {}
    taken = {first: "interactions"}
    others = {name: probe for name, probe in by_name.items() if name != first}
    for role in ("items", "users"):
        side = _asked_side(main, role, others, asked[role]) if role in asked else _side(main, role, others, evidence)
        if side is not None and side.name not in taken:
            others.pop(side.name)
            taken[side.name], why[side.name] = role, side.why
            beside[role] = (by_name[side.name], side.roles)
    found = tuple(FoundTable(n, taken.get(n, ""), why.get(n, ""), p.sample.columns) for n, p in by_name.items())
    alike = tuple(probe.sample.name for name, probe in others.items() if evidence[name].likely)
    return TablesTaken(main, beside, found, alike)


def demand_interactions(probe: Probe) -> None:
    """Raises InputError for a table that can't be interactions: people or items that are described in one row each, or
    one column for each item."""
    table, rows = probe.sample, probe.head.slice(0, LOOKED_AT)
    if table.roles or not table.has_header or len(rows) < 3:
        return
    known = known_names(table.columns)
    named = [role for role in ("user_id", "item_id") if role in known]
    if len(named) == 2:
        return
    numeric = [column for column in table.columns[1:] if _is_number(table.sample[column])]
    first = rows[table.columns[0]]
    if len(numeric) >= max(5, len(table.columns) - 2) and _distinct(first) >= UNIQUE and "item_id" not in named:
        raise InputError(
            table.name, "must have a row for each interaction", f"a column each for {table.columns[1]}, …",
            "Turn it into three columns: user, item, rating.",
        )  # fmt: skip
    if len(named) == 1 and not _repeats(rows[known[named[0]]]):
        own, other = ("person", "item") if named == ["user_id"] else ("item", "person")
        raise InputError(
            table.name,
            f"must have a column for the {other}",
            f"one row for each {own}: {', '.join(table.columns[:4])}",
            f"Load the table of who chose what first; this one goes beside it as the {own} table.",
        )


@dataclass(frozen=True)
class _Side:
    """A table as that of the items or users: which of its columns is what, how much speaks for it, and why."""

    name: str
    roles: Mapping[str, str]
    score: float
    why: str


def _side(main: Probe, role: str, others: Mapping[str, Probe], evidence: Mapping[str, Evidence]) -> _Side | None:
    """The likeliest table of the items or users; None when nothing speaks for any."""
    ids = _ids(main, "item_id" if role == "items" else "user_id")
    stems = _stems(main, role)
    sides = [
        side
        for name, probe in others.items()
        if not (evidence[name].complete and evidence[name].named)
        for side in _as_side(name, probe, role, ids, stems)
    ]
    return max(sides, key=lambda side: (side.score, others[side.name].size), default=None)


def _asked_side(main: Probe, role: str, others: Mapping[str, Probe], name: str) -> _Side | None:
    if name not in others:
        return None
    ids = _ids(main, "item_id" if role == "items" else "user_id")
    sides = _as_side(name, others[name], role, ids, _stems(main, role), strict=False)
    best = max(sides, key=lambda side: side.score, default=None)
    return _Side(name, {} if best is None else best.roles, 0.0, "you chose it")


def _as_side(
    name: str, probe: Probe, role: str, ids: frozenset[str], stems: frozenset[str], strict: bool = True
) -> list[_Side]:
    """The table with each of its columns that may be the key, as far as that is likely."""
    table, own = probe.sample, "item_id" if role == "items" else "user_id"
    known = {**known_names(table.columns), **table.roles}
    other = "user_id" if role == "items" else "item_id"
    words = frozenset(_words(name))
    sides = []
    for key in _keys(probe, known.get(own)):
        cells = frozenset(texts_of(probe.head[key].slice(0, LOOKED_AT))) - {""}
        share = len(ids & cells) / max(1, min(len(ids), len(cells)))
        named = known.get(own) == key and other not in known
        called = bool(words & stems)
        bare = plain_name(key) in ("id", "index", "code") or not table.has_header
        likely = (named and (share > 0 or plain_name(key) != "url")) or (share >= FOUND and called and bare)
        roles = {own: key} | _title(probe, known, key) if role == "items" else {own: key}
        describes = bool({"title", "text", "tags"} & (known.keys() | roles.keys())) or any(
            column.startswith("genre:") for column in table.columns
        )
        if strict and (not likely or (role == "items" and not describes) or len(table.columns) < 2):
            continue
        score = 3 * share + named + called + describes - 2 * bool(words & (_PART_WORDS | {"tag", "tags"}))
        why = f"its column “{key}” holds {share:.0%} of the {role[:-1]} ids" if share else f"its name is “{key}”"
        sides.append(_Side(name, roles, score, why))
    return sides


def _keys(probe: Probe, named: str | None) -> list[str]:
    """Columns in which (almost) every row has another value: the one that is named, then from the left."""
    columns = sorted(probe.sample.columns[:60], key=lambda column: column != named)
    keys: list[str] = []
    for column in columns:
        if len(keys) < _KEYS and _distinct(probe.head[column].slice(0, LOOKED_AT)) >= UNIQUE:
            keys.append(column)
    return keys


def _title(probe: Probe, known: Mapping[str, str], key: str) -> dict[str, str]:
    """The column with the items' titles, where no known name says it: `prod_name`, or the first with words."""
    if known.get("title") not in (None, key):
        return {}
    free = [column for column in probe.sample.columns if column not in (key, *known.values())]
    if probe.sample.has_header:
        found = next((column for column in free if plain_name(column).endswith(("title", "name"))), None)
    else:
        found = next((column for column in free if _is_wordy(probe.sample.sample[column])), None)
    return {} if found is None else {"title": found}


def _ids(probe: Probe, role: str) -> frozenset[str]:
    roles = guess_columns(probe.sample).roles
    return frozenset(texts_of(probe.head[roles[role]].slice(0, LOOKED_AT))) - {""} if role in roles else frozenset()


def _stems(main: Probe, role: str) -> frozenset[str]:
    """Words that a file of the items (or users) has in its name: `artist` where the column is `artistID`."""
    stems = set(ITEM_STEMS if role == "items" else USER_STEMS)
    column = guess_columns(main.sample).roles.get("item_id" if role == "items" else "user_id", "")
    stem = re.sub(r"(id|no|number|code)$", "", plain_name(column)) if main.sample.has_header else ""
    if len(stem) > 2:
        stems.add(stem)
    return frozenset(stems | {f"{stem}s" for stem in stems})


def _repeats(column: pa.ChunkedArray) -> bool:
    filled = len(column) - column.null_count
    return bool(pc.count_distinct(_plain(column)).as_py() < filled)


def _distinct(column: pa.ChunkedArray) -> float:
    filled = len(column) - column.null_count
    return int(pc.count_distinct(_plain(column)).as_py()) / filled if filled else 0.0


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column that pyarrow can count: nested and dictionary ones as text."""
    nested = pa.types.is_nested(column.type) or pa.types.is_dictionary(column.type)
    return pa.chunked_array([pa.array(texts_of(column), pa.string())]) if nested else column


def _is_number(column: pa.ChunkedArray) -> bool:
    return bool(np.isfinite(parse_numbers(column)).mean() >= 0.9) if len(column) else False


def _is_wordy(column: pa.ChunkedArray) -> bool:
    texts = [text for text in texts_of(column) if text]
    wordy = sum(bool(re.search(r"[^\W\d_]{3}", text)) for text in texts)
    return bool(texts) and wordy >= 0.8 * len(texts) and len(set(texts)) >= 0.5 * len(texts)


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name.rpartition("/")[2]).lower())


def _hint(name: str) -> int:
    words = set(_words(name))
    if words & _PART_WORDS:
        return -2
    if words & _EVENT_WORDS:
        return 1
    return -1 if words & (_OTHER_WORDS | {f"{stem}s" for stem in ITEM_STEMS}) else 0
