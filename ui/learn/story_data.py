"""What the four stories on the sample say in numbers: users, measured gains, and how often planted truth is met.

Measured once, by `python -m ui.learn.measure`, and kept beside the figures of the lessons.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from recsys.cases.rules import NO_RULES
from recsys.explain.lessons.learned_transfer import gain_in_scenario
from ui.run_context import RunContext
from ui.shell import state
from ui.transfer.scored_pair import build_scored_pair

PAIRS: Mapping[str, tuple[str, str]] = {
    "social-shop": ("social", "shop"),
    "shop-courses": ("shop", "courses"),
    "courses-entertainment": ("courses", "entertainment"),
    "entertainment-social": ("entertainment", "social"),
}
ALPHA = 0.3
_TRUTH = state.ROOT / "sample_data" / "truth.json.gz"


def measure_stories(context: RunContext) -> dict[str, Any]:
    """For each story the user and the numbers of its texts.

    The user is the first with one or two items in the target scenario and with the median number of items in the source
    scenario: chosen before anything about its lists was computed.
    """
    with gzip.open(_TRUTH, "rt", encoding="utf-8") as file:
        truth = json.load(file)
    return {key: _story(context, *pair, truth) for key, pair in PAIRS.items()}


def _story(context: RunContext, source: str, target: str, truth: Mapping[str, Any]) -> dict[str, Any]:
    data, names = context.dataset, np.asarray(context.dataset.catalogue.scenarios)
    counts = {name: np.array([(names[h] == name).sum() for h in context.known_histories]) for name in (source, target)}
    cold = np.flatnonzero((counts[target] >= 1) & (counts[target] <= 2) & (counts[source] >= 5))
    usual = np.median(counts[source][cold])
    user = int(cold[np.argmin(np.abs(counts[source][cold] - usual))])
    name = data.users.external(user)
    path = build_scored_pair(context.folder, f"user:{name}", f"scenario:{source}>{target}", 10, NO_RULES).path
    gain = gain_in_scenario(context.run.model, context.run.training_rows(data), (source, target), ALPHA)
    interests = planted_interests(truth, name)
    own = {
        alpha: sum(truth["items"][data.items.external(item)]["interest"] in interests for item in path.at(alpha))
        for alpha in (0.0, ALPHA)
    }
    return {
        "user": name,
        "known": int(counts[target][user]),
        "source_items": int(counts[source][user]),
        "interests": ", ".join(sorted(interests)),
        "own_before": own[0.0],
        "own_after": own[ALPHA],
        "entered": len(set(path.at(ALPHA)) - set(path.at(0.0))),
        "first_change": path.changes[0].alpha if path.changes else 1.0,
        "gain": gain.gain.signed(3),
        "harmed": f"{gain.harmed.value:.1%}",
        "helped": f"{gain.helped:.1%}",
        "users": gain.users,
    }


def planted_interests(truth: Mapping[str, Any], user: str) -> set[str]:
    """The interests that were planted for a user, before and after half-way."""
    person = truth["people"][user]
    return {str(interest) for when in ("before", "after") for interest in person[when]}
