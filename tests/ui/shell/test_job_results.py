"""Large results of jobs are opened once for all visitors, as long as they are on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recsys.jobs import values
from recsys.jobs.description import JobDescription
from recsys.jobs.values import save_value
from recsys.workspace import Workspace
from ui.shell.job_results import opened_result

JOB = JobDescription("d" * 24, "evaluate", "a" * 32)


def test_a_large_result_is_opened_once_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    result = save_value({"quality": (0.1, 0.2)}, JOB, workspace)
    found = opened_result(result, workspace)
    monkeypatch.setattr(values, "_decoded", None)  # it is not read again
    assert found == {"quality": (0.1, 0.2)} and opened_result(dict(result), workspace) is found


def test_a_small_result_is_what_it_is(tmp_path: Path) -> None:
    assert opened_result([0.1, 0.2], Workspace(tmp_path)) == [0.1, 0.2]
    assert opened_result(None, Workspace(tmp_path)) is None


def test_one_that_newer_ones_have_replaced_is_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    result = save_value({"quality": 0.1}, JOB, workspace)
    shutil.rmtree(tmp_path / "results")
    assert opened_result(result, workspace) is None
    save_value({"quality": 0.3}, JOB, workspace)
    assert opened_result(result, workspace) == {"quality": 0.3}, "that it was gone is not remembered"
