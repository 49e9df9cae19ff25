"""Training of any model as an iterator: `for report in train(dataset): …`; the caller owns progress and stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import rows_to_predict
from recsys.data.splits import Holdout
from recsys.errors import InputError
from recsys.models.baselines.markov import Markov
from recsys.models.table import DEFAULT_MODEL, model_entry
from recsys.models.trainable import DeviceModel, Learner, MarkovBlend, ModelConfig, TrainableModel
from recsys.models.training import checkpoint as files
from recsys.models.training.averaging import AveragedWeights
from recsys.models.training.config import TrainConfig
from recsys.models.training.optimiser import schedule
from recsys.models.training.problems import device_failed, not_a_number, out_of_memory
from recsys.models.training.reports import EpochReport, Estimate
from recsys.models.validation import ValidationResult, hold_out, make_validator, sample_users

WARM_UP = 100  # steps of rising learning rate
LONGEST_EPOCH = 250  # batches; a longer pass over the data is reported in parts
PROBE_SECONDS = 2.0
LONGEST = 1.5  # times the rule's epochs: with more, even where there is time, a model overfits
AVERAGED = 0.5  # share of the epochs, the last, whose weights are averaged
JOIN = 0.1  # share of the epochs, the last, that train on held-out items too (where no validation is given)


def train(
    dataset: Dataset,
    model_config: ModelConfig | None = None,
    train_config: TrainConfig | None = None,
    validation: Holdout | None = None,
    *,
    resume: Path | None = None,
    checkpoint: Path | None = None,
    features: np.ndarray | None = None,
    markov: Markov | None = None,
    stop: Callable[[], bool] | None = None,
    learner: type[Learner] | None = None,
    every_epoch: bool = True,
) -> Iterator[EpochReport]:
    """Trains a model epoch by epoch; ending the loop early keeps the best so far, in `report.model`.

    The same data, configs and seed give the same weights for the same number of epochs. With `minutes` a probe finds
    that number, at most 1.5 times the rule's, and it falls where the machine slows down; the last report says it.

    Without `validation`, a seeded tenth of the users validate with their last item; those items are trained on in the
    last epochs, so that in the end the model has learned from every row.

    Args:
        dataset: the rows to train on.
        model_config: of any trainable model, which it names; by default of the first in the table.
        train_config: epochs or minutes, batches, learning rate, seed.
        validation: users and their next items, used for choices only.
        checkpoint: folder for everything needed to continue, rewritten after each epoch. Where it already holds a
            training of the same data and configs, that one is continued and ends as an uninterrupted one would.
        resume: such a folder, whose configs replace those given; only the device is that of `train_config`.
        features: float32 (n_items + 1, F), item features (titles, images); NaN where there are none. Only for models
            that use them.
        markov: Markov scores of the same rows whose settings were chosen on `validation` already; None chooses them.
        stop: asked before each batch; training ends as soon as it is true, and what the epoch has learned is dropped.
        learner: class of the weights while they are trained; None takes that of the model for the device.
        every_epoch: False: without `validation` only the last epoch before held-out items join; the same last model.

    Yields:
        A report after each epoch.

    Raises:
        InputError: no user has two interactions, or this machine does not have the device.
        TrainingError: the loss is no longer a number, or memory ran out. Models reported before stay valid.
        ArtifactError: `resume` is damaged or belongs to other data.
    """
    model = model_config or default_config()
    training = _Training(
        dataset, model, train_config or TrainConfig(), validation, resume, checkpoint, features, markov, learner,
        every_epoch,
    )  # fmt: skip
    at = training.progress
    if at.epoch and (at.epoch >= at.epochs or training.out_of_patience):
        yield training.report(True, 0.0, 0)  # it had ended, but its last report was not received
        return
    while at.epoch < at.epochs:
        report = training.next_epoch(checkpoint, stop)
        if report is None:
            return
        yield report
        if training.out_of_patience:
            return


def default_config() -> ModelConfig:
    """The config of the first model in the table, every field by default."""
    return model_entry(DEFAULT_MODEL).config_class.from_json({})


class _Training:
    """One training between two epochs."""

    def __init__(
        self,
        dataset: Dataset,
        model: ModelConfig,
        config: TrainConfig,
        validation: Holdout | None,
        resume: Path | None = None,
        checkpoint: Path | None = None,
        features: np.ndarray | None = None,
        markov: Markov | None = None,
        learner: type[Learner] | None = None,
        every_epoch: bool = True,
    ) -> None:
        self.started, self.threads = time.perf_counter(), torch.get_num_threads()
        if not (dataset.lengths > 1).any():
            raise InputError("the data", "must have a user with at least 2 interactions", fix="Load longer histories.")
        self.model, self.requested, saved = model.fitted(dataset), config, None
        if resume is not None:
            saved = files.read(resume, dataset)
            self.model = saved.model
        elif checkpoint is not None:
            saved = files.find(checkpoint, dataset, self.model, self.requested)
        if saved is not None:
            self.requested = replace(saved.train, device=config.device)  # a training continues on any device
        self.config = self.requested.fitted(dataset)
        self.all_rows = dataset
        self.joins = validation is None
        self.every_epoch = every_epoch or not self.joins or config.minutes is not None
        self.rows, users = hold_out(dataset, self.config.seed) if validation is None else (dataset, validation)
        sample = sample_users(users, dataset.n_items, self.config.seed)
        predicted = rows_to_predict(self.rows, config.ratings)
        known = None if self.joins or predicted is not self.rows else markov
        self.validator = make_validator(sample, predicted, self.model.markov, known)
        used = features if self.model.uses_item_features else None
        chosen = learner or model_entry(self.model.name).learner_on(self.config.device)
        with _clear_errors(self.config.device):
            self.learner = chosen(self.rows, self.model, self.config, used)
        batches = chosen.count_batches(self.rows, self.model, self.config)
        self.parts = math.ceil(batches / LONGEST_EPOCH)
        self.progress = saved.progress if saved else files.Progress(self._plan())
        self.warm_up = min(WARM_UP, batches * self.progress.epochs // self.parts // 10 + 1)
        self.best_model = saved.best_model if saved else None
        self.average = saved.average if saved else AveragedWeights()
        self.per_user = np.zeros(0)
        self.prepared = time.perf_counter() - self.started
        if saved:
            self.learner.load_tensors(saved.learner)

    @property
    def joining(self) -> bool:
        """Whether the next epoch also trains on the held-out items."""
        at = self.progress
        return self.joins and at.epoch >= at.epochs - max(1, round(JOIN * at.epochs))

    @property
    def out_of_patience(self) -> bool:
        """Whether validation has not improved for too many epochs."""
        patience = None if self.joins else self.config.patience
        return patience is not None and self.progress.epoch - self.progress.best_epoch >= patience

    def _plan(self) -> int:
        """The number of epochs: as given, by rule, or as many as fit in the minutes given."""
        if self.config.minutes is None:
            return self.config.epochs or default_epochs(self.rows) * self.parts
        per_epoch = self.probe()
        left = self.config.minutes * 60 - (time.perf_counter() - self.started)
        return max(1 + self.joins, self.fitting(0.95 * left, per_epoch))

    def fitting(self, seconds: float, per_epoch: float) -> int:
        """How many epochs of `per_epoch` seconds fit, at most LONGEST times the rule's."""
        return min(int(seconds / per_epoch), int(LONGEST * default_epochs(self.rows) * self.parts))

    def probe(self) -> float:
        """Seconds an epoch takes, validation included, measured on a copy for about two seconds."""
        learner, rng = self.learner.copy(), np.random.default_rng(0)
        steps, examples, started = 0, 0, 0.0
        with one_thread(), _clear_errors(self.config.device):
            for batch in learner.batches(self.rows, rng):
                if steps == 1:
                    started, examples = time.perf_counter(), 0  # the first step warms up
                learner.learn(batch, 1e-4, rng, self.threads)
                steps, examples = steps + 1, examples + batch.examples
                if steps > 1 and time.perf_counter() - started > PROBE_SECONDS:
                    break
            per_example = (time.perf_counter() - started) / max(examples, 1) if steps > 1 else 1e-5
            evaluated = time.perf_counter()
            if len(self.validator.users):
                self.validator.validate(learner.snapshot())
        return float(per_example * self.rows.n_interactions / self.parts) + time.perf_counter() - evaluated

    def next_epoch(self, checkpoint: Path | None, stop: Callable[[], bool] | None = None) -> EpochReport | None:
        """Trains one epoch, validates, keeps the best, writes the checkpoint. None where it was stopped."""
        started, at, joining = time.perf_counter(), self.progress, self.joining
        with one_thread():  # the learner's own two threads are faster than several for each small product
            trained = self._epoch(self.all_rows if joining else self.rows, stop)
        if trained is None:
            return None
        at.loss, examples = trained
        at.epoch += 1
        model = self._validated(joining)
        score = at.figures.get("ndcg@10", -at.loss)
        # The first mean replaces what was before it: single epochs sometimes score as high by chance.
        better = self.best_model is None or score > at.best or self.average.count == 1
        seconds = time.perf_counter() - started
        at.seconds += seconds
        if self.config.minutes is not None:
            self._keep_time(self.config.minutes * 60, joining)
        better |= self.joins and at.epoch == at.epochs  # also where the clock has just made it the last
        if better:
            at.best, at.best_epoch, self.best_model = score, at.epoch, model
        if checkpoint is not None:
            self._write(checkpoint)
        return self.report(better, seconds, examples)

    def report(self, better: bool, seconds: float, examples: int) -> EpochReport:
        """The report of an epoch that took `seconds` and read `examples` interactions."""
        assert self.best_model is not None
        at = self.progress
        left, speed = seconds * (at.epochs - at.epoch), examples / seconds if seconds else 0.0
        position = (at.epoch, at.epochs, at.loss, dict(at.figures), at.seconds, left, speed)
        return EpochReport(*position, better, self.best_model, self.per_user)

    def _keep_time(self, budget: float, joining: bool) -> None:
        """Plans fewer epochs where, on a machine slower than in the probe, the time would be exceeded by a tenth."""
        at = self.progress
        left, mean = budget - self.prepared - at.seconds, at.seconds / at.epoch
        if mean * (at.epochs - at.epoch) > left + 0.1 * budget:
            at.epochs = max(at.epoch + int(left / mean), at.epoch + (self.joins and not joining))

    def _epoch(self, rows: Dataset, stop: Callable[[], bool] | None) -> tuple[float, int] | None:
        """All batches of one epoch: the mean loss, and the number of interactions read; None where it was stopped."""
        at = self.progress
        lap, part = divmod(at.epoch, self.parts)
        rng = np.random.default_rng([self.config.seed, 3, lap])
        batches = list(self.learner.batches(rows, rng))[part :: self.parts]
        losses, examples = [], 0
        for number, batch in enumerate(batches):
            if stop is not None and stop():
                return None
            rate = self.config.learning_rate * schedule((at.epoch + number / len(batches)) / at.epochs)
            rate *= min(1.0, (self.learner.steps + 1) / self.warm_up)
            step_rng = np.random.default_rng([self.config.seed, 4, self.learner.steps])
            with _clear_errors(self.config.device):
                losses.append(self.learner.learn(batch, rate, step_rng, self.threads))
            if not math.isfinite(losses[-1]):
                raise not_a_number(losses[-1])
            examples += batch.examples
        return float(np.mean(losses)), examples

    def _validated(self, joining: bool) -> TrainableModel:
        """The model as it is now (in the second half: averaged), with the Markov scores in their best weight.

        Once held-out items are trained on they can't validate any more: weight and figures stay as they were.
        """
        at = self.progress
        model = self.learner.snapshot()
        if at.epoch > (1 - AVERAGED) * at.epochs:
            model = self.average.add(model)
        due = not at.figures if joining else self.every_epoch or self.joining  # `joining`, of the next epoch
        if len(self.validator.users) and due:
            result = self._validate(model)
            at.markov_weight, at.figures, self.per_user = result.markov_weight, result.figures, result.per_user
        markov = self.validator.markov
        if markov is None:
            return model
        if joining:
            rows = rows_to_predict(self.all_rows, self.config.ratings)
            markov = Markov.fit(rows, markov.window, markov.power, markov.recent, markov.prior)
        assert isinstance(model, MarkovBlend)
        return model.with_markov(markov, at.markov_weight)

    def _validate(self, model: TrainableModel) -> ValidationResult:
        """On the device of the training where the model can compute there."""
        device = self.config.device
        if device == "cpu" or not isinstance(model, DeviceModel):
            return self.validator.validate(model)
        with _clear_errors(device):
            return self.validator.validate(model.on(device))

    def _write(self, folder: Path) -> None:
        assert self.best_model is not None
        configs = (self.model, self.requested)
        saved = files.Checkpoint(
            self.all_rows.fingerprint, *configs, self.progress, self.learner.tensors(), self.average, self.best_model,
            self.all_rows.repeats.text,
        )  # fmt: skip
        saved.write(folder)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch computes with one thread inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _clear_errors(device: str) -> Iterator[None]:
    """Where memory runs out, or an accelerator fails, a TrainingError says what to do."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or "alloc" in str(error):
            raise out_of_memory() from error
        if device == "cpu":
            raise
        got = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        raise device_failed(device, got) from error


def default_epochs(dataset: Dataset) -> int:
    """Passes over the data by rule: 30 at 10,000 interactions, 19 at 100,000, 12 at a million, 8 at ten million."""
    return max(4, int(12 * (1e6 / max(dataset.n_interactions, 1)) ** 0.2 + 0.5))


def epochs_per_pass(dataset: Dataset, model: ModelConfig, config: TrainConfig) -> int:
    """How many epochs a pass over the data is reported in, with fitted configs."""
    batches = model_entry(model.name).learner_class.count_batches(dataset, model, config)
    return math.ceil(batches / LONGEST_EPOCH)


def estimate(
    dataset: Dataset, model_config: ModelConfig | None = None, train_config: TrainConfig | None = None
) -> Estimate:
    """Parameters, memory and time of a training, from a probe of about two seconds."""
    config = train_config or TrainConfig()
    training = _Training(dataset, model_config or default_config(), replace(config, minutes=None), None)
    per_epoch, epochs = training.probe(), training.progress.epochs
    if config.minutes is not None:
        epochs = max(1, training.fitting(config.minutes * 60, per_epoch))
    parameters = training.learner.snapshot().parameters
    return Estimate(parameters, training.learner.bytes_needed(parameters) / 1e6, per_epoch, epochs)
