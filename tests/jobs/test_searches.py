"""The job that searches for better settings: its reports, its result, and that a stopped one continues."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import perform, write_description
from recsys.jobs.parts import parts_of
from recsys.jobs.progress import JobStopped, Progress, Report
from recsys.jobs.runner import run_file
from recsys.runs.tuning import SEARCH_TRIALS, SearchPlan, SearchResult, unfinished_searches
from recsys.runs.tuning.sampler import FIRST
from recsys.workspace import Workspace, new_id, read_content
from tests.conftest import planted_dataset
from tests.runs.test_tuning import BASE

ANN = "a" * 32
PLAN = SearchPlan(BASE, ("learning_rate",), trials=2)


def test_a_stopped_search_continues_and_ends_with_the_result_of_an_undisturbed_one(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    space, data = workspace.space(ANN), planted_dataset(users=30)
    saved = space.save_dataset(data)
    job = JobDescription(new_id(), "tune", ANN, dataset=saved.id, settings={"search": PLAN.to_json()})
    stop, reports = threading.Event(), list[Report]()

    def receive(report: Report) -> None:
        reports.append(report)
        if report.message.startswith("Trial 2 of 2: epoch 1"):
            stop.set()

    with pytest.raises(JobStopped):
        perform(job, workspace, Progress(receive, stop))
    assert not space.entries("search") and reports[-1].details["trials"][0]["state"] == "done"
    (unfinished,) = unfinished_searches(space.folder / SEARCH_TRIALS, data.fingerprint)
    assert unfinished.plan == PLAN and len(unfinished.trials) == 1

    told: list[Any] = []
    answer = run_file(
        write_description(job, workspace), tmp_path, lambda fraction, message: told.append((fraction, message))
    )
    (entry,) = space.entries("search")
    assert answer["result"] == {"search": entry.id} and entry.name == "2 trials on planted"
    assert not any("Trial 1 of 2" in message for _, message in told), "the first trial was kept"
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    found = SearchResult.from_json(read_content(space.path(entry.id)))
    assert entry.meta["level"] == found.level and entry.meta["fingerprint"] == data.fingerprint
    assert not unfinished_searches(space.folder / SEARCH_TRIALS, data.fingerprint)


def searched(workspace: Workspace, owner: str, plan: SearchPlan, in_parts: bool) -> tuple[SearchResult, list[str]]:
    """A search on small data, and what it said beside its parts."""
    space, said = workspace.space(owner), list[str]()
    saved = space.save_dataset(planted_dataset(users=30))
    job = JobDescription(new_id(), "tune", owner, dataset=saved.id, settings={"search": plan.to_json()})
    progress = Progress(lambda report: said.append(str(report.message)), threading.Event())
    for part in reversed(parts_of(job, workspace)) if in_parts else ():
        perform(part, workspace, progress)
    said.clear()
    found = perform(job, workspace, progress)["search"]
    return SearchResult.from_json(read_content(space.path(found))), said


def test_a_search_in_parts_has_the_result_of_one_without(tmp_path: Path) -> None:
    """Each part does its own trials, in any order; the search takes them up and goes on after them."""
    workspace, plan = Workspace(tmp_path), replace(PLAN, trials=FIRST + 2)
    alone, _ = searched(workspace, ANN, plan, False)
    together, said = searched(workspace, "b" * 32, plan, True)
    for one, other in zip(alone.trials, together.trials, strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)
    assert (alone.best, alone.test, alone.validation) == (together.best, together.test, together.validation)
    begun = {words.split(":")[0] for words in said if words.startswith("Trial")}
    assert begun == {f"Trial {number} of {plan.trials}" for number in (FIRST + 1, FIRST + 2)}
    kept = {path.name for path in (workspace.space("b" * 32).folder / SEARCH_TRIALS).glob("*/attention/weights-*")}
    assert kept == {"weights-000", f"weights-{together.best:03d}"}, "of the others no weights stay"


def test_a_time_limit_ends_no_trial_that_a_part_has_made(tmp_path: Path) -> None:
    found, said = searched(Workspace(tmp_path), ANN, replace(PLAN, trials=FIRST + 2, seconds=1e-6), True)
    assert len(found.of_model) == FIRST and not any(words.startswith("Trial") for words in said)
