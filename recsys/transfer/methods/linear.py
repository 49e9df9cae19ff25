"""The linear blend: the source's scores as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from recsys.data.dataset import Dataset
from recsys.models.recommender import Recommender
from recsys.transfer.methods.history_parts import Scenarios
from recsys.wording import Message


class LinearBlend:
    """B is the identity: nothing is learned, and every model can be used."""

    name: ClassVar[str] = "linear"
    label: ClassVar[Message] = Message("Linear blend")
    sentence: ClassVar[Message] = Message("The source’s scores are used as they are.")
    paper: ClassVar[Message] = Message("Masthoff 2004, Group modeling (average strategy), UMUAI 14")
    needs_embeddings: ClassVar[bool] = False
    needs_text: ClassVar[bool] = False

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        model: Recommender,
        users: Sequence[int] | np.ndarray,
        scenarios: Scenarios | None = None,
    ) -> LinearBlend:
        return cls()

    def apply(self, model: Recommender, scores: np.ndarray, embedding: np.ndarray | None) -> np.ndarray:
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        return {}

    def meta(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> LinearBlend:
        return cls()
