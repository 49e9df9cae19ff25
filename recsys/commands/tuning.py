"""Better settings for a training: tune."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.arguments import add_data_arguments, add_training_arguments, load_named_data, named_repeats
from recsys.commands.steps import add_step, positive, progress_of
from recsys.errors import InputError
from recsys.models.table import DEFAULT_MODEL, TRAINABLE, model_entry
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs.tuning import SearchPlan

TRIALS = 12  # as in `recsys.runs.tuning.plan`, which is slow to import
TRIALS_SUFFIX = ".trials"  # of the folder that keeps the trials


def add(steps: Any) -> None:
    """Describes the command."""
    tune = add_step(
        steps, "tune", tune_settings, "search for better settings, and compare the best with the start on test items",
        "tune ratings.csv --out search.json --trials 12",
        "tune ratings.csv --out search.json --settings learning_rate dropout --minutes 10 --baselines ease als --json",
    )  # fmt: skip
    add_data_arguments(tune)
    keep = "the result (JSON); trials are kept beside it, and the same command continues after the last of them"
    tune.add_argument("--out", required=True, type=Path, metavar="FILE.json", help=keep)
    tune.add_argument("--model", default=DEFAULT_MODEL, help=", ".join(TRAINABLE))
    tune.add_argument("--trials", type=int, default=TRIALS, help=f"of the model and of each baseline ({TRIALS})")
    tune.add_argument("--minutes", type=positive, help="after which no trial begins, for each model")
    tune.add_argument("--settings", nargs="*", default=[], metavar="NAME", help="to search; without it, all there are")
    tune.add_argument("--baselines", nargs="*", metavar="NAME", help="tuned beside it (popularity, item-knn, markov)")
    tune.add_argument("--epochs", type=int, help="of the start; without it, a rule decides")
    add_training_arguments(tune, holdout=False)


def tune_settings(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `tune`."""
    from recsys.files import replace_file
    from recsys.runs.tuning import KeptTrials, conclude, finish, search_settings
    from recsys.runs.tuning.progress import search_watch

    trials = _trials_folder(chosen.out)
    dataset = load_named_data(chosen).dataset
    plan, tell = _plan(chosen, dataset), progress_of(chosen)
    if sys.stderr.isatty() and not chosen.json:
        print(_cost(plan, dataset), file=sys.stderr)
    kept = KeptTrials.of(trials, plan, dataset)
    for _ in search_settings(dataset, plan, kept, search_watch(plan, kept, tell)):
        pass
    found = conclude(dataset, plan, kept)
    tell(1.0, "")
    replace_file(chosen.out, json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False))
    finish(kept.folder)
    content = found.to_json()
    rows = [
        {"number": trial.number, "state": trial.state, "ndcg@10": trial.value, **trial.settings}
        for trial in found.of_model
    ]
    shown = ("verdict", "level", "best", "settings", "validation", "test", "baselines", "users")
    return {"out": str(chosen.out)} | {name: content[name] for name in shown} | {"trials": rows}


def _trials_folder(out: Path) -> Path:
    """The folder of the trials, beside the file of the result. Raises InputError where `out` can't be that file."""
    if not out.name or out.is_dir() or out.suffix == TRIALS_SUFFIX:
        rule = Message("must be a file that does not end in {names}", names=TRIALS_SUFFIX)
        raise InputError("--out", rule, out, "Name it search.json, for example.")
    folder = out.with_suffix(TRIALS_SUFFIX)
    if folder.exists() and not folder.is_dir():
        rule = Message("needs the folder {folder} for the trials, and a file has this name", folder=folder.name)
        raise InputError("--out", rule, out, "Choose another name.")
    return folder


def _plan(chosen: argparse.Namespace, dataset: Dataset) -> SearchPlan:
    """The search that the arguments name. Raises InputError."""
    from recsys.models.training.config import TrainConfig
    from recsys.runs import BASELINES_BESIDE, TrainingPlan
    from recsys.runs.tuning import SearchPlan

    seed = chosen.seed or 0
    base = TrainingPlan(
        model_entry(chosen.model).read_config({}),
        TrainConfig(epochs=chosen.epochs, seed=seed, device=chosen.device, ratings=chosen.ratings or "ignore"),
        baselines=BASELINES_BESIDE if chosen.baselines is None else tuple(chosen.baselines),
        repeats=named_repeats(chosen, dataset),
    )
    seconds = None if chosen.minutes is None else 60 * chosen.minutes
    return SearchPlan(base, tuple(chosen.settings), chosen.trials, seconds, seed)


def _cost(plan: SearchPlan, dataset: Dataset) -> str:
    """What the search will take at most, from a probe of about two seconds."""
    from recsys.models.training.loop import estimate
    from recsys.runs.tuning import search_seconds

    found = estimate(dataset, plan.base.model, plan.base.train)  # type: ignore[arg-type]
    minutes = search_seconds(plan, found.seconds_per_epoch, found.epochs, dataset) / 60
    return (
        f"{plan.trials} trials of about {found.epochs} epochs: about {minutes:.1f} minutes; hopeless trials end early, "
        "larger models take longer."
    )
