"""What a training is given about the items beside the interactions: vectors of the data, and texts as vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.data.dataset import Dataset
from recsys.errors import ArtifactError, MissingExtraError
from recsys.files import replace_file
from recsys.wording import Message, recognised

FILE = "text_model.txt"  # beside a checkpoint
VECTORS = Message("vectors “{name}”")
_EARLIER_WORD_COUNTS = (
    "TF-IDF and SVD counted the words of the titles, descriptions and tags of {filled:,} of {items:,} items: "
    "{numbers} numbers each."
)
_EARLIER_ENCODED = (
    "The sentence encoder {encoder} read the titles, descriptions and tags of {filled:,} of {items:,} items: "
    "{numbers} numbers each, offline."
)
"""What runs of earlier versions say."""


@dataclass(frozen=True, eq=False)
class ItemFeatures:
    """The features of all items.

    Attributes:
        vectors: float32 (n_items + 1, F); None where there are none.
        reader: a sentence on where they come from.
        text_model: name of the text model; "" where no text was read.
    """

    vectors: np.ndarray | None
    reader: str
    text_model: str


NO_FEATURES = ItemFeatures(None, "", "")


def read_item_features(
    rows: Dataset, text: str, checkpoint: Path | None, report: Callable[..., object]
) -> ItemFeatures:
    """The item features of a training.

    A training that continues from a checkpoint reads texts with the text model that it began with, even if another one
    is installed now: its weights fit no other.

    Args:
        text: see `TrainingPlan`.
        checkpoint: folder of the training's checkpoint, in which the name of the text model is kept.

    Raises:
        MissingExtraError: the text model of the plan, or of the checkpoint, is not installed.
    """
    from recsys.models.item_text import item_text_vectors
    from recsys.models.sequence.item_features import catalogue_features

    tables, name = dict(rows.catalogue.vectors), ""
    readers: list[str] = [Message(VECTORS, name=table) for table in tables]
    if text:
        report(0.01, Message("Reading the text of the items …"))
        begun = _begun_with(checkpoint) if text == "auto" else ""
        try:
            found = item_text_vectors(rows.catalogue, begun or (None if text == "auto" else text), rows.items.ids)
        except MissingExtraError as error:
            if not begun:
                raise
            rule = Message("began with item texts that were read by {model}, which is not installed", model=begun)
            raise MissingExtraError("the training", rule, fix=error.fix) from error
        readers.append(found.reader)
        name = found.model
        if found.vectors.shape[1]:
            tables["text"] = found.vectors
        if checkpoint is not None and name and not begun:
            replace_file(checkpoint / FILE, name)
    reader = readers[0] if len(readers) == 1 else "; ".join(readers)
    return ItemFeatures(catalogue_features(tables), reader, name)


def reader_message(text: str) -> str:
    """What a saved run says of its item features, as a message.

    Args:
        text: an `ItemFeatures.reader`.
    """
    from recsys.models.item_text import ENCODED, NO_ENCODER, NO_TEXT, WORD_COUNTS

    first, separator, others = text.partition("; ")
    if separator:
        return Message("{first}; {others}", first=reader_message(first), others=reader_message(others))
    sentence = text.removesuffix(f" {NO_ENCODER}")
    known = recognised(sentence, NO_TEXT, WORD_COUNTS, ENCODED, VECTORS)
    for earlier, now in ((_EARLIER_WORD_COUNTS, WORD_COUNTS), (_EARLIER_ENCODED, ENCODED)):
        if isinstance(found := recognised(sentence, earlier), Message):
            known = Message(now, **found.values)
    return Message("{sentence} {other}", sentence=known, other=NO_ENCODER) if text.endswith(f" {NO_ENCODER}") else known


def _begun_with(checkpoint: Path | None) -> str:
    """The text model that a training began with; "" for a new one. Raises ArtifactError."""
    if checkpoint is None or not (checkpoint / FILE).is_file():
        return ""
    try:
        return (checkpoint / FILE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError("the checkpoint", "is damaged", type(error).__name__, "Start the training anew.") from error
