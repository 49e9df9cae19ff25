"""What the study computes once for many methods equals computing it for each method and user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.data.dataset import Dataset, History
from recsys.evaluation.evaluate import no_progress
from recsys.evaluation.study import methods
from recsys.evaluation.study.alpha_curves import ranks_over_alpha
from recsys.evaluation.study.evaluate_fold import BATCH, evaluate_fold
from recsys.evaluation.study.fold_scorer import BatchScores, FoldScorer
from recsys.evaluation.study.parts import LAST, StudyParts
from recsys.evaluation.study.plan import plan_study
from recsys.metrics import ranks
from recsys.models.recommender import batched
from recsys.transfer.certificate import pair_features
from tests.evaluation.study.test_new_items import titled
from tests.evaluation.study.test_transfer_study import FastEncoder


class CountingEncoder(FastEncoder):
    """Counts how often each history is encoded or scored."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.read: dict[int, int] = {}

    def encode(self, histories: Sequence[History]) -> np.ndarray:
        for history in histories:
            self.read[id(history)] = self.read.get(id(history), 0) + 1
        return super().encode(histories)


@pytest.fixture(scope="module")
def scorer() -> FoldScorer:
    plan = plan_study(titled(), "scenarios", scenarios=("a", "b"), folds=2, most=150)
    fold = plan.folds[0]
    return FoldScorer(CountingEncoder(fold.train), plan, fold, 0, FastEncoder)


def test_ranks_and_features_of_every_method_equal_those_of_each_user_alone(scorer: FoldScorer) -> None:
    fold, parts, compared = scorer.plan.folds[0], StudyParts(), methods.compared(scorer)
    evaluate_fold(scorer, compared, 0, fold, parts, no_progress)
    cold = fold.cold[1]
    batch, certified = BatchScores(scorer, cold), 0
    assert 20 < len(cold) <= BATCH and len(compared) > 20
    for method in compared:
        part, scores = parts.part(0, cold.observed, method.name, len(cold)), method.scores(batch)
        assert part is not None and (part.features is not None) == (method.certifies is not None)
        for row, positive in enumerate(scorer.column_of[cold.positives]):
            seen = scorer.column_of[np.unique(cold.left_out[row])]
            seen = seen[seen >= 0]
            if method.blend == "none":
                padded = np.append(-np.inf, scores[row]).astype(np.float32)[None]
                expected = ranks(padded, [seen + 1], [np.array([positive + 1])]).rank[0]
            else:
                expected = ranks_over_alpha(batch.target[row], scores[row], positive, seen)
            np.testing.assert_array_equal(part.ranks[row], np.minimum(expected, LAST))
            if part.features is not None:
                left = np.delete(batch.target[row], seen), np.delete(scores[row], seen)
                own = method.pairs == methods.TRANSFER
                wanted = pair_features(*left, cold.observed, len(cold.source[row]), own)
                np.testing.assert_array_equal(part.features[row], wanted)
                certified += 1
    assert certified == 15 * len(cold)


def test_learned_methods_share_the_scores_and_embeddings_of_a_source(scorer: FoldScorer) -> None:
    cold, model = scorer.plan.folds[0].cold[0], scorer.model
    batch = BatchScores(scorer, cold)
    fitted = {name: scorer.learned(name) for name in ("bridge", "personalised_bridge", "text_bridge")}
    assert isinstance(model, CountingEncoder) and all(fitted.values())
    model.read.clear()
    found = {name: batch.learned(name) for name in fitted} | {"linear": batch.next_choice}
    assert {model.read[id(history)] for history in cold.source} == {2}  # scored once, and encoded once
    both = model.scores, model.encode
    for kind, histories in (("source", cold.source), ("random", batch._random_histories)):
        scores, vectors = (np.concatenate([read(part) for part in batched(histories, 64)]) for read in both)
        np.testing.assert_array_equal(getattr(found["linear"], kind), scores[:, scorer.columns])
        for name, method in fitted.items():
            assert method is not None
            rows = [method.apply(model, *pair)[scorer.columns] for pair in zip(scores, vectors, strict=True)]
            np.testing.assert_array_equal(getattr(found[name], kind), np.stack(rows))
