"""Runs compared by run.json, without opening their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recsys.errors import DAMAGED_FILE, ArtifactError
from recsys.runs.content import read_content
from recsys.wording import Message


@dataclass(frozen=True, eq=False)
class RunCard:
    """The content of run.json.

    Attributes as in `Run`; `model` is a name, `settings_of_baselines` is what a run calls `settings`.
    """

    id: str
    name: str
    dataset_fingerprint: str
    holdout: str
    model: str
    reports: tuple[Mapping[str, Any], ...]
    validation: Mapping[str, Mapping[str, float]]
    config: Mapping[str, Any]
    seconds: float
    created: str
    settings_of_baselines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def baselines(self) -> dict[str, Mapping[str, float]]:
        """The part of `validation` that is of the baselines."""
        return {name: quality for name, quality in self.validation.items() if name != self.model}

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting by name, flat: of the model, of training, and the item features."""
        flat: dict[str, Any] = {"model": self.model, "holdout": self.holdout}
        for name, value in self.config.items():
            flat |= value if isinstance(value, Mapping) else {name: value}
        return flat


def read_card(folder: Path) -> RunCard:
    """Reads run.json alone. Raises ArtifactError when it is missing or damaged."""
    try:
        content = read_content(folder)
        return RunCard(
            id=str(content["id"]),
            name=str(content["name"]),
            dataset_fingerprint=str(content["dataset_fingerprint"]),
            holdout=str(content["holdout"]),
            model=str(content["model"]),
            reports=tuple(content["reports"]),
            validation=content["validation"],
            config=dict(content["config"]),
            seconds=float(content["seconds"]),
            created=str(content["created"]),
            settings_of_baselines=content["settings"],
            evidence=content["evidence"],
        )
    except DAMAGED_FILE as error:
        raise ArtifactError(
            Message("the run in {folder}", folder=Path(folder).name),
            "is damaged",
            type(error).__name__,
            "Train it again.",
        ) from error


def differences(cards: Sequence[RunCard]) -> dict[str, list[Any]]:
    """The settings in which runs differ: {setting: its value in each run, None where a run has no such setting}."""
    settings = [card.settings for card in cards]
    names = dict.fromkeys(name for each in settings for name in each)
    values = {name: [each.get(name) for each in settings] for name in names}
    return {name: row for name, row in values.items() if any(value != row[0] for value in row[1:])}
