"""Dataset to run: baselines first, then the model, all evaluated on the same validation users."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.data.dataset import Dataset
from recsys.data.repeats import RepeatRule
from recsys.data.splits import leave_one_out
from recsys.errors import DAMAGED_FILE, ArtifactError, InputError, TrainingError
from recsys.models.recommender import Recommender
from recsys.models.table import DEFAULT_MODEL, MODEL_ON_DATA, FittedModel, model_entry, model_label
from recsys.models.trainable import ModelConfig
from recsys.models.training.config import TrainConfig
from recsys.models.training.device import choose_device
from recsys.runs.evidence import Evidence
from recsys.runs.item_features import NO_FEATURES, read_item_features
from recsys.runs.plan import BASELINES_BESIDE, TrainingPlan
from recsys.runs.rating_effect import ReportBeside, rating_effect
from recsys.runs.run import Run
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.models.baselines.tuning import Tuned

REPORTS = "reports.json"  # beside the checkpoint
PACKAGES = ("torch", "numpy", "pandas", "scikit-learn")

ProgressCall = Callable[..., None]


def train_run(
    dataset: Dataset,
    *,
    model: str | None = None,
    model_config: ModelConfig | None = None,
    train_config: TrainConfig | None = None,
    minutes: float | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    holdout: str = "last-one",
    baselines: Sequence[str] = BASELINES_BESIDE,
    text: str = "auto",
    repeats: RepeatRule | None = None,
    name: str | None = None,
    checkpoint: Path | None = None,
    threads: int | None = None,
    progress: ProgressCall | None = None,
) -> Run:
    """Trains a model and the baselines beside it.

    Args:
        dataset: the rows to train on, and those to hold out.
        model: its name in the table of models; by default that of `model_config`, or the first.
        model_config: of a trainable model; ignored for one that is fitted at once.
        train_config: how it is trained; minutes, epochs and seed, where given, replace its fields.
        name: of the run, on screen.
        repeats: whether already chosen items may be recommended again; by default as the dataset says.
        holdout, baselines, text: see `TrainingPlan`. With holdout "none" every row given is trained on.
        checkpoint: folder for the state after each epoch; an interrupted training continues from it.
        threads: of torch, while this training runs; None leaves them.
        progress: called with (fraction, message, **details); its attribute `stopping`, if true, ends training with the
            best model so far, within an epoch too.

    Returns:
        The model, its baselines, the reports of all epochs, and the validation.

    Raises:
        InputError, TrainingError: see `recsys.models.training.loop.train`. An error after the first epoch ends
            training with the best model so far and is kept in the run's config under "problem".
    """
    config = _model_config(model, model_config)
    plan = TrainingPlan(
        config,
        _train_config(train_config, minutes=minutes, epochs=epochs, seed=seed),
        name or "",
        holdout,
        tuple(baseline for baseline in baselines if baseline != config.name),
        text,
        dataset.repeats if repeats is None else repeats,
    )
    return execute(dataset, plan, checkpoint, threads, progress)


def execute(
    dataset: Dataset,
    plan: TrainingPlan,
    checkpoint: Path | None = None,
    threads: int | None = None,
    report: ProgressCall | None = None,
) -> Run:
    """`train_run` with its options in a plan."""
    report = report or _no_progress
    if not isinstance(plan.model, FittedModel):
        choose_device(plan.train.device)  # a device that is not there is refused before the baselines are trained
    dataset = replace(dataset, repeats=plan.repeats)
    split = leave_one_out(dataset) if plan.holdout == "last-one" else None
    rows = dataset if split is None else split.train
    started = time.perf_counter()
    evidence = None if split is None else Evidence(split, plan.train.seed)
    repeats = "" if evidence is None else evidence.repeats.sentence
    report(0.001, Message("Training the baselines …"), baselines={}, reports=(), repeats=repeats)
    beside = _fit_baselines(rows, plan, evidence, report)
    settings = {name: tuned.settings for name, tuned in beside.items()}
    markov = beside["markov"].model if "markov" in beside else None
    begin = time.perf_counter()
    reports: list[dict[str, Any]] = []
    with torch_threads(threads):
        if isinstance(plan.model, FittedModel):
            tuned = _tuned(plan.model.name, rows, evidence, plan)
            trained, used = tuned.model, {"seed": plan.train.seed, "settings": dict(tuned.settings)}
            settings[plan.model.name] = tuned.settings
        else:
            trained, reports, used = _train(rows, plan.model, markov, evidence, plan, checkpoint, report)
    seconds = time.perf_counter() - begin
    effect: dict[str, Any] = {}
    if evidence is not None:
        evidence.evaluate(trained)
        if plan.train.ratings != "ignore" and not isinstance(plan.model, FittedModel):
            effect = _effect_of_ratings(dataset, rows, trained, markov, evidence, plan, threads, report)
    if plan.repeats.allows:
        used["repeats"] = plan.repeats.text
    report(1.0, Message("Done in {seconds:.0f} s", seconds=time.perf_counter() - started))
    return Run(
        id=secrets.token_hex(12),
        name=plan.name or Message(MODEL_ON_DATA, model=model_label(trained.name), data=dataset.name),
        dataset_fingerprint=dataset.fingerprint,
        holdout=plan.holdout,
        model=trained,
        baselines={name: tuned.model for name, tuned in beside.items()},
        reports=tuple(reports),
        validation={} if evidence is None else evidence.quality_of(trained.name),
        config=used,
        seconds=seconds,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={package: version(package) for package in PACKAGES},
        settings={name: dict(chosen) for name, chosen in settings.items() if chosen},
        evidence={} if evidence is None else evidence.to_json(trained) | effect,
    )


def _effect_of_ratings(
    dataset: Dataset,
    rows: Dataset,
    trained: Recommender,
    markov: Recommender | None,
    evidence: Evidence,
    plan: TrainingPlan,
    threads: int | None,
    report: ProgressCall,
) -> dict[str, Any]:
    """{"ratings": see `rating_effect`}, for which the model is trained once more without them; {} when stopped."""
    alike, beside = replace(plan, train=replace(plan.train, ratings="ignore")), ReportBeside(report)
    if beside.stopping:
        return {}
    assert not isinstance(plan.model, FittedModel)
    try:
        with torch_threads(threads):
            without = _train(rows, plan.model, markov, evidence, alike, None, beside)[0]
    except TrainingError:
        return {}  # stopped before its first epoch ended
    return {"ratings": rating_effect(dataset, evidence.users, trained, without, plan.train.seed)}


def _model_config(name: str | None, config: ModelConfig | None) -> ModelConfig | FittedModel:
    """The config of a model that was named, given, or both. Raises InputError where the two don't fit together."""
    entry = model_entry(name or (config.name if config else DEFAULT_MODEL))
    if config is None or not entry.trainable:
        return entry.read_config({})
    if config.name != entry.name:
        raise InputError("model_config", Message("must be of the model {model}", model=entry.name), config.name)
    return config


def _train_config(config: TrainConfig | None, **given: Any) -> TrainConfig:
    """The config with the fields that were given."""
    return replace(config or TrainConfig(), **{name: value for name, value in given.items() if value is not None})


def _no_progress(fraction: float, message: str = "", **details: object) -> None:
    """Takes the reports of a caller who wants none."""


@contextmanager
def torch_threads(count: int | None) -> Iterator[None]:
    """Torch computes with `count` threads inside; None leaves them."""
    if count is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fit_baselines(
    rows: Dataset, plan: TrainingPlan, evidence: Evidence | None, report: ProgressCall
) -> dict[str, Tuned]:
    """The baselines, with settings chosen on the validation users (without those, on users held out for it)."""
    fitted: dict[str, Tuned] = {}
    for number, name in enumerate(plan.beside, 1):
        tuned = _tuned(name, rows, evidence, plan)
        fitted[tuned.model.name] = tuned
        if evidence is not None:
            evidence.evaluate(tuned.model)
        quality = {} if evidence is None else dict(evidence.quality)
        message = Message("Trained {model}", model=model_label(name))
        report(0.001 + 0.009 * number / len(plan.beside), message, baselines=quality)
    return fitted


def _tuned(name: str, rows: Dataset, evidence: Evidence | None, plan: TrainingPlan) -> Tuned:
    from recsys.models.baselines.tuning import tune_baseline

    return tune_baseline(name, rows, None if evidence is None else evidence.users, plan.train.seed)


def _train(
    rows: Dataset,
    config: ModelConfig,
    markov: Recommender | None,
    evidence: Evidence | None,
    plan: TrainingPlan,
    checkpoint: Path | None,
    report: ProgressCall,
) -> tuple[Recommender, list[dict[str, Any]], dict[str, Any]]:
    """The trained model, the curve, and what it was trained with."""
    from recsys.models.training.loop import train

    items = NO_FEATURES
    if config.uses_item_features:
        items = read_item_features(rows, plan.text, checkpoint, report)
    report(0.02, Message("Preparing the first epoch …"), reader=items.reader)
    reports: list[dict[str, Any]] = []
    trained: Any = None
    problem = ""
    users = None if evidence is None else evidence.users
    options: dict[str, Any] = {"checkpoint": checkpoint, "features": items.vectors, "markov": markov}
    options["stop"] = lambda: bool(getattr(report, "stopping", False))
    try:
        for epoch in train(rows, config, plan.train, users, **options):
            trained = epoch.model
            if hasattr(report, "graceful"):
                report.graceful = True  # from now on a stop ends with the best model so far
            reports = [*(reports or _earlier_reports(checkpoint, epoch.epoch)), _row(epoch, evidence)]
            _save_reports(checkpoint, reports)
            _report_epoch(report, epoch, reports)
            if getattr(report, "stopping", False):
                break
    except TrainingError as error:
        if trained is None:
            raise
        problem = str(error)
    if trained is None:
        report(0.02, Message("Stopped before the first epoch ended"))  # raises JobStopped
        raise TrainingError("the training", "was stopped before its first epoch ended, so there is no model")
    used: dict[str, Any] = {"model": trained.config.to_json(), "train": plan.train.to_json()}
    used |= {"text": items.reader, "text_model": items.text_model, "device": plan.train.fitted(rows).device}
    if getattr(config, "scenario_weights", False) and users is not None:
        from recsys.models.sequence.scenario_weights import weigh_scenarios

        report(0.99, Message("Finding the weights of each scenario …"), reports=tuple(reports))
        trained, found = weigh_scenarios(trained, rows, users, plan.train.seed)
        used["scenario_weights"] = {} if found is None else found.to_json()
    return trained, reports, used | ({"problem": problem} if problem else {})


def _row(epoch: Any, evidence: Evidence | None) -> dict[str, Any]:
    """The report of an epoch as JSON values; the best so far with its comparison with the best baseline."""
    named = {"epoch": epoch.epoch, "loss": epoch.loss, "seconds": epoch.seconds, "speed": epoch.examples_per_second}
    row = named | {"best": epoch.best} | dict(epoch.validation)
    if evidence is not None and epoch.best:
        comparison = evidence.comparison(epoch.model.name, epoch.per_user)
        row |= {"comparison": comparison} if comparison else {}
    return row


def _earlier_reports(checkpoint: Path | None, epoch: int) -> list[dict[str, Any]]:
    """What was reported before an interrupted training continued with this epoch. Raises ArtifactError."""
    if checkpoint is None or epoch == 1 or not (checkpoint / REPORTS).exists():
        return []
    try:
        rows = json.loads((checkpoint / REPORTS).read_text("utf-8"))
        return [dict(row) for row in rows if row["epoch"] < epoch]
    except DAMAGED_FILE as error:
        raise ArtifactError(
            "the checkpoint’s curve", "is damaged", type(error).__name__, "Start the training anew."
        ) from error


def _save_reports(checkpoint: Path | None, reports: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the curve beside the checkpoint."""
    if checkpoint is not None:
        part = checkpoint / f".{REPORTS}"
        part.write_text(json.dumps(list(reports)), "utf-8")
        part.replace(checkpoint / REPORTS)


def _report_epoch(report: ProgressCall, epoch: Any, reports: Sequence[Mapping[str, Any]]) -> None:
    values = {"epoch": epoch.epoch, "epochs": epoch.epochs, "loss": epoch.loss}
    if epoch.validation:
        values["ndcg"] = epoch.validation["ndcg@10"]
        message = Message("Epoch {epoch} of {epochs}: loss {loss:.3g}, NDCG@10 {ndcg:.3g}", **values)
    else:
        message = Message("Epoch {epoch} of {epochs}: loss {loss:.3g}", **values)
    report(
        0.02 + 0.97 * epoch.epoch / epoch.epochs,
        message,
        reports=tuple(reports),
        epochs=epoch.epochs,
        parameters=epoch.model.parameters,
        seconds_left=epoch.seconds_left,
    )
