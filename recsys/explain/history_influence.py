"""Influence of history items on a recommendation: leave one item out, score again, compare margin and rank.

The influence is exact: each item costs one more history to score; nothing is approximated. An item's margin is its
score minus the mean score of all candidates. Adding a constant to every score changes neither the ranked list nor a
margin. The scores of all items are kept for a few histories at a time only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History, read_only
from recsys.errors import InputError
from recsys.models.recommender import batched, scores_at_once
from recsys.transfer.path.alpha_path import check_alpha
from recsys.wording import Message

Scorer = Callable[[Sequence[History]], np.ndarray]
"""Histories of one user -> scores (B, n_items + 1); column 0 is ignored, all others are finite."""


def blended_scorer(scorer: Scorer, other_scores: np.ndarray, alpha: float) -> Scorer:
    """The scorer of α · other_scores + (1 − α) · scorer(history): only the history varies.

    Args:
        scorer: of the target, to explain the target's history. For the source's history give the source's scorer, the
            target's scores and 1 − α.
        other_scores: (n_items + 1,) of the other party.
        alpha: weight of `other_scores`, in [0, 1].
    """
    of_other = check_alpha(alpha) * other_scores[1:].astype(np.float64)

    def scores(histories: Sequence[History]) -> np.ndarray:
        rows = scorer(histories).astype(np.float64)
        rows[:, 1:] *= 1 - alpha
        rows[:, 1:] += of_other
        rows[:, 0] = -np.inf
        return rows

    return scores


@dataclass(frozen=True, eq=False)
class Influence:
    """The influence of each history item on one recommendation.

    Args:
        item: the recommended item.
        history: int (T,) the user's items, oldest first.
        margin: the item's score minus the mean score of all candidates.
        rank: the item's rank, 1 = first; ties count against it.
        effects: float64 (T,) the margin lost without this history item: > 0 supports the item, < 0 counts against it.
        ranks: int64 (T,) the item's rank without this history item.
    """

    item: int
    history: History
    margin: float
    rank: int
    effects: np.ndarray
    ranks: np.ndarray

    def __post_init__(self) -> None:
        for name in ("history", "effects", "ranks"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def order(self) -> np.ndarray:
        """Positions in the history, largest effect first (ties: newest first): int64 (T,)."""
        newest_first = np.arange(len(self.effects))[::-1]
        return newest_first[np.argsort(-self.effects[newest_first], kind="stable")]


def margins_and_ranks(scores: np.ndarray, item: int, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Margin float64 (B,) and rank int64 (B,) of an item among the candidates and itself.

    Args:
        scores: (B, n_items + 1).
        candidates: bool (n_items + 1,).
    """
    compared = candidates.copy()
    compared[[0, item]] = False, True
    of_item, of_all = scores[:, item].astype(np.float64), scores[:, compared]
    return of_item - of_all.mean(axis=1, dtype=np.float64), np.count_nonzero(of_all >= of_item[:, None], axis=1)


def score_in_parts(
    scorer: Scorer, histories: Sequence[History], item: int, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`margins_and_ranks` of the scores of each history, which are never all in memory."""
    parts = batched(histories, scores_at_once(len(candidates) - 1))
    margins, ranks = zip(*(margins_and_ranks(scorer(part), item, candidates) for part in parts), strict=True)
    return np.concatenate(margins), np.concatenate(ranks)


def score_without_each(
    scorer: Scorer, history: History, item: int, candidates: np.ndarray, newest: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Margin and rank with the history (T,), and without each of its items: float64 and int64 (T + 1,).

    Args:
        newest: how many of the newest items the scores depend on (`items_read`); None for all. Without an older item
            they stay as they are, so that is not scored.
    """
    older = 0 if newest is None else max(len(history) - newest, 0)
    shorter = [np.delete(history, position) for position in range(older, len(history))]
    margins, ranks = score_in_parts(scorer, [history, *shorter], item, candidates)
    rows = np.concatenate([np.zeros(older + 1, dtype=np.int64), np.arange(1, len(margins))])
    return margins[rows], ranks[rows]


def unseen_items(n_items: int, left_out: History) -> np.ndarray:
    """The candidates of a user: all items but those left out (`Dataset.left_out`), bool (n_items + 1,)."""
    candidates = np.ones(n_items + 1, dtype=bool)
    candidates[0] = False
    candidates[left_out] = False
    return candidates


def influence(
    scorer: Scorer, history: History, item: int, candidates: np.ndarray, newest: int | None = None
) -> Influence:
    """Leave each history item out and score again.

    An item that is left out does not become a candidate: the question is its effect on `item`.

    Args:
        scorer: a model's `scores`, or `blended_scorer(…)`.
        history: int (T,), oldest first; may be empty.
        item: the recommended item, 1 … n_items.
        candidates: bool (n_items + 1,) items that may be recommended (see `unseen_items`).
        newest: how many of the newest items the scores depend on (`items_read`); None for all. Older ones have no
            effect, exactly.

    Raises:
        InputError: an item that does not exist.
    """
    if not 1 <= item < len(candidates):
        raise InputError("the item", Message("must be between 1 and {n}", n=len(candidates) - 1), item)
    margins, ranks = score_without_each(scorer, history, item, candidates, newest)
    return Influence(item, history, float(margins[0]), int(ranks[0]), margins[0] - margins[1:], ranks[1:])


def deletion_curve(
    scorer: Scorer, history: History, item: int, candidates: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """The item's margin after deleting the first 0, 1, … T positions of `order`: float64 (T + 1,)."""
    histories = [np.delete(history, order[:deleted]) for deleted in range(len(order) + 1)]
    return score_in_parts(scorer, histories, item, candidates)[0]
