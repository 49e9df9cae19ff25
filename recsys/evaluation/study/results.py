"""What a transfer study finds for one number of known items, as values with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.evaluation.study import curves as curves_of
from recsys.metrics.uncertainty import Comparison, Estimate
from recsys.transfer.alpha_suggestion import AlphaCurve

METRIC = "ndcg@10"
ALONE = "target alone"
_SINCE = {"sources_cut", "training"}  # what a saved study of an older version lacks


def is_current(content: Mapping[str, Any]) -> bool:
    """Whether a saved study is of this version. An older one read sources' future and suggested an α nobody judged."""
    return set(content) >= _SINCE


@dataclass(frozen=True)
class Suggested:
    """One α that was chosen on some users and judged on others.

    Attributes:
        chosen_on, judged_on: how many users.
        gain: NDCG@10 at this α minus that at α = 0; over_random: minus that of a random source at the α chosen for it.
        harmed: share of the users it was judged on whose NDCG@10 fell.
    """

    alpha: float
    chosen_on: int
    judged_on: int
    gain: Estimate
    over_random: Estimate
    harmed: float

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "gain": self.gain.to_json(), "over_random": self.over_random.to_json()}


@dataclass(frozen=True, eq=False)
class StudyPoint:
    """What was found for one number of known items.

    Attributes:
        observed: k; people: how many were judged.
        chosen: α chosen on one half of the people and on the other.
        curve: NDCG@10 of the transfer at each of ALPHAS; gain: the same minus α = 0, paired.
        methods: NDCG@10 of everything, by name; "transfer" is judged at the α chosen on other people.
        comparisons: the transfer against each other method.
        suggested: one α with its judgement, for `suggest`.
        repeats: share of users with enough items who are not judged, because their next item is one they already have.
        helped, harmed: share of people whose NDCG@10 rose and fell against α = 0.
    """

    observed: int
    people: int
    chosen: tuple[float, float]
    curve: tuple[Estimate, ...]
    gain: tuple[Estimate, ...]
    methods: Mapping[str, Estimate]
    comparisons: tuple[Comparison, ...]
    suggested: Suggested
    repeats: float
    helped: float
    harmed: float

    def against(self, method: str) -> Comparison:
        """The comparison with one method."""
        return next(c for c in self.comparisons if c.second == method)

    def beats(self, method: str) -> bool:
        """Whether the transfer is shown to be better."""
        comparison = self.against(method)
        return comparison.significant and comparison.difference.value > 0

    @property
    def helps(self) -> bool:
        """Better than no transfer, and better than a random source: α > 0 alone proves nothing."""
        return self.beats(ALONE) and self.beats("random source")

    @property
    def alpha_curve(self) -> AlphaCurve:
        """As evidence for a suggestion."""
        found = self.suggested
        return AlphaCurve(
            observed=self.observed,
            chosen_on=found.chosen_on,
            judged_on=found.judged_on,
            alphas=tuple(curves_of.ALPHAS.tolist()),
            values=tuple(e.value for e in self.curve),
            low=tuple(e.low for e in self.curve),
            high=tuple(e.high for e in self.curve),
            alpha=found.alpha,
            gain=found.gain.value,
            gain_low=found.gain.low,
            gain_high=found.gain.high,
            shown=self.helps and found.gain.low > 0 and found.over_random.low > 0,
            harmed=found.harmed,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "observed": self.observed,
            "people": self.people,
            "alpha_chosen": list(self.chosen),
            "curve": [{"alpha": a, **e.to_json()} for a, e in zip(curves_of.ALPHAS.tolist(), self.curve, strict=True)],
            "gain": [{"alpha": a, **e.to_json()} for a, e in zip(curves_of.ALPHAS.tolist(), self.gain, strict=True)],
            "methods": {name: e.to_json() for name, e in self.methods.items()},
            "comparisons": [
                {"against": c.second, **c.difference.to_json(), "p": c.p, "p_holm": c.p_holm, "shown": c.significant}
                for c in self.comparisons
            ],
            "suggested": self.suggested.to_json(),
            "repeats": self.repeats,
            "helped": self.helped,
            "harmed": self.harmed,
        }
