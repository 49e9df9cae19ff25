"""Columns are detected by name in many languages, else by content, always with a reason."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from recsys.data import CleaningPlan, load
from recsys.data.schema.cells import parse_numbers
from recsys.data.schema.column_names import known_names
from recsys.data.schema.times import parse_times
from recsys.errors import InputError
from tests.data import files


@pytest.mark.parametrize(
    ("header", "user", "item", "time"),
    [
        ("CustomerID,StockCode,InvoiceDate", "CustomerID", "StockCode", "InvoiceDate"),
        ("timestamp,visitorid,itemid", "visitorid", "itemid", "timestamp"),
        ("reviewerID,asin,unixReviewTime", "reviewerID", "asin", "unixReviewTime"),
        ("userId,movieId,timestamp", "userId", "movieId", "timestamp"),
        ("用户ID,商品ID,时间", "用户ID", "商品ID", "时间"),
        ("Kunde,Artikel,Datum", "Kunde", "Artikel", "Datum"),
        ("usuario,articulo,fecha", "usuario", "articulo", "fecha"),
        ("session_id,item_id,eventdate", "session_id", "item_id", "eventdate"),
        ("order_datetime,customer_number,product_code", "customer_number", "product_code", "order_datetime"),
        ("artist,user,played_at", "user", "artist", "played_at"),
    ],
)
def test_names_in_many_languages(header: str, user: str, item: str, time: str) -> None:
    names = known_names(header.split(","))
    assert (names["user_id"], names["item_id"], names["timestamp"]) == (user, item, time)


def test_every_role_has_a_reason() -> None:
    loaded = load(files.RETAIL.encode())
    assert dict(loaded.columns) == {
        "user_id": "CustomerID",
        "item_id": "StockCode",
        "timestamp": "InvoiceDate",
        "title": "Description",
        "quantity": "Quantity",
        "order_id": "InvoiceNo",
    }
    assert loaded.column_reasons.keys() == loaded.columns.keys()
    assert all(loaded.column_reasons.values())


def test_a_description_in_the_interactions_is_the_title() -> None:
    dataset = load(files.RETAIL.encode()).dataset
    assert dataset.catalogue.titles[dataset.items.index("71053")] == "METAL, LANTERN"


def test_a_headline_of_a_review_is_not_the_title_of_the_product() -> None:
    loaded = load(files.CORPUS["new-reviews.jsonl"])
    assert loaded.columns["item_id"] == "parent_asin"
    assert "title" not in loaded.columns


def test_without_header_ids_that_look_like_old_times_stay_ids() -> None:
    loaded = load(files.GAMES.encode())
    assert dict(loaded.columns) == {"user_id": "column 1", "item_id": "column 2", "rating": "column 4"}
    assert "Fallout 4" in loaded.dataset.items.ids


def test_without_header_plays_are_the_rating_and_dates_the_time() -> None:
    assert load(files.LISTENING.encode()).columns["rating"] == "column 4"
    assert load(files.SESSIONS.encode()).columns["timestamp"] == "column 2"


def test_a_chosen_column_replaces_the_detected_one() -> None:
    data = b"foo,bar,when\na,x,1600000000\nb,y,1600000001\n"
    loaded = load(data, columns={"user_id": "bar", "item_id": "foo", "timestamp": None})
    assert loaded.dataset.users.ids == ("x", "y")
    assert loaded.dataset.timestamps is None
    assert loaded.column_reasons["user_id"] == "you chose it"


def test_a_choice_must_name_a_column_and_a_role() -> None:
    with pytest.raises(InputError, match=r"must be in the file \(got nope\)"):
        load(b"user,item\na,x\nb,y\n", columns={"user_id": "nope"})
    with pytest.raises(InputError, match="must name roles"):
        load(b"user,item\na,x\nb,y\n", columns={"person": "user"})
    with pytest.raises(InputError, match="must be different columns"):
        load(b"user,item\na,x\nb,y\n", columns={"user_id": "user", "item_id": "user"})


def test_a_domain_is_a_scenario_of_the_items() -> None:
    catalogue = load(b"user_id,item_id,domain\na,1,food\nb,2,kitchen\na,2,kitchen\n").dataset.catalogue
    assert catalogue.scenarios == ("", "food", "kitchen")


def test_a_channel_that_items_share_is_no_scenario() -> None:
    rows = "".join(f"u{n % 3},i{n % 4},{'web' if n % 2 else 'app'}\nu{n % 3},i{n % 4},shop\n" for n in range(12))
    assert "scenario" not in load(f"user,item,channel\n{rows}".encode()).columns


def test_an_item_of_several_scenarios_counts_to_the_first_with_a_warning() -> None:
    loaded = load(b"user,item,domain\na,x,food\nb,x,kitchen\na,y,kitchen\n")
    assert loaded.dataset.catalogue.scenarios == ("", "food", "kitchen")
    assert any(warning.startswith("1 items occur in several scenarios") for warning in loaded.report.warnings)


def seconds(*texts: str | float | None) -> list[float]:
    return parse_times(pa.array(texts)).seconds.tolist()


@pytest.mark.parametrize("factor", [1, 1_000, 1_000_000, 1_000_000_000])
def test_unix_times_in_every_unit(factor: int) -> None:
    moments = [1_600_000_000, 1_600_000_060]
    assert seconds(*(moment * factor for moment in moments)) == pytest.approx(moments, abs=1e-3)


NOON = 1_577_880_000.0  # 2020-01-01 12:00 UTC


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-01 12:00:00",
        "2020-01-01T12:00:00Z",
        "2020-01-01T12:00:00.000Z",
        "2020-01-01T14:00:00+02:00",
        "2020-01-01 12:00",
        "2020/1/1 12:00",
        "2020年1月1日 12:00",
        "1 Jan 2020 12:00",
        "Jan 1, 2020 12:00 PM",
        "01/01/2020 12:00",
        "20200101120000",
    ],
)
def test_one_moment_in_many_notations(text: str) -> None:
    assert seconds(text) == [NOON]


def test_values_above_twelve_decide_between_day_first_and_month_first() -> None:
    assert seconds("31.12.2020", "01.02.2021") == [1_609_372_800, 1_612_137_600]
    assert seconds("12/13/2010 8:26", "12/1/2010 8:26") == [1_292_228_760, 1_291_191_960]
    unclear = parse_times(pa.array(["3/4/2020", "5/6/2020"]))
    assert "day first" in unclear.warning and "assumed" in unclear.notation


def test_days_that_do_not_exist_are_unreadable() -> None:
    found = seconds("2021-02-28", "2021-02-29", "2021-13-01", "yesterday", None)
    assert found[0] == 1_614_470_400
    assert np.isnan(found[1:]).all()


def test_excel_serials_compact_dates_and_step_numbers() -> None:
    assert seconds(43_831.5, 43_832.0) == [NOON, NOON + 43_200]
    assert seconds(20_200_101, 20_200_102) == [NOON - 43_200, NOON + 43_200]
    steps = parse_times(pa.array([3, 1, 2]))
    assert not steps.calendar and steps.seconds.tolist() == [3, 1, 2]


def test_times_in_a_dictionary_with_gaps() -> None:
    column = pa.chunked_array(
        [pa.array(["2020-01-01", None]).dictionary_encode(), pa.array(["2020-01-02"]).dictionary_encode()]
    )
    assert np.nan_to_num(parse_times(column).seconds).tolist() == [NOON - 43_200, 0, NOON + 43_200]


def test_numbers_with_points_commas_and_other_text() -> None:
    found = parse_numbers(pa.array(["1.5", " 2 ", "3,5", "1e3", "NaN", "inf", "five", None, "--1"]))
    assert found[:4].tolist() == [1.5, 2, 3.5, 1000]
    assert np.isnan(found[4:]).all()


@pytest.mark.parametrize(
    ("good", "bad"), [("2020-01-01", "2020-02-30"), ("1600000000", "soon"), ("2020-01-01T00:00:00Z", "x")]
)
def test_an_unreadable_time_far_below_drops_only_its_row(good: str, bad: str) -> None:
    rows = "".join(f"u{n % 40},i{n % 60},{good}\n" for n in range(2_000))
    report = load(f"user,item,time\n{rows}u1,i1,{bad}\n".encode(), plan=CleaningPlan(drop_duplicates=False)).report
    assert (report.rows_kept, dict(report.dropped)) == (2_000, {"unparsable_time": 1})
    assert report.rows_of("unparsable_time").to_pylist() == [{"line": 2_002, "user": "u1", "item": "i1", "time": bad}]
