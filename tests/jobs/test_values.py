"""Large results on disk: a report comes back as it was, and nothing but known classes goes in."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.errors import ArtifactError, InputError
from recsys.evaluation import evaluate_models
from recsys.jobs import values
from recsys.jobs.description import JobDescription
from recsys.jobs.values import is_kept, load_value, save_value
from recsys.models.baselines.popularity import Popularity
from recsys.wording import Message
from recsys.workspace import Workspace

JOB = JobDescription("c" * 24, "protocol", "a" * 32)


def same(one: Any, other: Any) -> bool:
    """Whether two values are of the same types and equal, arrays and NaN included."""
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return repr(one) == repr(other)


def test_a_report_comes_back_as_it_was(planted: Dataset, tmp_path: Path) -> None:
    workspace, split = Workspace(tmp_path), leave_one_out(planted)
    names = ("one", Message("{model} of {run}", model="Popularity", run="another run"))
    report = evaluate_models({name: Popularity.fit(split.train) for name in names}, split.test, split.train, (5, 10))
    result = save_value(report, JOB, workspace)
    found = load_value(result, workspace)
    assert same(found, report) and found.names[1].values == names[1].values, "to be worded by who shows it"  # type: ignore[attr-defined]
    assert not found.users.flags.writeable


def test_the_newest_values_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "KEPT", 3)
    workspace, results = Workspace(tmp_path), []
    for number in range(5):
        results.append(save_value({"n": number}, replace(JOB, id=f"{number}" * 24), workspace))
        os.utime(workspace.root / "results" / results[-1]["value"], (number, number))
    assert [is_kept(result, workspace) for result in results] == [False, False, True, True, True]
    assert load_value(results[4], workspace) == {"n": 4}
    with pytest.raises(ArtifactError, match="the result of the job can't be read"):
        load_value(results[0], workspace)
    with pytest.raises(InputError, match="24 to 32 hex digits"):
        load_value({"value": "../" * 9}, workspace)
    assert not is_kept(None, workspace) and not is_kept({"run": "r"}, workspace) and not is_kept([0.1], workspace)


@pytest.mark.parametrize(
    "value", [object(), {"a": Path()}, (JOB,), np.array([object()])], ids=["object", "path", "tuple", "array"]
)
def test_other_objects_are_refused(value: object, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises((TypeError, ValueError)):
        load_value(save_value(value, JOB, workspace), workspace)
