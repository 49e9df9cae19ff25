"""What stands beside the transfer in a study: sources that need no pair, controls that must not help, and priors.

Everything here sees `fold.train` and the known items of the cold people only. Every source's history is cut at the
moment at which the target's item is to be found, where the data have times (`study_sources`). The model and the
popularities are learned from the trained people's whole histories, as for any cold user.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.evaluation.study.cases import Cases, Fold, Plan
from recsys.evaluation.study.past_histories import Neighbours, PastHistories, mean_scores
from recsys.models.recommender import Encoder, Recommender, batched

NEIGHBOURS = 3  # people in the neighbours' mean
SOURCES = ("transfer", "neighbours’ mean", "mean user", "random source", "shuffled pairs")
_NOTHING = np.zeros(0, dtype=np.int32)
EARLY = 3  # first items of each trained person that early popularity counts


class SourceScorer:
    """Scores of the candidates, and everybody who could lend a taste.

    Args:
        model: trained on the fold's `train`.
    """

    def __init__(self, model: Encoder, plan: Plan, fold: Fold, seed: int) -> None:
        self.model, self.plan, self.train = model, plan, fold.train
        self.columns = np.flatnonzero(plan.candidates)
        self.place = np.full(len(plan.candidates), -1, dtype=np.int64)
        self.place[self.columns] = np.arange(len(self.columns))
        self.rng, self.seed = np.random.default_rng([seed, 23]), seed
        moments = np.concatenate([np.zeros(0), *(cases.moments for cases in fold.cases)])
        self.past = PastHistories(fold.train, moments, model.embedding_size)
        self.near = Neighbours(self.past, model.encode)

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
    def mean_users(self) -> np.ndarray:
        """The mean of trained people's scores at each slice's moment: float32 (slices, candidates)."""
        return mean_scores(self.past, self.scores)

    @cached_property
    def strangers(self) -> list[np.ndarray]:
        """For each slice the trained people with something to lend on this axis by then: int64 (m,) each."""
        return [self.past.active(number, self.side) for number in range(len(self.past.edges))]

    @cached_property
    def side(self) -> np.ndarray | None:
        """The items that may be lent: bool (n_items + 1,) on the axis "scenarios", None for all."""
        return self.train.catalogue.in_scenario(self.plan.scenarios[0]) if self.plan.scenarios else None

    def random_sources(self, cases: Cases) -> list[History]:
        """What a random trained person had chosen by the moment of each case; nothing where nobody had."""
        found = []
        for number, moment in zip(self.past.slice_of(cases.moments), cases.moments, strict=True):
            pool = self.strangers[number]
            history = self.past.before(int(self.rng.choice(pool)), moment) if len(pool) else _NOTHING
            found.append(history if self.side is None else history[self.side[history]])
        return found

    @cached_property
    def markov(self) -> Recommender:
        """Reads a whole history, newer items with more weight; its settings are chosen on trained people."""
        from recsys.models.baselines.tuning import tune_baseline

        return tune_baseline("markov", self.train, seed=self.seed).model

    def decayed(self, histories: Sequence[History]) -> np.ndarray:
        """Scores of the whole own history by the decayed Markov model: float32 (B, candidates)."""
        return np.concatenate([self.markov.scores(batch)[:, self.columns] for batch in batched(histories, 64)])

    def neighbours(self, cases: Cases) -> np.ndarray:
        """The trained people most like each target at its moment (most like the source where nothing is known).

        int64 (n, 3), nearest first; −1 where fewer people had chosen anything by then.
        """
        return self.near.find(cases.target if cases.observed else cases.source, cases.moments, NEIGHBOURS)

    def lenders(self, people: np.ndarray, moments: np.ndarray) -> list[History]:
        """What each of `people` (n, m) had chosen by the moment of its row, row by row; nothing for −1."""
        return [
            self.past.before(int(user), moment) if user >= 0 else _NOTHING
            for row, moment in zip(people, moments, strict=True)
            for user in row
        ]


def early_counts(dataset: Dataset, candidates: np.ndarray) -> np.ndarray:
    """How often each candidate is among a person's first three candidates: int64 (n_items + 1,)."""
    inside = candidates[dataset.sequence]
    users = dataset.user_of[inside]
    first = np.arange(len(users)) - np.searchsorted(users, users) < EARLY
    return np.bincount(dataset.sequence[inside][first], minlength=dataset.n_items + 1)


def method_scores(scorers: SourceScorer, cases: Cases) -> dict[str, np.ndarray]:
    """Source scores of each person, by the source's name: float32 (n, candidates).

    "transfer" is the nearest person on the axis "users", and the person's own other side on the others.
    """
    people = scorers.neighbours(cases)
    around = scorers.scores(scorers.lenders(people, cases.moments)).reshape(len(people), people.shape[1], -1)
    own = around[:, 0] if scorers.plan.axis == "users" else scorers.scores(cases.source)
    there = (people >= 0)[:, :, None]
    there[:, 0] = True  # where nobody had chosen anything, the empty history
    random = scorers.scores(scorers.random_sources(cases))
    return {
        "transfer": own,
        "neighbours’ mean": (around * there).sum(axis=1) / there.sum(axis=1),
        "mean user": scorers.mean_users[scorers.past.slice_of(cases.moments)],
        "random source": random,
        "shuffled pairs": _shuffled(scorers, cases, own, random),
    }


def _shuffled(scorers: SourceScorer, cases: Cases, own: np.ndarray, random: np.ndarray) -> np.ndarray:
    """Each target with the source chosen for another: float32 (n, candidates).

    With times it is the source of the target just before in time, so that it holds nothing of the future either; the
    earliest target gets its random source.
    """
    shuffled = np.empty_like(own)
    order = np.argsort(cases.moments, kind="stable") if scorers.past.cut else scorers.rng.permutation(len(cases))
    shuffled[order] = own[np.roll(order, 1)]  # one cycle: nobody keeps their own source
    if scorers.past.cut:
        shuffled[order[0]] = random[order[0]]
    return shuffled
