"""A search over settings: which trials it makes, that it continues to the bit, and what it concludes."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.errors import InputError, TrainingError
from recsys.metrics.uncertainty import Estimate
from recsys.models.attention.config import AttentionConfig
from recsys.models.training.config import TrainConfig
from recsys.runs import TrainingPlan
from recsys.runs.tuning import KeptTrials, SearchPlan, SearchResult, Trial, conclude, search_seconds, search_settings
from recsys.runs.tuning.result import Compared
from recsys.runs.tuning.sampler import FIRST
from recsys.runs.tuning.search import Budget, Step, run_trials
from recsys.runs.tuning.space import Dimension, baseline_space, defaults_of, model_space
from recsys.runs.tuning.trials import finish, unfinished_searches
from tests.conftest import planted_dataset

SPACE = (
    Dimension("rate", 0.001, low=1e-4, high=1.0, log=True),
    Dimension("size", 16, choices=(8, 16, 32)),
    Dimension("n", 3, low=1, high=9, whole=True),
)
BASE = TrainingPlan(
    AttentionConfig(embedding_size=16, layers=1, max_length=10),
    TrainConfig(epochs=4, batch_size=256),
    baselines=("popularity", "item-knn"),
    text="",
)
PLAN = SearchPlan(BASE, ("embedding_size", "dropout", "learning_rate"), trials=3, seed=5)


def quality(settings: Mapping[str, Any]) -> float:
    """Best at rate 0.1, size 32."""
    return 1 - 0.1 * abs(math.log10(settings["rate"]) + 1) - (0 if settings["size"] == 32 else 0.2)


def objective(settings: Mapping[str, Any]) -> Generator[Step]:
    for epoch in range(1, 9):
        yield Step(epoch, 8, quality(settings) * epoch / 8)


def shown(trials: list[Trial]) -> list[Trial]:
    """Without the seconds, which differ each time."""
    return [replace(trial, seconds=0.0) for trial in trials]


def test_a_hand_made_objective_is_searched_from_its_default_on_and_hopeless_trials_end_early() -> None:
    kept = KeptTrials()
    trials = list(run_trials("m", SPACE, objective, Budget(30), 0, kept))
    assert [trial.number for trial in trials] == list(range(30))
    assert trials[0].settings == {"rate": 0.001, "size": 16, "n": 3} == defaults_of(SPACE)
    assert trials[0].value == pytest.approx(0.6) and len(trials[0].values) == 8
    best = max((trial for trial in trials if trial.state == "done"), key=lambda trial: trial.value)
    assert best.value > 0.93 and best.settings["size"] == 32
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert len(pruned) >= 5 and {len(trial.values) for trial in pruned} <= {2, 4}, "after a quarter, or a half"
    assert all(trial.number >= FIRST for trial in pruned)
    finals = sorted(quality(trial.settings) for trial in trials)
    assert all(quality(trial.settings) < finals[-5] for trial in pruned), "none of the best was given up"
    for trial in trials:
        assert 1e-4 <= trial.settings["rate"] <= 1 and isinstance(trial.settings["n"], int)


def test_the_first_trials_are_trained_to_their_end_whatever_their_values() -> None:
    begun: list[int] = []

    def falling(settings: Mapping[str, Any]) -> Generator[Step]:
        begun.append(1)
        for epoch in range(1, 9):
            yield Step(epoch, 8, 1 / len(begun))

    trials = list(run_trials("m", SPACE, falling, Budget(8), 0, KeptTrials()))
    assert [trial.state for trial in trials] == ["done"] * FIRST + ["pruned"] * 2


def test_another_seed_tries_other_settings_and_the_same_one_the_same() -> None:
    first, again, other = (
        shown(list(run_trials("m", SPACE, objective, Budget(8), seed, KeptTrials()))) for seed in (1, 1, 2)
    )
    assert first == again != other and first[0] == other[0]


def test_a_search_continues_after_any_trial_as_if_it_had_not_been_interrupted(tmp_path: Path) -> None:
    whole = shown(list(run_trials("m", SPACE, objective, Budget(14), 3, KeptTrials())))
    trained: list[int] = []

    def counted(settings: Mapping[str, Any]) -> Generator[Step]:
        trained.append(1)
        yield from objective(settings)

    def dies(model: str, number: int, step: Step) -> None:
        if (number, step.epoch) == (9, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_trials("m", SPACE, counted, Budget(14), 3, KeptTrials(tmp_path), dies))
    assert len(list((tmp_path / "m").glob("trial-*.json"))) == 9
    again = list(run_trials("m", SPACE, counted, Budget(14), 3, KeptTrials(tmp_path)))
    assert shown(again) == whole and len(trained) == 10 + 5, "nine were kept, the tenth began anew"
    (tmp_path / "m" / "trial-004.json").write_text("{", "utf-8")
    assert shown(list(run_trials("m", SPACE, counted, Budget(14), 3, KeptTrials(tmp_path)))) == whole
    assert len(trained) == 16, "a damaged trial is made again"


def test_no_trial_begins_after_the_time_and_the_one_that_is_stopped_is_not_kept() -> None:
    kept = KeptTrials()
    kept.trials["m", 0] = Trial("m", 0, defaults_of(SPACE), "done", 0.6, (0.6,), 1, 99.0)
    assert len(list(run_trials("m", SPACE, objective, Budget(5, 60.0), 0, kept))) == 1
    ended: list[int] = []

    def watch(model: str, number: int, step: Step) -> None:
        ended.extend([1] if (number, step.epoch) == (2, 1) else [])

    kept = KeptTrials()
    assert len(list(run_trials("m", SPACE, objective, Budget(5), 0, kept, watch, lambda: bool(ended)))) == 2
    assert len(kept.trials) == 2


def test_a_training_that_breaks_off_is_a_failed_trial_and_the_search_goes_on() -> None:
    def breaks(settings: Mapping[str, Any]) -> Generator[Step]:
        yield Step(1, 8, 0.5)
        if settings["size"] != 16:
            raise TrainingError("the loss", "must stay a number")
        yield Step(8, 8, 0.6)

    trials = list(run_trials("m", SPACE, breaks, Budget(10), 0, KeptTrials()))
    assert {trial.state for trial in trials if trial.settings["size"] == 16} == {"done"}
    assert {trial.state for trial in trials if trial.settings["size"] != 16} == {"failed"} and len(trials) == 10


def test_a_search_whose_start_breaks_off_ends_there(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*given: object, **named: object) -> Generator[Step]:
        raise TrainingError("the loss", "must stay a number")
        yield

    monkeypatch.setattr("recsys.models.training.loop.train", breaks)
    plan, kept = replace(PLAN, base=replace(BASE, baselines=())), KeptTrials()
    with pytest.raises(TrainingError, match="starting settings must end well"):
        list(search_settings(planted, plan, kept))
    assert [trial.state for trial in kept.of_model("attention")] == ["failed"]


def test_the_space_lies_around_the_settings_of_the_start_and_every_corner_is_a_valid_config(planted: Dataset) -> None:
    plan = SearchPlan(TrainingPlan(AttentionConfig(heads=3, embedding_size=36), TrainConfig(minutes=1.0)))
    space = {dimension.name: dimension for dimension in plan.space(planted)}
    assert list(space) == [
        "embedding_size", "heads", "layers", "dropout", "max_length", "epochs", "learning_rate",
    ]  # fmt: skip
    assert space["embedding_size"].choices == (24, 36, 72) and space["heads"].choices == (1, 2, 3, 4)
    assert space["learning_rate"].low == 0.001 and space["learning_rate"].high == 0.016
    for size in space["embedding_size"].choices:
        for heads in space["heads"].choices:
            config = plan.with_settings({"embedding_size": size, "heads": heads, "epochs": 3})
            assert config.model.to_json()["heads"] == heads and config.train.epochs == 3
    assert plan.base.train.minutes is None, "epochs are counted"
    for model, fields in (("gru4rec", "dropout"), ("lightgcn", "layers")):
        other = TrainingPlan.from_json(BASE.to_json() | {"model_name": model, "model": {}})
        assert fields in {dimension.name for dimension in model_space(other, planted)}
    assert baseline_space("popularity") == () and defaults_of(baseline_space("item-knn"))["neighbours"] == 200


def test_plans_are_checked_and_survive_json(planted: Dataset) -> None:
    assert SearchPlan.from_json(json.loads(json.dumps(PLAN.to_json()))) == PLAN
    with pytest.raises(InputError, match="trials must be between 2 and 1,000"):
        SearchPlan(BASE, trials=1)
    with pytest.raises(InputError, match="seconds must be above 0"):
        SearchPlan(BASE, seconds=0.0)
    with pytest.raises(InputError, match="must be one that is trained in epochs"):
        SearchPlan(TrainingPlan.from_json(BASE.to_json() | {"model_name": "markov", "model": {}}))
    with pytest.raises(InputError, match="must be among embedding_size, heads"):
        SearchPlan(BASE, ("magic",)).space(planted)
    whole = search_seconds(SearchPlan(BASE, trials=10), 2.0, 30, planted)
    assert (
        600 <= whole < 610 and 160 <= search_seconds(SearchPlan(BASE, trials=10, seconds=100), 2.0, 30, planted) < 170
    )


def without_seconds(result: SearchResult) -> dict[str, Any]:
    return replace(result, trials=tuple(shown(list(result.trials)))).to_json()


@pytest.fixture(scope="module")
def undisturbed() -> tuple[KeptTrials, SearchResult]:
    data, kept = planted_dataset(users=60), KeptTrials()
    list(search_settings(data, PLAN, kept))
    return kept, conclude(data, PLAN, kept)


def test_a_search_trains_and_concludes_with_both_compared_on_both_sets_of_items(
    undisturbed: tuple[KeptTrials, SearchResult],
) -> None:
    result = undisturbed[1]
    assert [trial.model for trial in result.trials] == ["popularity", *["item-knn"] * 3, *["attention"] * 3]
    assert result.of_model[0].settings == {"embedding_size": 16, "dropout": 0.2, "learning_rate": 0.004}
    assert result.validation.best.value == pytest.approx(result.of_model[result.best].value)
    assert result.validation.default.value == pytest.approx(result.of_model[0].value)
    assert result.validation.difference.value >= 0, "it was chosen there"
    assert result.users == {"validation": 60, "test": 60}
    assert [(one.name, one.tried) for one in result.baselines] == [("popularity", 1), ("item-knn", 3)]
    tried = [trial.value for trial in result.trials if trial.model == "item-knn"]
    assert result.baselines[1].validation == max(tried)
    assert without_seconds(SearchResult.from_json(json.loads(json.dumps(result.to_json())))) == without_seconds(result)


def test_a_search_that_was_stopped_ends_with_the_same_result(
    undisturbed: tuple[KeptTrials, SearchResult], tmp_path: Path
) -> None:
    data = planted_dataset(users=60)
    begun = search_settings(data, PLAN, KeptTrials.of(tmp_path, PLAN, data))
    for _ in range(5):
        next(begun)
    begun.close()
    (unfinished,) = unfinished_searches(tmp_path, data.fingerprint)
    assert unfinished.plan == PLAN and len(unfinished.trials) == 1
    assert not unfinished_searches(tmp_path, "other data")
    kept = KeptTrials.of(tmp_path, PLAN, data)
    list(search_settings(data, PLAN, kept))
    kept.weights.clear()  # as a process that found all trials on disk
    assert without_seconds(conclude(data, PLAN, kept)) == without_seconds(undisturbed[1])
    finish(kept.folder)
    assert not unfinished_searches(tmp_path, data.fingerprint)
    more = replace(PLAN, trials=4)
    assert KeptTrials.of(tmp_path, more, data).folder == kept.folder, "a finished search may be given more trials"


def test_the_test_items_are_not_read_before_the_choice(undisturbed: tuple[KeptTrials, SearchResult]) -> None:
    """With other test items every trial and the choice stay as they are; only the test figures change."""
    data, result = planted_dataset(users=60), undisturbed[1]
    marked = data.sequence.copy()
    marked[data.offsets[1:] - 1] = np.random.default_rng(9).integers(1, data.n_items + 1, data.n_users)
    other, kept = replace(data, sequence=marked), KeptTrials()
    assert not np.array_equal(other.sequence, data.sequence)
    assert shown(list(search_settings(other, PLAN, kept))) == shown(list(result.trials))
    found = conclude(other, PLAN, kept)
    assert found.best == result.best and found.validation == result.validation
    assert found.test != result.test


@pytest.mark.parametrize(
    ("best", "difference", "level", "words"),
    [
        (2, Estimate(0.02, 0.001, 0.04), "better", "Better than the starting settings"),
        (2, Estimate(0.02, -0.001, 0.04), "not better", "Not better than the starting settings"),
        (2, Estimate(-0.02, -0.04, -0.001), "worse", "Worse than the starting settings"),
        (0, Estimate(0.0, 0.0, 0.0), "default", "Not better: none of 2 other settings"),
    ],
)
def test_the_verdict_says_better_only_where_the_whole_interval_is_above_zero(
    undisturbed: tuple[KeptTrials, SearchResult], best: int, difference: Estimate, level: str, words: str
) -> None:
    compared = Compared(Estimate(0.12, 0.1, 0.14), Estimate(0.1, 0.08, 0.12), difference)
    result = replace(undisturbed[1], best=best, test=compared)
    assert result.level == level and result.verdict.startswith(words)
    if best:
        assert "0.120 [0.100, 0.140] against 0.100" in result.verdict and difference.signed() in result.verdict
