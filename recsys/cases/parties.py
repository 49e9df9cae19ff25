"""Target and source of a pair as they are written in links, cases and on the command line.

Target:  user:<id> · items:<id>,<id>… · group:<cohort> · cluster:<n> · column:<name>=<value> · everyone
         several:<way of agreeing>:<any|all>:<id>,<id>… (see `SeveralUsers`)
Source:  the same, and
         near:<n> (the n users nearest to the target)
         before:<n> (the first n items of the target's history; the later ones are the target)
         scenario:<A>><B> (the target's items in A, to recommend in B)
A group may end in `!medoid`: its most typical user represents it. A comma inside an item id is written %2C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys.cases.party_names import MONTHS
from recsys.cases.run_parts import RunParts
from recsys.data.dataset import Dataset, History
from recsys.data.schema.times import utc_day
from recsys.errors import InputError, UnknownIdError
from recsys.models.recommender import Encoder
from recsys.transfer import (
    MINIMUM_GROUP,
    TransferParty,
    average_party,
    items_left_out,
    medoid_party,
    parties_before_and_after,
    party_in_scenario,
    party_of_group,
    party_of_items,
    party_of_neighbours,
    party_of_user,
    party_of_users,
)
from recsys.transfer.agreement import AGREEMENTS, MEAN
from recsys.wording import Message, tr
from recsys.workspace.names import known_name

MEDOID, SEVERAL = "!medoid", "several"
NEIGHBOURS, MOMENT = Message("the number of neighbours in the link"), Message("the moment in the link")


@dataclass(frozen=True, eq=False)
class NamedParty:
    """A party of a pair.

    Attributes:
        short: its name inside a sentence.
        note: what it is ("represents cluster …", "user 7 since 3 May 2020"); "" where its size says enough.
        is_group: whether it stands for several users, by their mean or as they agree.
    """

    party: TransferParty
    short: str
    note: str = ""
    is_group: bool = False

    @property
    def name(self) -> str:
        return self.party.label


@dataclass(frozen=True)
class SeveralUsers:
    """Several named users: `several:<way of agreeing>:<any|all>:<id>,<id>…`.

    Attributes:
        ids: of the users, in their order.
        agreement: how they agree, see `recsys.transfer.AGREEMENTS`.
        left_out_by: as a target, leave out what "any" of them has or what "all" have.
    """

    ids: tuple[str, ...] = ()
    agreement: str = MEAN
    left_out_by: str = "any"

    @classmethod
    def parse(cls, text: str) -> SeveralUsers:
        """What `text` wrote; whether there are such users and such a way of agreeing is checked where they are used.

        Raises:
            InputError: another text.
        """
        kind, _, value = text.partition(":")
        parts = value.split(":", 2)
        if kind != SEVERAL or len(parts) != 3 or parts[1] not in ("any", "all"):
            fix = Message("Choose the users again.")
            raise InputError(Message("the users in the link"), "must be written as this page writes them", text, fix)
        return cls(tuple(read_items(parts[2])), parts[0], parts[1])

    @property
    def text(self) -> str:
        """As it stands in a link."""
        return f"{SEVERAL}:{self.agreement}:{self.left_out_by}:{write_items(self.ids)}"


@dataclass(frozen=True, eq=False)
class NamedPair:
    """Target and source.

    Attributes:
        seen: int32, items that are never recommended: what the target's ranking leaves out; of a group, what those of
            at least half of it do, of several named users what those of any or all of them do.
        scenario: the only one to recommend in; "" for all.
        source_scenario: the one that the source's items are from; "" for all.
        source_items: how many first items of the target's own history are the source; 0 where it is another source.
    """

    target: NamedParty
    source: NamedParty
    seen: History
    scenario: str = ""
    source_scenario: str = ""
    source_items: int = 0

    @property
    def scenarios(self) -> tuple[str, str] | None:
        """Of source and target, where the pair is one of two scenarios."""
        return (self.source_scenario, self.scenario) if self.source_scenario and self.scenario else None


def read_pair(parts: RunParts, target: str, source: str) -> NamedPair:
    """The pair that two texts name. Raises InputError, UnknownIdError."""
    named = _read_party(parts, target, None)
    kind, _, value = source.partition(":")
    seen = items_left_out(named.party)
    if kind in ("before", "scenario") and len(named.party.histories) != 1:
        raise InputError("the target", "must be one user for this source", tr(named.name), "Choose a user.")
    if kind == "before":
        return _split_by_time(parts, named, value, seen)
    if kind == "scenario":
        names = parts.dataset.catalogue.scenario_names
        return _split_by_scenario(parts, named, *read_scenarios(value, names), seen)
    return NamedPair(named, _read_party(parts, source, named.party), seen)


def _read_party(parts: RunParts, text: str, target: TransferParty | None) -> NamedParty:
    """The party that a text names. `target` is the one whose neighbours `near:<n>` means."""
    kind, _, value = text.partition(":")
    if kind == "user":
        user = parts.dataset.users.index(value)
        return _of_one(party_of_user(parts.dataset, user, parts.known_histories[user]))
    if kind == "items":
        items = parts.dataset.items.indexes(read_items(value))
        return _of_one(party_of_items(items, repeats=parts.run.repeats))
    if kind == SEVERAL:
        return _read_several(parts, SeveralUsers.parse(text))
    return _read_group(parts, text, target)


def _read_several(parts: RunParts, named: SeveralUsers) -> NamedParty:
    data = parts.dataset
    users = [data.users.index(user) for user in named.ids]
    known = [parts.known_histories[user] for user in users]
    party = party_of_users(data, users, agreement=named.agreement, left_out_by=named.left_out_by, histories=known)
    values: dict[str, object] = {"n": len(users), "agreement": AGREEMENTS[named.agreement]}
    note = Message("{n} sessions · {agreement}" if data.sessions else "{n} users · {agreement}", **values)
    return NamedParty(party, party.label, note, is_group=True)


def _of_one(party: TransferParty, short: str = "", note: str = "") -> NamedParty:
    return NamedParty(party, short or party.label, note)


def write_items(ids: Sequence[str]) -> str:
    """Item ids as they stand in a link."""
    return ",".join(one.replace("%", "%25").replace(",", "%2C") for one in ids)


def read_items(value: str) -> list[str]:
    """The item ids that `write_items` wrote."""
    return [one.replace("%2C", ",").replace("%25", "%") for one in value.split(",") if one]


def read_scenarios(value: str, names: Sequence[str]) -> tuple[str, str]:
    """Source and target scenario from `<A>><B>`; a name may itself contain ">"."""
    halves = [(value[:at], value[at + 1 :]) for at, sign in enumerate(value) if sign == ">"] or [(value, "")]
    return next((pair for pair in halves if pair[0] in names and pair[1] in names), halves[0])


def _read_group(parts: RunParts, text: str, target: TransferParty | None) -> NamedParty:
    medoid, text = text.endswith(MEDOID), text.removesuffix(MEDOID)
    name: str
    short: str
    if text == "everyone":
        party = average_party(parts.dataset, parts.known_histories)
        name, short = Message("all users"), Message("the average user")
    else:
        users, name, short = group_of(parts, text, target)
        histories = [parts.known_histories[user] for user in users]
        party = party_of_group(parts.dataset, users, name, kind=text.partition(":")[0], histories=histories)
    if medoid:
        role = Message("represents {group}", group=name)
        return _of_one(medoid_party(parts.run.model, party), short, role)
    return NamedParty(party, short, is_group=True)


def group_of(parts: RunParts, text: str, target: TransferParty | None) -> tuple[np.ndarray, str, str]:
    """The users of a group (indexes), its name, and its name inside a sentence.

    Args:
        text: how the group is written in the URL, for instance `cluster:3`, a cluster of users by interests.
        target: whose neighbours `near:<n>` means.

    Raises:
        InputError: the text names no kind of group.
        UnknownIdError: the run has no such group.
    """
    kind, _, value = text.partition(":")
    data = parts.dataset
    if kind == "near" and target is not None:
        count = parse_number(value, NEIGHBOURS, MINIMUM_GROUP, 500)
        return _near(parts, target, count), Message("the {n:,} nearest users", n=count), Message("the nearest users")
    if kind == "cluster":
        clusters, names = parts.user_groups
        number = parse_number(value, Message("the cluster in the link"), 0, len(clusters) - 1)
        name = Message("cluster “{name}”", name=names[number])
        return clusters.members(number), name, name
    if kind == "column":
        column, wanted = read_column(value, [str(name) for name in data.user_table.columns])
        if column not in data.user_table.columns:
            raise UnknownIdError("the column in the link", "must be one of the user table", column)
        return (
            np.flatnonzero((data.user_table[column].astype(str) == wanted).to_numpy()),
            f"{column} “{wanted}”",
            f"{column} “{wanted}”",
        )
    if kind == "group":
        saved, ids = parts.saved_group(value)
        known, label = [data.users.index(user) for user in ids if user in data.users], known_name(saved)
        return np.array(known, dtype=np.int64), Message("group “{name}”", name=label), Message("“{name}”", name=label)
    raise InputError("the user or group in the link", "must be written as this page writes it", text, "Pick another.")


def name_of_party(parts: RunParts, text: str) -> str:
    """The name of the party that a text of a link names, without scoring it. Raises InputError, UnknownIdError."""
    kind, _, value = text.partition(":")
    if kind == "user":
        return value
    if kind in ("items", SEVERAL):
        return _read_party(parts, text, None).name
    if kind == "near":
        return Message("the {n:,} nearest users", n=parse_number(value, NEIGHBOURS, MINIMUM_GROUP, 500))
    if kind == "before":
        first = parse_number(value, MOMENT, 1, 10**9)
        return Message.plural("the target’s first item", "the target’s first {n:,} items", first)
    if kind == "scenario":
        scenario = read_scenarios(value, parts.dataset.catalogue.scenario_names)[0]
        return Message("the target’s items in {scenario}", scenario=scenario)
    named = text.removesuffix(MEDOID)
    group = Message("all users") if named == "everyone" else group_of(parts, named, None)[1]
    return Message("the most typical user of {group}", group=group) if named != text else group


def read_column(value: str, names: Sequence[str]) -> tuple[str, str]:
    """Column and value of a group, from `<column>=<value>`; both may themselves contain "="."""
    halves = [(value[:at], value[at + 1 :]) for at, sign in enumerate(value) if sign == "="] or [(value, "")]
    return next((pair for pair in halves if pair[0] in names), halves[0])


def column_groups(table: pd.DataFrame, most: int = 30) -> dict[str, tuple[str, str, int]]:
    """The groups of a user table: how each is written in a link -> column, value, number of users.

    Args:
        most: values that a column may have. A column with more of them, or with one, makes no groups; an empty cell is
            no value.
    """
    found: dict[str, tuple[str, str, int]] = {}
    for column in table.columns:
        texts = table[column].dropna().astype(str)
        sizes = texts[texts != ""].value_counts()
        if 1 < len(sizes) <= most:
            groups = sizes.sort_index().items()
            found |= {f"column:{column}={value}": (str(column), str(value), int(n)) for value, n in groups}
    return found


def parse_number(text: str, subject: str, low: int, high: int) -> int:
    """A whole number from a link. Raises InputError outside `low` … `high`."""
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        rule = Message("must be a whole number from {low} to {high}", low=low, high=high)
        raise InputError(subject, rule, text)
    return int(text)


def _near(parts: RunParts, target: TransferParty, count: int) -> np.ndarray:
    vectors = parts.vectors  # refused, with a sentence, for a model that is no Encoder
    assert isinstance(parts.run.model, Encoder)
    party = party_of_neighbours(parts.run.model, parts.dataset, target, count, vectors)
    return np.array(party.users, dtype=np.int64)


def _split_by_time(parts: RunParts, named: NamedParty, value: str, seen: History) -> NamedPair:
    history, users = named.party.histories[0], named.party.users
    if len(history) < 2:
        raise InputError(named.name, "must have at least two items to be split by time", len(history))
    first = parse_number(value, MOMENT, 1, len(history) - 1)
    when = moment(parts.dataset, users[0] if users else None, first)
    later, earlier = parties_before_and_after(named.party, first, when)
    names = Message("{user} now", user=named.name), Message("{user} earlier", user=named.name)
    return NamedPair(_of_one(later, names[0]), _of_one(earlier, names[1]), seen, source_items=first)


def moment(data: Dataset, user: int | None, first: int) -> Message:
    """The day or step of item number `first` (0 = oldest) of a user; its number where there are no times."""
    if data.timestamps is None or user is None:
        return Message("item {number}", number=first + 1)
    time = float(data.timestamps[data.offsets[user] + first])
    if not data.dated:
        return Message("step {number}", number=f"{time:,.10g}")
    day = utc_day(time)
    if day is None:
        return Message("item {number}", number=first + 1)
    return Message("{day} {month} {year}", day=day.day, month=MONTHS[day.month - 1], year=day.year)


def _split_by_scenario(
    parts: RunParts, named: NamedParty, source_scenario: str, target_scenario: str, seen: History
) -> NamedPair:
    if not named.party.users:
        raise InputError("the target", "must be a user of the data for this source", tr(named.name))
    user, known = named.party.users[0], named.party.histories[0]
    target, source = (
        _of_one(
            party_in_scenario(parts.dataset, user, name, known), Message("their interests in {scenario}", scenario=name)
        )
        for name in (target_scenario, source_scenario)
    )
    return NamedPair(target, source, seen, target_scenario, source_scenario)
