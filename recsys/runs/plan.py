"""What somebody asks of a training: small, frozen, and kept as JSON so that it can go on after a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recsys.errors import InputError
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig

HOLDOUTS = ("none", "last-one")
BASELINES_BESIDE = (
    "popularity",
    "item-knn",
    "markov",
)  # trained beside every model; markov is the one that is hard to beat


@dataclass(frozen=True)
class TrainingPlan:
    """Configs of the attention model, and what is done around it.

    Args:
        name: of the run; "" for one made from model and data.
        holdout: "last-one" or "none", see `Run`.
        baselines: names of those trained beside it.
        text: who reads the items: "auto" (the offline sentence encoder, else TF-IDF), "tf-idf", a model's folder or
            name, or "" for nobody.
    """

    model: AttentionConfig = field(default_factory=AttentionConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    name: str = ""
    holdout: str = "last-one"
    baselines: tuple[str, ...] = BASELINES_BESIDE
    text: str = "auto"

    def __post_init__(self) -> None:
        if self.holdout not in HOLDOUTS:
            raise InputError("holdout", f"must be one of {', '.join(HOLDOUTS)}", self.holdout)

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model.to_json(),
            "train": self.train.to_json(),
            "name": self.name,
            "holdout": self.holdout,
            "baselines": list(self.baselines),
            "text": self.text,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainingPlan:
        """Raises InputError, KeyError or TypeError where `values` is not what `to_json` gave."""
        names: Sequence[str] = values["baselines"]
        return cls(
            AttentionConfig.from_json(dict(values["model"])),
            TrainConfig.from_json(dict(values["train"])),
            str(values["name"]),
            str(values["holdout"]),
            tuple(names),
            str(values["text"]),
        )
