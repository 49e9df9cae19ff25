"""The parties of a transfer, source and target: one user, several, a group, one user in a period or scenario, …

A party is a set of histories, so it needs no training: its embedding is the mean of its members' embeddings, and its
scores are the mean of their scores. Both are linear, so a blend of two parties stays exact. Several named users may
also agree in another way, see `agreement`; their blend is exact too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History, read_only
from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.embeddings import nearest
from recsys.errors import InputError
from recsys.models.recommender import Encoder, Recommender, mean_scores
from recsys.transfer.agreement import LEAST_MISERY, MEAN, MOST_PLEASURE, MOST_USERS, agree, check_agreement
from recsys.transfer.path.alpha_path import check_alpha
from recsys.wording import Message, listed

MINIMUM_GROUP = 5
"""The smallest group whose mean may be shown: that of fewer users reveals single users."""
AVERAGE_SAMPLE = 500  # users that the average is computed from at most
NEW_USER = Message("a new user")

LEFT_OUT_BY = ("any", "half", "all")
"""Of how many members of a target an item must be left out to leave the list."""

_ONE_USER = ("composed", "medoid", "time", "scenario")  # kinds of parties with one history


@dataclass(frozen=True, eq=False)
class TransferParty:
    """A source or a target.

    Args:
        label: a short name ("user 42", "cluster “hiking, maps, trails”"), a message where it has words.
        kind: "user", "composed", "medoid", "time", "scenario", "average" or "several"; any other word means a group.
        histories: of its members, oldest item first; at least one, which may be empty (cold start).
        users: indexes of its members; empty for a composed history.
        left_out: items that are not recommended to each member as a target, by the rule of the data
            (`Dataset.left_out`); by default the histories.
        agreement: how several named users agree on a score, one of AGREEMENTS; "" for the mean of unchanged scores.
        left_out_by: of how many members an item must be left out to leave the list: "any", "half" of them, or "all".

    Raises:
        InputError: there is no history, or an unknown way of agreeing or of leaving out.
    """

    label: str
    kind: str
    histories: tuple[History, ...]
    users: tuple[int, ...] = ()
    left_out: tuple[History, ...] = ()
    agreement: str = ""
    left_out_by: str = "half"

    def __post_init__(self) -> None:
        if self.agreement:
            check_agreement(self.agreement)
        if self.left_out_by not in LEFT_OUT_BY:
            rule = Message("must be one of {names}", names=", ".join(LEFT_OUT_BY))
            raise InputError("whose items are left out", rule, self.left_out_by)
        if not self.histories:
            raise InputError(self.label, "must have at least one user", 0, "Choose another group.")
        for name in ("histories", "left_out"):
            items = getattr(self, name) or self.histories
            object.__setattr__(self, name, tuple(read_only(np.asarray(one, np.int32)) for one in items))

    @property
    def phrase(self) -> str:
        """Its interests inside a sentence: "user 42’s interests", "the mean of cluster “hiking, maps”"."""
        if self.kind == "average":
            return self.label
        if self.kind == "user":
            return Message("{user}’s interests", user=self.label)
        if self.kind in _ONE_USER:
            return Message("the interests of {user}", user=self.label)
        if self.agreement == LEAST_MISERY:
            return Message("the least misery of {group}", group=self.label)
        if self.agreement == MOST_PLEASURE:
            return Message("the most pleasure of {group}", group=self.label)
        return Message("the mean of {group}", group=self.label)


def party_scores(model: Recommender, party: TransferParty) -> np.ndarray:
    """The mean of the members' scores: float32 (n_items + 1,), [0] = −inf. Recommendations are ranked by these.

    Of several named users it is the score that they agree on (`agree`).
    """
    if party.agreement:
        return agree(model.scores(party.histories), party.agreement).astype(np.float32)
    return mean_scores(model, party.histories).astype(np.float32)


def party_embedding(model: Encoder, party: TransferParty) -> np.ndarray:
    """The mean of the members' embeddings: float32 (D,).

    It decides the party's position on the map and its neighbours. The recommended list comes from `party_scores`, which
    also contains the parts of the score that depend on the history alone (the Markov part).
    """
    vector: np.ndarray = model.encode(party.histories).mean(axis=0, dtype=np.float64).astype(np.float32)
    return vector


def blend_sentence(target: TransferParty, source: TransferParty, alpha: float) -> Message:
    """What is blended: "70% of user 42’s interests + 30% of the mean of cluster “hiking, maps”"."""
    share = 100 * check_alpha(alpha)
    return Message(
        "{rest:.3g}% of {target} + {share:.3g}% of {source}",
        rest=100 - share,
        target=target.phrase,
        share=share,
        source=source.phrase,
    )


def party_of_user(dataset: Dataset, user: int, history: History | None = None) -> TransferParty:
    """One user. `history` is the known part in place of the whole history: the user's first items."""
    known = dataset.history(user) if history is None else history
    name = dataset.users.external(user)
    label = Message("session {session}", session=name) if dataset.sessions else Message("user {user}", user=name)
    return TransferParty(label, "user", (known,), (int(user),), _left_out(dataset, [user], [known]))


def _left_out(dataset: Dataset, users: Sequence[int] | np.ndarray, histories: Sequence[History]) -> tuple[History, ...]:
    """What each user's ranking leaves out, of whose history the first items are known."""
    if not dataset.repeats.allows:
        return tuple(histories)
    return tuple(dataset.left_out(int(user), len(one)) for user, one in zip(users, histories, strict=True))


def party_of_items(
    items: Sequence[int] | np.ndarray, label: str = NEW_USER, repeats: RepeatRule = LEAVE_OUT
) -> TransferParty:
    """A new user with a composed history of item indexes, oldest first, all chosen just now."""
    history = np.asarray(items, dtype=np.int32)
    return TransferParty(label, "composed", (history,), left_out=(repeats.left_out(history),))


def party_of_users(
    dataset: Dataset,
    users: Sequence[int] | np.ndarray,
    *,
    agreement: str = MEAN,
    left_out_by: str = "any",
    histories: Sequence[History] | None = None,
) -> TransferParty:
    """Several named users together, who agree on a list. No smallest number protects them: they are named one by one.

    Args:
        users: indexes, from 2 to MOST_USERS different ones.
        agreement: how they agree, one of AGREEMENTS.
        left_out_by: as a target, leave out the items of "any" of them, of "half" of them, or those that "all" have.
        histories: the known part of each user's history, its first items, in place of the whole.

    Raises:
        InputError: too few or too many users, a user twice, an unknown way of agreeing or of leaving out.
    """
    members = tuple(int(user) for user in users)
    if len(set(members)) < len(members) or not 2 <= len(members) <= MOST_USERS:
        rule = Message("must be from {low} to {high} different users", low=2, high=MOST_USERS)
        fix = Message("Choose a single user, or a group, as such.")
        raise InputError(Message("several users together"), rule, len(members), fix)
    known = tuple(dataset.histories(members) if histories is None else histories)
    names = listed([dataset.users.external(user) for user in members], "and")
    label = Message("sessions {names}", names=names) if dataset.sessions else Message("users {names}", names=names)
    left_out = _left_out(dataset, members, known)
    return TransferParty(label, "several", known, members, left_out, check_agreement(agreement), left_out_by)


def single_users(party: TransferParty) -> tuple[TransferParty, ...]:
    """Each member of a party as a party of its own, with the label of all."""
    users: tuple[tuple[int, ...], ...] = tuple((user,) for user in party.users) or ((),) * len(party.histories)
    rows = zip(party.histories, users, party.left_out, strict=True)
    return tuple(TransferParty(party.label, "user", (history,), user, (out,)) for history, user, out in rows)


def party_of_group(
    dataset: Dataset,
    users: Sequence[int] | np.ndarray,
    label: str,
    *,
    kind: str = "group",
    histories: Sequence[History] | None = None,
    minimum: int = MINIMUM_GROUP,
) -> TransferParty:
    """A group as a party: it collects the members' histories; their mean is taken when the party is scored or encoded.

    Args:
        users: indexes of the members.
        histories: the known part of each member's history, its first items, in place of the whole.

    Raises:
        InputError: fewer than `minimum` users.
    """
    members = tuple(int(user) for user in users)
    if len(members) < minimum:
        fix = Message("The mean of a small group reveals its members. Choose a larger one.")
        raise InputError(label, Message("must have at least {n} users", n=minimum), len(members), fix)
    known = tuple(dataset.histories(members) if histories is None else histories)
    return TransferParty(label, kind, known, members, _left_out(dataset, members, known))


def medoid_party(model: Recommender, group: TransferParty) -> TransferParty:
    """The most typical member of a group: the one whose embedding is nearest to the mean.

    Raises:
        InputError: the model has no user embeddings.
    """
    label = Message("the most typical user of {group}", group=group.label)
    if not isinstance(model, Encoder):
        rule = Message("needs a model with user embeddings")
        raise InputError(label, rule, model.name, "Choose the mean of the group, or one user.")
    vectors = model.encode(group.histories)
    member = int(nearest(vectors, vectors.mean(axis=0), 1)[0][0])
    users = group.users[member : member + 1]
    return TransferParty(label, "medoid", (group.histories[member],), users, (group.left_out[member],))


def party_of_neighbours(
    model: Encoder, dataset: Dataset, target: TransferParty, count: int = 10, vectors: np.ndarray | None = None
) -> TransferParty:
    """The users with the embeddings nearest to the target's; members of the target are left out.

    The average user has no members in this sense: any user may be near to it. Of a group that holds all users, its own
    members are taken.

    Args:
        vectors: the embeddings of all users, float32 (n_users, D), if already computed.
    """
    embeddings = model.encode(dataset.histories()) if vectors is None else vectors
    members = set() if target.kind == "average" or len(target.users) >= dataset.n_users else set(target.users)
    ranked = nearest(embeddings, party_embedding(model, target), count + len(members))[0]
    users = [int(user) for user in ranked if user not in members][:count]
    label = Message("the {n:,} users nearest to {target}", n=len(users), target=target.label)
    histories = tuple(dataset.histories(users))
    return TransferParty(label, "neighbours", histories, tuple(users), _left_out(dataset, users, histories))


def parties_before_and_after(party: TransferParty, first: int, moment: str) -> tuple[TransferParty, TransferParty]:
    """One user since a moment (target) and before it (source).

    Args:
        party: of a single history.
        first: number of items before the moment; both sides have at least one item.
        moment: what the labels call it, such as a day.

    Raises:
        InputError: all items lie on one side.
    """
    history = party.histories[0]
    if not 0 < first < len(history):
        rule = Message("must lie between two items of {user}", user=party.label)
        raise InputError("the moment", rule, first, "Choose another one.")
    parts = (
        (Message("{user} since {moment}", user=party.label, moment=moment), history[first:]),
        (Message("{user} before {moment}", user=party.label, moment=moment), history[:first]),
    )
    since, before = (
        TransferParty(label, "time", (part,), party.users, (_part_of(party, part),)) for label, part in parts
    )
    return since, before


def _part_of(party: TransferParty, part: History) -> History:
    """The items of a part of the party's history that its ranking leaves out."""
    return part[np.isin(part, party.left_out[0])]


def party_in_scenario(dataset: Dataset, user: int, scenario: str, history: History | None = None) -> TransferParty:
    """The part of one user's history in a scenario. Raises InputError for a scenario that the data does not have."""
    names = dataset.catalogue.scenario_names
    if scenario not in names:
        rule = Message("must be one of {names}", names=", ".join(names) or Message("none: the data has none"))
        raise InputError("scenario", rule, scenario)
    known = dataset.history(user) if history is None else history
    whole, belongs = party_of_user(dataset, user, known), dataset.catalogue.in_scenario(scenario)
    inside = known[belongs[known]]
    label = Message("{user} in {scenario}", user=whole.label, scenario=scenario)
    return TransferParty(label, "scenario", (inside,), whole.users, (_part_of(whole, inside),))


def average_party(dataset: Dataset, histories: Sequence[History] | None = None) -> TransferParty:
    """The average user: the mean of all users, or of 500 users evenly spaced over the data where there are more."""
    users = np.unique(np.linspace(0, dataset.n_users - 1, min(dataset.n_users, AVERAGE_SAMPLE)).astype(int))
    known = dataset.histories(users) if histories is None else [histories[user] for user in users]
    members = tuple(int(user) for user in users)
    return TransferParty(
        Message("the average user"), "average", tuple(known), members, _left_out(dataset, users, known)
    )
