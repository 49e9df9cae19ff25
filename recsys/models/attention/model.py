"""The trained attention model."""

from __future__ import annotations

import numpy as np
import torch

from recsys.data.dataset import History
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.network import Network
from recsys.models.recommender import known
from recsys.models.sequence.model import SequenceModel


class AttentionModel(SequenceModel):
    """See `SequenceModel`; the state is that of layers of self-attention."""

    name = "attention"
    config_class = AttentionConfig

    @staticmethod
    def build_network(config: AttentionConfig) -> Network:
        """An untrained network of a fitted config's shape."""
        if config.embedding_size is None or config.max_length is None:
            raise ValueError("the config must be fitted to the data first")
        shape = (config.embedding_size, config.layers, config.heads, config.max_length, config.feed_forward_ratio)
        return Network(*shape, config.causal)

    def attention(self, history: History) -> np.ndarray:
        """Attention weights among the newest `max_length` items: float32 (layers, heads, T, T), rows sum to 1."""
        (history,) = known([history], self.n_items)
        items = torch.from_numpy(np.asarray(history[-self.network.max_length :], dtype=np.int64))
        with torch.inference_mode():
            weights: np.ndarray = self.network.attention(self._vectors[items][None]).numpy()
        return weights
