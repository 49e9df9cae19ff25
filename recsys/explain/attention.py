"""Attention, labelled as what it is: where the network looked. Not a reason by itself (Jain & Wallace 2019): the
deletion curves of `deletion_study` show how far it explains anything, beside deleting at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from recsys.data.dataset import History, read_only
from recsys.explain.history_influence import deletion_curve, influence, unseen_items
from recsys.metrics.uncertainty import Estimate, estimate_means, paired_p
from recsys.models.recommender import Recommender, top_k


@runtime_checkable
class Attentive(Protocol):
    """A model that shows its attention."""

    def attention(self, history: History) -> np.ndarray:
        """float32 (blocks, heads, T, T): rows look at columns and sum to 1; T ≤ len(history), the newest items."""
        ...


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Attention over one history.

    Args:
        items: int (T,) the items the network read, oldest first: the newest of the history.
        weights: float32 (blocks, heads, T, T).
        skipped: older items it did not read.
    """

    items: History
    weights: np.ndarray
    skipped: int

    @property
    def last(self) -> np.ndarray:
        """Where the last position looks, mean over blocks and heads: float64 (T,), sums to 1."""
        last: np.ndarray = self.weights[:, :, -1, :].mean(axis=(0, 1), dtype=np.float64)
        return last


def attention_map(model: Attentive, history: History) -> AttentionMap:
    """The attention of every block and head; the history must not be empty."""
    weights = model.attention(history)
    read = weights.shape[-1]
    return AttentionMap(history[len(history) - read :], read_only(weights), len(history) - read)


def attention_order(model: Attentive, history: History) -> np.ndarray:
    """Positions of the history, most looked at first; those not read come last: int64 (T,)."""
    found = attention_map(model, history)
    looked = np.concatenate([np.zeros(found.skipped), found.last])
    newest_first = np.arange(len(history))[::-1]
    return newest_first[np.argsort(-looked[newest_first], kind="stable")]


@dataclass(frozen=True)
class HeadNumbers:
    """softmax(QKᵀ/√d_k + r)·V in numbers, for the newest position of one head.

    Args:
        products: (T,) q·k of the newest item with each. d_k: numbers per head.
        scaled: (T,) products / √d_k. distance: (T,) the learned r for each distance.
        weights: (T,) the softmax, sums to 1. values: (T, d_k). output: (d_k,) = weights · values.
    """

    products: tuple[float, ...]
    d_k: int
    scaled: tuple[float, ...]
    distance: tuple[float, ...]
    weights: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    output: tuple[float, ...]


def head_numbers(weights: np.ndarray, values: np.ndarray, products: np.ndarray, distance: np.ndarray) -> HeadNumbers:
    """The numbers of one head's last row, as a value that can be shown.

    Args:
        weights: (T,), values: (T, d_k), products: (T,), distance: (T,).
    """
    d_k = values.shape[1]
    return HeadNumbers(
        tuple(map(float, products)),
        d_k,
        tuple(float(p) / d_k**0.5 for p in products),
        tuple(map(float, distance)),
        tuple(map(float, weights)),
        tuple(tuple(map(float, row)) for row in values),
        tuple(map(float, weights @ values)),
    )


def trained_head(model: Recommender, history: History, block: int = 0, head: int = 0) -> HeadNumbers | None:
    """The numbers of a trained attention model's head over the newest items; None for models without a network."""
    network = getattr(model, "network", None)
    if network is None or not len(history):
        return None
    import torch

    items = np.asarray(history[-network.max_length :], dtype=np.int64)
    with torch.inference_mode():
        x = network.norm_in(torch.from_numpy(np.array(model.item_vectors[items]))[None])  # type: ignore[attr-defined]
        for earlier in range(block):
            x = network.blocks[earlier](x, None, lambda kept: kept)
        layer = network.blocks[block]
        size, length = x.shape[-1], x.shape[1]
        q, k, v = layer.qkv(layer.norm_attention(x)).view(length, 3, layer.heads, -1).permute(1, 2, 0, 3)
        products = (q[head, -1] @ k[head].T).numpy()
        bias = layer.bias(length, None)[head, -1].numpy()
        weights = torch.softmax(torch.from_numpy(products) / (size // layer.heads) ** 0.5 + torch.from_numpy(bias), 0)
        return head_numbers(weights.numpy(), v[head].numpy(), products, bias)


@dataclass(frozen=True, eq=False)
class DeletionStudy:
    """How fast recommendations lose their lead when history items are deleted in some order.

    Args:
        curves: order ("influence", "attention", "random") -> float64 (steps,) mean share of the lead that is left after
            deleting 0, …, 100% of the history in even steps.
        areas: order -> mean area under the curve, lower = the order finds what matters sooner.
        against: order -> influence's area minus that order's, paired over cases, with interval.
        p: order -> two-sided p of no difference.
        cases: recommendations looked at.
    """

    curves: dict[str, np.ndarray]
    areas: dict[str, Estimate]
    against: dict[str, Estimate]
    p: dict[str, float]
    cases: int

    @property
    def sentence(self) -> str:
        """Whether influence beats the others here, in words."""
        beaten = [name for name, d in self.against.items() if d.high < 0]
        even = [name for name in self.against if name not in beaten]
        said = f"On {self.cases} recommendations, deleting by influence hurts sooner than by {' and by '.join(beaten)}"
        if not beaten:
            return f"On {self.cases} recommendations, influence is not shown to find what matters sooner."
        return said + (f"; no difference to {', '.join(even)} is shown." if even else ".")


STEPS = 11


def deletion_study(
    model: Recommender,
    histories: Sequence[History],
    *,
    seed: int = 0,
    random_orders: int = 4,
    progress: Callable[[float, str], object] | None = None,
) -> DeletionStudy:
    """Delete the history of each person's first recommendation by influence, by attention and at random.

    Args:
        histories: of at least 3 items each; shorter ones are passed over.
        random_orders: random orders per case, averaged.
        progress: called with the fraction done and a text; may raise to stop.
    """
    rng = np.random.default_rng(seed)
    grid = np.linspace(0, 1, STEPS)
    found: dict[str, list[np.ndarray]] = {}
    for number, history in enumerate(histories):
        if progress is not None:
            progress(number / len(histories), f"Deleting the history of person {number + 1} of {len(histories)}")
        if len(history) < 3:
            continue
        item = int(top_k(model.scores([history]), 1, [history])[0, 0])
        allowed = unseen_items(model.n_items, history)
        orders = {"influence": [influence(model.scores, history, item, allowed).order]}
        if isinstance(model, Attentive):
            orders["attention"] = [attention_order(model, history)]
        orders["random"] = [rng.permutation(len(history)) for _ in range(random_orders)]
        for name, several in orders.items():
            curve = np.mean([deletion_curve(model.scores, history, item, allowed, o) for o in several], axis=0)
            share = curve / curve[0]  # the first recommendation leads by definition: curve[0] > 0
            found.setdefault(name, []).append(np.interp(grid, np.linspace(0, 1, len(share)), share))
    areas = {name: np.trapezoid(np.stack(rows), grid, axis=1) for name, rows in found.items()}
    tested = {
        name: paired_p(areas["influence"] - area, seed=seed) for name, area in areas.items() if name != "influence"
    }
    return DeletionStudy(
        {name: np.mean(rows, axis=0) for name, rows in found.items()},
        estimate_means(areas, seed=seed),
        {name: difference for name, (difference, _) in tested.items()},
        {name: p for name, (_, p) in tested.items()},
        len(areas.get("influence", ())),
    )
