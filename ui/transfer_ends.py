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
    Taste,
    average_taste,
    composed_taste,
    group_taste,
    had_by_half,
    medoid_taste,
    scenario_taste,
    taste_vector,
    user_taste,
)
from recsys.workspace import read_content
from ui import cache, state
from ui.live.mixer import Side

MEDOID = "!medoid"


@dataclass(frozen=True, eq=False)
class Room:
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
class End:
    """A taste with its words."""

    taste: Taste
    side: Side


@dataclass(frozen=True, eq=False)
class Pair:
    """Target and source as they are blended.

    Attributes:
        seen: items of the target, never recommended; of a group: those that half of its people have.
        scenario: the only one recommended from; "" for all.
    """

    target: End
    source: End
    seen: History
    scenario: str = ""


def read_pair(room: Room, target: str, source: str) -> Pair:
    """The pair that two texts from the URL name. Raises InputError, UnknownIdError."""
    end = _end(room, target, None)
    kind, _, value = source.partition(":")
    seen = had_by_half(end.taste)
    if kind in ("before", "scenario"):
        if len(end.taste.histories) != 1:
            raise InputError("the target", "must be one person for this source", end.side.name, "Choose a person.")
        if kind == "before":
            return _across_time(room, end, value, seen)
        names = room.dataset.catalogue.scenario_names
        return _across_scenarios(room, end, *read_scenarios(value, names), seen)
    return Pair(end, _end(room, source, end.taste), seen)


def _end(room: Room, text: str, target: Taste | None) -> End:
    kind, _, value = text.partition(":")
    if kind == "user":
        user = room.dataset.users.index(value)
        return _person(room, user_taste(room.dataset, user, room.known[user]))
    if kind == "items":
        return _person(room, composed_taste(room.dataset.items.indexes(read_items(value))))
    return _group(room, text, target)


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


def _person(room: Room, taste: Taste, short: str = "", note: str = "") -> End:
    history, catalogue = taste.histories[0], room.dataset.catalogue
    titles = tuple((catalogue.titles[item], catalogue.scenarios[item]) for item in history[::-1])
    length = f"{len(history):,} item{'s' * (len(history) != 1)}{_mostly(room.dataset, history)}"
    return End(
        taste, Side(taste.label, note or length, "History, newest first", titles, short or taste.label, taste.phrase)
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


def _group(room: Room, text: str, target: Taste | None) -> End:
    medoid, text = text.endswith(MEDOID), text.removesuffix(MEDOID)
    if text == "everyone":
        taste, name, short = average_taste(room.dataset, room.known), "everybody", "everybody"
    else:
        users, name, short = group_of(room, text, target)
        histories = [room.known[user] for user in users]
        taste = group_taste(room.dataset, users, name, kind=text.partition(":")[0], histories=histories)
    if medoid:
        return _person(room, medoid_taste(room.run.model, taste), short, f"stands for {name}")  # type: ignore[arg-type]
    note = f"{len(taste.histories):,} people"
    typical = _typical(room.dataset, taste.histories)
    return End(taste, Side(taste.label, note, "Typical items", typical, short, taste.phrase))


def group_of(room: Room, text: str, target: Taste | None) -> tuple[np.ndarray, str, str]:
    """The people of a group (indexes), its name, and its name inside a sentence. Raises InputError, UnknownIdError."""
    kind, _, value = text.partition(":")
    data = room.dataset
    if kind == "near" and target is not None:
        count = _number(value, "the number of neighbours in the link", MINIMUM_GROUP, 500)
        return _near(room, target, count), f"the {count} nearest people", "the nearest people"
    if kind == "cluster":
        clusters, names = cache.groups_of(room.folder)
        number = _number(value, "the cluster in the link", 0, len(clusters) - 1)
        return clusters.members(number), f"cluster “{names[number]}”", f"cluster “{names[number]}”"
    if kind == "column":
        column, wanted = read_column(value, [str(name) for name in data.people.columns])
        if column not in data.people.columns:
            raise UnknownIdError("the column in the link", "must be one of the user table", column)
        return (
            np.flatnonzero((data.people[column].astype(str) == wanted).to_numpy()),
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


def _near(room: Room, target: Taste, count: int) -> np.ndarray:
    if len(target.users) == 1:
        return nearest(room.vectors, target.users[0], count)[0]
    return nearest(room.vectors, taste_vector(room.run.model, target), count)[0]


def _typical(data: Dataset, histories: Sequence[History], limit: int = 40) -> tuple[tuple[str, str], ...]:
    """The items most members have, with the share who do."""
    counts = Counter(int(item) for history in histories for item in np.unique(history))
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    return tuple((data.catalogue.titles[item], f"{count / len(histories):.0%}") for item, count in most)


def _across_time(room: Room, end: End, value: str, seen: History) -> Pair:
    history, users = end.taste.histories[0], end.taste.users
    if len(history) < 2:
        raise InputError(end.side.name, "must have two items or more to be compared with themselves", len(history))
    first = _number(value, "the moment in the link", 1, len(history) - 1)
    when = moment(room.dataset, users[0] if users else None, first)
    now = Taste(f"{end.taste.label} since {when}", "time", (history[first:],), users)
    then = Taste(f"{end.taste.label} before {when}", "time", (history[:first],), users)
    return Pair(_person(room, now, f"{end.side.name} now"), _person(room, then, f"{end.side.name} then"), seen)


def moment(data: Dataset, user: int | None, first: int) -> str:
    """The day of a person's item number `first` (0 = oldest); its number where there are no times."""
    if data.timestamps is None or user is None:
        return f"item {first + 1}"
    day = datetime.fromtimestamp(float(data.timestamps[data.offsets[user] + first]), UTC)
    return f"{day.day} {day:%b %Y}"  # %-d is not known on Windows


def _across_scenarios(room: Room, end: End, from_scenario: str, to_scenario: str, seen: History) -> Pair:
    if not end.taste.users:
        raise InputError("the target", "must be somebody of the data for this source", end.side.name)
    user, known = end.taste.users[0], end.taste.histories[0]
    target, source = (scenario_taste(room.dataset, user, name, known) for name in (to_scenario, from_scenario))
    ends = (_person(room, target, f"their {to_scenario} side"), _person(room, source, f"their {from_scenario} side"))
    return Pair(*ends, seen, to_scenario)


def _number(text: str, subject: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text[:9]) <= high:
        raise InputError(subject, f"must be a whole number from {low} to {high}", text)
    return int(text)
