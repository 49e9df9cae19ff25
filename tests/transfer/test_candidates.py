"""Rules about single items: lists, ranges, periods, pins and at most n per tag."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data import load
from recsys.data.dataset import Dataset
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import InputError
from recsys.models.baselines import fit_baseline
from recsys.transfer import party_of_user, recommend, transfer
from recsys.transfer.candidates import (
    CandidateRules,
    arranged,
    days_of_period,
    known_items,
    pasted_items,
    read_items,
    read_period,
    read_range,
    write_items,
    write_range,
)
from tests.conftest import planted_dataset


@pytest.fixture(scope="module")
def priced() -> Dataset:
    """40 items with prices 1 … 39 and one unknown; item n is first chosen on day n."""
    data = planted_dataset()
    prices = np.arange(data.n_items + 1, dtype=np.float64)
    prices[[0, 40]] = np.nan
    times = 86_400.0 * np.asarray(data.sequence, dtype=np.float64)
    return replace(data, timestamps=times, catalogue=replace(data.catalogue, numbers={"price": prices}))


def left(data: Dataset, **rules: str) -> list[int]:
    mask = CandidateRules(**rules).among(data)
    assert mask is not None and not mask[0]
    return np.flatnonzero(mask).tolist()


def test_each_rule_leaves_its_items_and_together_they_leave_what_all_allow(priced: Dataset) -> None:
    ids = priced.items.externals([7, 3, 9])
    assert CandidateRules().among(priced) is None
    assert left(priced, only=write_items([*ids, "nobody has this"])) == [3, 7, 9]
    assert left(priced, block=write_items(ids)) == [n for n in range(1, 41) if n not in (3, 7, 9)]
    assert left(priced, numbers="price:38..") == [38, 39]
    assert left(priced, numbers="price:..2") == [1, 2]
    assert left(priced, period="1970-01-03..1970-01-04") == [2, 3]
    assert left(priced, only=write_items(ids), block=write_items(ids[:1]), numbers="price:4..20") == [9]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=20))
def test_any_ids_are_written_and_read_back(ids: list[str]) -> None:
    kept = list(dict.fromkeys(one.strip() for one in ids if one.strip()))
    text = write_items(ids)
    assert read_items(text) == kept and not set(text) & set(" &=#\n")


@pytest.mark.parametrize("text", ["price", "price:5..3", ":1..2", "price:a..b", "price:nan..", "price:1.2"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"must be written as column:low\.\.high"):
        read_range(text)


@pytest.mark.parametrize("text", ["2024-01-02", "2024-02-30..", "2024-02-01..2024-01-01", "x..y", "0000-01-01.."])
def test_a_period_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"must be written as first\.\.last"):
        read_period(text)


def test_the_days_of_a_period_are_those_of_any_way_to_write_it() -> None:
    day = date(2024, 1, 31)
    for text in ("2024-01-31..", "20240131..", "20240131T00..", "2024-01-31T10:00.. "):
        read_period(text)
        assert days_of_period(text) == (day, None)
    assert days_of_period("..2024-W05-3") == (None, day)
    with pytest.raises(InputError):
        days_of_period("x..")


def test_ranges_of_columns_with_colons_and_open_ends_are_read_back() -> None:
    assert read_range(write_range("a:b", 1.5, None)) == ("a:b", 1.5, np.inf)
    assert write_range("a", None, None) == ""


def test_what_the_data_does_not_have_is_told(priced: Dataset) -> None:
    with pytest.raises(InputError, match="must be one of the item table"):
        CandidateRules(numbers="weight:1..2").among(priced)
    with pytest.raises(InputError, match="must have times"):
        CandidateRules(period="2024-01-01..").among(replace(priced, timestamps=None))
    with pytest.raises(InputError, match="at most 500 items"):
        write_items([str(n) for n in range(501)])


@pytest.mark.parametrize(
    ("text", "ids"),
    [("a\nb\n\nc", ["a", "b", "c"]), ("a, b;c\td", ["a", "b", "c", "d"]), ('"a",1\n"b",2\n', ["a", "b"]), ("", [])],
)
def test_pasted_texts_and_the_first_column_of_tables_become_ids(text: str, ids: list[str]) -> None:
    assert pasted_items(text) == ids


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Matrix, The (1999)\nHeat", ["Matrix, The (1999)", "Heat"]),
        ("Matrix, The (1999);5\nHeat;4", ["Matrix, The (1999)", "Heat"]),
        ("Matrix, The (1999)", ["Matrix, The (1999)"]),
        ("Heat, Matrix, The (1999); Heat", ["Heat", "Matrix, The (1999)", "Heat"]),
        ('"Up, again",5\n"say ""no""",4', ["Up, again", 'say "no"']),
        ('"Up, again", Heat', ["Up, again", "Heat"]),
        ("Up, again\nHeat", ["Up", "Heat"]),
    ],
)
def test_a_name_with_separators_is_one_item_where_it_is_known_or_in_quotes(text: str, names: list[str]) -> None:
    assert pasted_items(text, {"Matrix, The (1999)", "Heat"}.__contains__) == names


def test_pins_come_first_and_tags_are_limited() -> None:
    tags = [(), ("a",), ("a", "b"), ("b",), ("a",), (), ("b",)]
    best = np.array([1, 2, 3, 4, 5, 6])
    assert arranged(best, 4, np.array([], int), tags, 0).tolist() == [1, 2, 3, 4]
    assert arranged(best, 6, np.array([], int), tags, 1).tolist() == [1, 3, 5]
    assert arranged(best, 4, np.array([6, 9, 2]), tags, 0).tolist() == [6, 2, 1, 3]
    assert arranged(best, 6, np.array([6]), tags, 1).tolist() == [6, 1, 5]


def test_a_list_follows_pins_blocks_and_tags(priced: Dataset) -> None:
    model = fit_baseline("popularity", priced)
    parties = [party_of_user(priced, user) for user in (3, 4)]
    plain = transfer(model, *parties)
    listed = recommend(plain, 0.4, 6).items.tolist()
    blocked = CandidateRules(block=write_items(priced.items.externals(listed[:2]))).among(priced)
    assert recommend(transfer(model, *parties, among=blocked), 0.4, 4).items.tolist() == listed[2:]
    pinned = recommend(plain, 0.4, 6, pins=[listed[4], listed[5]], catalogue=priced.catalogue)
    assert pinned.items.tolist() == [*listed[4:], *listed[:4]] and pinned.target_ranks.tolist()[0] == 5
    few = recommend(plain, 0.4, 6, per_tag=2, catalogue=priced.catalogue)
    counted = [tag for item in few.items for tag in priced.catalogue.tags[item]]
    assert counted and max(counted.count(tag) for tag in set(counted)) <= 2


def test_numeric_columns_of_an_item_table_are_kept_and_saved(tmp_path: Path) -> None:
    rows = "user,item\n" + "".join(f"u{n % 5},i{n % 7}\n" for n in range(40))
    items = "item,title,price,released,colour\n" + "".join(f"i{n},T {n},{n}.5,{2000 + n},red\n" for n in range(6))
    data = load(rows.encode(), name="shop", items=items.encode()).dataset
    assert list(data.catalogue.numbers) == ["price", "released"]
    at = data.items.index("i3")
    assert data.catalogue.numbers["price"][at] == 3.5
    assert np.isnan(data.catalogue.numbers["price"][data.items.index("i6")])
    save_dataset(data, tmp_path / "data")
    opened = load_dataset(tmp_path / "data")
    assert np.array_equal(opened.catalogue.numbers["released"], data.catalogue.numbers["released"], equal_nan=True)
    assert opened.fingerprint == data.fingerprint != load(rows.encode(), name="shop").dataset.fingerprint
    assert left(opened, numbers="price:2..4") == sorted(known_items(opened, "i2,i3").tolist())
