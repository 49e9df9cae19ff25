"""Training as an iterator: `for report in train(dataset): …`; screen, threads and stopping are the caller's."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout
from recsys.errors import InputError, TrainingError
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.learner import Learner
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.markov import Markov
from recsys.models.training import checkpoint as files
from recsys.models.training.averaging import AveragedWeights
from recsys.models.training.batches import Batch, count_batches, epoch_batches
from recsys.models.training.config import TrainConfig
from recsys.models.validation import hold_out, make_validator, sample_users

WARM_UP = 100  # steps of rising learning rate
FLOOR = 0.05  # of the learning rate, where the cosine ends
LONGEST_EPOCH = 250  # batches; a longer pass over the data is reported in parts
PROBE_SECONDS = 2.0
LONGEST = 1.5  # times the rule's epochs: more, even where there is time, and a model learns by heart
AVERAGED = 0.5  # share of the epochs, the last, whose weights are averaged
JOIN = 0.1  # share of the epochs, the last, in which people kept aside for choosing join in (no validation given)


@dataclass(frozen=True, eq=False)
class EpochReport:
    """Where training stands after an epoch.

    Args:
        epoch: 1 … epochs. An epoch is a pass over the data, or 250 batches of one that is longer.
        loss: mean cross-entropy of the epoch, in nats.
        validation: "ndcg@10", "hr@10", "mrr" of network and Markov scores together; "network" and "markov": NDCG@10 of
            each alone.
        seconds, seconds_left: since the start, and until the end at this speed.
        examples_per_second: items read.
        best: whether this epoch is the best so far on validation.
        model: the best so far, ready to use.
    """

    epoch: int
    epochs: int
    loss: float
    validation: dict[str, float]
    seconds: float
    seconds_left: float
    examples_per_second: float
    best: bool
    model: AttentionModel
    per_user: np.ndarray  # float64 (n,) NDCG@10 of each validation user after this epoch; empty where nobody judges


@dataclass(frozen=True)
class Estimate:
    """What a training will take on this machine.

    Args:
        parameters: trained numbers.
        megabytes: weights, their moments, and the largest batch's activations.
        seconds_per_epoch: measured by a probe of about two seconds.
        epochs: as configured, or as many as the minutes allow.
    """

    parameters: int
    megabytes: float
    seconds_per_epoch: float
    epochs: int

    @property
    def minutes(self) -> float:
        return self.seconds_per_epoch * self.epochs / 60


def train(
    dataset: Dataset,
    model_config: AttentionConfig | None = None,
    train_config: TrainConfig | None = None,
    validation: Holdout | None = None,
    *,
    resume: Path | None = None,
    checkpoint: Path | None = None,
    features: np.ndarray | None = None,
    markov: Markov | None = None,
) -> Iterator[EpochReport]:
    """Trains the attention model; yields after every epoch.

    The same data, configs and seed give the same weights for the same number of epochs; with `minutes` a probe finds
    that number, at most 1.5 times the rule's (and lowers it where the machine slows down); the last report names it.

    Without `validation`, a seeded tenth of the people (at most 2,000, those with 3 items or more) keep their last item
    aside: it chooses the Markov weight and the best epoch. In the last tenth of the epochs these items are trained on
    too, so every row given ends up in the weights.

    Args:
        dataset: what may be learned from.
        validation: people and what they chose next, only looked at to choose.
        checkpoint: folder for everything needed to go on, rewritten after each epoch. Where it already holds a training
            of the same data and configs, that one is continued, to the end an uninterrupted one would have had.
        resume: such a folder, whose configs replace those given.
        features: float32 (n_items + 1, F), other knowledge of the items (titles, images); NaN where there is none.
        markov: Markov scores of the same rows whose settings were chosen on `validation` already; None chooses them.

    Raises:
        InputError: nobody has two interactions.
        TrainingError: the loss is no longer a number, or memory ran out. The reports so far keep their models.
        ArtifactError: `resume` is damaged or belongs to other data.
    """
    model, config = model_config or AttentionConfig(), train_config or TrainConfig()
    run = _Run(dataset, model, config, validation, resume, checkpoint, features, markov)
    if run.epoch and (run.epoch >= run.epochs or run.out_of_patience):
        yield run.report(True, 0.0, 0)  # it had ended, but nobody took it
        return
    while run.epoch < run.epochs:
        yield run.next_epoch(checkpoint)
        if run.out_of_patience:
            return


class _Run:
    """One training: what the iterator remembers between two epochs."""

    def __init__(
        self,
        dataset: Dataset,
        model: AttentionConfig,
        config: TrainConfig,
        validation: Holdout | None,
        resume: Path | None = None,
        checkpoint: Path | None = None,
        features: np.ndarray | None = None,
        markov: Markov | None = None,
    ) -> None:
        self.started, self.threads = time.perf_counter(), torch.get_num_threads()
        if not (dataset.lengths > 1).any():
            raise InputError(
                "the data", "must have a person with at least 2 interactions", fix="Load longer histories."
            )
        self.model, self.asked = model.fitted(dataset), config
        saved = None
        if resume is not None:
            saved = files.read(resume, dataset)
            self.model, self.asked = saved.model, saved.train
        elif checkpoint is not None:
            saved = files.find(checkpoint, dataset, self.model, self.asked)
        self.config = config = self.asked.fitted(dataset)
        assert self.model.max_length and self.config.batch_size
        self.steps = self.model.max_length - (self.model.objective == "masked")  # a masked chunk ends with its answer
        self.batch_size = self.config.batch_size
        self.everything = dataset
        self.dataset, people = (dataset, validation) if validation is not None else hold_out(dataset, config.seed)
        self.joins = validation is None
        judges = sample_users(people, dataset.n_items, config.seed)
        self.judge = make_validator(judges, self.dataset, self.model.markov, None if self.joins else markov)
        self.learner = Learner(self.dataset, self.model, config, features)
        batches = count_batches(self.dataset, self.steps, self.batch_size)
        self.parts = math.ceil(batches / LONGEST_EPOCH)
        self.epochs = saved.epochs if saved else self._plan()
        self.warm_up = min(WARM_UP, batches * self.epochs // self.parts // 10 + 1)
        self.epoch, self.best, self.best_epoch, self.spent, self.loss = 0, -math.inf, 0, 0.0, math.nan
        self.best_model: AttentionModel | None = None
        self.weight, self.found, self.per_user = 0.0, dict[str, float](), np.zeros(0)
        self.mean = AveragedWeights()
        self.prepared = time.perf_counter() - self.started
        if saved:
            self.epoch, self.spent = saved.epoch, saved.seconds
            self.best, self.best_epoch = saved.best, saved.best_epoch
            self.weight, self.found, self.best_model = saved.weight, saved.found, saved.best_model
            self.loss, self.mean = saved.loss, AveragedWeights(saved.mean, saved.averaged)
            saved.restore(self.learner)

    @property
    def joining(self) -> bool:
        """Whether the epoch to come also learns what was kept aside."""
        return self.joins and self.epoch >= self.epochs - max(1, round(JOIN * self.epochs))

    @property
    def out_of_patience(self) -> bool:
        patience = None if self.joins else self.config.patience
        return patience is not None and self.epoch - self.best_epoch >= patience

    def _plan(self) -> int:
        """How many epochs: as given, by rule, or as many as fit in the minutes given but LONGEST times the rule's."""
        if self.config.minutes is None:
            return self.config.epochs or default_epochs(self.dataset) * self.parts
        per_epoch = self.probe()
        left = self.config.minutes * 60 - (time.perf_counter() - self.started)
        return max(1 + self.joins, self.fitting(0.95 * left, per_epoch))

    def fitting(self, seconds: float, per_epoch: float) -> int:
        """How many epochs of `per_epoch` seconds fit, at most LONGEST times the rule's."""
        return min(int(seconds / per_epoch), int(LONGEST * default_epochs(self.dataset) * self.parts))

    def probe(self) -> float:
        """Seconds an epoch takes, validation included, measured on a copy for about two seconds."""
        copy, rng = self.learner.copy(), np.random.default_rng(0)
        with one_thread():
            return self._timed(copy, rng)

    def _timed(self, copy: Learner, rng: np.random.Generator) -> float:
        laps, tokens, started = 0, 0, 0.0
        for batch in epoch_batches(self.dataset, self.steps, self.batch_size, rng):
            if laps == 1:
                started = time.perf_counter()  # the first step warms up
                tokens = 0
            copy.learn(batch, 1e-4, rng, self.threads)
            laps, tokens = laps + 1, tokens + batch.items.size
            if laps > 1 and time.perf_counter() - started > PROBE_SECONDS:
                break
        per_token = (time.perf_counter() - started) / max(tokens, 1) if laps > 1 else 1e-5
        evaluated = time.perf_counter()
        if len(self.judge.people):
            self.judge.weigh(copy.model_now(None))
        whole = per_token * self.dataset.lengths.sum() * (1 + 1 / self.steps) / self.parts
        return float(whole) + time.perf_counter() - evaluated

    def next_epoch(self, checkpoint: Path | None) -> EpochReport:
        """Trains one epoch, judges, keeps the best, writes the checkpoint."""
        started = time.perf_counter()
        joining = self.joining
        with one_thread():  # the learner's own two threads do better than a team for each small product
            self.loss, items = self._learn(self.everything if joining else self.dataset)
        self.epoch += 1
        model = self._judged(joining)
        score = self.found.get("ndcg@10", -self.loss)
        # The first mean replaces what was before it, whose figures are as high now and then by luck alone.
        better = self.best_model is None or score > self.best or self.mean.count == 1
        lap = time.perf_counter() - started
        self.spent += lap
        if self.config.minutes is not None:
            self._keep_time(self.config.minutes * 60, joining)
        better |= self.joins and self.epoch == self.epochs  # also where the clock has just made it the last
        if better:
            self.best, self.best_epoch, self.best_model = score, self.epoch, model
        if checkpoint is not None:
            files.write(checkpoint, self)
        return self.report(better, lap, items)

    def report(self, better: bool, lap: float, items: int) -> EpochReport:
        """Where the training stands, after an epoch of `lap` seconds in which `items` were read."""
        assert self.best_model is not None
        left, speed = lap * (self.epochs - self.epoch), items / lap if lap else 0.0
        where = (self.epoch, self.epochs, self.loss, dict(self.found), self.spent, left, speed)
        return EpochReport(*where, better, self.best_model, self.per_user)

    def _keep_time(self, budget: float, joining: bool) -> None:
        """Fewer epochs where, the machine being slower than in the probe, the time would be exceeded by a tenth."""
        left, lap = budget - self.prepared - self.spent, self.spent / self.epoch
        if lap * (self.epochs - self.epoch) > left + 0.1 * budget:
            self.epochs = max(self.epoch + int(left / lap), self.epoch + (self.joins and not joining))

    def _learn(self, dataset: Dataset) -> tuple[float, int]:
        """All batches of one epoch: the mean loss and the number of items read."""
        lap, part = divmod(self.epoch, self.parts)
        rng = np.random.default_rng([self.config.seed, 3, lap])
        batches = list(epoch_batches(dataset, self.steps, self.batch_size, rng))[part :: self.parts]
        losses, items = [], 0
        for place, batch in enumerate(batches):
            rate = self.config.learning_rate * schedule((self.epoch + place / len(batches)) / self.epochs)
            rate *= min(1.0, (self.learner.steps + 1) / self.warm_up)
            step_rng = np.random.default_rng([self.config.seed, 4, self.learner.steps])
            losses.append(_guarded(self.learner, batch, rate, step_rng, self.threads))
            items += int(batch.lengths.sum())
        return float(np.mean(losses)), items

    def _judged(self, joining: bool) -> AttentionModel:
        """The model as it is now (in the second half the mean of that half), the Markov scores in their best weight.

        Once the people kept aside have joined in, they can't judge any more: weight and figures stay as they were.
        """
        markov = self.judge.markov
        if markov is not None and joining:
            markov = Markov.fit(self.everything, markov.window, markov.power, markov.recent, markov.prior)
        model = self.learner.model_now(markov)
        if self.epoch > (1 - AVERAGED) * self.epochs:
            model = self.mean.with_one_more(model)
        if len(self.judge.people) and (not joining or not self.found):
            weighed = self.judge.weigh(model)
            self.weight, self.found, self.per_user = weighed.weight, weighed.figures, weighed.per_user
        model.markov_weight = self.weight
        return model


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch computes with one thread inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _guarded(learner: Learner, batch: Batch, rate: float, rng: np.random.Generator, threads: int) -> float:
    try:
        loss = learner.learn(batch, rate, rng, threads)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise
        raise TrainingError(
            "memory",
            "ran out while training",
            fix="Lower batch_size first, then negatives, embedding_size or max_length.",
        ) from error
    if not math.isfinite(loss):
        raise TrainingError(
            "the loss", "must stay a number", loss, "Lower learning_rate; the best model of the epochs so far is kept."
        )
    return loss


def schedule(progress: float) -> float:
    """Share of the learning rate at 0 … 1 of the training: a cosine from 1 down to 5%."""
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def default_epochs(dataset: Dataset) -> int:
    """Passes over the data by rule: 30 at 10,000 interactions, 19 at 100,000, 12 at a million, 8 at ten million."""
    return max(4, int(12 * (1e6 / max(dataset.n_interactions, 1)) ** 0.2 + 0.5))


def estimate(
    dataset: Dataset, model_config: AttentionConfig | None = None, train_config: TrainConfig | None = None
) -> Estimate:
    """Parameters, memory and time of a training, from a probe of about two seconds."""
    run = _Run(dataset, model_config or AttentionConfig(), replace(train_config or TrainConfig(), minutes=None), None)
    per_epoch = run.probe()
    epochs = run.epochs
    if train_config is not None and train_config.minutes is not None:
        epochs = max(1, run.fitting(train_config.minutes * 60, per_epoch))
    model = run.learner.model_now(None)
    width = run.model.embedding_size or 0
    activations = run.batch_size * width * 4 * (12 + 4 * run.model.feed_forward_ratio) * run.model.layers
    bytes_needed = model.parameters * 4 * 5 + activations + run.batch_size * width * 16
    return Estimate(model.parameters, bytes_needed / 1e6, per_epoch, epochs)
