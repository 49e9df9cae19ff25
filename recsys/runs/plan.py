"""What a training is to do: small, frozen, and saved as JSON so that it can continue after a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recsys.data.repeats import LEAVE_OUT, RepeatRule
from recsys.errors import InputError
from recsys.models.attention.config import AttentionConfig
from recsys.models.table import DEFAULT_MODEL, FittedModel, model_entry
from recsys.models.trainable import ModelConfig
from recsys.models.training.config import TrainConfig
from recsys.wording import Message

HOLDOUTS = ("none", "last-one")
BASELINES_BESIDE = ("popularity", "item-knn", "markov")  # trained beside every model; Markov is the hardest to beat
AGAIN = "recent-items"  # the baseline of data in which items are chosen again


@dataclass(frozen=True)
class TrainingPlan:
    """The model, how it is trained, and what is done beside it.

    Attributes:
        model: the config of a trainable model, or the name of one that is fitted at once.
        name: of the run; "" for one made from model and data.
        holdout: "last-one" or "none", see `Run`.
        baselines: names of those trained beside the model.
        text: item text model: "auto" (the offline sentence encoder, else TF-IDF), "tf-idf", a model's folder or name,
            or "" for none.
        repeats: whether already chosen items may be recommended again. The training is of `Dataset.repeats`, which it
            replaces, and the run keeps it.
    """

    model: ModelConfig | FittedModel = field(default_factory=AttentionConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    name: str = ""
    holdout: str = "last-one"
    baselines: tuple[str, ...] = BASELINES_BESIDE
    text: str = "auto"
    repeats: RepeatRule = LEAVE_OUT

    def __post_init__(self) -> None:
        if self.holdout not in HOLDOUTS:
            raise InputError("holdout", Message("must be one of {names}", names=", ".join(HOLDOUTS)), self.holdout)

    @property
    def beside(self) -> tuple[str, ...]:
        """The baselines, with the one that recommends recent items again where the rule allows that."""
        wanted = self.repeats.allows and self.baselines and AGAIN not in (*self.baselines, self.model.name)
        return (*self.baselines, AGAIN) if wanted else self.baselines

    def to_json(self) -> dict[str, Any]:
        return {
            "model_name": self.model.name,
            "model": self.model.to_json(),
            "train": self.train.to_json(),
            "name": self.name,
            "holdout": self.holdout,
            "baselines": list(self.baselines),
            "text": self.text,
        } | ({"repeats": self.repeats.text} if self.repeats.allows else {})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainingPlan:
        """Reads plans of earlier versions too, which name no model and no rule for already chosen items.

        Raises:
            InputError, KeyError, TypeError: `values` is not what `to_json` gave.
        """
        names: Sequence[str] = values["baselines"]
        return cls(
            model_entry(values.get("model_name", DEFAULT_MODEL)).read_config(dict(values["model"])),
            TrainConfig.from_json(dict(values["train"])),
            str(values["name"]),
            str(values["holdout"]),
            tuple(names),
            str(values["text"]),
            RepeatRule.parse(str(values.get("repeats", LEAVE_OUT.text))),
        )
