"""What a search over settings is to do, and what it will cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from recsys.errors import InputError
from recsys.models.table import model_entry
from recsys.runs.plan import TrainingPlan
from recsys.runs.tuning.space import Space, chosen_dimensions, model_space

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset

MOST_TRIALS = 1000
TRIALS = 12  # unless another number is given


@dataclass(frozen=True)
class SearchPlan:
    """A search around the settings of a training.

    Attributes:
        base: the training to improve. The first trial has its settings, and what is not searched stays as it is there;
            epochs are counted, so that its `minutes` are not used.
        searched: names of the settings to change; () for all that `model_space` has.
        trials: of the model, and of each baseline beside it.
        seconds: no trial of a model begins after so many; None for no limit.
        seed: of the settings that are tried. The seed of each training is that of `base`.
    """

    base: TrainingPlan = field(default_factory=TrainingPlan)
    searched: tuple[str, ...] = ()
    trials: int = TRIALS
    seconds: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2 <= self.trials <= MOST_TRIALS:
            raise InputError("trials", "must be between 2 and 1,000", self.trials, "Use 12 for a first search.")
        if self.seconds is not None and not self.seconds > 0:
            raise InputError("seconds", "must be above 0", self.seconds, "Leave the time out for no limit.")
        if not model_entry(self.base.model.name).trainable:
            fix = "Choose a model that is trained in epochs; baselines are tuned beside it."
            raise InputError("the model", "must be one that is trained in epochs", self.base.model.name, fix)
        counted = replace(self.base, train=replace(self.base.train, minutes=None), holdout="last-one", name="")
        object.__setattr__(self, "base", counted)

    def space(self, rows: Dataset) -> Space:
        """What is searched on these training rows. Raises InputError at a name in `searched` that is not known."""
        return chosen_dimensions(model_space(self.base, rows), self.searched)

    def with_settings(self, settings: Mapping[str, Any]) -> TrainingPlan:
        """The training with the settings of a trial. Raises InputError where they don't fit together."""
        model, train = self.base.model.to_json(), self.base.train.to_json()
        model |= {name: value for name, value in settings.items() if name in model}
        train |= {name: value for name, value in settings.items() if name in train}
        config = model_entry(self.base.model.name).config_class.from_json(model)
        return replace(self.base, model=config, train=type(self.base.train).from_json(train))

    def to_json(self) -> dict[str, Any]:
        return {
            "plan": self.base.to_json(),
            "searched": list(self.searched),
            "trials": self.trials,
            "seconds": self.seconds,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SearchPlan:
        """Raises InputError, KeyError, TypeError where `values` is not what `to_json` gave."""
        seconds = values["seconds"]
        return cls(
            TrainingPlan.from_json(values["plan"]),
            tuple(map(str, values["searched"])),
            int(values["trials"]),
            None if seconds is None else float(seconds),
            int(values["seed"]),
        )


def search_seconds(plan: SearchPlan, seconds_per_epoch: float, epochs: int, rows: Dataset) -> float:
    """About how long a search takes at most, in seconds: larger models take longer, hopeless trials end sooner.

    Args:
        seconds_per_epoch, epochs: of the training that the search starts from, see `Estimate`.
        rows: the data.
    """
    from recsys.models.baselines.tuning import fit_seconds

    of_model = plan.trials * seconds_per_epoch * epochs
    of_baselines = [plan.trials * fit_seconds(name, rows) for name in plan.base.beside]
    if plan.seconds is None:
        return of_model + sum(of_baselines)
    longest = plan.seconds + seconds_per_epoch * epochs
    return min(of_model, longest) + sum(min(each, plan.seconds) for each in of_baselines)
