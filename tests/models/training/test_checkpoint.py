from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError
from recsys.models.attention.config import AttentionConfig
from recsys.models.storage import weights_digest
from recsys.models.training.checkpoint import FILE
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train
from tests.models.small import dataset_of

SMALL, SHORT = AttentionConfig(embedding_size=16, max_length=12), TrainConfig(epochs=3, batch_size=512)


@pytest.fixture
def interrupted(planted: Dataset, tmp_path: Path) -> Path:
    next(train(planted, SMALL, SHORT, checkpoint=tmp_path))
    return tmp_path


def test_resume_continues_with_the_saved_configs(planted: Dataset, interrupted: Path) -> None:
    reports = list(train(planted, resume=interrupted))
    assert [report.epoch for report in reports] == [2, 3]
    assert reports[-1].model.config.embedding_size == 16


def test_other_configs_or_other_data_start_anew(planted: Dataset, interrupted: Path) -> None:
    assert next(train(planted, SMALL, TrainConfig(epochs=2, batch_size=512), checkpoint=interrupted)).epoch == 1
    other = dataset_of([[1, 2, 3]] * 3, 3)
    assert next(train(other, SMALL, SHORT, checkpoint=interrupted)).epoch == 1


def test_resuming_with_other_data_is_refused(interrupted: Path) -> None:
    with pytest.raises(ArtifactError, match="must belong to the data"):
        next(train(dataset_of([[1, 2, 3]], 3), resume=interrupted))


@pytest.mark.parametrize("damage", ["cut", "empty", "garbage", "flipped header"])
def test_a_damaged_checkpoint_is_named(damage: str, planted: Dataset, interrupted: Path) -> None:
    path = interrupted / FILE
    content = path.read_bytes()
    harmed = {
        "cut": content[: len(content) // 2],
        "empty": b"",
        "garbage": b"\x00" * 300,
        "flipped header": content[:8] + content[8:].replace(b"epoch", b"EPOCH", 3),
    }
    path.write_bytes(harmed[damage])
    with pytest.raises(ArtifactError, match="checkpoint"):
        next(train(planted, SMALL, SHORT, checkpoint=interrupted))


def test_nothing_half_written_is_left(interrupted: Path) -> None:
    assert [path.name for path in interrupted.iterdir()] == [FILE]


def test_no_checkpoint_to_resume_is_an_error(planted: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="whole checkpoint"):
        next(train(planted, resume=tmp_path))


def test_a_checkpoint_of_an_earlier_version_continues(planted: Dataset, interrupted: Path) -> None:
    whole = list(train(planted, SMALL, SHORT))[-1]
    path = interrupted / FILE
    with safe_open(path, framework="numpy") as file:
        meta = json.loads(file.metadata()["json"])
    del meta["model_name"], meta["train"]["device"]
    meta |= {"weight": meta.pop("markov_weight"), "found": meta.pop("figures")}
    meta["model"]["flavour"] = meta["model"].pop("objective")
    save_file(load_file(path), path, {"json": json.dumps(meta)})
    *_, last = train(planted, SMALL, SHORT, checkpoint=interrupted)
    assert last.epoch == 3 and weights_digest(last.model) == weights_digest(whole.model)
