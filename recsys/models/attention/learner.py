"""The weights while they learn: one step on one batch, its gradient, its update."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from recsys.data.dataset import Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.item_features import Fusion
from recsys.models.attention.model import AttentionModel, build_network, under
from recsys.models.baselines.markov import Markov
from recsys.models.training.batches import Batch
from recsys.models.training.config import TrainConfig
from recsys.models.training.loss import shared_softmax
from recsys.models.training.optimiser import RowAdamW, load_optimiser, optimiser_tensors
from recsys.models.training.warm_start import warm_vectors

BETAS = (0.9, 0.98)
MASKED = 0.25  # share of items hidden in the masked objective
SKIPPED = 0.5  # of the dropout: share of a history's items that the causal objective reads past, anew at each step


class Dropout:
    """Dropout whose masks are slices of one pool, from a random place: drawing bits costs more than a product.

    Args:
        pool: float32, each 0 with probability p, else 1 / (1 − p); longer than anything silenced. None: p is 0.
    """

    def __init__(self, pool: Tensor | None, rng: np.random.Generator) -> None:
        self.pool, self.rng = pool, rng

    @staticmethod
    def draw(p: float, size: int, rng: np.random.Generator) -> Tensor | None:
        """A pool."""
        if not p:
            return None
        return torch.from_numpy((rng.random(size, dtype=np.float32) >= p).astype(np.float32) / (1 - p))

    def __call__(self, x: Tensor) -> Tensor:
        if self.pool is None:
            return x
        first = int(self.rng.integers(0, len(self.pool) - x.numel()))
        return x * self.pool[first : first + x.numel()].view(x.shape)


@dataclass(frozen=True, eq=False)
class Example:
    """A batch made ready: what is read, where an answer is asked for, and the right answers."""

    items: np.ndarray  # int64 (B, T)
    lengths: np.ndarray  # int64 (B,)
    asked: np.ndarray  # int64 (n,): places in the flattened (B · T)
    answers: np.ndarray  # int64 (n,)

    def halves(self) -> tuple[Example, Example]:
        """The rows in two parts."""
        rows, width = self.items.shape
        middle = (rows + 1) // 2
        cut = int(np.searchsorted(self.asked, middle * width))
        return (
            Example(self.items[:middle], self.lengths[:middle], self.asked[:cut], self.answers[:cut]),
            Example(self.items[middle:], self.lengths[middle:], self.asked[cut:] - middle * width, self.answers[cut:]),
        )


class Learner:
    """Network, item vectors and biases, and the optimisers' memory.

    The item table has one more row than items: the last asks "what stands here?" in the masked objective.
    """

    def __init__(
        self, dataset: Dataset, model: AttentionConfig, train: TrainConfig, features: np.ndarray | None = None
    ) -> None:
        self.model, self.train = model, train
        assert model.embedding_size and model.max_length and train.batch_size and model.dropout is not None
        self.network = build_network(model)
        self.network.reset(torch.Generator().manual_seed(train.seed))
        rng = np.random.default_rng([train.seed, 1])
        size = model.embedding_size
        vectors = warm_vectors(dataset, size, seed=train.seed)
        self.seen = np.flatnonzero(dataset.item_counts)
        self.fusion = None if features is None else Fusion(features, vectors, self.seen)
        if self.fusion is not None:
            vectors = vectors - self.fusion.projected()
            vectors[dataset.item_counts == 0] = 0.0
        mask = rng.normal(scale=0.05, size=(1, size)).astype(np.float32)
        bias = np.log(dataset.item_counts + 1.0).astype(np.float32)
        bias = np.append(bias - bias[1:].mean(), np.float32(0))
        self.vectors = RowAdamW(torch.from_numpy(np.concatenate([vectors, mask])), BETAS)
        self.bias = RowAdamW(torch.from_numpy(bias[:, None]), BETAS)
        self.trained = [*self.network.parameters(), *([self.fusion.matrix] if self.fusion else [])]
        self.optimiser = torch.optim.AdamW(self.trained, betas=BETAS, weight_decay=train.weight_decay, fused=True)
        self.pool = Dropout.draw(model.dropout, max(1 << 21, 2 * (train.batch_size + model.max_length) * size), rng)
        self.steps = 0

    def copy(self) -> Learner:
        """An independent copy, for trying things."""
        twin = deepcopy(self)
        twin.optimiser = torch.optim.AdamW(twin.trained, betas=BETAS, weight_decay=self.train.weight_decay, fused=True)
        return twin

    def model_now(self, markov: Markov | None = None) -> AttentionModel:
        """The weights as they are, copied into a model of their own."""
        table, bias = self.vectors.table.numpy().copy(), self.bias.table.numpy()[:, 0].copy()
        if self.fusion is not None:
            table[:-1] += self.fusion.projected()
        table[0] = 0.0
        unseen = np.setdiff1d(np.arange(1, len(bias) - 1), self.seen)
        bias[unseen] = bias[self.seen].min()  # chosen by nobody yet: as the least chosen
        return AttentionModel(self.model, deepcopy(self.network), table[:-1], bias[:-1], table[-1], markov)

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything that going on needs."""
        tensors = {f"network.{name}": value.numpy() for name, value in self.network.state_dict().items()}
        tensors |= {f"optimiser.{name}": value for name, value in optimiser_tensors(self.optimiser).items()}
        for name, rows in (("vectors", self.vectors), ("bias", self.bias)):
            tensors |= {f"{name}.{part}": getattr(rows, part).numpy() for part in ("table", "mean", "square")}
        if self.fusion is not None:
            tensors["fusion"] = self.fusion.matrix.detach().numpy()
        return tensors | {"steps": np.array([self.steps])}

    def load_tensors(self, tensors: dict[str, np.ndarray]) -> None:
        """Back to where `tensors` was called."""
        self.network.load_state_dict(
            {name: torch.from_numpy(value) for name, value in under("network", tensors).items()}
        )
        load_optimiser(self.optimiser, under("optimiser", tensors))
        for name, rows in (("vectors", self.vectors), ("bias", self.bias)):
            for part in ("table", "mean", "square"):
                getattr(rows, part).copy_(torch.from_numpy(tensors[f"{name}.{part}"]))
        if self.fusion is not None:
            self.fusion.matrix.data.copy_(torch.from_numpy(tensors["fusion"]))
        self.steps = int(tensors["steps"][0])

    def learn(self, batch: Batch, learning_rate: float, rng: np.random.Generator, threads: int = 1) -> float:
        """One step of gradient descent; the loss before it.

        A batch is always worked on in two halves and their gradients added in order, so one thread and two learn the
        same to the bit, and two need no waiting for each other between the halves' many small products.
        """
        self.steps += 1
        example = self.ask(batch, rng)
        count = min(self.train.negatives, len(self.seen))
        negatives = self.seen if count == len(self.seen) else rng.choice(self.seen, count, replace=False)
        ids, place = _distinct([example.items.ravel(), example.answers, negatives], len(self.vectors))
        rows, biases = self.vectors.take(ids), self.bias.take(ids)
        among = np.full(len(self.vectors), -1, dtype=np.int64)
        among[negatives] = np.arange(count)
        shown = None if self.fusion is None else self.fusion.shown(ids, rng)
        leaves = [rows, biases, *self.trained]

        def work(half: Example, silence: Dropout) -> tuple[float, tuple[Tensor, ...]]:
            vectors = rows if self.fusion is None or shown is None else self.fusion.fused(rows, ids, shown)
            loss = self._loss(half, vectors, biases[:, 0], place, negatives, among, silence)
            loss = loss * (len(half.answers) / len(example.answers))
            return float(loss.detach()), torch.autograd.grad(loss, leaves)

        jobs = [(half, Dropout(self.pool, r)) for half, r in zip(example.halves(), rng.spawn(2), strict=True)]
        jobs = [job for job in jobs if len(job[0].answers)]
        with torch.enable_grad():
            done = list(pair().map(work, *zip(*jobs, strict=True))) if threads > 1 else [work(*job) for job in jobs]
        for leaf, *gradients in zip(leaves, *(gradients for _, gradients in done), strict=True):
            leaf.grad = gradients[0] if len(gradients) == 1 else gradients[0] + gradients[1]
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        self.vectors.update(ids, rows, learning_rate, self.steps)
        self.bias.update(ids, biases, learning_rate, self.steps)
        return sum(loss for loss, _ in done)

    def _loss(
        self,
        half: Example,
        vectors: Tensor,  # (U, D) of the distinct items of the batch
        biases: Tensor,  # (U,)
        place: np.ndarray,  # (n_items + 2,): where each item is among them
        negatives: np.ndarray,  # (K,)
        among: np.ndarray,  # (n_items + 2,): where each item is among the negatives, or −1
        silence: Dropout,
    ) -> Tensor:
        """Mean cross-entropy of the answers of half a batch."""
        read, answers, others = (torch.from_numpy(place[items]) for items in (half.items, half.answers, negatives))
        x = torch.nn.functional.embedding(read, vectors)
        if self.network.causal and self.model.dropout:
            x = x * torch.from_numpy(silence.rng.random((*read.shape, 1)) >= SKIPPED * self.model.dropout)
        lengths = None if self.network.causal else torch.from_numpy(half.lengths)
        states = self.network(x, lengths, silence).flatten(0, 1)[torch.from_numpy(half.asked)]
        same = torch.from_numpy(among[half.answers])
        right = torch.nn.functional.embedding(answers, vectors)
        correction = math.log(len(self.seen) / len(negatives))
        return shared_softmax(states, right, biases[answers], vectors[others], biases[others], same, correction)

    def ask(self, batch: Batch, rng: np.random.Generator) -> Example:
        """Causal: each item's answer is the next. Masked: a quarter is hidden, the newest in every second chunk."""
        items, lengths = batch.items, batch.lengths
        at = np.arange(items.shape[1])
        if self.network.causal:
            real = at[:-1] < lengths[:, None] - 1
            return Example(items[:, :-1], lengths - 1, np.flatnonzero(real), items[:, 1:][real])
        hidden = rng.random(items.shape) < MASKED
        hidden |= (at == lengths[:, None] - 1) & (rng.random((len(items), 1)) < 0.5)
        hidden &= at < lengths[:, None]
        if not hidden.any():
            hidden[0, lengths[0] - 1] = True
        return Example(np.where(hidden, len(self.vectors) - 1, items), lengths, np.flatnonzero(hidden), items[hidden])


def _distinct(groups: list[np.ndarray], size: int) -> tuple[Tensor, np.ndarray]:
    """The distinct ids of all groups, and a table from id to its place among them (a table beats sorting)."""
    marked = np.zeros(size, dtype=bool)
    for group in groups:
        marked[group] = True
    ids = np.flatnonzero(marked)
    place = np.zeros(size, dtype=np.int64)
    place[ids] = np.arange(len(ids))
    return torch.from_numpy(ids), place


@cache
def pair() -> ThreadPoolExecutor:
    """Two threads that each compute with one."""
    return ThreadPoolExecutor(2, "learner", initializer=torch.set_num_threads, initargs=(1,))
