"""A run: a trained model with baselines beside it, what was kept aside, and how training went. Made and saved here."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recsys.data.dataset import Dataset, History
from recsys.data.splits import Holdout, Split, leave_one_out
from recsys.data.storage import load_dataset, save_dataset
from recsys.errors import ArtifactError, InputError
from recsys.models.recommender import Recommender

FORMAT = 1
HOLDOUTS = ("none", "last-one")
BESIDE = ("popularity", "item-knn")  # trained beside every model
PACKAGES = ("torch", "numpy", "pandas", "scikit-learn")

ProgressCall = Callable[..., None]


@dataclass(frozen=True, eq=False)
class Run:
    """What training leaves.

    Attributes:
        holdout: "last-one" (each person's last item is the test, the one before it the validation) or "none".
        model: the model; baselines: others on the same rows, by name.
        reports: one mapping per epoch (epoch, loss, seconds, ndcg@10 …).
        validation: {model name: {"ndcg@10", "hr@10"}} on validation people; {} with holdout "none".
        config: what it was trained with. versions: of the packages.
        seconds: of training, baselines excluded; created: UTC, ISO 8601.
    """

    id: str
    name: str
    dataset_fingerprint: str
    holdout: str
    model: Recommender
    baselines: Mapping[str, Recommender]
    reports: tuple[Mapping[str, Any], ...]
    validation: Mapping[str, Mapping[str, float]]
    config: Mapping[str, Any]
    seconds: float
    created: str
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def models(self) -> dict[str, Recommender]:
        """The model first, then the baselines, by name."""
        return {self.model.name: self.model, **{n: m for n, m in self.baselines.items() if n != self.model.name}}

    @property
    def parameters(self) -> int:
        """Trained numbers of the model; 0 for one that only counts."""
        return int(getattr(self.model, "parameters", 0))

    def known_histories(self, dataset: Dataset) -> list[History]:
        """What the model may read of each person: everything up to the test item."""
        histories = dataset.histories()
        return [h[:-1] if len(h) >= 3 else h for h in histories] if self.holdout == "last-one" else histories

    def split(self, dataset: Dataset) -> Split:
        """The rows kept aside. Raises InputError when none were."""
        if self.holdout != "last-one":
            raise InputError(
                "the run",
                "must have been trained with rows kept aside",
                f"holdout {self.holdout}",
                "Train again with --holdout last-one.",
            )
        return leave_one_out(dataset)

    def test_holdout(self, dataset: Dataset) -> Holdout:
        """The test part of `split`."""
        return self.split(dataset).test


def train_run(
    dataset: Dataset,
    *,
    model: str = "attention",
    model_config: Any = None,
    train_config: Any = None,
    minutes: float | None = None,
    epochs: int | None = None,
    seed: int = 0,
    holdout: str = "last-one",
    baselines: Sequence[str] = BESIDE,
    name: str | None = None,
    checkpoint: Path | None = None,
    threads: int | None = None,
    progress: ProgressCall | None = None,
) -> Run:
    """Trains a model and the baselines beside it.

    Args:
        model: "attention" or a baseline's name.
        model_config, train_config: of the attention model; minutes, epochs and seed are short for fields of the latter.
        holdout: see `Run`. With "none" every row given is learned from.
        checkpoint: folder for the state after each epoch; an interrupted training goes on from it.
        threads: of torch, while this training runs; None leaves them.
        progress: called with (fraction, message, **details); its attribute `stopping`, if true, ends training with the
            best model so far.

    Raises:
        InputError, TrainingError: see `recsys.models.training.train`.
    """
    if holdout not in HOLDOUTS:
        raise InputError("holdout", f"must be one of {', '.join(HOLDOUTS)}", holdout)
    report = progress or _silent
    split = leave_one_out(dataset) if holdout == "last-one" else None
    rows = dataset if split is None else split.train
    report(0.01, "Training the baselines …")
    started = time.perf_counter()
    beside = _fit_beside(rows, [name for name in baselines if name != model], split, seed, report)
    begin = time.perf_counter()
    if model == "attention":
        with _threads(threads):
            trained, reports, config = _train_attention(
                rows,
                split,
                model_config,
                _configured(train_config, minutes, epochs, seed),
                checkpoint,
                report,
                beside[1],
            )
    else:
        from recsys.models.baselines import fit_baseline

        trained, reports, config = fit_baseline(model, rows, seed=seed), (), {"seed": seed}
    seconds = time.perf_counter() - begin
    validation = dict(beside[1])
    if split is not None:
        from recsys.models.validation import next_item_quality

        validation = {trained.name: next_item_quality(trained, split.validation), **validation}
    report(1.0, f"Done in {time.perf_counter() - started:.0f} s")
    return Run(
        id=secrets.token_hex(12),
        name=name or f"{trained.name} on {dataset.name}",
        dataset_fingerprint=dataset.fingerprint,
        holdout=holdout,
        model=trained,
        baselines=beside[0],
        reports=tuple(reports),
        validation=validation,
        config=config,
        seconds=seconds,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={package: version(package) for package in PACKAGES},
    )


def _silent(fraction: float, message: str = "", **details: object) -> None:
    """Nobody watches."""


def _configured(train_config: Any, minutes: float | None, epochs: int | None, seed: int) -> Any:
    from dataclasses import replace

    from recsys.models.config import TrainConfig

    return replace(train_config, seed=seed) if train_config else TrainConfig(minutes=minutes, epochs=epochs, seed=seed)


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fit_beside(
    rows: Dataset, names: Sequence[str], split: Split | None, seed: int, report: ProgressCall
) -> tuple[dict[str, Recommender], dict[str, Mapping[str, float]]]:
    from recsys.models.baselines import fit_baseline
    from recsys.models.validation import next_item_quality

    models: dict[str, Recommender] = {}
    quality: dict[str, Mapping[str, float]] = {}
    for number, name in enumerate(names, 1):
        models[name] = fit_baseline(name, rows, seed=seed)
        if split is not None:
            quality[name] = next_item_quality(models[name], split.validation)
        report(0.01 + 0.04 * number / len(names), f"Trained {name}", baselines=dict(quality))
    return models, quality


def _train_attention(
    rows: Dataset,
    split: Split | None,
    model_config: Any,
    train_config: Any,
    checkpoint: Path | None,
    report: ProgressCall,
    baselines: Mapping[str, Mapping[str, float]],
) -> tuple[Recommender, list[dict[str, Any]], dict[str, Any]]:
    from recsys.models.training import train

    if hasattr(report, "graceful"):
        report.graceful = True  # a stop ends the loop below with the best model so far
    reports: list[dict[str, Any]] = []
    trained: Any = None
    for epoch in train(rows, model_config, train_config, split.validation if split else None, checkpoint=checkpoint):
        trained = epoch.model
        reports.append(
            {"epoch": epoch.epoch, "loss": epoch.loss, "seconds": epoch.seconds, "speed": epoch.examples_per_second}
            | dict(epoch.validation)
        )
        quality = f", NDCG@10 {epoch.validation['ndcg@10']:.3g}" if epoch.validation else ""
        report(
            0.05 + 0.93 * epoch.epoch / epoch.epochs,
            f"Epoch {epoch.epoch} of {epoch.epochs}: loss {epoch.loss:.3g}{quality}",
            reports=tuple(reports),
            epochs=epoch.epochs,
            baselines=dict(baselines),
            seconds_left=epoch.seconds_left,
        )
        if getattr(report, "stopping", False):
            break
    config = {"model": trained.config.to_json(), "train": train_config.to_json()}
    return trained, reports, config


def save_run(run: Run, dataset: Dataset, folder: Path) -> None:
    """Writes run.json, data/ and models/<name>/ into `folder`, whole or not at all."""
    from recsys.models.store import save_model

    folder = Path(folder)
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    building.mkdir(parents=True)
    try:
        save_dataset(dataset, building / "data")
        for name, model in run.models.items():
            save_model(model, building / "models" / name)  # type: ignore[arg-type]
        content = {
            "format": FORMAT,
            "id": run.id,
            "name": run.name,
            "dataset_fingerprint": run.dataset_fingerprint,
            "holdout": run.holdout,
            "model": run.model.name,
            "baselines": list(run.baselines),
            "reports": [dict(report) for report in run.reports],
            "validation": {name: dict(quality) for name, quality in run.validation.items()},
            "config": dict(run.config),
            "seconds": run.seconds,
            "created": run.created,
            "versions": dict(run.versions),
        }
        (building / "run.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def load_run(folder: Path) -> tuple[Run, Dataset]:
    """Reads what `save_run` wrote, with the data.

    Raises:
        InputError: there is no run in the folder.
        ArtifactError: something in it is missing, damaged or of another format.
    """
    from recsys.models.store import load_model

    folder = Path(folder)
    if not (folder / "run.json").is_file():
        raise InputError(
            str(folder.name), "must be a folder made by train", fix="Train first: python -m recsys train …"
        )
    try:
        content = json.loads((folder / "run.json").read_text("utf-8"))
        if content["format"] != FORMAT:
            raise ArtifactError(f"the run in {folder.name}", f"must be of format {FORMAT}", content["format"])
        dataset = load_dataset(folder / "data")
        run = Run(
            id=content["id"],
            name=content["name"],
            dataset_fingerprint=content["dataset_fingerprint"],
            holdout=content["holdout"],
            model=load_model(folder / "models" / content["model"]),
            baselines={name: load_model(folder / "models" / name) for name in content["baselines"]},
            reports=tuple(content["reports"]),
            validation=content["validation"],
            config=content["config"],
            seconds=float(content["seconds"]),
            created=content["created"],
            versions=content["versions"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise ArtifactError(
            f"the run in {folder.name}", "is damaged", type(error).__name__, "Train it again."
        ) from error
    if run.dataset_fingerprint != dataset.fingerprint or run.model.n_items != dataset.n_items:
        raise ArtifactError(f"the run in {folder.name}", "does not fit the data beside it", fix="Train it again.")
    return run, dataset
