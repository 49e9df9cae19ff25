"""The seam of trainable models: what a config, a learner and a trained model are to the code that trains them.

A new trainable model is a package with these three classes and one line in `recsys.models.table`. The loop in
`recsys.models.training.loop` then gives it epochs, validation, early stopping, averaged weights, checkpoints, stop and
resume; Train, the shell and the reports find it in the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from recsys.data.dataset import Dataset
from recsys.models.config import Option
from recsys.models.recommender import Recommender
from recsys.models.training.config import TrainConfig


class ModelConfig(Protocol):
    """The shape of a model: a frozen dataclass that extends `recsys.models.config.Config`.

    Attributes:
        name: of the model in the table.
        uses_item_features: whether its learner can use vectors of the items' text and images.
    """

    name: ClassVar[str]
    uses_item_features: ClassVar[bool]

    @property
    def markov(self) -> bool:
        """Whether Markov scores are added to the model's own; the model is then a `MarkovBlend`."""
        ...

    @classmethod
    def options(cls) -> dict[str, Option]: ...

    def fitted(self, dataset: Dataset) -> Self:
        """The same config with every `None` filled by rule, from the size of the data alone."""
        ...

    def to_json(self) -> dict[str, Any]: ...

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self: ...


class Storable(Recommender, Protocol):
    """A recommender that can be taken apart into arrays and JSON values, and put together again."""

    def tensors(self) -> dict[str, np.ndarray]: ...

    def meta(self) -> dict[str, Any]: ...

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self: ...


class TrainableModel(Storable, Protocol):
    """A model whose weights a learner trained, frozen from then on."""

    @property
    def config(self) -> ModelConfig: ...

    @property
    def parameters(self) -> int:
        """Trained numbers, those of the items included."""
        ...


@runtime_checkable
class MarkovBlend(Recommender, Protocol):
    """A model that may add weighted Markov scores to its own."""

    markov: Recommender | None
    markov_weight: float

    def with_markov(self, markov: Any, weight: float) -> Self:
        """The same model with other Markov scores; None for none."""
        ...


@runtime_checkable
class DeviceModel(Recommender, Protocol):
    """A model that can also compute on an accelerator."""

    def on(self, device: str) -> Self:
        """The same model with its weights on a device; what it returns are numpy arrays as before."""
        ...


class Batch(Protocol):
    """Training examples of one step."""

    @property
    def examples(self) -> int:
        """Interactions read."""
        ...


class Learner(Protocol):
    """The weights of a model while they are trained.

    Everything random follows from the seed and the generators given, so that a resumed training ends with the same
    weights.

    Args:
        dataset: the rows to train on.
        model, train: fitted configs.
        features: item features, float32 (n_items + 1, F), for a model that uses them.
    """

    steps: int  # taken so far

    def __init__(
        self, dataset: Dataset, model: Any, train: TrainConfig, features: np.ndarray | None = None
    ) -> None: ...

    def batches(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Any]:
        """The batches of one pass over a dataset of the same users and items."""
        ...

    @staticmethod
    def count_batches(dataset: Dataset, model: Any, train: TrainConfig) -> int:
        """About how many batches a pass has, with fitted configs."""
        ...

    def learn(self, batch: Any, learning_rate: float, rng: np.random.Generator, threads: int = 1) -> float:
        """One step of gradient descent. Returns the mean loss before it, in nats."""
        ...

    def snapshot(self) -> TrainableModel:
        """A model with a copy of the weights as they are now, without Markov scores."""
        ...

    def copy(self) -> Self:
        """An independent copy."""
        ...

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything that is needed to continue: weights and the optimisers' moments."""
        ...

    def load_tensors(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Back to where `tensors` was called."""
        ...

    def bytes_needed(self, parameters: int) -> int:
        """Memory of weights, moments and the activations of one batch."""
        ...
