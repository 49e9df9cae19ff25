"""Choosing on validation people: how well what they chose next is ranked, and the weight of the Markov scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout, without_last
from recsys.models.attention import AttentionModel
from recsys.models.markov import Markov
from recsys.models.recommender import Recommender, batched

WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5)
CELLS = 20_000_000  # scores held at once: bounds the validation people where the catalogue is large


def sample(holdout: Holdout, n_items: int, seed: int, most: int = 2000) -> Holdout:
    """A seeded sample of the validation people, at most `most`, fewer where the catalogue is large."""
    keep = min(len(holdout), most, max(100, CELLS // (n_items + 1)))
    chosen = np.sort(np.random.default_rng([seed, 2]).choice(len(holdout), keep, replace=False))
    return Holdout(
        holdout.users[chosen],
        tuple(holdout.histories[i] for i in chosen),
        tuple(holdout.positives[i] for i in chosen),
    )


def keep_aside(dataset: Dataset, seed: int) -> tuple[Dataset, Holdout]:
    """The data without the last item of a seeded tenth of the people, and these people with it."""
    able = np.flatnonzero(dataset.lengths >= 3)
    rng = np.random.default_rng([seed, 5])
    users = np.sort(rng.choice(able, min(2000, math.ceil(len(able) / 10)), replace=False)) if len(able) else able
    histories = dataset.histories(users)
    people = Holdout(users, tuple(h[:-1] for h in histories), tuple(h[-1:] for h in histories))
    return without_last(dataset, users), people


def ranks(scores: np.ndarray, seen: Sequence[History], positives: np.ndarray) -> np.ndarray:
    """Rank of each row's positive among the items not seen, from 0; ties count against it: int64 (B,)."""
    return ranks_without(scores, *others_seen(seen, positives, scores.shape[1]), positives)


def others_seen(seen: Sequence[History], positives: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and items of what is not ranked, each pair once, the positives left out: two int64 (m,)."""
    rows = np.repeat(np.arange(len(seen)), [len(items) for items in seen])
    pairs = np.unique(rows * width + np.concatenate([*seen, np.zeros(0, dtype=np.int64)]).astype(np.int64))
    rows, items = np.divmod(pairs, width)
    other = items != positives[rows]
    return rows[other], items[other]


def ranks_without(scores: np.ndarray, rows: np.ndarray, items: np.ndarray, positives: np.ndarray) -> np.ndarray:
    """`ranks`, with the pairs of `others_seen` given."""
    own = scores[np.arange(len(scores)), positives]
    above = np.count_nonzero(scores >= own[:, None], axis=1) - 1  # but for itself
    seen_above = np.bincount(rows[scores[rows, items] >= own[rows]], minlength=len(scores))
    found: np.ndarray = above - seen_above
    return found


def figures(found: np.ndarray) -> dict[str, float]:
    """{"ndcg@10", "hr@10", "mrr"} of ranks that count from 0."""
    top = found < 10
    return {
        "ndcg@10": float(np.where(top, 1 / np.log2(found + 2), 0).mean()),
        "hr@10": float(top.mean()),
        "mrr": float((1 / (found + 1)).mean()),
    }


def next_item_quality(model: Recommender, holdout: Holdout) -> dict[str, float]:
    """`figures` of a model on (a sample of) held-out people: full ranking, seen items filtered."""
    people, found, start = sample(holdout, model.n_items, 0), [], 0
    positives = np.array([items[0] for items in people.positives], dtype=np.int64)
    for histories in batched(people.histories):
        found.append(ranks(model.scores(histories), histories, positives[start : start + len(histories)]))
        start += len(histories)
    return figures(np.concatenate(found))


@dataclass(frozen=True, eq=False)
class Judge:
    """The validation people with the Markov scores of their histories."""

    people: Holdout
    markov: Markov | None
    scores: np.ndarray | None  # float32 (B, n_items + 1)

    @property
    def positives(self) -> np.ndarray:
        """The first of each person's held-out items: int64 (B,)."""
        return np.array([items[0] for items in self.people.positives], dtype=np.int64)

    def weigh(self, model: AttentionModel) -> tuple[float, dict[str, float]]:
        """The Markov weight with the best NDCG@10, and the figures with it (and "network": NDCG@10 without)."""
        network = model.representation_scores(model.encode(self.people.histories))
        positives = self.positives
        rows, items = others_seen(self.people.histories, positives, network.shape[1])
        weights = WEIGHTS if self.scores is not None else (0.0,)
        found = {}
        for weight in weights:
            mixed = network if self.scores is None or not weight else network + weight * self.scores
            found[weight] = figures(ranks_without(mixed, rows, items, positives))
        best = max(weights, key=lambda weight: found[weight]["ndcg@10"])
        return best, {**found[best], "network": found[0.0]["ndcg@10"]}


def make_judge(people: Holdout, dataset: Dataset, markov: bool) -> Judge:
    """Fits the Markov model whose settings do best on the validation people."""
    if not markov or not len(people):
        return Judge(people, None, None)
    positives = np.array([items[0] for items in people.positives], dtype=np.int64)
    tried = []
    for prior in (0.5, 0.8, 0.9):
        model = Markov.fit(dataset, prior=prior)
        for power in (0.7, 1.0, 1.3):
            model.power = power
            found = figures(ranks(model.scores(people.histories), people.histories, positives))
            tried.append((found["ndcg@10"], prior, power))
    _, prior, power = max(tried)
    chosen = Markov.fit(dataset, power=power, prior=prior)
    scores = chosen.scores(people.histories)
    scores[:, 0] = 0.0
    return Judge(people, chosen, scores)
