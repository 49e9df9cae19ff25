"""Flat, frozen configs whose fields carry what the app needs to draw a control: label, help, range or choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self

from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.wording import Message


@dataclass(frozen=True)
class Option:
    """One field of a config.

    Attributes:
        label: on screen; help: one or two sentences beside the control.
        low, high: the range of a number; step: of its control, 0 for whole numbers.
        choices: the values of a text field, each with its label; empty for other fields.
        basic: whether the control is among the basic settings.
        empty: what a number that is not given means.
    """

    label: str
    help: str
    low: float = 0
    high: float = 0
    step: float = 0
    choices: Mapping[str, str] = field(default_factory=dict)
    basic: bool = False
    empty: str = "by rule"


def option(default: Any, label: str, help: str, low: float = 0, high: float = 0, **more: Any) -> Any:
    """A dataclass field with a default and an `Option`."""
    return field(default=default, metadata={"option": Option(label, help, low, high, **more)})


class Config:
    """What every config can do. Subclasses are frozen dataclasses whose fields are made by `option`.

    A field that may be `None` is then set by rule, from the size of the data.
    """

    earlier_names: ClassVar[Mapping[str, str]] = {}  # field names in files of earlier versions -> names of today

    def __post_init__(self) -> None:
        """Raises InputError at a value outside its range or choices."""
        for name, settings in self.options().items():
            value = getattr(self, name)
            if settings.choices and value not in settings.choices:
                raise InputError(name, Message("must be one of {names}", names=", ".join(settings.choices)), value)
            if settings.high and value is not None and not settings.low <= value <= settings.high:
                rule = Message("must be between {low:,} and {high:,}", low=settings.low, high=settings.high)
                raise InputError(name, rule, value, "Use a value in that range.")

    @classmethod
    def options(cls) -> dict[str, Option]:
        """The fields in order, by name."""
        return {entry.name: entry.metadata["option"] for entry in fields(cls)}  # type: ignore[arg-type]

    def to_json(self) -> dict[str, Any]:
        """{field: value}."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Reads the field names of earlier versions too. Raises InputError at a field that no version knows."""
        given = {cls.earlier_names.get(name, name): value for name, value in values.items()}
        if unknown := sorted(set(given) - set(cls.options())):
            raise InputError(cls.__name__, "must only have fields of this version", unknown)
        return cls(**given)


def embedding_size_rule(dataset: Dataset) -> int:
    """32 below 30,000 interactions, 64 up to 3 million, else 96."""
    n = dataset.n_interactions
    return 32 if n < 30_000 else 64 if n < 3_000_000 else 96


def max_length_rule(dataset: Dataset) -> int:
    """Four average histories, 20 … 50 items."""
    return int(min(max(4 * dataset.n_interactions / max(dataset.n_users, 1), 20), 50))
