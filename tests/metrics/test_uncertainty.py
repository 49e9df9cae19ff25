"""Intervals with the right coverage, tests with the right error rate, sentences that claim no more than was shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import InputError
from recsys.metrics import uncertainty as u


def test_interval_of_a_mean_agrees_with_theory() -> None:
    values = np.random.default_rng(0).normal(3, 2, 2500)
    estimate = u.estimate_mean(values, seed=1)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * values.std() / 50, rel=0.1)


def test_the_interval_covers_the_true_mean_in_about_95_percent_of_samples() -> None:
    rng = np.random.default_rng(5)
    inside = 0
    for trial in range(200):
        estimate = u.estimate_mean(rng.exponential(1.0, 80), resamples=300, seed=trial)
        inside += estimate.low <= 1.0 <= estimate.high
    assert 175 <= inside <= 199


def test_columns_share_their_draws() -> None:
    values = np.random.default_rng(0).random(50)
    both = u.estimate_means({"a": values, "b": values + 1})
    assert both["b"].low - both["a"].low == pytest.approx(1)
    assert both["b"].high - both["a"].high == pytest.approx(1)


def test_ratio_is_of_means_and_not_a_mean_of_ratios() -> None:
    ratio = u.estimate_ratio(np.array([1.0, 1.0]), np.array([1.0, 3.0]))
    assert ratio.value == 0.5
    assert ratio.low <= 0.5 <= ratio.high


def test_an_empty_sample_is_refused() -> None:
    for values in (np.array([]), np.array([np.nan])):
        with pytest.raises(InputError, match="at least one user"):
            u.estimate_mean(values)


def test_users_without_a_value_are_left_out_of_mean_and_interval() -> None:
    values = np.random.default_rng(0).random(400)
    found = u.estimate_means({"some": np.where(np.arange(400) % 2, values, np.nan), "all": values})
    assert found["some"].value == pytest.approx(values[1::2].mean())
    width = {name: estimate.high - estimate.low for name, estimate in found.items()}
    assert width["some"] == pytest.approx(width["all"] * np.sqrt(2), rel=0.15)


def test_whole_users_are_drawn() -> None:
    for counts in u.resampled_counts(7, 10, seed=0, chunk=4):
        assert (counts.sum(axis=1) == 7).all()


def test_paired_p_finds_a_planted_difference_and_is_uniform_without_one() -> None:
    rng = np.random.default_rng(2)
    assert u.paired_p(rng.normal(0.3, 1, 500))[1] == pytest.approx(1 / 1001)
    falsely = sum(u.paired_p(rng.normal(0, 1, 60), resamples=300, seed=i)[1] < 0.05 for i in range(200))
    assert falsely <= 24
    assert u.paired_p(np.zeros(10)) == (u.Estimate(0, 0, 0), 1.0)


def test_holm_by_hand() -> None:
    assert u.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert u.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_p_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = u.holm(p_values)
    assert all(a >= p - 1e-12 and a <= 1 for a, p in zip(adjusted, p_values, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= -1e-12).all()


def test_sentences_claim_only_significant_differences() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(400)
    significant, equal = u.compare(
        "ndcg@10", {"a": base + 0.2, "b": base + rng.normal(0, 0.1, 400), "c": base + 0.2 + rng.normal(0, 0.3, 400)},
        [("a", "b"), ("a", "c")],
    )  # fmt: skip
    assert significant.sentence().startswith("a is better than b (NDCG@10 0.")
    assert equal.sentence(str.upper).startswith("No difference shown between A and C")


def test_an_estimate_is_written_with_its_interval() -> None:
    assert u.Estimate(0.1712, 0.163, 0.1791).text == "0.171 [0.163, 0.179]"
    assert u.Estimate(-0.0101, -0.02, 0.0004).text == "−0.010 [−0.020, 0.000]"
    assert u.Estimate(12.34, 11.0, 13.0).text == "12.3 [11.0, 13.0]"
