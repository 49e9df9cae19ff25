"""What a user's long-term interest and next choice are made of: which history items each leans on, and what each lists.

An interest is a weighted sum of item vectors, so the share of an item in it is exact. The next choice is computed by a
network, so each item is left out and all items are scored again: its share is the change of the scores (standard
deviation over the candidates), of the sum of all such changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Catalogue, History, read_only
from recsys.embeddings.interests import InterestModel
from recsys.errors import InputError
from recsys.explain.history_influence import Scorer
from recsys.models.recommender import batched, scores_at_once
from recsys.transfer import AlphaPath
from recsys.wording import Message

MOST = 40
"""Newest items that are left out one by one; older ones are left out together."""


@dataclass(frozen=True, eq=False)
class Reliance:
    """How much the interest and the next choice of a user lean on each item.

    Attributes:
        items: int32 (n,) the newest items of the history, newest first, n ≤ MOST.
        interests, next_choice: float64 (n,) the share of each, 0 … 1.
        older: the share of all older items together, of the interest and of the next choice. With it each sums to 1.
    """

    items: np.ndarray
    interests: np.ndarray
    next_choice: np.ndarray
    older: tuple[float, float]

    def __post_init__(self) -> None:
        for name in ("items", "interests", "next_choice"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def of_newest(self, count: int) -> tuple[float, float]:
        """The share of the newest items together, of the interest and of the next choice."""
        return float(self.interests[:count].sum()), float(self.next_choice[:count].sum())


def reliance(interests: InterestModel, scorer: Scorer, history: History, candidates: np.ndarray) -> Reliance:
    """How much the interest and the next choice lean on each item of a history, which may be empty.

    Args:
        scorer: the model's `scores`.
        candidates: bool (n_items + 1,), the items whose scores count.

    Raises:
        InputError: there are no candidates, so no score can change.
    """
    if not candidates.any():
        fix = Message("Choose a user who has not had every item.")
        raise InputError("the history", "must leave items that may be recommended", fix=fix)
    count = min(len(history), MOST)
    age = np.arange(len(history))
    recency = np.exp2(-age / interests.half_life)  # newest first
    of_interest = recency / max(recency.sum(), 1e-300)
    without = [np.delete(history, len(history) - 1 - back) for back in range(count)]
    if len(history) > count:
        without.append(history[-count:])
    moved = _changes(scorer, history, without, candidates)
    moved = moved / max(moved.sum(), 1e-300)
    older = (float(of_interest[count:].sum()), float(moved[count:].sum()))
    return Reliance(history[::-1][:count], of_interest[:count], moved[:count], older)


def _changes(scorer: Scorer, history: History, without: Sequence[History], candidates: np.ndarray) -> np.ndarray:
    """Standard deviation over the candidates of the change of their scores, for each other history: float64 (n,)."""
    whole = scorer([history])[0][candidates].astype(np.float64)
    size = scores_at_once(len(candidates) - 1)
    rows = [scorer(batch)[:, candidates].astype(np.float64) - whole for batch in batched(without, size)]
    return np.concatenate([row.std(axis=1) for row in rows]) if rows else np.zeros(0)


@dataclass(frozen=True)
class LikeNewest:
    """How many items of each list are of the same kind as the newest item of the history.

    Attributes:
        kind: the scenario of the newest item, else its first tag; "" where it has neither.
        next_choice, interests, history: the share of such items, 0 … 1, in the two lists and in the history.
    """

    kind: str
    next_choice: float
    interests: float
    history: float


def like_newest(
    catalogue: Catalogue, history: History, next_choice: Sequence[int], interests: Sequence[int]
) -> LikeNewest:
    """Compares the list by the next choice and the list by interests with the newest item of a history of ≥ 1 items."""
    newest = int(history[-1])
    scenario = catalogue.scenarios[newest] if len(catalogue.scenario_names) > 1 else ""
    kind = scenario or next(iter(catalogue.tags[newest]), "")

    def share(items: Sequence[int] | np.ndarray) -> float:
        same = [catalogue.scenarios[i] == kind if scenario else kind in catalogue.tags[i] for i in items]
        return float(np.mean(same)) if kind and same else 0.0

    return LikeNewest(kind, share(next_choice), share(interests), share(history))


def replaced(path: AlphaPath, alphas: Sequence[float] | np.ndarray) -> np.ndarray:
    """How many items of the target's own list the blend at each α has replaced: int64 (n,)."""
    own = set(path.at(0.0))
    return np.array([len(own - set(path.at(float(alpha)))) for alpha in alphas], dtype=np.int64)
