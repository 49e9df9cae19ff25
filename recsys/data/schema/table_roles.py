"""Which table of an archive holds the interactions, the items and the users.

Decided by evidence: which users and items occur repeatedly, which ids occur in which table, the names of columns and
files. What the user chose takes precedence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from recsys.data.readers.probes import Probe
from recsys.data.schema.cells import distinct_share, parse_texts
from recsys.data.schema.column_names import ITEM_STEMS, USER_STEMS, known_names, normalised_name
from recsys.data.schema.columns import detect_columns
from recsys.data.schema.interaction_evidence import KEY_SHARE, SUBSET_WORDS, Evidence, evidence_of, words_of
from recsys.data.schema.order_tables import OrderLink, order_links, with_orders
from recsys.errors import InputError
from recsys.wording import Message

TABLE_ROLES = ("interactions", "items", "users")
ID_OF = {"items": "item_id", "users": "user_id"}
MATCH_SHARE = 0.5  # of ids that a key must contain when its name doesn't say that it is one
_MAX_KEYS = 6  # columns of a table that are tried as its key


@dataclass(frozen=True)
class FoundTable:
    """A table of the file.

    Attributes:
        name: the member of the archive, the sheet, or the file.
        role: one of TABLE_ROLES, "orders" for the one that has the users of the interactions (see
            `recsys.data.schema.order_tables`), or "" for a table that isn't used.
        reason: why it has this role.
        columns: its columns.
    """

    name: str
    role: str
    reason: str
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AssignedTables:
    """The role of each table.

    Attributes:
        interactions: the table of interactions.
        side_tables: "items" or "users" -> the table, and its columns by role.
        found: every table.
        unused_interactions: names of further tables that look like interactions.
    """

    interactions: Probe
    side_tables: Mapping[str, tuple[Probe, Mapping[str, str]]]
    found: tuple[FoundTable, ...]
    unused_interactions: tuple[str, ...]


def assign_tables(probes: Sequence[Probe], chosen: Mapping[str, str]) -> AssignedTables:
    """The role of each table.

    Args:
        chosen: role -> name of the table that the user chose, "" for none.

    Raises:
        InputError: a chosen table isn't in the file, or there would be no interactions.
    """
    by_name = {probe.label: probe for probe in probes}
    for role, name in chosen.items():
        if role not in TABLE_ROLES or (not name and role == "interactions"):
            raise InputError("the choice of tables", "must name the interactions, the items or the users", role)
        if name and name not in by_name:
            raise InputError(
                Message("the table for {role}", role=role),
                "must be in the file",
                name,
                Message("It has {names}.", names=", ".join(by_name)),
            )
    columns = {name: probe.sample.columns for name, probe in by_name.items()}
    described = {chosen.get(role) for role in ID_OF}
    links = order_links({name: probe for name, probe in by_name.items() if name not in described})
    evidence = {name: _evidence(probe, links.get(name)) for name, probe in by_name.items()} if len(probes) > 1 else {}
    first = chosen.get("interactions") or max(by_name, key=lambda name: evidence[name].rank if evidence else (True,))
    main, others = by_name[first], {name: probe for name, probe in by_name.items() if name != first}
    if "interactions" in chosen:
        reason: str = Message("you chose it")
    else:
        reason = evidence[first].reason if evidence else Message("the only table")
    assigned = {first: ("interactions", reason)}
    if (link := links.get(first)) is not None and (joined := with_orders(main, link, others[link.orders].read({}))):
        main = joined
        told = Message("its column “{column}” links each row of {table} to a user", column=link.key, table=first)
        assigned[link.orders] = ("orders", told)
        del others[link.orders]
    side_tables: dict[str, tuple[Probe, Mapping[str, str]]] = {}
    for role in ID_OF:
        if role in chosen:
            side = _chosen_side_table(main, role, others, chosen[role])
        else:
            side = _likely_side_table(main, role, others, evidence)
        if side is not None:
            assigned[side.name] = (role, side.reason)
            side_tables[role] = (others.pop(side.name), side.roles)
    found = tuple(FoundTable(name, *assigned.get(name, ("", "")), columns[name]) for name in by_name)
    unused = tuple(probe.sample.name for name, probe in others.items() if evidence[name].likely)
    return AssignedTables(main, side_tables, found, unused)


def _evidence(probe: Probe, link: OrderLink | None) -> Evidence:
    """The evidence in a table; rows of orders have the users (and times) of these."""
    found = evidence_of(probe)
    if link is None:
        return found
    extras = max(found.n_extras, int(link.dated))
    return replace(found, complete=True, users_repeat=True, both_repeat=True, named=True, n_extras=extras)


@dataclass(frozen=True)
class _SideTable:
    """A table as that of the items or users, with its columns by role; a greater score is more likely."""

    name: str
    roles: Mapping[str, str]
    score: float
    reason: str


def _likely_side_table(
    main: Probe, role: str, others: Mapping[str, Probe], evidence: Mapping[str, Evidence]
) -> _SideTable | None:
    """The most likely table of the items or users; None when there is no evidence for any."""
    ids, stems = _ids(main, role), _stems(main, role)
    candidates = [
        candidate
        for name, probe in others.items()
        if not (evidence[name].complete and evidence[name].named)
        for candidate in _candidates(name, probe, role, ids, stems)
    ]
    return max(candidates, key=lambda one: (one.score, others[one.name].size), default=None)


def _chosen_side_table(main: Probe, role: str, others: Mapping[str, Probe], name: str) -> _SideTable | None:
    if name not in others:
        return None
    candidates = _candidates(name, others[name], role, _ids(main, role), _stems(main, role), only_likely=False)
    best = max(candidates, key=lambda one: one.score, default=None)
    return _SideTable(name, {} if best is None else best.roles, 0.0, Message("you chose it"))


def _candidates(
    name: str, probe: Probe, role: str, ids: frozenset[str], stems: frozenset[str], only_likely: bool = True
) -> list[_SideTable]:
    """The table with each of its columns that may be the key.

    Args:
        ids: the users or items of the interactions.
        stems: words that the name of such a file contains.
    """
    table, id_role = probe.sample, ID_OF[role]
    known = {**known_names(table.columns), **table.roles}
    other_id = "user_id" if role == "items" else "item_id"
    words = words_of(name)
    found = []
    for key in _keys(probe, known.get(id_role)):
        cells = frozenset(parse_texts(probe.cells(key))) - {""}
        share = len(ids & cells) / max(1, min(len(ids), len(cells)))
        named = known.get(id_role) == key and other_id not in known
        file_named = bool(words & stems)
        generic = normalised_name(key) in ("id", "index", "code") or not table.has_header
        likely = (named and (share > 0 or normalised_name(key) != "url")) or (
            share >= MATCH_SHARE and file_named and generic
        )
        roles = {id_role: key} | (_title(probe, known, key) if role == "items" else {})
        describes = bool({"title", "text", "tags"} & (known.keys() | roles.keys()))
        describes |= any(column.startswith("genre:") for column in table.columns)
        if only_likely and (not likely or (role == "items" and not describes) or len(table.columns) < 2):
            continue
        score = 3 * share + named + file_named + describes - 2 * bool(words & (SUBSET_WORDS | {"tag", "tags"}))
        reason = Message("its name is “{name}”", name=key)
        if share:
            what = Message("item ids" if role == "items" else "user ids")
            reason = Message(
                "its column “{column}” holds {share:.0%} of the {what}", column=key, share=share, what=what
            )
        found.append(_SideTable(name, roles, score, reason))
    return found


def _keys(probe: Probe, named: str | None) -> list[str]:
    """Columns in which (almost) every row has another value: the named one first, then from the left."""
    columns = sorted(probe.sample.columns[:60], key=lambda column: column != named)
    keys: list[str] = []
    for column in columns:
        if len(keys) < _MAX_KEYS and distinct_share(probe.cells(column)) >= KEY_SHARE:
            keys.append(column)
    return keys


def _title(probe: Probe, known: Mapping[str, str], key: str) -> dict[str, str]:
    """The column with the items' titles where no known name says it: `prod_name`, or the first column of words."""
    if known.get("title") not in (None, key):
        return {}
    free = [column for column in probe.sample.columns if column not in (key, *known.values())]
    if probe.sample.has_header:
        title = next((column for column in free if normalised_name(column).endswith(("title", "name"))), None)
    else:
        title = next((column for column in free if _has_words(probe.sample.sample[column])), None)
    return {} if title is None else {"title": title}


def _ids(main: Probe, role: str) -> frozenset[str]:
    """The users or items of the interactions."""
    roles = detect_columns(main.sample).roles
    return frozenset(parse_texts(main.cells(roles[ID_OF[role]]))) - {""} if ID_OF[role] in roles else frozenset()


def _stems(main: Probe, role: str) -> frozenset[str]:
    """Words that the name of an item (or user) file contains, also `artist` where the id column is `artistID`."""
    stems = set(ITEM_STEMS if role == "items" else USER_STEMS)
    column = detect_columns(main.sample).roles.get(ID_OF[role], "")
    stem = re.sub(r"(id|no|number|code)$", "", normalised_name(column)) if main.sample.has_header else ""
    if len(stem) > 2:
        stems.add(stem)
    return frozenset(stems | {f"{stem}s" for stem in stems})


def _has_words(column: pa.ChunkedArray) -> bool:
    texts = [text for text in parse_texts(column) if text]
    with_word = sum(bool(re.search(r"[^\W\d_]{3}", text)) for text in texts)
    return bool(texts) and with_word >= 0.8 * len(texts) and len(set(texts)) >= 0.5 * len(texts)
