"""How many held-out choices are repeats, which no list can show, and what score is therefore at most reachable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.metrics.accuracy import accuracy_at
from recsys.metrics.ranking import MISSED, Ranks


@dataclass(frozen=True)
class Repeats:
    """Held-out choices that the user had before.

    Attributes:
        share: of the held-out choices, 0 … 1.
        reachable: mean NDCG@k of a perfect model, 0 … 1: repeats count as misses.
        k: length of the list.
    """

    share: float
    reachable: float
    k: int = 10

    @property
    def sentence(self) -> str:
        """What the share means for every score beside it; "" where nothing is repeated."""
        if not self.share:
            return ""
        share = f"{100 * self.share:.0f}%" if self.share >= 0.01 else "Under 1%"
        return (
            f"{share} of the held-out choices are repeats of an item the user already has. Such items are never "
            f"recommended, so these count as misses for every model: at most NDCG@{self.k} {self.reachable:.3f} can be "
            "reached."
        )

    def to_json(self) -> dict[str, float]:
        return {"share": self.share, "reachable": self.reachable, "k": self.k}


def repeats_of(histories: Sequence[History], positives: Sequence[History], k: int = 10) -> Repeats:
    """The repeats among held-out choices. A user's choices of one item count once, as in `ranks`."""
    wanted = [np.unique(items) for items in positives]
    known = [np.isin(items, history) for items, history in zip(wanted, histories, strict=True)]
    if not sum(map(len, wanted)):
        return Repeats(0.0, 1.0, k)
    rows, had = np.repeat(np.arange(len(wanted)), [len(items) for items in wanted]), np.concatenate(known)
    order = np.lexsort((had, rows))
    rows, had = rows[order], had[order]
    first = np.where(had, MISSED, np.arange(len(rows)) - np.searchsorted(rows, rows) + 1)
    perfect = Ranks(rows, first, np.full(len(rows), np.nan), len(wanted))
    return Repeats(float(had.mean()), float(accuracy_at(perfect, k)["ndcg"].mean()), k)
