"""Copies of what an equal job of another owner made: nothing that the other owner has named comes with them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import perform
from recsys.jobs.progress import Progress
from recsys.runs import TrainingPlan, load_run, run_digest
from recsys.runs.tuning import SEARCH_TRIALS, KeptTrials, SearchPlan, search_settings, unfinished_searches
from recsys.workspace import Space, Workspace, new_id, read_content
from tests.conftest import planted_dataset
from tests.runs.test_tuning import BASE

ANN, BOB = "a" * 32, "b" * 32
SEARCH = SearchPlan(BASE, ("learning_rate",), trials=2)


def done(workspace: Workspace, kind: str, owner: str, equal: Any = None, **settings: Any) -> Any:
    """The result of a job of Ann or Bob on the same rows, which each has under a name of their own."""
    data = replace(planted_dataset(users=30), name="mine" if owner == BOB else "Thesis Ann")
    saved = workspace.space(owner).save_dataset(data)
    job = JobDescription(new_id(), kind, owner, dataset=saved.id, settings=settings)
    return perform(job, workspace, Progress(lambda report: None, threading.Event(), equal))


def tells_of_ann(space: Space) -> bool:
    """Whether any file of a space holds a name that Ann has given."""
    return any(b"Ann" in file.read_bytes() for file in space.folder.rglob("*.json"))


def test_the_copy_of_a_run_has_the_names_of_its_own_owner(tmp_path: Path) -> None:
    workspace, plan = Workspace(tmp_path), TrainingPlan(model=BASE.model, train=BASE.train, baselines=()).to_json()
    ann, bob = workspace.space(ANN), workspace.space(BOB)
    first = done(workspace, "train", ANN, plan=plan, name="Thesis Ann")
    second = done(workspace, "train", BOB, first, plan=plan)
    assert bob.get(second["run"]).name == "Self-attention on mine" and not tells_of_ann(bob) and tells_of_ann(ann)
    assert load_run(bob.path(second["run"]))[1].name == "mine"
    assert run_digest(bob.path(second["run"])) == run_digest(ann.path(first["run"])), "their evaluations are shared"
    third = done(workspace, "train", BOB, first, plan=plan, name="my run")
    assert bob.get(third["run"]).name == load_run(bob.path(third["run"]))[0].name == "my run"


def test_the_search_of_an_equal_job_is_copied_and_one_that_was_stopped_is_finished(tmp_path: Path) -> None:
    workspace, settings = Workspace(tmp_path), {"search": SEARCH.to_json()}
    ann, bob = workspace.space(ANN), workspace.space(BOB)
    first = done(workspace, "tune", ANN, **settings)
    ann.rename(first["search"], "Thesis Ann")
    data = planted_dataset(users=30)
    next(iter(search_settings(data, SEARCH, KeptTrials.of(bob.folder / SEARCH_TRIALS, SEARCH, data))))
    assert unfinished_searches(bob.folder / SEARCH_TRIALS, data.fingerprint)
    second = done(workspace, "tune", BOB, first, **settings)
    copied, (dataset,) = bob.get(second["search"]), bob.entries("dataset")
    assert (copied.name, copied.meta["dataset"]) == ("2 trials on mine", dataset.id) and not tells_of_ann(bob)
    assert read_content(bob.path(copied.id)) == read_content(ann.path(first["search"])), "nothing is trained anew"
    assert not unfinished_searches(bob.folder / SEARCH_TRIALS, data.fingerprint)
    ann.delete(first["search"])
    again = done(workspace, "tune", BOB, first, **settings)
    assert again != second and bob.get(again["search"]).name == "2 trials on mine", "searched where it is deleted"
