from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout, leave_one_out
from recsys.metrics import MISSED, Ranks
from recsys.models import validation
from recsys.models.attention.config import AttentionConfig
from recsys.models.baselines import fit_baseline
from recsys.models.baselines.markov import Markov
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from recsys.models.validation import (
    CELLS,
    WINDOWS,
    accuracy_means,
    choose_markov,
    make_validator,
    next_item_quality,
    sample_users,
)
from tests.models.small import dataset_of


def test_figures_by_hand() -> None:
    found = accuracy_means(Ranks(np.arange(4), np.array([1, 3, 11, MISSED]), np.full(4, np.nan), 4))
    assert found["ndcg@10"] == pytest.approx((1 + 1 / 2) / 4)
    assert found["hr@10"] == pytest.approx(2 / 4)
    assert found["mrr"] == pytest.approx((1 + 1 / 3 + 1 / 11) / 4)


def test_the_validation_figures_are_those_of_the_model_with_the_chosen_weight(planted: Dataset) -> None:
    split = leave_one_out(planted)
    config = TrainConfig(epochs=2, batch_size=256)
    *_, last = train(split.train, AttentionConfig(embedding_size=16, max_length=12), config, split.validation)
    validator = make_validator(split.validation, split.train, markov=True)
    weighed = validator.validate(last.model.with_markov(None, 0.0))
    last.model.markov_weight = weighed.markov_weight
    alone, both = validator.markov, last.model
    assert alone is not None
    assert weighed.figures["ndcg@10"] == pytest.approx(next_item_quality(both, split.validation)["ndcg@10"], abs=1e-6)
    assert weighed.figures["markov"] == pytest.approx(next_item_quality(alone, split.validation)["ndcg@10"], abs=1e-9)
    assert weighed.per_user.mean() == pytest.approx(weighed.figures["ndcg@10"])
    both.markov_weight = 0.0
    assert weighed.figures["network"] == pytest.approx(next_item_quality(both, split.validation)["ndcg@10"], abs=1e-6)


def test_the_window_of_the_markov_scores_is_chosen_too(planted: Dataset) -> None:
    split = leave_one_out(planted)
    chosen = choose_markov(split.train, split.validation)
    default = next_item_quality(Markov.fit(split.train), split.validation)["ndcg@10"]
    assert next_item_quality(chosen, split.validation)["ndcg@10"] >= default
    assert chosen.window in WINDOWS


def test_the_window_is_chosen_on_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second item is noise, so what follows one step later says nothing, two steps later everything."""
    rng = np.random.default_rng(0)
    rows = np.empty((300, 13), dtype=np.int64)
    rows[:, 0::2] = (rng.integers(0, 20, (300, 1)) + np.arange(7)) % 20 + 1
    rows[:, 1::2] = rng.permuted(np.tile(np.arange(21, 61), (300, 1)), axis=1)[:, :6]
    whole, data = dataset_of(rows.tolist(), 60), dataset_of(rows[:, :-1].tolist(), 60)
    holdout = Holdout(np.arange(300), tuple(data.histories()), tuple(h[-1:] for h in whole.histories()))
    monkeypatch.setattr(validation, "WINDOWS", (1, 2))
    assert choose_markov(data, holdout).window == 2


def test_a_sample_is_bounded_by_users_and_by_scores(planted: Dataset) -> None:
    validation = leave_one_out(planted).validation
    assert len(sample_users(validation, 40, seed=0)) == 120
    assert len(sample_users(validation, 40, seed=0, most=30)) == 30
    assert len(sample_users(validation, CELLS, seed=0)) == 100
    some = sample_users(validation, 40, seed=0, most=30)
    for user, history in zip(some.users, some.histories, strict=True):
        np.testing.assert_array_equal(history, planted.history(int(user))[:-2])


def test_quality_of_a_model_that_is_the_same_for_all_users(planted: Dataset) -> None:
    split = leave_one_out(planted)
    found = next_item_quality(fit_baseline("popularity", split.train), split.test)
    assert 0 < found["ndcg@10"] < found["hr@10"] < 0.6


def test_without_validation_users_there_are_no_markov_scores(planted: Dataset) -> None:
    nobody = Holdout(np.zeros(0, dtype=np.int64), (), ())
    assert make_validator(nobody, planted, markov=True).markov is None
