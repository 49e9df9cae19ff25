"""The scored pair on screen: target and source, rules, scores, the exact path, and the data of the mixer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from recsys.cases.parties import MEDOID
from recsys.cases.rules import Rules
from recsys.cases.scoring import by_method, interests_of_source, linear_blend, scores_over_items
from recsys.errors import InputError, StudioError
from recsys.models.recommender import Encoder
from recsys.transfer import (
    AlphaPath,
    SourceInterests,
    Transfer,
    alpha_path,
    read_weights,
)
from recsys.transfer.privacy import PrivateSource, private_transfer
from recsys.transfer.source_interests import Weights
from recsys.wording import tr
from ui.components.mixer import InterestPanel, InterestRow, MethodPanel, SecondList, mixer_data
from ui.run_context import RunContext, run_context
from ui.shell import state
from ui.shell.page_context import PageContext
from ui.transfer.methods import method_options
from ui.transfer.pair_map import map_of_pair
from ui.transfer.parties import TransferPair, read_pair
from ui.transfer.protection import check_protection, private_source, recorded_draw, without_card_details


@dataclass(frozen=True, eq=False)
class ScoredPair:
    """A pair that has been scored.

    Attributes:
        model: the name of the model that scored it.
        transfer: the scores of target and source, and the items that may be recommended.
        path: the exact lists over α.
        mixer_data: for `ui.components.mixer.mixer`.
        beside: the method whose list is shown beside the first; "" for none.
        problem: why the list of the method that was asked for is not shown; "" where it is.
    """

    model: str
    pair: TransferPair
    rules: Rules
    transfer: Transfer
    path: AlphaPath
    mixer_data: Mapping[str, Any]
    beside: str = ""
    problem: str = ""


def scored_pair(
    page: PageContext,
    context: RunContext,
    target: str,
    source: str,
    rules: Rules,
    map_folder: str = "",
    beside: str = "",
) -> ScoredPair:
    """The case for a visitor: a protected source is noted as shown to their space first. Raises StudioError."""
    draw = recorded_draw(page.space, context, target, source, rules) if rules.epsilon else 0
    return cached_pair(context.folder, target, source, page.view.k, rules, map_folder, draw, beside)


def cached_pair(
    folder: str, target: str, source: str, k: int, rules: Rules, map_folder: str = "", draw: int = 0, beside: str = ""
) -> ScoredPair:
    """`build_scored_pair`, computed once for all visitors who may open the run, in whatever language."""
    with st.spinner(tr("Scoring source and target …")):
        return _cached_pair(folder, target, source, k, rules, map_folder, draw, beside, _group_names(target, source))


def _group_names(*parties: str) -> tuple[str, ...]:
    """The names that saved groups have now; they may have been renamed since they were scored."""
    found = []
    for text in parties:
        kind, _, entry_id = text.removesuffix(MEDOID).partition(":")
        if kind == "group":
            with suppress(StudioError):  # said where the pair is read
                found.append(state.workspace().find(entry_id, "cohort")[0].name)
    return tuple(found)


@st.cache_resource(max_entries=64, show_spinner=False)
def _cached_pair(
    folder: str,
    target: str,
    source: str,
    k: int,
    rules: Rules,
    map_folder: str,
    draw: int,
    beside: str,
    group_names: tuple[str, ...],
) -> ScoredPair:
    return build_scored_pair(folder, target, source, k, rules, map_folder, draw, beside)


def build_scored_pair(
    folder: str, target: str, source: str, k: int, rules: Rules, map_folder: str = "", draw: int = 0, beside: str = ""
) -> ScoredPair:
    """A pair with its scores and its exact path, not from the cache.

    Args:
        map_folder: the folder of a saved map of the users; "" for the instant one.
        draw: the number of the draw of noise where the source is protected.
        beside: a second transfer method, whose list is shown beside the first; "" for none.

    Raises:
        InputError, UnknownIdError, ArtifactError.
    """
    context = run_context(folder)
    pair = read_pair(context, target, source)
    if rules.epsilon:
        check_protection(pair, target, source, rules, beside)
    weights = read_weights(rules.interests)
    interests = interests_of_source(context, pair.named) if rules.what == "interests" else None
    linear = linear_blend(context, pair.named, rules, interests, weights)
    private = private_source(context, pair, source, rules, draw) if rules.epsilon else None
    scored, problem = _by_method(context, pair, linear, rules.method, private), ""
    try:
        other = _by_method(context, pair, linear, beside, private) if beside else None
    except InputError as error:  # the first list does not depend on it
        other, problem = None, error.message
    shown = (scored, *([other] if other else []))
    part = interests.vector(weights) if interests is not None and interests.interests and weights else None
    user_map = map_of_pair(
        context, pair.target.party, pair.source.party, map_folder, private, part, [one.method for one in shown]
    )
    if private is not None:
        pair = replace(pair, source=without_card_details(pair.source, rules))
    scores = [scores_over_items(context, one, rules) for one in shown]
    paths = [alpha_path(*both, k) for both in scores]
    second = SecondList(beside, paths[1], scores[1][1]) if other else None
    payload = mixer_data(
        paths[0],
        *scores[0],
        context.dataset.catalogue,
        pair.target.card,
        pair.source.card,
        user_map,
        panel=interest_panel(context, rules, interests, weights),
        methods=MethodPanel(method_options(context, rules), rules.method, second) if interests is None else None,
    )
    return ScoredPair(context.run.model.name, pair, rules, scored, paths[0], payload, beside if other else "", problem)


def _by_method(
    context: RunContext, pair: TransferPair, linear: Transfer, name: str, private: PrivateSource | None
) -> Transfer:
    """The pair by a transfer method; of a protected source from its noised embedding alone. Raises InputError."""
    if private is not None:
        return private_transfer(replace(linear, method=context.fitted_method(name, pair.scenarios)), private)
    return by_method(context, pair.named, linear, name)


def interest_panel(
    context: RunContext, rules: Rules, interests: SourceInterests | None, weights: Weights
) -> InterestPanel | None:
    """What the mixer shows of the interests of a source; None where the model has none.

    With a second score the browser leaves the list to the server: that score is mixed in after standardising. So it
    does for several named users, whose scores are not the weighted sum of the interests.
    """
    if not isinstance(context.run.model, Encoder) or rules.epsilon:
        return None
    if interests is None:
        return InterestPanel()
    titles = context.dataset.catalogue.titles
    rows = tuple(
        InterestRow(one.group, one.name, one.share, weights.get(one.group, 1.0), tuple(titles[i] for i in one.items))
        for one in interests.interests
    )
    live = not (rules.second_score and rules.weight) and not interests.agreement
    return InterestPanel(True, rows, tuple(one.scores for one in interests.interests) if live else ())


def random_pair(context: RunContext, seed: int, target_text: str = "") -> tuple[str, str]:
    """Two users with different interests and enough items, as target and source are written in the URL.

    Args:
        target_text: a given target; only the source is chosen then.

    Returns:
        "everyone" for both where the ids of all such users are too long for a link.
    """
    lengths, users, rng = context.dataset.lengths, context.dataset.users, np.random.default_rng(seed)
    longest = state.MAX_VALUE_LENGTH - len("user:")
    in_a_link = np.fromiter((len(user) <= longest for user in users.ids), dtype=bool, count=len(users))
    enough = np.flatnonzero(in_a_link & (lengths >= min(8, int(np.median(lengths)))))
    if not len(enough):
        return "everyone", "everyone"
    short = enough[lengths[enough] <= max(40, int(np.median(lengths[enough])))]
    kind, _, value = target_text.partition(":")
    if kind == "user" and value in users:
        target = users.index(value)
    else:
        target = int(rng.choice(short if len(short) else enough))
    others = enough[enough != target] if len(enough) > 1 else enough
    if isinstance(context.run.model, Encoder):
        vectors = context.vectors
        similarity = vectors[others] @ vectors[target] / np.maximum(np.linalg.norm(vectors[others], axis=1), 1e-9)
        others = others[np.argsort(similarity, kind="stable")[: max(1, len(others) // 10)]]
    return f"user:{users.external(target)}", f"user:{users.external(int(rng.choice(others)))}"
