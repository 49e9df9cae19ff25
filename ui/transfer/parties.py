"""Source and target of a transfer: how they are written in the URL, and their texts on screen.

Target:  user:<id> · items:<id>,<id>… · group:<cohort> · cluster:<n> · column:<name>=<value> · everyone
Source:  the same, and
         near:<n> (the n users nearest to the target)
         before:<n> (the first n items of the target's history; the later ones are the target)
         scenario:<A>><B> (the target's items in A, to recommend in B)
A group may end in `!medoid`: its most typical user represents it. A comma inside an item id is written %2C.
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
    parties_before_and_after,
    party_in_scenario,
    party_of_group,
    party_of_items,
    party_of_user,
    seen_by_half,
)
from recsys.wording import Message, tr
from ui.components.mixer import PartyCard
from ui.run_context import RunContext, group_of, parse_number

MEDOID = "!medoid"
MONTHS = (
    Message("Jan"), Message("Feb"), Message("Mar"), Message("Apr"), Message("May"), Message("Jun"),
    Message("Jul"), Message("Aug"), Message("Sep"), Message("Oct"), Message("Nov"), Message("Dec"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DescribedParty:
    """A party of the transfer, and its texts in the mixer."""

    party: TransferParty
    card: PartyCard


@dataclass(frozen=True, eq=False)
class TransferPair:
    """Target and source.

    Attributes:
        seen: int32, items that are never recommended: what the target's ranking leaves out; of a group, what those of
            at least half of it do.
        scenario: the only one to recommend in; "" for all.
        source_scenario: the one that the source's items are from; "" for all.
    """

    target: DescribedParty
    source: DescribedParty
    seen: History
    scenario: str = ""
    source_scenario: str = ""

    @property
    def scenarios(self) -> tuple[str, str] | None:
        """Of source and target, where the pair is one of two scenarios."""
        return (self.source_scenario, self.scenario) if self.source_scenario and self.scenario else None


def read_pair(context: RunContext, target: str, source: str) -> TransferPair:
    """The pair that two texts of the URL name. Raises InputError, UnknownIdError."""
    described = _read_party(context, target, None)
    kind, _, value = source.partition(":")
    seen = seen_by_half(described.party)
    if kind in ("before", "scenario") and len(described.party.histories) != 1:
        raise InputError("the target", "must be one user for this source", tr(described.card.name), "Choose a user.")
    if kind == "before":
        return _split_by_time(context, described, value, seen)
    if kind == "scenario":
        names = context.dataset.catalogue.scenario_names
        return _split_by_scenario(context, described, *read_scenarios(value, names), seen)
    return TransferPair(described, _read_party(context, source, described.party), seen)


def _read_party(context: RunContext, text: str, target: TransferParty | None) -> DescribedParty:
    """The party that a text of the URL names. `target` is the one whose neighbours `near:<n>` means."""
    kind, _, value = text.partition(":")
    if kind == "user":
        user = context.dataset.users.index(value)
        return _describe_user(context, party_of_user(context.dataset, user, context.known_histories[user]))
    if kind == "items":
        items = context.dataset.items.indexes(read_items(value))
        return _describe_user(context, party_of_items(items, repeats=context.run.repeats))
    return _read_group(context, text, target)


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


def _describe_user(context: RunContext, party: TransferParty, short: str = "", note: str = "") -> DescribedParty:
    history, catalogue = party.histories[0], context.dataset.catalogue
    titles = tuple((catalogue.titles[item], catalogue.scenarios[item]) for item in history[::-1])
    note = note or _length(context.dataset, history)
    heading = Message("History, newest first")
    return DescribedParty(party, PartyCard(party.label, note, heading, titles, short or party.label, party.phrase))


def _length(data: Dataset, history: History) -> Message:
    """The number of items, with their most frequent scenario, else their most frequent tag."""
    catalogue = data.catalogue
    words = Counter(
        word
        for item in history
        for word in ([catalogue.scenarios[item]] if catalogue.scenario_names else catalogue.tags[item])
    )
    if not words:
        return Message.plural("{n:,} item", "{n:,} items", len(history))
    topic = words.most_common(1)[0][0]
    return Message.plural("{n:,} item · mostly {topic}", "{n:,} items · mostly {topic}", len(history), topic=topic)


def _read_group(context: RunContext, text: str, target: TransferParty | None) -> DescribedParty:
    medoid, text = text.endswith(MEDOID), text.removesuffix(MEDOID)
    name: str
    short: str
    if text == "everyone":
        party = average_party(context.dataset, context.known_histories)
        name, short = Message("all users"), Message("the average user")
    else:
        users, name, short = group_of(context, text, target)
        histories = [context.known_histories[user] for user in users]
        party = party_of_group(context.dataset, users, name, kind=text.partition(":")[0], histories=histories)
    if medoid:
        role = Message("represents {group}", group=name)
        return _describe_user(context, medoid_party(context.run.model, party), short, role)  # type: ignore[arg-type]
    typical, heading = _typical(context.dataset, party.histories), Message("Typical items")
    note = Message("{n:,} users", n=len(party.histories))
    return DescribedParty(party, PartyCard(party.label, note, heading, typical, short, party.phrase))


def _typical(data: Dataset, histories: Sequence[History], limit: int = 40) -> tuple[tuple[str, str], ...]:
    """The items that most members have, each with the share of members."""
    counts = Counter(int(item) for history in histories for item in np.unique(history))
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    return tuple((data.catalogue.titles[item], f"{count / len(histories):.0%}") for item, count in ranked)


def _split_by_time(context: RunContext, described: DescribedParty, value: str, seen: History) -> TransferPair:
    history, users = described.party.histories[0], described.party.users
    if len(history) < 2:
        raise InputError(described.card.name, "must have at least two items to be split by time", len(history))
    first = parse_number(value, Message("the moment in the link"), 1, len(history) - 1)
    when = moment(context.dataset, users[0] if users else None, first)
    later, earlier = parties_before_and_after(described.party, first, when)
    name = described.card.name
    names = Message("{user} now", user=name), Message("{user} earlier", user=name)
    return TransferPair(_describe_user(context, later, names[0]), _describe_user(context, earlier, names[1]), seen)


def moment(data: Dataset, user: int | None, first: int) -> Message:
    """The day of item number `first` (0 = oldest) of a user; its number where there are no times."""
    if data.timestamps is None or user is None:
        return Message("item {number}", number=first + 1)
    day = datetime.fromtimestamp(float(data.timestamps[data.offsets[user] + first]), UTC)
    return Message("{day} {month} {year}", day=day.day, month=MONTHS[day.month - 1], year=day.year)


def _split_by_scenario(
    context: RunContext, described: DescribedParty, source_scenario: str, target_scenario: str, seen: History
) -> TransferPair:
    if not described.party.users:
        raise InputError("the target", "must be a user of the data for this source", tr(described.card.name))
    user, known = described.party.users[0], described.party.histories[0]
    target, source = (
        _describe_user(
            context,
            party_in_scenario(context.dataset, user, name, known),
            Message("their interests in {scenario}", scenario=name),
        )
        for name in (target_scenario, source_scenario)
    )
    return TransferPair(target, source, seen, target_scenario, source_scenario)
