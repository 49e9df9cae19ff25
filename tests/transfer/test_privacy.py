from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.attention import AttentionModel
from recsys.transfer.blend import transfer
from recsys.transfer.privacy import (
    Promise,
    privacy_curve,
    privacy_sentence,
    private_scores,
    private_taste,
    private_transfer,
)
from recsys.transfer.tastes import composed_taste, group_taste, user_taste


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("people", [1, 30])
def test_the_noise_keeps_the_promise_exactly(epsilon: float, people: int) -> None:
    """Balle & Wang 2018, theorem 8: δ = Φ(Δ/2σ − εσ/Δ) − e^ε Φ(−Δ/2σ − εσ/Δ)."""
    promise = Promise(epsilon, 1e-5, clip=2.0)
    assert promise.sensitivity(people) == 4.0 / people
    ratio = promise.sensitivity(people) / promise.noise(people)
    delta = norm.cdf(ratio / 2 - epsilon / ratio) - math.exp(epsilon) * norm.cdf(-ratio / 2 - epsilon / ratio)
    assert delta == pytest.approx(1e-5, rel=1e-4)


def test_replacing_one_member_moves_the_mean_by_at_most_the_sensitivity(
    planted: Dataset, model: AttentionModel
) -> None:
    promise = Promise(1e9, clip=1.5)
    rng = np.random.default_rng(0)
    for _ in range(10):
        members = rng.choice(120, 9, replace=False).tolist()
        first = private_taste(model, group_taste(planted, members[:8], "a"), promise, seed=0)
        second = private_taste(model, group_taste(planted, members[1:], "b"), promise, seed=0)
        assert np.linalg.norm(first.vector - second.vector) <= promise.sensitivity(8) + 1e-3


def test_noise_has_the_size_it_says(planted: Dataset, model: AttentionModel) -> None:
    promise = Promise(1.0, clip=1.0)
    draws = np.stack([private_taste(model, user_taste(planted, 0), promise, seed=s).vector for s in range(200)])
    assert draws.std() == pytest.approx(promise.noise(1), rel=0.05)
    group = private_taste(model, group_taste(planted, range(50), "fifty"), promise, seed=0)
    assert group.noise == pytest.approx(promise.noise(1) / 50)
    assert group.clipped == 1.0


def test_nothing_that_reads_the_raw_history_speaks(planted: Dataset, model: AttentionModel) -> None:
    """Two sources with the same private vector have the same scores, whatever their histories are."""
    private = private_taste(model, user_taste(planted, 0), Promise(1.0), seed=3)
    pair = transfer(model, user_taste(planted, 5), user_taste(planted, 0))
    scores = private_transfer(pair, Promise(1.0), seed=3).source_scores
    assert np.array_equal(scores, private_scores(model, private))
    empty = model.scores([np.zeros(0, np.int32)])[0]
    assert np.allclose(scores[1:] - empty[1:], model.item_vectors[1:] @ private.vector, atol=1e-4)


def test_the_curve_rises_with_epsilon_and_a_group_loses_less(planted: Dataset, model: AttentionModel) -> None:
    target = composed_taste([1, 2, 3])
    group = transfer(model, target, group_taste(planted, range(0, 120, 2), "even people"))
    alone = transfer(model, target, user_taste(planted, 2))
    many = privacy_curve(group, 0.8, 5, clip=4.0, epsilons=(0.5, 4.0, 1e6), draws=8)
    one = privacy_curve(alone, 0.8, 5, clip=4.0, epsilons=(0.5, 4.0, 1e6), draws=8)
    assert many[0].overlap <= many[1].overlap <= many[2].overlap
    assert many[2].overlap > 0.95
    assert many[1].overlap > one[1].overlap
    assert many[0].noise == pytest.approx(one[0].noise / 60)


def test_words_say_how_much_less_a_group_needs() -> None:
    assert "30 times less" in privacy_sentence(Promise(1.0), 30)
    assert "times less" not in privacy_sentence(Promise(1.0), 1)


@pytest.mark.parametrize("values", [(0.0, 1e-5, 1.0), (1.0, 0.0, 1.0), (1.0, 1e-5, 0.0), (float("nan"), 1e-5, 1.0)])
def test_bad_promises_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(InputError):
        Promise(*values)
