"""From a file to a trained model: inspect, train."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.arguments import (
    add_data_arguments,
    add_training_arguments,
    load_named_data,
    named_repeats,
    proposed_repeats,
)
from recsys.commands.steps import add_step, positive, progress_of
from recsys.errors import InputError
from recsys.models.table import DEFAULT_MODEL, MODELS

if TYPE_CHECKING:
    from recsys.models.trainable import ModelConfig
    from recsys.models.training.config import TrainConfig


def add(steps: Any) -> None:
    """Describes the commands."""
    inspect = add_step(
        steps, "inspect", inspect_file, "what a file holds, and what cleaning would drop",
        "inspect ratings.csv --items films.csv",
        "inspect --sample shop --language zh --json",
    )  # fmt: skip
    add_data_arguments(inspect)

    train = add_step(
        steps, "train", train_model, "train a model and save it as a run",
        "train ratings.csv --run runs/first --minutes 2 --holdout last-one",
        "train --sample all --run runs/sample --model item-knn --json",
        "train ratings.csv --run runs/tuned --tuned search.json --holdout last-one",
    )  # fmt: skip
    add_data_arguments(train)
    train.add_argument("--run", required=True, type=Path, metavar="DIR", help="folder to save the run in")
    train.add_argument("--model", default=DEFAULT_MODEL, help=", ".join(entry.name for entry in MODELS))
    train.add_argument("--minutes", type=positive, help="time to spend on training, at most")
    train.add_argument("--epochs", type=int, help="passes over the data; without it and --minutes, a rule decides")
    train.add_argument("--tuned", type=Path, metavar="FILE.json", help="with the best settings that tune has found")
    add_training_arguments(train)


def inspect_file(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `inspect`."""
    loaded = load_named_data(chosen)
    proposed, reason = proposed_repeats(loaded.dataset)
    return {
        "format": loaded.format,
        "columns": dict(loaded.columns),
        "rows_read": loaded.report.rows_read,
        "rows_kept": loaded.report.rows_kept,
        "dropped": dict(loaded.report.dropped),
        "users": loaded.dataset.n_users,
        "items": loaded.dataset.n_items,
        "plan": json.loads(loaded.plan.to_json()),
        "repeats": {"proposed": proposed.text, "reason": reason},
        "warnings": list(loaded.report.warnings),
    }


def train_model(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `train`."""
    from recsys.runs import save_run, train_run

    if chosen.epochs is not None and chosen.epochs < 1:
        raise InputError("--epochs", "must be at least 1", chosen.epochs)
    dataset = load_named_data(chosen).dataset
    config, settings = _configs(chosen)
    run = train_run(
        dataset,
        model=chosen.model if config is None else None,
        model_config=config,  # names its model
        minutes=chosen.minutes,
        epochs=chosen.epochs,
        seed=chosen.seed,
        repeats=named_repeats(chosen, dataset),
        train_config=settings,
        holdout=chosen.holdout,
        progress=progress_of(chosen),
    )
    save_run(run, dataset, chosen.run)
    return {
        "run": str(chosen.run),
        "model": run.model.name,
        "epochs": len(run.reports),
        "seconds": round(run.seconds, 3),
        "users": dataset.n_users,
        "items": dataset.n_items,
        "parameters": run.parameters,
        "validation": dict(run.validation),
    }


def _configs(chosen: argparse.Namespace) -> tuple[ModelConfig | None, TrainConfig]:
    """The configs of model and training: from a search, else by default with what the arguments say.

    Raises:
        ArtifactError: the file of the search is damaged.
        OSError: it can't be read.
    """
    from recsys.models.training.config import TrainConfig

    if chosen.tuned is None:
        return None, TrainConfig(device=chosen.device, ratings=chosen.ratings)
    from recsys.runs.tuning import read_search

    found = read_search(json.loads(chosen.tuned.read_text("utf-8")))
    plan = found.plan.with_settings(found.settings)
    return plan.model, replace(plan.train, device=chosen.device)  # type: ignore[return-value]
