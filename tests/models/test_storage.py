from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError
from recsys.models.baselines.markov import Markov
from recsys.models.storage import load_model, save_model


@pytest.fixture
def saved(planted: Dataset, tmp_path: Path) -> Path:
    save_model(Markov.fit(planted), tmp_path / "model")
    return tmp_path / "model"


def test_a_model_comes_back_the_same(planted: Dataset, saved: Path) -> None:
    histories = planted.histories(range(4))
    np.testing.assert_array_equal(load_model(saved).scores(histories), Markov.fit(planted).scores(histories))


def test_saving_again_replaces_and_leaves_nothing_beside(planted: Dataset, saved: Path) -> None:
    save_model(Markov.fit(planted, power=2.0), saved)
    model = load_model(saved)
    assert isinstance(model, Markov) and model.power == 2.0
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_only_numbers_and_json_are_written(saved: Path) -> None:
    assert sorted(path.suffix for path in saved.iterdir()) == [".json", ".safetensors"]


@pytest.mark.parametrize("name", ["meta.json", "weights.safetensors"])
def test_a_damaged_or_missing_file_is_named(name: str, saved: Path) -> None:
    content = (saved / name).read_bytes()
    for harmed in (content[: len(content) // 2], b"", b"[]"):
        (saved / name).write_bytes(harmed)
        with pytest.raises(ArtifactError, match="model"):
            load_model(saved)
    (saved / name).unlink()
    with pytest.raises(ArtifactError, match="model"):
        load_model(saved)


@pytest.mark.parametrize("change", [{"format": 99}, {"name": "os"}, {"n_items": 3}])
def test_another_format_name_or_size_is_refused(change: dict[str, object], saved: Path) -> None:
    meta = json.loads((saved / "meta.json").read_text("utf-8"))
    (saved / "meta.json").write_text(json.dumps(meta | change), "utf-8")
    with pytest.raises(ArtifactError):
        load_model(saved)
