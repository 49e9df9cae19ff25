"""What indicates that a table holds interactions, as opposed to a table that describes users or items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa

from recsys.data.readers.json_lines import BY_USER
from recsys.data.readers.probes import Probe
from recsys.data.schema.cells import distinct_share, has_repeats, parse_numbers
from recsys.data.schema.column_names import ITEM_STEMS, known_names, normalised_name
from recsys.data.schema.columns import detect_columns
from recsys.errors import InputError
from recsys.wording import Message

KEY_SHARE = 0.95  # of distinct cells: a column with at least this share can be a key
_EVENTS = """
    rating ratings interaction interactions inter event events history click clicks view views log logs transaction
    transactions purchase purchases order orders review reviews play plays listen listens checkin checkins behavior
    behaviors behaviour behaviours reading readings
"""
_SUBSETS = "test valid validation val eval submission sample"
_OTHERS = """
    info meta metadata tag tags genre genres friend friends trust network edge edges link links feature features
    property properties category categories
"""
_EVENT_WORDS, SUBSET_WORDS, _OTHER_WORDS = (frozenset(words.split()) for words in (_EVENTS, _SUBSETS, _OTHERS))
_TAGGING_COLUMNS = frozenset(("tag", "tagid", "tagvalue", "keyword"))


@dataclass(frozen=True)
class Evidence:
    """What indicates that a table holds the interactions, strongest first.

    Attributes:
        complete: it has a column for the user and one for the item.
        users_repeat: users occur repeatedly. A table in which no user does is not chosen if there is one in which
            some do.
        has_columns: the file has columns; an object with the items of each user has none, and may be something else.
        not_tagging: it has no tags or keywords; a row with a tag is a remark about an item.
        both_repeat: users and items occur repeatedly.
        named: names of columns, or the format, say which columns these are.
        has_header: there are names.
        n_extras: 0 … 2, named columns of times and ratings.
        file_name: 1 for a name such as "ratings", −1 for "metadata", −2 for "test", else 0.
        size: bytes.
    """

    complete: bool
    users_repeat: bool
    has_columns: bool
    not_tagging: bool
    both_repeat: bool
    named: bool
    has_header: bool
    n_extras: int
    file_name: int
    size: int

    @property
    def rank(self) -> tuple[bool | int, ...]:
        """Greater is more likely."""
        return (
            self.complete, self.users_repeat, self.has_columns, self.not_tagging, self.both_repeat, self.named,
            self.n_extras, self.file_name, self.size,
        )  # fmt: skip

    @property
    def likely(self) -> bool:
        """Whether the table would be taken for interactions if it were the only one."""
        return (
            self.complete
            and self.has_columns
            and self.not_tagging
            and (self.named or (self.both_repeat and not self.has_header))
        )

    @property
    def reason(self) -> str:
        extras = (Message("it has times or ratings"), Message("it has times and ratings"))
        parts: list[Message] = [
            *[Message("users and items occur repeatedly")] * self.both_repeat,
            *[Message("users occur repeatedly")] * (self.users_repeat and not self.both_repeat),
            *[Message("its columns name the user and the item")] * self.named,
            *extras[self.n_extras - 1 : self.n_extras],
        ]
        if not parts:
            return Message("no other table looks more like interactions")
        return reduce(lambda first, second: Message("{first}; {second}", first=first, second=second), parts)


def evidence_of(probe: Probe) -> Evidence:
    """The evidence in a table's first rows, its columns and its name."""
    table, roles = probe.sample, detect_columns(probe.sample).roles
    named = {**known_names(table.columns), **table.roles} if table.has_header or table.roles else {}
    complete = {"user_id", "item_id"} <= roles.keys() and roles["user_id"] != roles["item_id"]
    users, items = (complete and has_repeats(probe.cells(roles[role])) for role in ("user_id", "item_id"))
    return Evidence(
        complete=complete,
        users_repeat=users,
        has_columns=table.format != BY_USER,
        not_tagging=not {normalised_name(name) for name in table.columns} & _TAGGING_COLUMNS,
        both_repeat=users and items,
        named={"user_id", "item_id"} <= named.keys(),
        has_header=table.has_header,
        n_extras=sum(roles.get(role, "") == named.get(role) for role in ("timestamp", "rating")),
        file_name=_score_of_name(probe.label),
        size=probe.size,
    )


def demand_interactions(probe: Probe) -> None:
    """Raises InputError for a table that can't be interactions: one row per user or item, or one column per item."""
    table = probe.sample
    if table.roles or not table.has_header or len(probe.first_rows) < 3:
        return
    known = known_names(table.columns)
    named = [role for role in ("user_id", "item_id") if role in known]
    if len(named) == 2:
        return
    filled = [name for name in table.columns[1:] if table.sample[name].null_count < len(table.sample)]
    numeric = [name for name in filled if _is_number(table.sample[name])]
    wide = len(numeric) >= max(5, len(filled) - 1) and "item_id" not in named
    if wide and distinct_share(probe.cells(table.columns[0])) >= KEY_SHARE:
        got, fix = (
            Message("a column each for {column}, …", column=table.columns[1]),
            Message("Turn it into three columns: user, item, rating."),
        )
        raise InputError(table.name, "must have one row per interaction", got, fix)
    if len(named) == 1 and not has_repeats(probe.cells(known[named[0]])):
        described, other = (
            (Message("user"), Message("item")) if named == ["user_id"] else (Message("item"), Message("user"))
        )
        got = Message(
            "one row for each {described}: {columns}", described=described, columns=", ".join(table.columns[:4])
        )
        lists = [column for column in table.columns if pa.types.is_list(table.sample[column].type)]
        if lists:
            got = Message(
                "one row for each {described}, with a list in “{column}”", described=described, column=lists[0]
            )
            raise InputError(
                table.name, "must have one row per interaction", got, "Write one row for each entry of the list."
            )
        fix = Message(
            "Load the table of interactions first, and this one with it as the {described} table.", described=described
        )
        raise InputError(table.name, Message("must have a column for the {other}", other=other), got, fix)


def _is_number(column: pa.ChunkedArray) -> bool:
    """Whether the cells that are not empty are numbers."""
    filled = len(column) - column.null_count
    return bool(filled and np.isfinite(parse_numbers(column)).sum() >= 0.9 * filled)


def words_of(name: str) -> frozenset[str]:
    """The words of a file's name, in lower case."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.rpartition("/")[2])
    return frozenset(re.findall(r"[a-z]+", spaced.lower()))


def _score_of_name(name: str) -> int:
    words = words_of(name)
    if words & SUBSET_WORDS:
        return -2
    if words & _EVENT_WORDS:
        return 1
    return -1 if words & (_OTHER_WORDS | {f"{stem}s" for stem in ITEM_STEMS}) else 0
