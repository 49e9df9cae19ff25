"""Hostile files: `load` returns a dataset or raises a StudioError, in bounded memory."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tracemalloc
import zipfile

import pytest

from recsys.data import load
from recsys.errors import InputError, StudioError
from tests.data import files
from tests.data.mutations import mutated

ROWS = b"user,item\na,x\nb,y\n"


def claiming(size: int) -> bytes:
    """A zip whose directory states `size` bytes for a small member."""
    data = files.zipped({"ratings.csv": ROWS})
    end = data.rindex(b"PK\x01\x02")
    return data[: end + 24] + struct.pack("<I", size) + data[end + 28 :]


def encrypted() -> bytes:
    data = bytearray(files.zipped({"ratings.csv": ROWS}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (claiming(1 << 30), "must not decompress to more than"),
        (files.zipped({"x.csv": b"user,item\n" + b"a,x\n" * 25_000_000}), "must not decompress to more than"),
        (gzip.compress(b"user,item\n" + b"a,x\n" * 25_000_000), "must not decompress to more than"),
        (files.zipped({f"{n}.csv": ROWS for n in range(1_001)}), "must hold at most"),
        (files.zipped({"../ratings.csv": ROWS}), "must be a relative name"),
        (files.zipped({"/etc/ratings.csv": ROWS}), "must be a relative name"),
        (files.zipped({"..\\ratings.csv": ROWS}), "must be a relative name"),
        (files.zipped({"inner.zip": files.zipped({"ratings.csv": ROWS})}), "archive inside an archive"),
        (gzip.compress(gzip.compress(ROWS)), "must not be compressed twice"),
        (gzip.compress(files.zipped({"ratings.csv": ROWS})), "archive inside an archive"),
        (files.zipped({}), "must contain a file"),
        (encrypted(), "must not be encrypted"),
        (gzip.compress(ROWS * 5_000)[:-200], "ends early"),
        (files.zipped({"ratings.csv": ROWS * 5_000})[:-300], "must"),
    ],
    ids=[
        "claim", "zip bomb", "gzip bomb", "many members", "parent path", "absolute path", "windows path", "nested zip",
        "compressed twice", "zip in gzip", "empty zip", "password", "truncated gzip", "truncated zip",
    ],
)  # fmt: skip
def test_archives_beyond_the_limits_are_refused(data: bytes, rule: str) -> None:
    with pytest.raises(InputError, match=rule) as caught:
        load(data, name="given.zip")
    assert "given.zip" in str(caught.value)


def test_a_gzip_bomb_is_refused_in_bounded_memory() -> None:
    bomb = gzip.compress(bytes(1 << 20) * 300)
    tracemalloc.start()
    with pytest.raises(InputError):
        load(bomb, name="bomb.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150 << 20


@pytest.mark.parametrize(
    ("data", "rule", "place"),
    [
        (b'{"user": ' + b"[" * 100_000 + b"]" * 100_000 + b', "item": 1}\n', "must not nest deeper", "row 1"),
        (b'{"user":1,"item":2}\n' + b'{"user":' * 5_000 + b"1" + b"}" * 5_000, "must not nest deeper", "row 2"),
        (b"[" * 200_000, "must not nest deeper", "row 1"),
        (b",".join(b"c%d" % n for n in range(100_000)) + b"\n", "at most 2,000 columns", "row 1"),
        (b"user,item\na\0b,x\nb,y\n", "without NUL bytes", "row 2"),
        (b"a" * (3 << 20), "must be a line of a table", "row 1"),
    ],
    ids=["deep list", "deep object", "open list", "columns", "nul", "endless line"],
)
def test_extreme_tables_are_refused_with_the_row(data: bytes, rule: str, place: str) -> None:
    with pytest.raises(InputError, match=rule) as caught:
        load(data, name="odd.csv")
    assert f"odd.csv, {place}" in str(caught.value)


def test_deep_json_below_the_start_is_refused() -> None:
    data = files.lines([{"user": f"u{n % 9}", "item": f"i{n % 7}"} for n in range(40_000)])
    with pytest.raises(InputError, match="must not nest deeper"):
        load(data + b'\n{"user": ' + b"[" * 500 + b"]" * 500 + b', "item": 1}\n')


def test_markup_and_formulas_stay_texts() -> None:
    catalogue = load(b"user,item,title\na,1,<script>alert(1)</script>\nb,2,=HYPERLINK(1)\n").dataset.catalogue
    assert catalogue.titles == ("", "<script>alert(1)</script>", "=HYPERLINK(1)")


def test_a_workbook_that_states_a_huge_size_is_refused() -> None:
    book = bytearray(files.CORPUS["events.xlsx"])
    with zipfile.ZipFile(io.BytesIO(bytes(book))) as archive:
        names = archive.namelist()
    assert "xl/workbook.xml" in names
    place = book.index(b"PK\x01\x02")
    book[place + 24 : place + 28] = struct.pack("<I", 3 << 30)
    with pytest.raises(InputError, match="must not decompress to more than"):
        load(bytes(book), name="book.xlsx")


def test_mutated_files_raise_only_studio_errors() -> None:
    opened = 0
    for what, data in mutated(files.CORPUS, count=400, seed=7):
        try:
            report = load(data, name=what).report
        except StudioError as error:
            assert str(error)
        else:
            assert report.rows_read == report.rows_kept + sum(report.dropped.values())
            opened += 1
    assert 50 < opened < 400


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_flipped_bit_in_an_archive_raises_only_studio_errors(packing: int) -> None:
    packed, rng = io.BytesIO(), random.Random(0)
    with zipfile.ZipFile(packed, "w", packing) as archive:
        archive.writestr("ratings.csv", "user,item\n" + "".join(f"u{rng.randrange(99)},i{n}\n" for n in range(400)))
    good, refused = packed.getvalue(), 0
    for _ in range(150):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        try:
            load(bytes(bad), name="ratings.zip")
        except StudioError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("what", ["no name", "a name that is no text"])
def test_damaged_names_in_a_zip(what: str) -> None:
    data = bytearray(files.zipped({"r.csv": ROWS, "é.csv": ROWS}))
    if what == "no name":
        place = data.index(b"PK\x01\x02")
        data[place + 28 : place + 30] = b"\0\0"
        del data[place + 46 : place + 46 + len("r.csv")]
        end = data.rindex(b"PK\x05\x06")
        data[end + 12 : end + 16] = struct.pack("<I", struct.unpack("<I", data[end + 12 : end + 16])[0] - len("r.csv"))
        assert load(bytes(data), name="given.zip").report.rows_kept == 2
    else:
        place = data.index("é.csv".encode())
        data[place : place + 2] = b"\xc7\x01"
        with pytest.raises(InputError, match=r"undamaged archive|must be"):
            load(bytes(data), name="given.zip")


@pytest.mark.parametrize(
    "data",
    [
        b"user,item,rating\na,x,1e37\nb,y,2e37\na,y,3e37\n",
        b'{"user_id": 1e999, "item_id": "a", "rating": 1e999}\n{"user_id": 2.0, "item_id": "b", "rating": 3}\n',
        "user,item\n0000000000000000000²,x\nb,y\n".encode(),
        b"\xef\xbb\xbfuser,item,title\na,x,\xe5\nb,y,one,more\n",
        b"user,item\na,x\n\xe5,y,z\nb,y\n",
    ],
    ids=["huge", "infinite", "superscript", "half a character after a mark", "a broken row of another encoding"],
)
def test_damage_that_the_fuzzer_found_raises_only_studio_errors(data: bytes) -> None:
    try:
        report = load(data, name="found").report
    except InputError as error:
        assert "found" in str(error)
    else:
        assert report.rows_read == report.rows_kept + sum(report.dropped.values())
        assert report.rows_read == data.count(b"\n") - (not data.startswith(b"{"))


def test_objects_and_lists_in_json_are_ids_and_never_times() -> None:
    lines = [f'{{"user": {{"id": {n % 5}}}, "item": [{n % 7}], "time": {{"at": {n}}}}}' for n in range(35)]
    loaded = load("\n".join(lines).encode())
    assert (loaded.dataset.n_users, loaded.dataset.n_items) == (5, 7)
    assert loaded.dataset.users.ids[0] == '{"id": 0}'
    assert "timestamp" not in loaded.columns
    with pytest.raises(InputError, match="must have a column for the item"):
        load(b'{"theme": {"dark": true}}')
