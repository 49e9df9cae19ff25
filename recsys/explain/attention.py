"""Attention weights of a trained network, and how far they explain its recommendations.

Attention shows which items the network combined, not why it recommends (Jain & Wallace 2019). `deletion_study` measures
the difference: it deletes history items in the order of influence, of attention, and at random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol, runtime_checkable

import numpy as np

from recsys.data.dataset import History, read_only
from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.explain.history_influence import deletion_curve, influence, unseen_items
from recsys.metrics.uncertainty import Estimate, estimate_means, paired_p
from recsys.models.recommender import Recommender, items_read, top_k
from recsys.wording import Message, listed


@runtime_checkable
class SupportsAttention(Protocol):
    """A model that returns its attention weights."""

    def attention(self, history: History) -> np.ndarray:
        """float32 (layers, heads, T, T): each row sums to 1; T ≤ len(history), the newest items."""
        ...


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Attention weights over one history.

    Args:
        items: int (T,) the newest items of the history, oldest first.
        weights: float32 (layers, heads, T, T), from the item in the row to the item in the column.
        n_truncated: how many older items the network does not use.
    """

    items: History
    weights: np.ndarray
    n_truncated: int

    @property
    def newest_row(self) -> np.ndarray:
        """The weights of the newest item, mean over layers and heads: float64 (T,), sums to 1."""
        row: np.ndarray = self.weights[:, :, -1, :].mean(axis=(0, 1), dtype=np.float64)
        return row


def attention_map(model: SupportsAttention, history: History) -> AttentionMap:
    """The attention weights of every layer and head; the history must not be empty."""
    weights = model.attention(history)
    n_truncated = len(history) - weights.shape[-1]
    return AttentionMap(history[n_truncated:], read_only(weights), n_truncated)


def attention_order(model: SupportsAttention, history: History) -> np.ndarray:
    """Positions of the history, largest attention weight first, truncated items last: int64 (T,)."""
    attention = attention_map(model, history)
    weights = np.concatenate([np.zeros(attention.n_truncated), attention.newest_row])
    newest_first = np.arange(len(history))[::-1]
    return newest_first[np.argsort(-weights[newest_first], kind="stable")]


@dataclass(frozen=True, eq=False)
class HeadComputation:
    """softmax(QKᵀ/√d_k + r)·V step by step, for the newest item and one head.

    Args:
        products: (T,) q·k of the newest item with each item.
        distance: (T,) the learned r of each distance.
        weights: (T,) the softmax, sums to 1.
        values: (T, d_k).
    """

    products: np.ndarray
    distance: np.ndarray
    weights: np.ndarray
    values: np.ndarray

    @property
    def d_k(self) -> int:
        """Dimensions of the head."""
        return int(self.values.shape[1])

    @property
    def scaled(self) -> np.ndarray:
        """products / √d_k: (T,)."""
        return np.asarray(self.products / np.sqrt(self.d_k))

    @property
    def output(self) -> np.ndarray:
        """weights · values: (d_k,)."""
        return np.asarray(self.weights @ self.values)


def trained_head(model: Recommender, history: History, layer: int = 0, head: int = 0) -> HeadComputation | None:
    """One head of a trained attention model over the newest items; None for models without attention."""
    if not isinstance(model, SupportsAttention) or not len(history):
        return None
    import torch

    network = model.network  # type: ignore[attr-defined]
    items = np.asarray(history[-network.max_length :], dtype=np.int64)
    with torch.inference_mode():
        x = network.norm_in(torch.from_numpy(np.array(model.input_vectors[items]))[None])  # type: ignore[attr-defined]
        for earlier in range(layer):
            x = network.blocks[earlier](x, None, lambda activations: activations)
        block = network.blocks[layer]
        size, length = x.shape[-1], x.shape[1]
        q, k, v = block.qkv(block.norm_attention(x)).view(length, 3, block.heads, -1).permute(1, 2, 0, 3)
        products = (q[head, -1] @ k[head].T).numpy()
        distance = block.bias(length, None)[head, -1].numpy()
        scaled = products / (size // block.heads) ** 0.5
        weights = torch.softmax(torch.from_numpy(scaled + distance), 0)
        return HeadComputation(products, distance, weights.numpy(), v[head].numpy())


@dataclass(frozen=True, eq=False)
class DeletionStudy:
    """How fast recommendations lose their margin when history items are deleted in different orders.

    Args:
        curves: order ("influence", "attention", "random") -> float64 (steps,) mean share of the margin that remains
            after deleting 0, …, 100% of the history in even steps.
        areas: order -> mean area under the curve; lower means that the order finds the important items sooner.
        differences: other order -> area of "influence" minus its area, paired, with interval.
        p_values: other order -> two-sided p-value of that difference.
        n_recommendations: how many recommendations were studied.
    """

    curves: dict[str, np.ndarray]
    areas: dict[str, Estimate]
    differences: dict[str, Estimate]
    p_values: dict[str, float]
    n_recommendations: int

    @property
    def sentence(self) -> Message:
        """The result in words."""
        sooner = [ORDERS[name] for name, difference in self.differences.items() if difference.high < 0]
        others = [ORDERS[name] for name in self.differences if name not in sooner]
        n = self.n_recommendations
        if not sooner:
            return Message(
                "On {n:,} recommendations, no order of deletion is shown to find the important items sooner.", n=n
            )
        slower = reduce(lambda a, b: Message("{order} and by {other}", order=a, other=b), sooner)
        if not others:
            return Message(
                "On {n:,} recommendations, deletion by influence finds the important items sooner than by {orders}.",
                n=n,
                orders=slower,
            )
        return Message(
            "On {n:,} recommendations, deletion by influence finds the important items sooner than by {orders}; "
            "no difference from {others} is shown.",
            n=n,
            orders=slower,
            others=listed(others),
        )


STEPS = 11
ORDERS: Mapping[str, Message] = {
    order: order for order in (Message("influence"), Message("attention"), Message("random"))
}


def deletion_histories(known: Sequence[History]) -> list[History]:
    """The histories that a deletion study is made on: up to 80 with 5 to 30 items."""
    return [history for history in known if 5 <= len(history) <= 30][:80]


def deletion_study(
    model: Recommender,
    histories: Sequence[History],
    *,
    repeats: RepeatRule = LEAVE_OUT,
    seed: int = 0,
    random_orders: int = 4,
    progress: Callable[[float, str], object] | None = None,
) -> DeletionStudy:
    """Delete the history of each user's first recommendation by influence, by attention and at random.

    Args:
        histories: those with fewer than 3 items are skipped.
        repeats: the data's rule for already chosen items; all count as chosen just now.
        random_orders: random orders for each recommendation, averaged.
        progress: called with the fraction done and a text; may raise to stop.
    """
    rng = np.random.default_rng(seed)
    grid = np.linspace(0, 1, STEPS)
    curves: dict[str, list[np.ndarray]] = {}
    for number, history in enumerate(histories):
        if progress is not None:
            message = Message("Deleting history items of user {n:,} of {users:,}", n=number + 1, users=len(histories))
            progress(number / len(histories), message)
        if len(history) < 3:
            continue
        left_out = repeats.left_out(history)
        item = int(top_k(model.scores([history]), 1, [left_out])[0, 0])
        candidates = unseen_items(model.n_items, left_out)
        orders = {"influence": [influence(model.scores, history, item, candidates, items_read(model)).order]}
        if isinstance(model, SupportsAttention):
            orders["attention"] = [attention_order(model, history)]
        orders["random"] = [rng.permutation(len(history)) for _ in range(random_orders)]
        for name, tried in orders.items():
            margins = np.mean([deletion_curve(model.scores, history, item, candidates, o) for o in tried], axis=0)
            share = margins / margins[0]  # the first recommendation has the highest score, so margins[0] > 0
            curves.setdefault(name, []).append(np.interp(grid, np.linspace(0, 1, len(share)), share))
    areas = {name: np.trapezoid(np.stack(rows), grid, axis=1) for name, rows in curves.items()}
    tests = {
        name: paired_p(areas["influence"] - area, seed=seed) for name, area in areas.items() if name != "influence"
    }
    return DeletionStudy(
        {name: np.mean(rows, axis=0) for name, rows in curves.items()},
        estimate_means(areas, seed=seed),
        {name: difference for name, (difference, _) in tests.items()},
        {name: p for name, (_, p) in tests.items()},
        len(areas.get("influence", ())),
    )
