"""Whose taste: one person, a group, neighbours, one person in another time or scenario, the average, a composed one.

A taste is nothing but histories, so that it needs no training: its representation is the mean of theirs, and its scores
are the mean of their scores. Both are linear, so blending two tastes stays exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from recsys.data.dataset import Dataset, History, read_only
from recsys.embeddings import nearest
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender, batched
from recsys.transfer.path.alpha_path import check_alpha

MINIMUM_GROUP = 5
"""The fewest people whose mean may stand for a group: below that, the mean gives single people away."""
AVERAGE_OF = 500  # people the average taste is taken from at most

_PHRASES = {
    "user": "{}’s taste",
    "composed": "the taste of {}",
    "medoid": "the taste of {}",
    "time": "the taste of {}",
    "scenario": "the taste of {}",
    "average": "{}",
}


@dataclass(frozen=True, eq=False)
class TransferParty:
    """Whose interests are meant.

    Args:
        label: a short name ("user 42", "cluster “hiking, maps, trails”").
        kind: what it is: "user", "composed", "medoid", "time", "scenario", "average"; anything else names a group.
        histories: of its members, oldest first; at least one (which may be empty: nothing is known).
        users: who they are (user indexes); empty for a composed history.

    Raises:
        InputError: there is no history.
    """

    label: str
    kind: str
    histories: tuple[History, ...]
    users: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.histories:
            raise InputError(self.label, "must have at least one person", 0, "Choose another group.")
        object.__setattr__(self, "histories", tuple(read_only(np.asarray(h, np.int32)) for h in self.histories))

    @property
    def phrase(self) -> str:
        """How it is called in a sentence: "user 42’s taste", "the mean of cluster “hiking, maps”"."""
        return _PHRASES.get(self.kind, "the mean of {}").format(self.label)


def party_scores(model: Recommender, party: TransferParty) -> np.ndarray:
    """The mean of the members' scores: float32 (n_items + 1,), [0] = −inf."""
    total = np.zeros(model.n_items + 1)
    with np.errstate(invalid="ignore"):
        for histories in batched(party.histories, 64):
            total += model.scores(histories).sum(axis=0, dtype=np.float64)
    return (total / len(party.histories)).astype(np.float32)


def party_embedding(model: Encoder, party: TransferParty) -> np.ndarray:
    """The mean of the members' representations: float32 (d,)."""
    vector: np.ndarray = model.encode(party.histories).mean(axis=0, dtype=np.float64).astype(np.float32)
    return vector


def blend_sentence(target: TransferParty, source: TransferParty, alpha: float) -> str:
    """What is blended, in words: "70% of user 42’s taste + 30% of the mean of cluster “hiking, maps”"."""
    share = 100 * check_alpha(alpha)
    return f"{100 - share:.3g}% of {target.phrase} + {share:.3g}% of {source.phrase}"


def party_of_user(dataset: Dataset, user: int, history: History | None = None) -> TransferParty:
    """One person; `history` where less than everything may be read."""
    known = dataset.history(user) if history is None else history
    return TransferParty(f"user {dataset.users.external(user)}", "user", (known,), (int(user),))


def party_of_items(items: Sequence[int] | np.ndarray, label: str = "a new person") -> TransferParty:
    """Somebody made up by clicking items, oldest first."""
    return TransferParty(label, "composed", (np.asarray(items, dtype=np.int32),))


def party_of_group(
    dataset: Dataset,
    users: Sequence[int] | np.ndarray,
    label: str,
    *,
    kind: str = "group",
    histories: Sequence[History] | None = None,
    minimum: int = MINIMUM_GROUP,
) -> TransferParty:
    """The mean of some people.

    Raises:
        InputError: fewer than `minimum` people.
    """
    members = tuple(int(user) for user in users)
    if len(members) < minimum:
        fix = "A small group’s mean gives its members away. Choose a larger one."
        raise InputError(label, f"must have at least {minimum} people", len(members), fix)
    return TransferParty(label, kind, tuple(dataset.histories(members) if histories is None else histories), members)


def medoid_party(model: Encoder, group: TransferParty) -> TransferParty:
    """The most typical person of a group: the member whose representation is nearest to the mean."""
    vectors = model.encode(group.histories)
    middle = int(nearest(vectors, vectors.mean(axis=0), 1)[0][0])
    users = (group.users[middle],) if group.users else ()
    return TransferParty(f"the most typical person of {group.label}", "medoid", (group.histories[middle],), users)


def party_of_neighbours(
    model: Encoder, dataset: Dataset, target: TransferParty, count: int = 10, vectors: np.ndarray | None = None
) -> TransferParty:
    """The mean of the people whose representations are most like the target's (who is not one of them).

    Args:
        vectors: everybody's representations, float32 (n_users, d), where they are at hand.
    """
    everybody = model.encode(dataset.histories()) if vectors is None else vectors
    found = nearest(everybody, party_embedding(model, target), count + len(target.users))[0]
    users = [int(user) for user in found if user not in target.users][:count]
    label = f"the {len(users)} people nearest to {target.label}"
    return TransferParty(label, "neighbours", tuple(dataset.histories(users)), tuple(users))


def parties_before_and_after(dataset: Dataset, user: int, moment: float) -> tuple[TransferParty, TransferParty]:
    """One person since a moment (target) and before it (source).

    Args:
        moment: unix seconds.

    Raises:
        InputError: the data has no times, or everything lies on one side.
    """
    if dataset.timestamps is None:
        raise InputError("the data", "must have times to go back in time", fix="Load data with a time column.")
    history, rows = dataset.history(user), slice(dataset.offsets[user], dataset.offsets[user + 1])
    before = dataset.timestamps[rows] < moment
    name = f"user {dataset.users.external(user)}"
    if before.all() or not before.any():
        raise InputError("the day", f"must lie within the timeline of {name}", moment, "Choose one between two items.")
    at = datetime.fromtimestamp(moment, UTC)
    day = f"{at.day} {at:%B %Y}"
    return (
        TransferParty(f"{name} since {day}", "time", (history[~before],), (user,)),
        TransferParty(f"{name} before {day}", "time", (history[before],), (user,)),
    )


def party_in_scenario(dataset: Dataset, user: int, scenario: str, history: History | None = None) -> TransferParty:
    """What one person does in one scenario. Raises InputError for a scenario the data doesn't have."""
    names = dataset.catalogue.scenario_names
    if scenario not in names:
        raise InputError("scenario", f"must be one of {', '.join(names) or 'none: the data names none'}", scenario)
    known = dataset.history(user) if history is None else history
    inside = known[dataset.catalogue.in_scenario(scenario)[known]]
    return TransferParty(f"user {dataset.users.external(user)} in {scenario}", "scenario", (inside,), (int(user),))


def average_party(dataset: Dataset, histories: Sequence[History] | None = None) -> TransferParty:
    """The average person: the mean of everybody, or of 500 people evenly spread over the data where there are more."""
    users = np.unique(np.linspace(0, dataset.n_users - 1, min(dataset.n_users, AVERAGE_OF)).astype(int))
    known = dataset.histories(users) if histories is None else [histories[user] for user in users]
    return TransferParty("the average taste", "average", tuple(known), tuple(int(user) for user in users))
