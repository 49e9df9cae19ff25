"""What the network learns: to give the item that was chosen a higher score than the others."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from recsys.models.batches import Batch
from recsys.models.config import ModelConfig
from recsys.models.network import Network

MASKED_SHARE = 0.25  # items of a chunk that the masked flavour hides


class Learner(nn.Module):
    """The network with the item table, as it is trained.

    Args:
        network: the blocks.
        vectors: (n_items + 1, D) warm-started id embeddings.
        bias: (n_items + 1,) first item biases.
        trained: bool (n_items + 1,): items that occur in the data; only these are drawn as negatives.
        features: (n_items + 1, F) vectors of other modalities (titles, images), zero where an item has none, or None.
    """

    def __init__(
        self, network: Network, vectors: Tensor, bias: Tensor, trained: Tensor, features: Tensor | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.ids, self.bias = nn.Parameter(vectors), nn.Parameter(bias)
        self.mask = nn.Parameter(torch.zeros(vectors.shape[1]))
        self.pool = torch.nonzero(trained).ravel()
        self.features = features
        if features is not None:
            self.fuse = nn.Parameter(torch.zeros(features.shape[1], vectors.shape[1]))

    def items(self) -> Tensor:
        """The item table (n_items + 1, D): id embeddings plus the projected features."""
        return self.ids if self.features is None else self.ids + self.features @ self.fuse

    def loss(self, batch: Batch, config: ModelConfig, negatives: int, generator: torch.Generator) -> tuple[Tensor, int]:
        """Mean cross-entropy of the choices in a batch, and how many there were."""
        table = self.items()
        items = torch.from_numpy(batch.items)
        lengths = torch.from_numpy(batch.lengths)
        drop = _dropout(config.dropout or 0.0, generator)
        if config.flavour == "causal":
            states = self.network(table[items[:, :-1]], None, drop)
            real = items[:, 1:] > 0
            states, wanted = states[real], items[:, 1:][real]
        else:
            items = items[:, : self.network.context]
            lengths = lengths.clamp_max(self.network.context)
            hidden = _hidden(items, lengths, generator)
            x = torch.where(hidden[..., None], self.mask, table[items])
            states, wanted = self.network(x, lengths, drop)[hidden], items[hidden]
        return self._cross_entropy(states, wanted, table, negatives, generator), len(wanted)

    def _cross_entropy(
        self, states: Tensor, wanted: Tensor, table: Tensor, negatives: int, generator: torch.Generator
    ) -> Tensor:
        """−log softmax of the wanted item among `negatives` shared ones (all items when there are no more)."""
        if len(self.pool) <= negatives:
            scores = states @ table.T + self.bias
            scores = scores.index_fill(1, torch.zeros(1, dtype=torch.long), -math.inf)
            return nn.functional.cross_entropy(scores, wanted)
        drawn = self.pool[torch.randint(len(self.pool), (negatives,), generator=generator)]
        others = states @ table[drawn].T + self.bias[drawn]  # (N, negatives)
        # A drawn item that is the wanted one must not count against itself. The draw is a share of the catalogue:
        # its logits stand for all of it, hence the logarithm.
        others = others.masked_fill(drawn == wanted[:, None], -math.inf) + math.log(len(self.pool) / negatives)
        own = (states * table[wanted]).sum(-1) + self.bias[wanted]
        return (torch.logaddexp(torch.logsumexp(others, 1), own) - own).mean()


def _dropout(share: float, generator: torch.Generator):  # type: ignore[no-untyped-def]
    def drop(x: Tensor) -> Tensor:
        if share <= 0:
            return x
        return x * torch.empty_like(x).bernoulli_(1 - share, generator=generator) / (1 - share)

    return drop


def _hidden(items: Tensor, lengths: Tensor, generator: torch.Generator) -> Tensor:
    """Which items to hide: a quarter of each chunk at random, and always its newest (as in scoring) half of the time."""
    hidden = torch.rand(items.shape, generator=generator) < MASKED_SHARE
    newest = torch.rand(len(items), generator=generator) < 0.5
    each = torch.arange(len(items))
    hidden[each, lengths - 1] |= newest
    hidden &= items > 0
    empty = ~hidden.any(1)
    hidden[each[empty], (lengths - 1)[empty]] = True
    return hidden
