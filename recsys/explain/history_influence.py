"""What a recommendation hangs on: leave one item of the history out, score again, and see how far the item falls.

Exact, no approximation and no surrogate: each question is one more history for the model, and all go in one batch.
What is measured is an item's lead, its score minus the mean score of everything that may be recommended, since adding
a constant to all scores changes no list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History, read_only
from recsys.errors import InputError
from recsys.models.recommender import Recommender
from recsys.transfer import interpolate

Scorer = Callable[[Sequence[History]], np.ndarray]
"""Histories of one person -> scores (B, n_items + 1); column 0 is ignored, all others are finite."""


def blended(model: Recommender, other: np.ndarray, alpha: float) -> Scorer:
    """`blended_with` for a model's own scores."""
    return blended_with(model.scores, other, alpha)


def blended_with(own: Scorer, other: np.ndarray, alpha: float) -> Scorer:
    """The scorer of a blend, as a function of the target's history alone: α · other + (1 − α) · own(history).

    Args:
        other: (n_items + 1,) the source's scores, which stay as they are. To ask what the *source's* history does,
            give the target's scores and 1 − α.
        alpha: share of `other`, in [0, 1].
    """

    def scores(histories: Sequence[History]) -> np.ndarray:
        rows = own(histories)[:, 1:]
        mixed = interpolate(np.broadcast_to(other[1:], rows.shape), rows, alpha)
        return np.concatenate([np.full((len(mixed), 1), -np.inf), mixed], axis=1)

    return scores


@dataclass(frozen=True, eq=False)
class Influence:
    """What each item of a history does for one recommendation.

    Args:
        item: the recommended item.
        history: int (T,) the person's items, oldest first.
        lead: the item's score minus the mean of everything that may be recommended.
        rank: its place, 1 = first; ties count against it.
        effects: float64 (T,) how much of the lead goes when this one history item goes: > 0 supports, < 0 holds back.
        ranks: int64 (T,) the place without it.
    """

    item: int
    history: History
    lead: float
    rank: int
    effects: np.ndarray
    ranks: np.ndarray

    def __post_init__(self) -> None:
        for name in ("history", "effects", "ranks"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def order(self) -> np.ndarray:
        """Positions in the history, most supporting first (ties: newest first): int64 (T,)."""
        newest_first = np.arange(len(self.effects))[::-1]
        return newest_first[np.argsort(-self.effects[newest_first], kind="stable")]


def without_each(history: History) -> list[History]:
    """The history T times, each without one item."""
    return [np.delete(history, position) for position in range(len(history))]


def places(scores: np.ndarray, item: int, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lead float64 (B,) and rank int64 (B,) of an item among the allowed ones (bool (n_items + 1,))."""
    among = allowed.copy()
    among[[0, item]] = False, True
    own, rivals = scores[:, item].astype(np.float64), scores[:, among]
    return own - rivals.mean(axis=1, dtype=np.float64), np.count_nonzero(rivals >= own[:, None], axis=1)


def unseen_items(n_items: int, history: History) -> np.ndarray:
    """What may be recommended to somebody: all but what they have seen, bool (n_items + 1,)."""
    allowed = np.ones(n_items + 1, dtype=bool)
    allowed[0] = False
    allowed[history] = False
    return allowed


def influence(scorer: Scorer, history: History, item: int, allowed: np.ndarray) -> Influence:
    """Leave each history item out and score again.

    What was in the history stays out of the ranking when it is left out: the question is what it does for `item`, not
    whether it would itself be recommended.

    Args:
        scorer: a model's `scores`, or `blended(…)`.
        history: int (T,), oldest first; may be empty.
        item: the item asked about, 1 … n_items.
        allowed: bool (n_items + 1,) what may be recommended (see `unseen_items`).

    Raises:
        InputError: an item that does not exist.
    """
    if not 1 <= item < len(allowed):
        raise InputError("the item", f"must be between 1 and {len(allowed) - 1}", item)
    lead, rank = places(scorer([history, *without_each(history)]), item, allowed)
    return Influence(item, history, float(lead[0]), int(rank[0]), lead[0] - lead[1:], rank[1:])


def deletion_curve(scorer: Scorer, history: History, item: int, allowed: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The item's lead after the first 0, 1, … T items of `order` (positions) are gone: float64 (T + 1,)."""
    left = [np.delete(history, order[:gone]) for gone in range(len(order) + 1)]
    return places(scorer(left), item, allowed)[0]


def greedy_order(
    scorer: Scorer, history: History, item: int, allowed: np.ndarray, most: int | None = None
) -> np.ndarray:
    """Positions in the order in which taking them away hurts the item most at each step: int64 (≤ T,).

    Unlike the order of single effects it sees that two items may say the same. At most T²/2 histories are scored.
    """
    left: list[int] = list(range(len(history)))
    taken: list[int] = []
    for _ in range(len(history) if most is None else min(most, len(history))):
        trials = [np.delete(history, [*taken, position]) for position in left]
        worst = left[int(np.argmin(places(scorer(trials), item, allowed)[0]))]
        taken.append(worst)
        left.remove(worst)
    return np.array(taken, dtype=np.int64)
