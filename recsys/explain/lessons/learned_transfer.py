"""Lesson 8: a learned bridge beside the linear blend, and whom a certificate refuses, on the users of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.evaluation.study.alpha_curves import ALPHAS
from recsys.evaluation.study.certificate import Pairs, fit_certificate
from recsys.evaluation.study.methods import RANDOM, TRANSFER
from recsys.metrics.accuracy import discounted_gain
from recsys.metrics.proportions import wilson
from recsys.metrics.uncertainty import Estimate, estimate_means
from recsys.models.recommender import Encoder, Recommender, batched
from recsys.transfer.certificate import UNCHANGED, pair_features
from recsys.transfer.methods import fit_method
from recsys.wording import Message

PARTS = (0.4, 0.35)  # shares of the users: the bridge is learned on the first, the certificate on the second
KNOWN = 1  # items of the target scenario that are known
_FEWEST, _MOST = 120, 900  # users


@dataclass(frozen=True, eq=False)
class LearnedTransfer:
    """Measured on users that neither the bridge nor the certificate was fitted on.

    Attributes:
        scenarios: of the source and of the target; None where the data has none: then halves of histories.
        alpha: of the bridge, chosen on the second part of the users.
        quality: "alone", "linear", "bridge" -> NDCG@10 with its interval.
        accepted: shares of the pairs that are accepted, best expectation first, ascending to 1.
        harmed: the share of the accepted pairs whose NDCG@10 fell, at each.
        gain: their mean change of NDCG@10, at each.
        certified: the share of pairs that the certificate accepts.
        fitted, users: how many users the bridge was learned from, and how many were evaluated.
    """

    scenarios: tuple[str, str] | None
    alpha: float
    quality: dict[str, Estimate]
    accepted: tuple[float, ...]
    harmed: tuple[Estimate, ...]
    gain: tuple[Estimate, ...]
    certified: float
    fitted: int
    users: int


@dataclass(frozen=True, eq=False)
class _Case:
    """One user: the source's history, the one known item of the target, and the held-out item after it.

    `left_out` are known items that may not be recommended, by the rule of the data.
    """

    user: int
    source: History
    known: History
    left_out: History
    held_out: int


def learned_transfer(model: Recommender, dataset: Dataset, seed: int = 0) -> LearnedTransfer:
    """Learns a bridge on some users, fits a certificate on others, and evaluates both on the rest.

    Args:
        dataset: training interactions; a source is only what the user did before the held-out item.

    Raises:
        InputError: the model has no vectors, or fewer than 120 users have both parts.
    """
    if not isinstance(model, Encoder):
        raise InputError("the model", "must have vectors of users", model.name, "Open a run of an encoder.")
    scenarios, cases = _best_cases(dataset)
    order = np.random.default_rng([seed, 8]).permutation(len(cases))[:_MOST]
    ends = (np.cumsum(PARTS) * len(order)).astype(int)
    first, second, rest = ([cases[i] for i in part] for part in np.split(order, ends))
    bridge = fit_method("bridge", dataset, model, [case.user for case in first], scenarios)
    inside = _allowed(dataset, scenarios)

    def curves(part: Sequence[_Case], mapped: bool, shuffled: bool = False) -> Pairs:
        return _pairs(model, part, inside, bridge if mapped else None, shuffled)

    certificate, _ = fit_certificate({TRANSFER: curves(second, True), RANDOM: curves(second, True, True)}, seed=seed)
    linear_alpha = float(ALPHAS[int(curves(second, False).ndcg.mean(axis=0).argmax())])
    fitted_alpha = float(ALPHAS[int(curves(second, True).ndcg.mean(axis=0).argmax())])
    linear, mapped = curves(rest, False), curves(rest, True)
    at = int(np.abs(ALPHAS - fitted_alpha).argmin())
    quality = {
        "alone": mapped.ndcg[:, 0],
        "linear": linear.ndcg[:, int(np.abs(ALPHAS - linear_alpha).argmin())],
        "bridge": mapped.ndcg[:, at],
    }
    gains = mapped.ndcg[:, at] - mapped.ndcg[:, 0]
    expected = certificate.expectation(mapped.features, mapped.known)
    ranked = gains[np.argsort(-expected, kind="stable")]
    shares = tuple(round(0.05 * step, 2) for step in range(1, 21))
    taken = [ranked[: max(1, round(share * len(ranked)))] for share in shares]
    return LearnedTransfer(
        scenarios,
        fitted_alpha,
        estimate_means(quality, seed=seed),
        shares,
        tuple(wilson(int((one < -UNCHANGED).sum()), len(one)) for one in taken),
        tuple(estimate_means({"": one}, seed=seed)[""] for one in taken),
        float((expected >= certificate.threshold).mean()),
        len(first),
        len(rest),
    )


@dataclass(frozen=True)
class ScenarioGain:
    """What the linear blend changes for users with one known item in the target scenario.

    Attributes:
        gain: change of NDCG@10 at the given α, with its interval.
        harmed: share of the users whose NDCG@10 fell; helped: of those whose NDCG@10 rose.
    """

    gain: Estimate
    harmed: Estimate
    helped: float
    users: int


def gain_in_scenario(model: Recommender, dataset: Dataset, scenarios: tuple[str, str], alpha: float) -> ScenarioGain:
    """Blends what each user did in the first scenario into their one known item of the second.

    Args:
        dataset: training interactions.

    Raises:
        InputError: the model has no vectors, or no user has both parts.
    """
    if not isinstance(model, Encoder):
        raise InputError("the model", "must have vectors of users", model.name, "Open a run of an encoder.")
    cases = _cases(dataset, scenarios)
    if not cases:
        source, target = scenarios
        rule = Message("must have users with items in {source} and in {target}", source=source, target=target)
        raise InputError("the data", rule, 0)
    curves = _pairs(model, cases, _allowed(dataset, scenarios), None, False).ndcg
    gains = curves[:, int(np.abs(ALPHAS - alpha).argmin())] - curves[:, 0]
    harmed = wilson(int((gains < -UNCHANGED).sum()), len(gains))
    return ScenarioGain(estimate_means({"": gains})[""], harmed, float((gains > UNCHANGED).mean()), len(gains))


def _best_cases(dataset: Dataset) -> tuple[tuple[str, str] | None, list[_Case]]:
    """The two scenarios with the most usable users, and these users. Raises InputError."""
    names = dataset.catalogue.scenario_names
    offered: list[tuple[str, str] | None] = [*permutations(names[:6], 2)] or [None]
    found = [(pair, _cases(dataset, pair)) for pair in offered]
    scenarios, cases = max(found, key=lambda one: len(one[1]))
    if len(cases) < _FEWEST:
        raise InputError("the data", Message("must have {n} users with both parts", n=_FEWEST), len(cases))
    return scenarios, cases


def _cases(dataset: Dataset, scenarios: tuple[str, str] | None) -> list[_Case]:
    """Users with a source part, and with two items of the target part after it."""
    cases = []
    sides = None if scenarios is None else [dataset.catalogue.in_scenario(name) for name in scenarios]
    for user in range(dataset.n_users):
        history = dataset.history(user)
        if sides is None:
            half = len(history) // 2
            places, source = np.arange(half, len(history)), history[:half]
        else:
            places = np.flatnonzero(sides[1][history])
            source = (
                history[: places[KNOWN]][sides[0][history[: places[KNOWN]]]] if len(places) > KNOWN else history[:0]
            )
        if not len(source) or len(places) <= KNOWN:
            continue
        known, left_out = history[places[:KNOWN]], dataset.left_out(user, int(places[KNOWN]))
        if history[places[KNOWN]] not in left_out:
            out = known[np.isin(known, left_out)]
            cases.append(_Case(user, source, known, out, int(history[places[KNOWN]])))
    return cases


def _allowed(dataset: Dataset, scenarios: tuple[str, str] | None) -> np.ndarray:
    allowed = (
        np.ones(dataset.n_items + 1, dtype=bool) if scenarios is None else dataset.catalogue.in_scenario(scenarios[1])
    )
    allowed[0] = False
    return allowed


def _pairs(model: Encoder, cases: Sequence[_Case], inside: np.ndarray, bridge: object, shuffled: bool) -> Pairs:
    """NDCG@10 of the held-out item over α, for every case; with `shuffled` each gets the source of the next case."""
    sources = [case.source for case in cases]
    if shuffled:
        sources = [*sources[1:], sources[0]]
    features, values = [], []
    for start, known in zip(range(0, len(cases), 256), batched([case.known for case in cases]), strict=True):
        part = sources[start : start + len(known)]
        targets, given, vectors = model.scores(known), model.scores(part), model.encode(part)
        for row, case in enumerate(cases[start : start + len(known)]):
            source = given[row] if bridge is None else bridge.apply(model, given[row], vectors[row])  # type: ignore[attr-defined]
            allowed = inside.copy()
            allowed[case.left_out] = False
            features.append(pair_features(targets[row][allowed], source[allowed], KNOWN, len(part[row]), not shuffled))
            values.append(_over_alpha(targets[row], source, allowed, case.held_out))
    users = np.array([case.user for case in cases], dtype=np.int64)
    return Pairs(users, np.full(len(cases), KNOWN), np.stack(features), np.stack(values))


def _over_alpha(target: np.ndarray, source: np.ndarray, allowed: np.ndarray, item: int) -> np.ndarray:
    """NDCG@10 of one item among the allowed ones at each of ALPHAS, ties against it: float64 (21,)."""
    a, b = target[allowed].astype(np.float64), source[allowed].astype(np.float64)
    own_a, own_b = float(target[item]), float(source[item])
    blends, own = np.outer(1 - ALPHAS, a) + np.outer(ALPHAS, b), (1 - ALPHAS) * own_a + ALPHAS * own_b
    rank = np.count_nonzero(blends >= own[:, None] - 1e-12, axis=1)
    return np.asarray(discounted_gain(np.maximum(rank, 1), 10))
