"""Protection of the source: what it can't be combined with, its draws of noise, and the budget spent."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from recsys.cases.parties import MEDOID, SEVERAL, SeveralUsers, group_of
from recsys.cases.rules import Rules
from recsys.data.ids import IdMap
from recsys.errors import ProtectionError, StudioError
from recsys.models.recommender import Encoder
from recsys.transfer.agreement import MEAN
from recsys.transfer.methods import DEFAULT
from recsys.transfer.privacy import PrivacyParameters, PrivateSource, make_private, without_histories
from recsys.transfer.privacy_budget import Draw, check_budget, hashed_id, spent
from recsys.wording import Message, tr
from recsys.workspace import Space
from recsys.workspace.keys import workspace_key
from recsys.workspace.privacy_ledger import record_draw, shown_draws
from ui import cache
from ui.run_context import RunContext
from ui.shell import state
from ui.transfer.parties import DescribedParty, TransferPair, read_pair

SOURCES, TARGETS = ("user", SEVERAL, "column", "everyone"), ("user", SEVERAL, "items", "column", "everyone")


def privacy_parameters(context: RunContext, epsilon: float) -> PrivacyParameters:
    """The privacy parameters at an ε for the data of a run. Raises ProtectionError without user embeddings."""
    if not isinstance(context.run.model, Encoder):
        fix = Message("Open a run of a model with embeddings, or turn the protection off under Rules.")
        raise ProtectionError(
            "the model of a protected source", "must have user embeddings", context.run.model.name, fix
        )
    return PrivacyParameters(epsilon, context.dataset.n_users, cache.clip_of(context.folder))


def check_protection(pair: TransferPair, target: str, source: str, rules: Rules, beside: str = "") -> None:
    """Raises ProtectionError where anything but the noised embedding would depend on the source's histories.

    Args:
        beside: the method whose list is shown beside the first; "" for none.
    """
    reading = (
        (rules.hide_source, Message("leaving out the items of the source")),
        (rules.cold_items, Message("only items without interactions")),
        (rules.period, Message("only items first chosen in a period")),
        (rules.second_score and rules.weight, Message("a second score")),
        (rules.method != DEFAULT or beside, Message("a learned transfer method: it is fitted to all histories")),
        (
            rules.what == "interests",
            Message("transferring interests: one noised embedding can't be split into them"),
        ),
    )
    if conflicts := [words for is_set, words in reading if is_set]:
        fix = Message("Turn it off under Rules, or turn the protection off.")
        rule = Message("can't be combined with rules that read histories")
        raise ProtectionError("a protected source", rule, ", ".join(map(tr, conflicts)), fix)
    for described, text, kinds in ((pair.source, source, SOURCES), (pair.target, target, TARGETS)):
        if text.partition(":")[0] not in kinds or text.endswith(MEDOID):
            raise ProtectionError(
                Message("{party}, with a protected source,", party=described.card.name),
                "must be named users, a column of the user table, or everyone",
                text.partition(":")[0],
                "Other groups depend on histories. Choose another, or turn the protection off under Rules.",
            )
    if pair.source.party.agreement not in ("", MEAN):
        fix = Message("Let them agree by the mean, or turn the protection off under Rules.")
        raise ProtectionError("several users as a protected source", "must agree by the mean", fix=fix)
    if shared := set(pair.source.party.users) & set(pair.target.party.users):
        fix = Message(
            "The target’s history is read without noise. Choose another, or turn the protection off under Rules."
        )
        raise ProtectionError(
            "the target", "must contain no user of the protected source", f"{len(shared):,} in both", fix
        )


def recorded_draw(
    space: Space, context: RunContext, target: str, source: str, rules: Rules, again: bool = False
) -> int:
    """The number of the draw to show, recorded before it is shown: the newest with these parameters, or the next one.

    Args:
        again: take a new draw, which adds to the budget spent.

    Raises:
        ProtectionError: the source can't be protected, or the draw would exceed the limit. Nothing is recorded then.
    """
    pair = read_pair(context, target, source)
    check_protection(pair, target, source, rules)
    parameters, members = privacy_parameters(context, rules.epsilon), pair.source.party.users
    digest = hashlib.sha256(repr(_made_of(context, members, source, parameters)).encode()).hexdigest()
    draw = Draw(
        cache.weights_of(context.folder), source, parameters.epsilon, parameters.delta,
        made_of=digest, members=tuple(sorted(hashed_id(context.dataset.users.external(user)) for user in members)),
    )  # fmt: skip
    shown = [one for draws in shown_draws(space.folder).values() for one in draws]
    asked = replace(draw, members=None)  # older records have indexes; `made_of` depends on the members too
    known = [one.number for one in shown if replace(one, number=0, members=None) == asked]
    if known and not again:
        return max(known)
    draw = replace(draw, number=max(known, default=-1) + 1)

    def within_budget(draws: Mapping[str, Sequence[Draw]]) -> None:
        check_budget(_spent(context, draws, np.array(members)))

    record_draw(space.folder, context.dataset.rows_fingerprint, draw, within_budget)
    return draw.number


def spent_on(space: Space, context: RunContext, source: str) -> float:
    """The ε of all draws in this space together, for the most exposed user of a source."""
    return _spent(context, shown_draws(space.folder), _members(context, source))


def private_source(context: RunContext, pair: TransferPair, source: str, rules: Rules, number: int) -> PrivateSource:
    """The noised embedding of a draw; the same for the same weights, data, members, parameters and number."""
    parameters, model = privacy_parameters(context, rules.epsilon), context.run.model
    assert isinstance(model, Encoder)
    made_of = (*_made_of(context, pair.source.party.users, source, parameters), number)
    secret = hmac.new(workspace_key(state.workspace().root, "noise"), repr(made_of).encode(), hashlib.sha256).digest()
    return make_private(model, pair.source.party, parameters, secret)


def without_card_details(source: DescribedParty, rules: Rules) -> DescribedParty:
    """The source with its name and nothing of its histories."""
    card = replace(
        source.card,
        note=Message("protected, ε = {epsilon:g}", epsilon=rules.epsilon),
        heading=Message("Protected: the history is not shown"),
        titles=(),
    )
    return DescribedParty(without_histories(source.party), card)


def _made_of(
    context: RunContext, members: Sequence[int], source: str, parameters: PrivacyParameters
) -> tuple[object, ...]:
    """Everything that the noise of a source depends on, except the number of the draw and the key of this server."""
    return (
        cache.weights_of(context.folder), context.dataset.fingerprint, context.run.holdout, source, tuple(members),
        parameters.epsilon, parameters.delta, parameters.clip,
    )  # fmt: skip


def _spent(context: RunContext, draws: Mapping[str, Sequence[Draw]], members: np.ndarray) -> float:
    users, delta = context.dataset.n_users, privacy_parameters(context, 1.0).delta
    return spent(draws, members, partial(_users_of, context), users, delta)


def _members(context: RunContext, source: str) -> np.ndarray:
    """User indexes of a source in the open data; all users where it names none of them."""
    kind, _, value = source.partition(":")
    if kind == "user" and value in context.dataset.users:
        return np.array([context.dataset.users.index(value)])
    try:
        if kind == SEVERAL:
            return np.array([context.dataset.users.index(user) for user in SeveralUsers.parse(source).ids])
        return group_of(context, source, None)[0]
    except StudioError:
        return np.arange(context.dataset.n_users)


def _users_of(context: RunContext, data: str, draw: Draw) -> np.ndarray:
    """User indexes in the open data that a draw may have read, also a draw on other data: who has the same id counts.

    An older record without ids counts for the user whom its source names, else for all users: the user table that
    defined a group may have been replaced since, and the indexes are of other data.
    """
    dataset, members = context.dataset, draw.members
    if members is not None and isinstance(members[0], str):
        index = _index_by_hash(dataset.rows_fingerprint, dataset.users)
        return np.array([index[member] for member in members if member in index], dtype=int)
    if members is not None and data == dataset.rows_fingerprint:
        return np.array(members)
    kind, _, user = draw.source.partition(":")
    if kind != "user":
        return np.arange(dataset.n_users)
    return np.array([dataset.users.index(user)] if user in dataset.users else [], dtype=int)


@st.cache_resource(max_entries=4, show_spinner=False)
def _index_by_hash(fingerprint: str, _users: IdMap) -> dict[str | int, int]:
    return {hashed_id(user): index for index, user in enumerate(_users.ids)}
