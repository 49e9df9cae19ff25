"""The attention network: pre-norm blocks over the items of a history (Vaswani et al. 2017; Kang & McAuley 2018).

It maps vectors to vectors; `recsys.models.sequence` turns items into vectors and states into scores.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from recsys.models.sequence.dropout import Drop, no_drop


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)).

    Attention is softmax(QKᵀ/√d + r)·V; r is a learned number for each distance between two items (relative positions),
    so that a distance means the same anywhere in a chunk of a history.
    """

    def __init__(self, size: int, heads: int, max_length: int, feed_forward_ratio: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal, self.max_length = heads, causal, max_length
        self.norm_attention, self.norm_forward = nn.LayerNorm(size), nn.LayerNorm(size)
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, feed_forward_ratio * size), nn.Linear(feed_forward_ratio * size, size)
        self.distance = nn.Parameter(torch.zeros(heads, max_length if causal else 2 * max_length - 1))

    def bias(self, length: int, lengths: Tensor | None) -> Tensor:
        """What is added to QKᵀ/√d: (heads, T, T), or (B, heads, T, T) where padding is masked too."""
        at = torch.arange(length, device=self.distance.device)
        apart = at[:, None] - at[None, :]  # (T, T): how much older the attended item is
        if self.causal:
            return self.distance[:, apart.clamp_min(0)].masked_fill(apart < 0, -math.inf)
        bias = self.distance[:, apart + self.max_length - 1]
        if lengths is None:
            return bias
        return bias.masked_fill((at >= lengths[:, None])[:, None, None, :], -math.inf)

    def weights(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Attention weights (B, heads, T, T) and values (B, heads, T, D / heads)."""
        q, k, v = self._projected(x)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        return torch.softmax(scores + self.bias(x.shape[1], lengths), -1), v

    def attended(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """softmax(QKᵀ/√d + r)·V by torch's attention kernel of the device: (B, heads, T, D / heads)."""
        q, k, v = self._projected(x)
        bias = self.bias(x.shape[1], lengths)
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))

    def _projected(self, x: Tensor) -> Tensor:
        """Q, K and V: (3, B, heads, T, D / heads)."""
        batch, length, _ = x.shape
        qkv: Tensor = self.qkv(self.norm_attention(x))
        return qkv.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)

    def forward(self, x: Tensor, lengths: Tensor | None, drop: Drop, standard: bool = False) -> Tensor:
        """(B, T, D) to (B, T, D); `standard`: by torch's attention kernel."""
        if standard:
            mixed = self.attended(x, lengths)
        else:
            weights, values = self.weights(x, lengths)
            mixed = weights @ values
        x = x + drop(self.out(mixed.transpose(1, 2).reshape(x.shape)))
        return x + drop(self.down(nn.functional.gelu(self.up(self.norm_forward(x)))))


class Network(nn.Module):
    """Blocks between a dropout and a final norm.

    Args:
        size: D, the embedding size.
        max_length: the longest T.
        causal: whether an item attends only to itself and older ones.

    Attributes:
        standard: whether attention is computed by torch's kernel, as on an accelerator. Steps of that path cost 1.49
            times the CPU time of ours where both run on a CPU (`benchmarks/device.py`).
    """

    mixed_precision = True

    def __init__(
        self, size: int, blocks: int, heads: int, max_length: int, feed_forward_ratio: int, causal: bool
    ) -> None:
        super().__init__()
        self.max_length, self.causal, self.standard = max_length, causal, False
        self.activations = size * (12 + 4 * feed_forward_ratio) * blocks  # numbers kept per item for the gradient
        self.blocks = nn.ModuleList(Block(size, heads, max_length, feed_forward_ratio, causal) for _ in range(blocks))
        self.norm_in, self.norm_out = nn.LayerNorm(size), nn.LayerNorm(size)

    def reset(self, generator: torch.Generator) -> None:
        """Initial weights from a seed: matrices of variance 1/width, smaller with depth where a branch ends (GPT-2)."""
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2 and not name.endswith("distance"):
                depth = math.sqrt(2 * len(self.blocks)) if name.endswith(("out.weight", "down.weight")) else 1.0
                std = 1 / math.sqrt(parameter.shape[1]) / depth
                parameter.data.normal_(0, std, generator=generator)
            elif not name.endswith(".weight"):
                parameter.data.zero_()

    def forward(self, x: Tensor, lengths: Tensor | None = None, drop: Drop = no_drop) -> Tensor:
        """Item vectors (B, T, D) to states (B, T, D). `lengths` (B,) masks padding where attention is bidirectional."""
        x = drop(self.norm_in(x))
        for block in self.blocks:
            x = block(x, lengths, drop, self.standard)
        out: Tensor = self.norm_out(x)
        return out

    def attention(self, x: Tensor) -> Tensor:
        """The weights of every block and head for one history: (1, T, D) to (blocks, heads, T, T)."""
        weights = []
        x = self.norm_in(x)
        for block in self.blocks:
            assert isinstance(block, Block)
            weights.append(block.weights(x, None)[0][0])
            x = block(x, None, no_drop)
        return torch.stack(weights)
