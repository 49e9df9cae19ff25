"""The certificate on planted pairs: what helps is accepted, harm stays below the promise, controls are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.errors import ArtifactError, InputError
from recsys.evaluation.study.alpha_curves import ALPHAS
from recsys.evaluation.study.certificate import CONTROLS_ACCEPTED, Pairs, fit_certificate
from recsys.transfer.certificate import FEATURES, Certificate, ScoredSide, alpha_for, pair_features

OVERLAP = FEATURES.index("share of the ten best items that both have")


def planted_pairs(seed: int, helps: bool = True, users: int = 900) -> dict[str, Pairs]:
    """True pairs of which half share items with the target and gain by α, the others lose; controls share nothing."""
    rng = np.random.default_rng(seed)

    def pairs(similar: np.ndarray) -> Pairs:
        n = len(similar)
        features = rng.normal(size=(n, len(FEATURES)))
        features[:, OVERLAP] = similar * 0.5 + rng.normal(0, 0.1, n)
        change = np.where(rng.random(n) < 0.3, np.where(similar, 0.3, -0.3), 0.0)
        flipped = rng.random(n) < 0.1
        change = np.where(flipped, -change, change) if helps else rng.permutation(change) * rng.choice([-1, 1], n)
        return Pairs(np.arange(n), np.full(n, 3), features, 0.5 + change[:, None] * ALPHAS)

    similar = rng.random(users) < 0.7
    none = np.zeros(users, dtype=bool)
    return {"transfer": pairs(similar), "random source": pairs(none), "shuffled pairs": pairs(none)}


def test_pairs_that_help_are_accepted_and_the_others_refused() -> None:
    pairs = planted_pairs(1)
    certificate, check = fit_certificate(pairs)
    assert certificate.alphas == {3: 1.0}
    assert 0.6 < check.accepted < 0.8
    assert check.harmed is not None and check.harmed.value <= certificate.promise
    assert check.gain is not None and check.gain.low > check.gain_of_all.high > check.gain_of_all.value
    assert min(check.refused.values()) >= 0.95
    true = pairs["transfer"]
    similar = true.features[:, OVERLAP] > 0.25
    accepted = certificate.expectation(true.features, true.known) >= certificate.threshold
    assert (accepted == similar).mean() > 0.95


def test_the_promise_is_kept_on_unseen_users_in_nearly_every_split() -> None:
    unseen = planted_pairs(99, users=20_000)["transfer"]
    rates, shares = [], []
    for seed in range(20):
        certificate, _ = fit_certificate(planted_pairs(seed, users=3000), promise=0.05, seed=seed)
        accepted = certificate.expectation(unseen.features, unseen.known) >= certificate.threshold
        shares.append(accepted.mean())
        rates.append((unseen.gains(certificate.alphas)[accepted] < 0).mean() if accepted.any() else 0.0)
    assert np.mean(np.array(rates) <= 0.05) >= 0.95
    assert np.mean(shares) > 0.2


def test_without_a_gain_every_pair_is_refused() -> None:
    checks = [fit_certificate(planted_pairs(seed, helps=False), seed=seed) for seed in range(20)]
    assert np.mean([check.accepted for _, check in checks]) < 0.05
    certificate = next(certificate for certificate, check in checks if check.harmed is None)
    decision = certificate.decide(np.zeros(len(FEATURES)), 3)
    assert not decision.accepted and decision.alpha == 0.0


def test_controls_are_refused_where_no_feature_tells_them_apart() -> None:
    pairs = planted_pairs(2)
    pairs["random source"] = replace(pairs["random source"], features=pairs["transfer"].features)
    _, check = fit_certificate(pairs)
    assert check.refused["random source"] >= 1 - 2 * CONTROLS_ACCEPTED


def test_a_decision_tells_gain_and_harm_of_similar_users() -> None:
    certificate, _ = fit_certificate(planted_pairs(3, users=3000))
    good, bad = np.zeros((2, len(FEATURES)))
    good[OVERLAP], bad[OVERLAP] = 0.5, -0.1
    accepted, refused = certificate.decide(good, 5), certificate.decide(bad, 5)
    assert accepted.accepted and accepted.alpha == 1.0 and accepted.gain.low > 0
    assert not refused.accepted and refused.alpha == 0.0 and refused.gain.high < 0
    assert refused.harm.low > accepted.harm.high
    assert accepted.users == refused.users == 200


def test_a_certificate_survives_json_and_a_damaged_one_is_refused() -> None:
    certificate, _ = fit_certificate(planted_pairs(4))
    again = Certificate.from_json(certificate.to_json())
    assert again.to_json() == certificate.to_json()
    never = Certificate.from_json(certificate.to_json() | {"threshold": None})
    assert never.threshold == np.inf
    for damage in ({"features": ["other"]}, {"weights": [1.0]}, {"alphas": {}}, {"promise": 2}, {"gains": "x"}):
        with pytest.raises((ArtifactError, InputError)):
            Certificate.from_json(certificate.to_json() | damage)


def test_features_do_not_depend_on_the_scale_of_scores() -> None:
    rng = np.random.default_rng(5)
    target, source = rng.normal(size=(2, 300))
    features = pair_features(target, source, 2, 9, own=True)
    np.testing.assert_allclose(features, pair_features(7 * target + 3, 0.1 * source - 2, 2, 9, own=True))
    assert features[0] == 0 and features[-1] == 1
    np.testing.assert_allclose(features[1:4], [np.log(3), np.log(10), np.corrcoef(target, source)[0, 1]])
    best = [set(np.argsort(-scores)[:10]) for scores in (target, source)]
    assert features[OVERLAP] == len(best[0] & best[1]) / 10


@pytest.mark.parametrize("n", [3, 40, 4000])
def test_the_best_items_are_those_of_a_stable_sort(n: int) -> None:
    """So ties are resolved alike on every machine, however many items are near the top."""
    rng = np.random.default_rng(n)
    for scores in (rng.normal(size=n), rng.integers(0, 4, n), np.exp(3 * rng.normal(size=n)), np.zeros(n)):
        side = ScoredSide.of(scores.astype(np.float32))
        np.testing.assert_array_equal(side.best, np.argsort(-side.standardised, kind="stable")[:100])


def test_features_of_equal_scores_are_finite() -> None:
    features = pair_features(np.zeros(4), np.arange(4.0), 0, 1, own=False)
    assert np.isfinite(features).all() and features[0] == 1 and features[-1] == 0


def test_alpha_is_that_of_the_largest_studied_number_not_above() -> None:
    alphas = {1: 0.5, 3: 0.2}
    assert [alpha_for(alphas, known) for known in (0, 1, 2, 3, 50)] == [0.5, 0.5, 0.5, 0.2, 0.2]
