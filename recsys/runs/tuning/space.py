"""What a search may change: a range or a few values for each setting, around the settings that it starts from."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from recsys.errors import InputError
from recsys.models.table import model_entry, setting_label
from recsys.models.training.config import TrainConfig
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset
    from recsys.runs.plan import TrainingPlan

HEADS, LAYERS = (1, 2, 4), (1, 2, 3)
HIGHEST_DROPOUT = 0.6
OF_THE_RULE = (0.5, 1.0, 1.5)  # epochs, as shares of the rule's


@dataclass(frozen=True)
class Dimension:
    """The values that a search tries for one setting.

    Attributes:
        name: of the setting.
        default: the value of the first trial, which is among those below.
        choices: the values; empty where any number from `low` to `high` may be tried.
        log: whether factors count rather than differences. whole: whether only whole numbers are tried.
    """

    name: str
    default: Any
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        within = self.default in self.choices if self.choices else self.low <= self.default <= self.high
        if not within:
            raise InputError(self.name, "must start from a value that the search may try", self.default)

    @property
    def label(self) -> str:
        """The setting's name on screen."""
        return setting_label(self.name)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"choices": list(self.choices)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Dimension:
        """Raises TypeError, KeyError where `values` is not what `to_json` gave."""
        return cls(**{**values, "choices": tuple(values["choices"])})


Space = tuple[Dimension, ...]


def defaults_of(space: Space) -> dict[str, Any]:
    """{setting: value} of the first trial."""
    return {dimension.name: dimension.default for dimension in space}


def model_space(plan: TrainingPlan, rows: Dataset) -> Space:
    """The settings of a trainable model that a search can change, around those of a plan.

    Args:
        plan: of the training to improve; what its rules leave open is filled from `rows`.
        rows: the training rows.

    Returns:
        Of embedding size, layers, heads, dropout, maximum history length, epochs, learning rate and negative samples
        those that the model has.

    Raises:
        InputError: the model is fitted at once and not trained.
    """
    entry = model_entry(plan.model.name)
    if not entry.trainable:
        raise InputError("the model", "must be one that is trained in epochs", entry.name, "Choose a trainable model.")
    given = plan.model.fitted(rows).to_json()  # type: ignore[union-attr]
    dimensions: list[Dimension] = []
    if "embedding_size" in given:
        sizes = _sizes(int(given["embedding_size"]), int(given.get("heads", 1)))
        dimensions.append(Dimension("embedding_size", given["embedding_size"], sizes))
        if "heads" in given:
            heads = {head for head in HEADS if all(size % head == 0 for size in sizes)} | {given["heads"]}
            dimensions.append(Dimension("heads", given["heads"], tuple(sorted(heads))))
    if "layers" in given:
        dimensions.append(Dimension("layers", given["layers"], tuple(sorted({*LAYERS, given["layers"]}))))
    if "dropout" in given:
        high = max(HIGHEST_DROPOUT, given["dropout"])
        dimensions.append(Dimension("dropout", given["dropout"], low=0.0, high=high))
    if "max_length" in given:
        dimensions.append(Dimension("max_length", given["max_length"], _around(given["max_length"], 2, 1000)))
    return (*dimensions, *_of_training(plan, rows))


def _of_training(plan: TrainingPlan, rows: Dataset) -> list[Dimension]:
    """Epochs, learning rate, and negative samples where there are more items than those."""
    from recsys.models.training.loop import default_epochs, epochs_per_pass

    train = plan.train
    parts = epochs_per_pass(rows, plan.model.fitted(rows), train.fitted(rows))  # type: ignore[union-attr]
    epochs = train.epochs or default_epochs(rows) * parts
    tried = {max(1, round(share * epochs)) for share in OF_THE_RULE}
    options = TrainConfig.options()["learning_rate"]
    low, high = max(options.low, train.learning_rate / 4), min(options.high, train.learning_rate * 4)
    dimensions = [
        Dimension("epochs", epochs, tuple(sorted(tried | {epochs}))),
        Dimension("learning_rate", train.learning_rate, low=low, high=high, log=True),
    ]
    if rows.n_items > train.negatives:
        dimensions.append(Dimension("negatives", train.negatives, _around(train.negatives, 1, rows.n_items, 4)))
    return dimensions


def _sizes(size: int, heads: int) -> tuple[int, ...]:
    """Half the embedding size, the size and twice it, each a multiple of four and of the heads."""
    step = math.lcm(4, heads)
    others = {min(max(step, round(size * share / step) * step), 1024 // step * step) for share in (0.5, 2.0)}
    return tuple(sorted(others | {size}))


def _around(value: int, low: int, high: int, factor: int = 2) -> tuple[int, ...]:
    """A number, and those a factor below and above it, within bounds."""
    return tuple(sorted({max(low, value // factor), value, min(high, value * factor)} | {value}))


_OF_BASELINES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "recent-popularity": ({"name": "half_life", "low": 0.001, "high": 0.5, "log": True},),
    "item-knn": (
        {"name": "neighbours", "low": 10, "high": 1000, "log": True, "whole": True},
        {"name": "shrink", "low": 0.1, "high": 1000.0, "log": True},
    ),
    "markov": (
        {"name": "window", "choices": (1, 3, 5, 10, 20)},
        {"name": "power", "low": 0.3, "high": 1.5},
        {"name": "prior", "low": 0.0, "high": 0.95},
        {"name": "recent", "choices": (10, 50, 200)},
    ),
    "ease": ({"name": "regularization", "low": 10.0, "high": 10_000.0, "log": True},),
    "als": (
        {"name": "factors", "choices": (32, 64, 128)},
        {"name": "alpha", "low": 1.0, "high": 50.0, "log": True},
        {"name": "regularization", "low": 0.1, "high": 100.0, "log": True},
    ),
    "bpr-item-mean": (
        {"name": "factors", "choices": (32, 64, 128)},
        {"name": "learning_rate", "low": 0.01, "high": 0.2, "log": True},
        {"name": "regularization", "low": 1e-4, "high": 0.1, "log": True},
    ),
    "mean-item-mlp": (
        {"name": "size", "choices": (16, 32, 64)},
        {"name": "hidden", "choices": (32, 64, 128)},
        {"name": "epochs", "choices": (10, 20, 40)},
    ),
}


def baseline_space(name: str) -> Space:
    """The settings of a baseline, which start from the defaults of its `fit`; () for one that has none."""
    fit = model_entry(name).model_class.fit  # type: ignore[attr-defined]
    defaults = inspect.signature(fit).parameters
    return tuple(Dimension(default=defaults[each["name"]].default, **each) for each in _OF_BASELINES.get(name, ()))


def chosen_dimensions(space: Space, names: Sequence[str]) -> Space:
    """The dimensions of these names, () for all. Raises InputError for a name that the space does not have."""
    known = [dimension.name for dimension in space]
    if unknown := [name for name in names if name not in known]:
        rule = Message("must be among {names}", names=", ".join(known))
        raise InputError("the settings to search", rule, ", ".join(unknown))
    return tuple(dimension for dimension in space if not names or dimension.name in names)
