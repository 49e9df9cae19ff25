"""Validation users: how well a model ranks their next items, and the choice of Markov scores and their weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout, hold_out_last, without_last
from recsys.metrics import Ranks, hit_rate, mask_seen, ndcg, rank_masked, reciprocal_rank
from recsys.models.baselines.markov import Markov, windowed_counts
from recsys.models.recommender import Recommender, batched

if TYPE_CHECKING:
    from recsys.models.trainable import MarkovBlend

WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5)
WINDOWS = (10, 5, 3)  # steps within which an item counts as following another; settings of the Markov scores
PRIORS, POWERS = (0.5, 0.8, 0.9), (0.7, 1.0, 1.3)
CELLS = 20_000_000  # scores held at once: bounds the validation users where the catalogue is large


def sample_users(holdout: Holdout, n_items: int, seed: int, most: int = 2000) -> Holdout:
    """A seeded sample of the validation users, at most `most`, fewer where the catalogue is large."""
    keep = min(len(holdout), most, max(100, CELLS // (n_items + 1)))
    chosen = np.sort(np.random.default_rng([seed, 2]).choice(len(holdout), keep, replace=False))
    return holdout.part(chosen)


def hold_out(dataset: Dataset, seed: int) -> tuple[Dataset, Holdout]:
    """The data without the last item of a seeded tenth of the users (at most 2,000), and these users with it."""
    eligible = np.flatnonzero(dataset.lengths >= 3)
    rng = np.random.default_rng([seed, 5])
    size = min(2000, math.ceil(len(eligible) / 10))
    users = np.sort(rng.choice(eligible, size, replace=False)) if len(eligible) else eligible
    return without_last(dataset, users), hold_out_last(dataset, users)


def first_positives(holdout: Holdout) -> tuple[History, ...]:
    """The first of each user's held-out items, as arrays of one."""
    return tuple(items[:1] for items in holdout.positives)


def accuracy_means(ranks: Ranks) -> dict[str, float]:
    """{"ndcg@10", "hr@10", "mrr"}: means over users."""
    return {
        "ndcg@10": float(ndcg(ranks, 10).mean()),
        "hr@10": float(hit_rate(ranks, 10).mean()),
        "mrr": float(reciprocal_rank(ranks).mean()),
    }


def next_item_ranks(model: Recommender, holdout: Holdout) -> Ranks:
    """Ranks of the next items of held-out users among all items that may be recommended (see `metrics.ranking`)."""
    return _ranks_of(lambda histories: (model.scores(histories),), holdout)[0]


def blend_ranks(model: MarkovBlend, holdout: Holdout) -> tuple[Ranks, ...]:
    """`next_item_ranks` of the model without its Markov scores, of these alone, and of both together: each scores once.

    Args:
        model: with Markov scores.
    """
    assert model.markov is not None
    network, markov, weight = model.with_markov(None, 0.0), model.markov, model.markov_weight

    def scores(histories: Sequence[History]) -> tuple[np.ndarray, ...]:
        own, others = network.scores(histories), markov.scores(histories)
        return own, others, own + weight * others if weight else own

    return _ranks_of(scores, holdout)


def _ranks_of(scores: Callable[[Sequence[History]], tuple[np.ndarray, ...]], holdout: Holdout) -> tuple[Ranks, ...]:
    """`next_item_ranks` for each of the scores that a function returns."""
    positives, parts, start = first_positives(holdout), [], 0
    for histories in batched(holdout.histories):
        part = slice(start, start + len(histories))
        masked = (mask_seen(one, holdout.left_out[part]) for one in scores(histories))
        parts.append([rank_masked(one, positives[part], share_above=False) for one in masked])
        start += len(histories)
    return tuple(Ranks.concatenate(each) for each in zip(*parts, strict=True))


def next_item_quality(model: Recommender, holdout: Holdout) -> dict[str, float]:
    """`accuracy_means` of a model on (a sample of) held-out users."""
    return accuracy_means(next_item_ranks(model, sample_users(holdout, model.n_items, 0)))


@dataclass(frozen=True, eq=False)
class ValidationResult:
    """A model on the validation users, with the best weight of the Markov scores.

    Attributes:
        markov_weight: ≥ 0; 0 without Markov scores.
        figures: `accuracy_means`; with Markov scores of both together, and NDCG@10 of "network" and "markov" alone.
        per_user: float64 (n,) NDCG@10, in the order of the validation users.
    """

    markov_weight: float
    figures: dict[str, float]
    per_user: np.ndarray


@dataclass(frozen=True, eq=False)
class Validator:
    """The validation users, with the Markov scores of their histories where the model adds such scores.

    Attributes:
        scores: float32 (n, n_items + 1), column 0 finite.
    """

    users: Holdout
    markov: Markov | None = None
    scores: np.ndarray | None = None

    def ranks(self, masked: np.ndarray) -> Ranks:
        """Ranks of the validation items for scores made by `mask_seen`, which are changed."""
        return rank_masked(masked, first_positives(self.users), share_above=False)

    @cached_property
    def markov_alone(self) -> float:
        """NDCG@10 of the Markov scores alone."""
        assert self.scores is not None
        return accuracy_means(self.ranks(mask_seen(self.scores, self.users.left_out)))["ndcg@10"]

    def validate(self, model: Recommender) -> ValidationResult:
        """The Markov weight with the best NDCG@10, and the accuracy with it.

        Args:
            model: without Markov scores.
        """
        own = mask_seen(model.scores(self.users.histories), self.users.left_out)
        ranks = {0.0: self.ranks(own.copy())}
        if self.scores is not None:
            ranks |= {weight: self.ranks(own + weight * self.scores) for weight in WEIGHTS if weight}
        accuracy = {weight: accuracy_means(each) for weight, each in ranks.items()}
        best = max(accuracy, key=lambda weight: accuracy[weight]["ndcg@10"])
        figures = dict(accuracy[best])
        if self.scores is not None:
            figures |= {"network": accuracy[0.0]["ndcg@10"], "markov": self.markov_alone}
        return ValidationResult(best, figures, ndcg(ranks[best], 10))


def make_validator(users: Holdout, dataset: Dataset, markov: bool, chosen: Markov | None = None) -> Validator:
    """A validator.

    Args:
        markov: whether the model adds Markov scores; their settings are those that do best on these users.
        chosen: a Markov model of the same data whose settings were chosen on the same users already.
    """
    if not markov or not len(users):
        return Validator(users)
    model = chosen or choose_markov(dataset, users)
    scores = model.scores(users.histories)
    scores[:, 0] = 0.0
    return Validator(users, model, scores)


def choose_markov(dataset: Dataset, users: Holdout) -> Markov:
    """The Markov model with the best NDCG@10 on these users: first prior and power, then the window."""
    tried: dict[tuple[int, float, float], float] = {}

    def try_settings(window: int, priors: Sequence[float], powers: Sequence[float]) -> None:
        counts = windowed_counts(dataset, window)
        for prior in priors:
            model = Markov.of_counts(counts, dataset, window=window, prior=prior)
            for power in powers:
                model.power = power
                tried[window, prior, power] = accuracy_means(next_item_ranks(model, users))["ndcg@10"]

    def best() -> tuple[int, float, float]:
        return max(tried, key=lambda settings: (tried[settings], settings))

    try_settings(WINDOWS[0], PRIORS, POWERS)
    for window in WINDOWS[1:]:
        _, prior, power = best()
        try_settings(window, (prior,), (power,))
    window, prior, power = best()
    return Markov.fit(dataset, window, power, prior=prior)
