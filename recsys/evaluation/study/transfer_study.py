"""Does transfer help? The study that can say no.

People are dealt into folds, and each is judged by a model that never saw any of theirs (cold). k of their items are
known and the next is to be found among all candidates. α is chosen on one half of the people and judged on the other.
Beside the transfer stand popularity, early popularity, shrinkage towards the mean user, neighbours, the own decayed
history, and two controls that must not help: a random source and shuffled pairs. All differences are paired over people
(bootstrap), and corrected together by Holm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.evaluation.study import curves as curves_of
from recsys.evaluation.study.cases import Cases, Fold, Plan, plan_study
from recsys.evaluation.study.past_histories import has_times
from recsys.evaluation.study.results import ALONE, METRIC, StudyPoint, Suggested
from recsys.evaluation.study.scorers import SOURCES, SourceScorer, method_scores
from recsys.evaluation.study.training import study_epochs, train_encoder
from recsys.evaluation.study.verdict import verdict_of
from recsys.metrics.uncertainty import Comparison, Estimate, bootstrap_means, estimate_means, holm
from recsys.models.recommender import Encoder
from recsys.transfer.alpha_suggestion import Suggestion, suggest_alpha

_TOGETHER = 256  # people whose scores are held at once
RESAMPLES = 10_000  # fine enough for p-values that Holm multiplies by some fifty tests
Progress = Callable[..., object]


@dataclass(frozen=True, eq=False)
class TransferStudy:
    """A finished study.

    Attributes:
        axis: "users", "time" or "scenarios"; scenarios: (source, target) on the last, else ().
        model: the model's name; trained_on: people it learned from.
        points: one per number of known items, ascending.
        shrinkage: c of α = c / (c + k) for this source, fitted on all judged people.
        seed: of the draws.
        sources_cut: whether every source's history ends at the target's moment; not where the data have no times.
        training: of each fold's model: "epochs" (one number per fold), "model", "train"; {} where a model was given.
    """

    axis: str
    scenarios: tuple[str, ...]
    model: str
    trained_on: int
    points: tuple[StudyPoint, ...]
    shrinkage: float
    seed: int
    sources_cut: bool
    training: Mapping[str, Any]

    @property
    def level(self) -> str:
        """ "helps", "mixed" (helps, yet a plain alternative does no worse), "no evidence" or "harms"."""
        return verdict_of(self)[0]

    @property
    def verdict(self) -> str:
        """What was found, in plain words."""
        return verdict_of(self)[1]

    def suggest(self, n: int) -> Suggestion:
        """The α to begin with for somebody of whom n items are known."""
        return suggest_alpha([point.alpha_curve for point in self.points], n, self.shrinkage)

    def to_json(self) -> dict[str, Any]:
        return {
            "axis": self.axis,
            "scenarios": list(self.scenarios),
            "model": self.model,
            "trained_on": self.trained_on,
            "metric": METRIC,
            "level": self.level,
            "verdict": self.verdict,
            "shrinkage": self.shrinkage,
            "seed": self.seed,
            "sources_cut": self.sources_cut,
            "training": dict(self.training),
            "points": [point.to_json() for point in self.points],
        }


def transfer_study(
    dataset: Dataset,
    axis: str,
    *,
    model: Callable[[Dataset], Encoder] | None = None,
    scenarios: tuple[str, str] | None = None,
    seed: int = 0,
    folds: int | None = None,
    most: int | None = None,
    epochs: int | None = None,
    progress: Progress | None = None,
) -> TransferStudy:
    """Runs the study on cold people.

    Args:
        axis: whose taste is borrowed: "users" (the nearest person's), "time" (their own, earlier), "scenarios" (their
            own, in another scenario).
        model: trains an encoder on the data it is given, which never holds the people it will judge; by default the
            attention model.
        scenarios: (source, target); by default the pair with the most people to judge.
        folds: models trained, each judging the people it was trained without; by default 3, of larger data 2.
        most: people judged at most; by default as many as can be ranked in about two minutes.
        epochs: of each fold's model; by default a rule from the size of the data, see `study_epochs`.
        progress: called with (fraction, message); may raise to stop.

    Raises:
        InputError: an unknown axis or scenario, or too few people.
    """
    report = progress or _silent
    report(0.01, "Keeping people aside …")
    count = folds or (3 if dataset.n_interactions <= 120_000 else 2)
    plan = plan_study(dataset, axis, scenarios=scenarios, folds=count, most=most, seed=seed)
    parts, trained_on, training = [], [], dict[str, Any]()
    for number, fold in enumerate(plan.folds):

        def part(fraction: float, message: str, begun: float = number / count, **details: object) -> None:
            report(0.02 + 0.93 * (begun + fraction / count), message, **details)

        if model:
            encoder = model(fold.train)
        else:
            count_of = epochs or study_epochs(fold.train, count)
            encoder, used = train_encoder(fold.train, count_of, seed, part)
            training = {"epochs": [*training.get("epochs", []), count_of], **used}
        if encoder.n_items != dataset.n_items:
            raise InputError("the model", f"must know the {dataset.n_items:,} items of the data", encoder.n_items)
        trained_on.append(int((fold.train.lengths > 0).sum()))
        parts.append(_judge_fold(SourceScorer(encoder, plan, fold, seed), fold, part))
    report(0.96, "Resampling people …")
    evaluated = [_joined([one[i] for one in parts]) for i in range(len(plan.observed))]
    points, c = _points(plan, evaluated, seed)
    report(1.0, "Done")
    found = (min(trained_on), points, c, seed, has_times(dataset), training)
    return TransferStudy(axis, plan.scenarios, encoder.name, *found)


def _silent(fraction: float, message: str = "", **details: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, eq=False)
class _Judged:
    """NDCG@10 of some people: curves over α (n, 21) by source, and methods without an α (n,)."""

    observed: int
    users: np.ndarray
    curves: Mapping[str, np.ndarray]
    fixed: Mapping[str, np.ndarray]


def _joined(parts: Sequence[_Judged]) -> _Judged:
    curves = {name: np.concatenate([part.curves[name] for part in parts]) for name in parts[0].curves}
    fixed = {name: np.concatenate([part.fixed[name] for part in parts]) for name in parts[0].fixed}
    return _Judged(parts[0].observed, np.concatenate([part.users for part in parts]), curves, fixed)


def _judge_fold(scorers: SourceScorer, fold: Fold, report: Progress) -> list[_Judged]:
    """Everybody of a fold, for each k, some hundred people at a time."""
    done, everybody = 0, sum(map(len, fold.cases))
    evaluated = []
    for cases in fold.cases:
        parts = []
        for start in range(0, max(len(cases), 1), _TOGETHER):
            parts.append(_judge(scorers, cases.part(slice(start, start + _TOGETHER))))
            done += len(parts[-1].users)
            report(0.5 + 0.5 * done / everybody, f"Judging people with {cases.observed} known items")
        evaluated.append(_joined(parts))
    return evaluated


def _judge(scorers: SourceScorer, cases: Cases) -> _Judged:
    names = ("popularity", "early popularity", "own history, decayed")
    fixed = {name: np.empty(len(cases)) for name in names}
    curves = {name: np.empty((len(cases), curves_of.STEPS + 1)) for name in SOURCES}
    if len(cases):
        target, sources, whole = (
            scorers.scores(cases.target),
            method_scores(scorers, cases),
            scorers.decayed(cases.whole),
        )
    for row in range(len(cases)):
        had = scorers.place[np.unique(cases.whole[row])]
        had, wanted = had[had >= 0], int(scorers.place[cases.positives[row]])
        for name, scores in sources.items():
            ranks = curves_of.ranks_over_alpha(target[row], scores[row % len(scores)], wanted, had)
            curves[name][row] = curves_of.ndcg(ranks)
        for name, scores in zip(fixed, (scorers.popular, scorers.early, whole[row]), strict=True):
            above = scores >= scores[wanted]
            fixed[name][row] = curves_of.ndcg(above.sum() - above[had].sum())
    return _Judged(cases.observed, cases.users, curves, fixed)


def _points(plan: Plan, evaluated: Sequence[_Judged], seed: int) -> tuple[tuple[StudyPoint, ...], float]:
    halves = {one.observed: plan.half[one.users] for one in evaluated}
    shrunk, _ = curves_of.shrink({one.observed: one.curves["mean user"] for one in evaluated}, halves)
    _, c = curves_of.shrink({one.observed: one.curves["transfer"] for one in evaluated}, halves)
    drafts = []
    for one in evaluated:
        half = halves[one.observed]
        values, chosen = curves_of.choose_alpha(one.curves["transfer"], half)
        columns = {"transfer": values, ALONE: one.curves["transfer"][:, 0], **one.fixed}
        columns["shrinkage to the mean user"] = shrunk[one.observed]
        for name in ("neighbours’ mean", "random source", "shuffled pairs"):
            columns[name] = curves_of.choose_alpha(one.curves[name], half)[0]
        repeats = plan.repeats[plan.observed.index(one.observed)]
        drafts.append(_Draft(one, columns, (float(chosen[0]), float(chosen[1])), half, repeats, seed))
    corrected = iter(holm([p for draft in drafts for p in draft.p.values()]))
    return tuple(draft.point({name: next(corrected) for name in draft.p}) for draft in drafts), c


def _suggested(one: _Judged, half: np.ndarray, seed: int) -> Suggested:
    """The α that is best for the first half of the users, judged on the second."""
    curves = one.curves["transfer"]
    place, evaluated = curves_of.choose_and_judge(curves, half)
    gain = evaluated - curves[half == 1, 0]
    beyond = evaluated - curves_of.choose_and_judge(one.curves["random source"], half)[1]
    found = estimate_means({"gain": gain, "over_random": beyond}, seed=seed)
    harmed = float((gain < -1e-12).mean())
    people = int((half == 0).sum()), len(evaluated)
    return Suggested(float(curves_of.ALPHAS[place]), *people, found["gain"], found["over_random"], harmed)


class _Draft:
    """One k before Holm's correction: all columns are resampled together, so that differences are paired."""

    def __init__(
        self,
        one: _Judged,
        columns: dict[str, np.ndarray],
        chosen: tuple[float, float],
        half: np.ndarray,
        repeats: float,
        seed: int,
    ) -> None:
        self.one, self.columns, self.chosen, self.repeats = one, columns, chosen, repeats
        self.suggested = _suggested(one, half, seed)
        values = np.stack([*columns.values()], axis=1)
        table = np.concatenate([values, values[:, :1] - values[:, 1:]], axis=1)
        draws = bootstrap_means(table, resamples=RESAMPLES, seed=seed)
        estimates = _estimates(table, draws)
        names = list(columns)
        self.methods = dict(zip(names, estimates[: len(names)], strict=True))
        self.differences = dict(zip(names[1:], estimates[len(names) :], strict=True))
        apart = np.abs(draws - table.mean(axis=0)) >= np.abs(table.mean(axis=0)) - 1e-15
        p = (1 + apart.sum(axis=0)) / (RESAMPLES + 1)  # as in `uncertainty.paired_p`
        self.p = {name: float(p[len(names) + i]) for i, name in enumerate(names[1:])}
        curve = one.curves["transfer"]
        both = np.concatenate([curve, curve - curve[:, :1]], axis=1)
        found = _estimates(both, bootstrap_means(both, seed=seed))
        self.curve, self.gain = found[: curve.shape[1]], found[curve.shape[1] :]

    def point(self, corrected: Mapping[str, float]) -> StudyPoint:
        difference = self.columns["transfer"] - self.columns[ALONE]
        return StudyPoint(
            observed=self.one.observed,
            people=len(difference),
            chosen=self.chosen,
            curve=self.curve,
            gain=self.gain,
            methods=self.methods,
            comparisons=tuple(
                Comparison(METRIC, "transfer", name, self.differences[name], self.p[name], p)
                for name, p in corrected.items()
            ),
            suggested=self.suggested,
            repeats=self.repeats,
            helped=float((difference > 1e-12).mean()),
            harmed=float((difference < -1e-12).mean()),
        )


def _estimates(table: np.ndarray, draws: np.ndarray) -> tuple[Estimate, ...]:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return tuple(Estimate(*map(float, row)) for row in zip(table.mean(axis=0), low, high, strict=True))
