"""All that a training needs to continue, in one safetensors file with JSON in its header; replaced whole."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from math import inf, nan
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from recsys.data.dataset import Dataset
from recsys.data.repeats import LEAVE_OUT
from recsys.errors import ArtifactError
from recsys.models.storage import under
from recsys.models.table import DEFAULT_MODEL, model_entry
from recsys.models.trainable import ModelConfig, TrainableModel
from recsys.models.training.averaging import AveragedWeights
from recsys.models.training.config import TrainConfig
from recsys.wording import Message

FORMAT = 3  # 2: with the loss; 3: with the mean of the last epochs
FILE = "checkpoint.safetensors"


@dataclass
class Progress:
    """Where a training is between two epochs.

    Attributes:
        epochs: planned; epoch: trained so far.
        best: the highest validation score, reached at `best_epoch`; loss: of the last epoch.
        seconds: spent in training.
        markov_weight: of the Markov scores, and figures: validation figures, both of the last epoch.
    """

    epochs: int
    epoch: int = 0
    best: float = -inf
    best_epoch: int = 0
    loss: float = nan
    seconds: float = 0.0
    markov_weight: float = 0.0
    figures: dict[str, float] = field(default_factory=dict)


_EARLIER_NAMES = {"weight": "markov_weight", "found": "figures"}  # of fields of Progress, in files of earlier versions


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training between two epochs.

    Attributes:
        dataset: fingerprint of the data. model, train: the configs, as asked for.
        learner: tensors of the learner. average: of the last epochs. best_model: the best model so far.
        repeats: the rule for already chosen items under which it is the best.
    """

    dataset: str
    model: ModelConfig
    train: TrainConfig
    progress: Progress
    learner: dict[str, np.ndarray]
    average: AveragedWeights
    best_model: TrainableModel
    repeats: str = LEAVE_OUT.text

    def write(self, folder: Path) -> None:
        """Replaces what the folder holds."""
        tensors = {f"learner.{name}": value for name, value in self.learner.items()}
        tensors |= {f"mean.{name}": value for name, value in self.average.tensors.items()}
        tensors |= {f"best.{name}": value for name, value in self.best_model.tensors().items()}
        meta = {
            "format_version": FORMAT,
            "dataset": self.dataset,
            "repeats": self.repeats,
            "model_name": self.model.name,
            "model": self.model.to_json(),
            "train": self.train.to_json(),
            **vars(self.progress),
            "averaged": self.average.count,
            "best_meta": self.best_model.meta(),
        }
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{FILE}.part"
        arrays = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
        save_file(arrays, temporary, {"json": json.dumps(meta)})
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(folder / FILE)


def find(folder: Path, dataset: Dataset, model: ModelConfig, train: TrainConfig) -> Checkpoint | None:
    """The folder's checkpoint if it is of the same data and configs, else None; the device may be another.

    Raises:
        ArtifactError: the checkpoint is damaged.
    """
    if not (folder / FILE).exists():
        return None
    saved = read(folder)
    same_config = saved.model == model and replace(saved.train, device=train.device) == train
    same = dataset.matches(saved.dataset) and saved.repeats == dataset.repeats.text
    return saved if same and same_config else None


def read(folder: Path, dataset: Dataset | None = None) -> Checkpoint:
    """A folder's checkpoint, of a training on this data where it is given. Raises ArtifactError."""
    path = folder / FILE
    try:
        with safe_open(path, framework="numpy") as file:
            meta: dict[str, Any] = json.loads((file.metadata() or {})["json"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 — not a dict
        if meta["format_version"] != FORMAT:
            raise ArtifactError(
                path.name,
                Message("must be of format version {version}", version=FORMAT),
                meta["format_version"],
                "Train again.",
            )
        if dataset is not None and not dataset.matches(meta["dataset"]):
            raise ArtifactError(
                path.name, "must belong to the data it continues with", fix="Open the data it was made from."
            )
        entry = model_entry(meta.get("model_name", DEFAULT_MODEL))
        fields = {_EARLIER_NAMES.get(name, name): value for name, value in meta.items()}
        return Checkpoint(
            meta["dataset"],
            entry.config_class.from_json(meta["model"]),
            TrainConfig.from_json(meta["train"]),
            Progress(**{name: fields[name] for name in Progress.__dataclass_fields__}),
            under("learner", tensors),
            AveragedWeights(under("mean", tensors), int(meta["averaged"])),
            cast(TrainableModel, entry.model_class.from_tensors(under("best", tensors), meta["best_meta"])),
            str(meta.get("repeats", LEAVE_OUT.text)),
        )
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ArtifactError(path.name, "must be a whole checkpoint", fix="Start the training anew.") from error
