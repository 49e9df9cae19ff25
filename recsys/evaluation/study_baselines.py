"""What stands beside the transfer in a study: sources that need no pair, controls that must not help, and priors.

Everything here sees `fold.train` and the known items of the cold people only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.embeddings import nearest
from recsys.evaluation.study_cases import Cases, Fold, Plan
from recsys.models.markov import Markov
from recsys.models.recommender import Encoder, batched

NEIGHBOURS = 3  # people in the neighbours' mean
SOURCES = ("transfer", "neighbours’ mean", "mean user", "random source", "shuffled pairs")
EARLY = 3  # first items of each trained person that early popularity counts
_MEAN_OF = 300  # trained people the mean user is taken from
_POOL = 200  # trained people that random sources are drawn from


class Voices:
    """Scores of the candidates, and everybody who could lend a taste.

    Args:
        model: trained on the fold's `train`.
    """

    def __init__(self, model: Encoder, plan: Plan, fold: Fold, seed: int) -> None:
        self.model, self.plan, self.train = model, plan, fold.train
        self.columns = np.flatnonzero(plan.candidates)
        self.place = np.full(len(plan.candidates), -1, dtype=np.int64)
        self.place[self.columns] = np.arange(len(self.columns))
        self.trained = np.flatnonzero(fold.train.lengths > 0)
        self.rng = np.random.default_rng([seed, 23])

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """The model's: float32 (B, candidates)."""
        return np.concatenate([self.model.scores(batch)[:, self.columns] for batch in batched(histories, 64)])

    @cached_property
    def popular(self) -> np.ndarray:
        """log(1 + choices) of each candidate: float32 (candidates,)."""
        popular: np.ndarray = np.log1p(self.train.item_counts[self.columns]).astype(np.float32)
        return popular

    @cached_property
    def early(self) -> np.ndarray:
        """The same, of people's first three candidates only."""
        early: np.ndarray = np.log1p(early_counts(self.train, self.plan.candidates)[self.columns]).astype(np.float32)
        return early

    @cached_property
    def mean_user(self) -> np.ndarray:
        """The mean of trained people's scores: float32 (candidates,)."""
        some = np.unique(np.linspace(0, len(self.trained) - 1, min(len(self.trained), _MEAN_OF)).astype(int))
        mean: np.ndarray = self.scores(self.train.histories(self.trained[some])).mean(axis=0, dtype=np.float64)
        return mean.astype(np.float32)

    @cached_property
    def strangers(self) -> np.ndarray:
        """Scores of what random trained people would lend on this axis: float32 (≤ 200, candidates)."""
        histories = self.train.histories(self.rng.permutation(self.trained)[: 4 * _POOL])
        if self.plan.scenarios:
            side = self.train.catalogue.in_scenario(self.plan.scenarios[0])
            histories = [history[side[history]] for history in histories]
        return self.scores([history for history in histories if len(history)][:_POOL])

    @cached_property
    def markov(self) -> Markov:
        """Reads a whole history, the newest items loudest."""
        return Markov.fit(self.train)

    def decayed(self, histories: Sequence[History]) -> np.ndarray:
        """Scores of the whole own history by the decayed Markov model: float32 (B, candidates)."""
        return np.concatenate([self.markov.scores(batch)[:, self.columns] for batch in batched(histories, 64)])

    @cached_property
    def vectors(self) -> np.ndarray:
        """Representations of the trained people: float32 (trained, d)."""
        return self.model.encode(self.train.histories(self.trained))

    def neighbours(self, cases: Cases) -> np.ndarray:
        """The trained people most like each target (most like the source where nothing is known): int64 (n, 3)."""
        read = cases.target if cases.observed else cases.source
        found = [nearest(self.vectors, vector, NEIGHBOURS)[0] for vector in self.model.encode(read)]
        people: np.ndarray = self.trained[np.stack(found)]
        return people


def early_counts(dataset: Dataset, candidates: np.ndarray) -> np.ndarray:
    """How often each candidate is among a person's first three candidates: int64 (n_items + 1,)."""
    inside = candidates[dataset.sequence]
    users = dataset.user_of[inside]
    first = np.arange(len(users)) - np.searchsorted(users, users) < EARLY
    return np.bincount(dataset.sequence[inside][first], minlength=dataset.n_items + 1)


def lent(voices: Voices, cases: Cases) -> dict[str, np.ndarray]:
    """Source scores of each person, by the source's name: float32 (n, candidates); (1, candidates) where all share one.

    "transfer" is the nearest person on the axis "users", and the person's own other side on the others.
    """
    people = voices.neighbours(cases)
    around = voices.scores([history for row in people for history in voices.train.histories(row)])
    around = around.reshape(len(people), people.shape[1], -1)
    own = around[:, 0] if voices.plan.axis == "users" else voices.scores(cases.source)
    order = voices.rng.permutation(len(cases))
    shuffled = np.empty(len(cases), dtype=np.int64)
    shuffled[order] = np.roll(order, 1)  # one cycle: nobody keeps their own source
    return {
        "transfer": own,
        "neighbours’ mean": around.mean(axis=1),
        "mean user": voices.mean_user[None],
        "random source": voices.strangers[voices.rng.integers(0, len(voices.strangers), len(cases))],
        "shuffled pairs": own[shuffled],
    }
