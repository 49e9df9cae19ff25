"""A model on disk: weights.safetensors and meta.json, written whole; read back only when everything fits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from recsys.errors import ArtifactError
from recsys.files import recover, replacing
from recsys.models.table import model_entry
from recsys.models.trainable import Storable
from recsys.wording import Message

FORMAT = 1


def save_model(model: Storable, folder: Path) -> None:
    """Writes the model into `folder`; an older one there is replaced whole or stays."""
    from safetensors.numpy import save_file

    tensors = {name: np.ascontiguousarray(value) for name, value in model.tensors().items()}
    shapes = {name: [str(value.dtype), *value.shape] for name, value in tensors.items()}
    meta = {"format": FORMAT, "name": model.name, "n_items": model.n_items, "shapes": shapes, "meta": model.meta()}
    with replacing(folder) as building:
        save_file(tensors, building / "weights.safetensors")
        (building / "meta.json").write_text(json.dumps(meta, allow_nan=False), "utf-8")


def weights_digest(model: Storable) -> str:
    """32 hex digits that change with any weight or setting of a model."""
    digest = hashlib.blake2b(json.dumps([model.name, model.meta()], sort_keys=True).encode(), digest_size=16)
    for name, values in sorted(model.tensors().items()):
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def load_model(folder: Path) -> Storable:
    """Reads what `save_model` wrote.

    Raises:
        ArtifactError: a file is missing or damaged, or the format is another one.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    recover(folder)
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        if meta["format"] != FORMAT:
            raise ArtifactError(
                Message("the model in {folder}", folder=folder.name),
                Message("must be of format {version}", version=FORMAT),
                meta["format"],
            )
        tensors = load_file(folder / "weights.safetensors")
        shapes = {name: [str(value.dtype), *value.shape] for name, value in tensors.items()}
        if shapes != meta["shapes"]:
            raise ValueError("the weights are of another shape than meta.json says")
        model = model_entry(meta["name"]).model_class.from_tensors(tensors, meta["meta"])
        if model.n_items != meta["n_items"]:
            raise ValueError("the number of items is another one")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ArtifactError(
            Message("the model in {folder}", folder=folder.name),
            "is damaged",
            f"{type(error).__name__}: {error}",
            "Train it again.",
        ) from error
    return model


def under(prefix: str, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors whose names start with `prefix.`, without it."""
    return {name.removeprefix(f"{prefix}."): value for name, value in tensors.items() if name.startswith(f"{prefix}.")}
