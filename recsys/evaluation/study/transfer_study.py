"""Does transfer help? A study on cold users whose verdict may be no.

Users are assigned to folds, and each is evaluated by a model that was not trained on them (cold). k of their items are
known, and the next one must be found among all candidates. Transfer is compared with the methods of `methods.METHODS`,
among them controls that must not help. α is chosen on one half of the users and evaluated on the other. All differences
are paired over users (bootstrap), and corrected together by Holm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.evaluation.evaluate import no_progress
from recsys.evaluation.study import methods
from recsys.evaluation.study.certificate import CheckedCertificate, fit_certificates
from recsys.evaluation.study.evaluate_fold import Progress, evaluate_fold, fold_quality
from recsys.evaluation.study.fold_scorer import FoldScorer
from recsys.evaluation.study.methods import LINEAR, NEW_ITEMS, Transferred
from recsys.evaluation.study.new_items import NewItems, study_new_items
from recsys.evaluation.study.parts import FoldInfo, StudyParts
from recsys.evaluation.study.past_histories import has_times
from recsys.evaluation.study.plan import StudyPlan, plan_study
from recsys.evaluation.study.results import METRIC, StudyPoint, suggestion_evidence
from recsys.evaluation.study.statistics import MethodQuality, study_points
from recsys.evaluation.study.training import study_epochs, train_encoder
from recsys.evaluation.study.verdict import study_verdict
from recsys.models.recommender import Encoder
from recsys.models.trainable import ModelConfig
from recsys.transfer.alpha_suggestion import Suggestion, suggest_alpha
from recsys.wording import Message


@dataclass(frozen=True, eq=False)
class TransferStudy:
    """A finished study.

    Attributes:
        axis: "users", "time" or "scenarios"; scenarios: (source, target) on the last, else ().
        model: the model's name; trained_on: users it was trained on.
        points: one per number of known items, ascending.
        shrinkage: c of α = c / (c + k) for this source, fitted on all evaluated users.
        seed: of the draws.
        sources_cut: whether every source's history ends at the target's time; not where the data have no times.
        training: of each fold's model: "epochs" (one number per fold), "model", "train"; {} where a model was given.
        certificates: the rules that accept or refuse single pairs, one for each way of transferring that was compared.
        new_items: how items without any interaction are found; None where they were left out or could not be studied.
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
    certificates: tuple[CheckedCertificate, ...]
    new_items: NewItems | None = None

    @property
    def level(self) -> str:
        """ "helps", "mixed" (helps, but a simple alternative is not worse), "no evidence" or "harms"."""
        return study_verdict(self.axis, self.scenarios, self.points)[0]

    @property
    def verdict(self) -> str:
        """The result in sentences."""
        return study_verdict(self.axis, self.scenarios, self.points)[1]

    def certificate_of(self, transferred: Transferred = LINEAR) -> CheckedCertificate | None:
        """The certificate of one way of transferring; None where it was not compared."""
        return next((one for one in self.certificates if (one.what, one.method) == transferred), None)

    def suggest(self, n: int) -> Suggestion:
        """The α to start with for a target with n known items."""
        return suggest_alpha([suggestion_evidence(point.to_json()) for point in self.points], n, self.shrinkage)

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
            "not_compared": self._not_compared(),
            "certificates": [one.to_json() for one in self.certificates],
            "new_items": None if self.new_items is None else self.new_items.to_json(),
        }

    def _not_compared(self) -> list[str]:
        left_out = [name for name in methods.optional_names() if name not in self.points[0].methods]
        return [name for name in left_out if name != NEW_ITEMS or self.new_items is None]


def transfer_study(
    dataset: Dataset,
    axis: str,
    *,
    model: ModelConfig | Callable[[Dataset], Encoder] | None = None,
    scenarios: tuple[str, str] | None = None,
    seed: int = 0,
    folds: int | None = None,
    most: int | None = None,
    epochs: int | None = None,
    only: Sequence[str] | None = None,
    keep: Path | None = None,
    progress: Progress = no_progress,
) -> TransferStudy:
    """Runs the study on cold users.

    Args:
        axis: the source: "users" (the nearest user), "time" (the user's own earlier items), "scenarios" (the user's own
            items in another scenario).
        model: the config of the model that is trained on the other users, or a function that trains an encoder on the
            data it is given; by default the attention model.
        scenarios: (source, target); by default the pair with the most users to evaluate.
        folds: models trained, each evaluated on the users it was trained without; by default 3, of larger data 2.
        most: users evaluated at most; by default as many as can be ranked in about two minutes.
        only: names of the optional methods to compare (`methods.optional_names`); by default all that apply.
        epochs: of each fold's model; by default a rule from the size of the data, see `study_epochs`.
        keep: a folder for the results of each fold and method and for the models' checkpoints: the same study, started
            again after it was stopped or killed, continues there and ends as an undisturbed one. Not with a function.
        progress: called with (fraction, message); may raise to stop.

    Raises:
        InputError: an unknown axis, scenario or method, too few users, or `keep` with a model of one's own.
    """
    if keep is not None and callable(model):
        raise InputError("keep", "must be left out with a model of your own: its settings are not known", str(keep))
    if unknown := sorted(set(only or ()) - set(methods.optional_names())):
        rule = Message("must be of {names}", names=", ".join(methods.optional_names()))
        raise InputError("the methods", rule, ", ".join(unknown))
    progress(0.01, Message("Holding out users …"))
    setup = _Setup.of(dataset, axis, scenarios, seed, folds, most, epochs, only, keep, model)
    count, with_new_items = setup.training.folds, setup.with_new_items
    share = 0.93 / (count + 0.5 * with_new_items)  # of a fold in the time

    def part_of(number: int, length: float) -> Progress:
        def part(fraction: float, message: str, **details: object) -> None:
            progress(0.02 + share * (number + length * fraction), message, **details)

        return part

    results = [setup.fold(number, part_of(number, 1.0)) for number in range(count)]
    found = setup.new_items(dataset, part_of(count, 0.5)) if with_new_items else None
    progress(0.96, Message("Resampling users …"))
    study = _study(setup.plan, results, found, seed, has_times(dataset))
    progress(1.0, Message("Done"))
    return study


def fold_count(dataset: Dataset) -> int:
    """How many folds `transfer_study` has of this data, when it is not told."""
    return 3 if dataset.n_interactions <= 120_000 else 2


def study_part(
    dataset: Dataset,
    axis: str,
    number: int,
    *,
    keep: Path,
    model: ModelConfig | None = None,
    scenarios: tuple[str, str] | None = None,
    seed: int = 0,
    folds: int | None = None,
    most: int | None = None,
    epochs: int | None = None,
    only: Sequence[str] | None = None,
    progress: Progress = no_progress,
) -> None:
    """Does one part of `transfer_study` and leaves its results in `keep`, where the study with the same arguments
    finds them, so that parts can be done side by side.

    Args:
        number: of a fold; the last part, after the folds, is that of the new items.
    """
    setup = _Setup.of(dataset, axis, scenarios, seed, folds, most, epochs, only, keep, model)
    if number < setup.training.folds:
        setup.fold(number, progress)
    elif setup.with_new_items:
        setup.new_items(dataset, progress)


def _study(
    plan: StudyPlan,
    results: Sequence[tuple[FoldInfo, list[MethodQuality]]],
    new_items: NewItems | None,
    seed: int,
    sources_cut: bool,
) -> TransferStudy:
    """The results of all folds together."""
    infos = [info for info, _ in results]
    qualities = [MethodQuality.concatenate(of_k) for of_k in zip(*(of_fold for _, of_fold in results), strict=True)]
    points, shrinkage = study_points(plan, qualities, seed)
    return TransferStudy(
        axis=plan.axis,
        scenarios=plan.scenarios,
        model=infos[0].model,
        trained_on=min(info.users for info in infos),
        points=points,
        shrinkage=shrinkage,
        seed=seed,
        sources_cut=sources_cut,
        training=_training_of(infos),
        certificates=fit_certificates(qualities, seed=seed),
        new_items=new_items,
    )


def _key(
    dataset: Dataset, plan: StudyPlan, settings: Sequence[int | None], model: ModelConfig | None
) -> dict[str, Any]:
    """What determines the results of a study, beside the code."""
    key: dict[str, Any] = {"data": dataset.fingerprint, "study": [plan.axis, *plan.scenarios]}
    if model is not None:
        key["model"] = [model.name, model.to_json()]
    return key | {"settings": list(settings)} | ({"repeats": dataset.repeats.text} if plan.again else {})


@dataclass(frozen=True)
class _Training:
    """How the models of a study are trained."""

    model: ModelConfig | Callable[[Dataset], Encoder] | None
    epochs: int | None
    folds: int
    seed: int

    def run(self, rows: Dataset, checkpoint: Path | None, progress: Progress) -> tuple[Encoder, dict[str, Any]]:
        """A model of these rows, and what is recorded of its training; {} where the model is given."""
        if callable(self.model):
            return self.model(rows), {}
        epochs = self.epochs or study_epochs(rows, self.folds, self.model)
        encoder, configs = train_encoder(rows, epochs, self.seed, progress, checkpoint, self.model)
        return encoder, {"epochs": epochs, **configs}


@dataclass(frozen=True)
class _Setup:
    """What the parts of a study work with."""

    plan: StudyPlan
    parts: StudyParts
    training: _Training
    only: Sequence[str] | None

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        axis: str,
        scenarios: tuple[str, str] | None,
        seed: int,
        folds: int | None,
        most: int | None,
        epochs: int | None,
        only: Sequence[str] | None,
        keep: Path | None,
        model: ModelConfig | Callable[[Dataset], Encoder] | None,
    ) -> _Setup:
        """See `transfer_study`."""
        count = folds or fold_count(dataset)
        plan = plan_study(dataset, axis, scenarios=scenarios, folds=count, most=most, seed=seed)
        parts = StudyParts.of(
            keep, _key(dataset, plan, [count, most, epochs, seed], None if callable(model) else model)
        )
        return cls(plan, parts, _Training(model, epochs, count, seed), only)

    @property
    def with_new_items(self) -> bool:
        return self.only is None or NEW_ITEMS in self.only

    def fold(self, number: int, progress: Progress) -> tuple[FoldInfo, list[MethodQuality]]:
        return _fold_results(self.plan, number, self.parts, self.training, self.only, progress)

    def new_items(self, dataset: Dataset, progress: Progress) -> NewItems | None:
        return study_new_items(dataset, self.plan, self.parts, self.training.seed, self.training.run, progress)


def _fold_results(
    plan: StudyPlan,
    number: int,
    parts: StudyParts,
    training: _Training,
    only: Sequence[str] | None,
    progress: Progress,
) -> tuple[FoldInfo, list[MethodQuality]]:
    """What is known of a fold and the qualities for each k, taken up from `parts` as far as they are there."""
    fold, info = plan.folds[number], parts.info(number)
    asked = [method.name for method in methods.asked(only)]
    if info and set(asked) <= set(info.applies):
        known = fold_quality([name for name in asked if info.applies[name]], number, fold, parts)
        if known:
            return info, known
    encoder, recorded = training.run(fold.train, parts.checkpoint(number, "training"), progress)
    if encoder.n_items != len(plan.candidates) - 1:
        rule = Message("must know the {n:,} items of the data", n=len(plan.candidates) - 1)
        raise InputError("the model", rule, encoder.n_items)

    def second_half(fraction: float, message: str, **details: object) -> None:
        progress(0.5 + 0.5 * fraction, message, **details)

    def train_scenario(rows: Dataset) -> Encoder:
        return training.run(rows, parts.checkpoint(number, "scenario"), lambda _, m, **more: progress(0.5, m, **more))[
            0
        ]

    scorer = FoldScorer(encoder, plan, fold, training.seed, train_scenario)
    compared = methods.compared(scorer, only)
    evaluate_fold(scorer, compared, number, fold, parts, second_half)
    names = [method.name for method in compared]
    applies = dict(info.applies if info else {}) | {name: name in names for name in asked}
    info = FoldInfo(encoder.name, int((fold.train.lengths > 0).sum()), recorded, applies)
    parts.finish(number, info)
    found = fold_quality(names, number, fold, parts)
    assert found is not None
    return info, found


def _training_of(infos: Sequence[FoldInfo]) -> dict[str, Any]:
    """The training of the folds' models: the epochs of each, and the configs of the last."""
    recorded = dict(infos[-1].training)
    return {**recorded, "epochs": [info.training["epochs"] for info in infos]} if recorded else {}
