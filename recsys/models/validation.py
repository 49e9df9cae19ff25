"""Choosing on validation people: how well what they chose next is ranked, and the weight of the Markov scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout, without_last
from recsys.metrics import Ranks, hit_rate, mask_seen, ndcg, rank_masked, reciprocal_rank
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.markov import Markov, windowed_counts
from recsys.models.recommender import Recommender, batched

WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5)
WINDOWS = (10, 5, 3)  # steps within which an item counts as following another; settings of the Markov scores
PRIORS, POWERS = (0.5, 0.8, 0.9), (0.7, 1.0, 1.3)
CELLS = 20_000_000  # scores held at once: bounds the validation people where the catalogue is large


def sample_users(holdout: Holdout, n_items: int, seed: int, most: int = 2000) -> Holdout:
    """A seeded sample of the validation people, at most `most`, fewer where the catalogue is large."""
    keep = min(len(holdout), most, max(100, CELLS // (n_items + 1)))
    chosen = np.sort(np.random.default_rng([seed, 2]).choice(len(holdout), keep, replace=False))
    return Holdout(
        holdout.users[chosen],
        tuple(holdout.histories[i] for i in chosen),
        tuple(holdout.positives[i] for i in chosen),
    )


def hold_out(dataset: Dataset, seed: int) -> tuple[Dataset, Holdout]:
    """The data without the last item of a seeded tenth of the people, and these people with it."""
    able = np.flatnonzero(dataset.lengths >= 3)
    rng = np.random.default_rng([seed, 5])
    users = np.sort(rng.choice(able, min(2000, math.ceil(len(able) / 10)), replace=False)) if len(able) else able
    histories = dataset.histories(users)
    people = Holdout(users, tuple(h[:-1] for h in histories), tuple(h[-1:] for h in histories))
    return without_last(dataset, users), people


def first_positives(people: Holdout) -> tuple[History, ...]:
    """The first of each user's held-out items, as arrays of one."""
    return tuple(items[:1] for items in people.positives)


def accuracy_means(found: Ranks) -> dict[str, float]:
    """{"ndcg@10", "hr@10", "mrr"}: means over users."""
    return {
        "ndcg@10": float(ndcg(found, 10).mean()),
        "hr@10": float(hit_rate(found, 10).mean()),
        "mrr": float(reciprocal_rank(found).mean()),
    }


def next_item_ranks(model: Recommender, people: Holdout) -> Ranks:
    """Where a model ranks the next item of held-out users: full ranking, by the rule of `recsys.metrics.ranking`."""
    wanted, found, start = first_positives(people), [], 0
    for histories in batched(people.histories):
        masked = mask_seen(model.scores(histories), histories)
        found.append(rank_masked(masked, wanted[start : start + len(histories)], share_above=False))
        start += len(histories)
    return Ranks.concatenate(found)


def next_item_quality(model: Recommender, holdout: Holdout) -> dict[str, float]:
    """`accuracy_means` of a model on (a sample of) held-out users."""
    return accuracy_means(next_item_ranks(model, sample_users(holdout, model.n_items, 0)))


@dataclass(frozen=True, eq=False)
class ValidationResult:
    """A model on the validation users, with the best weight of the Markov scores.

    Attributes:
        weight: of the Markov scores, ≥ 0.
        figures: of both together; "network" and, where there are Markov scores, "markov": NDCG@10 of each alone.
        per_user: float64 (n,) NDCG@10 of both together, in the order of the validation users.
    """

    weight: float
    figures: dict[str, float]
    per_user: np.ndarray


@dataclass(frozen=True, eq=False)
class Validator:
    """The validation people with the Markov scores of their histories."""

    people: Holdout
    markov: Markov | None
    scores: np.ndarray | None  # float32 (B, n_items + 1)

    def ranks(self, masked: np.ndarray) -> Ranks:
        """Ranks of the validation items for scores that `mask_seen` made, which are changed."""
        return rank_masked(masked, first_positives(self.people), share_above=False)

    @cached_property
    def markov_alone(self) -> float:
        """NDCG@10 of the Markov scores alone."""
        assert self.scores is not None
        return accuracy_means(self.ranks(mask_seen(self.scores, self.people.histories)))["ndcg@10"]

    def weigh(self, model: AttentionModel) -> ValidationResult:
        """The Markov weight with the best NDCG@10, and what the model reaches with it."""
        network = mask_seen(model.representation_scores(model.encode(self.people.histories)), self.people.histories)
        weights = WEIGHTS if self.scores is not None else (0.0,)
        found = {}
        for weight in weights:
            mixed = network.copy() if self.scores is None or not weight else network + weight * self.scores
            found[weight] = self.ranks(mixed)
        quality = {weight: accuracy_means(ranks) for weight, ranks in found.items()}
        best = max(weights, key=lambda weight: quality[weight]["ndcg@10"])
        parts = {"network": quality[0.0]["ndcg@10"]}
        if self.scores is not None:
            parts["markov"] = self.markov_alone
        return ValidationResult(best, {**quality[best], **parts}, ndcg(found[best], 10))


def make_validator(people: Holdout, dataset: Dataset, markov: bool, chosen: Markov | None = None) -> Validator:
    """The validation users, and the Markov model whose settings do best on them.

    Args:
        chosen: a Markov model of the same data whose settings were chosen on the same users already.
    """
    if not markov or not len(people):
        return Validator(people, None, None)
    model = chosen or choose_markov(dataset, people)
    scores = model.scores(people.histories)
    scores[:, 0] = 0.0
    return Validator(people, model, scores)


def choose_markov(dataset: Dataset, people: Holdout) -> Markov:
    """The Markov model with the best NDCG@10 on these users: first prior and power, then the window."""
    tried: dict[tuple[int, float, float], float] = {}

    def best_of(window: int, priors: Sequence[float], powers: Sequence[float]) -> None:
        counts = windowed_counts(dataset, window)
        for prior in priors:
            model = Markov.of_counts(counts, dataset, window=window, prior=prior)
            for power in powers:
                model.power = power
                tried[window, prior, power] = accuracy_means(next_item_ranks(model, people))["ndcg@10"]

    best_of(WINDOWS[0], PRIORS, POWERS)
    for window in WINDOWS[1:]:
        _, prior, power = max(tried, key=lambda settings: (tried[settings], settings))
        best_of(window, (prior,), (power,))
    window, prior, power = max(tried, key=lambda settings: (tried[settings], settings))
    return Markov.fit(dataset, window, power, prior=prior)
