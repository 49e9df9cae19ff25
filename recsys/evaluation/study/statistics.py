"""Estimates, paired tests and Holm's correction of a transfer study, from NDCG@10 of each user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.evaluation.study import methods
from recsys.evaluation.study.alpha_curves import choose_alpha, choose_column, choose_shrinkage, fit_shrinkage
from recsys.evaluation.study.methods import ALONE, INTERESTS, RANDOM, TRANSFER, WHOLE
from recsys.evaluation.study.plan import StudyPlan
from recsys.evaluation.study.results import METRIC, ChosenAlpha, StudyPoint
from recsys.metrics.uncertainty import Comparison, Estimate, bootstrap_means, estimate_means, holm

RESAMPLES = 10_000  # fine enough for p-values that Holm multiplies by some fifty tests


@dataclass(frozen=True, eq=False)
class MethodQuality:
    """NDCG@10 of users with k known items, by method: float64 (n, 21) over α, or (n,) where nothing is blended.

    `features` are those of the certificate, float64 (n, 11), of the methods whose pairs one is fitted on.
    """

    observed: int
    users: np.ndarray
    ndcg: Mapping[str, np.ndarray]
    features: Mapping[str, np.ndarray]

    @classmethod
    def concatenate(cls, parts: Sequence[MethodQuality]) -> MethodQuality:
        """The users of several batches or folds."""
        names = [name for name in parts[0].ndcg if all(name in part.ndcg for part in parts)]
        ndcg = {name: np.concatenate([part.ndcg[name] for part in parts]) for name in names}
        described = [name for name in names if all(name in part.features for part in parts)]
        features = {name: np.concatenate([part.features[name] for part in parts]) for name in described}
        return cls(parts[0].observed, np.concatenate([part.users for part in parts]), ndcg, features)


def study_points(
    plan: StudyPlan, qualities: Sequence[MethodQuality], seed: int
) -> tuple[tuple[StudyPoint, ...], float]:
    """The results for each k, all comparisons Holm-corrected together; c of α = c / (c + k), fitted on all users."""
    halves = {quality.observed: plan.half[quality.users] for quality in qualities}

    def by_k(name: str) -> dict[int, np.ndarray]:
        return {quality.observed: quality.ndcg[name] for quality in qualities}

    shrunk = {m.name: choose_shrinkage(by_k(m.name), halves) for m in methods.METHODS if m.blend == "shrinkage"}
    points = []
    for quality, repeats in zip(qualities, plan.repeats, strict=True):
        k, columns = quality.observed, {}
        for method in (m for m in methods.reported() if m.name in quality.ndcg):
            values = quality.ndcg[method.name]
            if method.blend == "chosen":
                tables = [quality.ndcg[one] for one in methods.variants(method.name) if one in quality.ndcg]
                values, _ = choose_column(np.concatenate([values, *tables], axis=1), halves[k])
            columns[method.name] = shrunk[method.name][k] if method.blend == "shrinkage" else values
        points.append(_point(quality, columns, halves[k], repeats, seed))
    c = fit_shrinkage(by_k(TRANSFER), {k: np.ones(len(half), dtype=bool) for k, half in halves.items()})
    return _holm_corrected(points), c


def _point(
    quality: MethodQuality, columns: Mapping[str, np.ndarray], half: np.ndarray, repeats: float, seed: int
) -> StudyPoint:
    """The results for one k before Holm's correction. All columns share their resamples, so differences are paired."""
    pairs = [(TRANSFER, name) for name in columns if name != TRANSFER]
    for other in (one for one in (INTERESTS, WHOLE) if one in columns):
        pairs += [(other, name) for name in methods.names("no transfer", "prior", "control") if name in columns]
    values = np.stack([*columns.values()], axis=1)
    differences = np.stack([columns[first] - columns[second] for first, second in pairs], axis=1)
    estimates, p_values = _estimates(np.concatenate([values, differences], axis=1), RESAMPLES, seed)
    compared = zip(pairs, estimates[len(columns) :], p_values[len(columns) :], strict=True)
    comparisons = [Comparison(METRIC, *pair, e, float(p), float(p)) for pair, e, p in compared]
    curve = quality.ndcg[TRANSFER]
    both, _ = _estimates(np.concatenate([curve, curve - curve[:, :1]], axis=1), 1000, seed)
    change = columns[TRANSFER] - columns[ALONE]
    return StudyPoint(
        observed=quality.observed,
        users=len(change),
        chosen=choose_alpha(curve, half)[1],
        curve=both[: curve.shape[1]],
        gain=both[curve.shape[1] :],
        methods=dict(zip(columns, estimates, strict=False)),
        comparisons=tuple(c for c in comparisons if c.first == TRANSFER),
        suggested=_chosen_alpha(quality, half, seed),
        repeats=repeats,
        helped=float((change > 1e-12).mean()),
        harmed=float((change < -1e-12).mean()),
        of_interests=tuple(c for c in comparisons if c.first == INTERESTS),
        of_whole_history=tuple(c for c in comparisons if c.first == WHOLE),
    )


def _estimates(table: np.ndarray, resamples: int, seed: int) -> tuple[tuple[Estimate, ...], np.ndarray]:
    """The mean of each column (n, m) with its interval, and p of "the mean is 0", as in `paired_p`."""
    draws, means = bootstrap_means(table, resamples=resamples, seed=seed), table.mean(axis=0)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    p = (1 + (np.abs(draws - means) >= np.abs(means) - 1e-15).sum(axis=0)) / (resamples + 1)
    return tuple(Estimate(*map(float, row)) for row in zip(means, low, high, strict=True)), p


def _chosen_alpha(quality: MethodQuality, half: np.ndarray, seed: int) -> ChosenAlpha:
    """The α that is best for the first half of the users, evaluated on the second."""
    second = half == 1
    transfer, chosen = choose_alpha(quality.ndcg[TRANSFER], half)
    random, _ = choose_alpha(quality.ndcg[RANDOM], half)
    gain = (transfer - quality.ndcg[TRANSFER][:, 0])[second]
    found = estimate_means({"gain": gain, "over_random": (transfer - random)[second]}, seed=seed)
    users = int((~second).sum()), int(second.sum())
    return ChosenAlpha(chosen[1], *users, found["gain"], found["over_random"], float((gain < -1e-12).mean()))


def _holm_corrected(points: Sequence[StudyPoint]) -> tuple[StudyPoint, ...]:
    corrected = iter(holm([c.p for point in points for part in point.all_comparisons for c in part]))

    def of(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
        return tuple(replace(c, p_holm=next(corrected)) for c in comparisons)

    found = []
    for point in points:
        transfer, interests, whole = (of(part) for part in point.all_comparisons)
        found.append(replace(point, comparisons=transfer, of_interests=interests, of_whole_history=whole))
    return tuple(found)
