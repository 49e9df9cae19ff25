"""Formats are recognised by content: each file of the corpus opens whatever its name."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest

from recsys.data import load
from recsys.data.readers import formats
from recsys.data.readers.archives import InputFile
from recsys.data.readers.encodings import detect_encoding
from recsys.data.readers.formats import FORMATS, Format, probe_tables
from recsys.data.readers.probes import FileStart, Probe, probe_of_table
from recsys.data.readers.tables import Table, unique_names
from recsys.errors import InputError
from tests.data import files

# file -> (format, rows kept, users, items)
EXPECTED = {
    "u.data": ("movielens-100k", 4, 3, 3),
    "ml-100k.zip": ("movielens-100k", 4, 3, 3),
    "ml-1m.zip": ("movielens-1m", 4, 2, 3),
    "ratings.dat": ("movielens-1m", 4, 2, 3),
    "retail.csv": ("csv", 3, 2, 2),
    "chinese-gb18030.csv": ("csv", 3, 2, 2),
    "chinese-utf-8.csv": ("csv", 3, 2, 2),
    "chinese-bom.csv": ("csv", 3, 2, 2),
    "chinese-utf-16.csv": ("csv", 3, 2, 2),
    "semicolon-latin.csv": ("semicolon", 3, 2, 2),
    "games.csv": ("csv", 4, 2, 2),
    "listening.tsv": ("tsv", 12, 4, 3),
    "sessions.dat": ("csv", 4, 2, 3),
    "sequences.txt": ("sequence", 10, 3, 5),
    "reviews.json": ("jsonl", 12, 3, 4),
    "reviews.json.gz": ("jsonl", 12, 3, 4),
    "reviews-array.json": ("json", 12, 3, 4),
    "reviews-python.json": ("jsonl", 12, 3, 4),
    "new-reviews.jsonl": ("jsonl", 12, 3, 4),
    "atomic.inter": ("recbole", 3, 2, 2),
    "atomic.zip": ("recbole", 3, 2, 2),
    "events.parquet": ("parquet", 3, 2, 3),
    "events.xlsx": ("excel", 3, 2, 2),
    "gz-in.zip": ("csv", 2, 2, 2),
    "pairs.txt": ("space", 4, 2, 3),
    "pipe.csv": ("pipe", 2, 2, 2),
    "quoted.csv": ("csv", 2, 2, 2),
}


def test_every_file_of_the_corpus_is_expected() -> None:
    assert EXPECTED.keys() == files.CORPUS.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_recognised_by_its_content(name: str) -> None:
    loaded = load(files.CORPUS[name], name="misleading.bin")
    dataset = loaded.dataset
    assert (loaded.format, loaded.report.rows_kept, dataset.n_users, dataset.n_items) == EXPECTED[name]


def test_movielens_100k_has_titles_genres_and_users() -> None:
    dataset = load(files.CORPUS["ml-100k.zip"]).dataset
    assert dataset.catalogue.titles[dataset.items.index("51")] == "Légende (1994)"
    assert dataset.catalogue.tags[dataset.items.index("302")] == ("Crime", "Film-Noir", "Mystery", "Thriller")
    assert dataset.user_table.loc[dataset.users.index("186"), "occupation"] == "executive"


def test_titles_of_movielens_1m_keep_year_and_accents() -> None:
    catalogue = load(files.CORPUS["ml-1m.zip"]).dataset.catalogue
    assert catalogue.titles[1:] == ("Cuckoo's Nest (1975)", "Peach (1996)", "Café (1982)")
    assert catalogue.tags[2] == ("Animation", "Children's")


def test_sequences_keep_their_order_and_repetitions() -> None:
    dataset = load(files.SEQUENCES.encode()).dataset
    third = dataset.history(dataset.users.index("3"))
    assert dataset.items.externals(third) == ["5", "5", "9", "11", "12"]


def test_excel_numbers_are_ids_without_a_point_and_serial_dates_are_times() -> None:
    dataset = load(files.CORPUS["events.xlsx"]).dataset
    assert dataset.items.ids == ("101", "102")
    assert dataset.timestamps is not None
    assert dataset.timestamps[0] == 1_577_880_000.0  # 2020-01-01 12:00 UTC


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_a_chinese_table_reads_the_same_in_every_encoding(encoding: str) -> None:
    dataset = load(files.CHINESE.encode(encoding)).dataset
    assert dataset.users.ids == ("张三", "李四")
    assert dataset.catalogue.titles == ("", "苹果", "香蕉")


NAMES = {
    "cp1250": ("Příliš žluťoučký kůň", "Zażółć gęślą jaźń"),
    "cp1251": ("Война и мир", "Мастер и Маргарита"),
    "koi8_r": ("Преступление и наказание", "Сборник рассказов"),
    "cp1252": ("El niño y el mar", "Smørrebrød på dansk"),
    "big5": ("紅樓夢全集", "西遊記第一回"),
    "shift_jis": ("となりのトトロ", "千と千尋の神隠し"),
    "euc_kr": ("올드보이 영화", "부산행 열차"),
}


@pytest.mark.parametrize("encoding", NAMES)
def test_titles_are_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    first, second = NAMES[encoding]
    rows = f"user,item,title\na,1,{first}\nb,2,{second}\na,3,{second}\n"
    catalogue = load(rows.encode(encoding)).dataset.catalogue
    assert catalogue.titles == ("", first, second, second)


def test_the_encoding_is_detected_from_the_bytes() -> None:
    assert detect_encoding("Müller;café".encode("latin-1"), "x") == "latin-1"
    assert detect_encoding("Müller – “café”".encode("cp1252"), "x") == "cp1252"
    assert detect_encoding("用户编号,商品".encode("gb18030"), "x") == "gb18030"
    assert detect_encoding("naïve".encode()[:4], "x") == "utf-8"  # cut inside a character


def test_a_non_ascii_character_far_below_the_start_is_read() -> None:
    rows = "".join(f"u{i % 50},i{i % 70},plain\n" for i in range(80_000))
    data = f"user,item,title\n{rows}u1,i1,Café\nu2,i999,Müller\n".encode("latin-1")
    assert len(data) > 1 << 20
    dataset = load(data).dataset
    assert dataset.catalogue.titles[dataset.items.index("i999")] == "Müller"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(line_end: str) -> None:
    data = line_end.join(["user,item,ts", "a,x,1600000000", "b,y,1600000001", ""]).encode()
    assert load(data).report.rows_read == 2


def test_a_table_keeps_its_columns() -> None:
    table = probe_tables(b"user,item,title\na,1,\xc3\xa9t\xc3\xa9\nb,2,x\n", "t.csv")[0].read({})
    assert table.columns == ("user", "item", "title")
    assert table.data["title"].to_pylist() == ["été", "x"]


def test_unreadable_rows_are_counted_and_line_numbers_stay_right() -> None:
    report = load(b"user,item,rating\na,x,1\nb,y,2,9\na,y,3\nb\n,z,4\nb,x,5\n").report
    assert report.dropped == {"broken_row": 2, "missing_user": 1}
    assert report.rows_of("broken_row")["line"].to_pylist() == [3, 5]
    assert report.rows_of("missing_user")["line"].to_pylist() == [6]


def test_zero_padded_ids_far_below_stay_as_written() -> None:
    rows = "".join(f"{i % 40 + 1},{i % 60 + 100}\n" for i in range(3_000))
    dataset = load(f"user,item\n{rows}007,0x1F\n7,100\n".encode()).dataset
    assert {"007", "7"} <= set(dataset.users.ids)
    assert "0x1F" in dataset.items.ids


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "must not be empty"),
        (b"  \n \n", "must not be empty"),
        (b"user\na\nb\n", "must have at least two columns"),
        (b"<!doctype html><html><body>a, b</body></html>\n", "must be a table"),
        (b"%PDF-1.7\n1 0 obj\n", "must be a table"),
        (bytes(range(256)) * 20, "without NUL bytes"),
        (b"\xfd7zXZ\x00rest", "must be uncompressed, gzip or zip"),
        (b"[1, 2, 3]\n", "must"),
        (b'{"user": 1}\n{"user": 2}\n', "must have a column for the item"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_name(data: bytes, rule: str) -> None:
    with pytest.raises(InputError, match=rule) as caught:
        load(data, name="odd.csv")
    assert "odd.csv" in str(caught.value)


def test_a_wrong_separator_is_named() -> None:
    with pytest.raises(InputError, match="separator must split the rows"):
        load(b"user,item\na,x\nb,y\n", delimiter=";")
    assert load(b"user,item\na,x\nb,y\n", delimiter=",").report.rows_kept == 2


def test_json_values_of_mixed_types_become_text() -> None:
    dataset = load(
        b'{"user_id": 1, "item_id": "a"}\n{"user_id": "b", "item_id": 7}\n{"user_id": 1, "item_id": 7}\n'
    ).dataset
    assert dataset.users.ids == ("1", "b")
    assert dataset.items.ids == ("a", "7")


def test_ratings_and_times_stay_with_their_rows() -> None:
    dataset = load(files.RATINGS_100K.encode()).dataset
    assert dataset.timestamps is not None and dataset.ratings is not None
    first = dataset.users.index("196")
    start = dataset.offsets[first]
    assert dataset.items.externals(dataset.history(first)) == ["302", "242"]
    np.testing.assert_array_equal(dataset.ratings[start : start + 2], [1, 3])


def is_arrows(start: FileStart) -> bool:
    return start.text.startswith("#arrows")


def probe_arrows(file: InputFile, start: FileStart) -> list[Probe]:
    pairs = [line.split(" -> ") for line in file.read().decode().splitlines()[1:]]
    users, items = zip(*pairs, strict=True)
    return [probe_of_table(file, Table(file.name, "arrows", pa.table({"user": users, "item": items})))]


def test_a_format_is_a_reader_and_a_line_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", (Format("arrows", is_arrows, probe_arrows), *FORMATS))
    loaded = load(b"#arrows\nann -> tea\nann -> jam\nbob -> tea\n")
    assert (loaded.format, loaded.report.rows_kept, loaded.dataset.n_users) == ("arrows", 3, 2)
    assert load(files.CORPUS["pipe.csv"]).format == "pipe"


def test_thousands_of_equal_column_names_are_numbered_at_once() -> None:
    """Each number was tried from 2 on against a list of all names: minutes for a header of 4 KB."""
    tried = ["x (2)", *["x"] * 1997, "", ""]
    begin = time.process_time()
    names = unique_names(tried, "wide.csv")
    assert time.process_time() - begin < 0.5
    assert names[:4] == ("x (2)", "x", "x (3)", "x (4)") and names[-2:] == ("column 1999", "column 2000")
    assert len(set(names)) == len(tried)
