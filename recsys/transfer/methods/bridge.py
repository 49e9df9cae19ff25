"""A ridge map from the embeddings of source parts to those of target parts, after EMCDR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from recsys.data.dataset import Dataset
from recsys.models.recommender import Encoder, Recommender
from recsys.transfer.methods.history_parts import Scenarios, paired_parts
from recsys.transfer.methods.ridge import AffineMap, fit_ridge
from recsys.wording import Message


class Bridge:
    """B(source) = scores of the mapped embedding.

    The map is fitted on users with both parts: items in the source scenario and in the target scenario, or the first
    and the second half of their histories. What the model adds to the scores of an embedding (biases, Markov scores of
    the source) is kept.

    Args:
        map: from the embedding of a source to that of its target part.
        users: that it was fitted on.
    """

    name: ClassVar[str] = "bridge"
    label: ClassVar[Message] = Message("Bridge")
    sentence: ClassVar[Message] = Message(
        "A linear map, learned from users with both parts, is applied to the source’s embedding."
    )
    paper: ClassVar[Message] = Message("after EMCDR: Man et al. 2017, An embedding and mapping approach, IJCAI")
    needs_embeddings: ClassVar[bool] = True
    needs_text: ClassVar[bool] = False

    def __init__(self, map: AffineMap, users: int) -> None:
        self.map, self.users = map, users

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        model: Recommender,
        users: Sequence[int] | np.ndarray,
        scenarios: Scenarios | None = None,
    ) -> Bridge:
        assert isinstance(model, Encoder)
        sources, targets = paired_parts(dataset, users, scenarios)
        return cls(fit_ridge(model.encode(sources), model.encode(targets)), len(sources))

    def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
        return mapped_scores(model, scores, embedding, self.map)

    def tensors(self) -> dict[str, np.ndarray]:
        return self.map.tensors()

    def meta(self) -> dict[str, Any]:
        return {"strength": self.map.strength, "explained": self.map.explained, "users": self.users}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Bridge:
        return cls(AffineMap.from_tensors(tensors, meta), int(meta["users"]))


def mapped_scores(
    model: Recommender, scores: np.ndarray, embedding: np.ndarray | None, map: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Scores after the embedding has been replaced by the mapped one: float32 (n_items + 1,).

    Scores are linear in the embedding, so this leaves all other parts of them as they are.
    """
    assert isinstance(model, Encoder) and embedding is not None
    moved: np.ndarray = scores + model.item_vectors @ (map(embedding) - embedding).astype(np.float32)
    return moved
