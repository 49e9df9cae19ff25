"""Counterfactuals: the smallest set of history items without which an item leaves the first k."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from recsys.data.dataset import History
from recsys.explain.history_influence import Scorer, influence, score_in_parts, score_without_each
from recsys.wording import Message

BATCH = 128


@dataclass(frozen=True)
class Counterfactual:
    """A set of history items whose removal moves an item out of the first k.

    Args:
        removed: positions in the history, ascending; None if the item stays even with an empty history.
        proven_minimal: whether every smaller set was tried without success.
        rank_before, rank_after: the item's rank with the whole history and without the set.
        evaluations: how many shorter histories were compared.
    """

    removed: tuple[int, ...] | None
    proven_minimal: bool
    rank_before: int
    rank_after: int
    evaluations: int

    def sentence(self, title: str, k: int) -> Message:
        """The result in words; `title` is used as given."""
        if self.rank_before > k:
            return Message(
                "{title} is not in the top {k}: its rank is {rank:,}.", title=title, k=k, rank=self.rank_before
            )
        if self.removed is None:
            return Message(
                "{title} stays in the top {k} without any history: the model recommends it to new users too.",
                title=title,
                k=k,
            )
        proof = (
            Message("no smaller set is enough")
            if self.proven_minimal
            else Message("a smaller set may exist; not all were tried")
        )
        return Message.plural(
            "Without one item, {title} drops from rank {before} to rank {after:,} ({proof}).",
            "Without {n} items, {title} drops from rank {before} to rank {after:,} ({proof}).",
            len(self.removed),
            title=title,
            before=self.rank_before,
            after=self.rank_after,
            proof=proof,
        )


def smallest_removal(
    scorer: Scorer,
    history: History,
    item: int,
    candidates: np.ndarray,
    k: int,
    max_evaluations: int = 3000,
    newest: int | None = None,
) -> Counterfactual:
    """Search for the smallest set of history items whose removal moves `item` out of the first k.

    A greedy search (remove the most influential item, score again) gives a first set. Then all smaller sets are tried,
    smallest first, until `max_evaluations` histories were compared. The result is proven minimal if all were tried.

    Args:
        scorer, history, item, candidates, newest: as in `influence`.
    """
    single = influence(scorer, history, item, candidates, newest)
    evaluations = 1 + len(history)
    if single.rank > k:
        return Counterfactual((), True, single.rank, single.rank, evaluations)
    enough_alone = [int(p) for p in single.order if single.ranks[p] > k]
    if enough_alone:
        best = enough_alone[0]
        return Counterfactual((best,), True, single.rank, int(single.ranks[best]), evaluations)
    greedy, rank, used = _greedy_removal(scorer, history, item, candidates, k, max_evaluations // 2, newest)
    evaluations += used
    order, size = single.order.tolist(), 2
    limit = len(greedy) if greedy is not None else len(history) + 1
    while size < limit and evaluations + comb(len(order), size) <= max_evaluations:
        smaller, rank_after, used = _removal_of_size(scorer, history, item, candidates, k, order, size)
        evaluations += used
        if smaller is not None:
            return Counterfactual(smaller, True, single.rank, rank_after, evaluations)
        size += 1
    removed = None if greedy is None else tuple(sorted(greedy))
    return Counterfactual(removed, size >= limit, single.rank, rank, evaluations)


def _greedy_removal(
    scorer: Scorer,
    history: History,
    item: int,
    candidates: np.ndarray,
    k: int,
    max_evaluations: int,
    newest: int | None,
) -> tuple[list[int] | None, int, int]:
    """Positions (None if the item stays to the end), the rank without them, histories compared.

    After `max_evaluations` the newest remaining item is removed at each step, so that there is always a result.
    """
    removed: list[int] = []
    remaining, used, rank = list(range(len(history))), 0, 0
    while remaining:
        rest = history[remaining]
        if used + len(remaining) <= max_evaluations:
            margins, ranks = (each[1:] for each in score_without_each(scorer, rest, item, candidates, newest))
            best, used = int(np.argmin(margins)), used + len(remaining)
            rank = int(ranks[best])
        else:
            best, used = len(remaining) - 1, used + 1
            rank = int(score_in_parts(scorer, [rest[:-1]], item, candidates)[1][0])
        removed.append(remaining.pop(best))
        if rank > k:
            return removed, rank, used
    return None, rank, used


def _removal_of_size(
    scorer: Scorer, history: History, item: int, candidates: np.ndarray, k: int, order: list[int], size: int
) -> tuple[tuple[int, ...] | None, int, int]:
    """The first set of this size that is enough (None if there is none), the rank without it, histories compared."""
    sets, used = combinations(order, size), 0
    while batch := list(islice(sets, BATCH)):
        used += len(batch)
        ranks = score_in_parts(scorer, [np.delete(history, p) for p in batch], item, candidates)[1]
        if (ranks > k).any():
            first = int(np.argmax(ranks > k))
            return tuple(sorted(batch[first])), int(ranks[first]), used
    return None, 0, used
