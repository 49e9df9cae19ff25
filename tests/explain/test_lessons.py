"""The lessons say what is true: each claim that Learn makes is checked here."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.errors import InputError
from recsys.explain import lessons


def test_the_worked_example() -> None:
    np.testing.assert_allclose(lessons.worked_example(0.5), [[0.45, 0.6], [0.45, 0.7], [0.65, 0.65]], atol=1e-12)
    np.testing.assert_array_equal(lessons.worked_example(0), lessons.TARGET)
    np.testing.assert_array_equal(lessons.worked_example(1), lessons.SOURCE)


def test_the_small_example_is_attention() -> None:
    tiny = lessons.tiny_head()
    assert tiny.d_k == 4
    assert sum(tiny.weights) == pytest.approx(1)
    np.testing.assert_allclose(lessons.weights_divided_by(tiny, 2.0), tiny.weights, atol=1e-12)
    assert len(tiny.weights) == len(lessons.TINY_TITLES)


def test_a_small_divisor_sharpens_and_a_large_one_evens_out() -> None:
    tiny = lessons.tiny_head()
    assert lessons.weights_divided_by(tiny, 0.1).max() > 0.9
    np.testing.assert_allclose(lessons.weights_divided_by(tiny, 1e6), 0.25, atol=1e-5)
    with pytest.raises(InputError, match="above 0"):
        lessons.weights_divided_by(tiny, 0)


def test_both_ways_of_blending_are_one() -> None:
    ways = lessons.two_ways()
    np.testing.assert_allclose(ways.of_blended_representation, ways.of_blended_scores, atol=1e-12)
    steps = np.diff(ways.of_blended_scores, axis=1)
    np.testing.assert_allclose(steps, steps[:, :1] * np.ones(steps.shape), atol=1e-12)  # straight lines


def test_sampling_crowns_the_wrong_model_and_full_ranking_does_not() -> None:
    def rates(n: int) -> tuple[float, float]:
        return lessons.sampled_hit_rate(lessons.SPECIALIST, n), lessons.sampled_hit_rate(lessons.GENERALIST, n)

    assert rates(9999) == (pytest.approx(0.3), 0.0)
    assert rates(100)[1] > 0.99 > rates(100)[0]
    assert rates(500)[1] > rates(500)[0]
    assert rates(2000)[0] > rates(2000)[1]


def test_sampling_agrees_with_drawing() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([(rng.choice(9999, 800, replace=False) < 149).sum() < 10 for _ in range(2000)])
    assert lessons.sampled_hit_rate(lessons.GENERALIST, 800) == pytest.approx(drawn.mean(), abs=0.04)


@pytest.mark.parametrize("observed", [1, 3, 20])
def test_the_best_alpha_is_above_zero_for_every_source_and_is_the_minimum(observed: int) -> None:
    lesson = lessons.smoothing(observed)
    for name, errors in lesson.errors.items():
        assert lesson.best[name] > 0
        assert lesson.alphas[int(np.argmin(errors))] == pytest.approx(lesson.best[name], abs=0.006)


def test_smoothing_agrees_with_simulated_people() -> None:
    rng = np.random.default_rng(1)
    n, people, alpha = 4, 200_000, 0.4
    party, other = rng.normal(size=(2, people))
    seen = party + rng.normal(size=people) * np.sqrt(lessons.NOISE / n)
    error = ((alpha * other + (1 - alpha) * seen - party) ** 2).mean()
    expected = (1 - alpha) ** 2 * lessons.NOISE / n + alpha**2 * 2 * lessons.SPREAD
    assert error == pytest.approx(expected, rel=0.02)
    lesson = lessons.smoothing(n)
    assert lesson.errors["a random person"][40] == pytest.approx(expected)


def test_the_answer_of_eighteen_is_right() -> None:
    assert lessons.smoothing(18).best["a random person"] == pytest.approx(0.1)
    assert lessons.smoothing(19).best["a random person"] < 0.1
    with pytest.raises(InputError, match="at least 1"):
        lessons.smoothing(0)
