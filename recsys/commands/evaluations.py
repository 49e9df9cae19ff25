"""How good it is: evaluate, study."""

from __future__ import annotations

import argparse
from typing import Any

from recsys.commands.steps import add_run, add_step, check_seed, open_run, progress_of
from recsys.errors import InputError
from recsys.wording import Message

PROTOCOLS = ("leave-one-out", "time", "cold-users", "next-click", "sampled-negatives")
"""Names of `recsys.evaluation.protocols`, which is slow to import."""
AS_TRAINED = ("leave-one-out", "sampled-negatives")  # protocols that hold out what the run has held out


def add(steps: Any) -> None:
    """Describes the commands."""
    evaluate = add_step(
        steps, "evaluate", evaluate_run, "how often the held-out item is found, with intervals",
        "evaluate --run runs/first --json",
        "evaluate --run runs/first --protocol sampled-negatives --json",
    )  # fmt: skip
    add_run(evaluate)
    protocol = "which items must be found among which; time, cold-users and next-click train the run's models anew"
    evaluate.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0], help=protocol)
    study = add_step(
        steps, "study", study_transfer, "does transfer help users with little history?",
        "study --run runs/first --axis users",
        "study --run runs/first --axis time --methods bridge --json",
        "study --run runs/first --axis scenarios --scenarios social shop --json",
    )  # fmt: skip
    add_run(study)
    study.add_argument("--axis", choices=["users", "time", "scenarios"], default="users")
    pair = "source and target on the axis scenarios (default: the pair with the most users to evaluate)"
    study.add_argument("--scenarios", nargs=2, metavar="NAME", help=pair)
    study.add_argument("--seed", type=int, default=0)
    study.add_argument("--methods", nargs="*", metavar="NAME", help="learned methods to compare too (default: all)")


def evaluate_run(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `evaluate`."""
    from recsys.evaluation.protocols import evaluate_protocol, protocol, protocols_for
    from recsys.jobs.evaluations import report_of, trainers

    run, dataset = open_run(chosen)
    how, progress = protocol(chosen.protocol), progress_of(chosen)
    if how not in (makes_sense := protocols_for(dataset)):
        rule = Message("must be one of {names} for these data", names=", ".join(one.key for one in makes_sense))
        raise InputError("--protocol", rule, how.key)
    if how.key in AS_TRAINED:
        report = report_of(run, dataset, how.key, progress)
    else:
        report = evaluate_protocol(dataset, how.key, trainers(run, 0, progress), progress=progress)
    return {"verdict": report.verdict, **report.to_json()}


def study_transfer(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `study`."""
    from recsys.evaluation.study.transfer_study import transfer_study
    from recsys.jobs.studies import config_of, made_for, studied_model

    check_seed(chosen.seed)
    if chosen.scenarios and chosen.axis != "scenarios":
        raise InputError("--scenarios", "needs --axis scenarios", chosen.axis, "Add --axis scenarios.")
    run, dataset = open_run(chosen)
    trained = studied_model(run, dataset)
    only = None if chosen.methods is None else [name.replace("_", " ") for name in chosen.methods]
    progress = progress_of(chosen)
    keep = chosen.run / "study"  # a study that was stopped continues from there
    study = transfer_study(
        dataset,
        chosen.axis,
        model=config_of(trained),
        scenarios=tuple(chosen.scenarios) if chosen.scenarios else None,
        seed=chosen.seed,
        only=only,
        keep=keep,
        progress=progress,
    )
    answer: dict[str, Any] = study.to_json()
    return answer | {"made_for": made_for(dataset, trained)}
