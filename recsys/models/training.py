"""Training as an iterator: `for report in train(dataset): …`; the model is usable after each report."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.errors import InputError, TrainingError
from recsys.models import checkpoint as disk
from recsys.models.attention import AttentionModel, build_network
from recsys.models.batches import count_batches, epoch_batches
from recsys.models.config import ModelConfig, TrainConfig
from recsys.models.markov import Markov
from recsys.models.objective import Learner
from recsys.models.validation import choose_fusion, internal_holdout, next_item_quality
from recsys.models.warm_start import warm_vectors

WARM_UP = 100  # steps
FINAL_RATE = 0.05  # the cosine ends at this share of the learning rate
LAST_SHARE = 0.1  # without a given validation: the last epochs, which also see the rows kept aside before


@dataclass(frozen=True)
class EpochReport:
    """What one pass over the data came to.

    Attributes:
        epoch: 1 … epochs.
        loss: mean cross-entropy of the epoch, nats.
        validation: "ndcg@10" and "hr@10" on validation people (network and Markov fused), or empty.
        seconds: of training so far; seconds_left: estimate.
        examples_per_second: choices learned from.
        best: whether this epoch's model is the best so far.
        model: the best model so far.
    """

    epoch: int
    epochs: int
    loss: float
    validation: Mapping[str, float]
    seconds: float
    seconds_left: float
    examples_per_second: float
    best: bool
    model: AttentionModel = field(repr=False)


def train(
    dataset: Dataset,
    model_config: ModelConfig | None = None,
    train_config: TrainConfig | None = None,
    validation: Holdout | None = None,
    *,
    features: np.ndarray | None = None,
    checkpoint: Path | None = None,
) -> Iterator[EpochReport]:
    """Trains the attention model, an epoch at a time.

    With `validation`, the best epoch and the weight of the Markov scores are chosen on it, and only `dataset` is learned
    from. Without, the last item of some people is kept aside for these choices until the last tenth of the epochs,
    which see every row; the Markov scores are then counted on all rows too.

    Args:
        dataset: what may be learned from.
        features: float32 (n_items + 1, F) vectors of titles, images …; rows of NaN where an item has none.
        checkpoint: a folder where the state is written after each epoch, and from which training goes on when it
            holds one of the same data and configs. It ends as an uninterrupted run would have.

    Raises:
        InputError: nobody has two interactions, or there are fewer than two items.
        TrainingError: the loss is no number any more, or memory ran out.
    """
    course = _Course(
        dataset, model_config or ModelConfig(), train_config or TrainConfig(), validation, features, checkpoint
    )
    while course.epoch < course.epochs:
        yield course.run_epoch()
        if course.out_of_patience():
            return


class _Course:
    """The state of one training."""

    def __init__(
        self,
        dataset: Dataset,
        model_config: ModelConfig,
        train_config: TrainConfig,
        validation: Holdout | None,
        features: np.ndarray | None,
        checkpoint: Path | None,
    ) -> None:
        if dataset.n_items < 2 or not (dataset.lengths > 1).any():
            raise InputError(
                "the data", "must have two items and a person with two interactions", fix="Load longer histories."
            )
        started = time.perf_counter()
        self.everything, self.train_config = dataset, train_config
        self.config = model_config.fitted(dataset)
        self.all_rows = validation is None
        self.dataset, self.holdout = (
            internal_holdout(dataset, train_config.seed) if self.all_rows else (dataset, validation)
        )
        self.generator = torch.Generator().manual_seed(train_config.seed)
        self.learner = self._new_learner(features)
        self.markov = Markov.fit(self.dataset) if self.config.markov else None
        parameters = [p for p in self.learner.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            parameters, lr=0.0, betas=(0.9, 0.98), weight_decay=train_config.weight_decay, fused=True
        )
        self.epoch, self.step, self.seconds, self.best, self.since_best = 0, 0, 0.0, -1.0, 0
        self.model: AttentionModel | None = None
        self.checkpoint = checkpoint
        self.epochs = train_config.epochs or 0
        if checkpoint is not None:
            disk.resume(self, checkpoint)
        if not self.epochs:
            self.epochs = self._epochs_by_rule(time.perf_counter() - started)

    def _new_learner(self, features: np.ndarray | None) -> Learner:
        network = build_network(self.config)
        network.reset(self.generator)
        size = self.config.embedding_size or 0
        counts = self.dataset.item_counts
        bias = np.log((counts + 1) / (counts.sum() + len(counts))).astype(np.float32)
        bias -= bias[1:].mean()
        bias[0] = 0.0
        given = None if features is None else torch.from_numpy(normalised(features))
        return Learner(
            network,
            torch.from_numpy(warm_vectors(self.dataset, size, seed=self.train_config.seed)),
            torch.from_numpy(bias),
            torch.from_numpy(counts > 0),
            given,
        )

    def _epochs_by_rule(self, spent: float) -> int:
        """As many as fit in the minutes given, by a probe of a few steps; otherwise by the size of the data."""
        batches = count_batches(self.dataset, self.config.context or 0, self.train_config.batch_size)
        if self.train_config.minutes is None:
            return int(np.clip(round(9_000 / batches), 6, 60))
        per_step = self.probe(2.0)
        checks = len(self.holdout) * 2e-4 if self.holdout is not None else 0.0
        left = self.train_config.minutes * 60 * 0.95 - spent - 2.0
        return int(max(1, left // (per_step * batches + checks)))

    def probe(self, seconds: float) -> float:
        """Seconds one step takes here and now. The learner is left as it was."""
        before = {name: value.clone() for name, value in self.learner.state_dict().items()}
        state = self.generator.get_state()
        times = []
        started = time.perf_counter()
        for batch in epoch_batches(
            self.dataset, self.config.context or 0, self.train_config.batch_size, np.random.default_rng(0)
        ):
            begin = time.perf_counter()
            loss, _ = self.learner.loss(batch, self.config, self.train_config.negatives, self.generator)
            loss.backward()
            self.optimizer.step()  # at rate 0
            times.append(time.perf_counter() - begin)
            if time.perf_counter() - started > seconds:
                break
        self.optimizer.zero_grad()
        self.optimizer.state.clear()
        self.learner.load_state_dict(before)
        self.generator.set_state(state)
        return float(np.mean(times[1:] or times))

    def _rate(self, progress: float) -> float:
        warm = min(1.0, (self.step + 1) / WARM_UP)
        cosine = FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
        return self.train_config.learning_rate * warm * cosine

    def run_epoch(self) -> EpochReport:
        begin = time.perf_counter()
        final = self.all_rows and self.epoch >= self.epochs - max(1, round(self.epochs * LAST_SHARE))
        data = self.everything if final else self.dataset
        # Seeds by epoch, so that a resumed training draws what an uninterrupted one would have drawn.
        self.generator.manual_seed(self.train_config.seed * 1_000_003 + self.epoch)
        loss, examples = self._pass_over(data, np.random.default_rng([self.train_config.seed, self.epoch]))
        self.epoch += 1
        report = self._judge(loss, final)
        took = time.perf_counter() - begin
        self.seconds += took
        report = replace(
            report,
            seconds=self.seconds,
            seconds_left=self.seconds / self.epoch * (self.epochs - self.epoch),
            examples_per_second=examples / took,
        )
        if self.checkpoint is not None:
            disk.save(self, self.checkpoint)
        return report

    def _pass_over(self, data: Dataset, rng: np.random.Generator) -> tuple[float, int]:
        config = self.train_config
        batches = count_batches(data, self.config.context or 0, config.batch_size)
        total, examples = 0.0, 0
        self.learner.train()
        for number, batch in enumerate(epoch_batches(data, self.config.context or 0, config.batch_size, rng)):
            rate = self._rate((self.epoch + number / batches) / self.epochs)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            loss, chosen = self._loss(batch)
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 5.0)
            self.optimizer.step()
            self.step += 1
            total, examples = total + float(loss.detach()) * chosen, examples + chosen
        return total / max(examples, 1), examples

    def _loss(self, batch):  # type: ignore[no-untyped-def]
        try:
            loss, chosen = self.learner.loss(batch, self.config, self.train_config.negatives, self.generator)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, MemoryError) or "alloc" in str(error):
                raise TrainingError(
                    "training", "ran out of memory", fix="Lower the batch size, the negatives or the embedding size."
                ) from error
            raise
        if not torch.isfinite(loss):
            raise TrainingError(
                "training",
                "was stopped, because the loss is no number any more",
                float(loss.detach()),
                "The last good weights are kept. Lower the learning rate.",
            )
        return loss, chosen

    def _judge(self, loss: float, final: bool) -> EpochReport:
        model = self._freeze()
        quality: dict[str, float] = {}
        if self.holdout is not None and len(self.holdout) and not final:
            if self.markov is not None:
                model.markov, (model.markov_weight, quality) = (
                    self.markov,
                    choose_fusion(model, self.markov, self.holdout),
                )
            else:
                quality = next_item_quality(model, self.holdout)
        elif self.model is not None and self.config.markov:
            model.markov, model.markov_weight = Markov.fit(self.everything), self.model.markov_weight
        better = final or not quality or quality["ndcg@10"] > self.best
        self.since_best = 0 if better else self.since_best + 1
        if better:
            self.best, self.model = quality.get("ndcg@10", self.best), model
        assert self.model is not None
        shown = MappingProxyType(quality)
        return EpochReport(self.epoch, self.epochs, loss, shown, 0.0, 0.0, 0.0, better, self.model)

    def _freeze(self) -> AttentionModel:
        with torch.no_grad():
            vectors = self.learner.items().numpy().copy()
            vectors[0] = 0.0
            network = build_network(self.config)
            network.load_state_dict(self.learner.network.state_dict())
            bias, mask = self.learner.bias.numpy().copy(), self.learner.mask.numpy().copy()
        return AttentionModel(self.config, network, vectors, bias, mask)

    def out_of_patience(self) -> bool:
        patience = self.train_config.patience
        return patience is not None and self.since_best >= patience


def normalised(features: np.ndarray) -> np.ndarray:
    """Feature rows at length 1, rows of NaN as zeros: float32, same shape."""
    filled = np.nan_to_num(features.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(filled, axis=1, keepdims=True)
    return np.divide(filled, lengths, out=np.zeros_like(filled), where=lengths > 0)
