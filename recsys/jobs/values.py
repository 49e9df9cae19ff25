"""Large results of jobs, on disk between the process that made them and the app, as JSON and arrays.

root/results/<job>/value.json      the value, in which an array is a number
root/results/<job>/arrays.npz      the arrays
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from recsys.files import replacing
from recsys.jobs.description import JobDescription
from recsys.workspace import Workspace

CLASSES = {
    "Report": "recsys.evaluation.report",
    "ModelResult": "recsys.evaluation.report",
    "Estimate": "recsys.metrics.uncertainty",
    "Comparison": "recsys.metrics.uncertainty",
    "RepeatStatistics": "recsys.metrics.repeats",
}
"""The dataclasses that a value may hold, and their modules."""


def save_value(value: Any, job: JobDescription, workspace: Workspace) -> None:
    """Writes a value of dataclasses, containers, texts, numbers and arrays. Raises TypeError for anything else."""
    arrays: list[np.ndarray] = []
    content = _encoded(value, arrays)
    with replacing(_folder(job, workspace)) as building:
        (building / "value.json").write_text(json.dumps(content), "utf-8")
        np.savez(building / "arrays.npz", *arrays)


def take_value(job: JobDescription, workspace: Workspace) -> Any:
    """Reads a job's value and removes its files."""
    folder = _folder(job, workspace)
    try:
        content = json.loads((folder / "value.json").read_text("utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            return _decoded(content, arrays)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder(job: JobDescription, workspace: Workspace) -> Path:
    return workspace.root / "results" / job.id


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    """JSON values; each container is {its kind: its content}."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {"mapping": [[_encoded(key, arrays), _encoded(each, arrays)] for key, each in value.items()]}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [_encoded(each, arrays) for each in value]}
    name = type(value).__name__
    if not is_dataclass(value) or CLASSES.get(name) != type(value).__module__:
        raise TypeError(f"a result must consist of known dataclasses, numbers and arrays, not of {name}")
    return {name: {field.name: _encoded(getattr(value, field.name), arrays) for field in fields(value)}}


def _decoded(content: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(content, dict):
        return content
    ((kind, inner),) = content.items()
    if kind == "array":
        return arrays[f"arr_{inner}"]
    if kind == "mapping":
        return {_decoded(key, arrays): _decoded(each, arrays) for key, each in inner}
    if kind in ("tuple", "list"):
        values = [_decoded(each, arrays) for each in inner]
        return tuple(values) if kind == "tuple" else values
    made = getattr(import_module(CLASSES[kind]), kind)
    return made(**{name: _decoded(each, arrays) for name, each in inner.items()})
