"""Ranking among random unseen items instead of all: what it changes, and how often it orders two models differently.

A rank among sampled items is no estimate of the rank among all: its metrics depend on how many items are drawn
and can order models differently (Krichene & Rendle 2020, On sampled metrics for item recommendation, KDD).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from recsys.data.dataset import Catalogue, History
from recsys.errors import InputError
from recsys.evaluation.report import Report
from recsys.metrics.uncertainty import RESAMPLES, bootstrap_means
from recsys.wording import Message

SAMPLED = 999


class CandidateSampler:
    """Draws the items that held-out items are ranked among: random unseen items of the held-out items' scenarios.

    Args:
        catalogue: without scenarios all items are of one.
        count: items drawn for each user; all that there are where there are fewer.
        seed: the same users in the same order get the same items, whatever the model.
    """

    def __init__(self, catalogue: Catalogue, count: int, seed: int) -> None:
        names = ("", *catalogue.scenario_names)
        self.scenario = np.array([names.index(scenario) for scenario in catalogue.scenarios])
        self.count, self.rng = count, np.random.default_rng([seed, 31])

    def only_sampled(self, masked: np.ndarray, positives: Sequence[History]) -> np.ndarray:
        """A copy of scores from `mask_seen` with −inf at every item that was not drawn, except the held-out ones.

        Args:
            masked: float32 (B, n_items + 1).
            positives: held-out items of each row.
        """
        sampled = np.full_like(masked, -np.inf)
        for row, scores, items in zip(sampled, masked, positives, strict=True):
            pool = np.isin(self.scenario, self.scenario[items]) & (scores > -np.inf)
            pool[items] = False
            unseen = np.flatnonzero(pool)
            drawn = self.rng.choice(unseen, min(self.count, len(unseen)), replace=False)
            row[drawn], row[items] = scores[drawn], scores[items]
        return sampled


@dataclass(frozen=True)
class OrderedPair:
    """Two models under both rankings.

    Attributes:
        full, sampled: mean metric of the first minus that of the second, among all items and among the sampled.
        differently: share of the resamples of users in which the two rankings order the models differently.
    """

    first: str
    second: str
    full: float
    sampled: float
    differently: float

    @property
    def differs(self) -> bool:
        """Whether the two rankings order the models differently on all users."""
        return self.full * self.sampled < 0


@dataclass(frozen=True)
class OrderComparison:
    """All pairs of models under both rankings.

    Attributes:
        metric: that the models are ordered by.
        pairs: in the order of the models.
    """

    metric: str
    pairs: tuple[OrderedPair, ...]

    @property
    def frequency(self) -> float:
        """How often the two rankings order two models differently: over pairs and resamples of users, 0 to 1."""
        return float(np.mean([pair.differently for pair in self.pairs]))

    @property
    def sentence(self) -> Message:
        """The result in words."""
        return Message(
            "The two rankings order {number:,} of {pairs:,} pairs of models differently, and a pair in "
            "{frequency:.1%} of the resamples of users.",
            number=sum(pair.differs for pair in self.pairs),
            pairs=len(self.pairs),
            frequency=self.frequency,
        )


def compare_orders(full: Report, sampled: Report, metric: str = "") -> OrderComparison:
    """How often two reports of the same models and users order two models differently.

    Args:
        full: all unseen items ranked; sampled: the same held-out items among sampled ones.
        metric: by default the main metric of `full`.

    Raises:
        InputError: other models or users, or fewer than two models.
    """
    key = metric or full.main
    if full.names != sampled.names or not np.array_equal(full.users, sampled.users):
        raise InputError("the two reports", "must be of the same models and users", fix="Evaluate both again.")
    if len(full.models) < 2:
        raise InputError("the comparison", "needs at least two models", len(full.models), "Train baselines too.")
    means, draws = [], []
    for report in (full, sampled):
        values = np.stack([model.per_user[key] for model in report.models], axis=1)
        means.append(np.nanmean(values, axis=0))
        draws.append(bootstrap_means(values, resamples=RESAMPLES, seed=full.seed))
    pairs = []
    for a, b in combinations(range(len(full.models)), 2):
        by_full, by_sampled = (drawn[:, a] - drawn[:, b] for drawn in draws)
        of_full, of_sampled = (float(mean[a] - mean[b]) for mean in means)
        differently = float((by_full * by_sampled < 0).mean())
        pairs.append(OrderedPair(full.names[a], full.names[b], of_full, of_sampled, differently))
    return OrderComparison(key, tuple(pairs))
