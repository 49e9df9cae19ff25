"""Large results of jobs, on disk between the process that made them and the app, as JSON and arrays.

    root/results/<job>/value.json      the value, in which an array is a number
    root/results/<job>/arrays.npz      the arrays
    root/results/<job>/runs.json       the ids of the runs that it was computed from

Such a job returns {"value": its id}. The files last until the next start of the server, those of the newest jobs only,
or until a run of theirs is deleted for good: what is asked for again is computed again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from recsys.errors import DAMAGED_FILE, ArtifactError
from recsys.files import replacing
from recsys.jobs.description import JobDescription, check_id
from recsys.wording import Message, from_json, to_json
from recsys.workspace import Workspace

CLASSES = {
    "Report": "recsys.evaluation.report",
    "ModelResult": "recsys.evaluation.report",
    "QualityOverAlpha": "recsys.evaluation.quality_over_alpha",
    "Estimate": "recsys.metrics.uncertainty",
    "Comparison": "recsys.metrics.uncertainty",
    "RepeatStatistics": "recsys.metrics.repeats",
    "DeletionStudy": "recsys.explain.attention",
    "Projection": "recsys.embeddings.projection",
    "Quality": "recsys.embeddings.projection_quality",
}
"""The dataclasses that a value may hold, and their modules."""
KEPT = 200  # results


def save_value(value: Any, job: JobDescription, workspace: Workspace) -> dict[str, str]:
    """Writes a value of dataclasses, containers, texts, numbers and arrays. Returns what `load_value` finds it by.

    Raises TypeError for anything else.
    """
    arrays: list[np.ndarray] = []
    content, folder = _encoded(value, arrays), _folder(job.id, workspace)
    with replacing(folder) as building:
        (building / "value.json").write_text(json.dumps(content), "utf-8")
        np.savez(building / "arrays.npz", *arrays)
        (building / "runs.json").write_text(json.dumps(_runs(job)), "utf-8")
    _remove_oldest(folder.parent)
    return {"value": job.id}


def is_kept(result: Any, workspace: Workspace) -> bool:
    """Whether a job has returned a large result, and it is still on disk."""
    return isinstance(result, dict) and "value" in result and _folder(result["value"], workspace).is_dir()


def load_value(result: Mapping[str, str], workspace: Workspace) -> Any:
    """Reads the value of a job that returned `result`; its arrays are read-only.

    Raises ArtifactError where it is no longer there, or damaged.
    """
    folder = _folder(result["value"], workspace)
    try:
        content = json.loads((folder / "value.json").read_text("utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            return _decoded(content, arrays)
    except DAMAGED_FILE as error:
        raise ArtifactError("the result of the job", "can't be read", type(error).__name__, "Try again.") from error


def _runs(job: JobDescription) -> list[str]:
    """The ids of the runs that a job works on."""
    return [run for run in (job.run, *(str(other) for other, _ in job.settings.get("compared", ()))) if run]


def _folder(job_id: str, workspace: Workspace) -> Path:
    return workspace.root / "results" / check_id(job_id)


def _remove_oldest(parent: Path) -> None:
    """Removes all results but the newest ones; another process may do the same."""
    times = {}
    for folder in parent.iterdir():
        with suppress(OSError):
            times[folder] = folder.stat().st_mtime
    for folder in sorted(times, key=times.__getitem__)[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    """JSON values; each container is {its kind: its content}."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, Message):
        return {"message": to_json(value)}
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
        array: np.ndarray = arrays[f"arr_{inner}"]
        array.flags.writeable = False
        return array
    if kind == "message":
        return from_json(inner)
    if kind == "mapping":
        return {_decoded(key, arrays): _decoded(each, arrays) for key, each in inner}
    if kind in ("tuple", "list"):
        values = [_decoded(each, arrays) for each in inner]
        return tuple(values) if kind == "tuple" else values
    made = getattr(import_module(CLASSES[kind]), kind)
    return made(**{name: _decoded(each, arrays) for name, each in inner.items()})
