"""Two flat, frozen configs: the shape of the model, and how it is trained. `None` means: by rule, from the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from recsys.data.dataset import Dataset
from recsys.errors import InputError

Objective = Literal["causal", "masked"]

_EARLIER_NAMES = {
    "flavour": "objective",
    "blocks": "layers",
    "context": "max_length",
    "expansion": "feed_forward_ratio",
}


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the attention model."""

    objective: Objective = (
        "causal"  # next item from those before it (GPT), or "masked": hidden items from both sides (BERT)
    )
    embedding_size: int | None = None  # numbers per item and per person; by rule 32 … 128
    layers: int = 2  # attention + feed-forward, one after the other
    heads: int = 1  # ways of attending side by side; divides embedding_size
    max_length: int | None = None  # items the model reads at once, the newest; by rule 20 … 100
    dropout: float | None = None  # share of activations silenced in training (and half of it: items skipped); .1 … .4
    feed_forward_ratio: int = 4  # width of the feed-forward layer in embedding sizes
    markov: bool = True  # add the Markov scores to the network's, with a weight found on validation people

    def __post_init__(self) -> None:
        _choice("objective", self.objective, get_args(Objective))
        _range("embedding_size", self.embedding_size, 4, 1024)
        _range("layers", self.layers, 1, 12)
        _range("heads", self.heads, 1, 16)
        _range("max_length", self.max_length, 2, 1000)
        _range("dropout", self.dropout, 0.0, 0.9)
        _range("feed_forward_ratio", self.feed_forward_ratio, 1, 8)
        if self.embedding_size is not None and self.embedding_size % self.heads:
            raise InputError("heads", f"must divide embedding_size {self.embedding_size}", self.heads)

    def fitted(self, dataset: Dataset) -> ModelConfig:
        """The same config with every `None` filled by rule.

        embedding_size grows with the interactions it is learned from: 32 below 30,000, 64 up to 3 million, else 96.
        max_length covers four average histories, 20 … 50 items. dropout falls as the data grow: .4 where there are
        under 5 interactions per item, .1 from 100 on, in between .2, or .3 with 64 numbers or more, which overfit
        sooner.
        """
        n, per_item = dataset.n_interactions, dataset.n_interactions / max(dataset.n_items, 1)
        size = self.embedding_size or (32 if n < 30_000 else 64 if n < 3_000_000 else 96)
        mean = n / max(dataset.n_users, 1)
        max_length = self.max_length or int(min(max(4 * mean, 20), 50))
        dropout = self.dropout
        if dropout is None:
            dropout = 0.4 if per_item < 5 else 0.1 if per_item >= 100 else 0.2 if size < 64 else 0.3
        return replace(self, embedding_size=size, max_length=max_length, dropout=dropout)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ModelConfig:
        """Reads the names of earlier versions too. Raises InputError at a field that no version knows."""
        return cls(**_known(cls, {_EARLIER_NAMES.get(name, name): value for name, value in values.items()}))


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
        _range("epochs", self.epochs, 1, 100_000)
        _range("minutes", self.minutes, 0.01, 100_000)
        _range("learning_rate", self.learning_rate, 1e-6, 1.0)
        _range("batch_size", self.batch_size, 32, 1_000_000)
        _range("negatives", self.negatives, 1, 1_000_000)
        _range("weight_decay", self.weight_decay, 0.0, 10.0)
        _range("patience", self.patience, 1, 100_000)
        _range("seed", self.seed, 0, 2**32 - 1)

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
        return cls(**_known(cls, values))


def _known(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - {f.name for f in fields(cls)}
    if unknown:
        raise InputError(cls.__name__, "must only have fields of this version", sorted(unknown))
    return values


def _range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InputError(name, f"must be between {low:,} and {high:,}", value, "Use a value in that range.")


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(name, f"must be one of {', '.join(allowed)}", value)
