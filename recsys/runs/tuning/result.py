"""The end of a search: the best settings against those it started from, once on the test items, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.data.splits import Holdout, Split, leave_one_out
from recsys.errors import DAMAGED_FILE, ArtifactError, StudioError
from recsys.metrics import ndcg
from recsys.metrics.uncertainty import Estimate, estimate_means
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Recommender
from recsys.models.validation import next_item_ranks
from recsys.runs.tuning.plan import SearchPlan
from recsys.runs.tuning.search import start_broke_off, validation_users
from recsys.runs.tuning.space import Dimension, Space
from recsys.runs.tuning.trials import KeptTrials, Trial, best_of
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset

FORMAT = 1


@dataclass(frozen=True)
class Compared:
    """NDCG@10 of the best settings and of the default on the same users, and the difference.

    All are means over users with 95% intervals, bootstrapped together, so that the difference is paired.
    """

    best: Estimate
    default: Estimate
    difference: Estimate

    def to_json(self) -> dict[str, Any]:
        return {name: estimate.to_json() for name, estimate in vars(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Compared:
        return cls(*(Estimate(**values[name]) for name in ("best", "default", "difference")))


@dataclass(frozen=True)
class TunedBeside:
    """A baseline with its best settings.

    Attributes:
        tried: number of its trials. validation: NDCG@10 on the validation users.
        test: NDCG@10 on the test items. difference: of the model with its best settings to it, paired.
    """

    name: str
    settings: Mapping[str, Any]
    tried: int
    validation: float
    test: Estimate
    difference: Estimate

    def to_json(self) -> dict[str, Any]:
        own = vars(self) | {"settings": dict(self.settings)}
        return own | {"test": self.test.to_json(), "difference": self.difference.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TunedBeside:
        estimates = {name: Estimate(**values[name]) for name in ("test", "difference")}
        return cls(**{**values, **estimates})


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        space: what was searched. trials: of the baselines and of the model, in order.
        best: number of the model's best trial on the validation users; 0 where no other was better than the default.
        validation, test: the best against the default. That on validation is in favour of the best, which was chosen
            there; the test items were used only afterwards, and only for these models.
        users: {"validation", "test"}: how many.
    """

    plan: SearchPlan
    space: Space
    trials: tuple[Trial, ...]
    best: int
    validation: Compared
    test: Compared
    baselines: tuple[TunedBeside, ...]
    users: Mapping[str, int]

    @property
    def of_model(self) -> tuple[Trial, ...]:
        """The trials of the model."""
        return tuple(trial for trial in self.trials if trial.model == self.plan.base.model.name)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The best settings."""
        return self.of_model[self.best].settings

    @property
    def level(self) -> str:
        """ "better", "not better" or "worse" than the default on the test items; "default" where that is the best."""
        if not self.best:
            return "default"
        difference = self.test.difference
        return "better" if difference.low > 0 else "worse" if difference.high < 0 else "not better"

    @property
    def verdict(self) -> Message:
        """The level in a sentence, with the figures."""
        figures = {"best": self.test.best.text, "default": self.test.default.text}
        figures["difference"] = self.test.difference.signed()
        if self.level == "default":
            n = len(self.of_model) - 1
            return Message(
                "Not better: none of {n} other settings did better on the validation users than the starting "
                "settings. Keep them: NDCG@10 {default} on the test items.",
                n=n,
                default=figures["default"],
            )
        return Message(_VERDICTS[self.level], **figures)

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "search": self.plan.to_json(),
            "space": [dimension.to_json() for dimension in self.space],
            "trials": [trial.to_json() for trial in self.trials],
            "best": self.best,
            "settings": dict(self.settings),
            "validation": self.validation.to_json(),
            "test": self.test.to_json(),
            "baselines": [baseline.to_json() for baseline in self.baselines],
            "users": dict(self.users),
            "level": self.level,
            "verdict": str(self.verdict),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SearchResult:
        """Raises InputError, KeyError, TypeError, ValueError where `values` is not what `to_json` gave."""
        if values["format"] != FORMAT:
            raise ValueError("another format")
        found = cls(
            SearchPlan.from_json(values["search"]),
            tuple(map(Dimension.from_json, values["space"])),
            tuple(map(Trial.from_json, values["trials"])),
            int(values["best"]),
            Compared.from_json(values["validation"]),
            Compared.from_json(values["test"]),
            tuple(map(TunedBeside.from_json, values["baselines"])),
            {name: int(count) for name, count in values["users"].items()},
        )
        names = {dimension.name for dimension in found.space}
        if any(trial.settings.keys() != names for trial in found.of_model) or found.best not in range(
            len(found.of_model)
        ):
            raise ValueError("the trials do not fit the space")
        return found


_VERDICTS = {
    "better": Message(
        "Better than the starting settings: NDCG@10 {best} against {default} on the test items, difference "
        "{difference}."
    ),
    "not better": Message(
        "Not better than the starting settings: NDCG@10 {best} against {default} on the test items, and the "
        "interval of the difference, {difference}, includes 0."
    ),
    "worse": Message(
        "Worse than the starting settings: NDCG@10 {best} against {default} on the test items, difference "
        "{difference}. Keep the starting settings."
    ),
}


def read_search(content: Mapping[str, Any]) -> SearchResult:
    """A saved search. Raises ArtifactError when it is damaged, or of another version."""
    try:
        return SearchResult.from_json(content)
    except (*DAMAGED_FILE, StudioError) as error:
        raise ArtifactError("the search", "is damaged", type(error).__name__, "Search again.") from error


def conclude(dataset: Dataset, plan: SearchPlan, kept: KeptTrials) -> SearchResult:
    """Chooses the best settings by the validation users, then evaluates them, once, on the test items.

    Args:
        dataset: all rows, as given to `search_settings`.
        kept: with the trials of the search, which has ended.

    Raises:
        TrainingError: the training with the starting settings broke off.
        ArtifactError: a kept model is damaged.
    """
    split = leave_one_out(replace(dataset, repeats=plan.base.repeats))
    name, seed = plan.base.model.name, plan.base.train.seed
    trials = kept.of_model(name)
    best = best_of(trials)
    if best is None or trials[0].state != "done":
        raise start_broke_off()
    models: list[Recommender] = [kept.model(best), kept.model(trials[0])]
    users = validation_users(split, plan)
    on_validation, on_test = ([_per_user(model, part) for model in models] for part in (users, split.test))
    return SearchResult(
        plan=plan,
        space=plan.space(split.train),
        trials=tuple(trial for one in (*plan.base.beside, name) for trial in kept.of_model(one)),
        best=best.number,
        validation=_compared(on_validation, seed),
        test=_compared(on_test, seed),
        baselines=tuple(_beside(one, kept, split, on_test[0], seed) for one in plan.base.beside),
        users={"validation": len(users), "test": len(split.test)},
    )


def _per_user(model: Recommender, users: Holdout) -> np.ndarray:
    return ndcg(next_item_ranks(model, users), 10)


def _compared(per_user: Sequence[np.ndarray], seed: int) -> Compared:
    """The best and the default, in this order."""
    best, default = per_user
    columns = {"best": best, "default": default, "difference": best - default}
    return Compared(**estimate_means(columns, seed=seed))


def _beside(name: str, kept: KeptTrials, split: Split, best: np.ndarray, seed: int) -> TunedBeside:
    """A baseline, fitted with its best settings."""
    trials = kept.of_model(name)
    chosen = best_of(trials)
    assert chosen is not None, "a baseline that can't take the data ends the search"
    own = _per_user(fit_baseline(name, split.train, seed, **chosen.settings), split.test)
    estimates = estimate_means({"test": own, "difference": best - own}, seed=seed)
    return TunedBeside(name, chosen.settings, len(trials), chosen.value, **estimates)
