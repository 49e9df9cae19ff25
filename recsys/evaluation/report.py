"""The result of an evaluation: values per user, estimates and lists of each model, and paired comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from recsys.metrics import RepeatStatistics, registry
from recsys.metrics.uncertainty import Comparison, Estimate
from recsys.models.table import model_label
from recsys.wording import Message, in_a_row

PARTS: Mapping[str, Message] = {part: part for part in (Message("network alone"), Message("Markov alone"))}
"""Names of parts of a model, which are not in the table of models."""


def report_label(name: str) -> str:
    """What a model of a report is called on screen: a message for models of the table and their parts."""
    if isinstance(name, Message):  # of a compared run
        return name
    return PARTS[name] if name in PARTS else model_label(name)


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One model's figures on n users.

    Args:
        name: the model's name in the report.
        per_user: metric key ("ndcg@10", "auc") -> float64 (n,), NaN where the metric is not defined for a user.
        estimates: metric key -> value and interval, of the means of `per_user` and of all lists together.
        ranks: int64 (n,) the best rank of each user's held-out items.
        lists: int32 (n, longest list) recommended items, best first, 0 where no item is left.
        threshold: of the like / not-like calls, a share of unseen items.
        milliseconds: scoring time per user.
        baseline: whether it is one of the simple models that others have to beat.
    """

    name: str
    per_user: Mapping[str, np.ndarray]
    estimates: Mapping[str, Estimate]
    ranks: np.ndarray
    lists: np.ndarray
    threshold: float
    milliseconds: float
    baseline: bool = False

    @property
    def label(self) -> str:
        """What the model is called on screen."""
        return report_label(self.name)


@dataclass(frozen=True, eq=False)
class Report:
    """The result of an evaluation.

    Args:
        protocol: how rows were held out, a key of `PROTOCOLS`.
        ks: list lengths, ascending.
        users: int64 (n,) the evaluated users, as indexes of the dataset.
        models: in the order given.
        comparisons: the first model against each other one on the main metric, Holm-corrected together.
        repeats: held-out items that no list can hold, and the NDCG that is therefore at most reachable.
        seed: of resampling and of the random unseen items.
        parts: names of models that are parts of the first one (such as its network alone): listed, but not rivals.
        held_out: users with held-out items, of whom `users` were drawn at random if they are fewer; 0 in reports of
            earlier versions.
    """

    protocol: str
    ks: tuple[int, ...]
    users: np.ndarray
    models: tuple[ModelResult, ...]
    comparisons: tuple[Comparison, ...]
    repeats: RepeatStatistics
    seed: int
    parts: tuple[str, ...] = ()
    held_out: int = 0

    def __getitem__(self, name: str) -> ModelResult:
        return next(m for m in self.models if m.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(m.name for m in self.models)

    @property
    def main(self) -> str:
        """The metric of verdict and comparisons."""
        return main_metric(self.ks)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Keys of the metrics to show, in the table's order: each at its default list length if it was measured."""
        otherwise = int(self.main.partition("@")[2])
        keys = [metric.default_key(self.ks, otherwise) for metric in registry.METRICS]
        return tuple(key for key in keys if all(key in model.estimates for model in self.models))

    def best(self, key: str) -> str:
        """The name of the model with the best value of a metric; "" where neither direction is better."""
        better = registry.find_metric(key).better
        if better == "neither" or len(self.models) < 2:
            return ""
        pick = max if better == "higher" else min
        return pick(self.models, key=lambda m: m.estimates[key].value).name

    @property
    def best_baseline(self) -> ModelResult | None:
        """The best simple baseline beside the first model, None where there is none.

        Markov scores that are a part of the first model count as a baseline too.
        """
        simple = [m for m in self.models[1:] if m.baseline]
        return max(simple, key=lambda m: m.estimates[self.main].value, default=None)

    def against(self, name: str) -> Comparison:
        """The comparison of the first model with another."""
        return next(c for c in self.comparisons if c.second == name)

    @property
    def verdict(self) -> str:
        """What the first model reaches, and whether it is shown to be better than the best simple baseline."""
        first, rival = self.models[0], self.best_baseline
        sentences = [
            Message(
                "{model} reaches {metric} {estimate} on {users:,} users; there is no other model to compare with."
                if len(self.models) == 1
                else "{model} reaches {metric} {estimate} on {users:,} users.",
                model=first.label,
                metric=self.main.upper(),
                estimate=first.estimates[self.main].text,
                users=len(self.users),
            )
        ]
        if rival is not None:
            found = self.against(rival.name)
            sentences.append(
                Message(
                    "Better than {model}, the best simple baseline ({estimate}): difference {difference}."
                    if found.significant and found.difference.value > 0
                    else "Not better than {model}, the best simple baseline ({estimate}): difference {difference}.",
                    model=rival.label,
                    estimate=rival.estimates[self.main].text,
                    difference=found.difference.text,
                )
            )
        others = [m.name for m in self.models[1:] if not m.baseline and m.name not in self.parts]
        return in_a_row([*sentences, *(self.against(name).sentence(report_label) for name in others)])

    @property
    def drawn_sentence(self) -> str:
        """That the users were drawn from very many; "" where all are evaluated."""
        if self.held_out <= len(self.users):
            return ""
        return Message(
            "Evaluated on {n:,} of {all:,} users, drawn at random: with so many items all of them would take too long. "
            "All items are ranked.",
            n=len(self.users),
            all=self.held_out,
        )

    @property
    def parts_sentence(self) -> str:
        """What each part of the first model reaches alone; "" where it has no parts."""
        if not self.parts:
            return ""
        names = {name: name for name in self.parts}
        if "markov" in self.names:
            names["Markov alone"] = "markov"
        each = [
            Message("{part} {estimate}", part=report_label(label), estimate=self[name].estimates[self.main].text)
            for label, name in names.items()
        ]
        return Message(
            "{metric}: {parts}; both together {estimate}.",
            metric=self.main.upper(),
            parts=reduce(lambda parts, part: Message("{parts}; {part}", parts=parts, part=part), each),
            estimate=self.models[0].estimates[self.main].text,
        )

    def to_json(self) -> dict[str, object]:
        """Numbers and names only.

        {"protocol", "users", "held_out_users", "ks", "seed", "repeats": {share, reachable, k}, "parts": [names],
        "metrics": {key: {label, better, formula, paper}}, "models": {name: {key: {value, low, high}}},
        "comparisons": […]}.
        """
        return {
            "protocol": self.protocol,
            "users": len(self.users),
            "held_out_users": max(self.held_out, len(self.users)),
            "ks": list(self.ks),
            "seed": self.seed,
            "repeats": self.repeats.to_json(),
            "parts": list(self.parts),
            "metrics": {key: registry.find_metric(key).to_json() for key in self.metrics},
            "models": {m.name: {k: e.to_json() for k, e in m.estimates.items()} for m in self.models},
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
        }


def main_metric(ks: tuple[int, ...]) -> str:
    """The metric of verdicts: NDCG@10 if lists of ten were measured, else NDCG at the largest k."""
    return "ndcg@10" if 10 in ks else f"ndcg@{ks[-1]}"
