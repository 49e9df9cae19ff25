"""The scores and the list of a case: a pair of parties under rules, by a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from recsys.cases.parties import NamedPair
from recsys.cases.rules import NO_RULES, Rules
from recsys.cases.run_parts import RunParts
from recsys.errors import InputError
from recsys.models.recommender import Encoder
from recsys.models.table import model_label
from recsys.transfer import (
    Recommendations,
    SourceInterests,
    Transfer,
    collaborative,
    content,
    read_weights,
    recommend,
    split_interests,
    transfer,
    with_method,
)
from recsys.transfer.candidates import known_items, read_range
from recsys.transfer.recommendations import SecondScorer, combined_scores
from recsys.transfer.source_interests import Weights
from recsys.wording import Message

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


def score_pair(parts: RunParts, pair: NamedPair, rules: Rules) -> Transfer:
    """The scores of target and source under the rules, and which items may be recommended.

    Raises:
        InputError: a rule leaves nothing, is not one of this run, or contradicts another; or the source is protected:
            its noise is drawn in the app, once, and can't be drawn again.
    """
    if rules.epsilon:
        fix = Message("Open the case on Transfer, or leave the protection out.")
        raise InputError("a protected source", "can't be computed outside the app", f"ε = {rules.epsilon:g}", fix)
    interests = interests_of_source(parts, pair) if rules.what == "interests" else None
    linear = linear_blend(parts, pair, rules, interests, read_weights(rules.interests))
    return by_method(parts, pair, linear, rules.method)


def ranked_list(parts: RunParts, scored: Transfer, rules: Rules, alpha: float, k: int) -> Recommendations:
    """The k best items of a scored pair with all rules, those for the exported list included. Raises InputError."""
    return recommend(
        scored,
        alpha,
        k,
        second_scorer=second_scorer(parts, rules),
        weight=rules.weight,
        diversity=rules.diversity,
        pins=known_items(parts.dataset, rules.pin),
        per_tag=rules.per_tag,
        catalogue=parts.dataset.catalogue,
    )


def linear_blend(
    parts: RunParts, pair: NamedPair, rules: Rules, interests: SourceInterests | None, weights: Weights
) -> Transfer:
    """The pair by the linear blend, with the rules about items."""
    if interests is not None and rules.method != NO_RULES.method:
        fix = Message("Choose the linear blend under Rules, or transfer the next choice.")
        raise InputError("transferring interests", "needs the linear blend", rules.method, fix)
    return transfer(
        parts.run.model,
        pair.target.party,
        pair.source.party,
        catalogue=parts.dataset.catalogue,
        scenario=pair.scenario or rules.scenario,
        tag=rules.tag,
        among=items_of_rules(parts, rules),
        without_sources=rules.hide_source,
        interests=interests,
        weights=weights,
        also_left_out=pair.seen,  # the target's items in another time or scenario are not new to them either
    )


def by_method(parts: RunParts, pair: NamedPair, linear: Transfer, name: str) -> Transfer:
    """The pair by a transfer method, from its linear blend. Raises InputError."""
    return linear if name == NO_RULES.method else with_method(linear, parts.fitted_method(name, pair.scenarios))


def scores_over_items(parts: RunParts, scored: Transfer, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Scores of target and source with the second score mixed in: float64 (n_items + 1,), −inf where not allowed."""
    mixed = combined_scores(scored, second_scorer(parts, rules), rules.weight)
    target, source = (np.where(scored.allowed, scores.astype(np.float64), -np.inf) for scores in mixed)
    return target, source


def items_of_rules(parts: RunParts, rules: Rules) -> np.ndarray | None:
    """The items that the rules about items leave: bool (n_items + 1,); None without such rules. Raises InputError."""
    among = rules.candidates.among(parts.dataset)
    cold = parts.dataset.item_counts == 0 if rules.cold_items else None
    return cold if among is None else among if cold is None else among & cold


def interests_of_source(parts: RunParts, pair: NamedPair) -> SourceInterests:
    """The interests of a source, by the groups on the map of items. Raises InputError for a model without vectors."""
    groups, names = parts.item_groups
    return split_interests(parts.interests, pair.source.party, groups.labels, names)


def second_scorer(parts: RunParts, rules: Rules) -> SecondScorer | None:
    """The second score that the rules name; None without one. Raises InputError where the run has no such model."""
    if not rules.second_score or not rules.weight or rules.epsilon:
        return None
    if rules.second_score == CONTENT:
        return content(parts.dataset.catalogue)
    if rules.second_score not in parts.run.models:
        raise InputError(
            "the second score", "must be a model of this run", rules.second_score, "Choose another under Rules."
        )
    return collaborative(parts.run.models[rules.second_score])


def second_scores(parts: RunParts) -> list[str]:
    """The second scores that a run offers: its other models, and the tags of the items if it has any."""
    others = [name for name in parts.run.models if name != parts.run.model.name]
    return others + [CONTENT] * any(parts.dataset.catalogue.tags)


def applicable_rules(parts: RunParts, rules: Rules) -> tuple[Rules, tuple[Message, ...]]:
    """The rules that can be applied to this run, and a sentence about each other rule of the link.

    The protection of the source is never left out: where it is impossible, `score_pair` raises an error.
    """
    catalogue, problems = parts.dataset.catalogue, []
    known = {
        "scenario": rules.scenario in ("", *catalogue.scenario_names),
        "tag": not rules.tag or any(rules.tag in tags for tags in catalogue.tags),
        "second_score": rules.second_score in ("", *second_scores(parts)),
        "method": rules.method == NO_RULES.method or rules.method in parts.methods,  # reads all item texts
        "what": rules.what != "interests" or isinstance(parts.run.model, Encoder),
        "only": not rules.only or len(known_items(parts.dataset, rules.only)) > 0,
        "numbers": not rules.numbers or read_range(rules.numbers)[0] in catalogue.numbers,
        "period": not rules.period or parts.dataset.dated,
    }
    for name in (name for name, is_known in known.items() if not is_known):
        subject = Message("the {rule} under Rules", rule=RULE_NAMES[name])
        value = model_label(rules.second_score) if name == "second_score" else getattr(rules, name)
        problems.append(InputError(subject, "must be one that this run has", value, "It is not applied.").message)
        default: dict[str, Any] = {name: getattr(NO_RULES, name)}
        rules = replace(rules, **default)
    return rules, tuple(problems)
