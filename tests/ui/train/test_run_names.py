"""Names of new runs: none repeats one that is there, or that may come back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from recsys.runs import TrainingPlan
from recsys.workspace import Workspace
from tests.conftest import planted_dataset
from ui.train import jobs
from ui.train.jobs import new_run_name


def test_a_blank_name_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space, data = Workspace(tmp_path).space("a" * 32), planted_dataset()
    page = SimpleNamespace(space=space, dataset_id="d" * 24)
    monkeypatch.setattr(jobs, "launch", lambda _page, entry_id: entry_id)
    for name in ("", "   ", " mine "):
        jobs.start(page, data, TrainingPlan(name=name))  # type: ignore[arg-type]
    names = [entry.name for entry in reversed(space.entries("training"))]
    assert names == ["Run 1 on planted", "Run 2 on planted", "mine"]
    assert [jobs.read(space, entry.id).plan.name for entry in reversed(space.entries("training"))] == names


def test_after_a_deletion_no_new_run_has_the_name_of_another(tmp_path: Path) -> None:
    space, data = Workspace(tmp_path).space("a" * 32), planted_dataset()

    def saved(kind: str) -> str:
        return space.save_json(kind, new_run_name(space, data), {}).id

    first, second = saved("run"), saved("run")
    space.delete(first)
    saved("run")
    space.delete(second)
    saved("training")
    saved("run")
    space.restore(first)
    space.restore(second)
    names = [entry.name for kind in ("run", "training") for entry in space.entries(kind)]
    assert len(set(names)) == len(names) == 5, names
