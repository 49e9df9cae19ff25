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

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.transfer import (
    TransferParty,
    average_party,
    medoid_party,
    party_in_scenario,
    party_of_group,
    party_of_items,
    party_of_user,
    seen_by_half,
)
from ui.components.mixer import PartyCard
from ui.run_context import RunContext, group_of, parse_number

MEDOID = "!medoid"


@dataclass(frozen=True, eq=False)
class DescribedParty:
    """A taste with its words."""

    party: TransferParty
    card: PartyCard


@dataclass(frozen=True, eq=False)
class TransferPair:
    """Target and source as they are blended.

    Attributes:
        seen: items of the target, never recommended; of a group: those that half of its people have.
        scenario: the only one recommended from; "" for all.
    """

    target: DescribedParty
    source: DescribedParty
    seen: History
    scenario: str = ""


def read_pair(context: RunContext, target: str, source: str) -> TransferPair:
    """The pair that two texts from the URL name. Raises InputError, UnknownIdError."""
    end = _end(context, target, None)
    kind, _, value = source.partition(":")
    seen = seen_by_half(end.party)
    if kind in ("before", "scenario"):
        if len(end.party.histories) != 1:
            raise InputError("the target", "must be one person for this source", end.card.name, "Choose a person.")
        if kind == "before":
            return _across_time(context, end, value, seen)
        names = context.dataset.catalogue.scenario_names
        return _across_scenarios(context, end, *read_scenarios(value, names), seen)
    return TransferPair(end, _end(context, source, end.party), seen)


def _end(context: RunContext, text: str, target: TransferParty | None) -> DescribedParty:
    kind, _, value = text.partition(":")
    if kind == "user":
        user = context.dataset.users.index(value)
        return _person(context, party_of_user(context.dataset, user, context.known_histories[user]))
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


def _person(context: RunContext, party: TransferParty, short: str = "", note: str = "") -> DescribedParty:
    history, catalogue = party.histories[0], context.dataset.catalogue
    titles = tuple((catalogue.titles[item], catalogue.scenarios[item]) for item in history[::-1])
    length = f"{len(history):,} item{'s' * (len(history) != 1)}{_mostly(context.dataset, history)}"
    return DescribedParty(
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


def _group(context: RunContext, text: str, target: TransferParty | None) -> DescribedParty:
    medoid, text = text.endswith(MEDOID), text.removesuffix(MEDOID)
    if text == "everyone":
        party, name, short = average_party(context.dataset, context.known_histories), "everybody", "everybody"
    else:
        users, name, short = group_of(context, text, target)
        histories = [context.known_histories[user] for user in users]
        party = party_of_group(context.dataset, users, name, kind=text.partition(":")[0], histories=histories)
    if medoid:
        return _person(context, medoid_party(context.run.model, party), short, f"stands for {name}")  # type: ignore[arg-type]
    note = f"{len(party.histories):,} people"
    typical = _typical(context.dataset, party.histories)
    return DescribedParty(party, PartyCard(party.label, note, "Typical items", typical, short, party.phrase))


def _typical(data: Dataset, histories: Sequence[History], limit: int = 40) -> tuple[tuple[str, str], ...]:
    """The items most members have, with the share who do."""
    counts = Counter(int(item) for history in histories for item in np.unique(history))
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    return tuple((data.catalogue.titles[item], f"{count / len(histories):.0%}") for item, count in most)


def _across_time(context: RunContext, end: DescribedParty, value: str, seen: History) -> TransferPair:
    history, users = end.party.histories[0], end.party.users
    if len(history) < 2:
        raise InputError(end.card.name, "must have two items or more to be compared with themselves", len(history))
    first = parse_number(value, "the moment in the link", 1, len(history) - 1)
    when = moment(context.dataset, users[0] if users else None, first)
    now = TransferParty(f"{end.party.label} since {when}", "time", (history[first:],), users)
    then = TransferParty(f"{end.party.label} before {when}", "time", (history[:first],), users)
    return TransferPair(
        _person(context, now, f"{end.card.name} now"), _person(context, then, f"{end.card.name} then"), seen
    )


def moment(data: Dataset, user: int | None, first: int) -> str:
    """The day of a person's item number `first` (0 = oldest); its number where there are no times."""
    if data.timestamps is None or user is None:
        return f"item {first + 1}"
    day = datetime.fromtimestamp(float(data.timestamps[data.offsets[user] + first]), UTC)
    return f"{day.day} {day:%b %Y}"  # %-d is not known on Windows


def _across_scenarios(
    context: RunContext, end: DescribedParty, from_scenario: str, to_scenario: str, seen: History
) -> TransferPair:
    if not end.party.users:
        raise InputError("the target", "must be somebody of the data for this source", end.card.name)
    user, known = end.party.users[0], end.party.histories[0]
    target, source = (party_in_scenario(context.dataset, user, name, known) for name in (to_scenario, from_scenario))
    ends = (
        _person(context, target, f"their {to_scenario} side"),
        _person(context, source, f"their {from_scenario} side"),
    )
    return TransferPair(*ends, seen, to_scenario)
