"""From a file to a trained model: inspect, train."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.arguments import (
    add_data_arguments,
    add_training_arguments,
    load_named_data,
    named_repeats,
    proposed_repeats,
)
from recsys.commands.steps import add_step, check_place, positive, progress_of
from recsys.errors import InputError
from recsys.models.table import DEFAULT_MODEL, MODELS
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset


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
    names = ", ".join(entry.name for entry in MODELS)
    train.add_argument("--model", metavar="NAME", help=f"{names} (default {DEFAULT_MODEL})")
    train.add_argument("--minutes", type=positive, help="time to spend on training, at most")
    train.add_argument("--epochs", type=int, help="passes over the data; without it and --minutes, a rule decides")
    tuned = "with the settings that tune has found, and the search's model, ratings and rule for already chosen items"
    train.add_argument("--tuned", type=Path, metavar="FILE.json", help=tuned)
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
    older = Message("must be a new or empty folder, or that of an older run")
    check_place("--run", chosen.run, "run.json", older)
    dataset = load_named_data(chosen).dataset
    run = train_run(
        dataset,
        **_tuned_settings(chosen, dataset) if chosen.tuned else _named_settings(chosen, dataset),
        minutes=chosen.minutes,
        epochs=chosen.epochs,
        seed=chosen.seed,
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


def _named_settings(chosen: argparse.Namespace, dataset: Dataset) -> dict[str, Any]:
    """What the arguments say of model, training and already chosen items, for `train_run`. Raises InputError."""
    from recsys.models.training.config import TrainConfig

    config = TrainConfig(device=chosen.device, ratings=chosen.ratings or "ignore")
    model = chosen.model or DEFAULT_MODEL
    return {"model": model, "train_config": config, "repeats": named_repeats(chosen, dataset)}


def _tuned_settings(chosen: argparse.Namespace, dataset: Dataset) -> dict[str, Any]:
    """What a search says of them.

    Raises:
        InputError: an argument says something else, or the file holds no JSON.
        ArtifactError: the search is damaged.
        OSError: the file can't be read.
    """
    from recsys.data.readers.encodings import read_text
    from recsys.runs.tuning import read_search

    try:
        found = read_search(json.loads(read_text(chosen.tuned)))
    except (JSONDecodeError, RecursionError):
        fix = Message("Make one with: python -m recsys tune FILE --out search.json.")
        raise InputError("--tuned", "must be a search that tune has saved", chosen.tuned.name, fix) from None
    plan = found.plan.with_settings(found.settings)
    repeats = None if chosen.repeats is None else named_repeats(chosen, dataset).text
    of_search = {
        "--model": (chosen.model, plan.model.name),
        "--ratings": (chosen.ratings, plan.train.ratings),
        "--repeats": (repeats, plan.repeats.text),
    }
    for name, (given, searched) in of_search.items():
        if given not in (None, searched):
            rule = Message("must be {value}, as in the search", value=searched)
            raise InputError(name, rule, given, Message("Leave out {name}, or search with it.", name=name))
    config = replace(plan.train, device=chosen.device)
    return {"model_config": plan.model, "train_config": config, "repeats": plan.repeats, "text": plan.text}
