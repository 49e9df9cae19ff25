"""`load`: real files, item and user tables, several files as scenarios, vectors, edge cases."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.data import Loaded, load
from recsys.data.cleaning_warnings import known_warning
from recsys.data.loading import load_vectors
from recsys.errors import InputError
from recsys.wording import Message
from tests.data import files

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SMALL = b"user,item,ts\na,x,1600000002\na,y,1600000001\nb,x,1600000003\n"


def films() -> Loaded:
    return load(files.CORPUS["ml-100k.zip"], name="films")


REAL: list[tuple[Callable[[], Loaded], tuple[int, int, int]]] = [(films, (4, 3, 3))]
if (SHARED / "ml-latest-small.zip").exists():
    REAL.append((lambda: load(SHARED / "ml-latest-small.zip"), (100_836, 610, 9_724)))


@pytest.mark.parametrize(("opened", "sizes"), REAL)
def test_movielens_loads_as_it_is_published(opened: Callable[[], Loaded], sizes: tuple[int, int, int]) -> None:
    loaded = opened()
    dataset = loaded.dataset
    assert (loaded.report.rows_kept, dataset.n_users, dataset.n_items) == sizes
    assert not loaded.report.dropped
    assert all(
        title.strip() and title != identity
        for title, identity in zip(dataset.catalogue.titles[1:], dataset.items.ids, strict=True)
    )
    assert any(dataset.catalogue.tags)


TWO_SCENARIOS = [(b"user_id,item_id,domain\na,1,food\nb,2,kitchen\na,2,kitchen\n", b"item_id,title\n1,Tea\n2,Pan\n")]
if (SHARED / "food-kitchen").exists():
    folder = SHARED / "food-kitchen"
    TWO_SCENARIOS.append((folder / "interactions.csv.gz", folder / "items.csv.gz"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("rows", "items"), TWO_SCENARIOS)
def test_two_domains_are_two_scenarios(rows: Path | bytes, items: Path | bytes) -> None:
    catalogue = load(rows, items=items).dataset.catalogue
    assert catalogue.scenario_names == ("food", "kitchen")
    assert all(catalogue.scenarios[1:])


def test_histories_are_in_time_order() -> None:
    dataset = load(SMALL).dataset
    assert dataset.items.externals(dataset.history(dataset.users.index("a"))) == ["y", "x"]
    assert dataset.timestamps is not None
    assert dataset.timestamps.tolist() == [1_600_000_001, 1_600_000_002, 1_600_000_003]


def test_a_path_and_its_bytes_give_the_same_dataset(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(SMALL)
    assert load(path).dataset.fingerprint == load(SMALL).dataset.fingerprint


def test_item_and_user_tables_join_the_interactions() -> None:
    loaded = load(
        SMALL,
        items=b'id,title,genres,description\nx,"Heat, 1995",Crime|Drama,Two men\nz,Unused,None,\n',
        users=b"userId,age band\nb,18-24\na,\n",
    )
    catalogue, user_table = loaded.dataset.catalogue, loaded.dataset.user_table
    assert catalogue.titles == ("", "Heat, 1995", "y")
    assert catalogue.tags == ((), ("Crime", "Drama"), ())
    assert catalogue.texts == ("", "Two men", "")
    assert user_table["age band"].tolist() == ["", "18-24"]


def test_several_files_become_one_dataset_with_scenarios() -> None:
    given = [("food.csv", b"user,item,ts\na,1,1600000001\nb,2,1600000002\n", "food")]
    given.append(("kitchen.csv", b"uid;iid;time\na;1;1600000003\nc;4;1600000004\n", "kitchen"))
    joined = load(given, prefix_items=True)
    assert joined.report.rows_read == joined.report.rows_kept == 4
    dataset = joined.dataset
    assert dataset.catalogue.scenario_names == ("food", "kitchen")
    assert dataset.items.externals(dataset.history(dataset.users.index("a"))) == ["food:1", "kitchen:1"]
    assert load(given).dataset.n_items == 3


def test_a_second_table_of_interactions_in_a_zip_gives_a_warning() -> None:
    given = files.zipped({"ratings.csv": SMALL, "clicks.csv": b"user,item\na,x\nb,y\n"})
    warnings = load(given, name="given.zip").report.warnings
    assert any("look like interactions: given.zip: clicks.csv" in warning for warning in warnings)


def test_a_detected_encoding_gives_a_warning() -> None:
    warnings = load(files.SEMICOLON.encode("latin-1")).report.warnings
    assert any("read as latin-1" in warning for warning in warnings)
    assert not any("UTF-8" in warning for warning in load(SMALL).report.warnings)


def test_saved_warnings_are_messages_again() -> None:
    made = load(b"user,item,day\na,1,3/4/2020\nA,2,3/4/2020\na,2,5/4/2020\n").report.warnings
    saved = [known_warning(str(warning)) for warning in made]
    assert saved == list(made)
    for one, other in zip(saved, made, strict=True):
        assert isinstance(one, Message) and isinstance(other, Message) and one.template == other.template
        assert {type(value) for value in one.values.values()} == {type(value) for value in other.values.values()}
    assert type(known_warning("Times were read {0.__class__}.")) is str


def test_unreadable_rows_of_all_joined_files_are_counted() -> None:
    given = [("f.csv", b"user,item\na,1\nb\n", "f"), ("k.csv", b"user,item\nc,2\nd\n", "k")]
    report = load(given).report
    assert (report.rows_read, report.rows_kept, dict(report.dropped)) == (4, 2, {"broken_row": 2})


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"user,item\na,x\na,y\n", "must have at least two users"),
        (b"user,item\na,x\nb,x\n", "must have at least two items"),
        (b"user,item\n", "must have rows below its first one"),
        (b"user,item\n,x\n,y\n", "must keep at least one row"),
    ],
)
def test_too_little_data_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        load(data)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv must be a file that can be read"):
        load(tmp_path / "nowhere.csv")


def test_ids_stay_as_they_are_written() -> None:
    ids = ["42", "007", "9223372036854775808", "😀", "A b", "ab", "AB"]
    dataset = load("\n".join(["user,item", *(f"{i},{i}" for i in ids)]).encode()).dataset
    assert dataset.users.ids == tuple(ids)
    loaded = load(b"user,item,rating\n1.0,10.0,3\n2.0,11.0,4\n")
    assert loaded.dataset.users.ids == ("1", "2") and loaded.dataset.items.ids == ("10", "11")


def test_nearly_equal_ids_stay_different_with_a_warning() -> None:
    report = load(b"user,item\nAnn,x\nann,x\nAnn ,y\n").report
    assert report.rows_kept == 3
    assert any("upper and lower case" in warning for warning in report.warnings)
    assert any("blanks" in warning for warning in report.warnings)
    large = load(b"user,item\n99999999999999999999,1\n9223372036854775808,2\n")
    assert any("2 ids of users are numbers beyond 2⁶³" in warning for warning in large.report.warnings)


def test_ties_give_a_warning() -> None:
    warnings = load(b"user,item,ts\na,x,1600000000\na,y,1600000000\nb,x,1600000000\n").report.warnings
    assert any(warning.startswith("67% of the rows share their time") for warning in warnings)


def npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def test_item_vectors_are_aligned_with_the_items() -> None:
    vectors = np.arange(6, dtype=np.float64).reshape(3, 2)
    given = npz(ids=np.array(["y", "nobody", "x"]), vectors=vectors)
    found = load(SMALL, vectors=[("image", given)]).dataset.catalogue.vectors["image"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[1:], [[4, 5], [0, 1]])  # x, then y
    assert np.isnan(found[0]).all()
    table = files.parquet_bytes({"item_id": ["x", "y"], "vector": [[1.0, 2.0], [3.0, 4.0]]})
    ids, values = load_vectors(table, "image.parquet")
    assert ids == ["x", "y"] and values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PAR1 rubbish",
        b"\x93NUMPY rubbish",
        npz(vectors=np.ones((2, 2))),
        npz(ids=np.array(["a"]), vectors=np.ones(2)),
    ],
)
def test_damaged_vectors_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="image"):
        load_vectors(content, "image")


def test_pickled_vectors_are_refused() -> None:
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError):
        load_vectors(out.getvalue(), "image")
