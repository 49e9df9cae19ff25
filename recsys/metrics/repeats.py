"""How many held-out items are repeats, which are never recommended, and which score is therefore at most reachable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.metrics.accuracy import ndcg
from recsys.metrics.ranking import MISSED, Ranks


@dataclass(frozen=True)
class RepeatStatistics:
    """Held-out items that the user had before.

    Attributes:
        share: of the held-out items, 0 … 1.
        reachable: mean NDCG@k of a perfect model, 0 … 1: repeats count as misses.
        k: length of the list.
    """

    share: float
    reachable: float
    k: int = 10

    @property
    def sentence(self) -> str:
        """What the share means for every score; "" where nothing is repeated."""
        if not self.share:
            return ""
        share = f"{100 * self.share:.0f}%" if self.share >= 0.01 else "Under 1%"
        return (
            f"{share} of the held-out items are repeats: the user already has them. Such items are never recommended, "
            f"so they count as misses for every model. NDCG@{self.k} can reach at most {self.reachable:.3f}."
        )

    def to_json(self) -> dict[str, float]:
        return {"share": self.share, "reachable": self.reachable, "k": self.k}


def repeat_statistics(histories: Sequence[History], positives: Sequence[History], k: int = 10) -> RepeatStatistics:
    """The repeats among held-out items. An item held out twice for a user counts once, as in `ranks`."""
    unique = [np.unique(items) for items in positives]
    if not sum(map(len, unique)):
        return RepeatStatistics(0.0, 1.0, k)
    rows = np.repeat(np.arange(len(unique)), [len(items) for items in unique])
    repeated = np.concatenate([np.isin(items, history) for items, history in zip(unique, histories, strict=True)])
    order = np.lexsort((repeated, rows))
    rows, repeated = rows[order], repeated[order]
    best_rank = np.where(repeated, MISSED, np.arange(len(rows)) - np.searchsorted(rows, rows) + 1)
    perfect = Ranks(rows, best_rank, np.full(len(rows), np.nan), len(unique))
    return RepeatStatistics(float(repeated.mean()), float(ndcg(perfect, k).mean()), k)
