"""The two ends of a transfer: how they are written in the URL, and what a person reads of them.

Target:  user:<id> · items:<id>,<id>… · group:<cohort> · cluster:<n> · column:<name>=<value> · everyone
Source:  the same, and
         near:<n> (the target's n nearest people)
         before:<n> (the target's own first n items, against the later ones)
         scenario:<A>><B> (what the target does in A, to recommend in B)
A group may end in `!medoid`: its most typical person stands for it. A comma inside an item id is written %2C.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.embeddings import nearest
from recsys.errors import ArtifactError, InputError, UnknownIdError
from recsys.runs import Run
from recsys.transfer import (
    MINIMUM_GROUP,
    TransferParty,
    average_party,
    medoid_party,
    party_embedding,
    party_in_scenario,
    party_of_group,
    party_of_items,
    party_of_user,
    seen_by_half,
)
from recsys.workspace import read_content
from ui import cache
from ui.components.mixer import PartyCard
from ui.shell import state

MEDOID = "!medoid"


@dataclass(frozen=True, eq=False)
class RunContext:
    """What ends are read from: the open run with its data, and the folder it was opened from (the cache's key)."""

    folder: str
    run: Run
    dataset: Dataset

    @cached_property
    def known(self) -> list[History]:
        """What the model may read of each person."""
        return self.run.known_histories(self.dataset)

    @property
    def vectors(self) -> np.ndarray:
        """Everybody's representation: float32 (n_users, d)."""
        return cache.embeddings_of(self.folder).users


@dataclass(frozen=True, eq=False)
class ShownParty:
    """A taste with its words."""

    party: TransferParty
    side: PartyCard


@dataclass(frozen=True, eq=False)
class TransferPair:
    """Target and source as they are blended.

    Attributes:
        seen: items of the target, never recommended; of a group: those that half of its people have.
        scenario: the only one recommended from; "" for all.
    """

    target: ShownParty
    source: ShownParty
    seen: History
    scenario: str = ""


def read_pair(context: RunContext, target: str, source: str) -> TransferPair:
    """The pair that two texts from the URL name. Raises InputError, UnknownIdError."""
    end = _end(context, target, None)
    kind, _, value = source.partition(":")
    seen = seen_by_half(end.party)
    if kind in ("before", "scenario"):
        if len(end.party.histories) != 1:
            raise InputError("the target", "must be one person for this source", end.side.name, "Choose a person.")
        if kind == "before":
            return _across_time(context, end, value, seen)
        names = context.dataset.catalogue.scenario_names
        return _across_scenarios(context, end, *read_scenarios(value, names), seen)
    return TransferPair(end, _end(context, source, end.party), seen)


def _end(context: RunContext, text: str, target: TransferParty | None) -> ShownParty:
    kind, _, value = text.partition(":")
    if kind == "user":
        user = context.dataset.users.index(value)
        return _person(context, party_of_user(context.dataset, user, context.known[user]))
    if kind == "items":
        return _person(context, party_of_items(context.dataset.items.indexes(read_items(value))))
    return _group(context, text, target)


def write_items(ids: Sequence[str]) -> str:
    """Item ids as they stand in a link."""
    return ",".join(one.replace("%", "%25").replace(",", "%2C") for one in ids)


def read_items(value: str) -> list[str]:
    """The item ids that `write_items` wrote."""
    return [one.replace("%2C", ",").replace("%25", "%") for one in value.split(",") if one]


def read_scenarios(value: str, names: Sequence[str]) -> tuple[str, str]:
    """Where is borrowed and where is recommended, from `<A>><B>`; a name may hold the sign itself."""
    halves = [(value[:at], value[at + 1 :]) for at, sign in enumerate(value) if sign == ">"] or [(value, "")]
    return next((pair for pair in halves if pair[0] in names and pair[1] in names), halves[0])


def read_column(value: str, names: Sequence[str]) -> tuple[str, str]:
    """Column and value of a group, from `<column>=<value>`; both may hold the sign itself."""
    halves = [(value[:at], value[at + 1 :]) for at, sign in enumerate(value) if sign == "="] or [(value, "")]
    return next((pair for pair in halves if pair[0] in names), halves[0])


def _person(context: RunContext, party: TransferParty, short: str = "", note: str = "") -> ShownParty:
    history, catalogue = party.histories[0], context.dataset.catalogue
    titles = tuple((catalogue.titles[item], catalogue.scenarios[item]) for item in history[::-1])
    length = f"{len(history):,} item{'s' * (len(history) != 1)}{_mostly(context.dataset, history)}"
    return ShownParty(
        party,
        PartyCard(party.label, note or length, "History, newest first", titles, short or party.label, party.phrase),
    )


def _mostly(data: Dataset, history: History) -> str:
    """What most of a history is about: its scenario, or its most frequent tag."""
    catalogue = data.catalogue
    words = Counter(
        word
        for item in history
        for word in ([catalogue.scenarios[item]] if catalogue.scenario_names else catalogue.tags[item])
    )
    return f" · mostly {words.most_common(1)[0][0]}" if words else ""


def _group(context: RunContext, text: str, target: TransferParty | None) -> ShownParty:
    medoid, text = text.endswith(MEDOID), text.removesuffix(MEDOID)
    if text == "everyone":
        party, name, short = average_party(context.dataset, context.known), "everybody", "everybody"
    else:
        users, name, short = group_of(context, text, target)
        histories = [context.known[user] for user in users]
        party = party_of_group(context.dataset, users, name, kind=text.partition(":")[0], histories=histories)
    if medoid:
        return _person(context, medoid_party(context.run.model, party), short, f"stands for {name}")  # type: ignore[arg-type]
    note = f"{len(party.histories):,} people"
    typical = _typical(context.dataset, party.histories)
    return ShownParty(party, PartyCard(party.label, note, "Typical items", typical, short, party.phrase))


def group_of(context: RunContext, text: str, target: TransferParty | None) -> tuple[np.ndarray, str, str]:
    """The people of a group (indexes), its name, and its name inside a sentence. Raises InputError, UnknownIdError."""
    kind, _, value = text.partition(":")
    data = context.dataset
    if kind == "near" and target is not None:
        count = _number(value, "the number of neighbours in the link", MINIMUM_GROUP, 500)
        return _near(context, target, count), f"the {count} nearest people", "the nearest people"
    if kind == "cluster":
        clusters, names = cache.groups_of(context.folder)
        number = _number(value, "the cluster in the link", 0, len(clusters) - 1)
        return clusters.members(number), f"cluster “{names[number]}”", f"cluster “{names[number]}”"
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
        name, ids = cohort(value)
        known = [data.users.index(user) for user in ids if user in data.users]
        return np.array(known, dtype=np.int64), f"group “{name}”", f"“{name}”"
    raise InputError("the person or group in the link", "must be written as this page writes it", text, "Pick another.")


def cohort(entry_id: str) -> tuple[str, list[str]]:
    """A saved group's name and user ids; whoever holds its id may read it. Raises UnknownIdError, ArtifactError."""
    entry, folder = state.workspace().find(entry_id, "cohort")
    try:
        return entry.name, [str(user) for user in read_content(folder)["users"]]
    except (ArtifactError, KeyError, TypeError) as error:
        raise ArtifactError(f"the group “{entry.name}”", "is damaged", fix="Save it again on the map.") from error


def _near(context: RunContext, target: TransferParty, count: int) -> np.ndarray:
    if len(target.users) == 1:
        return nearest(context.vectors, target.users[0], count)[0]
    return nearest(context.vectors, party_embedding(context.run.model, target), count)[0]


def _typical(data: Dataset, histories: Sequence[History], limit: int = 40) -> tuple[tuple[str, str], ...]:
    """The items most members have, with the share who do."""
    counts = Counter(int(item) for history in histories for item in np.unique(history))
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    return tuple((data.catalogue.titles[item], f"{count / len(histories):.0%}") for item, count in most)


def _across_time(context: RunContext, end: ShownParty, value: str, seen: History) -> TransferPair:
    history, users = end.party.histories[0], end.party.users
    if len(history) < 2:
        raise InputError(end.side.name, "must have two items or more to be compared with themselves", len(history))
    first = _number(value, "the moment in the link", 1, len(history) - 1)
    when = moment(context.dataset, users[0] if users else None, first)
    now = TransferParty(f"{end.party.label} since {when}", "time", (history[first:],), users)
    then = TransferParty(f"{end.party.label} before {when}", "time", (history[:first],), users)
    return TransferPair(
        _person(context, now, f"{end.side.name} now"), _person(context, then, f"{end.side.name} then"), seen
    )


def moment(data: Dataset, user: int | None, first: int) -> str:
    """The day of a person's item number `first` (0 = oldest); its number where there are no times."""
    if data.timestamps is None or user is None:
        return f"item {first + 1}"
    day = datetime.fromtimestamp(float(data.timestamps[data.offsets[user] + first]), UTC)
    return f"{day.day} {day:%b %Y}"  # %-d is not known on Windows


def _across_scenarios(
    context: RunContext, end: ShownParty, from_scenario: str, to_scenario: str, seen: History
) -> TransferPair:
    if not end.party.users:
        raise InputError("the target", "must be somebody of the data for this source", end.side.name)
    user, known = end.party.users[0], end.party.histories[0]
    target, source = (party_in_scenario(context.dataset, user, name, known) for name in (to_scenario, from_scenario))
    ends = (
        _person(context, target, f"their {to_scenario} side"),
        _person(context, source, f"their {from_scenario} side"),
    )
    return TransferPair(*ends, seen, to_scenario)


def _number(text: str, subject: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text[:9]) <= high:
        raise InputError(subject, f"must be a whole number from {low} to {high}", text)
    return int(text)
