"""The two parts of a history that a map from source to target is fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.wording import Message

MOST_USERS = 20_000  # a map is fitted on at most so many, evenly spaced
FEWEST_USERS = 20

Scenarios = tuple[str, str]  # of the source, of the target
Part = TypeVar("Part")


def paired_parts(
    dataset: Dataset, users: Sequence[int] | np.ndarray, scenarios: Scenarios | None
) -> tuple[list[History], list[History]]:
    """Source part and target part of the users who have both, in the same order.

    With scenarios these are a user's items in each of the two; without, the first and the second half of a history.

    Raises:
        InputError: a scenario that the data does not have, or fewer than 20 users with both parts.
    """
    pairs = []
    if scenarios is None:
        histories = [dataset.history(int(user)) for user in users]
        pairs = [(history[: len(history) // 2], history[len(history) // 2 :]) for history in histories]
    else:
        pairs = list(zip(*(scenario_parts(dataset, users, scenario) for scenario in scenarios), strict=True))
    both = evenly([pair for pair in pairs if len(pair[0]) and len(pair[1])])
    if len(both) < FEWEST_USERS:
        if scenarios is None:
            rule = Message("needs at least {n} users with a history of two items", n=FEWEST_USERS)
        else:
            rule = Message(
                "needs at least {n} users with items in {source} and in {target}",
                n=FEWEST_USERS,
                source=scenarios[0],
                target=scenarios[1],
            )
        fix = Message("Use the linear blend, or the text bridge, which needs no shared users.")
        raise InputError("the map", rule, len(both), fix)
    return [source for source, _ in both], [target for _, target in both]


def scenario_parts(dataset: Dataset, users: Sequence[int] | np.ndarray, scenario: str) -> list[History]:
    """Each user's items in a scenario; may be empty. Raises InputError for a scenario that the data does not have."""
    names = dataset.catalogue.scenario_names
    if scenario not in names:
        rule = Message("must be one of {names}", names=", ".join(names) or Message("none: the data has none"))
        raise InputError("scenario", rule, scenario)
    inside = dataset.catalogue.in_scenario(scenario)
    histories = (dataset.history(int(user)) for user in users)
    return [history[inside[history]] for history in histories]


def evenly(parts: Sequence[Part]) -> list[Part]:
    """At most `MOST_USERS` of them, evenly spaced."""
    keep = np.unique(np.linspace(0, max(len(parts) - 1, 0), min(len(parts), MOST_USERS)).astype(int))
    return [parts[int(place)] for place in keep]
