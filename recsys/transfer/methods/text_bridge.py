"""Item texts join source and target, so that no user need be known on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.models.item_text import item_text_vectors
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.methods.bridge import mapped_scores
from recsys.transfer.methods.history_parts import FEWEST_USERS, Scenarios, evenly, scenario_parts
from recsys.transfer.methods.ridge import AffineMap, fit_ridge
from recsys.wording import Message


class TextBridge:
    """B(source) = scores of text_to_target(source_to_text(e)), e the source's embedding.

    Two ridge regressions, each within one scenario: from the embedding of a source part to the mean text vector of its
    items, and from the mean text vector of a target part to its embedding. Which source part and which target part
    belong to the same user is not used. The difference of the mean texts of the two scenarios is left out.

    Args:
        map: from the embedding of a source to that of a target with such texts.
        reader: the text model, as a sentence.
        users: source parts and target parts that it was fitted on.
    """

    name: ClassVar[str] = "text_bridge"
    label: ClassVar[Message] = Message("Text bridge")
    sentence: ClassVar[Message] = Message(
        "Titles, descriptions and tags join source and target; no shared users are needed."
    )
    paper: ClassVar[Message] = Message("after UniSRec: Hou et al. 2022, Universal sequence representations, KDD")
    needs_embeddings: ClassVar[bool] = True
    needs_text: ClassVar[bool] = True

    def __init__(self, map: AffineMap, reader: str, users: tuple[int, int]) -> None:
        self.map, self.reader, self.users = map, reader, users

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        model: Recommender,
        users: Sequence[int] | np.ndarray,
        scenarios: Scenarios | None = None,
    ) -> TextBridge:
        assert isinstance(model, Encoder)
        text = item_text_vectors(dataset.catalogue, ids=dataset.items.ids)
        if scenarios is None:
            parts = [dataset.histories(users)] * 2
        else:
            parts = [scenario_parts(dataset, users, scenario) for scenario in scenarios]
        source, target = (with_text(part, text.vectors) for part in parts)
        for side, part in ((Message("source"), source), (Message("target"), target)):
            if len(part[0]) < FEWEST_USERS:
                subject = Message("the {side} of the text bridge", side=side)
                rule = Message("must have at least {n} users with items that have a text", n=FEWEST_USERS)
                raise InputError(subject, rule, len(part[0]), "Load a table of items.")
        to_text = fit_ridge(model.encode(source[0]), source[1])
        to_target = fit_ridge(target[1], model.encode(target[0]))
        return cls(to_text.then(to_target), text.reader, (len(source[0]), len(target[0])))

    def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
        return mapped_scores(model, scores, embedding, self.map)

    def tensors(self) -> dict[str, np.ndarray]:
        return self.map.tensors()

    def meta(self) -> dict[str, Any]:
        fit = {"strength": self.map.strength, "explained": self.map.explained}
        return fit | {"reader": self.reader, "users": list(self.users)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> TextBridge:
        source, target = (int(count) for count in meta["users"])
        return cls(AffineMap.from_tensors(tensors, meta), str(meta["reader"]), (source, target))


def with_text(histories: Sequence[History], vectors: np.ndarray) -> tuple[list[History], np.ndarray]:
    """The histories with an item that has a text (at most 20,000), and the mean text vector of each: (n, d)."""
    has_text = np.isfinite(vectors).all(axis=1)
    if not vectors.shape[1]:
        has_text[:] = False
    known = evenly([history for history in histories if has_text[history].any()])
    means = [vectors[history[has_text[history]]].mean(axis=0, dtype=np.float64) for history in known]
    return known, np.array(means).reshape(len(known), vectors.shape[1])
