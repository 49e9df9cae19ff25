"""The quality of every method for the cold users of a fold, method by method and by number of known items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from recsys.evaluation.study.alpha_curves import ALPHAS, ranks_over_alpha
from recsys.evaluation.study.fold_scorer import BatchScores, FoldScorer
from recsys.evaluation.study.methods import TRANSFER, Method
from recsys.evaluation.study.parts import LAST, MethodPart, StudyParts
from recsys.evaluation.study.plan import ColdUsers, Fold
from recsys.evaluation.study.statistics import MethodQuality
from recsys.metrics import rank_masked
from recsys.metrics.accuracy import discounted_gain
from recsys.transfer.certificate import FEATURES, ScoredSide, side_features
from recsys.wording import Message

BATCH = 256  # users whose scores are in memory at once
Progress = Callable[..., object]  # fraction in [0, 1], a text, and details by name


def evaluate_fold(
    scorer: FoldScorer,
    compared: Sequence[Method],
    number: int,
    fold: Fold,
    parts: StudyParts,
    progress: Progress,
) -> None:
    """Adds the result of every method to `parts`, where it is not there yet."""
    done, total = 0, sum(map(len, fold.cold))
    for cold in fold.cold:
        missing = [m for m in compared if parts.part(number, cold.observed, m.name, len(cold)) is None]
        found: dict[str, list[MethodPart]] = {method.name: [] for method in missing}
        for start in range(0, len(cold), BATCH) if missing else ():
            batch = cold.part(slice(start, start + BATCH))
            for name, part in _evaluate_batch(scorer, missing, batch).items():
                found[name].append(part)
            message = Message("Evaluating users with {n} known items", n=cold.observed)
            progress((done + start + len(batch)) / total, message)
        done += len(cold)
        for method in missing:
            parts.add(number, cold.observed, method.name, _joined([_of_nobody(method), *found[method.name]]))


def fold_quality(compared: Sequence[str], number: int, fold: Fold, parts: StudyParts) -> list[MethodQuality] | None:
    """The qualities of a fold, one for each k; None where a result is missing."""
    qualities = []
    for cold in fold.cold:
        found = {name: parts.part(number, cold.observed, name, len(cold)) for name in compared}
        present = {name: part for name, part in found.items() if part is not None}
        if len(present) < len(found):
            return None
        ndcg = {name: discounted_gain(part.ranks.astype(np.int64), 10) for name, part in present.items()}
        features = {name: part.features for name, part in present.items() if part.features is not None}
        qualities.append(MethodQuality(cold.observed, cold.users, ndcg, features))
    return qualities


def _evaluate_batch(scorer: FoldScorer, compared: Sequence[Method], cold: ColdUsers) -> dict[str, MethodPart]:
    columns = [scorer.column_of[np.unique(items)] for items in cold.left_out]
    seen = [of_user[of_user >= 0] for of_user in columns]
    positives = scorer.column_of[cold.positives]
    batch, found = BatchScores(scorer, cold), {}
    left = [np.delete(np.arange(len(scorer.columns)), of_user) for of_user in seen]  # what may be recommended
    targets = list(_sides(batch.target, left)) if any(method.certifies for method in compared) else []
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
                [ranks_over_alpha(target, source, int(p), of_user, LAST) for target, source, p, of_user in blended]
            )
        features = _features(batch, method, targets, _sides(scores, left)) if method.certifies else None
        found[method.name] = MethodPart(np.minimum(ranks, LAST).astype(np.uint8), features)
    return found


def _sides(scores: np.ndarray, left: Sequence[np.ndarray]) -> Iterator[ScoredSide]:
    """The scores of each user as the certificate reads them.

    Args:
        left: the columns that each may be recommended.
    """
    return (ScoredSide.of(of_user[columns]) for of_user, columns in zip(scores, left, strict=True))


def _features(
    batch: BatchScores, method: Method, targets: Sequence[ScoredSide], sources: Iterator[ScoredSide]
) -> np.ndarray:
    """The features of the certificate: float64 (n, 11).

    A control is said to have as many items as the true source, so that it can't be told by their number.
    """
    own = batch.fold.plan.axis != "users" and method.pairs == TRANSFER
    pairs, known = zip(targets, sources, batch.source_lengths, strict=True), batch.cold.observed
    rows = [side_features(target, source, known, int(length), own) for target, source, length in pairs]
    return np.array(rows).reshape(len(batch.cold), len(FEATURES))


def _of_nobody(method: Method) -> MethodPart:
    """The result for no users."""
    shape = (0,) if method.blend == "none" else (0, len(ALPHAS))
    return MethodPart(np.zeros(shape, np.uint8), np.zeros((0, len(FEATURES))) if method.certifies else None)


def _joined(batches: Sequence[MethodPart]) -> MethodPart:
    """The users of several batches."""
    features = [part.features for part in batches if part.features is not None]
    return MethodPart(np.concatenate([part.ranks for part in batches]), np.concatenate(features) if features else None)
