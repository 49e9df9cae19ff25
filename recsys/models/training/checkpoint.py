"""All a training needs to go on, in one safetensors file with JSON in its header; written whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from recsys.errors import ArtifactError
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.learner import Learner
from recsys.models.attention.model import AttentionModel, under
from recsys.models.training.config import TrainConfig

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.training.loop import _Run

FORMAT = 3  # 2: with the loss; 3: with the mean of the last epochs
FILE = "checkpoint.safetensors"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training between two epochs."""

    dataset: str  # fingerprint
    model: AttentionConfig
    train: TrainConfig
    epochs: int
    epoch: int
    best: float
    best_epoch: int
    loss: float
    seconds: float
    weight: float
    found: dict[str, float]
    tensors: dict[str, np.ndarray]
    mean: dict[str, np.ndarray]
    averaged: int  # epochs in the mean
    best_model: AttentionModel

    def restore(self, learner: Learner) -> None:
        """Puts weights and moments back."""
        learner.load_tensors(self.tensors)


def write(folder: Path, run: _Run) -> None:
    """Replaces what the folder holds by the run's present state."""
    path = folder / FILE
    assert run.best_model is not None
    tensors = {f"learner.{name}": value for name, value in run.learner.tensors().items()}
    tensors |= {f"mean.{name}": value for name, value in run.mean.tensors.items()}
    tensors |= {f"best.{name}": value for name, value in run.best_model.tensors().items()}
    meta = {
        "format_version": FORMAT,
        "dataset": run.everything.fingerprint,
        "model": run.model.to_json(),
        "train": run.asked.to_json(),
        "epochs": run.epochs,
        "epoch": run.epoch,
        "best": run.best,
        "best_epoch": run.best_epoch,
        "loss": run.loss,
        "seconds": run.spent,
        "weight": run.weight,
        "found": run.found,
        "averaged": run.mean.count,
        "best_meta": run.best_model.meta(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    save_file(
        {name: np.ascontiguousarray(value) for name, value in tensors.items()}, temporary, {"json": json.dumps(meta)}
    )
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def find(folder: Path, dataset: Dataset, model: AttentionConfig, train: TrainConfig) -> Checkpoint | None:
    """The folder's checkpoint if it is of the same data and configs, else None. Raises ArtifactError when damaged."""
    if not (folder / FILE).exists():
        return None
    found = read(folder)
    same = dataset.matches(found.dataset) and found.model == model and found.train == train
    return found if same else None


def read(folder: Path, dataset: Dataset | None = None) -> Checkpoint:
    """A folder's checkpoint, of a training on this data where it is given. Raises ArtifactError."""
    path = folder / FILE
    try:
        with safe_open(path, framework="numpy") as file:
            meta: dict[str, Any] = json.loads((file.metadata() or {})["json"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 — not a dict
        if meta["format_version"] != FORMAT:
            raise ArtifactError(
                path.name, f"must be of format version {FORMAT}", meta["format_version"], "Train again."
            )
        if dataset is not None and not dataset.matches(meta["dataset"]):
            raise ArtifactError(
                path.name, "must belong to the data it goes on with", fix="Open the data it was made from."
            )
        return Checkpoint(
            meta["dataset"],
            AttentionConfig.from_json(meta["model"]),
            TrainConfig.from_json(meta["train"]),
            int(meta["epochs"]),
            int(meta["epoch"]),
            float(meta["best"]),
            int(meta["best_epoch"]),
            float(meta["loss"]),
            float(meta["seconds"]),
            float(meta["weight"]),
            dict(meta["found"]),
            under("learner", tensors),
            under("mean", tensors),
            int(meta["averaged"]),
            AttentionModel.from_tensors(under("best", tensors), meta["best_meta"]),
        )
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ArtifactError(path.name, "must be a whole checkpoint", fix="Start the training anew.") from error
