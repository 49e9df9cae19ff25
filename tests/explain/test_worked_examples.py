"""The lessons say what is true: each number that a text writes out is computed here."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.errors import InputError
from recsys.explain import worked_examples


def test_the_worked_example() -> None:
    np.testing.assert_allclose(worked_examples.worked_blend(0.5), [[0.45, 0.6], [0.45, 0.7], [0.65, 0.65]], atol=1e-12)
    np.testing.assert_array_equal(worked_examples.worked_blend(0), worked_examples.TARGET)
    np.testing.assert_array_equal(worked_examples.worked_blend(1), worked_examples.SOURCE)


def test_the_numbers_of_the_attention_lesson_can_be_followed_by_hand() -> None:
    head = worked_examples.example_head()
    assert head.d_k == 4
    np.testing.assert_allclose(head.products, [2.09, 1.52, -1.61, 2.34], atol=1e-12)
    np.testing.assert_allclose(head.scaled, [1.045, 0.76, -0.805, 1.17], atol=1e-12)
    np.testing.assert_allclose(np.exp(head.scaled), [2.843, 2.138, 0.447, 3.222], atol=5e-4)
    np.testing.assert_allclose(head.weights, [0.329, 0.247, 0.052, 0.372], atol=5e-4)
    assert head.output[0] == pytest.approx(0.810, abs=5e-4)


def test_the_divisor_of_the_network_gives_its_weights() -> None:
    head = worked_examples.example_head()
    weights = worked_examples.attention_weights(head.products, head.distance, 2.0)
    np.testing.assert_allclose(weights, head.weights, atol=1e-12)


def test_a_small_divisor_sharpens_and_a_large_one_evens_out() -> None:
    head = worked_examples.example_head()
    assert worked_examples.attention_weights(head.products, head.distance, 0.1).max() > 0.9
    even = worked_examples.attention_weights(head.products, head.distance, 1e6)
    np.testing.assert_allclose(even, 0.25, atol=1e-5)
    with pytest.raises(InputError, match="above 0"):
        worked_examples.attention_weights(head.products, head.distance, 0)


def test_the_weights_of_the_article_are_flatter_and_do_not_sum_to_one() -> None:
    head = worked_examples.example_head()
    article = worked_examples.weights_divided_outside(head.products, head.distance, head.d_k)
    np.testing.assert_allclose(article, [0.150, 0.130, 0.060, 0.160], atol=5e-4)
    assert article.sum() == pytest.approx(0.5)
    assert (article / article.sum()).max() < head.weights.max()
