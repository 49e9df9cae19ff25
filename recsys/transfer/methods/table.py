"""The table of transfer methods, and a fitted method on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError, InputError
from recsys.files import recover, replacing
from recsys.models.item_text import has_item_text
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.methods.bridge import Bridge
from recsys.transfer.methods.history_parts import Scenarios
from recsys.transfer.methods.linear import LinearBlend
from recsys.transfer.methods.personalised_bridge import PersonalisedBridge
from recsys.transfer.methods.protocol import TransferMethod
from recsys.transfer.methods.text_bridge import TextBridge
from recsys.wording import Message

FORMAT = 1
DEFAULT = LinearBlend.name
METHODS: dict[str, type[TransferMethod]] = {
    method.name: method
    for method in (
        LinearBlend,
        Bridge,
        PersonalisedBridge,
        TextBridge,
    )
}
"""Every transfer method by its name. To add one: write its class in this package and list it here."""


def usable_methods(dataset: Dataset, model: Recommender) -> dict[str, type[TransferMethod]]:
    """The methods that this model and these items allow, by name."""
    embeddings, text = isinstance(model, Encoder), has_item_text(dataset.catalogue, dataset.items.ids)
    return {
        name: method
        for name, method in METHODS.items()
        if (embeddings or not method.needs_embeddings) and (text or not method.needs_text)
    }


def fit_method(
    name: str,
    dataset: Dataset,
    model: Recommender,
    users: Sequence[int] | np.ndarray,
    scenarios: Scenarios | None = None,
) -> TransferMethod:
    """The method of this name, fitted on some users; see `TransferMethod.fit`.

    Raises:
        InputError: no method has this name, it needs a model with embeddings or items with texts, or the data hold too
            little to learn from.
    """
    if name not in METHODS:
        raise InputError("the transfer method", Message("must be one of {names}", names=", ".join(METHODS)), name)
    method = METHODS[name]
    if method.needs_embeddings and not isinstance(model, Encoder):
        subject = Message("the model for the method “{method}”", method=name)
        fix = Message("Use a model with embeddings, or the method “{method}”.", method=DEFAULT)
        raise InputError(subject, "must have user embeddings", model.name, fix)
    if method.needs_text and not has_item_text(dataset.catalogue, dataset.items.ids):
        subject = Message("the items for the method “{method}”", method=name)
        fix = Message("Load a table of items with titles or descriptions.")
        raise InputError(subject, "must have texts", fix=fix)
    return method.fit(dataset, model, users, scenarios)


def save_method(method: TransferMethod, folder: Path) -> None:
    """Writes weights.safetensors and method.json into `folder`; an older version there is replaced as a whole."""
    from safetensors.numpy import save_file

    content = {"format": FORMAT, "name": method.name, "meta": method.meta()}
    with replacing(folder) as building:
        tensors = {name: np.ascontiguousarray(values) for name, values in method.tensors().items()}
        save_file(tensors, building / "weights.safetensors")
        (building / "method.json").write_text(json.dumps(content, allow_nan=False), "utf-8")


def load_method(folder: Path) -> TransferMethod:
    """Reads what `save_method` wrote.

    Raises:
        ArtifactError: a file is missing or damaged, or this version does not know the method or the format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    recover(folder)
    try:
        content = json.loads((folder / "method.json").read_text("utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"the format is {content['format']!r}, not {FORMAT}")
        tensors = load_file(folder / "weights.safetensors")
        return METHODS[content["name"]].from_tensors(tensors, content["meta"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ArtifactError(
            Message("the transfer method in {folder}", folder=folder.name),
            "is damaged",
            f"{type(error).__name__}: {error}",
            "Fit it again.",
        ) from error
