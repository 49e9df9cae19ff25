"""The weights of LightGCN while they are trained: one step on a batch of interactions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import rating_weights
from recsys.models.lightgcn.config import LightGCNConfig
from recsys.models.lightgcn.model import LightGCN
from recsys.models.storage import under
from recsys.models.training.config import TrainConfig
from recsys.models.training.loss import shared_softmax, standard_softmax
from recsys.models.training.optimiser import BETAS, load_optimiser, optimiser_tensors
from recsys.models.training.warm_start import SPREAD, warm_vectors

STD = 0.5  # standard deviation of the vectors before training: the normalised sums make them small
STEP = 5.0  # Adam's step in learning rates, for vectors of this size


@dataclass(frozen=True, eq=False)
class Interactions:
    """The interactions of one step: user and item of each, int64 (n,), and float32 weights or None for 1."""

    users: np.ndarray
    items: np.ndarray
    weights: np.ndarray | None = None

    @property
    def examples(self) -> int:
        """Interactions read."""
        return len(self.users)


class Graph:
    """The bipartite graph with symmetric normalisation 1 / √(n_u · n_i), as two products with vectors.

    Args:
        matrix: CSR (n_users, n_items + 1) of interactions.
    """

    def __init__(self, matrix: Any) -> None:
        self.of_users, self.of_items = _bags(matrix), _bags(matrix.T.tocsr())
        self.user_norm, self.item_norm = _norms(matrix), _norms(matrix.T.tocsr())

    def to(self, device: str) -> None:
        """Moves neighbours and norms to a device."""
        self.of_users, self.of_items = (
            (indices.to(device), offsets.to(device)) for indices, offsets in (self.of_users, self.of_items)
        )
        self.user_norm, self.item_norm = self.user_norm.to(device), self.item_norm.to(device)

    def to_users(self, items: Tensor) -> Tensor:
        """Sums of item vectors for each user: (n_items + 1, D) to (n_users, D)."""
        return self.user_norm * _sums(self.item_norm * items, self.of_users, self.of_items)

    def to_items(self, users: Tensor) -> Tensor:
        """Sums of user vectors for each item: (n_users, D) to (n_items + 1, D)."""
        return self.item_norm * _sums(self.user_norm * users, self.of_items, self.of_users)


class LightGCNLearner:
    """User and item vectors of layer 0, and Adam's moments. See `recsys.models.trainable.Learner`.

    The loss is a softmax with sampled negatives, which ranks better than the paper's BPR at the same number of steps.
    """

    def __init__(
        self, dataset: Dataset, model: LightGCNConfig, train: TrainConfig, features: np.ndarray | None = None
    ) -> None:
        assert model.embedding_size is not None
        self.model, self.train = model, train
        rng = np.random.default_rng([train.seed, 1])
        size = model.embedding_size
        items = warm_vectors(dataset, size, seed=train.seed) * np.float32(STD / SPREAD)
        users = rng.normal(scale=STD, size=(dataset.n_users, size)).astype(np.float32)
        self.users, self.items = torch.from_numpy(users), torch.from_numpy(items)
        self.graph = Graph(dataset.matrix().tocsr())
        self.seen = np.flatnonzero(dataset.item_counts)
        self.steps = 0
        self.to(train.device)

    def to(self, device: str) -> None:
        """Moves the vectors and the graph to a device; the optimiser starts anew."""
        self.device = device
        self.users, self.items = (one.detach().to(device).requires_grad_() for one in (self.users, self.items))
        self.graph.to(device)
        self.optimiser = self._new_optimiser()

    @property
    def trained(self) -> list[Tensor]:
        """What is trained."""
        return [self.users, self.items]

    def _new_optimiser(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.trained, betas=BETAS, weight_decay=self.train.weight_decay)

    def copy(self) -> LightGCNLearner:
        """An independent copy; its optimiser starts anew."""
        twin = deepcopy(self)
        twin.optimiser = twin._new_optimiser()
        return twin

    @staticmethod
    def count_batches(dataset: Dataset, model: LightGCNConfig, train: TrainConfig) -> int:
        """About how many batches a pass has."""
        assert train.batch_size is not None
        return max(1, round(dataset.n_interactions / train.batch_size))

    def batches(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Interactions]:
        """Every pair of user and item once, in random order."""
        assert self.train.batch_size is not None
        pairs = dataset.matrix().tocoo()
        order = rng.permutation(pairs.nnz)
        users, items = pairs.row[order].astype(np.int64), pairs.col[order].astype(np.int64)
        weights = _pair_weights(dataset, self.train.ratings)
        for start in range(0, len(order), self.train.batch_size):
            part = slice(start, start + self.train.batch_size)
            yield Interactions(users[part], items[part], None if weights is None else weights[order[part]])

    def _layers(self) -> tuple[list[Tensor], list[Tensor]]:
        """User and item vectors of layers 0 … K."""
        users, items = [self.users], [self.items]
        for _ in range(self.model.layers):
            below = items[-1]
            items.append(self.graph.to_items(users[-1]))
            users.append(self.graph.to_users(below))
        return users, items

    def learn(self, batch: Interactions, learning_rate: float, rng: np.random.Generator, threads: int = 1) -> float:
        """One step of gradient descent; the loss before it."""
        return float(self.step(batch, learning_rate, rng))

    def step(self, batch: Interactions, learning_rate: float, rng: np.random.Generator) -> Tensor:
        """One step of gradient descent; the loss before it, a scalar on the device."""
        self.steps += 1
        count = min(self.train.negatives, len(self.seen))
        negatives = self.seen if count == len(self.seen) else rng.choice(self.seen, count, replace=False)
        negative_of = np.full(len(self.items), -1, dtype=np.int64)
        negative_of[negatives] = np.arange(count)
        chosen = (batch.users, batch.items, negatives, negative_of[batch.items])
        user, item, other, same = (torch.from_numpy(values).to(self.device) for values in chosen)
        softmax = shared_softmax if self.device == "cpu" else standard_softmax
        with torch.enable_grad():
            users, items = (torch.stack(layers).mean(0) for layers in self._layers())
            zeros = items.new_zeros(len(item)), items.new_zeros(count)
            correction = math.log(len(self.seen) / count)
            weights = None if batch.weights is None else torch.from_numpy(batch.weights).to(self.device)
            given = (users[user], items[item], zeros[0], items[other], zeros[1], same, correction)
            loss = softmax(*given, weights)
            self.users.grad, self.items.grad = torch.autograd.grad(loss, self.trained)
        for group in self.optimiser.param_groups:
            group["lr"] = STEP * learning_rate
        self.optimiser.step()
        return loss.detach()

    def snapshot(self) -> LightGCN:
        """The weights as they are, copied into a model."""
        with torch.no_grad():
            _, layers = self._layers()
            fold_in = torch.stack(layers[:-1]).sum(0) / len(layers) * self.graph.item_norm
            vectors = [table.cpu().numpy().copy() for table in (torch.stack(layers).mean(0), fold_in)]
        for table in vectors:
            table[0] = 0.0
        return LightGCN(self.model, *vectors)

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything that is needed to continue."""
        tensors = {name: getattr(self, name).detach().cpu().numpy() for name in ("users", "items")}
        tensors |= {f"optimiser.{name}": value for name, value in optimiser_tensors(self.optimiser).items()}
        return tensors | {"steps": np.array([self.steps])}

    def load_tensors(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Back to where `tensors` was called."""
        for name in ("users", "items"):
            getattr(self, name).data.copy_(torch.from_numpy(tensors[name]))
        load_optimiser(self.optimiser, under("optimiser", tensors))
        self.steps = int(tensors["steps"][0])

    def bytes_needed(self, parameters: int) -> int:
        """Memory of weights, moments and the layers with their gradients."""
        vectors = self.users.numel() + self.items.numel()
        return vectors * 4 * (4 + 2 * (self.model.layers + 1))


def _pair_weights(dataset: Dataset, mode: str) -> np.ndarray | None:
    """The mean weight of the interactions of each pair, in the order of `Dataset.matrix`: float32 (pairs,), or None."""
    weights = rating_weights(dataset, mode)
    if weights is None:
        return None
    counts = dataset.matrix()
    sums = csr_matrix((weights, dataset.sequence.copy(), dataset.offsets), shape=counts.shape)
    sums.sum_duplicates()
    return np.asarray(sums.data / counts.data, dtype=np.float32)


class _Sums(torch.autograd.Function):
    """Sums of rows over the neighbours of each node; the gradient is the same over the reversed edges."""

    @staticmethod
    def forward(ctx: Any, vectors: Tensor, bags: tuple[Tensor, Tensor], reverse: tuple[Tensor, Tensor]) -> Tensor:
        ctx.reverse = reverse
        return torch.nn.functional.embedding_bag(bags[0], vectors.contiguous(), bags[1], mode="sum")

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        indices, offsets = ctx.reverse
        return torch.nn.functional.embedding_bag(indices, grads[0].contiguous(), offsets, mode="sum"), None, None


def _sums(vectors: Tensor, bags: tuple[Tensor, Tensor], reverse: tuple[Tensor, Tensor]) -> Tensor:
    sums: Tensor = _Sums.apply(vectors, bags, reverse)  # type: ignore[no-untyped-call]
    return sums


def _bags(matrix: Any) -> tuple[Tensor, Tensor]:
    """Neighbours of all rows of a CSR matrix, and where those of each row start: int64."""
    parts = (matrix.indices.astype(np.int64), matrix.indptr[:-1].astype(np.int64))
    indices, offsets = (torch.from_numpy(part) for part in parts)
    return indices, offsets


def _norms(matrix: Any) -> Tensor:
    """1 / √(number of neighbours) of each row of a CSR matrix: float32 (rows, 1)."""
    counts = np.maximum(np.diff(matrix.indptr), 1).astype(np.float32)
    return torch.from_numpy(counts**-0.5)[:, None]
