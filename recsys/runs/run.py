"""A run: a trained model with the baselines beside it, and how training went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from recsys.data.dataset import Dataset, History
from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.data.splits import Split, leave_one_out, rows_left_in
from recsys.errors import InputError
from recsys.models.recommender import Recommender
from recsys.models.trainable import MarkovBlend


@dataclass(frozen=True, eq=False)
class Run:
    """The result of a training.

    Attributes:
        id: 24 hexadecimal digits; name: on screen.
        dataset_fingerprint: of the data it was trained on.
        holdout: "last-one" (each user's last item is the test, the one before it the validation) or "none".
        model: the model; baselines: others on the same rows, by name.
        reports: one mapping per epoch (epoch, loss, seconds, ndcg@10 …).
        validation: {model name: {"ndcg@10", "hr@10"}} on validation users; {} with holdout "none".
        config: what it was trained with: {"model": …, "train": …}, "text": where the item features
            come from, "problem": the error that ended training early, if any, "repeats": see `repeats`, where it is
            not to leave out.
        settings: of each baseline, as chosen on validation users: {model name: {setting: value}}.
        evidence: figures of the validation users; {} with holdout "none". "users": how many; "repeats": see
            `recsys.metrics.RepeatStatistics`; "comparison": the model against the best simple baseline in NDCG@10
            ("baseline", "value", "against", "difference", "low", "high": 95%, paired bootstrap over users); "parts":
            NDCG@10 with its interval of "network alone", "Markov alone" and "both together".
        seconds: of training, baselines excluded; created: UTC, ISO 8601. versions: of the packages.
    """

    id: str
    name: str
    dataset_fingerprint: str
    holdout: str
    model: Recommender
    baselines: Mapping[str, Recommender]
    reports: tuple[Mapping[str, Any], ...]
    validation: Mapping[str, Mapping[str, float]]
    config: Mapping[str, Any]
    seconds: float
    created: str
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def parts(self) -> dict[str, Recommender]:
        """The parts of a model that adds Markov scores, each as a model; {} for others.

        "Markov alone" is left out where "markov" is among the baselines.
        """
        model = self.model
        if not isinstance(model, MarkovBlend) or model.markov is None or not model.markov_weight:
            return {}
        parts: dict[str, Recommender] = {"network alone": model.with_markov(None, 0.0)}
        return parts if "markov" in self.baselines else parts | {"Markov alone": model.markov}

    @property
    def models(self) -> dict[str, Recommender]:
        """The model first, then the baselines, by name."""
        return {self.model.name: self.model, **{n: m for n, m in self.baselines.items() if n != self.model.name}}

    @property
    def repeats(self) -> RepeatRule:
        """Whether already chosen items may be recommended again; runs of earlier versions leave them out."""
        return RepeatRule.parse(str(self.config.get("repeats", LEAVE_OUT.text)))

    def under_its_rule(self, dataset: Dataset) -> Dataset:
        """The dataset with the run's rule for already chosen items."""
        return dataset if dataset.repeats == self.repeats else replace(dataset, repeats=self.repeats)

    @property
    def parameters(self) -> int:
        """Trained numbers of the model; 0 for one that is fitted at once."""
        return int(getattr(self.model, "parameters", 0))

    def known_histories(self, dataset: Dataset) -> list[History]:
        """The history of each user that the model may read: everything before the test item."""
        return [self.known_part(history) for history in dataset.histories()]

    def known_part(self, history: History) -> History:
        """What the model may read of one user's history."""
        return history[:-1] if self.holdout == "last-one" and len(history) >= 3 else history

    def split(self, dataset: Dataset) -> Split:
        """The held-out rows. Raises InputError when there are none."""
        if self.holdout != "last-one":
            raise InputError(
                "the run",
                "must have been trained with held-out rows",
                f"holdout {self.holdout}",
                "Train again with --holdout last-one.",
            )
        return leave_one_out(self.under_its_rule(dataset))

    def training_rows(self, dataset: Dataset) -> Dataset:
        """The dataset without the rows that were held out; all of it where none were."""
        rows = self.under_its_rule(dataset)
        return rows_left_in(rows) if self.holdout == "last-one" else rows
