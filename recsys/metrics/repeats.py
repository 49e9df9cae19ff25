"""How many held-out items are repeats, how many of them lists leave out, and which score is at most reachable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import History
from recsys.metrics.accuracy import ndcg
from recsys.metrics.ranking import MISSED, Ranks
from recsys.wording import Message


@dataclass(frozen=True)
class RepeatStatistics:
    """Held-out items that the user had before.

    Attributes:
        share: of the held-out items, 0 … 1.
        reachable: mean NDCG@k of a perfect model, 0 … 1: repeats that lists leave out count as misses.
        k: length of the list.
        allowed: share of the held-out items that are repeats and may be recommended, 0 … `share`.
    """

    share: float
    reachable: float
    k: int = 10
    allowed: float = 0.0

    @property
    def sentence(self) -> str:
        """What the share means for every score, as a message; "" where nothing is repeated."""
        if not self.share:
            return ""
        share, most = _percent(self.share), {"k": self.k, "reachable": self.reachable}
        if self.allowed >= self.share:
            return Message(
                "{share} of the held-out items are repeats: the user already has them. Already chosen items may be "
                "recommended again, so these count as any other item.",
                share=share,
            )
        if not self.allowed:
            return Message(
                "{share} of the held-out items are repeats: the user already has them. Such items are never "
                "recommended, so they count as misses for every model. NDCG@{k} can reach at most {reachable:.3f}.",
                share=share,
                **most,
            )
        return Message(
            "{share} of the held-out items are repeats: the user already has them. {missed} were chosen too recently "
            "to be recommended again and count as misses. NDCG@{k} can reach at most {reachable:.3f}.",
            share=share,
            missed=_percent(self.share - self.allowed),
            **most,
        )

    def to_json(self) -> dict[str, float]:
        return {"share": self.share, "reachable": self.reachable, "k": self.k, "allowed": self.allowed}


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.01 else Message("Under 1%")


def repeat_statistics(
    histories: Sequence[History],
    positives: Sequence[History],
    k: int = 10,
    left_out: Sequence[History] | None = None,
) -> RepeatStatistics:
    """The repeats among held-out items. An item held out twice for a user counts once, as in `ranks`.

    Args:
        left_out: items that leave the ranking of each user (`Holdout.left_out`); by default the histories.
    """
    unique = [np.unique(items) for items in positives]
    if not sum(map(len, unique)):
        return RepeatStatistics(0.0, 1.0, k)
    rows = np.repeat(np.arange(len(unique)), [len(items) for items in unique])
    repeated, missed = (
        np.concatenate([np.isin(items, one) for items, one in zip(unique, each, strict=True)])
        for each in (histories, histories if left_out is None else left_out)
    )
    order = np.lexsort((missed, rows))
    rows, missed = rows[order], missed[order]
    best_rank = np.where(missed, MISSED, np.arange(len(rows)) - np.searchsorted(rows, rows) + 1)
    perfect = Ranks(rows, best_rank, np.full(len(rows), np.nan), len(unique))
    allowed = float(repeated.mean() - missed.mean())
    return RepeatStatistics(float(repeated.mean()), float(ndcg(perfect, k).mean()), k, allowed)
