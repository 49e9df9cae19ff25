"""How a model is trained, whatever it is: one flat, frozen config. `None` means: by rule, from the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from recsys.data.dataset import Dataset
from recsys.errors import InputError


@dataclass(frozen=True)
class TrainConfig:
    """How the model is trained."""

    epochs: int | None = None  # passes over the data (at most 250 batches each); by rule from the size of the data
    minutes: float | None = (
        None  # instead of epochs: as many as fit in this time (a probe tells), at most 1.5 times the rule's
    )
    learning_rate: float = 4e-3  # peak; 100 steps of warm-up, then a cosine down to 5%
    batch_size: int | None = None  # items read in one step (not people); by rule 256 … 2,560
    negatives: int = 1024  # items each choice is compared with, drawn anew for each batch
    weight_decay: float = 0.0  # shrinks the network's matrices
    patience: int | None = None  # stop after so many epochs without a better validation; None: never
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("epochs", self.epochs, 1, 100_000)
        check_range("minutes", self.minutes, 0.01, 100_000)
        check_range("learning_rate", self.learning_rate, 1e-6, 1.0)
        check_range("batch_size", self.batch_size, 32, 1_000_000)
        check_range("negatives", self.negatives, 1, 1_000_000)
        check_range("weight_decay", self.weight_decay, 0.0, 10.0)
        check_range("patience", self.patience, 1, 100_000)
        check_range("seed", self.seed, 0, 2**32 - 1)

    def fitted(self, dataset: Dataset) -> TrainConfig:
        """The same config with batch_size filled by rule: a fortieth of the interactions, 256 … 2,560.

        So a pass over small data still takes 40 steps.
        """
        return replace(self, batch_size=self.batch_size or int(min(max(dataset.n_interactions / 40, 256), 2560)))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TrainConfig:
        """Raises InputError at a field this version does not know."""
        return cls(**known_fields(cls, values))


def known_fields(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - {f.name for f in fields(cls)}
    if unknown:
        raise InputError(cls.__name__, "must only have fields of this version", sorted(unknown))
    return values


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InputError(name, f"must be between {low:,} and {high:,}", value, "Use a value in that range.")


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(name, f"must be one of {', '.join(allowed)}", value)
