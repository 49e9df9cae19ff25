"""Neural collaborative filtering (He et al. 2017), as the classic tutorial builds it: user and item embedding →
concatenate → dense ReLU → dense sigmoid, binary cross-entropy on choices and as many random other items.

The tutorial's user embedding exists for known people only, and `scores` must read people it has never met. So a
person's embedding is here the mean of one vector for each chosen item, leaving out the item that is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.models.baselines.item_knn import set_matrix

NAMES = ("people", "items", "hidden_people", "hidden_items", "hidden_bias", "out", "out_bias")
LEARNING_RATE = 3e-3


class MeanItemMLP:
    """sigmoid(w·relu(U·person + V·item + b) + c), the logit as score.

    Args:
        weights: float32 arrays by NAMES: people, items (n_items + 1, size); hidden_people, hidden_items (size, hidden);
            hidden_bias, out (hidden,); out_bias (1,).
    """

    name = "ncf"

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = {name: weights[name] for name in NAMES}
        self.n_items = len(weights["items"]) - 1

    @classmethod
    def fit(
        cls, dataset: Dataset, size: int = 32, hidden: int = 64, epochs: int = 20, batch: int = 4096, seed: int = 0
    ) -> Self:
        """Adam on binary cross-entropy, one random item beside each choice; `batch` choices are read in one step."""
        import torch

        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        weights = _fresh(dataset.n_items + 1, size, hidden, generator)
        optimiser = torch.optim.Adam(weights.values(), lr=LEARNING_RATE, fused=True)
        for _ in range(epochs):
            for owner, items, people in _batches(dataset, batch, rng):
                n = torch.bincount(owner, minlength=people)[owner][:, None]  # choices of each one's person
                vectors = weights["people"][items]
                total = torch.zeros(people, size).index_add(0, owner, vectors)[owner]
                alone = (total - vectors) / (n - 1).clamp_min(1)
                others = torch.from_numpy(rng.integers(1, dataset.n_items + 1, len(items)))
                logits = torch.cat([_logits(weights, alone, items), _logits(weights, total / n, others)])
                wanted = torch.cat([torch.ones(len(items)), torch.zeros(len(items))])
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
        return cls({name: value.detach().numpy() for name, value in weights.items()})

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`: the logits."""
        w = self.weights
        sets = set_matrix(histories, self.n_items)
        people = (sets @ w["people"]) / np.maximum(np.asarray(sets.sum(axis=1)).ravel(), 1)[:, None]
        left = people.astype(np.float32) @ w["hidden_people"] + w["hidden_bias"]  # (B, hidden)
        right = w["items"] @ w["hidden_items"]  # (n_items + 1, hidden)
        scores = np.empty((len(histories), self.n_items + 1), dtype=np.float32)
        for row, person in zip(scores, left, strict=True):
            np.matmul(np.maximum(right + person, 0.0), w["out"], out=row)
        scores += w["out_bias"]
        scores[:, 0] = -np.inf
        return scores

    def tensors(self) -> dict[str, np.ndarray]:
        """What is saved."""
        return dict(self.weights)

    def meta(self) -> dict[str, Any]:
        """What is saved beside the tensors."""
        return {}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Back from `tensors` and `meta`."""
        return cls(tensors)


def _fresh(rows: int, size: int, hidden: int, generator: Any) -> dict[str, Any]:
    """Weights before training: embeddings of standard deviation .1, matrices of variance 1/width, biases 0."""
    import torch

    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("people", "items"), (rows, size))
    shapes |= dict.fromkeys(("hidden_people", "hidden_items"), (size, hidden))
    shapes |= {"hidden_bias": (hidden,), "out": (hidden,), "out_bias": (1,)}
    weights = {name: torch.zeros(shape) for name, shape in shapes.items()}
    for name in NAMES:
        if "bias" not in name:
            spread = 0.1 if name in ("people", "items") else shapes[name][0] ** -0.5
            weights[name].normal_(0, spread, generator=generator)
        weights[name].requires_grad_()
    return weights


def _batches(dataset: Dataset, size: int, rng: np.random.Generator) -> Iterator[tuple[Any, Any, int]]:
    """Whole people in random order, about `size` choices at once: (owner 0 … people − 1, item) of each, and people."""
    import torch

    chosen = dataset.matrix()
    order = rng.permutation(np.flatnonzero(np.diff(chosen.indptr)))
    cuts = np.flatnonzero(np.diff(np.cumsum(np.diff(chosen.indptr)[order]) // size, prepend=-1))
    for people in np.split(order, cuts[1:]):
        rows = chosen[people]
        owner = np.repeat(np.arange(len(people)), np.diff(rows.indptr))
        yield torch.from_numpy(owner), torch.from_numpy(rows.indices.astype(np.int64)), len(people)


def _logits(weights: Mapping[str, Any], people: Any, items: Any) -> Any:
    hidden = people @ weights["hidden_people"] + weights["items"][items] @ weights["hidden_items"]
    return (hidden + weights["hidden_bias"]).relu() @ weights["out"] + weights["out_bias"]
