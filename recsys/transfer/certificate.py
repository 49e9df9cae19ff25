"""The transfer certificate: what a transfer is expected to change for one pair, or that it should not be made.

A linear rule orders pairs by the gain to expect, from features that are known before anything is recommended. It is
fitted on users of a transfer study, true pairs and control pairs alike (`recsys.evaluation.study.certificate`). A pair
is accepted above a threshold, which is set on other users. Where no gain was shown, every pair is refused: α = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data.dataset import read_only
from recsys.errors import ArtifactError, InputError
from recsys.metrics.proportions import wilson
from recsys.metrics.uncertainty import Estimate, estimate_mean
from recsys.wording import Message

FEATURES = (
    "no known items (0 or 1)",
    "log(1 + known items of the target)",
    "log(1 + items of the source)",
    "correlation of the two scores over all candidates",
    "share of the ten best items that both have",
    "share of the hundred best items that both have",
    "mean of the target’s ten best scores, standardised",
    "mean of the source’s ten best scores, standardised",
    "source’s mean score of the target’s ten best items, standardised",
    "target’s mean score of the source’s ten best items, standardised",
    "the source is the target’s own history (0 or 1)",
)
PROMISE = 0.1
"""Largest share of harmed users among the accepted pairs that a study promises."""
UNCHANGED = 1e-12
"""Changes of NDCG@10 up to this are rounding."""
ALIKE = 200  # evaluated users with the most similar expectation, whom the expected gain is taken from
BEST = 100  # items of each side that are compared
_LEVELS = (3.0, 2.0, 1.0)  # standard deviations above which the best items are looked for first


@dataclass(frozen=True, eq=False)
class ScoredSide:
    """The scores of a target or a source, as `pair_features` reads them.

    Attributes:
        standardised: float64 (n,), with mean 0 and standard deviation 1; zeros where all scores are equal.
        best: int64 (≤ 100,), the best items, best first, ties to the lower index, so that every machine has the same.
    """

    standardised: np.ndarray
    best: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray) -> ScoredSide:
        """That of the scores float (n,) of the items that may be recommended, n ≥ 1."""
        standardised = _standardised(scores)
        return cls(standardised, _best(standardised, BEST))


def pair_features(target: np.ndarray, source: np.ndarray, known: int, source_items: float, own: bool) -> np.ndarray:
    """What is known of a pair before anything is recommended: float64 (11,), in the order of FEATURES.

    Args:
        target, source: float (n,), scores of the items that may be recommended, at α = 0 and at α = 1; n ≥ 1.
        known: items of the target's history; source_items: of the source's (of a group: their mean).
        own: whether the source is another part of the target's own history.
    """
    return side_features(ScoredSide.of(target), ScoredSide.of(source), known, source_items, own)


def side_features(target: ScoredSide, source: ScoredSide, known: int, source_items: float, own: bool) -> np.ndarray:
    """`pair_features` of two sides, of which each may be made once and used in several pairs."""
    a, b = target.standardised, source.standardised
    shared = [_share_of_both(target.best[:n], source.best[:n], len(a)) for n in (10, BEST)]
    of_target, of_source = target.best[:10], source.best[:10]
    confidence = [a[of_target].mean(), b[of_source].mean(), b[of_target].mean(), a[of_source].mean()]
    lengths = [float(known == 0), np.log1p(known), np.log1p(source_items)]
    return np.array([*lengths, (a @ b) / len(a), *shared, *confidence, float(own)])


def rule_inputs(features: np.ndarray, known: np.ndarray, alphas: Mapping[int, float]) -> np.ndarray:
    """What the rule is linear in: float64 (n, 12), the features (n, 11) and the α for the known items (n,)."""
    return np.column_stack([features, [alpha_for(alphas, int(k)) for k in known]])


def alpha_for(alphas: Mapping[int, float], known: int) -> float:
    """The α of the largest studied number of known items that is not above `known`, or of the smallest one."""
    below = [k for k in alphas if k <= known]
    return alphas[max(below) if below else min(alphas)]


@dataclass(frozen=True)
class Decision:
    """The certificate for one pair.

    Attributes:
        accepted: whether a gain was shown for users like this one, with a rate of harm below the promise.
        alpha: that the gain was evaluated at; 0 where the pair is refused.
        gain: expected change of NDCG@10 at the rule's α, for users like this one, with its 95% interval.
        harm: share of users like this one whose NDCG@10 fell, with its 95% interval.
        users: how many users like this one that is.
    """

    accepted: bool
    alpha: float
    gain: Estimate
    harm: Estimate
    users: int


@dataclass(frozen=True, eq=False)
class Certificate:
    """The rule, and the users it was calibrated on.

    Attributes:
        promise: largest share of harmed users among the accepted pairs, 0 to 1.
        alphas: known items -> α that was best for the users the rule was fitted on.
        mean, scale, weights: float64 (12,), the linear rule over the standardised features and α.
        threshold: pairs are accepted from this expectation on; infinite where no gain was shown.
        expectations: float64 (n,), of the users that the threshold was set on.
        gains: float64 (n,), their change of NDCG@10 at the rule's α.

    Raises:
        InputError: arrays of other shapes, or a promise outside (0, 1).
    """

    promise: float
    alphas: Mapping[int, float]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    threshold: float
    expectations: np.ndarray
    gains: np.ndarray

    def __post_init__(self) -> None:
        if not 0 < self.promise < 1:
            raise InputError("the promised rate of harm", "must lie between 0 and 1", self.promise)
        for name in ("mean", "scale", "weights", "expectations", "gains"):
            object.__setattr__(self, name, read_only(np.asarray(getattr(self, name), dtype=np.float64)))
        shapes = {self.mean.shape, self.scale.shape, self.weights.shape}
        if shapes != {(len(FEATURES) + 1,)} or self.expectations.shape != self.gains.shape or not len(self.gains):
            rule = Message("must have {n} weights", n=len(FEATURES) + 1)
            raise InputError("the rule of the certificate", rule, sorted(shapes))
        if not self.alphas:
            raise InputError("the rule of the certificate", "must have an α", 0)

    def expectation(self, features: np.ndarray, known: np.ndarray) -> np.ndarray:
        """What the pairs are ordered by: float64 (n,), of features (n, 11) and known items (n,); −∞ where α is 0.

        It estimates the share of helped users minus that of harmed ones.
        """
        inputs = rule_inputs(features, known, self.alphas)
        return np.where(inputs[:, -1] > 0, ((inputs - self.mean) / self.scale) @ self.weights, -np.inf)

    def decide(self, features: np.ndarray, known: int) -> Decision:
        """The certificate of one pair, from its features (11,) and the target's known items."""
        expected = float(self.expectation(features[None], np.array([known]))[0])
        accepted = expected >= self.threshold
        nearest = np.argsort(np.abs(self.expectations - max(expected, self.expectations.min())), kind="stable")[:ALIKE]
        gains = self.gains[nearest]
        alpha = alpha_for(self.alphas, known) if accepted else 0.0
        harm = wilson(int((gains < -UNCHANGED).sum()), len(gains))
        return Decision(accepted, alpha, estimate_mean(gains), harm, len(gains))

    def to_json(self) -> dict[str, Any]:
        return {
            "promise": self.promise,
            "alphas": {str(k): alpha for k, alpha in self.alphas.items()},
            "features": list(FEATURES),
            "threshold": float(self.threshold) if np.isfinite(self.threshold) else None,
            **{name: getattr(self, name).tolist() for name in ("mean", "scale", "weights", "expectations", "gains")},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Certificate:
        """What `to_json` wrote. Raises ArtifactError where it is damaged or has other features."""
        try:
            if content["features"] != list(FEATURES):
                raise ValueError("it was made with other features")
            threshold = content["threshold"]
            return cls(
                promise=float(content["promise"]),
                alphas={int(k): float(alpha) for k, alpha in content["alphas"].items()},
                threshold=np.inf if threshold is None else float(threshold),
                **{name: content[name] for name in ("mean", "scale", "weights", "expectations", "gains")},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ArtifactError("the saved certificate", "is damaged", str(error), "Run the study again.") from error


def _standardised(scores: np.ndarray) -> np.ndarray:
    values = np.array(scores, dtype=np.float64)
    values -= values.mean()
    spread = values.std()
    standardised: np.ndarray = values / spread if spread > 0 else np.zeros_like(values)
    return standardised


def _best(standardised: np.ndarray, n: int) -> np.ndarray:
    """The n best items, best first, ties to the lower index; fewer where there are fewer."""
    among = np.arange(len(standardised))
    for level in _LEVELS:  # so that a few hundred items are sorted, not all
        above = np.flatnonzero(standardised > level)
        if len(above) >= n:
            among = above
            break
    return among[np.argsort(-standardised[among], kind="stable")[:n]]


def _share_of_both(first: np.ndarray, second: np.ndarray, n_items: int) -> float:
    """The share of the first items that are among the second."""
    among = np.zeros(n_items, dtype=bool)
    among[second] = True
    return float(among[first].mean())
