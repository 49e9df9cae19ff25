"""Cleaning: one reason per dropped row, rows read = rows kept + rows dropped, and each rule on small tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.data import CleaningPlan, load
from recsys.data.cleaning import REASONS
from recsys.data.ordering import stable_order, user_order
from recsys.errors import InputError

INVALID = b"""user_id,item_id,timestamp,rating
1,a,1600000000,5
1,a,1600000000,5
,b,1600000001,3
2,,1600000001,3
2,b,yesterday,3
2,c,1600000001,NaN
2,d,1600000002,1e9
3,e,-5,4
3,f,99999999999,4
3,e,4000000000,4
4,a,1600000009,2
3,a,1600000003,3
5,b,1600000004,4
5,b,1600000005,4
"""


def test_each_invalid_row_has_a_reason_and_a_line_number() -> None:
    report = load(INVALID).report
    assert dict(report.dropped) == {
        "missing_user": 1,
        "missing_item": 1,
        "unparsable_time": 1,
        "unparsable_rating": 1,
        "impossible_rating": 1,
        "impossible_time": 2,
        "future_time": 1,
        "duplicate": 1,
    }
    lines = {reason: report.rows_of(reason)["line"].to_pylist() for reason in report.dropped}
    assert lines == {
        "missing_user": [4],
        "missing_item": [5],
        "unparsable_time": [6],
        "unparsable_rating": [7],
        "impossible_rating": [8],
        "impossible_time": [9, 10],
        "future_time": [11],
        "duplicate": [3],
    }
    assert report.rows_of("unparsable_time").to_pylist()[0]["timestamp"] == "yesterday"


def test_the_line_of_a_dropped_row_stands_beside_a_column_of_that_name() -> None:
    report = load(b"user_id,item_id,line\n1,a,north\n2,b,south\n,c,east\n").report
    frame = report.rows_of("missing_user").to_pandas().drop(columns="user_id")
    assert frame.to_dict("records") == [{"line (2)": 4, "item_id": "c", "line": "east"}]


VALID = b"""user,item,ts,rating
a,x,1600000001,5
a,y,1600000002,2
a,x,1600000003,4
b,x,1600000004,3
b,y,1600000005,5
c,z,1600000006,5
"""


@pytest.mark.parametrize(
    ("plan", "reason", "lines"),
    [
        (CleaningPlan(repeated_pairs="first"), "repeated_pair", [4]),
        (CleaningPlan(repeated_pairs="last"), "repeated_pair", [2]),
        (CleaningPlan(min_rating=3.5), "low_rating", [3, 5]),
        (CleaningPlan(max_user_interactions=2), "bot", [2, 3, 4]),
        (CleaningPlan(min_user_interactions=2), "too_short", [7]),
        (CleaningPlan(min_item_interactions=2), "rare_item", [7]),
    ],
)
def test_a_rule_drops_exactly_its_rows(plan: CleaningPlan, reason: str, lines: list[int]) -> None:
    report = load(VALID, plan=plan).report
    assert report.rows_of(reason)["line"].to_pylist() == lines
    assert dict(report.dropped) == {reason: len(lines)}


def test_a_rating_equal_to_the_threshold_is_kept_and_impossible_ones_are_dropped() -> None:
    rows = b"user,item,rating\na,x,4.1\na,y,4.0\nb,x,4.1\nb,y,1e300\nb,z,4.2\n"
    report = load(rows, plan=CleaningPlan(min_rating=4.1)).report
    assert report.rows_of("low_rating")["line"].to_pylist() == [3]
    assert report.rows_of("impossible_rating")["line"].to_pylist() == [5]


def test_disabled_rules_drop_nothing() -> None:
    off = CleaningPlan(drop_duplicates=False, drop_impossible_times=False, drop_future_times=False)
    assert not load(INVALID, plan=off).report.dropped.keys() & {"duplicate", "impossible_time", "future_time"}


def test_duplicates_are_equal_in_every_column() -> None:
    rows = b"user,item,ts,note\na,x,1600000000,one\na,x,1600000000,two\na,x,1600000000,one\nb,y,1600000000,\n"
    report = load(rows).report
    assert report.rows_of("duplicate")["line"].to_pylist() == [4]


def test_returns_and_cancelled_orders_are_dropped_unless_the_rule_is_off() -> None:
    rows = b"InvoiceNo,CustomerID,StockCode,Quantity\n1,a,x,2\nC2,a,x,-2\n3,b,y,1\n4,b,x,-1\nC5,b,y,3\n"
    assert load(rows).report.rows_of("cancelled")["line"].to_pylist() == [3, 5, 6]
    assert load(rows, plan=CleaningPlan(drop_cancelled=False)).report.rows_kept == 5


def test_data_with_mostly_future_times_is_kept_with_a_warning() -> None:
    rows = "".join(f"u{i % 3},i{i % 4},{4_000_000_000 + i}\n" for i in range(12))
    report = load(f"user,item,timestamp\n{rows}".encode()).report
    assert report.rows_kept == 12
    assert any("100% of the kept rows lie in the future" in warning for warning in report.warnings)


def test_a_k_core_is_applied_until_both_hold() -> None:
    # c has one item of one row; without it b is too short; without b, y is rare: only the square a,d × x,z stays.
    rows = b"user,item\na,x\na,z\nd,x\nd,z\nb,y\nb,w\nc,w\nc,q\n"
    loaded = load(rows, plan=CleaningPlan(min_user_interactions=2, min_item_interactions=2))
    assert loaded.dataset.users.ids == ("a", "d")
    assert loaded.dataset.items.ids == ("x", "z")


def test_a_plan_survives_json_and_invalid_json_is_refused() -> None:
    plan = CleaningPlan(repeated_pairs="last", min_rating=3.5, max_user_interactions=100)
    assert CleaningPlan.from_json(plan.to_json()) == plan
    for text in ("[]", "{", '{"unknown": 1}', '{"repeated_pairs": "often"}', '{"min_user_interactions": "two"}', "3"):
        with pytest.raises(InputError):
            CleaningPlan.from_json(text)


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(InputError, match="must be one of"):
        load(INVALID).report.rows_of("unknown")


CELLS = st.tuples(
    st.sampled_from(["1", "2", "3", "", "NA"]),
    st.sampled_from(["a", "b", "c", ""]),
    st.sampled_from(["1600000000", "1600000001", "-7", "soon", "", "1600000002.5"]),
    st.sampled_from(["1", "5", "x", "", "1e12"]),
)


@settings(max_examples=60)
@given(
    st.lists(CELLS, max_size=30),
    st.builds(
        CleaningPlan,
        drop_duplicates=st.booleans(),
        repeated_pairs=st.sampled_from(["keep", "first", "last"]),
        min_rating=st.sampled_from([None, 2.0]),
        max_user_interactions=st.sampled_from([None, 6]),
        min_item_interactions=st.integers(1, 2),
    ),
)
def test_rows_read_are_rows_kept_plus_rows_dropped(rows: list[tuple[str, ...]], plan: CleaningPlan) -> None:
    fixed = [("9", "a", "1600000000", "5"), ("9", "b", "1600000009", "5"), ("8", "a", "1600000000", "5")]
    fixed += [("8", "b", "1600000009", "5")]
    text = "\n".join(["user_id,item_id,timestamp,rating", *(",".join(row) for row in [*fixed, *rows])])
    loaded = load(text.encode(), plan=plan)
    report = loaded.report
    assert report.rows_read == len(fixed) + len(rows)
    assert report.rows_read == report.rows_kept + sum(report.dropped.values())
    assert report.rows_kept == loaded.dataset.n_interactions
    lines = [line for reason in REASONS for line in report.rows_of(reason)["line"].to_pylist()]
    assert len(lines) == len(set(lines)) == sum(report.dropped.values())
    if loaded.dataset.timestamps is None:  # most times were unreadable: the report says so, the order is the file's
        assert any("has too few readable times" in warning for warning in report.warnings)
        return
    for user in range(loaded.dataset.n_users):
        part = slice(*loaded.dataset.offsets[user : user + 2])
        assert (np.diff(loaded.dataset.timestamps[part]) >= 0).all()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.integers(-9, 9), st.floats(-1e300, 1e300))), max_size=40))
def test_the_packed_sort_is_stable(rows: list[tuple[int, float]]) -> None:
    users = np.array([user for user, _ in rows], dtype=np.int32)
    times = np.array([time for _, time in rows], dtype=np.float64)
    order = user_order(users, np.zeros_like(users), times)
    expected = np.lexsort((times, users))
    np.testing.assert_array_equal(order.rows, expected)
    np.testing.assert_array_equal(order.users, users[expected])
    np.testing.assert_array_equal(order.seconds, times[expected])
    np.testing.assert_array_equal(stable_order(times), np.argsort(times, kind="stable"))
