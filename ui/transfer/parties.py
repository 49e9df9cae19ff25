"""Source and target of a transfer on screen: what the mixer shows of each. `recsys.cases.parties` reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.cases.parties import NamedPair, NamedParty
from recsys.cases.parties import read_pair as read_named_pair
from recsys.data.dataset import Dataset, History
from recsys.transfer import TransferParty
from recsys.wording import Message
from ui.components.mixer import PartyCard
from ui.run_context import RunContext


@dataclass(frozen=True, eq=False)
class DescribedParty:
    """A party of the transfer, and its texts in the mixer."""

    party: TransferParty
    card: PartyCard


@dataclass(frozen=True, eq=False)
class TransferPair:
    """Target and source with their texts. `named`: the pair as it was read, with what is never recommended."""

    target: DescribedParty
    source: DescribedParty
    named: NamedPair

    @property
    def scenarios(self) -> tuple[str, str] | None:
        """Of source and target, where the pair is one of two scenarios."""
        return self.named.scenarios


def read_pair(context: RunContext, target: str, source: str) -> TransferPair:
    """The pair that two texts of the URL name. Raises InputError, UnknownIdError."""
    named = read_named_pair(context, target, source)
    return TransferPair(_described(context, named.target), _described(context, named.source), named)


def _described(context: RunContext, named: NamedParty) -> DescribedParty:
    party = named.party
    if named.is_group:
        note = Message("{n:,} users", n=len(party.histories))
        titles, heading = _typical(context.dataset, party.histories), Message("Typical items")
        if party.agreement:
            titles, heading = _newest_of_each(context.dataset, party), Message("Newest items of each")
    else:
        history, catalogue = party.histories[0], context.dataset.catalogue
        titles = tuple((catalogue.titles[item], catalogue.scenarios[item]) for item in history[::-1])
        note, heading = _length(context.dataset, history), Message("History, newest first")
    card = PartyCard(party.label, named.note or note, heading, titles, named.short, party.phrase)
    return DescribedParty(party, card)


def _newest_of_each(data: Dataset, party: TransferParty) -> tuple[tuple[str, str], ...]:
    """The newest item of each of several named users in turn, then the one before it, with the user's id."""
    members = [(data.users.external(user), items) for user, items in zip(party.users, party.histories, strict=True)]
    longest = max(map(len, party.histories))
    return tuple(
        (data.catalogue.titles[items[-back]], user)
        for back in range(1, longest + 1)
        for user, items in members
        if back <= len(items)
    )


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


def _typical(data: Dataset, histories: Sequence[History], limit: int = 40) -> tuple[tuple[str, str], ...]:
    """The items that most members have, each with the share of members."""
    counts = np.bincount(np.concatenate([np.unique(history) for history in histories]))
    ranked = np.argsort(-counts, kind="stable")[: min(limit, np.count_nonzero(counts))]
    return tuple((data.catalogue.titles[item], f"{counts[item] / len(histories):.0%}") for item in ranked)
