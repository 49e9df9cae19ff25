"""Metrics by group: equal to fairlearn's, with warnings for small groups and no gap where none is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.errors import InputError
from recsys.evaluation.segments import (
    Grouping,
    _quartiles,
    exposure_by,
    grouping,
    item_groups,
    membership,
    segment,
    user_attributes,
)


@pytest.fixture(scope="module")
def with_table(planted: Dataset) -> Dataset:
    table = pd.DataFrame(
        {
            "region": [["north", "south", None][u % 3] for u in range(planted.n_users)],
            "age": np.linspace(18, 80, planted.n_users),
        }
    )
    return replace(planted, user_table=table)


def test_every_attribute_groups_every_user_with_a_value(with_table: Dataset) -> None:
    holdout = leave_one_out(with_table).test
    offered = user_attributes(with_table)
    assert {"history length", "activity", "popularity of history", "scenario", "region", "age"} == set(offered)
    for by in offered:
        groups = grouping(with_table, holdout, by)
        assert len(groups.of) == len(holdout)
        assert groups.of.max() < len(groups.names)
        unknown = 40 if by == "region" else 0
        assert (groups.of < 0).sum() == unknown, by


def test_scenario_is_the_planted_half(with_table: Dataset) -> None:
    holdout = leave_one_out(with_table).test
    groups = grouping(with_table, holdout, "scenario")
    assert groups.names == ("left", "right")
    np.testing.assert_array_equal(groups.of, holdout.users % 2)


def test_means_and_gap_equal_fairlearn() -> None:
    from fairlearn.metrics import MetricFrame

    rng = np.random.default_rng(0)
    of, values = rng.integers(0, 3, 400), rng.random(400)
    frame = MetricFrame(
        metrics=lambda y_true, y_pred: float(np.mean(y_pred)), y_true=values, y_pred=values, sensitive_features=of
    )
    ours = segment(values, Grouping("g", ("a", "b", "c"), of), "ndcg@10")
    np.testing.assert_allclose([g.estimate.value for g in ours.groups], frame.by_group.to_numpy(dtype=float))
    assert ours.gap is not None
    assert ours.gap.value == pytest.approx(frame.difference())


def test_a_planted_gap_is_reported_and_no_other() -> None:
    rng = np.random.default_rng(1)
    of = np.repeat([0, 1, 2, 3], 100)
    groups = Grouping("region", ("a", "b", "c", "d"), of)
    planted = segment(rng.random(400) + (of == 2) * -0.3 + 0.3, groups, "ndcg@10")
    assert planted.worst == "c"
    assert planted.sentence.startswith("Lowest by region: c")
    falsely = sum(
        not segment(np.random.default_rng(s).random(400), groups, "auc", seed=s).sentence.startswith("No gap")
        for s in range(60)
    )
    assert falsely <= 7


def test_small_groups_get_a_warning_and_are_never_the_worst() -> None:
    values = np.concatenate([np.ones(100), np.ones(100) * 0.9, np.zeros(4)])
    found = segment(values, Grouping("region", ("a", "b", "tiny"), np.repeat([0, 1, 2], [100, 100, 4])), "hr@10")
    assert found.worst == "b"
    assert "tiny (4)" in found.warnings[0]
    assert [g.too_small for g in found.groups] == [False, False, True]


def test_users_without_a_value_are_in_no_group() -> None:
    values = np.where(np.arange(200) % 4 == 0, np.nan, 1.0)
    found = segment(values, Grouping("region", ("a", "b"), np.repeat([0, 1], 100)), "calibration@10")
    assert [g.users for g in found.groups] == [75, 75] and found.unknown == 50
    assert found.overall.value == 1.0


def test_rare_values_share_a_group(planted: Dataset) -> None:
    table = pd.DataFrame({"city": [f"c{u % 40}" for u in range(planted.n_users)]})
    groups = grouping(replace(planted, user_table=table), leave_one_out(planted).test, "city")
    assert len(groups.names) == 12
    assert groups.names[-1] == "all others"


def test_an_unknown_grouping_is_refused(planted: Dataset) -> None:
    with pytest.raises(InputError, match="must be one of history length"):
        grouping(planted, leave_one_out(planted).test, "shoe size")
    with pytest.raises(InputError, match="item grouping"):
        item_groups(planted, "colour")


def test_exposure_shares_sum_to_one_and_show_the_planted_bias(planted: Dataset) -> None:
    lists = np.tile(np.arange(1, 11), (30, 1))  # only the first half of the items, which is tagged "even"
    rows = exposure_by(lists, planted, item_groups(planted, "tag"))
    assert {row.name: row.of_recommended for row in rows} == {"even": 1.0, "odd": 0.0}
    for by in ("popularity", "scenario", "tag"):
        rows = exposure_by(lists, planted, item_groups(planted, by))
        for share in ("of_catalogue", "of_interactions", "of_recommended"):
            assert sum(getattr(row, share) for row in rows) == pytest.approx(1)


def test_the_popular_half_is_the_fewest_items_with_half_of_the_rows(planted: Dataset) -> None:
    groups = item_groups(planted, "popularity")
    counts = planted.item_counts[1:]
    top = counts[groups.of == 0]
    assert top.sum() >= counts.sum() / 2 > top.sum() - top.min()


def test_a_saved_group_is_a_segment_beside_all_other_users(planted: Dataset) -> None:
    holdout = leave_one_out(planted).test
    found = membership("walkers", [3, 5, 99_999], holdout)
    assert found.names == ("walkers", "all other users")
    assert holdout.users[found.of == 0].tolist() == [3, 5]
    assert set(found.of) == {0, 1}


def test_groups_of_one_name_stay_apart_in_the_gap() -> None:
    values = np.random.default_rng(0).random(400) + np.repeat([0.0, 0.02], 200)
    of = np.repeat([0, 1], 200)
    apart, same = (segment(values, Grouping("g", names, of), "ndcg@10").gap for names in (("a", "b"), ("a", "a")))
    assert apart is not None and same is not None and apart.high > apart.value
    assert (same.value, same.low, same.high) == (apart.value, apart.low, apart.high)


def test_a_value_called_all_others_is_not_the_rest(planted: Dataset) -> None:
    table = pd.DataFrame({"city": ["all others" if u % 2 else f"c{u % 40}" for u in range(planted.n_users)]})
    groups = grouping(replace(planted, user_table=table), leave_one_out(planted).test, "city")
    assert (groups.of == groups.names.index("all others")).sum() == planted.n_users // 2


def test_quartiles_of_close_values_have_names_that_differ() -> None:
    slow = _quartiles("activity", np.geomspace(0.004, 0.04, 200), lambda span: span)
    assert slow.names[0] == "0.004 – 0.007" and len(set(slow.names)) == 4
    popular = _quartiles("popularity", np.linspace(98.6, 99.4, 200), lambda span: span, whole=True)
    assert popular.names[0] == "98.6 – 98.8" and len(set(popular.names)) == 4
    assert _quartiles("length", np.full(9, 5.0), lambda span: span, whole=True).names == ("5",)


def test_a_column_of_numbers_written_as_text_is_cut_at_quartiles(planted: Dataset) -> None:
    ages = ["" if u == 3 else str(18 + u % 50) for u in range(planted.n_users)]
    codes = [f"0{1000 + u % 50}" for u in range(planted.n_users)]
    data = replace(planted, user_table=pd.DataFrame({"age": ages, "zip": codes}))
    holdout = leave_one_out(data).test
    groups = grouping(data, holdout, "age")
    assert len(groups.names) == 4 and groups.names[0].startswith("18 – ")
    assert (groups.of < 0).tolist() == (holdout.users == 3).tolist()
    assert "01000" in grouping(data, holdout, "zip").names


def test_a_column_named_as_another_attribute_is_that_column(planted: Dataset) -> None:
    names = ("activity", "scenario", "found:", "column:activity")
    table = pd.DataFrame({name: [f"{name} {u % 2}" for u in range(planted.n_users)] for name in names})
    data = replace(planted, user_table=table)
    holdout, offered = leave_one_out(data).test, user_attributes(data)
    assert offered[-4:] == tuple(f"column:{name}" for name in names) and len(set(offered)) == len(offered)
    for name in names:
        assert grouping(data, holdout, f"column:{name}").names == (f"{name} 0", f"{name} 1")
    assert grouping(data, holdout, "scenario").names == ("left", "right")
