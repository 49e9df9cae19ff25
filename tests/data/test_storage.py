"""A saved dataset loads unchanged, or raises an ArtifactError."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.data.cleaning_summary import CleaningSummary
from recsys.data.dataset import Dataset
from recsys.data.ids import IdMap
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import ArtifactError, InputError


@pytest.fixture
def rich(planted: Dataset) -> Dataset:
    vectors = np.random.default_rng(0).normal(size=(planted.n_items + 1, 3)).astype(np.float32)
    vectors[3] = np.nan
    return replace(
        planted,
        ratings=np.linspace(1, 5, planted.n_interactions, dtype=np.float32),
        catalogue=replace(planted.catalogue, vectors={"image": vectors}),
        user_table=pd.DataFrame({"age": [f"{u % 5}0s" for u in range(planted.n_users)]}),
    )


def test_round_trip(rich: Dataset, tmp_path: Path) -> None:
    save_dataset(rich, tmp_path / "d")
    back = load_dataset(tmp_path / "d")
    assert back.fingerprint == rich.fingerprint and back.name == rich.name
    for name in ("offsets", "sequence", "timestamps", "ratings"):
        assert np.array_equal(getattr(back, name), getattr(rich, name)), name
    for name in ("titles", "texts", "tags", "scenarios"):
        assert getattr(back.catalogue, name) == getattr(rich.catalogue, name), name
    assert np.array_equal(back.catalogue.vectors["image"], rich.catalogue.vectors["image"], equal_nan=True)
    assert back.user_table["age"].tolist() == rich.user_table["age"].tolist()


def test_round_trip_without_times_and_user_table(planted: Dataset, tmp_path: Path) -> None:
    save_dataset(replace(planted, timestamps=None), tmp_path)
    back = load_dataset(tmp_path)
    assert back.timestamps is None and back.ratings is None and not len(back.user_table.columns)


@pytest.mark.parametrize("file", ["meta.json", "interactions.parquet", "items.parquet", "people.parquet"])
@pytest.mark.parametrize("damage", ["cut", "gone", "noise"])
def test_a_damaged_file_raises_an_artifact_error(planted: Dataset, tmp_path: Path, file: str, damage: str) -> None:
    save_dataset(planted, tmp_path)
    path = tmp_path / file
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    if damage == "noise":
        path.write_bytes(b"\x00" * len(content))
    with pytest.raises(ArtifactError, match=tmp_path.name):
        load_dataset(tmp_path)


def test_a_changed_file_raises_an_artifact_error(planted: Dataset, tmp_path: Path) -> None:
    save_dataset(planted, tmp_path / "a")
    other = replace(planted, sequence=np.where(planted.sequence == 1, 2, planted.sequence).astype(np.int32))
    save_dataset(other, tmp_path / "b")
    (tmp_path / "b" / "interactions.parquet").replace(tmp_path / "a" / "interactions.parquet")
    with pytest.raises(ArtifactError, match="changed"):
        load_dataset(tmp_path / "a")


def test_rows_read_kept_and_dropped_stay_with_the_dataset(rich: Dataset, tmp_path: Path) -> None:
    n = rich.n_interactions
    summary = CleaningSummary(
        n + 7, n, {"duplicate": 4, "bot": 3}, ("Times were read as s.",), "csv", {"items": "i.csv"}
    )
    save_dataset(replace(rich, cleaning=summary), tmp_path)
    assert load_dataset(tmp_path).cleaning == summary
    assert rich.with_rows(np.arange(n) > 5).cleaning is None, "a part of a dataset is not what the file became"


def test_a_summary_that_does_not_add_up_is_refused(rich: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rows kept"):
        CleaningSummary(10, 9, {"bot": 2})
    with pytest.raises(InputError, match="cleaning summary"):
        replace(rich, cleaning=CleaningSummary(5, 5))
    save_dataset(rich, tmp_path)
    meta = json.loads((tmp_path / "meta.json").read_text())
    for cleaning in ({"rows_read": 1}, {"rows_read": "<b>", "rows_kept": 0, "dropped": {}}, [1], "words"):
        (tmp_path / "meta.json").write_text(json.dumps(meta | {"cleaning": cleaning}))
        with pytest.raises(ArtifactError, match="damaged"):
            load_dataset(tmp_path)


def with_vectors(d: Dataset, name: str, factor: float) -> Dataset:
    return replace(d, catalogue=replace(d.catalogue, vectors={name: d.catalogue.vectors["image"] * factor}))


CHANGES: dict[str, Callable[[Dataset], Dataset]] = {
    "title": lambda d: replace(d, catalogue=replace(d.catalogue, titles=(*d.catalogue.titles[:-1], "another"))),
    "text": lambda d: replace(d, catalogue=replace(d.catalogue, texts=(*d.catalogue.texts[:-1], "another"))),
    "tags": lambda d: replace(d, catalogue=replace(d.catalogue, tags=(*d.catalogue.tags[:-1], ("a", "b")))),
    "scenario": lambda d: replace(d, catalogue=replace(d.catalogue, scenarios=(*d.catalogue.scenarios[:-1], "mid"))),
    "vectors": lambda d: replace(
        d, catalogue=replace(d.catalogue, vectors={"image": d.catalogue.vectors["image"] * 2})
    ),
    "modality": lambda d: with_vectors(d, "x", 1),
    "user table": lambda d: replace(d, user_table=d.user_table.assign(age="90s")),
    "column": lambda d: replace(d, user_table=d.user_table.rename(columns={"age": "years"})),
    "no user table": lambda d: replace(d, user_table=pd.DataFrame()),
    "rating": lambda d: replace(d, ratings=d.ratings * 2),
    "time": lambda d: replace(d, timestamps=d.timestamps + 1),
    "user id": lambda d: replace(d, users=IdMap([f"x{u}" for u in d.users.ids], first=0)),
    "item id": lambda d: replace(d, items=IdMap([f"x{i}" for i in d.items.ids])),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_covers_everything_a_result_depends_on(rich: Dataset, change: str, tmp_path: Path) -> None:
    other = CHANGES[change](rich)
    assert other.fingerprint != rich.fingerprint
    save_dataset(other, tmp_path)
    assert load_dataset(tmp_path).fingerprint == other.fingerprint


def test_the_fingerprint_separates_the_tags_of_items(rich: Dataset) -> None:
    left, right = (
        replace(rich, catalogue=replace(rich.catalogue, tags=(*rich.catalogue.tags[:-2], *last)))
        for last in ((("a",), ("b",)), (("a", "b"), ()))
    )
    assert left.fingerprint != right.fingerprint


def test_missing_cells_of_the_user_table_keep_the_fingerprint(rich: Dataset, tmp_path: Path) -> None:
    holes = rich.user_table.assign(height=[None if u % 3 else 1.5 for u in range(rich.n_users)])
    other = replace(rich, user_table=holes)
    save_dataset(other, tmp_path)
    assert load_dataset(tmp_path).fingerprint == other.fingerprint


def test_data_saved_with_the_older_fingerprint_still_loads(rich: Dataset, tmp_path: Path) -> None:
    save_dataset(rich, tmp_path)
    meta = json.loads((tmp_path / "meta.json").read_text())
    del meta["cleaning"]
    (tmp_path / "meta.json").write_text(json.dumps(meta | {"fingerprint": rich.rows_fingerprint}))
    back = load_dataset(tmp_path)
    assert back.fingerprint == rich.fingerprint and back.cleaning is None
    assert len(back.rows_fingerprint) == 16 and back.matches(rich.rows_fingerprint) and back.matches(rich.fingerprint)
    assert not back.matches("0" * 16) and not back.matches("0" * 32)
