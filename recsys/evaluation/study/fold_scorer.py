"""Scores of the candidates for the cold users of a fold, by the fold's model and with histories of its training users.

Everything is computed from `fold.train` and the known items of the cold users. A source's history is cut at the time of
the target's held-out item, where the data have times. The model and the popularities are trained on whole histories of
the training users, as for any cold user.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.embeddings.interests import InterestModel, interest_model
from recsys.errors import InputError
from recsys.evaluation.study.past_histories import Neighbours, PastHistories
from recsys.evaluation.study.plan import ColdUsers, Fold, StudyPlan
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Encoder, Recommender, batched
from recsys.transfer.methods import TransferMethod, fit_method

NEIGHBOURS = 3  # users in the mean of the neighbours
BATCH = 64  # histories that a model scores at once
EARLY = 3  # first items of each training user that early popularity counts
NO_ITEMS = np.zeros(0, dtype=np.int32)


class FoldScorer:
    """What is the same for all cold users of a fold.

    Args:
        model: trained on the fold's `train`.
        train_model: trains such a model on other rows.
    """

    def __init__(
        self, model: Encoder, plan: StudyPlan, fold: Fold, seed: int, train_model: Callable[[Dataset], Encoder]
    ) -> None:
        self.model, self.plan, self.train = model, plan, fold.train
        self.columns = np.flatnonzero(plan.candidates)
        self.column_of = np.full(len(plan.candidates), -1, dtype=np.int64)
        self.column_of[self.columns] = np.arange(len(self.columns))
        self.seed = seed
        times = np.concatenate([np.zeros(0), *(cold.times for cold in fold.cold)])
        self.past = PastHistories(fold.train, times, model.embedding_size)
        self.neighbours = Neighbours(self.past, model.encode)
        self.train_model = train_model
        self._learned: dict[str, TransferMethod | None] = {}

    def scores(self, histories: Sequence[History], model: Recommender | None = None) -> np.ndarray:
        """Scores of the candidates by a model, by default the fold's: float32 (B, candidates)."""
        scorer = model or self.model
        return np.concatenate([scorer.scores(batch)[:, self.columns] for batch in batched(histories, BATCH)])

    def all_scores(self, histories: Sequence[History]) -> np.ndarray:
        """Scores of all items by the fold's model: float32 (B, n_items + 1)."""
        return np.concatenate([self.model.scores(batch) for batch in batched(histories, BATCH)])

    def embeddings(self, histories: Sequence[History]) -> np.ndarray:
        """Representations by the fold's model: float32 (B, embedding_size)."""
        return np.concatenate([self.model.encode(batch) for batch in batched(histories, BATCH)])

    def rng(self, purpose: int, cold: ColdUsers) -> np.random.Generator:
        """Draws for a batch that depend on nothing computed before it."""
        first = int(cold.users[0]) if len(cold) else 0
        return np.random.default_rng([self.seed, 23, purpose, cold.observed, first])

    @cached_property
    def popularity(self) -> np.ndarray:
        """log(1 + interactions) of each candidate: float32 (candidates,)."""
        return np.asarray(np.log1p(self.train.item_counts[self.columns]), dtype=np.float32)

    @cached_property
    def early_popularity(self) -> np.ndarray:
        """The same, of the first three candidates of each user only."""
        return np.asarray(np.log1p(early_counts(self.train, self.plan.candidates)[self.columns]), dtype=np.float32)

    @cached_property
    def mean_user(self) -> np.ndarray:
        """Mean scores of the training users at each slice's time: float32 (slices, candidates)."""
        return self.past.mean_scores(self.scores)

    @cached_property
    def markov(self) -> Recommender:
        """Markov scores with decaying weights of older items; its settings are chosen on training users."""
        from recsys.models.baselines.tuning import tune_baseline

        return tune_baseline("markov", self.train, seed=self.seed).model

    @cached_property
    def recent_items(self) -> Recommender:
        """The baseline that recommends recent items again."""
        return fit_baseline("recent-items", self.train)

    @cached_property
    def interests(self) -> InterestModel:
        """The long-term interests of the fold's model."""
        return interest_model(self.model, self.train)

    @cached_property
    def scenario_model(self) -> Encoder:
        """A model trained on the rows of the target scenario alone."""
        return self.train_model(self.train.with_rows(self.plan.candidates[self.train.sequence]))

    def learned(self, name: str) -> TransferMethod | None:
        """A transfer method fitted on the training users; None where the data hold too little to fit it on."""
        if name not in self._learned:
            users = np.flatnonzero(self.train.lengths)
            scenarios = (self.plan.scenarios[0], self.plan.scenarios[1]) if self.plan.scenarios else None
            try:
                self._learned[name] = fit_method(name, self.train, self.model, users, scenarios)
            except InputError:
                self._learned[name] = None
        return self._learned[name]

    @cached_property
    def source_items(self) -> np.ndarray | None:
        """Items a source may have: bool (n_items + 1,) on the axis "scenarios", None for all."""
        return self.train.catalogue.in_scenario(self.plan.scenarios[0]) if self.plan.scenarios else None

    @cached_property
    def source_users(self) -> list[np.ndarray]:
        """For each slice the training users with such items by then: int64 (m,) each."""
        return [self.past.active(number, self.source_items) for number in range(len(self.past.edges))]


@dataclass(frozen=True, eq=False)
class SourceScores:
    """Scores of true sources and of random ones: float32 (n, candidates) each."""

    source: np.ndarray
    random: np.ndarray


class BatchScores:
    """Scores of a batch of cold users, each computed when a method first needs it: float32 (n, candidates)."""

    def __init__(self, fold: FoldScorer, cold: ColdUsers) -> None:
        self.fold, self.cold = fold, cold
        self._last_learned: tuple[str, SourceScores] | None = None

    @cached_property
    def target(self) -> np.ndarray:
        """Scores of the known items."""
        return self.fold.scores(self.cold.target)

    @cached_property
    def source(self) -> np.ndarray:
        """Scores of the source: the nearest user on the axis "users", else the user's own other items."""
        if self.fold.plan.axis == "users":
            return self._neighbour_scores[:, 0]
        return self._source_scores[:, self.fold.columns]

    @cached_property
    def _source_scores(self) -> np.ndarray:
        """Scores of all items by the fold's model: float32 (n, n_items + 1)."""
        return self.fold.all_scores(self._source_histories)

    @property
    def _source_histories(self) -> Sequence[History]:
        if self.fold.plan.axis == "users":
            return self._neighbour_histories[::NEIGHBOURS]
        return self.cold.source

    @cached_property
    def source_lengths(self) -> np.ndarray:
        """Items of each source: int64 (n,)."""
        return np.array([len(history) for history in self._source_histories], dtype=np.int64)

    @property
    def next_choice(self) -> SourceScores:
        """Next-choice scores as they are: the linear blend's."""
        return SourceScores(self.source, self.random)

    @property
    def interests(self) -> SourceScores:
        """Scores of the sources' long-term interests."""
        return SourceScores(self.source_interests, self.random_interests)

    def learned(self, name: str) -> SourceScores:
        """Scores of the sources by a transfer method fitted on the training users."""
        if self._last_learned is None or self._last_learned[0] != name:  # only the last is kept, for its memory
            source = self._applied(name, self._source_scores, self._source_embeddings)
            random = self._applied(name, self._random_scores, self._random_embeddings)
            self._last_learned = name, SourceScores(source, random)
        return self._last_learned[1]

    def _applied(self, name: str, scores: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        method, model = self.fold.learned(name), self.fold.model
        assert method is not None
        pairs = zip(scores, embeddings, strict=True)
        return np.stack([method.apply(model, row, vector)[self.fold.columns] for row, vector in pairs])

    @cached_property
    def _source_embeddings(self) -> np.ndarray:
        return self.fold.embeddings(self._source_histories)

    @cached_property
    def _random_embeddings(self) -> np.ndarray:
        return self.fold.embeddings(self._random_histories)

    @cached_property
    def scenario_alone(self) -> np.ndarray:
        """Scores of the known items by a model that knows the target scenario alone."""
        return self.fold.scores(self.cold.target, self.fold.scenario_model)

    @cached_property
    def neighbours_mean(self) -> np.ndarray:
        """Mean scores of the three nearest users; of the empty history where no user was active yet."""
        active = (self._neighbours >= 0)[:, :, None]
        active[:, 0] = True
        return np.asarray((self._neighbour_scores * active).sum(axis=1) / active.sum(axis=1))

    @cached_property
    def mean_user(self) -> np.ndarray:
        return np.asarray(self.fold.mean_user[self.fold.past.slice_of(self.cold.times)])

    @cached_property
    def own_history(self) -> np.ndarray:
        """Scores of all earlier items of the user by the Markov model."""
        return self.fold.scores(self.cold.history, self.fold.markov)

    @cached_property
    def again(self) -> np.ndarray:
        """Scores of the user's most recent items, then of the most popular."""
        return self.fold.scores(self.cold.history, self.fold.recent_items)

    @cached_property
    def whole_history(self) -> np.ndarray:
        """Scores of all earlier items of the user by the fold's model: source and known items in their order."""
        return self.fold.scores(self.cold.history)

    @cached_property
    def random(self) -> np.ndarray:
        """Scores of a random training user's items by the time of each held-out item."""
        return self._random_scores[:, self.fold.columns]

    @cached_property
    def _random_scores(self) -> np.ndarray:
        """The same of all items: float32 (n, n_items + 1)."""
        return self.fold.all_scores(self._random_histories)

    @cached_property
    def source_interests(self) -> np.ndarray:
        """Scores of the source's long-term interests."""
        return self.fold.scores(self._source_histories, self.fold.interests)

    @cached_property
    def random_interests(self) -> np.ndarray:
        """Scores of the long-term interests of the random sources."""
        return self.fold.scores(self._random_histories, self.fold.interests)

    @cached_property
    def _random_histories(self) -> list[History]:
        fold, histories = self.fold, []
        rng = fold.rng(0, self.cold)
        for number, time in zip(fold.past.slice_of(self.cold.times), self.cold.times, strict=True):
            pool = fold.source_users[number]
            history = fold.past.before(int(rng.choice(pool)), time) if len(pool) else NO_ITEMS
            histories.append(history if fold.source_items is None else history[fold.source_items[history]])
        return histories

    def shuffle(self, scores: SourceScores) -> np.ndarray:
        """Each target with the source of another.

        With times it is the source of the target just before in time, which holds nothing of the future either; the
        earliest target gets its random source.
        """
        cut, n = self.fold.past.cut, len(self.cold)
        order = np.argsort(self.cold.times, kind="stable") if cut else self.fold.rng(1, self.cold).permutation(n)
        shuffled = np.empty_like(scores.source)
        shuffled[order] = scores.source[np.roll(order, 1)]  # one cycle: no target keeps its own source
        if cut:
            shuffled[order[0]] = scores.random[order[0]]
        return shuffled

    def same_for_all(self, scores: np.ndarray) -> np.ndarray:
        """One row of scores for every user."""
        return np.broadcast_to(scores, (len(self.cold), len(scores)))

    @cached_property
    def _neighbours(self) -> np.ndarray:
        """The training users most similar to each target (to its source where no item is known): int64 (n, 3)."""
        histories = self.cold.target if self.cold.observed else self.cold.source
        return self.fold.neighbours.find(histories, self.cold.times, NEIGHBOURS)

    @cached_property
    def _neighbour_histories(self) -> list[History]:
        """Three for each target, the nearest user's first."""
        return [
            self.fold.past.before(int(user), time) if user >= 0 else NO_ITEMS
            for row, time in zip(self._neighbours, self.cold.times, strict=True)
            for user in row
        ]

    @cached_property
    def _neighbour_scores(self) -> np.ndarray:
        """float32 (n, 3, candidates)."""
        return self.fold.scores(self._neighbour_histories).reshape(len(self.cold), NEIGHBOURS, -1)


def early_counts(dataset: Dataset, candidates: np.ndarray) -> np.ndarray:
    """How often each candidate is among a user's first three candidates: int64 (n_items + 1,)."""
    inside = candidates[dataset.sequence]
    users = dataset.user_of[inside]
    first = np.arange(len(users)) - np.searchsorted(users, users) < EARLY
    return np.bincount(dataset.sequence[inside][first], minlength=dataset.n_items + 1)
