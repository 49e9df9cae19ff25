"""The models of a run on its validation users: accuracy, the difference to the best baseline, and the parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recsys.data.splits import Split
from recsys.metrics import ndcg, repeat_statistics
from recsys.models.recommender import Recommender
from recsys.models.trainable import MarkovBlend
from recsys.wording import Message

if TYPE_CHECKING:
    import numpy as np


class Evidence:
    """Models evaluated on the same validation users, with one value per user, so that differences are paired.

    Attributes:
        users: the validation users, or a seeded sample of them where there are many.
        repeats: among their held-out items.
        quality: {model name: {"ndcg@10", "hr@10", "mrr"}}, in the order of evaluation.
    """

    def __init__(self, split: Split, seed: int) -> None:
        from recsys.models.validation import sample_users

        self.users = sample_users(split.validation, split.train.n_items, seed)
        self.repeats = repeat_statistics(self.users.histories, self.users.positives, left_out=self.users.left_out)
        self.seed = seed
        self.quality: dict[str, Mapping[str, float]] = {}
        self._per_user: dict[str, np.ndarray] = {}
        self._parts: dict[str, dict[str, np.ndarray]] = {}  # NDCG@10 of the models with Markov scores

    def evaluate(self, model: Recommender) -> Mapping[str, float]:
        """Ranks every item for every validation user; returns and keeps the model's figures."""
        from recsys.models.validation import accuracy_means, blend_ranks, next_item_ranks

        if isinstance(model, MarkovBlend) and model.markov is not None:
            network, markov, ranks = blend_ranks(model, self.users)
            parts = {
                Message("network alone"): network,
                Message("Markov alone"): markov,
                Message("both together"): ranks,
            }
            self._parts[model.name] = {name: ndcg(part, 10) for name, part in parts.items()}
        else:
            ranks = next_item_ranks(model, self.users)
        self.quality[model.name] = accuracy_means(ranks)
        self._per_user[model.name] = ndcg(ranks, 10)
        return self.quality[model.name]

    def quality_of(self, first: str) -> dict[str, Mapping[str, float]]:
        """`quality` with one model in front."""
        return {first: self.quality[first], **self.quality}

    def comparison(self, name: str, per_user: np.ndarray | None = None) -> dict[str, Any]:
        """A model against the best of the others evaluated so far; {} while there is none.

        Args:
            per_user: float64 (n,) NDCG@10 of the model on `users`; by default as evaluated.
        """
        from recsys.metrics.uncertainty import paired_p

        values = self._per_user[name] if per_user is None else per_user
        others = {other: each for other, each in self._per_user.items() if other != name}
        if not others or not len(values):
            return {}
        rival = max(others, key=lambda other: float(others[other].mean()))
        difference, _ = paired_p(values - others[rival], seed=self.seed)
        return {
            "baseline": rival,
            "value": float(values.mean()),
            "against": float(others[rival].mean()),
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
        }

    def parts(self, model: MarkovBlend) -> dict[str, dict[str, float]]:
        """NDCG@10, with its interval, of the network alone, the Markov scores alone, and both together.

        The keys of the result are messages.
        """
        from recsys.metrics.uncertainty import estimate_means

        values = self._parts.get(model.name, {Message("network alone"): self._per_user[model.name]})
        return {name: estimate.to_json() for name, estimate in estimate_means(values, seed=self.seed).items()}

    def to_json(self, model: Recommender) -> dict[str, Any]:
        """What a run keeps: see `Run.evidence`."""
        kept: dict[str, Any] = {"users": len(self.users), "repeats": self.repeats.to_json()}
        if comparison := self.comparison(model.name):
            kept["comparison"] = comparison
        if isinstance(model, MarkovBlend):
            kept["parts"] = self.parts(model)
        return kept
