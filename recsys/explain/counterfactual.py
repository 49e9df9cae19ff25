"""The smallest set of history items without which an item is no longer recommended, and what-if histories."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from recsys.data.dataset import History
from recsys.explain.history_influence import Scorer, influence, places

BATCH = 128


@dataclass(frozen=True)
class Counterfactual:
    """A set of history items whose removal drops an item out of the list.

    Args:
        removed: positions in the history, ascending; None when even an empty history keeps the item in the list.
        proven: whether every smaller set was tried and none does it.
        rank_before, rank_after: the item's place with the whole history and without the set.
        scored: how many histories were scored to find out.
    """

    removed: tuple[int, ...] | None
    proven: bool
    rank_before: int
    rank_after: int
    scored: int

    def sentence(self, title: str, k: int) -> str:
        """The finding in words; `title` is shown as it is given."""
        if self.rank_before > k:
            return f"{title} is not among the first {k}, it stands at {self.rank_before:,}."
        if self.removed is None:
            return f"Even without any history {title} stays among the first {k}: the prior alone puts it there."
        many = len(self.removed)
        how = "no smaller set does it" if self.proven else "a smaller set may exist, not all were tried"
        what = "one item" if many == 1 else f"{many} items"
        return f"Without {what} {title} falls from place {self.rank_before} to {self.rank_after:,} ({how})."


def smallest_removal(
    scorer: Scorer, history: History, item: int, allowed: np.ndarray, k: int, most_scored: int = 3000
) -> Counterfactual:
    """Search for the smallest set of history items whose removal drops `item` out of the first k.

    First greedily (at each step the removal that hurts most), then every set smaller than that, smallest first, most
    influential first, as long as `most_scored` histories allow. The answer is proven minimal if all smaller sets were
    tried.
    """
    found = influence(scorer, history, item, allowed)
    scored = 1 + len(history)
    if found.rank > k:
        return Counterfactual((), True, found.rank, found.rank, scored)
    alone = [int(p) for p in found.order if found.ranks[p] > k]
    if alone:
        return Counterfactual((alone[0],), True, found.rank, int(found.ranks[alone[0]]), scored)
    greedy, rank, used = _greedily(scorer, history, item, allowed, k, most_scored // 2)
    scored += used
    order, size = found.order.tolist(), 2
    limit = len(greedy) if greedy is not None else len(history) + 1
    while size < limit and scored + comb(len(order), size) <= most_scored:
        hit, after, used = _of_size(scorer, history, item, allowed, k, order, size)
        scored += used
        if hit is not None:
            return Counterfactual(hit, True, found.rank, after, scored)
        size += 1
    if greedy is None:
        return Counterfactual(None, size >= limit, found.rank, rank, scored)
    return Counterfactual(tuple(sorted(greedy)), size >= len(greedy), found.rank, rank, scored)


def _greedily(
    scorer: Scorer, history: History, item: int, allowed: np.ndarray, k: int, most_scored: int
) -> tuple[list[int] | None, int, int]:
    """Positions, the rank without them, histories scored; positions None if the item stays to the end.

    When the budget is spent, whole stretches go at once, least recent first, so that some answer is always found.
    """
    taken: list[int] = []
    left, used, rank = list(range(len(history))), 0, 0
    while left:
        if used + len(left) <= most_scored:
            trials = [np.delete(history, [*taken, position]) for position in left]
            lead, ranks = places(scorer(trials), item, allowed)
            best, used = int(np.argmin(lead)), used + len(left)
            rank = int(ranks[best])
        else:
            best, used = len(left) - 1, used + 1
            rank = int(places(scorer([np.delete(history, [*taken, left[best]])]), item, allowed)[1][0])
        taken.append(left.pop(best))
        if rank > k:
            return taken, rank, used
    return None, rank, used


def _of_size(
    scorer: Scorer, history: History, item: int, allowed: np.ndarray, k: int, order: list[int], size: int
) -> tuple[tuple[int, ...] | None, int, int]:
    sets, used = combinations(order, size), 0
    while batch := list(islice(sets, BATCH)):
        used += len(batch)
        ranks = places(scorer([np.delete(history, chosen) for chosen in batch]), item, allowed)[1]
        if (ranks > k).any():
            hit = int(np.argmax(ranks > k))
            return tuple(sorted(batch[hit])), int(ranks[hit]), used
    return None, 0, used
