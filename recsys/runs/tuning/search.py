"""A search as an iterator: `for trial in search_settings(dataset, plan, kept): …`; the caller owns progress and stop.

Only training rows and validation users are read; the test items come into play once, in `recsys.runs.tuning.result`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from recsys.data.dataset import Dataset
from recsys.data.splits import Holdout, Split, leave_one_out
from recsys.errors import TrainingError
from recsys.models.baselines import fit_baseline
from recsys.models.table import FittedModel
from recsys.models.validation import accuracy_means, choose_markov, next_item_ranks, sample_users
from recsys.runs.item_features import NO_FEATURES, read_item_features
from recsys.runs.tuning.plan import SearchPlan
from recsys.runs.tuning.sampler import FIRST, Asked, Sampler
from recsys.runs.tuning.space import Space, baseline_space
from recsys.runs.tuning.trials import KeptTrials, Trial, best_of

if TYPE_CHECKING:
    from recsys.models.trainable import Storable

MAIN = "ndcg@10"


@dataclass(frozen=True, eq=False)
class Step:
    """A training of a trial after an epoch.

    Attributes:
        value: the best NDCG@10 on the validation users so far. model: that has it; None where it is not to be kept.
    """

    epoch: int
    epochs: int
    value: float
    model: Storable | None = None


Objective = Callable[[Mapping[str, Any]], Generator[Step]]
"""Trains with settings, epoch by epoch. Raises TrainingError where that breaks off."""
Watch = Callable[[str, int, Step], object]
"""Is told the model, the number of the trial, and each of its steps."""


@dataclass(frozen=True)
class Budget:
    """How many trials, and after how many seconds (None: no limit) no other begins."""

    trials: int
    seconds: float | None = None


def search_settings(
    dataset: Dataset,
    plan: SearchPlan,
    kept: KeptTrials,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Trial]:
    """Tries settings of the baselines and then of the model, each with the same budget.

    The same data, plan and seed give the same trials, also after an interruption; only their seconds differ.

    Args:
        dataset: all rows; each user's last item is left out, and the one before it validates.
        kept: takes the finished trials, and has those of an earlier search with the same plan and seed. A trial that
            was interrupted begins anew.
        watch: called after each epoch; what it raises ends the search.
        stop: asked before each batch; the search ends as soon as it is true, without the trial that was begun.

    Yields:
        Each trial when it has ended, those of the baselines first.

    Raises:
        InputError: no user has three items, or a baseline can't take the data.
        TrainingError: the training with the starting settings broke off, so that nothing could be compared with it.
    """
    budget = Budget(plan.trials, plan.seconds)
    for name, (space, objective) in _searched(dataset, plan, stop).items():
        for trial in run_trials(name, space, objective, budget, plan.seed, kept, watch, stop):
            yield trial
            if name == plan.base.model.name and not trial.number and trial.state != "done":
                raise start_broke_off()


def start_broke_off() -> TrainingError:
    """The error of a search whose first trial has failed."""
    return TrainingError(
        "the training with the starting settings",
        "must end well",
        fix="Change the settings, such as the learning rate or the batch size, and search again.",
    )


def independent_parts(plan: SearchPlan) -> list[tuple[str, int | None]]:
    """Parts of a search that depend on no other: all trials of each baseline, and the first trials of the model.

    Returns:
        Model and number of the trial; None stands for all trials.
    """
    model = plan.base.model.name
    return [*((name, None) for name in plan.base.beside), *((model, n) for n in range(min(plan.trials, FIRST)))]


def run_part(
    dataset: Dataset,
    plan: SearchPlan,
    kept: KeptTrials,
    part: tuple[str, int | None],
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Does one of the `independent_parts`: a search that finds it in `kept` goes on as if it had done it itself.

    See `search_settings` for the arguments.
    """
    model, number = part
    space, objective = _searched(dataset, plan, stop)[model]
    if number is None:
        for _ in run_trials(model, space, objective, Budget(plan.trials, plan.seconds), plan.seed, kept, watch, stop):
            pass
        return
    sampler = Sampler(space, plan.seed)
    asked = [sampler.ask() for _ in range(number + 1)][-1]
    if kept.find(model, number, asked.settings) is None:
        trial, weights = _run(model, number, asked, objective, watch)
        if not stop():
            kept.add(trial, weights)


def _searched(dataset: Dataset, plan: SearchPlan, stop: Callable[[], bool]) -> dict[str, tuple[Space, Objective]]:
    """What is searched, and how its settings are tried: for each baseline, and for the model, which is the last."""
    split = leave_one_out(replace(dataset, repeats=plan.base.repeats))
    rows, users = split.train, validation_users(split, plan)
    seed, space = plan.base.train.seed, plan.space(rows)
    beside = {name: (baseline_space(name), _fitting(name, rows, users, seed)) for name in plan.base.beside}
    return {**beside, plan.base.model.name: (space, _training(rows, users, plan, stop))}


def run_trials(
    model: str,
    space: Space,
    objective: Objective,
    budget: Budget,
    seed: int,
    kept: KeptTrials,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Trial]:
    """The trials of one model; those that are kept already are not computed again.

    Args:
        space: what is searched; with () there is one trial.
        objective: trains with given settings.
    """
    sampler, done = Sampler(space, seed), list[Trial]()
    for number in range(budget.trials if space else 1):
        asked = sampler.ask()
        trial = kept.find(model, number, asked.settings)
        if trial is None:
            if number and budget.seconds is not None and sum(trial.seconds for trial in done) >= budget.seconds:
                return
            trial, weights = _run(model, number, asked, objective, watch)
            if stop():
                return
            kept.add(trial, weights if not number or best_of([*done, trial]) is trial else None)
        else:
            for epoch, value in enumerate(trial.values, 1):
                asked.is_hopeless(epoch, trial.epochs, value)
        sampler.tell(asked, trial)
        done.append(trial)
        kept.drop_weights(done, best_of(done))
        yield trial


def _run(
    model: str, number: int, asked: Asked, objective: Objective, watch: Watch | None
) -> tuple[Trial, Storable | None]:
    """Trains with the settings that were asked for, until the end or until the trial is hopeless."""
    started, values, state = time.perf_counter(), list[float](), "failed"
    step = Step(0, 1, 0.0)
    try:
        with closing(objective(asked.settings)) as steps:
            for step in steps:
                values.append(step.value)
                if watch is not None:
                    watch(model, number, step)
                if asked.is_hopeless(step.epoch, step.epochs, step.value):
                    state = "pruned"
                    break
            else:
                state = "done" if values else "failed"
    except TrainingError:
        state = "failed"
    seconds = time.perf_counter() - started
    trial = Trial(model, number, dict(asked.settings), state, step.value, tuple(values), step.epochs, seconds)
    return trial, step.model if state == "done" else None


def _unheard(fraction: float, message: str = "") -> None:
    """Takes the report that texts are read."""


def validation_users(split: Split, plan: SearchPlan) -> Holdout:
    """The validation users, or a seeded sample of them where there are many: the same as in a training."""
    return sample_users(split.validation, split.train.n_items, plan.base.train.seed)


def _fitting(name: str, rows: Dataset, users: Holdout, seed: int) -> Objective:
    """Fits a baseline at once."""

    def fit(settings: Mapping[str, Any]) -> Generator[Step]:
        model = fit_baseline(name, rows, seed, **settings)
        yield Step(1, 1, accuracy_means(next_item_ranks(model, users))[MAIN])

    return fit


def _training(rows: Dataset, users: Holdout, plan: SearchPlan, stop: Callable[[], bool]) -> Objective:
    """Trains a model epoch by epoch. Texts of the items and Markov scores are computed for the first trial only."""
    from recsys.models.training.loop import train

    shared: dict[str, Any] = {}

    def run(settings: Mapping[str, Any]) -> Generator[Step]:
        chosen = plan.with_settings(settings)
        assert not isinstance(chosen.model, FittedModel)
        if not shared:
            uses = chosen.model.uses_item_features
            items = read_item_features(rows, chosen.text, None, _unheard) if uses else NO_FEATURES
            shared["features"] = items.vectors
            shared["markov"] = choose_markov(rows, users) if chosen.model.markov else None
        value = 0.0
        for report in train(rows, chosen.model, chosen.train, users, stop=stop, **shared):
            value = float(report.validation[MAIN]) if report.best else value
            yield Step(report.epoch, report.epochs, value, report.model)

    return run
