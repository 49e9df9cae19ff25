"""A small network on item means, after neural collaborative filtering (He et al. 2017) as tutorials build it: user and
item embedding → concatenate → dense ReLU → dense sigmoid, binary cross-entropy with one random item per interaction.

NCF's user embedding exists for known users only. Here a user is the mean of one vector for each item of the history,
without the item that is predicted, so that new users can be scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from recsys.data.dataset import Dataset, History
from recsys.models.baselines.item_knn import set_matrix

NAMES = ("users", "items", "hidden_users", "hidden_items", "hidden_bias", "out", "out_bias")
_EARLIER_NAMES = {"users": "people", "hidden_users": "hidden_people"}  # name of today -> in files of earlier versions
LEARNING_RATE = 3e-3


class MeanItemMLP:
    """logit = w·relu(U·user + V·item + b) + c, the score.

    Args:
        weights: float32 arrays by NAMES: users (the vectors whose mean is the user) and items (n_items + 1, size);
            hidden_users, hidden_items (size, hidden); hidden_bias, out (hidden,); out_bias (1,).
    """

    name = "mean-item-mlp"

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = {name: weights[name] for name in NAMES}
        self.n_items = len(weights["items"]) - 1

    @classmethod
    def fit(
        cls, dataset: Dataset, size: int = 32, hidden: int = 64, epochs: int = 20, batch: int = 4096, seed: int = 0
    ) -> Self:
        """Adam on binary cross-entropy; about `batch` interactions in one step."""
        import torch

        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        weights = _initial(dataset.n_items + 1, size, hidden, generator)
        optimiser = torch.optim.Adam(weights.values(), lr=LEARNING_RATE, fused=True)
        for _ in range(epochs):
            for row, items, rows in _batches(dataset, batch, rng):
                n = torch.bincount(row, minlength=rows)[row][:, None]  # interactions of the user of each one
                vectors = weights["users"][items]
                total = torch.zeros(rows, size).index_add(0, row, vectors)[row]
                without = (total - vectors) / (n - 1).clamp_min(1)
                others = torch.from_numpy(rng.integers(1, dataset.n_items + 1, len(items)))
                logits = torch.cat([_logits(weights, without, items), _logits(weights, total / n, others)])
                labels = torch.cat([torch.ones(len(items)), torch.zeros(len(items))])
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
        return cls({name: value.detach().numpy() for name, value in weights.items()})

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """See `Recommender.scores`: the logits."""
        w = self.weights
        sets = set_matrix(histories, self.n_items)
        users = (sets @ w["users"]) / np.maximum(np.asarray(sets.sum(axis=1)).ravel(), 1)[:, None]
        left = users.astype(np.float32) @ w["hidden_users"] + w["hidden_bias"]  # (B, hidden)
        right = w["items"] @ w["hidden_items"]  # (n_items + 1, hidden)
        scores = np.empty((len(histories), self.n_items + 1), dtype=np.float32)
        for row, user in zip(scores, left, strict=True):
            np.matmul(np.maximum(right + user, 0.0), w["out"], out=row)
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
        earlier = {name: tensors[old] for name, old in _EARLIER_NAMES.items() if old in tensors}
        return cls({**tensors, **earlier})


def _initial(rows: int, size: int, hidden: int, generator: Any) -> dict[str, Any]:
    """Weights before training: embeddings of standard deviation 0.1, matrices of variance 1/width, biases 0."""
    import torch

    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("users", "items"), (rows, size))
    shapes |= dict.fromkeys(("hidden_users", "hidden_items"), (size, hidden))
    shapes |= {"hidden_bias": (hidden,), "out": (hidden,), "out_bias": (1,)}
    weights = {name: torch.zeros(shape) for name, shape in shapes.items()}
    for name in NAMES:
        if "bias" not in name:
            std = 0.1 if name in ("users", "items") else shapes[name][0] ** -0.5
            weights[name].normal_(0, std, generator=generator)
        weights[name].requires_grad_()
    return weights


def _batches(dataset: Dataset, size: int, rng: np.random.Generator) -> Iterator[tuple[Any, Any, int]]:
    """Whole users in random order, about `size` interactions at once: (row 0 … rows − 1, item) of each, and rows."""
    import torch

    matrix = dataset.matrix()
    order = rng.permutation(np.flatnonzero(np.diff(matrix.indptr)))
    cuts = np.flatnonzero(np.diff(np.cumsum(np.diff(matrix.indptr)[order]) // size, prepend=-1))
    for users in np.split(order, cuts[1:]):
        rows = matrix[users]
        row = np.repeat(np.arange(len(users)), np.diff(rows.indptr))
        yield torch.from_numpy(row), torch.from_numpy(rows.indices.astype(np.int64)), len(users)


def _logits(weights: Mapping[str, Any], users: Any, items: Any) -> Any:
    hidden = users @ weights["hidden_users"] + weights["items"][items] @ weights["hidden_items"]
    return (hidden + weights["hidden_bias"]).relu() @ weights["out"] + weights["out_bias"]
