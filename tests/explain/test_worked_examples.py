"""The lessons say what is true: each claim that Learn makes is checked here."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.errors import InputError
from recsys.explain import worked_examples


def test_the_worked_example() -> None:
    np.testing.assert_allclose(worked_examples.worked_blend(0.5), [[0.45, 0.6], [0.45, 0.7], [0.65, 0.65]], atol=1e-12)
    np.testing.assert_array_equal(worked_examples.worked_blend(0), worked_examples.TARGET)
    np.testing.assert_array_equal(worked_examples.worked_blend(1), worked_examples.SOURCE)


def test_the_example_head_is_attention() -> None:
    head = worked_examples.example_head()
    assert head.d_k == 4
    assert sum(head.weights) == pytest.approx(1)
    np.testing.assert_allclose(worked_examples.weights_with_divisor(head, 2.0), head.weights, atol=1e-12)
    assert len(head.weights) == len(worked_examples.EXAMPLE_TITLES)


def test_a_small_divisor_sharpens_and_a_large_one_evens_out() -> None:
    head = worked_examples.example_head()
    assert worked_examples.weights_with_divisor(head, 0.1).max() > 0.9
    np.testing.assert_allclose(worked_examples.weights_with_divisor(head, 1e6), 0.25, atol=1e-5)
    with pytest.raises(InputError, match="above 0"):
        worked_examples.weights_with_divisor(head, 0)


def test_blended_embeddings_and_blended_scores_are_equal() -> None:
    comparison = worked_examples.compare_blends()
    np.testing.assert_allclose(comparison.of_blended_embedding, comparison.of_blended_scores, atol=1e-12)
    steps = np.diff(comparison.of_blended_scores, axis=1)
    np.testing.assert_allclose(steps, steps[:, :1] * np.ones(steps.shape), atol=1e-12)  # straight lines


def test_sampling_selects_the_wrong_model_and_full_ranking_does_not() -> None:
    def rates(n: int) -> tuple[float, float]:
        return worked_examples.sampled_hit_rate(worked_examples.SPECIALIST, n), worked_examples.sampled_hit_rate(
            worked_examples.GENERALIST, n
        )

    assert rates(9999) == (pytest.approx(0.3), 0.0)
    assert rates(100)[1] > 0.99 > rates(100)[0]
    assert rates(500)[1] > rates(500)[0]
    assert rates(2000)[0] > rates(2000)[1]


def test_sampling_agrees_with_drawing() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([(rng.choice(9999, 800, replace=False) < 149).sum() < 10 for _ in range(2000)])
    assert worked_examples.sampled_hit_rate(worked_examples.GENERALIST, 800) == pytest.approx(drawn.mean(), abs=0.04)


@pytest.mark.parametrize("observed", [1, 3, 20])
def test_the_best_alpha_is_above_zero_for_every_source_and_is_the_minimum(observed: int) -> None:
    result = worked_examples.blend_error(observed)
    for name, errors in result.errors.items():
        assert result.best[name] > 0
        assert result.alphas[int(np.argmin(errors))] == pytest.approx(result.best[name], abs=0.006)


def test_blend_error_agrees_with_simulated_users() -> None:
    rng = np.random.default_rng(1)
    n, users, alpha = 4, 200_000, 0.4
    party, other = rng.normal(size=(2, users))
    seen = party + rng.normal(size=users) * np.sqrt(worked_examples.NOISE_VARIANCE / n)
    error = ((alpha * other + (1 - alpha) * seen - party) ** 2).mean()
    expected = (1 - alpha) ** 2 * worked_examples.NOISE_VARIANCE / n + alpha**2 * 2 * worked_examples.USER_VARIANCE
    assert error == pytest.approx(expected, rel=0.02)
    result = worked_examples.blend_error(n)
    assert result.errors["random user"][40] == pytest.approx(expected)


def test_the_best_alpha_of_a_random_source_is_below_a_tenth_after_18_items() -> None:
    assert worked_examples.blend_error(18).best["random user"] == pytest.approx(0.1)
    assert worked_examples.blend_error(19).best["random user"] < 0.1
    with pytest.raises(InputError, match="at least 1"):
        worked_examples.blend_error(0)
