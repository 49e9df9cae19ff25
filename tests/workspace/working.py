"""A worker that may be killed at any moment: `python -m tests.workspace.working HOME`.

It does what a server does for one user — save data, train with a checkpoint, save the run — and goes on from whatever
an earlier, killed worker left behind. Prints a line when it begins, and the finished run's validation.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from recsys.data.storage import load_dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig
from recsys.runs import execute, load_run
from recsys.runs.plan import TrainingPlan
from recsys.workspace import Space, Workspace
from tests.conftest import planted_dataset

SPACE_ID = "a" * 32
PLAN = TrainingPlan(
    AttentionConfig(embedding_size=16, layers=1), TrainConfig(epochs=12, batch_size=256), baselines=("popularity",)
)


def everything_opens(space: Space) -> None:
    """Every entry listed is whole; nothing is damaged."""
    assert not space.damaged(), space.damaged()
    for entry in space.entries():
        if entry.kind == "dataset":
            assert load_dataset(space.path(entry.id)).n_users == 120
        if entry.kind == "run":
            load_run(space.path(entry.id))


def work(home: Path) -> dict[str, float]:
    """From the last whole state to a finished run; its validation figures."""
    workspace = Workspace(home)
    workspace.sweep()
    space = workspace.space(SPACE_ID)
    everything_opens(space)
    print("begun", flush=True)
    if not space.entries("dataset"):
        space.save_dataset(planted_dataset())
    dataset = load_dataset(space.path(space.entries("dataset")[0].id))
    if not space.entries("training"):
        space.save_json("training", "it", PLAN.to_json())
    checkpoint = space.path(space.entries("training")[0].id) / "checkpoint"
    run = execute(dataset, PLAN, checkpoint=checkpoint, threads=1)
    space.save_run(run, dataset)
    return {name: round(value, 12) for name, value in run.validation["attention"].items()}


if __name__ == "__main__":
    print(json.dumps(work(Path(sys.argv[1]))))
