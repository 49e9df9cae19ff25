"""The quality report: hand-computed on a tiny table, and the planted properties of the sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.ids import IdMap
from recsys.data.quality import WEEK, gini, quality_report, repeat_share, share_for_half, tied_share, weekly
from recsys.data.samples import load_sample
from tests.models.small import dataset_of


def tiny(**changes: object) -> Dataset:
    """Ann: a, b, a (two in one second); Bob: b. Scenarios: a left, b right, c without interactions."""
    dataset = Dataset(
        users=IdMap(["ann", "bob"], first=0),
        items=IdMap(["a", "b", "c"]),
        offsets=np.array([0, 3, 4]),
        sequence=np.array([1, 2, 1, 2], dtype=np.int32),
        timestamps=np.array([100.2, 100.9, 5000.0, 5000.0 + 2 * WEEK]),
        catalogue=Catalogue(
            ("", "Alien", "b", "Heat"), ("", "x", "", ""), ((), ("t",), (), ()), ("", "left", "right", "right")
        ),
        user_table=pd.DataFrame({"age": ["old", None]}),
    )
    return replace(dataset, **changes)  # type: ignore[arg-type]


def test_every_number_equals_the_hand_computed_one() -> None:
    report = quality_report(tiny())
    assert report.density == pytest.approx(3 / 6)  # ann–a, ann–b, bob–b of 2 × 3
    assert report.repeats == pytest.approx(1 / 4)
    assert report.ties == pytest.approx(2 / 4)  # 100.2 and 100.9 are one second of Ann's; Bob's is another user's
    assert report.gini_items == pytest.approx(1 / 3)  # counts 0, 2, 2: (−2·0 + 0·2 + 2·2) / (3·4)
    assert report.share_for_half == pytest.approx(1 / 3)
    assert report.median_history == 2
    assert (report.cold_users, report.cold_items) == (2, 3)
    assert report.missing == {"title": 1 / 3, "description": 2 / 3, "tags": 2 / 3, "age": 0.5}
    assert report.scenarios == ("left", "right")
    np.testing.assert_array_equal(report.overlap, [[1, 1], [1, 2]])
    np.testing.assert_array_equal(report.activity, [3, 0, 1])
    assert report.weeks[1] - report.weeks[0] == WEEK


@given(st.lists(st.lists(st.integers(1, 4), max_size=9), min_size=1, max_size=6).filter(any))
def test_the_share_of_repeats_counts_each_item_of_a_user_after_its_first(histories: list[list[int]]) -> None:
    dataset = dataset_of(histories, 4)
    repeated = sum(len(items) - len(set(items)) for items in histories)
    assert repeat_share(dataset) == pytest.approx(repeated / dataset.n_interactions)


def test_without_times_the_report_says_that_the_file_order_counts() -> None:
    report = quality_report(tiny(timestamps=None))
    assert report.ties is None and not len(report.weeks)
    assert any("order in the file" in finding.meaning for finding in report.findings)


def test_weeks_start_on_mondays_and_extreme_spans_are_left_out() -> None:
    weeks, _ = weekly(tiny())
    assert all(pd.Timestamp(week, unit="s").day_name() == "Monday" for week in weeks)
    assert not len(weekly(tiny(timestamps=np.array([0.0, 1.0, 2.0, 1e15])))[0])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60), st.integers(1, 5))
def test_gini_is_the_mean_difference_over_twice_the_mean(counts: list[int], times: int) -> None:
    x = np.array(counts, dtype=float)
    slow = np.abs(x[:, None] - x).mean() / (2 * x.mean()) if x.sum() else 0.0
    assert gini(x) == pytest.approx(slow, abs=1e-12)
    assert gini(np.repeat(x, times)) == pytest.approx(slow, abs=1e-12)


def test_share_for_half_of_equal_and_unequal_counts() -> None:
    assert share_for_half(np.ones(10)) == 0.5
    assert share_for_half(np.array([97, 1, 1, 1])) == 0.25
    assert share_for_half(np.zeros(3)) == 0.0


def test_the_planted_data_has_no_ties(planted: Dataset) -> None:
    assert tied_share(planted) == 0.0


def test_the_sample_looks_like_real_data() -> None:
    report = quality_report(load_sample("all").dataset)
    assert 0.005 < report.density < 0.05
    assert 0.3 < report.gini_items < 0.8
    assert 0.01 < (report.ties or 0) < 0.2
    assert report.repeats < 0.08
    assert len(report.scenarios) == 4
    assert 50 <= len(report.weeks) <= 110
    assert all(finding.value and finding.meaning.endswith(".") for finding in report.findings)
    assert len({finding.name for finding in report.findings}) == len(report.findings)


def test_warnings_come_first() -> None:
    levels = [finding.level for finding in quality_report(tiny()).findings]
    assert levels == sorted(levels, key=["warning", "notice", "good"].index)
    assert levels[0] == "warning"  # half of the rows share a second
