"""The results of a transfer study for one number of known items, and studies read from disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.errors import ArtifactError
from recsys.evaluation.study import methods
from recsys.evaluation.study.alpha_curves import ALPHAS
from recsys.metrics.uncertainty import Comparison, Estimate
from recsys.transfer.alpha_suggestion import AlphaCurve

METRIC = "ndcg@10"
_NEWER_FIELDS = {"sources_cut", "training"}  # missing in studies of earlier versions
_POINT_FIELDS = {"observed", "people", "gain", "methods", "comparisons", "suggested", "repeats", "harmed", "helped"}


@dataclass(frozen=True)
class ChosenAlpha:
    """One α that was chosen on some users and evaluated on others.

    Attributes:
        chosen_on, evaluated_on: numbers of users.
        gain: NDCG@10 at this α minus that at α = 0.
        over_random: NDCG@10 at this α minus that of a random source at the α chosen for it.
        harmed: share of the users it was evaluated on whose NDCG@10 fell.
    """

    alpha: float
    chosen_on: int
    evaluated_on: int
    gain: Estimate
    over_random: Estimate
    harmed: float

    def to_json(self) -> dict[str, Any]:
        return {  # "judged_on", and below "people" and "shown": the names in studies that are saved on disk
            "alpha": self.alpha,
            "chosen_on": self.chosen_on,
            "judged_on": self.evaluated_on,
            "gain": self.gain.to_json(),
            "over_random": self.over_random.to_json(),
            "harmed": self.harmed,
        }


@dataclass(frozen=True, eq=False)
class StudyPoint:
    """The results for one number of known items.

    Attributes:
        observed: k; users: how many were evaluated.
        chosen: α chosen on one half of the users and on the other.
        curve: NDCG@10 of the transfer at each of ALPHAS; gain: the same minus α = 0, paired.
        methods: NDCG@10 by method; those with a chosen α at the α chosen on other users.
        comparisons: the transfer against each other method.
        suggested: one α with its evaluation, for `suggest_alpha`.
        repeats: share of users with enough items who are not evaluated: their next item is one they already have.
        helped, harmed: share of users whose NDCG@10 rose and fell against α = 0.
        of_interests: the transfer of interests against no transfer, priors and controls; () where it was left out.
        of_whole_history: the transfer of the whole history against the same.
    """

    observed: int
    users: int
    chosen: tuple[float, float]
    curve: tuple[Estimate, ...]
    gain: tuple[Estimate, ...]
    methods: Mapping[str, Estimate]
    comparisons: tuple[Comparison, ...]
    suggested: ChosenAlpha
    repeats: float
    helped: float
    harmed: float
    of_interests: tuple[Comparison, ...] = ()
    of_whole_history: tuple[Comparison, ...] = ()

    @property
    def all_comparisons(self) -> tuple[tuple[Comparison, ...], ...]:
        """Of the transfer, of interests, and of the whole history."""
        return self.comparisons, self.of_interests, self.of_whole_history

    def against(self, method: str) -> Comparison:
        """The comparison with one method."""
        return next(c for c in self.comparisons if c.second == method)

    def beats(self, method: str) -> bool:
        """Whether the transfer is shown to be better."""
        return self.against(method).significant and self.against(method).difference.value > 0

    def loses_to(self, method: str) -> bool:
        """Whether the transfer is shown to be worse."""
        return self.against(method).significant and self.against(method).difference.value < 0

    @property
    def helps(self) -> bool:
        """Whether it is shown to be better than no transfer and than the controls it must beat."""
        return all(self.beats(name) for name in methods.names("no transfer", "control", must_beat=True))

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> StudyPoint:
        """What `to_json` wrote. Raises KeyError, TypeError where fields are missing."""

        def of(name: str, first: str) -> tuple[Comparison, ...]:
            return tuple(
                Comparison(METRIC, first, one["against"], _estimate(one), one["p"], one["p_holm"])
                for one in content.get(name, ())
            )

        suggested, (first, second) = content["suggested"], content["alpha_chosen"]
        return cls(
            observed=content["observed"],
            users=content["people"],
            chosen=(first, second),
            curve=tuple(map(_estimate, content["curve"])),
            gain=tuple(map(_estimate, content["gain"])),
            methods={name: _estimate(one) for name, one in content["methods"].items()},
            comparisons=of("comparisons", methods.TRANSFER),
            suggested=ChosenAlpha(
                suggested["alpha"],
                suggested["chosen_on"],
                suggested["judged_on"],
                _estimate(suggested["gain"]),
                _estimate(suggested["over_random"]),
                suggested["harmed"],
            ),
            repeats=content["repeats"],
            helped=content["helped"],
            harmed=content["harmed"],
            of_interests=of("of_interests", methods.INTERESTS),
            of_whole_history=of("of_whole_history", methods.WHOLE),
        )

    def to_json(self) -> dict[str, Any]:
        alphas = ALPHAS.tolist()
        return {
            "observed": self.observed,
            "people": self.users,
            "alpha_chosen": list(self.chosen),
            "curve": [{"alpha": a, **e.to_json()} for a, e in zip(alphas, self.curve, strict=True)],
            "gain": [{"alpha": a, **e.to_json()} for a, e in zip(alphas, self.gain, strict=True)],
            "methods": {name: e.to_json() for name, e in self.methods.items()},
            "comparisons": [_comparison_json(c) for c in self.comparisons],
            "of_interests": [_comparison_json(c) for c in self.of_interests],
            "of_whole_history": [_comparison_json(c) for c in self.of_whole_history],
            "suggested": self.suggested.to_json(),
            "repeats": self.repeats,
            "helped": self.helped,
            "harmed": self.harmed,
        }


def _estimate(content: Mapping[str, float]) -> Estimate:
    return Estimate(content["value"], content["low"], content["high"])


def _comparison_json(c: Comparison) -> dict[str, Any]:
    return {"against": c.second, **c.difference.to_json(), "p": c.p, "p_holm": c.p_holm, "shown": c.significant}


def is_current(content: object) -> bool:
    """Whether a saved study is of this version. Earlier ones read sources' future and suggest an unevaluated α."""
    return isinstance(content, dict) and set(content) >= _NEWER_FIELDS


def check_study(content: object) -> Mapping[str, Any]:
    """The content of a saved study. Raises ArtifactError where fields are missing."""
    points = content.get("points") if isinstance(content, dict) and "level" in content else None
    if not points or not all(set(point) >= _POINT_FIELDS for point in points):
        raise ArtifactError("the saved study", "is damaged or of an earlier version", fix="Delete it and run it again.")
    return dict(content)  # type: ignore[call-overload,no-any-return]


def suggestion_evidence(point: Mapping[str, Any]) -> AlphaCurve:
    """One point of a study's JSON as evidence for `suggest_alpha`. Raises ArtifactError where fields are missing."""
    try:
        against = {one["against"]: one for one in point["comparisons"]}
        required = [against[name] for name in methods.names("no transfer", "control", must_beat=True)]
        suggested = point["suggested"]
        better = [one["shown"] and one["value"] > 0 for one in required]
        better += [suggested[name]["low"] > 0 for name in ("gain", "over_random")]
        alphas, values, low, high = (
            tuple(float(one[name]) for one in point["curve"]) for name in ("alpha", "value", "low", "high")
        )
        return AlphaCurve(
            observed=int(point["observed"]),
            chosen_on=int(suggested["chosen_on"]),
            evaluated_on=int(suggested["judged_on"]),
            alphas=alphas,
            values=values,
            low=low,
            high=high,
            alpha=float(suggested["alpha"]),
            gain=suggested["gain"]["value"],
            gain_low=suggested["gain"]["low"],
            gain_high=suggested["gain"]["high"],
            shown=all(better),
            harmed=float(suggested["harmed"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError("the saved study", "is damaged or of an earlier version", fix="Run it again.") from error
