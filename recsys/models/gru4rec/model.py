"""GRU4Rec: a history read item by item by a recurrent network (Hidasi et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recsys.models.gru4rec.config import GRU4RecConfig
from recsys.models.sequence.dropout import Drop, no_drop
from recsys.models.sequence.model import SequenceModel


class GRUNetwork(nn.Module):
    """Gated recurrent units between two dropouts. See `SequenceNetwork`.

    Args:
        size: D, of item vectors and of the recurrent state.
        max_length: the longest T.
    """

    causal = True

    def __init__(self, size: int, layers: int, max_length: int) -> None:
        super().__init__()
        self.max_length = max_length
        self.activations = 8 * size * layers  # numbers kept per item for the gradient
        self.norm_in, self.norm_out = nn.LayerNorm(size), nn.LayerNorm(size)
        self.gru = nn.GRU(size, size, layers, batch_first=True)

    def reset(self, generator: torch.Generator) -> None:
        """Initial weights from a seed: matrices of variance 1/width, biases 0."""
        for parameter in self.gru.parameters():
            if parameter.dim() == 2:
                parameter.data.normal_(0, parameter.shape[1] ** -0.5, generator=generator)
            else:
                parameter.data.zero_()

    def forward(self, x: Tensor, lengths: Tensor | None = None, drop: Drop = no_drop) -> Tensor:
        """Item vectors (B, T, D) to states (B, T, D), each of its item and those before it."""
        states: Tensor = self.gru(drop(self.norm_in(x)))[0]
        out: Tensor = self.norm_out(drop(states))
        return out


class GRU4Rec(SequenceModel):
    """See `SequenceModel`; the state is that of gated recurrent units."""

    name = "gru4rec"
    config_class = GRU4RecConfig

    @staticmethod
    def build_network(config: GRU4RecConfig) -> GRUNetwork:
        """An untrained network of a fitted config's shape."""
        if config.embedding_size is None or config.max_length is None:
            raise ValueError("the config must be fitted to the data first")
        return GRUNetwork(config.embedding_size, config.layers, config.max_length)
