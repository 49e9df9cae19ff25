"""Files that new users upload: each is read correctly, or refused with a fix."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import tarfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.data import load
from recsys.errors import InputError
from tests.data import files

Row = tuple[object, ...]
ROWS: list[Row] = [
    (f"u{n % 7}", f"i{n * n % 11}", f"2024-03-{1 + n % 28:02d} 10:{n % 60:02d}", 1 + n % 5) for n in range(90)
]
FRAME = pd.DataFrame(ROWS, columns=["user", "item", "time", "rating"])


def csv(rows: list[Row] = ROWS, sep: str = ",", end: str = "\n", quote: str = "", encoding: str = "utf-8") -> bytes:
    lines = [sep.join(("user", "item", "time", "rating"))]
    lines += [sep.join(f"{quote}{cell}{quote}" for cell in row) for row in rows]
    return (end.join(lines) + end).encode(encoding)


def ids(user: str, item: str) -> bytes:
    """Ids made from numbers: formats of n in 0 … 6 and 0 … 10."""
    return csv([(user.format(n % 7), item.format(n % 11), time, r) for n, (_, _, time, r) in enumerate(ROWS)])


def dated(pattern: str, sep: str = ",") -> bytes:
    start = datetime.datetime(2023, 1, 5, 14, 30, 15)
    days = [start + datetime.timedelta(days=3 * n, hours=n) for n in range(len(ROWS))]
    return csv([(u, i, day.strftime(pattern), r) for day, (u, i, _, r) in zip(days, ROWS, strict=True)], sep)


def locked() -> bytes:
    data = bytearray(files.zipped({"a.csv": csv()}))
    data[data.find(b"PK\x03\x04") + 6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def feather(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_feather(out)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(csv())
        archive.addfile(info, io.BytesIO(csv()))
    return out.getvalue()


MATRIX = pd.DataFrame(
    np.random.default_rng(0).integers(0, 6, (20, 15)),
    index=[f"user{n}" for n in range(20)],
    columns=[f"Film {n}" for n in range(15)],
)
BOUGHT = {f"user{u}": [f"tea {(u + n) % 5}" for n in range(3)] for u in range(3)}
RATED = {user: {item: 1 + n for n, item in enumerate(items)} for user, items in BOUGHT.items()}
SALES = [["customer", "product", "qty"], ["ann", "tea", 1], ["ann", "pan", 2], ["bob", "tea", 1]]
YEARS = {"2010": SALES, "2011": [SALES[0], ["cid", "cup", 1], ["cid", "tea", "two"]]}
REVIEWS = b'user,item,review,rating\na,x,"good\nvery",5\nb,y,"so ""so"",\nreally",3\na,y,ok,4\n'

# file -> (rows read, rows kept, users, items)
READ: dict[str, tuple[bytes, tuple[int, int, int, int]]] = {
    "byte order mark.csv": (csv(encoding="utf-8-sig"), (90, 90, 7, 6)),
    "utf-16.csv": (csv(encoding="utf-16"), (90, 90, 7, 6)),
    "semicolons.csv": (csv(sep=";"), (90, 90, 7, 6)),
    "tabs.txt": (csv(sep="\t"), (90, 90, 7, 6)),
    "pipes.txt": (csv(sep="|"), (90, 90, 7, 6)),
    "line ends of Windows.csv": (csv(end="\r\n"), (90, 90, 7, 6)),
    "everything quoted.csv": (csv(quote='"'), (90, 90, 7, 6)),
    "quoted newlines.csv": (REVIEWS, (3, 3, 2, 2)),
    "every row twice.csv": (csv(ROWS + ROWS), (180, 90, 7, 6)),
    "blanks around ids.csv": (ids(" u{} ", "i{} "), (90, 90, 7, 11)),
    "leading zeros.csv": (ids("00{}", "0{:03d}"), (90, 90, 7, 11)),
    "numbers beyond 2^63.csv": (ids("1{:030d}", "7{:030d}"), (90, 90, 7, 11)),
    "ids as floats.csv": (ids("{}.0", "{}.0"), (90, 90, 7, 11)),
    "ids that are missing.csv": (csv().replace(b"u0,", b"NaN,").replace(b"u1,", b","), (90, 64, 5, 6)),
    "two sheets of one table.xlsx": (files.workbook_bytes(YEARS), (5, 5, 3, 3)),
    "a title above the table.xlsx": (files.workbook_bytes({"S": [["Sales 2024", ""], ["", ""], *SALES]}), (3, 3, 2, 2)),
    "of a Mac.zip": (files.zipped({"d/a.csv": csv(), "__MACOSX/d/._a.csv": b"\x00\x05"}), (90, 90, 7, 6)),
    "array.json": (FRAME.to_json(orient="records").encode(), (90, 90, 7, 6)),
    "split.json": (FRAME.to_json(orient="split").encode(), (90, 90, 7, 6)),
    "columns.json": (FRAME.to_json(orient="columns").encode(), (90, 90, 7, 6)),
    "lines.json": (FRAME.to_json(orient="records", lines=True).encode(), (90, 90, 7, 6)),
    "deep.json": (json.dumps({"data": {"events": FRAME.to_dict(orient="records")}}).encode(), (90, 90, 7, 6)),
    "columns as lists.json": (json.dumps(FRAME.to_dict(orient="list")).encode(), (90, 90, 7, 6)),
    "the items of each user.json": (json.dumps(BOUGHT, indent=2).encode(), (9, 9, 3, 5)),
    "the ratings of each user.json": (json.dumps(RATED).encode(), (9, 9, 3, 5)),
    "plain.parquet": (parquet(FRAME), (90, 90, 7, 6)),
    "user as index.parquet": (parquet(FRAME.set_index("user")), (90, 90, 7, 6)),
    "numbered rows.csv": (FRAME.to_csv().encode(), (90, 90, 7, 6)),
    "numbered rows, no header.csv": (FRAME.to_csv(header=False).encode(), (90, 90, 7, 6)),
    "a comment above.csv": (b"# exported in 2024\n" + csv(), (90, 90, 7, 6)),
    "a title above.csv": (b"Sales report\n\n" + csv(), (90, 90, 7, 6)),
    "the separator above.csv": (b"sep=;\n" + csv(sep=";"), (90, 90, 7, 6)),
    "commas at the end.csv": (csv().replace(b"\n", b",,\n"), (90, 90, 7, 6)),
    "a total below.csv": (csv() + b"Total,,,90\n", (91, 90, 7, 6)),
    "packed.csv.gz": (gzip.compress(csv()), (90, 90, 7, 6)),
    "only pairs, no header.csv": (b"".join(b"%d,%d\n" % (n % 9, n * 3 % 20) for n in range(60)), (60, 60, 9, 20)),
}
BY_USER = {f"user{u}": [f"tea {(u + n) % 5}" for n in range(3)] for u in range(12)}
COLUMNS = {"who": [f"u{n % 7}" for n in range(60)], "what": [f"i{n % 11}" for n in range(60)]}
BESIDE_A_TABLE = {
    "labels by item": ("labels.json", {f"i{n}": [f"genre {n % 3}", "all"] for n in range(11)}),
    "settings": ("stats.json", {part: {"rows": 100, "version": 3} for part in ("train", "test", "all")}),
}


@pytest.mark.parametrize("beside", BESIDE_A_TABLE)
@pytest.mark.parametrize("header", [True, False])
def test_an_object_beside_a_table_is_not_taken_for_the_interactions(beside: str, header: bool) -> None:
    name, content = BESIDE_A_TABLE[beside]
    rows = csv() if header else csv().partition(b"\n")[2]
    loaded = load(files.zipped({name: json.dumps(content), "data.csv": rows}), name="x.zip")
    assert loaded.dataset.n_users == 7 and loaded.dataset.n_items == 6
    assert not [warning for warning in loaded.report.warnings if "look like interactions" in warning]


@pytest.mark.parametrize(
    ("content", "users", "items"),
    [
        (BY_USER | {"client": ["tea 1", "cup"], "game": ["tea 2"]}, 14, 6),  # people may be called as columns are
        (COLUMNS, 7, 11),
        ({u: dict.fromkeys(("tea", "pan", "cup"), 1 + n) for n, u in enumerate(("ann", "bob", "cid"))}, 3, 3),
        ({"user": [1, 2, 3, 1], "item": [1, 2, 1, 3], "rating": [5, 4, 1, 1]}, 3, 3),
        ({"ann": ["x\ud83d", "tea"], "bob": ["tea", "x"], "cid": ["tea"]}, 3, 3),  # half a sign, cut off in a browser
        ({user: {"tea": 1_700_000_000_000_000_001, user: 2} for user in ("ann", "bob", "cid")}, 3, 4),
    ],
)
def test_an_object_is_read_by_user_or_by_column_as_it_looks(content: object, users: int, items: int) -> None:
    for text in (json.dumps(content), json.dumps(content, indent=1)):
        dataset = load(text.encode(), name="x.json").dataset
        assert (dataset.n_users, dataset.n_items) == (users, items)


@pytest.mark.parametrize(
    "content",
    [
        {"a": [], "b": []},
        {"user_id": [], "item_id": []},
        {"a": {}, "b": {}},
        {"user_id": ["a", "b", "c"], "item_id": ["x", "y"]},
        {"train": {"rows": 100, "version": 3}, "test": {"rows": 10}},
    ],
)
def test_an_object_without_interactions_is_refused(content: object) -> None:
    for text in (json.dumps(content), json.dumps(content, indent=1)):
        with pytest.raises(InputError):
            load(text.encode(), name="x.json")


def test_empty_columns_are_no_items() -> None:
    rows = [f"{n};leser {n % 7};werk {n % 5};;;" for n in range(40)]
    loaded = load("\n".join(["nr;leser;werk;regal;zweig;ausgabe", *rows]).encode(), name="x.csv")
    assert (loaded.dataset.n_users, loaded.dataset.n_items) == (7, 5)


def test_a_table_that_begins_as_an_old_format_did_is_read() -> None:
    assert load(b"FEA100,i1\nFEA100,i2\nFEA200,i1\nFEA200,i3\n", name="x.csv").dataset.n_users == 2


DATES = (
    "%d.%m.%Y", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S+02:00", "%b %d %Y", "%A %d %B %Y", "%Y%m%d",
    "%d-%b-%y", "%d-%b-%Y %H:%M", "%Y/%m/%d", "%s",
)  # fmt: skip
REFUSED = {
    "a PDF.csv": (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<< >>\nendobj\n", "got a PDF"),
    "a photo.csv": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)), "got an image"),
    "a letter.docx": (files.zipped({"[Content_Types].xml": "<T/>", "word/document.xml": "<w/>"}), "a document"),
    "a web page.csv": (b"<!DOCTYPE html><html><body>404</body></html>", "got a web page"),
    "a damaged database.db": (b"SQLite format 3\0" + b"\0" * 200, "must be an undamaged database"),
    "a program.py": (b"import os\n\ndef main():\n    print('hi')\n\nmain()\n", "Check the separator"),
    "a letter.txt": (b"Dear all,\nplease find the data attached.\nBest,\nAnn\n", "must have a column for"),
    "an archive.tar": (tarred(), "got a tar archive"),
    "nothing.csv": (b"", "must not be empty"),
    "blank lines.csv": (b"\n\n", "must not be empty"),
    "only a header.csv": (b"user,item,time\n", "rows below its first one"),
    "one column.csv": (b"user\na\nb\nc\n", "at least two columns"),
    "only users.csv": (b"user_id,age,city\nu1,20,X\nu2,30,Y\nu3,31,Z\n", "a column for the item"),
    "only items.csv": (b"item_id,title,genre\n1,Tea,Drink\n2,Pan,Tool\n3,Cup,Tool\n", "a column for the user"),
    "one user.csv": (ids("u", "i{}"), "at least two users"),
    "one item.csv": (ids("u{}", "i"), "at least two items"),
    "a column for each item.csv": (MATRIX.to_csv().encode(), "three columns: user, item, rating"),
    "a column for each item, mostly empty.csv": (
        MATRIX[MATRIX > 4].to_csv().encode(),
        "three columns: user, item, rating",
    ),
    "a frame.feather": (feather(FRAME), "got a Feather file"),
    "a zip in a zip.zip": (files.zipped({"b.zip": files.zipped({"a.csv": csv()})}), "Decompress the outer one"),
    "with a password.zip": (locked(), "without a password"),
    "an empty zip.zip": (files.zipped({}), "must contain a file"),
    "pictures.zip": (files.zipped({"a.png": b"\x89PNG\r\n", "b.pdf": b"%PDF-1.4\n"}), "must contain a table"),
    "cut.parquet": (parquet(FRAME)[:300], "undamaged Parquet"),
    "blocks with a line that is none.txt": (
        b"1:\n14,3,2005-09-06\nfour,5,then\n2:\n14,4,2005-09-06\n",
        "below each item",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_common_file_is_read_correctly(name: str) -> None:
    content, (read, kept, users, items) = READ[name]
    loaded = load(content, name=name)
    found = (loaded.report.rows_read, loaded.report.rows_kept, loaded.dataset.n_users, loaded.dataset.n_items)
    assert found == (read, kept, users, items)


@pytest.mark.parametrize("pattern", DATES)
def test_a_date_is_read_correctly(pattern: str) -> None:
    dataset = load(dated(pattern, ";")).dataset
    assert dataset.timestamps is not None
    first = datetime.datetime.fromtimestamp(float(dataset.timestamps.min()), datetime.UTC)
    assert first.date() == datetime.date(2023, 1, 5) and dataset.n_interactions == 90


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_file_is_refused_with_a_fix(name: str) -> None:
    content, words = REFUSED[name]
    with pytest.raises(InputError) as refused:
        load(content, name=name)
    assert words in str(refused.value)
    assert refused.value.fix, "it says what to do"


def test_lines_above_the_header_are_skipped_and_line_numbers_stay_right() -> None:
    report = load(b"Report\nof 2024\nuser,item,rating\na,x,1\nb,y,2\n,z,4\nb,x,5\n").report
    assert report.rows_read == 4 and report.dropped == {"missing_user": 1}
    assert report.rows_of("missing_user").column("line").to_pylist() == [6]


def test_a_column_of_unreadable_times_is_named_in_a_warning() -> None:
    warnings = " ".join(load(csv([(u, i, "last spring", r) for u, i, _, r in ROWS])).report.warnings)
    assert "“time” has too few readable times" in warnings


def test_leading_zeros_and_huge_numbers_stay_as_written() -> None:
    assert load(READ["leading zeros.csv"][0]).dataset.users.ids[:2] == ("000", "001")
    assert load(READ["numbers beyond 2^63.csv"][0]).dataset.users.ids[0] == "1" + "0" * 30


def test_the_year_may_stand_behind_the_clock() -> None:
    """As in check-ins of Foursquare and in Goodreads."""
    rows = b"".join(b"u%d,i%d,Tue Apr 03 18:%02d:09 -0700 2012\n" % (n % 5, n % 7, n) for n in range(30))
    dataset = load(b"user,item,when\n" + rows).dataset
    assert dataset.timestamps is not None and dataset.timestamps.min() == 1333501209


def test_sessions_are_read_where_nearly_no_row_has_a_user() -> None:
    rows = b"".join(b"%d;NA;%d;%d\n" % (n // 4, n * 3 % 11, 526_309 + n) for n in range(60))
    dataset = load(b"sessionId;userId;itemId;timeframe\n" + rows).dataset
    assert dataset.sessions and dataset.n_interactions == 60


def test_items_in_a_list_per_user_are_refused_with_what_to_do() -> None:
    rows = [{"user_id": f"u{n}", "items": [f"i{n}", f"i{n + 1}"]} for n in range(8)]
    with pytest.raises(InputError, match=r"with a list in “items”.* Write one row for each entry of the list"):
        load(json.dumps(rows).encode())


ODD_COLUMNS: dict[str, pa.Array] = {
    "lists": pa.array([["a", "b"]] * 90),
    "objects": pa.array([{"a": 1}] * 90),
    "bytes": pa.array([b"\xff\xfe" + bytes([65 + n % 7]) for n in range(90)], pa.binary()),
}


@pytest.mark.parametrize("kind", ODD_COLUMNS)
@pytest.mark.parametrize("role", ["user_id", "item_id", "order_id", "title", "scenario", "timestamp", "rating"])
def test_a_column_of_an_odd_type_is_read_or_refused_with_a_fix(kind: str, role: str) -> None:
    columns = {"user_id": FRAME["user"].to_list(), "item_id": FRAME["item"].to_list()} | {role: ODD_COLUMNS[kind]}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    try:
        assert load(out.getvalue(), name="odd.parquet").dataset.n_users
    except InputError as refused:
        assert refused.fix
