"""run.json, read with the names of today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.models.table import EARLIER_NAMES, current_name


def read_content(folder: Path) -> dict[str, Any]:
    """What run.json holds, with earlier names of models replaced. Raises any of DAMAGED_FILE."""
    content: dict[str, Any] = json.loads((Path(folder) / "run.json").read_text("utf-8"))
    content["model"] = current_name(content["model"])
    content["baselines"] = [current_name(name) for name in content["baselines"]]
    for part in ("validation", "settings"):
        content[part] = {current_name(name): dict(values) for name, values in content.get(part, {}).items()}
    content["reports"] = [_renamed(report) for report in content["reports"]]
    content["evidence"] = _renamed(content.get("evidence", {}))
    return content


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the name of today in "comparison"."""
    comparison = values.get("comparison")
    if not comparison:
        return dict(values)
    return {**values, "comparison": {**comparison, "baseline": current_name(comparison["baseline"])}}


def model_folder(run: Path, name: str) -> Path:
    """Where a run holds a model; runs of earlier versions have the model's earlier name."""
    names = [name, *(earlier for earlier, current in EARLIER_NAMES.items() if current == name)]
    return next((run / "models" / each for each in names if (run / "models" / each).is_dir()), run / "models" / name)
