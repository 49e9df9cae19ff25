"""Who is served how well by a list for several users (individual satisfaction: Masthoff 2015, see `agreement`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.recommender import top_k
from recsys.transfer.agreement import MEAN
from recsys.transfer.blend import Transfer
from recsys.transfer.parties import party_scores
from recsys.transfer.recommendations import SecondScorer, scores_by_user
from recsys.wording import Message


@dataclass(frozen=True)
class Satisfaction:
    """How well a list serves one of several users.

    The user's own ranking is that by their own scores, without a source, of the items that the list was chosen from.

    Attributes:
        user: index in the data.
        own: length of the user's own list: as many items as the list has.
        found: items of the user's own list that are in the list.
        rank: mean rank of the list's items in the user's own ranking, 1 = best.
        percentile: mean position of the list's items in that ranking, from 0 (last) to 1 (first).
        had: items of the list that the user has already chosen.
    """

    user: int
    own: int
    found: int
    rank: float
    percentile: float
    had: int

    @property
    def share(self) -> float:
        """The part of the user's own list that is in the list, 0 to 1."""
        return self.found / max(self.own, 1)


Served = tuple[tuple[Satisfaction, ...], tuple[Satisfaction, ...] | None]
"""Of each user by a list, and by the list of the mean; None where the users agree by the mean."""


def measure_satisfaction(
    pair: Transfer, items: Sequence[int] | np.ndarray, second_scorer: SecondScorer | None = None, weight: float = 0.0
) -> tuple[Satisfaction, ...]:
    """How well a list of a pair serves each user of its target, in their order.

    Args:
        items: the list, item indexes, best first.
        second_scorer, weight: as in `recommend`.

    Raises:
        InputError: the target is not several users.
    """
    if not pair.target.agreement:
        raise InputError(pair.target.label, "must be several users", pair.target.kind, "Choose at least two.")
    listed, allowed = np.asarray(items, dtype=np.int64), np.flatnonzero(pair.allowed)
    rows = scores_by_user(pair, pair.target, second_scorer, weight)
    best = top_k(np.where(pair.allowed, rows, -np.inf), max(len(listed), 1))
    found = []
    for i, user in enumerate(pair.target.users):
        own = best[i][best[i] > 0][: len(listed)]
        ordered = np.sort(rows[i, allowed])
        ranks = 1 + len(allowed) - np.searchsorted(ordered, rows[i, listed], side="right")
        rank = float(ranks.mean()) if len(listed) else float("nan")
        percentile = 1 - (rank - 1) / max(len(allowed) - 1, 1)
        shared, had = np.isin(own, listed).sum(), np.isin(listed, pair.target.histories[i]).sum()
        found.append(Satisfaction(user, len(own), int(shared), rank, percentile, int(had)))
    return tuple(found)


def compare_with_mean(
    pair: Transfer,
    items: Sequence[int] | np.ndarray,
    list_of: Callable[[Transfer], Sequence[int] | np.ndarray],
    second_scorer: SecondScorer | None = None,
    weight: float = 0.0,
) -> Served:
    """How well a list serves each user of the target, and how well the list by the mean would.

    Args:
        items: the list, item indexes, best first.
        list_of: the list of a pair by the same rules.
        second_scorer, weight: as in `recommend`.
    """
    found = measure_satisfaction(pair, items, second_scorer, weight)
    if pair.target.agreement == MEAN:
        return found, None
    other = by_mean(pair)
    return found, measure_satisfaction(other, list_of(other), second_scorer, weight)


def by_mean(pair: Transfer) -> Transfer:
    """The same pair with a target that agrees by the mean, to compare with."""
    target = replace(pair.target, agreement=MEAN)
    return replace(pair, target=target, target_scores=party_scores(pair.model, target))


def least_served(found: Sequence[Satisfaction]) -> Satisfaction:
    """The user in whose own ranking the list's items are lowest; of several such, the one with fewest best items.

    So all items of the list count, as in the satisfaction of Masthoff 2015. Of the best few, several users often have
    none in the list.
    """
    return min(found, key=lambda one: (one.percentile, one.share))


def satisfaction_sentence(
    dataset: Dataset, found: Sequence[Satisfaction], with_mean: Sequence[Satisfaction] | None = None
) -> Message:
    """Who is served least, and what the list by the mean would give to that user.

    Args:
        with_mean: of the list by the mean, the same users; None where the users agree by the mean.
    """
    least = least_served(found)
    values: dict[str, object] = {"user": dataset.users.external(least.user), "found": least.found, "own": least.own}
    values["rank"] = least.rank
    if with_mean is None:
        return Message(
            "Served least: {user}, with {found} of their own {own} best items in the list (mean rank {rank:,.1f}).",
            **values,
        )
    same = next(one for one in with_mean if one.user == least.user)
    other = least_served(with_mean)
    values |= {"mean": same.found, "other": dataset.users.external(other.user), "lowest": other.found}
    values |= {"by_mean": same.rank, "others": other.rank}
    if other.user == least.user:
        return Message(
            "Served least: {user}, with {found} of their own {own} best items in the list (mean rank {rank:,.1f}). The "
            "mean would serve the same user least, with {mean} (mean rank {by_mean:,.1f}).",
            **values,
        )
    return Message(
        "Served least: {user}, with {found} of their own {own} best items in the list (mean rank {rank:,.1f}); the "
        "mean would give them {mean} ({by_mean:,.1f}). The mean would serve {other} least, with {lowest} "
        "({others:,.1f}).",
        **values,
    )


def satisfaction_rows(
    dataset: Dataset, found: Sequence[Satisfaction], with_mean: Sequence[Satisfaction] | None = None
) -> list[dict[str, object]]:
    """For tables and files: user_id, found, of, share, mean_rank, mean_percentile, had.

    By the mean also: found_by_mean, rank_by_mean.
    """
    rows: list[dict[str, object]] = [
        {
            "user_id": dataset.users.external(one.user),
            "found": one.found,
            "of": one.own,
            "share": one.share,
            "mean_rank": one.rank,
            "mean_percentile": one.percentile,
            "had": one.had,
        }
        for one in found
    ]
    if with_mean is None:
        return rows
    by_mean = ({"found_by_mean": one.found, "rank_by_mean": one.rank} for one in with_mean)
    return [row | other for row, other in zip(rows, by_mean, strict=True)]
