from __future__ import annotations

import numpy as np
import pytest
import torch

from recsys.models.attention.network import Block, Network


def a_network(causal: bool, heads: int = 2) -> Network:
    torch.manual_seed(3)
    network = Network(size=16, blocks=2, heads=heads, max_length=8, feed_forward_ratio=2, causal=causal).eval()
    for parameter in network.parameters():  # also what starts at zero must be tested
        parameter.data.normal_(0, 0.3)
    return network


def reference(block: Block, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The block by torch's own attention: the learned distances go in as its additive mask."""
    batch, length, size = x.shape
    q, k, v = block.qkv(block.norm_attention(x)).chunk(3, -1)
    split = [part.view(batch, length, block.heads, -1).transpose(1, 2) for part in (q, k, v)]
    mixed = torch.nn.functional.scaled_dot_product_attention(*split, attn_mask=mask)
    x = x + block.out(mixed.transpose(1, 2).reshape(batch, length, size))
    return x + block.down(torch.nn.functional.gelu(block.up(block.norm_forward(x))))


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_a_causal_block_equals_torchs_attention(heads: int) -> None:
    block, x = a_network(True, heads).blocks[0], torch.randn(3, 6, 16)
    mask = torch.full((heads, 6, 6), -torch.inf)
    for i in range(6):
        for j in range(i + 1):
            mask[:, i, j] = block.distance[:, i - j]
    torch.testing.assert_close(block(x, None, lambda y: y), reference(block, x, mask))


def test_a_block_that_looks_both_ways_equals_torchs_attention() -> None:
    block, x, lengths = a_network(False).blocks[1], torch.randn(2, 5, 16), torch.tensor([5, 3])
    mask = torch.empty((2, 2, 5, 5))
    for i in range(5):
        for j in range(5):
            mask[:, :, i, j] = block.distance[:, i - j + 7]
    mask[1, :, :, 3:] = -torch.inf
    torch.testing.assert_close(block(x, lengths, lambda y: y), reference(block, x, mask))


def test_without_distances_attention_equals_torchs_multi_head_attention() -> None:
    network = a_network(True)
    block, x = network.blocks[0], torch.randn(1, 7, 16)
    block.distance.data.zero_()
    theirs = torch.nn.MultiheadAttention(16, 2, batch_first=True)
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = block.qkv.weight.data, block.qkv.bias.data
    read = block.norm_attention(x)
    hidden = torch.ones(7, 7, dtype=torch.bool).triu(1)
    _, weights = theirs(read, read, read, attn_mask=hidden, average_attn_weights=False)
    torch.testing.assert_close(block.weights(x, None)[0], weights)


def test_the_future_changes_nothing() -> None:
    network, x = a_network(True), torch.randn(1, 8, 16)
    changed = x.clone()
    changed[:, 5:] += torch.randn(1, 3, 16)
    torch.testing.assert_close(network(x)[:, :5], network(changed)[:, :5])
    assert not torch.allclose(network(x)[:, 5:], network(changed)[:, 5:])


def test_padding_changes_nothing() -> None:
    for causal in (True, False):
        network, x = a_network(causal), torch.randn(1, 4, 16)
        padded = torch.cat([x, torch.randn(1, 3, 16)], dim=1)
        torch.testing.assert_close(network(padded, torch.tensor([4]))[:, :4], network(x, torch.tensor([4])))


def test_order_matters() -> None:
    network, x = a_network(True), torch.randn(1, 6, 16)
    swapped = x[:, [1, 0, 2, 3, 4, 5]]
    assert not torch.allclose(network(x)[:, -1], network(swapped)[:, -1], atol=1e-4)


def test_attention_weights_are_those_of_the_forward_pass() -> None:
    network, x = a_network(True), torch.randn(1, 6, 16)
    weights = network.attention(x)
    assert weights.shape == (2, 2, 6, 6)
    np.testing.assert_allclose(weights.detach().sum(-1).numpy(), 1.0, rtol=1e-5)
    assert float(weights.detach().triu(1).abs().max()) == 0.0


def test_a_seed_gives_the_same_start() -> None:
    states = []
    for _ in range(2):
        network = Network(16, 1, 1, 8, 4, True)
        network.reset(torch.Generator().manual_seed(5))
        states.append(torch.cat([parameter.detach().ravel() for parameter in network.parameters()]))
    torch.testing.assert_close(*states)
