"""Repeat purchases: an item the user already has is never recommended, so it is a miss in validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.data.ids import IdMap
from recsys.data.splits import Holdout, leave_one_out
from recsys.evaluation import evaluate_models
from recsys.evaluation.protocols import protocol
from recsys.evaluation.quality_over_alpha import quality_over_alpha
from recsys.evaluation.study.plan import plan_study
from recsys.metrics import RepeatStatistics, repeat_statistics
from recsys.models.attention.config import AttentionConfig
from recsys.models.baselines import fit_baseline
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from recsys.models.validation import next_item_quality
from tests.models.small import dataset_of


def shop(users: int = 200, items: int = 30, length: int = 12, repeated: float = 0.4, seed: int = 0) -> Dataset:
    """Purchases: each step of a user is, with the given probability, an item bought before."""
    rng = np.random.default_rng(seed)
    sequence = np.empty((users, length), dtype=np.int32)
    for row in sequence:
        new = rng.permutation(items) + 1
        for step in range(length):
            row[step] = rng.choice(row[:step]) if step and rng.random() < repeated else new[step]
    ids = [f"i{number}" for number in range(1, items + 1)]
    return Dataset(
        users=IdMap([f"u{number}" for number in range(users)], first=0, subject="user_id"),
        items=IdMap(ids),
        offsets=np.arange(users + 1, dtype=np.int64) * length,
        sequence=sequence.ravel(),
        catalogue=Catalogue.bare(ids),
    )


def share_of_repeats(holdout: Holdout) -> float:
    return float(np.mean([p[0] in h for h, p in zip(holdout.histories, holdout.positives, strict=True)]))


@pytest.mark.parametrize("name", ["popularity", "item-knn", "markov"])
def test_validation_and_test_score_the_same_model_alike(name: str) -> None:
    split = leave_one_out(shop())
    model = fit_baseline(name, split.train)
    report = evaluate_models({name: model}, split.validation, split.train)
    quality = next_item_quality(model, split.validation)
    for metric in ("ndcg@10", "hr@10", "mrr"):
        assert quality[metric] == pytest.approx(report[name].estimates[metric].value, abs=1e-9), metric


def test_no_model_exceeds_what_can_be_reached() -> None:
    split = leave_one_out(shop())
    repeats = share_of_repeats(split.validation)
    assert repeats > 0.3
    config, shape = TrainConfig(epochs=3, batch_size=256), AttentionConfig(embedding_size=16, max_length=12)
    *_, last = train(split.train, shape, config, split.validation)
    assert last.validation["hr@10"] <= 1 - repeats + 1e-9
    assert next_item_quality(last.model, split.validation)["hr@10"] <= 1 - repeats + 1e-9


def test_the_share_of_repeats_and_what_is_reachable() -> None:
    histories = [np.array([1, 2, 2]), np.array([3]), np.array([4, 5]), np.array([6])]
    found = repeat_statistics(histories, [np.array([2]), np.array([1]), np.array([9]), np.array([7, 6, 6])])
    assert found.share == pytest.approx(2 / 5)
    two_places = 1 / (1 + 1 / np.log2(3))  # one of two held-out items is found, at the first place
    assert found.reachable == pytest.approx((0 + 1 + 1 + two_places) / 4)
    assert "40% of the held-out items are repeats" in found.sentence
    assert repeat_statistics(histories[:1], [np.array([7])]).sentence == ""
    assert repeat_statistics([], []) == RepeatStatistics(0.0, 1.0)


def test_a_perfect_model_reaches_what_is_reachable_and_the_report_says_how_much() -> None:
    split = leave_one_out(shop())
    wanted = {id(h): p for h, p in zip(split.test.histories, split.test.positives, strict=True)}

    class Perfect:
        name, n_items = "perfect", split.train.n_items

        def scores(self, histories: Sequence[History]) -> np.ndarray:
            scores = np.zeros((len(histories), self.n_items + 1), dtype=np.float32)
            for row, history in zip(scores, histories, strict=True):
                row[wanted[id(history)]] = 1.0
            scores[:, 0] = -np.inf
            return scores

    report = evaluate_models({"perfect": Perfect()}, split.test, split.train)
    share = share_of_repeats(split.test)
    assert report.repeats.share == pytest.approx(share)
    assert report["perfect"].estimates["ndcg@10"].value == pytest.approx(report.repeats.reachable) == 1 - share
    assert report.to_json()["repeats"] == report.repeats.to_json()


@pytest.mark.parametrize("name", ["alpha", "study", "time", "cold-users"])
def test_every_evaluator_follows_the_same_rule(name: str) -> None:
    """A model trained on the test data stays below what is reachable: repeats count as misses everywhere."""
    data = shop(users=120)
    oracle = fit_baseline("popularity", data)
    if name == "alpha":
        split = leave_one_out(data)
        curve = quality_over_alpha(oracle, split.test, "average", steps=3)
        best = repeat_statistics(split.test.histories, split.test.positives).reachable
        assert max(estimate.value for estimate in curve.curve) <= best
        return
    if name == "study":
        for fold in plan_study(data, "time").folds:
            for cold in fold.cold:
                for history, positive in zip(cold.history, cold.positives, strict=True):
                    assert positive not in history
        return
    timed = replace(data, timestamps=np.tile(np.arange(12.0), data.n_users))
    split = protocol(name).split(timed)
    report = evaluate_models({"oracle": oracle}, split.test, split.train)
    assert report["oracle"].estimates["ndcg@10"].value <= report.repeats.reachable
    assert (report.repeats.share == 0) == (name == "time"), "the split by time asks only for what is new"


def test_novelty_counts_users_and_not_purchases() -> None:
    """An item that one user buys nine times is as novel as an item that one user bought once."""
    histories = [[1] * 9 + [2, 3], [3, 4, 5], [4, 5, 6], [5, 6, 4]]
    split = leave_one_out(dataset_of(histories, 6))
    report = evaluate_models({"popular": fit_baseline("popularity", split.train)}, split.test, split.train)
    bits = -np.log2((np.array([1, 0, 1, 1, 1, 0]) + 1) / 5)  # users of items 1 … 6 among the rows learned from
    lists = report["popular"].lists[:, :5]
    expected = [bits[row[row > 0] - 1].mean() for row in lists]
    np.testing.assert_allclose(report["popular"].per_user["novelty@5"], expected)
