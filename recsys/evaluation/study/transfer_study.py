"""Does transfer help? A study on cold users whose verdict may be no.

Users are assigned to folds, and each is evaluated by a model that was not trained on them (cold). k of their items are
known, and the next one must be found among all candidates. Transfer is compared with the methods of `methods.METHODS`,
among them controls that must not help. α is chosen on one half of the users and evaluated on the other. All differences
are paired over users (bootstrap), and corrected together by Holm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.evaluation.evaluate import no_progress
from recsys.evaluation.study import methods
from recsys.evaluation.study.alpha_curves import ranks_over_alpha
from recsys.evaluation.study.certificate import CertificateCheck, Pairs, certificate_pairs, fit_certificate
from recsys.evaluation.study.fold_scorer import BatchScores, FoldScorer
from recsys.evaluation.study.methods import TRANSFER
from recsys.evaluation.study.past_histories import has_times
from recsys.evaluation.study.plan import ColdUsers, Fold, plan_study
from recsys.evaluation.study.results import METRIC, StudyPoint, suggestion_evidence
from recsys.evaluation.study.statistics import MethodQuality, study_points
from recsys.evaluation.study.training import study_epochs, train_encoder
from recsys.evaluation.study.verdict import study_verdict
from recsys.metrics import rank_masked
from recsys.metrics.accuracy import discounted_gain
from recsys.models.recommender import Encoder
from recsys.transfer.alpha_suggestion import Suggestion, suggest_alpha
from recsys.transfer.certificate import FEATURES, Certificate, pair_features

BATCH = 256  # users whose scores are in memory at once
Progress = Callable[..., object]  # fraction in [0, 1], a text, and details by name


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
        certificate: the rule that accepts or refuses single pairs; check: how it did on users it was not made with.
        pairs: what both were computed from, by kind of pair; not in the JSON.
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
    certificate: Certificate
    check: CertificateCheck
    pairs: Mapping[str, Pairs]

    @property
    def level(self) -> str:
        """ "helps", "mixed" (helps, but a simple alternative is not worse), "no evidence" or "harms"."""
        return study_verdict(self.axis, self.scenarios, self.points)[0]

    @property
    def verdict(self) -> str:
        """The result in sentences."""
        return study_verdict(self.axis, self.scenarios, self.points)[1]

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
            "not_compared": [name for name in methods.optional_names() if name not in self.points[0].methods],
            "certificate": self.certificate.to_json(),
            "certificate_check": self.check.to_json(),
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
    only: Sequence[str] | None = None,
    progress: Progress = no_progress,
) -> TransferStudy:
    """Runs the study on cold users.

    Args:
        axis: the source: "users" (the nearest user), "time" (the user's own earlier items), "scenarios" (the user's own
            items in another scenario).
        model: trains an encoder on the data it is given, which never holds the users it is evaluated on; by default
            the attention model.
        scenarios: (source, target); by default the pair with the most users to evaluate.
        folds: models trained, each evaluated on the users it was trained without; by default 3, of larger data 2.
        most: users evaluated at most; by default as many as can be ranked in about two minutes.
        only: names of the optional methods to compare (`methods.optional_names`); by default all that apply.
        epochs: of each fold's model; by default a rule from the size of the data, see `study_epochs`.
        progress: called with (fraction, message); may raise to stop.

    Raises:
        InputError: an unknown axis, scenario or method, or too few users.
    """
    if unknown := sorted(set(only or ()) - set(methods.optional_names())):
        raise InputError("the methods", f"must be of {', '.join(methods.optional_names())}", ", ".join(unknown))
    progress(0.01, "Holding out users …")
    count = folds or (3 if dataset.n_interactions <= 120_000 else 2)
    plan = plan_study(dataset, axis, scenarios=scenarios, folds=count, most=most, seed=seed)
    by_fold, trained_on, training = [], [], dict[str, Any]()
    for number, fold in enumerate(plan.folds):

        def part(fraction: float, message: str, begun: float = number / count, **details: object) -> None:
            progress(0.02 + 0.93 * (begun + fraction / count), message, **details)

        if model:
            encoder = model(fold.train)
        else:
            fold_epochs = epochs or study_epochs(fold.train, count)
            encoder, configs = train_encoder(fold.train, fold_epochs, seed, part)
            training = {"epochs": [*training.get("epochs", []), fold_epochs], **configs}
        if encoder.n_items != dataset.n_items:
            raise InputError("the model", f"must know the {dataset.n_items:,} items of the data", encoder.n_items)
        trained_on.append(int((fold.train.lengths > 0).sum()))
        scorer = FoldScorer(encoder, plan, fold, seed, model or _trainer(epochs, count, seed, part))
        by_fold.append(_evaluate_fold(scorer, methods.compared(scorer, only), fold, part))
    progress(0.96, "Resampling users …")
    qualities = [MethodQuality.concatenate([*chain(*of_k)]) for of_k in zip(*by_fold, strict=True)]
    points, shrinkage = study_points(plan, qualities, seed)
    pairs = certificate_pairs(qualities)
    certified = fit_certificate(pairs, seed=seed)
    progress(1.0, "Done")
    head = axis, plan.scenarios, encoder.name, min(trained_on)
    return TransferStudy(*head, points, shrinkage, seed, has_times(dataset), training, *certified, pairs)


def _trainer(epochs: int | None, folds: int, seed: int, progress: Progress) -> Callable[[Dataset], Encoder]:
    """Trains the default model on some rows, for as many epochs as a fold's model of these rows."""

    def train_on(rows: Dataset) -> Encoder:
        def half(fraction: float, message: str, **details: object) -> None:
            progress(0.5, message, **details)

        return train_encoder(rows, epochs or study_epochs(rows, folds), seed, half)[0]

    return train_on


def _evaluate_fold(
    scorer: FoldScorer, compared: Sequence[methods.Method], fold: Fold, progress: Progress
) -> list[list[MethodQuality]]:
    """The quality of every method for each k, in batches of users."""
    done, total, by_k = 0, sum(map(len, fold.cold)), []
    for cold in fold.cold:
        parts = []
        for start in range(0, len(cold), BATCH):
            batch = cold.part(slice(start, start + BATCH))
            parts.append(_evaluate_batch(scorer, compared, batch))
            done += len(batch)
            progress(0.5 + 0.5 * done / total, f"Evaluating users with {cold.observed} known items")
        by_k.append(parts)
    return by_k


def _evaluate_batch(scorer: FoldScorer, compared: Sequence[methods.Method], cold: ColdUsers) -> MethodQuality:
    columns = [scorer.column_of[np.unique(history)] for history in cold.history]
    seen = [of_user[of_user >= 0] for of_user in columns]
    positives = scorer.column_of[cold.positives]
    batch, ndcg = BatchScores(scorer, cold), {}
    for method in compared:
        scores = method.scores(batch)
        if method.blend == "none":
            masked = np.array(scores, dtype=np.float32)
            for row, of_user in zip(masked, seen, strict=True):
                row[of_user] = -np.inf
            ranks = rank_masked(masked, list(positives[:, None]), share_above=False).rank
        else:
            blended = zip(batch.target, scores, positives, seen, strict=True)
            ranks = np.stack(
                [ranks_over_alpha(target, source, int(p), of_user) for target, source, p, of_user in blended]
            )
        ndcg[method.name] = discounted_gain(ranks, 10)
    return MethodQuality(cold.observed, cold.users, ndcg, _certificate_features(batch, seen))


def _certificate_features(batch: BatchScores, seen: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The features of the certificate, float64 (n, 11), of the true pairs and of the blended controls.

    A control is said to have as many items as the true source, so that it can't be told by their number.
    """
    own, features = batch.fold.plan.axis != "users", {}
    for method in methods.METHODS:
        control = method.role == "control" and method.blend == "chosen" and not method.optional
        if method.name == TRANSFER or control:  # the certificate is about the next choice
            rows = []
            pairs = zip(batch.target, method.scores(batch), seen, batch.source_lengths, strict=True)
            for target, source, of_user, length in pairs:
                scores = np.delete(target, of_user), np.delete(source, of_user)
                rows.append(pair_features(*scores, batch.cold.observed, int(length), own and method.name == TRANSFER))
            features[method.name] = np.array(rows).reshape(len(batch.cold), len(FEATURES))
    return features
