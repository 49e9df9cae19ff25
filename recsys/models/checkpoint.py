"""The state of a training on disk, so that a killed one goes on where it was and ends the same."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from recsys.errors import ArtifactError

if TYPE_CHECKING:
    from recsys.models.training import _Course


def save(course: _Course, folder: Path) -> None:
    """Writes weights, optimiser state, the best model so far and the counters: whole, or not at all."""
    from safetensors.torch import save_file

    tensors = {f"learner.{name}": value.contiguous() for name, value in course.learner.state_dict().items()}
    for number, parameter in enumerate(course.optimizer.param_groups[0]["params"]):
        for name, value in course.optimizer.state[parameter].items():
            tensors[f"optimizer.{number}.{name}"] = torch.as_tensor(value)
    meta: dict[str, Any] = _identity(course) | {
        "epoch": course.epoch,
        "epochs": course.epochs,
        "step": course.step,
        "seconds": course.seconds,
        "best": course.best,
        "since_best": course.since_best,
        "model": None,
    }
    if course.model is not None:
        tensors |= {
            f"model.{name}": torch.from_numpy(np.array(value)) for name, value in course.model.tensors().items()
        }
        meta["model"] = course.model.meta()
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    building.mkdir(parents=True)
    save_file(tensors, building / "state.safetensors")
    (building / "meta.json").write_text(json.dumps(meta), "utf-8")
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    building.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def resume(course: _Course, folder: Path) -> None:
    """Takes up the state in `folder`, if there is one. Raises ArtifactError when it is damaged or of another training."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from recsys.models.attention import AttentionModel

    old = folder.with_name(f".{folder.name}.old")
    if not folder.exists() and old.exists():
        old.rename(folder)  # killed between the two renames of `save`
    if not folder.exists():
        return
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        if {name: meta[name] for name in _identity(course)} != _identity(course):
            raise ArtifactError(
                f"the checkpoint in {folder.name}", "is of other data or another config", fix="Start in a new folder."
            )
        tensors = load_file(folder / "state.safetensors")
        course.learner.load_state_dict(_under("learner.", tensors))
        for number, parameter in enumerate(course.optimizer.param_groups[0]["params"]):
            course.optimizer.state[parameter] = _under(f"optimizer.{number}.", tensors)
        if meta["model"] is not None:
            arrays = {name: value.numpy() for name, value in _under("model.", tensors).items()}
            course.model = AttentionModel.from_tensors(arrays, meta["model"])
        for name in ("epoch", "epochs", "step", "seconds", "best", "since_best"):
            setattr(course, name, meta[name])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ArtifactError(
            f"the checkpoint in {folder.name}", "is damaged", type(error).__name__, "Delete the folder and start again."
        ) from error


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _identity(course: _Course) -> dict[str, Any]:
    return {
        "format": 1,
        "data": course.everything.fingerprint,
        "model_config": course.config.to_json(),
        "train_config": course.train_config.to_json(),
    }
