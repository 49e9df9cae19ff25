"""Users on a map: project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.commands.steps import add_run, add_step, open_run
from recsys.errors import InputError
from recsys.models.table import TRAINABLE

if TYPE_CHECKING:
    from recsys.models.recommender import Encoder
    from recsys.runs import Run


def add(steps: Any) -> None:
    """Describes the command."""
    project = add_step(
        steps, "project", project_users, "the map of users, as CSV",
        "project --run runs/first --out map.csv",
        "project --run runs/first --out map.csv --layout pca --representation next-choice",
    )  # fmt: skip
    add_run(project)
    project.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    layout = "umap (default), pca, or umap-learn: the reference implementation, about six times the CPU time"
    project.add_argument("--layout", choices=["umap", "pca", "umap-learn"], default="umap", help=layout)
    project.add_argument(
        "--representation",
        choices=["interests", "next-choice"],
        default="interests",
        help="what users like over time, or what they are likely to choose next (default interests)",
    )


def project_users(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `project`."""
    from recsys.data.export import write_csv
    from recsys.embeddings import cluster, extract, project
    from recsys.embeddings.interests import interest_model

    run, dataset = open_run(chosen)
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
