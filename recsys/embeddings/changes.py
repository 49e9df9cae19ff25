"""How users' interests changed over time: their interests half-way through their history beside those of all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, read_only
from recsys.embeddings.clusters import Clusters
from recsys.embeddings.interests import InterestModel
from recsys.metrics.proportions import wilson
from recsys.metrics.uncertainty import Estimate

SHORTEST = 10
"""Items of the shortest history that is halved: five items are few to know interests from, fewer are too few."""


@dataclass(frozen=True, eq=False)
class Changes:
    """Users half-way through their history and now.

    Args:
        users: int64 (m,), those with SHORTEST items or more.
        earlier: float32 (m, D), their interests after the first half of their items.
        earlier_group: int64 (m,), the group whose centre is nearest to these.
        group: int64 (m,), their group now.
        moved: float32 (m,), 1 − the cosine of the interests then and now: 0 … 2.
        share: of users in another group than half-way.
        by_chance: the same share with every second item as the half: what half a history changes without time.
    """

    users: np.ndarray
    earlier: np.ndarray
    earlier_group: np.ndarray
    group: np.ndarray
    moved: np.ndarray
    share: Estimate
    by_chance: Estimate

    def __post_init__(self) -> None:
        for name in ("users", "earlier", "earlier_group", "group", "moved"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def changed(self) -> np.ndarray:
        """Whether each user is in another group now: bool (m,)."""
        return np.asarray(self.earlier_group != self.group)


def changes_over_time(model: InterestModel, dataset: Dataset, clusters: Clusters) -> Changes:
    """The changes of all users with enough history.

    Args:
        clusters: the groups of the users' interests.
    """
    users = np.flatnonzero(dataset.lengths >= SHORTEST)
    histories = dataset.histories(users)
    now = model.encode(histories)
    earlier = model.encode([history[: (len(history) + 1) // 2] for history in histories])
    interleaved = model.encode([history[::2] for history in histories])
    group = clusters.labels[users].astype(np.int64)
    earlier_group, group_of_half = (clusters.nearest(vectors) for vectors in (earlier, interleaved))
    lengths = np.linalg.norm(earlier, axis=1) * np.linalg.norm(now, axis=1)
    moved = 1.0 - (earlier * now).sum(axis=1) / np.maximum(lengths, 1e-12)
    return Changes(
        users,
        earlier,
        earlier_group,
        group,
        moved,
        wilson(int((earlier_group != group).sum()), len(users)),
        wilson(int((group_of_half != group).sum()), len(users)),
    )


def most_changed(changes: Changes, among: np.ndarray | None, most: int, *, every: bool = False) -> np.ndarray:
    """The rows of `changes` whose users changed their group, those who moved farthest first: int64 (≤ most,).

    Args:
        among: users to choose from; None for all.
        every: also users who stayed in their group.
    """
    wanted = np.ones(len(changes.users), dtype=bool) if every else changes.changed
    if among is not None:
        wanted = wanted & np.isin(changes.users, among)
    rows = np.flatnonzero(wanted)
    return rows[np.argsort(-changes.moved[rows], kind="stable")[:most]]


def largest_flows(changes: Changes, most: int) -> tuple[tuple[int, int, int], ...]:
    """The pairs of groups between which most users changed: (group half-way, group now, users), largest first."""
    moved = changes.changed
    pairs = Counter(zip(changes.earlier_group[moved].tolist(), changes.group[moved].tolist(), strict=True))
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:most]
    return tuple((before, after, count) for (before, after), count in ordered)
