"""The shape of the attention model: one flat, frozen config. `None` means: by rule, from the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.training.config import check_choice, check_range, known_fields

Objective = Literal["causal", "masked"]

_EARLIER_NAMES = {
    "flavour": "objective",
    "blocks": "layers",
    "context": "max_length",
    "expansion": "feed_forward_ratio",
}


@dataclass(frozen=True)
class AttentionConfig:
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
        check_choice("objective", self.objective, get_args(Objective))
        check_range("embedding_size", self.embedding_size, 4, 1024)
        check_range("layers", self.layers, 1, 12)
        check_range("heads", self.heads, 1, 16)
        check_range("max_length", self.max_length, 2, 1000)
        check_range("dropout", self.dropout, 0.0, 0.9)
        check_range("feed_forward_ratio", self.feed_forward_ratio, 1, 8)
        if self.embedding_size is not None and self.embedding_size % self.heads:
            raise InputError("heads", f"must divide embedding_size {self.embedding_size}", self.heads)

    def fitted(self, dataset: Dataset) -> AttentionConfig:
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
    def from_json(cls, values: dict[str, Any]) -> AttentionConfig:
        """Reads the names of earlier versions too. Raises InputError at a field that no version knows."""
        return cls(**known_fields(cls, {_EARLIER_NAMES.get(name, name): value for name, value in values.items()}))
