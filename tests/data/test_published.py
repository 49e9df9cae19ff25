"""Ten public collections are read as they are published: as a zip, as a folder, and as several files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.data import Loaded, load
from recsys.data.readers.archives import MAX_MEMBERS, Files
from recsys.errors import InputError
from tests.data.layouts import ITEMS, USERS, Collection
from tests.data.published import PUBLISHED

FRAME = pd.DataFrame(
    {
        "user": [f"u{n % 7}" for n in range(90)],
        "item": [f"i{n * n % 11}" for n in range(90)],
        "time": [1_700_000_000 + n for n in range(90)],
    }
)


def check(loaded: Loaded, collection: Collection) -> None:
    roles = {table.role: table.name for table in loaded.tables if table.role}
    assert roles.get("interactions", collection.interactions) == collection.interactions
    assert loaded.report.rows_read == collection.rows
    assert (loaded.dataset.n_users, loaded.dataset.n_items) == (USERS, ITEMS)
    if collection.items:
        assert roles["items"] == collection.items
        dataset = loaded.dataset
        assert dataset.catalogue.titles[dataset.items.index(collection.item)] == collection.title
    if collection.users:
        assert roles["users"] == collection.users


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_collection_is_read_as_it_is_published(name: str) -> None:
    collection = PUBLISHED[name]
    check(load(collection.zipped(), name=f"{name}.zip"), collection)


@pytest.mark.parametrize("name", ["Netflix Prize", "Yelp", "KuaiRec"])
def test_a_folder_is_read_as_its_zip_is(name: str, tmp_path: Path) -> None:
    collection = PUBLISHED[name]
    for member, content in collection.members.items():
        path = tmp_path / "given" / member
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "given" / "_SUCCESS").write_bytes(b"")
    (tmp_path / "secret.csv").write_text("user,item\n" + "a,b\n" * 9_999)
    (tmp_path / "given" / "link.csv").symlink_to(tmp_path / "secret.csv")
    loaded = load(tmp_path / "given")
    check(loaded, collection)
    assert loaded.dataset.name == "given" and "link.csv" not in {table.name for table in loaded.tables}


def test_times_and_ratings_of_the_netflix_prize_are_those_of_the_blocks() -> None:
    text = b"7:\n14,3,2005-09-06\n82,5,2005-05-13\n900:\n14,4,2005-09-07\n82,1,2004-01-01\n"
    dataset = load(text, name="combined_data_1.txt").dataset
    history = dataset.history(dataset.users.index("82"))
    assert dataset.items.externals(history) == ["900", "7"]
    assert dataset.ratings is not None and dataset.ratings.tolist() == [3.0, 4.0, 1.0, 5.0]


def test_clicks_of_news_come_after_those_of_the_history() -> None:
    rows = (
        "1\tU1\t11/15/2019 8:30:00 AM\tN1 N2\tN3-0 N4-1\n2\tU2\t11/15/2019 9:00:00 PM\t\tN1-1 N4-1\n"
        "3\tU1\t11/14/2019 8:30:00 AM\tN1 N2\tN5-1 N4-0\n"
    )
    dataset = load(rows.encode(), name="behaviors.tsv").dataset
    assert dataset.items.externals(dataset.history(dataset.users.index("U1"))) == ["N1", "N2", "N5", "N4"]


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def test_several_zips_are_read_as_one() -> None:
    titles = b"".join(b"i%d,Title %d\n" % (n, n) for n in range(11))
    one, two = (
        zipped(**{"events.csv": FRAME.to_csv(index=False).encode()}),
        zipped(**{"items.csv": b"item,title\n" + titles}),
    )
    loaded = load(Files((("a.zip", one), ("b.zip", two))), name="both")
    assert {table.name: table.role for table in loaded.tables} == {
        "a.zip/events.csv": "interactions", "b.zip/items.csv": "items",
    }  # fmt: skip
    assert loaded.dataset.catalogue.titles[1].startswith("Title ") and loaded.report.rows_read == 90


def test_a_parquet_folder_is_one_table_with_its_partitions_as_columns(tmp_path: Path) -> None:
    for shop, part in (("art", FRAME[:30]), ("books", FRAME[30:55]), ("books", FRAME[55:])):
        folder = tmp_path / "orders" / f"scenario={shop}"
        folder.mkdir(parents=True, exist_ok=True)
        part.to_parquet(folder / f"part-{len(list(folder.iterdir()))}.parquet", index=False)
    loaded = load(tmp_path / "orders")
    assert (loaded.report.rows_read, loaded.report.rows_kept) == (90, 90)
    whole = load(FRAME.to_csv(index=False).encode(), name="whole")
    assert loaded.dataset.users.ids == whole.dataset.users.ids
    assert np.array_equal(loaded.dataset.timestamps, whole.dataset.timestamps)  # type: ignore[arg-type]
    assert loaded.columns["scenario"] == "scenario" and set(loaded.preview["scenario"]) == {"art", "books"}


def test_parts_of_an_export_are_joined_and_splits_are_not() -> None:
    parts = [FRAME[:40].to_csv(index=False).encode(), FRAME[40:].to_csv(index=False).encode()]
    exported = load(Files((("part-00000.csv", parts[0]), ("part-00001.csv", parts[1]))), name="export")
    assert exported.report.rows_read == 90
    split = load(Files((("train.parquet", parquet(FRAME[:60])), ("test.parquet", parquet(FRAME[60:])))), name="split")
    assert split.report.rows_read == 60
    folds = load(Files((("u1.csv", parts[0]), ("u2.csv", parts[1]))), name="folds")
    assert folds.report.rows_read in (40, 50)


def test_ids_with_leading_zeros_in_one_part_stay_as_written() -> None:
    head = b"user,item\n"
    plain, zeros = head + b"1,5\n2,6\n1,6\n" * 3, head + b"01,5\n2,06\n1,6\n" * 3
    loaded = load(Files((("part-0.csv", plain), ("part-1.csv", zeros))), name="x")
    assert set(loaded.dataset.users.ids) == {"1", "2", "01"} and set(loaded.dataset.items.ids) == {"5", "6", "06"}


def test_an_empty_folder_and_too_many_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must contain a file"):
        load(tmp_path)
    many = Files(tuple((f"{n}.csv", b"user,item\na,b\n") for n in range(MAX_MEMBERS + 1)))
    with pytest.raises(InputError, match=f"at most {MAX_MEMBERS:,} files"):
        load(many, name="many")
