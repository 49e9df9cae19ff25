"""The weights of a sequence model while they are trained: one step on one batch, its gradient, its update."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import cache, reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import rating_weights
from recsys.errors import ArtifactError
from recsys.models.sequence.batches import SequenceBatch, count_batches, epoch_batches
from recsys.models.sequence.dropout import Dropout, PooledDropout
from recsys.models.sequence.examples import Example, Step, distinct_items
from recsys.models.sequence.item_features import FeatureProjection
from recsys.models.sequence.model import SequenceModel
from recsys.models.sequence.scenario_adapters import ScenarioAdapters
from recsys.models.storage import under
from recsys.models.table import model_entry
from recsys.models.training.config import TrainConfig
from recsys.models.training.loss import scenario_softmax, shared_softmax
from recsys.models.training.optimiser import BETAS, RowAdamW, load_optimiser, optimiser_tensors
from recsys.models.training.warm_start import warm_vectors
from recsys.wording import Message

PARTS = 2  # of a batch, for as many threads; more of them cost more processor time (`benchmarks/speed.py --cores`)
MASKED = 0.25  # share of items masked in the masked objective
Scored = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]  # the first arguments of `shared_softmax`
SKIPPED = 0.5  # of the dropout: share of a history's items that the causal objective skips, drawn anew at each step


class SequenceLearner:
    """Network, item vectors and biases, and the optimisers' moments. See `recsys.models.trainable.Learner`.

    The item table has one more row than items: the last is the vector of a masked item. This is the path of the CPU;
    on other devices `DeviceLearner` trains the same tensors.
    """

    def __init__(self, dataset: Dataset, model: Any, train: TrainConfig, features: np.ndarray | None = None) -> None:
        self.model, self.train = model, train
        model_class: Any = model_entry(model.name).model_class
        self.model_class = model_class
        self.network = self.model_class.build_network(model)
        self.network.reset(torch.Generator().manual_seed(train.seed))
        rng = np.random.default_rng([train.seed, 1])
        size: int = model.embedding_size
        vectors = warm_vectors(dataset, size, seed=train.seed)
        self.seen = np.flatnonzero(dataset.item_counts)
        self.features = None if features is None else FeatureProjection(features, vectors, self.seen)
        if self.features is not None:
            vectors = vectors - self.features.projected()
            vectors[dataset.item_counts == 0] = 0.0
        mask = rng.normal(scale=0.05, size=(1, size)).astype(np.float32)
        bias = np.log(dataset.item_counts + 1.0).astype(np.float32)
        bias = np.append(bias - bias[1:].mean(), np.float32(0))
        self.vectors = RowAdamW(torch.from_numpy(np.concatenate([vectors, mask])))
        self.bias = RowAdamW(torch.from_numpy(bias[:, None]))
        self.scenario_share = float(getattr(model, "scenario_share", 0.0))
        names = ("", *dataset.catalogue.scenario_names)
        codes = [names.index(scenario) for scenario in dataset.catalogue.scenarios]
        self.scenario_of = np.array([*codes, 0])  # the last: of the masked item
        self.seen_in = np.bincount(self.scenario_of[self.seen], minlength=len(names))
        self.adapters = None
        if getattr(model, "scenario_adapters", False) and len(names) > 2:
            own = np.random.default_rng([train.seed, 2])
            self.adapters = ScenarioAdapters(self.scenario_of, size, own)
        longest = (self.batch_size + self.network.max_length) * size
        self.pool = PooledDropout.draw(model.dropout, max(1 << 21, 2 * longest), rng)
        self.steps = 0
        self.to(train.device)

    def to(self, device: str) -> None:
        """Moves all that is trained to a device; the optimiser starts anew."""
        self.device = device
        self.network.to(device)
        self.vectors.to(device)
        self.bias.to(device)
        for part in (self.features, self.adapters):
            if part is not None:
                part.to(device)
        self.optimiser = self._new_optimiser()

    @property
    def batch_size(self) -> int:
        assert self.train.batch_size is not None
        return self.train.batch_size

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)

    @property
    def trained(self) -> list[Tensor]:
        """What torch's optimiser trains: all but the tables of items."""
        beside = ([self.features.matrix] if self.features else []) + (self.adapters.trained if self.adapters else [])
        return [*self.network.parameters(), *beside]

    def _new_optimiser(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.trained, betas=BETAS, weight_decay=self.train.weight_decay, fused=True)

    def copy(self) -> SequenceLearner:
        """An independent copy; its optimiser starts anew."""
        twin = deepcopy(self)
        twin.optimiser = twin._new_optimiser()
        return twin

    def batches(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[SequenceBatch]:
        """See `epoch_batches`."""
        weights = rating_weights(dataset, self.train.ratings)
        return epoch_batches(dataset, _chunk(self.model), self.batch_size, rng, weights)

    @staticmethod
    def count_batches(dataset: Dataset, model: Any, train: TrainConfig) -> int:
        """About how many batches a pass has."""
        assert train.batch_size is not None
        return count_batches(dataset, _chunk(model), train.batch_size)

    def snapshot(self) -> SequenceModel:
        """The weights as they are, copied into a model."""
        table, bias = self.vectors.table.cpu().numpy().copy(), self.bias.table.cpu().numpy()[:, 0].copy()
        if self.features is not None:
            table[:-1] += self.features.projected()
        table[0] = 0.0
        unseen = np.setdiff1d(np.arange(1, len(bias) - 1), self.seen)
        bias[unseen] = bias[self.seen].min()  # as the item with the fewest interactions
        network = deepcopy(self.network).cpu()
        read = None if self.adapters is None else table[:-1]
        scored = table[:-1] if self.adapters is None else self.adapters.merged(table[:-1])
        model: SequenceModel = self.model_class(self.model, network, scored, bias[:-1], table[-1], input_vectors=read)
        return model

    def bytes_needed(self, parameters: int) -> int:
        """Memory of weights, moments and the activations of one batch."""
        per_example = 4 * self.network.activations + 16 * self.model.embedding_size
        return int(20 * parameters + self.batch_size * per_example)

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything that is needed to continue."""
        tensors = {f"network.{name}": value.cpu().numpy() for name, value in self.network.state_dict().items()}
        tensors |= {f"optimiser.{name}": value for name, value in optimiser_tensors(self.optimiser).items()}
        for name, rows in (("vectors", self.vectors), ("bias", self.bias)):
            tensors |= {f"{name}.{part}": getattr(rows, part).cpu().numpy() for part in ("table", "mean", "square")}
        if self.features is not None:
            tensors["fusion"] = self.features.matrix.detach().cpu().numpy()
        if self.adapters is not None:
            down, up = (one.detach().cpu().numpy() for one in self.adapters.trained)
            tensors |= {"adapters.down": down, "adapters.up": up}
        return tensors | {"steps": np.array([self.steps])}

    def load_tensors(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Back to where `tensors` was called. Raises ArtifactError for other item features than there were."""
        now = 0 if self.features is None else len(self.features.matrix)
        then = len(tensors.get("fusion", ()))
        if now != then:
            rule = Message("began with {then:,} numbers per item as features", then=then)
            raise ArtifactError("the training", rule, now, "Start the training anew.")
        self.network.load_state_dict(
            {name: torch.from_numpy(value) for name, value in under("network", tensors).items()}
        )
        load_optimiser(self.optimiser, under("optimiser", tensors))
        for name, rows in (("vectors", self.vectors), ("bias", self.bias)):
            for part in ("table", "mean", "square"):
                getattr(rows, part).copy_(torch.from_numpy(tensors[f"{name}.{part}"]))
        if self.features is not None:
            self.features.matrix.data.copy_(torch.from_numpy(tensors["fusion"]))
        if self.adapters is not None:
            self.adapters.down.data.copy_(torch.from_numpy(tensors["adapters.down"]))
            self.adapters.up.data.copy_(torch.from_numpy(tensors["adapters.up"]))
        self.steps = int(tensors["steps"][0])

    def learn(self, batch: SequenceBatch, learning_rate: float, rng: np.random.Generator, threads: int = 1) -> float:
        """One step of gradient descent; the loss before it.

        A batch is always processed in PARTS parts whose gradients are added in order, so any number of threads gives
        the same weights, and threads need not wait for each other between the many small products of a part.
        """
        step = self._begin(batch, rng)
        leaves, parts = self._leaves(step), step.example.parts(PARTS)

        def gradients_of(part: Example, dropout: PooledDropout) -> tuple[float, tuple[Tensor, ...]]:
            loss = self._loss(part, step, dropout) * (len(part.targets) / len(step.example.targets))
            return float(loss.detach()), torch.autograd.grad(loss, leaves)

        dropouts = [PooledDropout(self.pool, own) for own in rng.spawn(len(parts))]
        with torch.enable_grad():
            if threads > 1:
                done = list(workers().map(gradients_of, parts, dropouts))
            else:
                done = [gradients_of(*part) for part in zip(parts, dropouts, strict=True)]
        for leaf, *gradients in zip(leaves, *(gradients for _, gradients in done), strict=True):
            leaf.grad = reduce(torch.add, gradients)
        self._update(step, learning_rate)
        return sum(loss for loss, _ in done)

    def _begin(self, batch: SequenceBatch, rng: np.random.Generator) -> Step:
        """Draws what the step predicts and its negatives, and takes their rows out of the tables."""
        self.steps += 1
        example = self.example(batch, rng)
        count = min(self.train.negatives, len(self.seen))
        negatives = self.seen if count == len(self.seen) else rng.choice(self.seen, count, replace=False)
        distinct, row_of = distinct_items([example.items.ravel(), example.targets, negatives], len(self.vectors))
        ids = self._tensor(distinct)
        negative_of = np.full(len(self.vectors), -1, dtype=np.int64)
        negative_of[negatives] = np.arange(count)
        id_mask = None if self.features is None else self.features.id_mask(ids, rng)
        tables = self.vectors.take(ids), self.bias.take(ids)
        return Step(example, distinct, ids, *tables, id_mask, row_of, negatives, negative_of)

    def _leaves(self, step: Step) -> list[Tensor]:
        """What collects a gradient in a step."""
        return [step.rows, step.biases, *self.trained]

    def _update(self, step: Step, learning_rate: float) -> None:
        """Moves the weights along the gradients that the leaves hold."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        self.vectors.update(step.ids, step.rows, learning_rate, self.steps)
        self.bias.update(step.ids, step.biases, learning_rate, self.steps)

    def _loss(self, part: Example, step: Step, dropout: Dropout) -> Tensor:
        """Mean cross-entropy of the targets of a part of a step's example."""
        vectors = step.rows
        if self.features is not None and step.id_mask is not None:
            vectors = self.features.fused(step.rows, step.ids, step.id_mask)
        scored = vectors if self.adapters is None else self.adapters.adapted(vectors, step.distinct)
        biases = step.biases[:, 0]
        read, targets, others = (
            self._tensor(step.row_of[items]) for items in (part.items, part.targets, step.negatives)
        )
        x = torch.nn.functional.embedding(read, vectors)
        if self.network.causal and self.model.dropout:
            x = x * dropout.kept(read, SKIPPED * self.model.dropout)
        lengths = None if self.network.causal else self._tensor(part.lengths)
        states = self._states(x, lengths, dropout).flatten(0, 1)[self._tensor(part.positions)]
        same = self._tensor(step.negative_of[part.targets])
        positives = torch.nn.functional.embedding(targets, scored)
        given = (states, positives, biases[targets], scored[others], biases[others], same)
        weights = None if part.weights is None else self._tensor(part.weights)
        return self._cross_entropy(given, (part.targets, step.negatives), weights)

    def _states(self, x: Tensor, lengths: Tensor | None, dropout: Dropout) -> Tensor:
        """Item vectors (B, T, D) to states (B, T, D)."""
        states: Tensor = self.network(x, lengths, dropout)
        return states

    def _cross_entropy(self, given: Scored, items: tuple[np.ndarray, np.ndarray], weights: Tensor | None) -> Tensor:
        """The mean loss.

        Args:
            given: the first six arguments of `shared_softmax`.
            items: int64 (n,) targets and int64 (K,) negatives.
            weights: float32 (n,) of each target, or None.
        """
        if self.scenario_share == 0:
            return shared_softmax(*given, math.log(len(self.seen) / len(items[1])), weights)
        scenarios = self.scenario_of[items[0]], self.scenario_of[items[1]]
        return scenario_softmax(*given, scenarios, self.seen_in, weights)

    def example(self, batch: SequenceBatch, rng: np.random.Generator) -> Example:
        """Causal: each position predicts the next item. Masked: a quarter is masked, in every second chunk the newest
        too."""
        items, lengths = batch.items, batch.lengths
        at = np.arange(items.shape[1])
        if self.network.causal:
            real = at[:-1] < lengths[:, None] - 1
            weights = None if batch.weights is None else batch.weights[:, 1:][real]
            return Example(items[:, :-1], lengths - 1, np.flatnonzero(real), items[:, 1:][real], weights)
        masked = rng.random(items.shape) < MASKED
        masked |= (at == lengths[:, None] - 1) & (rng.random((len(items), 1)) < 0.5)
        masked &= at < lengths[:, None]
        if not masked.any():
            masked[0, lengths[0] - 1] = True
        weights = None if batch.weights is None else batch.weights[masked]
        hidden = np.where(masked, len(self.vectors) - 1, items)
        return Example(hidden, lengths, np.flatnonzero(masked), items[masked], weights)


def _chunk(model: Any) -> int:
    """The longest chunk of a history, in steps; a masked chunk ends with its target."""
    return int(model.max_length) - (not model.causal)


@cache
def workers() -> ThreadPoolExecutor:
    """A thread for each part of a batch; torch computes with one thread in each."""
    return ThreadPoolExecutor(PARTS, "learner", initializer=torch.set_num_threads, initargs=(1,))
