"""How good it is: evaluate, study."""

from __future__ import annotations

import argparse
from typing import Any

from recsys.commands.steps import add_run, add_step, open_run, progress_of


def add(steps: Any) -> None:
    """Describes the commands."""
    evaluate = add_step(
        steps, "evaluate", evaluate_run, "how often the held-out item is found, with intervals",
        "evaluate --run runs/first --json",
    )  # fmt: skip
    add_run(evaluate)
    study = add_step(
        steps, "study", study_transfer, "does transfer help users with little history?",
        "study --run runs/first --axis users",
        "study --run runs/first --axis time --methods bridge --json",
    )  # fmt: skip
    add_run(study)
    study.add_argument("--axis", choices=["users", "time", "scenarios"], default="users")
    study.add_argument("--seed", type=int, default=0)
    study.add_argument("--methods", nargs="*", metavar="NAME", help="learned methods to compare too (default: all)")


def evaluate_run(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `evaluate`."""
    from recsys.evaluation import evaluate_models

    run, dataset = open_run(chosen)
    split = run.split(dataset)
    report = evaluate_models(run.models | run.parts, split.test, split.train, parts=tuple(run.parts))
    return {"verdict": report.verdict, **report.to_json()}


def study_transfer(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `study`."""
    from recsys.evaluation.study.transfer_study import transfer_study

    _, dataset = open_run(chosen)
    only = None if chosen.methods is None else [name.replace("_", " ") for name in chosen.methods]
    progress = progress_of(chosen)
    keep = chosen.run / "study"  # a study that was stopped continues from there
    study = transfer_study(dataset, chosen.axis, seed=chosen.seed, only=only, keep=keep, progress=progress)
    answer: dict[str, Any] = study.to_json()
    return answer
