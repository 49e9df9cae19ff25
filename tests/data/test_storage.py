"""A dataset comes back as it was, or says that it can't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.data.dataset import Dataset
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import ArtifactError


@pytest.fixture
def rich(planted: Dataset) -> Dataset:
    vectors = np.random.default_rng(0).normal(size=(planted.n_items + 1, 3)).astype(np.float32)
    vectors[3] = np.nan
    return replace(
        planted,
        ratings=np.linspace(1, 5, planted.n_interactions, dtype=np.float32),
        catalogue=replace(planted.catalogue, vectors={"image": vectors}),
        people=pd.DataFrame({"age": [f"{u % 5}0s" for u in range(planted.n_users)]}),
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
    assert back.people["age"].tolist() == rich.people["age"].tolist()


def test_without_times_and_people(planted: Dataset, tmp_path: Path) -> None:
    save_dataset(replace(planted, timestamps=None), tmp_path)
    back = load_dataset(tmp_path)
    assert back.timestamps is None and back.ratings is None and not len(back.people.columns)


@pytest.mark.parametrize("file", ["meta.json", "interactions.parquet", "items.parquet", "people.parquet"])
@pytest.mark.parametrize("damage", ["cut", "gone", "noise"])
def test_damage_is_named(planted: Dataset, tmp_path: Path, file: str, damage: str) -> None:
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


def test_a_change_is_noticed(planted: Dataset, tmp_path: Path) -> None:
    save_dataset(planted, tmp_path / "a")
    other = replace(planted, sequence=np.where(planted.sequence == 1, 2, planted.sequence).astype(np.int32))
    save_dataset(other, tmp_path / "b")
    (tmp_path / "b" / "interactions.parquet").replace(tmp_path / "a" / "interactions.parquet")
    with pytest.raises(ArtifactError, match="changed"):
        load_dataset(tmp_path / "a")
