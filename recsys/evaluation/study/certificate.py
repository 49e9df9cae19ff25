"""Fits transfer certificates on the users of a study, and checks them on users that they have not seen.

There is one for each way of transferring: what is transferred and by which method.

The users are divided in three. On the first part α and a linear rule are fitted. On the second the threshold is set:
the loosest of ten at which the accepted pairs' rate of harm is shown to be below the promise and their gain to be
above 0, and at most 4% of the control pairs are accepted. The tests share a level of 10% (Bonferroni), so with a
confidence of 90% the promise holds for users like these (Learn then Test: Angelopoulos et al. 2021, arXiv 2110.01052,
the form of conformal risk control for risks that are not monotone). On the third part the result is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recsys.errors import ArtifactError
from recsys.evaluation.study import methods
from recsys.evaluation.study.alpha_curves import ALPHAS
from recsys.evaluation.study.methods import LINEAR, TRANSFER, Transferred
from recsys.evaluation.study.statistics import MethodQuality
from recsys.metrics.uncertainty import Estimate, estimate_ratio
from recsys.transfer.certificate import FEATURES, PROMISE, UNCHANGED, Certificate, alpha_for, rule_inputs
from recsys.wording import Message

PARTS = (0.4, 0.3, 0.3)  # shares of the users: to fit, to set the threshold, to report
THRESHOLDS = 10
LEVEL = 0.1 / THRESHOLDS  # of each one-sided test
CONTROLS_ACCEPTED = 0.04  # at most, where the threshold is set
_PENALTY = 0.01  # of the ridge, per pair


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of one kind whose gain is known; every array has n rows.

    Attributes:
        users: int64, the target's user.
        known: int64, known items of the target.
        features: float64 (n, 11), see `pair_features`.
        ndcg: float64 (n, 21), NDCG@10 at each of ALPHAS.
    """

    users: np.ndarray
    known: np.ndarray
    features: np.ndarray
    ndcg: np.ndarray

    def of(self, users: np.ndarray) -> Pairs:
        """The pairs of some users."""
        rows = np.isin(self.users, users)
        return Pairs(self.users[rows], self.known[rows], self.features[rows], self.ndcg[rows])

    def gains(self, alphas: Mapping[int, float]) -> np.ndarray:
        """NDCG@10 at the α for the known items minus that at 0: float64 (n,)."""
        columns = np.array([int(np.abs(ALPHAS - alpha_for(alphas, int(k))).argmin()) for k in self.known], dtype=int)
        gains: np.ndarray = self.ndcg[np.arange(len(self.known)), columns] - self.ndcg[:, 0]
        return gains


@dataclass(frozen=True)
class CertificateCheck:
    """The certificate on users that it was not made with.

    Attributes:
        users, pairs: how many.
        accepted: share of the true pairs.
        harmed: share of the accepted pairs whose NDCG@10 fell; None where none was accepted.
        gain: their mean change of NDCG@10; None where none was accepted.
        gain_of_all: of all true pairs at the rule's α, without refusing any.
        gain_of_one_alpha: of all true pairs at the one α that is best for the users of the first part.
        refused: share of refused pairs by control.
    """

    users: int
    pairs: int
    accepted: float
    harmed: Estimate | None
    gain: Estimate | None
    gain_of_all: Estimate
    gain_of_one_alpha: Estimate
    refused: Mapping[str, float]

    def to_json(self) -> dict[str, object]:
        return {
            "users": self.users,
            "pairs": self.pairs,
            "accepted": self.accepted,
            "harmed": None if self.harmed is None else self.harmed.to_json(),
            "gain": None if self.gain is None else self.gain.to_json(),
            "gain_of_all": self.gain_of_all.to_json(),
            "gain_of_one_alpha": self.gain_of_one_alpha.to_json(),
            "refused": dict(self.refused),
        }


@dataclass(frozen=True, eq=False)
class CheckedCertificate:
    """The certificate of one way of transferring, how it did on users it was not made with, and the pairs of both.

    Attributes:
        what: "next-choice" or "interests"; method: the transfer method's name.
        pairs: by kind, see `fit_certificate`; not in the JSON.
    """

    what: str
    method: str
    certificate: Certificate
    check: CertificateCheck
    pairs: Mapping[str, Pairs]

    def to_json(self) -> dict[str, object]:
        named = {"what": self.what, "method": self.method}
        return named | {"certificate": self.certificate.to_json(), "check": self.check.to_json()}


def fit_certificates(qualities: Sequence[MethodQuality], *, seed: int = 0) -> tuple[CheckedCertificate, ...]:
    """A certificate for every way of transferring that the study compared, each fitted on its own pairs only."""
    found = []
    for transferred, pairs in certificate_pairs(qualities).items():
        found.append(CheckedCertificate(*transferred, *fit_certificate(pairs, seed=seed), pairs))
    return tuple(found)


def certificate_pairs(qualities: Sequence[MethodQuality]) -> dict[Transferred, dict[str, Pairs]]:
    """The true pairs and the controls of a study, by what is transferred and how, and by kind."""
    pairs: dict[Transferred, dict[str, Pairs]] = {}
    for method in methods.METHODS:
        if method.certifies and all(method.name in quality.features for quality in qualities):
            pairs.setdefault(method.certifies, {})[method.pairs] = Pairs(
                np.concatenate([quality.users for quality in qualities]),
                np.concatenate([np.full(len(quality.users), quality.observed) for quality in qualities]),
                np.concatenate([quality.features[method.name] for quality in qualities]),
                np.concatenate([quality.ndcg[method.name] for quality in qualities]),
            )
    return {transferred: kinds for transferred, kinds in pairs.items() if TRANSFER in kinds}


def certified(study: Mapping[str, Any]) -> set[Transferred]:
    """The ways of transferring that a saved study has a certificate for; of damaged ones none."""
    if "certificates" not in study:
        return {LINEAR} if "certificate" in study else set()
    try:
        return {(str(one["what"]), str(one["method"])) for one in study["certificates"]}
    except (KeyError, TypeError):
        return set()


def certificate_of(
    study: Mapping[str, Any], what: str, method: str
) -> tuple[Certificate, Mapping[str, Any] | None] | None:
    """The certificate of a saved study for one way of transferring, and its check; None where it has none.

    Studies of earlier versions have one certificate, of next-choice scores blended linearly.

    Args:
        what: "next-choice" or "interests"; method: the transfer method's name.

    Raises:
        ArtifactError: the certificate is damaged.
    """
    if "certificates" not in study:
        if "certificate" not in study or (what, method) != LINEAR:
            return None
        return Certificate.from_json(study["certificate"]), study.get("certificate_check")
    try:
        found = [one for one in study["certificates"] if (one["what"], one["method"]) == (what, method)]
        return (Certificate.from_json(found[0]["certificate"]), found[0]["check"]) if found else None
    except (KeyError, TypeError) as error:
        fix = Message("Run the study again.")
        raise ArtifactError("the saved certificates", "are damaged", type(error).__name__, fix) from error


def fit_certificate(
    pairs: Mapping[str, Pairs], *, promise: float = PROMISE, seed: int = 0
) -> tuple[Certificate, CertificateCheck]:
    """The certificate, and how it did on the users of the third part.

    Args:
        pairs: "transfer" (the true pairs), and the controls by name.
        promise: largest share of harmed users among the accepted pairs, in (0, 1).
        seed: of the division of the users.
    """
    users = np.random.default_rng([seed, 41]).permutation(np.unique(pairs[TRANSFER].users))
    to_fit, to_set, to_report = np.split(users, (np.cumsum(PARTS[:2]) * len(users)).astype(int))
    certificate = _set_threshold(
        _fit_rule({name: one.of(to_fit) for name, one in pairs.items()}, promise),
        {name: one.of(to_set) for name, one in pairs.items()},
    )
    curves = pairs[TRANSFER].of(to_fit).ndcg.mean(axis=0)
    reported = {name: one.of(to_report) for name, one in pairs.items()}
    return certificate, _check(certificate, reported, float(ALPHAS[int(curves.argmax())]), seed)


def _fit_rule(pairs: Mapping[str, Pairs], promise: float) -> Certificate:
    """α for each number of known items, and a ridge from features to the sign of the gain; it accepts nothing yet."""
    from sklearn.linear_model import Ridge

    true = pairs[TRANSFER]
    alphas = {
        int(k): float(ALPHAS[int(true.ndcg[true.known == k].mean(axis=0).argmax())]) for k in np.unique(true.known)
    }
    inputs = np.concatenate([rule_inputs(one.features, one.known, alphas) for one in pairs.values()])
    signs = np.concatenate([_signs(one.gains(alphas)) for one in pairs.values()])
    blended = inputs[:, -1] > 0
    size = len(FEATURES) + 1
    mean, scale, weights = np.zeros(size), np.ones(size), np.zeros(size)
    if blended.any():
        inputs, signs = inputs[blended], signs[blended]
        mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
        scale[scale < 1e-9] = 1.0
        weights = Ridge(_PENALTY * len(inputs)).fit((inputs - mean) / scale, signs).coef_
    return Certificate(promise, alphas, mean, scale, weights, np.inf, np.zeros(1), np.zeros(1))


def _set_threshold(rule: Certificate, pairs: Mapping[str, Pairs]) -> Certificate:
    """The rule with the loosest threshold that passes; see the module's description."""
    true = pairs[TRANSFER]
    expected, gains = rule.expectation(true.features, true.known), true.gains(rule.alphas)
    controls = [rule.expectation(one.features, one.known) for name, one in pairs.items() if name != TRANSFER]
    candidates = np.sort(expected[np.isfinite(expected)])[::-1]
    threshold, row = np.inf, np.unique(true.users, return_inverse=True)[1]
    for share in np.arange(THRESHOLDS, 0, -1) / THRESHOLDS if len(candidates) else ():
        looser = float(candidates[max(int(share * len(candidates)) - 1, 0)])
        accepted = expected >= looser
        few_controls = all((control >= looser).mean() <= CONTROLS_ACCEPTED for control in controls)
        if few_controls and _shown(gains < -UNCHANGED, gains, accepted, row, rule.promise):
            threshold = looser
            break
    kept = np.isfinite(expected)
    expected, gains = (expected[kept], gains[kept]) if kept.any() else (np.zeros(1), np.zeros(1))
    return replace(rule, threshold=threshold, expectations=expected.round(6), gains=gains.round(6))


def _check(certificate: Certificate, pairs: Mapping[str, Pairs], one_alpha: float, seed: int) -> CertificateCheck:
    accepted = {
        name: certificate.expectation(one.features, one.known) >= certificate.threshold for name, one in pairs.items()
    }
    true, taken = pairs[TRANSFER], accepted[TRANSFER]
    gains = true.gains(certificate.alphas)
    row = np.unique(true.users, return_inverse=True)[1]

    def mean(values: np.ndarray, among: np.ndarray) -> Estimate:
        """The mean of the pairs `among`, its interval over users."""
        sums, counts = (np.bincount(row, one) for one in (values * among, among))
        return estimate_ratio(sums, counts, seed=seed)

    every = np.ones(len(gains))
    return CertificateCheck(
        users=int(row.max(initial=-1)) + 1,
        pairs=len(gains),
        accepted=float(taken.mean()),
        harmed=mean(gains < -UNCHANGED, taken) if taken.any() else None,
        gain=mean(gains, taken) if taken.any() else None,
        gain_of_all=mean(gains, every),
        gain_of_one_alpha=mean(true.gains(dict.fromkeys(certificate.alphas, one_alpha)), every),
        refused={name: float(1 - one.mean()) for name, one in accepted.items() if name != TRANSFER},
    )


def _signs(gains: np.ndarray) -> np.ndarray:
    return np.sign(np.where(np.abs(gains) > UNCHANGED, gains, 0.0))


def _shown(harmed: np.ndarray, gains: np.ndarray, accepted: np.ndarray, user: np.ndarray, promise: float) -> bool:
    """Whether the accepted pairs' rate of harm is below the promise and their mean gain above 0, both shown at LEVEL.

    The pairs of one user depend on each other, so means are tested over users; the exact binomial test guards against
    small numbers of pairs.
    """
    from scipy.stats import binomtest, norm

    counted = binomtest(int(harmed[accepted].sum()), int(accepted.sum()), promise, alternative="less")
    below_promise, gain = (np.bincount(user, accepted * values) for values in (promise - harmed, gains))
    z = float(norm.isf(LEVEL))
    over_users = [sums.mean() > z * sums.std(ddof=1) / np.sqrt(len(sums)) for sums in (below_promise, gain)]
    return bool(counted.pvalue <= LEVEL and all(over_users))
