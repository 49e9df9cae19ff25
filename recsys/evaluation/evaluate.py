"""Evaluates models on the same held-out users: all unseen items ranked (or sampled ones), intervals for all metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.evaluation.report import ModelResult, Report, main_metric, report_label
from recsys.evaluation.sampled_ranking import CandidateSampler
from recsys.metrics import Ranks, mask_seen, rank_masked, registry, repeat_statistics
from recsys.metrics.classification import call_likes, sample_unseen
from recsys.metrics.evaluated import EvaluationData, ModelOutput
from recsys.metrics.uncertainty import Estimate, compare, estimate_means
from recsys.models.baselines import BASELINES
from recsys.models.recommender import Recommender, scores_at_once, top_k
from recsys.wording import Message

Progress = Callable[[float, str], object]  # fraction in [0, 1], and what is being done


MAX_SCORES, MIN_USERS = 4_000_000_000, 1_000
"""Users × items that are ranked for a model, which takes some minutes on two cores; but no fewer users than these."""


def drawn_users(holdout: Holdout, n_items: int) -> Holdout:
    """The held-out users if a model has at most `MAX_SCORES` scores for them, else so many of them, drawn at random.

    `MIN_USERS` are kept, so that the intervals do not become wide.
    """
    most = users_evaluated(len(holdout), n_items)
    if len(holdout) <= most:
        return holdout
    return holdout.part(np.sort(np.random.default_rng(0).choice(len(holdout), most, replace=False)))


def users_evaluated(held_out: int, n_items: int) -> int:
    """How many of so many held-out users are evaluated."""
    return min(held_out, max(MAX_SCORES // max(n_items, 1), MIN_USERS))


def no_progress(fraction: float, message: str = "", **details: object) -> None:
    """Progress that is not shown."""


def evaluate_models(
    models: Mapping[str, Recommender],
    holdout: Holdout,
    dataset: Dataset,
    ks: Sequence[int] = (5, 10, 20),
    seed: int = 0,
    *,
    protocol: str = "leave-one-out",
    parts: Sequence[str] = (),
    sampled: int = 0,
    progress: Progress = no_progress,
) -> Report:
    """Evaluates models on the same held-out users by every metric of `recsys.metrics.registry`.

    Of very many users for very many items (`MAX_SCORES`) some are drawn at random, the same ones for every model; all
    items are ranked in any case.

    Args:
        models: name in the report -> model; the first is compared with each other one.
        holdout: the evaluated users with their held-out items (`split.test`).
        dataset: where item popularity and tags are read from: `split.train`, so that no metric depends on the test.
        ks: list lengths.
        seed: of the bootstrap and of the random unseen items; every model gets the same draws.
        parts: names of models that are parts of the first.
        sampled: rank held-out items among so many random unseen items of their scenario; 0 for all unseen items. Lists
            are of all items in any case.
        protocol: name of the split, for the report.
        progress: called with the fraction done and a text; may raise to stop.

    Returns:
        The estimates of every metric for every model, with their intervals and paired comparisons.

    Raises:
        InputError: no model or user, a k below 1, a model of another catalogue, scores that are not finite.
    """
    lengths = tuple(sorted(set(ks)))
    if not models or not len(holdout):
        raise InputError("the evaluation", "needs at least one model and one held-out user")
    if not lengths or lengths[0] < 1:
        raise InputError("k", "must be at least 1", list(ks))
    held_out, holdout = len(holdout), drawn_users(holdout, dataset.n_items)
    data = EvaluationData(holdout, dataset, lengths[-1], seed)
    results = [
        _evaluate(name, model, data, lengths, sampled, lambda f, m, i=i: progress((i + f) / len(models), m))  # type: ignore[misc]
        for i, (name, model) in enumerate(models.items())
    ]
    main, (first, *others) = main_metric(lengths), models
    per_user = {result.name: result.per_user[main] for result in results}
    comparisons = compare(main, per_user, [(first, other) for other in others], seed=seed)
    length = int(main.partition("@")[2])
    repeats = repeat_statistics(holdout.histories, holdout.positives, length, holdout.left_out)
    progress(1.0, Message("Done"))
    users, rivals = holdout.users, tuple(results)
    return Report(protocol, lengths, users, rivals, comparisons, repeats, seed, tuple(parts), held_out)


def _evaluate(
    name: str, model: Recommender, data: EvaluationData, ks: tuple[int, ...], sampled: int, progress: Progress
) -> ModelResult:
    if model.n_items != data.dataset.n_items:
        fix = Message("Train it on this data, which has {n:,} items.", n=data.dataset.n_items)
        raise InputError(Message("model {name}", name=name), "must know the same items as the data", model.n_items, fix)
    output, seconds = _rank(name, model, data, sampled, progress)
    per_user: dict[str, np.ndarray] = {}
    of_lists: dict[str, Estimate] = {}
    for metric in registry.METRICS:
        for key, k in metric.keys(ks):
            if metric.per_user is not None:
                per_user[key] = metric.per_user(output, k)
            elif metric.of_lists is not None and (estimate := metric.of_lists(output, k)) is not None:
                of_lists[key] = estimate
    defined = {key: values for key, values in per_user.items() if np.isfinite(values).any()}
    return ModelResult(
        name=name,
        per_user=defined,
        estimates=estimate_means(defined, seed=data.seed) | of_lists,
        ranks=output.ranks.best,
        lists=output.lists,
        threshold=output.calls.threshold,
        milliseconds=1000 * seconds / len(data.holdout),
        baseline=model.name in BASELINES,
    )


def _rank(
    name: str, model: Recommender, data: EvaluationData, sampled: int, progress: Progress
) -> tuple[ModelOutput, float]:
    """The model's ranking of all (or `sampled`) unseen items for every user, and the seconds it took to score them."""
    rng, seconds = np.random.default_rng(data.seed), 0.0
    candidates = CandidateSampler(data.dataset.catalogue, sampled, data.seed) if sampled else None
    ranked, unseen, lists = [], [], []
    for fraction, part in _batches(data):
        positives = part.positives
        progress(fraction, Message("Ranking items: {model}", model=report_label(name)))
        started = time.perf_counter()
        scores = model.scores(part.histories)
        seconds += time.perf_counter() - started
        masked = mask_seen(scores, part.left_out)
        lists.append(top_k(masked, data.longest))
        if candidates is not None:
            masked = candidates.only_sampled(masked, positives)
        ranked.append(rank_masked(masked, positives))
        unseen.append(sample_unseen(masked, ranked[-1].rows, rng))
    ranks = Ranks.concatenate(ranked)
    calls = call_likes(ranks.rows, ranks.above, np.concatenate(unseen), ranks.n_users, data.seed)
    return ModelOutput(data, ranks, np.concatenate(lists), calls), seconds


def _batches(data: EvaluationData) -> Iterator[tuple[float, Holdout]]:
    """(fraction done, some of the users), so that scores take about 32 MB at a time."""
    size = scores_at_once(data.dataset.n_items)
    for start in range(0, len(data.holdout), size):
        yield start / len(data.holdout), data.holdout.part(np.arange(start, min(start + size, len(data.holdout))))
