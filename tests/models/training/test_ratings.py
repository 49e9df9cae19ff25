"""Ratings in a training: weights reach the loss, dislikes are not predicted, and the run says what it changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import rating_weights
from recsys.errors import InputError
from recsys.models.attention.config import AttentionConfig
from recsys.models.lightgcn.config import LightGCNConfig
from recsys.models.sequence.batches import epoch_batches
from recsys.models.training.config import TrainConfig
from recsys.models.training.loss import scenario_softmax, shared_softmax
from recsys.runs import load_run, save_run, train_run
from recsys.runs.rating_effect import effect_sentence
from tests.models.small import dataset_of
from tests.models.training.test_loss import by_autograd


def test_a_weighted_loss_and_its_gradients_equal_autograds() -> None:
    torch.manual_seed(0)
    parts = [torch.randn(n, 8, dtype=torch.float64) for n in (600, 600)]
    parts += [torch.randn(600, dtype=torch.float64), torch.randn(9, 8, dtype=torch.float64)]
    parts += [torch.randn(9, dtype=torch.float64)]
    same, weights = torch.randint(-1, 9, (600,)), torch.rand(600, dtype=torch.float64) * 2
    ours, theirs = ([part.clone().requires_grad_() for part in parts] for _ in range(2))
    loss = shared_softmax(*ours, same, 0.5, weights)
    rows = [[part[i : i + 1] for part in theirs[:3]] for i in range(600)]
    each = [by_autograd(*row, *theirs[3:], same[i : i + 1], 0.5) * weights[i] for i, row in enumerate(rows)]
    reference = torch.stack(each).mean()
    torch.testing.assert_close(loss, reference)
    loss.backward()
    reference.backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    alone = scenario_softmax(*parts, same, (np.zeros(600, int), np.zeros(9, int)), np.array([9]), weights)
    torch.testing.assert_close(alone, shared_softmax(*parts, same, 0.0, weights))


def test_a_batch_carries_the_weight_of_each_of_its_items(planted: Dataset) -> None:
    weights = (planted.sequence * 0.5).astype(np.float32)
    for batch in epoch_batches(planted, 6, 100, np.random.default_rng(0), weights):
        assert batch.weights is not None and np.array_equal(batch.weights, batch.items * 0.5)


def with_dislikes() -> Dataset:
    """Users who go round 1, 2, 3, 4; two in three of them try item 5 after six steps, and again, and rate it badly."""
    rows, ratings = [], []
    for user in range(120):
        start = user % 4
        steps = [1 + (start + n) % 4 for n in range(12)]
        marks = [5.0] * 12
        if user % 3:
            steps, marks = [*steps[:6], 5, *steps[6:], 5], [*marks[:6], 1.0, *marks[6:], 1.0]
        rows.append(steps)
        ratings += marks
    return replace(dataset_of(rows, 5), ratings=np.array(ratings, dtype=np.float32))


@pytest.mark.parametrize(
    ("config", "steps", "least"),
    [(AttentionConfig(embedding_size=16, layers=1), 6, 0.1), (LightGCNConfig(embedding_size=16), None, 0.01)],
)
def test_what_is_disliked_is_not_predicted(
    config: AttentionConfig | LightGCNConfig, steps: int | None, least: float
) -> None:
    data, lead = with_dislikes(), {}
    for mode in ("ignore", "dislikes"):
        run = train_run(
            data, model_config=config, train_config=TrainConfig(epochs=6, ratings=mode), holdout="none", baselines=()
        )
        scores = run.model.scores([data.history(user)[:steps] for user in range(1, 120, 3)])[:, 1:]
        lead[mode] = float((scores[:, :4].mean(axis=1) - scores[:, 4]).mean() / scores.std())
    assert lead["dislikes"] > lead["ignore"] + least


def test_the_run_says_what_the_ratings_changed_and_opens_again(tmp_path: Path) -> None:
    data = with_dislikes()
    run = train_run(
        data, model_config=AttentionConfig(embedding_size=16, layers=1),
        train_config=TrainConfig(epochs=3, ratings="dislikes"), baselines=("popularity",),
    )  # fmt: skip
    save_run(run, data, tmp_path / "run")
    effect = load_run(tmp_path / "run")[0].evidence["ratings"]
    assert effect["liked"]["users"] + effect["disliked"]["users"] == 120
    assert set(effect["liked"]) == {"users", "with", "without", "difference"}
    found = effect["liked"]
    assert found["with"]["value"] - found["without"]["value"] == pytest.approx(found["difference"]["value"])
    assert "with ratings" in effect_sentence(effect) and effect_sentence({}) == ""
    assert len(run.reports) == 3 and run.config["train"]["ratings"] == "dislikes"


def test_a_training_with_ratings_demands_them() -> None:
    data = dataset_of([[1, 2, 3], [2, 3, 1]], 3)
    with pytest.raises(InputError, match="must have ratings"):
        train_run(data, train_config=TrainConfig(epochs=1, ratings="weigh"), holdout="none", baselines=())


def test_weights_by_rating_change_the_weights_of_the_model() -> None:
    data = with_dislikes()
    assert rating_weights(data, "weigh") is not None
    config = AttentionConfig(embedding_size=16, layers=1)
    models = [
        train_run(
            data, model_config=config, train_config=TrainConfig(epochs=1, ratings=mode), holdout="none", baselines=()
        ).model
        for mode in ("ignore", "weigh")
    ]
    one, other = (model.scores([data.history(0)]) for model in models)
    assert not np.array_equal(one, other)
