"""The interests of the source in the mixer: what the browser needs to weigh them without the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_POOL = 400  # best items that others are compared with to leave them out


@dataclass(frozen=True)
class InterestRow:
    """One interest in the source's panel.

    Args:
        group: its number in links.
        share: of the source, 0 … 1.
        weight: 0 … 1.
        titles: of its characteristic items.
    """

    group: int
    name: str
    share: float
    weight: float
    titles: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class InterestPanel:
    """The switch between interests and next choice, and the interests while they are transferred.

    Args:
        chosen: whether interests are transferred.
        rows: largest share first.
        scores: for each row the scores of a source with this interest alone, float32 (n_items + 1,); empty where the
            server computes the list.
    """

    chosen: bool = False
    rows: tuple[InterestRow, ...] = ()
    scores: tuple[np.ndarray, ...] = ()

    def items(self, target_scores: np.ndarray, k: int) -> np.ndarray:
        """The items that can be among the k best for some weights and some α: int64, ascending."""
        if not self.scores:
            return np.zeros(0, dtype=np.int64)
        allowed = np.flatnonzero(np.isfinite(target_scores))
        inside: np.ndarray = allowed[
            possible(np.stack([target_scores[allowed], *(one[allowed] for one in self.scores)]), k)
        ]
        return inside


def possible(scores: np.ndarray, k: int) -> np.ndarray:
    """Whether an item can be among the k best of a weighted mean of several scores: bool (n,); true for a few others.

    An item with k or more items above it in every score is below them in every weighted mean. It is compared with the
    400 items of the best mean scores.

    Args:
        scores: float (m, n), one row for each score.
    """
    spread = scores.std(axis=1, keepdims=True)
    means = ((scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)).mean(axis=0)
    above = np.zeros(scores.shape[1], dtype=np.int64)
    for best in np.argsort(-means, kind="stable")[:_POOL]:
        left = np.flatnonzero(above < k)
        above[left] += (scores[:, best, None] > scores[:, left]).all(axis=0)
    return above < k


def panel_data(panel: InterestPanel, items: Sequence[int] | np.ndarray, packed: Any, cut: Any) -> dict[str, Any]:
    """As JSON values: the scores of `items` only.

    Args:
        packed, cut: how arrays and texts are written (`payload`).
    """
    return {
        "chosen": panel.chosen,
        "rows": [
            {
                "group": r.group,
                "name": cut(r.name),
                "share": r.share,
                "weight": r.weight,
                "titles": [cut(t) for t in r.titles],
            }
            for r in panel.rows
        ],
        "scores": [packed(scores[items], "<f4") for scores in panel.scores],
    }
