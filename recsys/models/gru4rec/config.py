"""The shape of GRU4Rec. `None` means: by rule, from the size of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from recsys.data.dataset import Dataset
from recsys.models.config import Config, embedding_size_rule, max_length_rule, option


@dataclass(frozen=True)
class GRU4RecConfig(Config):
    """Gated recurrent units over a history (Hidasi et al. 2016; the loss of Hidasi & Karatzoglou 2018)."""

    name: ClassVar[str] = "gru4rec"
    uses_item_features: ClassVar[bool] = True
    causal: ClassVar[bool] = True

    embedding_size: int | None = option(
        None,
        "Embedding size",
        "Numbers per user and per item, and of the recurrent state; by rule 32 to 96.",
        4,
        1024,
        basic=True,
    )
    layers: int = option(1, "Layers", "Recurrent layers, one after the other.", 1, 4)
    max_length: int | None = option(
        None, "Maximum history length", "How many of the newest items are read; by rule 20 to 50.", 2, 1000
    )
    dropout: float = option(
        0.2, "Dropout", "Share of activations set to zero in training, against overfitting.", 0.0, 0.9, step=0.05
    )
    markov: bool = option(
        False,
        "Markov scores",
        "Adds “what usually follows what” to the score; the weight is chosen on validation users.",
    )

    def fitted(self, dataset: Dataset) -> GRU4RecConfig:
        """The same config with every `None` filled by rule."""
        size = self.embedding_size or embedding_size_rule(dataset)
        return replace(self, embedding_size=size, max_length=self.max_length or max_length_rule(dataset))
