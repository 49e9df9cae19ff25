"""Which settings are tried next, and which trials are hopeless: Optuna's sampler and pruner, without its storage.

The settings come from a tree-structured Parzen estimator (Bergstra et al. 2011), after a few random ones. A trial is
pruned by successive halving (Li et al. 2020): after a quarter and after a half of its epochs, when it is not among the
better half of the trials that came so far. The first `FIRST` trials depend on no other and can run side by side.

Everything follows from the seed and from the values of the trials before. A search therefore continues by asking again
and telling the values that are known, and goes on as if it had not been interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recsys.runs.tuning.space import Dimension, Space, defaults_of
from recsys.runs.tuning.trials import Trial

if TYPE_CHECKING:
    import optuna

FIRST = 6  # trials that depend on no other: with random settings, and trained to their end, to compare others with
PARTS = 4  # of a training: values are compared after each part


@dataclass(eq=False)
class Asked:
    """A trial that was asked for: its settings, and how far it has come."""

    trial: optuna.Trial
    settings: Mapping[str, Any]
    part: int = field(default=0)

    def is_hopeless(self, epoch: int, epochs: int, value: float) -> bool:
        """Whether the trial may be ended early, given its best value after an epoch. To be asked after each epoch."""
        part = PARTS * epoch // epochs
        if part <= self.part:
            return False
        self.part = part
        self.trial.report(value, part)
        return part < PARTS and self.trial.should_prune() and self.trial.number >= FIRST


class Sampler:
    """Settings within a space, one trial after the other; the first has the default of each dimension.

    Args:
        seed: 0 to 2³² − 1.
    """

    def __init__(self, space: Space, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._states = {
            "done": optuna.trial.TrialState.COMPLETE,
            "pruned": optuna.trial.TrialState.PRUNED,
            "failed": optuna.trial.TrialState.FAIL,
        }
        self._space = space
        self._study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        )
        self._study.enqueue_trial(defaults_of(space))

    def ask(self) -> Asked:
        """The next trial."""
        trial = self._study.ask()
        return Asked(trial, {dimension.name: _suggested(trial, dimension) for dimension in self._space})

    def tell(self, asked: Asked, ended: Trial) -> None:
        """How the trial ended."""
        value = ended.value if ended.state == "done" else None
        self._study.tell(asked.trial, value, state=self._states[ended.state])


def _suggested(trial: optuna.Trial, dimension: Dimension) -> Any:
    if dimension.choices:
        return trial.suggest_categorical(dimension.name, dimension.choices)
    if dimension.whole:
        return trial.suggest_int(dimension.name, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)
