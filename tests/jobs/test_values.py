"""Large results on disk: a report comes back as it was, and nothing but known classes goes in."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.evaluation import evaluate_models
from recsys.jobs.description import JobDescription
from recsys.jobs.values import save_value, take_value
from recsys.models.baselines.popularity import Popularity
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
    models = {name: Popularity.fit(split.train) for name in ("one", "other")}
    report = evaluate_models(models, split.test, split.train, (5, 10))
    save_value(report, JOB, workspace)
    assert same(take_value(JOB, workspace), report)
    assert not any((workspace.root / "results").iterdir()), "it is taken once"


@pytest.mark.parametrize(
    "value", [object(), {"a": Path()}, (JOB,), np.array([object()])], ids=["object", "path", "tuple", "array"]
)
def test_other_objects_are_refused(value: object, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises((TypeError, ValueError)):
        save_value(value, JOB, workspace)
        take_value(JOB, workspace)
