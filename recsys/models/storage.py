"""A model on disk: weights.safetensors and meta.json, written whole; read back only when everything fits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from recsys.errors import ArtifactError
from recsys.files import recover, replacing
from recsys.models.recommender import Recommender

FORMAT = 1
CLASSES = {  # name -> where its class lives; imported only when it is needed
    "attention": "recsys.models.attention.model:AttentionModel",
    "markov": "recsys.models.baselines.markov:Markov",
    "popularity": "recsys.models.baselines.popularity:Popularity",
    "recent-popularity": "recsys.models.baselines.popularity:RecentPopularity",
    "item-knn": "recsys.models.baselines.item_knn:ItemKNN",
    "ease": "recsys.models.baselines.ease:EASE",
    "als": "recsys.models.baselines.factorization:ImplicitALS",
    "bpr": "recsys.models.baselines.factorization:BPRItemMean",
    "ncf": "recsys.models.baselines.mean_item_mlp:MeanItemMLP",
}


class Storable(Recommender, Protocol):
    """A recommender that can be taken apart into arrays and JSON values, and put together again."""

    def tensors(self) -> dict[str, np.ndarray]: ...

    def meta(self) -> dict[str, Any]: ...

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self: ...


def model_class(name: str) -> type[Storable]:
    """The class of a model's name. Raises ArtifactError for an unknown one."""
    if name not in CLASSES:
        raise ArtifactError("the saved model", f"must be one of {', '.join(CLASSES)}", name, "Update the app.")
    module, attribute = CLASSES[name].split(":")
    found: type[Storable] = getattr(import_module(module), attribute)
    return found


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
            raise ArtifactError(f"the model in {folder.name}", f"must be of format {FORMAT}", meta["format"])
        tensors = load_file(folder / "weights.safetensors")
        shapes = {name: [str(value.dtype), *value.shape] for name, value in tensors.items()}
        if shapes != meta["shapes"]:
            raise ValueError("the weights are of another shape than meta.json says")
        model = model_class(meta["name"]).from_tensors(tensors, meta["meta"])
        if model.n_items != meta["n_items"]:
            raise ValueError("the number of items is another one")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ArtifactError(
            f"the model in {folder.name}", "is damaged", f"{type(error).__name__}: {error}", "Train it again."
        ) from error
    return model
