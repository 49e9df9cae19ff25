"""The scored pair on screen: target and source, rules, scores, the exact path, and the data of the mixer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from recsys.errors import InputError
from recsys.models.recommender import Encoder
from recsys.models.table import model_label
from recsys.transfer import (
    AlphaPath,
    SourceInterests,
    Transfer,
    alpha_path,
    collaborative,
    content,
    read_weights,
    split_interests,
    transfer,
    with_method,
)
from recsys.transfer.candidates import known_items, read_range
from recsys.transfer.privacy import PrivateSource, private_transfer
from recsys.transfer.recommendations import SecondScorer, combined_scores
from recsys.transfer.source_interests import Weights
from recsys.wording import Message, tr
from ui.components.mixer import InterestPanel, InterestRow, MethodPanel, SecondList, mixer_data
from ui.embeddings.projections import item_groups_of
from ui.run_context import RunContext, run_context
from ui.shell.page_context import PageContext
from ui.shell.rules import NO_RULES, Rules
from ui.transfer.methods import fitted_method, method_options, usable_methods
from ui.transfer.pair_map import map_of_pair
from ui.transfer.parties import TransferPair, read_pair
from ui.transfer.protection import check_protection, private_source, recorded_draw, without_card_details

CONTENT = Message("tags of the items")
RULE_NAMES: Mapping[str, Message] = {
    "scenario": Message("scenario"),
    "tag": Message("tag"),
    "second_score": Message("second score"),
    "method": Message("method"),
    "what": Message("what"),
    "only": Message("only"),
    "numbers": Message("numbers"),
    "period": Message("period"),
}
"""Rules that a run may not have, inside a sentence."""


@dataclass(frozen=True, eq=False)
class ScoredPair:
    """A pair that has been scored.

    Attributes:
        transfer: the scores of target and source, and the items that may be recommended.
        path: the exact lists over α.
        mixer_data: for `ui.components.mixer.mixer`.
        beside: the method whose list is shown beside the first; "" for none.
        problem: why the list of the method that was asked for is not shown; "" where it is.
    """

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
        return _cached_pair(folder, target, source, k, rules, map_folder, draw, beside)


@st.cache_resource(max_entries=64, show_spinner=False)
def _cached_pair(
    folder: str, target: str, source: str, k: int, rules: Rules, map_folder: str, draw: int, beside: str
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
        check_protection(pair, target, source, rules)
    weights = read_weights(rules.interests)
    interests = interests_of_source(context, pair) if rules.what == "interests" else None
    linear = _linear_blend(context, pair, rules, interests, weights)
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
    scores = [_scores_over_items(context, one, rules) for one in shown]
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
        methods=MethodPanel(method_options(context), rules.method, second) if interests is None else None,
    )
    return ScoredPair(pair, rules, scored, paths[0], payload, beside if other else "", problem)


def _linear_blend(
    context: RunContext, pair: TransferPair, rules: Rules, interests: SourceInterests | None, weights: Weights
) -> Transfer:
    """The pair by the linear blend, with the rules about items."""
    if interests is not None and rules.method != NO_RULES.method:
        fix = Message("Choose the linear blend under Rules, or transfer the next choice.")
        raise InputError("transferring interests", "needs the linear blend", rules.method, fix)
    scored = transfer(
        context.run.model,
        pair.target.party,
        pair.source.party,
        catalogue=context.dataset.catalogue,
        scenario=pair.scenario or rules.scenario,
        tag=rules.tag,
        among=_among(context, rules),
        without_sources=rules.hide_source,
        interests=interests,
        weights=weights,
    )
    allowed = scored.allowed.copy()
    allowed[pair.seen] = False  # the target's items in another time or scenario are not new to them either
    return replace(scored, allowed=allowed)


def _by_method(
    context: RunContext, pair: TransferPair, linear: Transfer, name: str, private: PrivateSource | None
) -> Transfer:
    """The pair by a transfer method; of a protected source from its noised embedding alone. Raises InputError."""
    method = fitted_method(context.folder, name, pair.scenarios)
    if private is not None:
        return private_transfer(replace(linear, method=method), private)
    return linear if name == NO_RULES.method else with_method(linear, method)


def _scores_over_items(context: RunContext, scored: Transfer, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Scores of target and source with the second score mixed in: float64 (n_items + 1,), −inf where not allowed."""
    mixed = combined_scores(scored, second_scorer(context, rules), rules.weight)
    target, source = (np.where(scored.allowed, scores.astype(np.float64), -np.inf) for scores in mixed)
    return target, source


def _among(context: RunContext, rules: Rules) -> np.ndarray | None:
    """The items that the rules about items leave: bool (n_items + 1,); None without such rules. Raises InputError."""
    among = rules.candidates.among(context.dataset)
    cold = context.dataset.item_counts == 0 if rules.cold_items else None
    return cold if among is None else among if cold is None else among & cold


def interests_of_source(context: RunContext, pair: TransferPair) -> SourceInterests:
    """The interests of a source, by the groups on the map of items. Raises InputError for a model without vectors."""
    groups, names = item_groups_of(context.folder, "interests")
    return split_interests(context.interests, pair.source.party, groups.labels, names)


def interest_panel(
    context: RunContext, rules: Rules, interests: SourceInterests | None, weights: Weights
) -> InterestPanel | None:
    """What the mixer shows of the interests of a source; None where the model has none.

    With a second score the browser leaves the list to the server: that score is mixed in after standardising.
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
    live = not (rules.second_score and rules.weight)
    return InterestPanel(True, rows, tuple(one.scores for one in interests.interests) if live else ())


def second_scorer(context: RunContext, rules: Rules) -> SecondScorer | None:
    """The second score that the rules name; None without one. Raises InputError where the run has no such model."""
    if not rules.second_score or not rules.weight or rules.epsilon:
        return None
    if rules.second_score == CONTENT:
        return content(context.dataset.catalogue)
    if rules.second_score not in context.run.models:
        raise InputError(
            "the second score", "must be a model of this run", rules.second_score, "Choose another under Rules."
        )
    return collaborative(context.run.models[rules.second_score])


def second_scores(context: RunContext) -> list[str]:
    """The second scores that a run offers: its other models, and the tags of the items if it has any."""
    others = [name for name in context.run.models if name != context.run.model.name]
    return others + [CONTENT] * any(context.dataset.catalogue.tags)


def applicable_rules(context: RunContext, rules: Rules) -> tuple[Rules, tuple[Message, ...]]:
    """The rules that can be applied to this run, and a sentence about each other rule of the link.

    The protection of the source is never left out: where it is impossible, `build_scored_pair` raises an error.
    """
    catalogue, problems = context.dataset.catalogue, []
    known = {
        "scenario": rules.scenario in ("", *catalogue.scenario_names),
        "tag": not rules.tag or any(rules.tag in tags for tags in catalogue.tags),
        "second_score": rules.second_score in ("", *second_scores(context)),
        "method": rules.method == NO_RULES.method or rules.method in usable_methods(context),  # reads all item texts
        "what": rules.what != "interests" or isinstance(context.run.model, Encoder),
        "only": not rules.only or len(known_items(context.dataset, rules.only)) > 0,
        "numbers": not rules.numbers or read_range(rules.numbers)[0] in catalogue.numbers,
        "period": not rules.period or context.dataset.timestamps is not None,
    }
    for name in (name for name, is_known in known.items() if not is_known):
        subject = Message("the {rule} under Rules", rule=RULE_NAMES[name])
        value = model_label(rules.second_score) if name == "second_score" else getattr(rules, name)
        problems.append(InputError(subject, "must be one that this run has", value, "It is not applied.").message)
        default: dict[str, Any] = {name: getattr(NO_RULES, name)}
        rules = replace(rules, **default)
    return rules, tuple(problems)


def random_pair(context: RunContext, seed: int, target_text: str = "") -> tuple[str, str]:
    """Two users with different interests and enough items, as target and source are written in the URL.

    Args:
        target_text: a given target; only the source is chosen then.
    """
    lengths, rng = context.dataset.lengths, np.random.default_rng(seed)
    enough = np.flatnonzero(lengths >= min(8, int(np.median(lengths))))
    short = enough[lengths[enough] <= max(40, int(np.median(lengths[enough])))]
    kind, _, value = target_text.partition(":")
    if kind == "user" and value in context.dataset.users:
        target = context.dataset.users.index(value)
    else:
        target = int(rng.choice(short if len(short) else enough))
    others = enough[enough != target] if len(enough) > 1 else enough
    if isinstance(context.run.model, Encoder):
        vectors = context.vectors
        similarity = vectors[others] @ vectors[target] / np.maximum(np.linalg.norm(vectors[others], axis=1), 1e-9)
        others = others[np.argsort(similarity, kind="stable")[: max(1, len(others) // 10)]]
    users = context.dataset.users
    return f"user:{users.external(target)}", f"user:{users.external(int(rng.choice(others)))}"
