"""The same steps from a shell: `python -m recsys inspect|train|recommend|transfer|project|evaluate|study|job …`.

Exit code 0, or 2 with one line on stderr. With `--json`, stdout holds one JSON object and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from recsys.arguments import (
    add_candidate_arguments,
    add_data_arguments,
    add_training_arguments,
    load_named_data,
    named_candidates,
    named_repeats,
    proposed_repeats,
)
from recsys.errors import InputError, StudioError
from recsys.models.table import DEFAULT_MODEL, MODELS, TRAINABLE

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.models.recommender import Encoder
    from recsys.runs import Run


class _Parser(argparse.ArgumentParser):
    """Usage errors are one line, as all our errors."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. Try --help.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        answer = chosen.command(chosen)
    except StudioError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'a file'} can't be read or written: {error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 2
    if chosen.json:
        print(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        _show(answer)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m recsys", description="From a file of interactions to an honest answer, step by step."
    )
    steps = parser.add_subparsers(required=True, metavar="STEP", parser_class=_Parser)

    inspect = _step(steps, "inspect", inspect_file, "what a file holds, and what cleaning would drop")
    add_data_arguments(inspect)

    train = _step(steps, "train", train_model, "train a model and save it as a run")
    add_data_arguments(train)
    train.add_argument("--run", required=True, type=Path, metavar="DIR", help="folder to save the run in")
    train.add_argument("--model", default=DEFAULT_MODEL, help=", ".join(entry.name for entry in MODELS))
    train.add_argument("--minutes", type=_positive, help="time to spend on training, at most")
    train.add_argument("--epochs", type=int, help="passes over the data; without it and --minutes, a rule decides")
    add_training_arguments(train)

    recommend = _step(steps, "recommend", recommend_items, "the k best items of each user, as CSV")
    _run(recommend)
    recommend.add_argument("--k", type=int, default=10)
    recommend.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    recommend.add_argument("--user", action="append", metavar="ID", help="only these users (may be repeated)")

    transfer = _step(steps, "transfer", transfer_interests, "recommend to one user with the interests of another")
    _run(transfer)
    transfer.add_argument("--target", required=True, metavar="ID")
    transfer.add_argument("--source", required=True, metavar="ID")
    how = transfer.add_mutually_exclusive_group()
    how.add_argument("--alpha", type=float, help="weight of the source, 0 … 1 (default 0.5)")
    how.add_argument("--path", action="store_true", help="every exact alpha at which the list changes")
    transfer.add_argument("--method", default="linear", metavar="NAME", help="transfer method (default linear)")
    transfer.add_argument(
        "--what", choices=["next-choice", "interests"], default="next-choice", help="what the source gives"
    )
    weights = "weights of the source's interests by group, 0 … 1: 3:0,7:0.5 (needs --what interests)"
    transfer.add_argument("--weights", default="", metavar="GROUP:WEIGHT,…", help=weights)
    transfer.add_argument("--k", type=int, default=10)
    add_candidate_arguments(transfer)

    project = _step(steps, "project", project_users, "the map of users, as CSV")
    _run(project)
    project.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    layout = "umap (default), pca, or umap-learn: the reference implementation, about six times the CPU time"
    project.add_argument("--layout", choices=["umap", "pca", "umap-learn"], default="umap", help=layout)
    project.add_argument(
        "--representation",
        choices=["interests", "next-choice"],
        default="interests",
        help="what users like over time, or what they are likely to choose next (default interests)",
    )

    evaluate = _step(steps, "evaluate", evaluate_run, "how often the held-out item is found, with intervals")
    _run(evaluate)
    _study(_step(steps, "study", study_transfer, "does transfer help users with little history?"))
    job = _step(steps, "job", run_job, "run the job that a file describes, as a worker of the app does")
    job.add_argument("file", type=Path, metavar="FILE", help="job.json, written by the app or by hand")
    job.add_argument("--home", type=Path, default=Path("workspace"), metavar="DIR", help="the app's STUDIO_HOME")
    return parser


def _study(study: argparse.ArgumentParser) -> None:
    _run(study)
    study.add_argument("--axis", choices=["users", "time", "scenarios"], default="users")
    study.add_argument("--seed", type=int, default=0)
    study.add_argument("--methods", nargs="*", metavar="NAME", help="learned methods to compare too (default: all)")


def _step(steps: Any, name: str, command: Any, help: str) -> argparse.ArgumentParser:
    step: argparse.ArgumentParser = steps.add_parser(name, help=help, description=help)
    step.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    step.set_defaults(command=command)
    return step


def _run(step: argparse.ArgumentParser) -> None:
    step.add_argument("--run", required=True, type=Path, metavar="DIR", help="a folder made by train")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 100_000:
        raise argparse.ArgumentTypeError(f"must be above 0 (got {text})")
    return value


def _open(chosen: argparse.Namespace) -> tuple[Run, Dataset]:
    from recsys.runs import load_run

    return load_run(chosen.run)


def _demand_k(k: int) -> None:
    if not 1 <= k <= 10_000:
        raise InputError("k", "must be between 1 and 10,000", k)


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
    from recsys.models.training.config import TrainConfig
    from recsys.runs import save_run, train_run

    if chosen.epochs is not None and chosen.epochs < 1:
        raise InputError("--epochs", "must be at least 1", chosen.epochs)
    dataset = load_named_data(chosen).dataset
    run = train_run(
        dataset,
        model=chosen.model,
        minutes=chosen.minutes,
        epochs=chosen.epochs,
        seed=chosen.seed,
        repeats=named_repeats(chosen, dataset),
        train_config=TrainConfig(device=chosen.device, ratings=chosen.ratings),
        holdout=chosen.holdout,
        progress=None if chosen.json else _progress,
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


def _progress(fraction: float, message: str = "", **details: object) -> None:
    print(f"\r{fraction:4.0%} {message:<70.70}", end="" if fraction < 1 else "\n", file=sys.stderr, flush=True)


def recommend_items(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `recommend`."""
    from recsys.data.export import write_csv
    from recsys.models.recommender import top_k

    _demand_k(chosen.k)
    run, dataset = _open(chosen)
    known = run.known_histories(dataset)
    users = list(range(dataset.n_users)) if chosen.user is None else [dataset.users.index(u) for u in chosen.user]
    rows: dict[str, list[Any]] = {"user_id": [], "item_id": [], "rank": [], "score": []}
    for start in range(0, len(users), 256):
        batch = users[start : start + 256]
        histories = [known[user] for user in batch]
        left_out = [dataset.left_out(user, len(known[user])) for user in batch]
        scores = run.model.scores(histories)
        for user, row, filled in zip(batch, scores, top_k(scores, chosen.k, exclude=left_out), strict=True):
            best = filled[filled > 0]
            rows["user_id"] += [dataset.users.external(user)] * len(best)
            rows["item_id"] += dataset.items.externals(best)
            rows["rank"] += range(1, len(best) + 1)
            rows["score"] += row[best].tolist()
    write_csv(rows, chosen.out)
    return {"out": str(chosen.out), "users": len(users), "rows": len(rows["rank"])}


def transfer_interests(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `transfer`."""
    from recsys.transfer import find_interests, fit_method, party_of_user, read_weights, recommend, transfer

    _demand_k(chosen.k)
    run, dataset = _open(chosen)
    known = run.known_histories(dataset)
    users = [dataset.users.index(user) for user in (chosen.target, chosen.source)]
    target, source = (party_of_user(dataset, user, history=known[user]) for user in users)
    method = fit_method(chosen.method, run.training_rows(dataset), run.model, range(dataset.n_users))
    weights = read_weights(chosen.weights)
    if weights and chosen.what != "interests":
        raise InputError("--weights", "needs --what interests", chosen.weights, "Add --what interests.")
    interests = find_interests(run.model, dataset, source) if chosen.what == "interests" else None
    among = named_candidates(chosen).among(dataset)
    pair = transfer(run.model, target, source, among=among, method=method, interests=interests, weights=weights)
    answer: dict[str, Any] = {"target": chosen.target, "source": chosen.source, "method": method.name}
    answer["what"] = chosen.what
    if interests is not None:
        answer["interests"] = interests.rows(weights)
    if chosen.path:
        steps = [
            {"from": step.start, "to": step.end, "items": dataset.items.externals(step.items)}
            for step in pair.path(chosen.k).steps
        ]
        return answer | {"k": chosen.k, "steps": steps}
    alpha = 0.5 if chosen.alpha is None else chosen.alpha
    pins, catalogue = [dataset.items.index(item) for item in chosen.pin], dataset.catalogue
    ranked = recommend(pair, alpha, chosen.k, pins=pins, per_tag=chosen.per_tag, catalogue=catalogue).rows(dataset)
    items = [{name: row[name] for name in ("item_id", "rank", "score")} for row in ranked]
    return answer | {"alpha": alpha, "items": items}


def project_users(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `project`."""
    from recsys.data.export import write_csv
    from recsys.embeddings import cluster, extract, project
    from recsys.embeddings.interests import interest_model

    run, dataset = _open(chosen)
    model = _encoder(run)
    users = extract(interest_model(model, dataset) if chosen.representation == "interests" else model, dataset).users
    projection = project(users, method=chosen.layout)
    labels = cluster(users).labels
    rows = {
        "user_id": list(dataset.users.ids),
        "x": projection.points[:, 0].tolist(),
        "y": projection.points[:, 1].tolist(),
        "cluster": labels.tolist(),
    }
    write_csv(rows, chosen.out)
    return {
        "out": str(chosen.out),
        "users": dataset.n_users,
        "representation": chosen.representation,
        "method": projection.method,
    }


def _encoder(run: Run) -> Encoder:
    from recsys.models.recommender import Encoder

    if not isinstance(run.model, Encoder):
        fix = f"Train with {' or '.join(TRAINABLE)}."
        raise InputError("the run's model", "must have user embeddings", run.model.name, fix)
    return run.model


def evaluate_run(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `evaluate`."""
    from recsys.evaluation import evaluate_models

    run, dataset = _open(chosen)
    split = run.split(dataset)
    report = evaluate_models(run.models | run.parts, split.test, split.train, parts=tuple(run.parts))
    return {"verdict": report.verdict, **report.to_json()}


def study_transfer(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `study`."""
    from recsys.evaluation.evaluate import no_progress
    from recsys.evaluation.study.transfer_study import transfer_study

    _, dataset = _open(chosen)
    only = None if chosen.methods is None else [name.replace("_", " ") for name in chosen.methods]
    progress = no_progress if chosen.json else _progress
    keep = chosen.run / "study"  # a study that was stopped continues from there
    study = transfer_study(dataset, chosen.axis, seed=chosen.seed, only=only, keep=keep, progress=progress)
    answer: dict[str, Any] = study.to_json()
    return answer


def run_job(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `job`."""
    from recsys.jobs.runner import run_file

    return run_file(chosen.file, chosen.home, None if chosen.json else _progress)


def _show(answer: Mapping[str, Any], indent: str = "") -> None:
    for name, value in answer.items():
        if isinstance(value, Mapping):
            print(f"{indent}{name}:")
            _show(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            print(f"{indent}{name}:")
            for row in value:
                print(f"{indent}  " + "  ".join(f"{key}={one}" for key, one in row.items()))
        else:
            print(f"{indent}{name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
