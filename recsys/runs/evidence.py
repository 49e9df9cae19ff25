"""What the validation users say of a run's models: their scores, the difference to the best baseline, the parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recsys.data.splits import Split
from recsys.metrics import Ranks, ndcg, repeat_statistics
from recsys.models.recommender import Recommender

if TYPE_CHECKING:
    import numpy as np

    from recsys.models.attention.model import AttentionModel


class Evidence:
    """Models judged on the same validation users, one value per user kept, so that differences are paired.

    Attributes:
        people: the validation users, or a seeded sample of them where there are many.
        repeats: among their held-out items.
        quality: {model name: {"ndcg@10", "hr@10", "mrr"}}, in the order judged.
    """

    def __init__(self, split: Split, seed: int) -> None:
        from recsys.models.validation import sample_users

        self.people = sample_users(split.validation, split.train.n_items, seed)
        self.repeats = repeat_statistics(self.people.histories, self.people.positives)
        self.seed = seed
        self.quality: dict[str, Mapping[str, float]] = {}
        self._per_user: dict[str, np.ndarray] = {}

    def judge(self, model: Recommender) -> Mapping[str, float]:
        """Ranks every item for every validation user; returns and keeps the model's figures."""
        from recsys.models.validation import accuracy_means

        found = self._ranks(model)
        self.quality[model.name] = accuracy_means(found)
        self._per_user[model.name] = ndcg(found, 10)
        return self.quality[model.name]

    def quality_of(self, first: str) -> dict[str, Mapping[str, float]]:
        """`quality` with one model in front."""
        return {first: self.quality[first], **self.quality}

    def _ranks(self, model: Recommender) -> Ranks:
        from recsys.models.validation import next_item_ranks

        return next_item_ranks(model, self.people)

    def comparison(self, name: str, per_user: np.ndarray | None = None) -> dict[str, Any]:
        """A model against the best of the others judged so far; {} while there is none.

        Args:
            per_user: float64 (n,) NDCG@10 of the model on `people`; by default what `judge` found.
        """
        from recsys.metrics.uncertainty import paired_p

        own = self._per_user[name] if per_user is None else per_user
        others = {other: values for other, values in self._per_user.items() if other != name}
        if not others or not len(own):
            return {}
        rival = max(others, key=lambda other: float(others[other].mean()))
        difference, _ = paired_p(own - others[rival], seed=self.seed)
        return {
            "baseline": rival,
            "value": float(own.mean()),
            "against": float(others[rival].mean()),
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
        }

    def parts(self, model: AttentionModel) -> dict[str, dict[str, float]]:
        """NDCG@10, with its interval, of the network alone, the Markov scores alone, and both together."""
        from recsys.metrics.uncertainty import estimate_means

        alone = {"network alone": model.without_markov() if model.markov is not None else model}
        values = {name: ndcg(self._ranks(part), 10) for name, part in alone.items()}
        if model.markov is not None:
            values["Markov alone"] = ndcg(self._ranks(model.markov), 10)
            values["both together"] = self._per_user[model.name]
        return {name: estimate.to_json() for name, estimate in estimate_means(values, seed=self.seed).items()}

    def to_json(self, model: Recommender) -> dict[str, Any]:
        """What a run keeps: see `Run.evidence`."""
        from recsys.models.attention.model import AttentionModel

        kept: dict[str, Any] = {"users": len(self.people), "repeats": self.repeats.to_json()}
        if found := self.comparison(model.name):
            kept["comparison"] = found
        if isinstance(model, AttentionModel):
            kept["parts"] = self.parts(model)
        return kept
