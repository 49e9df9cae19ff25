"""The shape of LightGCN. `None` means: by rule, from the size of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from recsys.data.dataset import Dataset
from recsys.models.config import Config, embedding_size_rule, option


@dataclass(frozen=True)
class LightGCNConfig(Config):
    """Layers of averaging over the graph of users and items (He et al. 2020)."""

    name: ClassVar[str] = "lightgcn"
    uses_item_features: ClassVar[bool] = False
    markov: ClassVar[bool] = False

    embedding_size: int | None = option(
        None, "Embedding size", "Numbers per user and per item; by rule 32 to 96.", 4, 1024, basic=True
    )
    layers: int = option(
        2, "Layers", "Steps along the graph: with two, items are related that share users.", 1, 6, basic=True
    )

    def fitted(self, dataset: Dataset) -> LightGCNConfig:
        """The same config with embedding_size filled by rule."""
        return replace(self, embedding_size=self.embedding_size or embedding_size_rule(dataset))
