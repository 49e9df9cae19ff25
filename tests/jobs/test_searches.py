"""The job that searches for better settings: its reports, its result, and that a stopped one continues."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from recsys.jobs.description import JobDescription
from recsys.jobs.kinds import perform, write_description
from recsys.jobs.progress import JobStopped, Progress, Report
from recsys.jobs.runner import run_file
from recsys.runs.tuning import SEARCH_TRIALS, SearchPlan, SearchResult, unfinished_searches
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
