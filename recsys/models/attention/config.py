"""The shape of the attention model. `None` means: by rule, from the size of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.models.config import Config, embedding_size_rule, max_length_rule, option
from recsys.wording import Message


@dataclass(frozen=True)
class AttentionConfig(Config):
    """Layers of self-attention over a history (SASRec, Kang & McAuley 2018; BERT4Rec, Sun et al. 2019)."""

    name: ClassVar[str] = "attention"
    uses_item_features: ClassVar[bool] = True
    earlier_names: ClassVar[dict[str, str]] = {
        "flavour": "objective",
        "blocks": "layers",
        "context": "max_length",
        "expansion": "feed_forward_ratio",
    }

    objective: Literal["causal", "masked"] = option(
        "causal",
        "Training objective",
        "What is predicted in training: the next item, or items masked anywhere in the history.",
        choices={"causal": "Next item (like GPT)", "masked": "Masked items (like BERT)"},
        basic=True,
    )
    embedding_size: int | None = option(
        None,
        "Embedding size",
        "Numbers per user and per item; by rule 32 to 96. More tell finer differences, and need more data.",
        4,
        1024,
        basic=True,
    )
    layers: int = option(2, "Layers", "Layers of attention, one after the other. Two are enough for most data.", 1, 12)
    heads: int = option(1, "Heads", "Attention heads side by side. Must divide the embedding size.", 1, 16)
    max_length: int | None = option(
        None, "Maximum history length", "How many of the newest items are read; by rule 20 to 50.", 2, 1000
    )
    dropout: float | None = option(
        None,
        "Dropout",
        "Share of activations set to zero in training, and half that share of items skipped, against overfitting.",
        0.0,
        0.9,
        step=0.05,
    )
    feed_forward_ratio: int = option(
        4, "Feed-forward width", "Width of the feed-forward layers, in embedding sizes.", 1, 8
    )
    markov: bool = option(
        True,
        "Markov scores",
        "Adds “what usually follows what” to the score; the weight is chosen on validation users.",
    )

    scenarios: Literal[
        "as one",
        "weights",
        "loss",
        "loss and weights",
        "adapters",
        "adapters and weights",
        "loss, adapters and weights",
    ] = option(
        "as one",
        "Several scenarios",
        "Weights: Markov scores, texts and recency of the items are weighed for each scenario on validation users, "
        "kept only where it helps. Loss: a next item is compared with items of its own scenario only, which raises "
        "accuracy within scenarios, but the scores of different ones are no longer comparable. Adapters: items of each "
        "scenario are scored by a state of their own, a low-rank change of the common one.",
        choices={
            "as one": "One catalogue",
            "weights": "Weights per scenario",
            "loss": "Loss within scenarios",
            "loss and weights": "Loss and weights",
            "adapters": "Adapters per scenario",
            "adapters and weights": "Adapters and weights",
            "loss, adapters and weights": "Loss, adapters and weights",
        },
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.embedding_size is not None and self.embedding_size % self.heads:
            raise InputError(
                "heads", Message("must divide embedding_size {size}", size=self.embedding_size), self.heads
            )

    @property
    def scenario_share(self) -> float:
        """The share of the loss within the scenario of the next item: 0 or 1."""
        return float("loss" in self.scenarios)

    @property
    def scenario_weights(self) -> bool:
        """Whether the parts of a score are weighed for each scenario after training."""
        return "weights" in self.scenarios

    @property
    def scenario_adapters(self) -> bool:
        """Whether items of each scenario are scored by an adapted state; see `ScenarioAdapters`."""
        return "adapters" in self.scenarios

    @property
    def causal(self) -> bool:
        """Whether an item attends only to itself and older ones."""
        return self.objective == "causal"

    def fitted(self, dataset: Dataset) -> AttentionConfig:
        """The same config with every `None` filled by rule.

        dropout falls as the data grow: 0.4 where there are under 5 interactions per item, 0.1 from 100 on, in between
        0.2, or 0.3 with an embedding size of 64 or more, which overfits sooner.
        """
        per_item = dataset.n_interactions / max(dataset.n_items, 1)
        size = self.embedding_size or embedding_size_rule(dataset)
        max_length = self.max_length or max_length_rule(dataset)
        dropout = self.dropout
        if dropout is None:
            dropout = 0.4 if per_item < 5 else 0.1 if per_item >= 100 else 0.2 if size < 64 else 0.3
        return replace(self, embedding_size=size, max_length=max_length, dropout=dropout)
