from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.errors import InputError, TrainingError
from recsys.models.attention.config import AttentionConfig
from recsys.models.baselines import fit_baseline
from recsys.models.sequence.learner import SequenceLearner
from recsys.models.training import loop
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import estimate, train
from recsys.models.training.optimiser import schedule
from recsys.models.training.reports import EpochReport
from recsys.models.validation import Validator, hold_out, next_item_quality
from tests.models.small import dataset_of

SMALL = AttentionConfig(embedding_size=16, max_length=12)
SHORT = TrainConfig(epochs=4, batch_size=256)


def run(
    dataset: Dataset, model: AttentionConfig = SMALL, config: TrainConfig = SHORT, **rest: object
) -> list[EpochReport]:
    return list(train(dataset, model, config, **rest))  # type: ignore[arg-type]


def same(one: EpochReport, other: EpochReport) -> bool:
    ours, theirs = one.model.tensors(), other.model.tensors()
    return all(np.array_equal(ours[name], theirs[name], equal_nan=True) for name in ours)


def test_reports_count_and_the_model_is_usable_after_each(planted: Dataset) -> None:
    split = leave_one_out(planted)
    reports = []
    for report in train(split.train, SMALL, SHORT, split.validation):
        assert np.isfinite(report.model.scores(planted.histories([0]))[:, 1:]).all()
        reports.append(report)
    assert [r.epoch for r in reports] == [1, 2, 3, 4] and {r.epochs for r in reports} == {4}
    assert reports[0].best and set(reports[0].validation) == {"ndcg@10", "hr@10", "mrr", "network", "markov"}
    assert reports[-1].loss < reports[0].loss and reports[-1].seconds_left == 0
    best = max(r.validation["ndcg@10"] for r in reports[2:])  # of the means, which begin with the second half
    assert next_item_quality(reports[-1].model, split.validation)["ndcg@10"] == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("objective", ["causal", "masked"])
def test_planted_walks_are_ranked_better_than_by_popularity(objective: str, planted: Dataset) -> None:
    split = leave_one_out(planted)
    config = AttentionConfig(objective=objective, embedding_size=16, max_length=12)  # type: ignore[arg-type]
    last = run(split.train, config, TrainConfig(epochs=20, batch_size=256), validation=split.validation)[-1]
    popular = next_item_quality(fit_baseline("popularity", split.train), split.test)["ndcg@10"]
    assert next_item_quality(last.model, split.test)["ndcg@10"] > popular + 0.3
    assert last.validation["network"] > popular + 0.15


def test_seeds_repeat_a_run_and_tell_runs_apart(planted: Dataset) -> None:
    first, again = run(planted)[-1], run(planted)[-1]
    assert same(first, again)
    assert not same(first, run(planted, config=TrainConfig(epochs=4, batch_size=256, seed=1))[-1])


@pytest.mark.parametrize("given", [True, False], ids=["validation", "all rows"])
@pytest.mark.parametrize("stop", [1, 3])
def test_an_interrupted_training_ends_as_one_that_was_not(
    given: bool, stop: int, planted: Dataset, tmp_path: Path
) -> None:
    split = leave_one_out(planted)
    rest = {"validation": split.validation if given else None}
    whole = run(split.train, **rest)[-1]
    for report in train(split.train, SMALL, SHORT, checkpoint=tmp_path, **rest):  # type: ignore[arg-type]
        if report.epoch == stop:
            break
    tail = run(split.train, checkpoint=tmp_path, **rest)
    assert [report.epoch for report in tail] == list(range(stop + 1, 5))
    assert same(whole, tail[-1]) and whole.validation == tail[-1].validation


def with_a_held_out_item(planted: Dataset) -> Dataset:
    """The same data in which item 40 occurs once, as the last of a user held out for validation."""
    _, held_out = hold_out(planted, seed=0)
    sequence = planted.sequence.copy()
    sequence[sequence == 40] = 39
    sequence[planted.offsets[held_out.users[0] + 1] - 1] = 40
    return Dataset(planted.users, planted.items, planted.offsets, sequence, planted.catalogue)


def test_a_training_that_the_clock_ends_keeps_weights_trained_on_every_row(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_at_once(self: loop._Training, budget: float, joining: bool) -> None:
        if joining:
            self.progress.epochs = self.progress.epoch

    monkeypatch.setattr(loop._Training, "probe", lambda self: 2.5)
    monkeypatch.setattr(loop._Training, "_keep_time", ends_at_once)
    reports = run(with_a_held_out_item(planted), config=TrainConfig(minutes=1.0, batch_size=256))
    assert reports[-1].epoch == reports[-1].epochs < reports[0].epochs, "one more epoch was planned"
    assert reports[-1].best
    assert reports[-1].model.item_vectors[40].any()


def test_without_validation_every_row_is_trained_on_in_the_end(planted: Dataset) -> None:
    rows, held_out = hold_out(planted, seed=0)
    assert len(held_out) == 12 and rows.n_interactions == planted.n_interactions - 12
    for user, history, positives in zip(held_out.users, held_out.histories, held_out.positives, strict=True):
        np.testing.assert_array_equal(np.concatenate([history, positives]), planted.history(int(user)))
    final = run(with_a_held_out_item(planted))[-1].model
    assert final.item_vectors[40].any() and final.markov is not None
    assert final.markov.popularity[40] > final.markov.popularity[1:].min() - 1e-6
    assert final.markov.lifts[:, [40]].nnz > 0


def test_validating_only_where_it_matters_ends_with_the_same_model(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    every, validated = run(planted), []
    validate = Validator.validate
    monkeypatch.setattr(Validator, "validate", lambda *given: validated.append(1) or validate(*given))
    once = run(planted, every_epoch=False)
    assert len(validated) == 1 and same(every[-1], once[-1])
    assert once[-1].validation == every[-1].validation
    assert [bool(report.validation) for report in once] == [False, False, True, True]  # before held-out items join
    last = once[-1].model, every[-1].model
    assert len({model.markov_weight for model in last}) == 1  # type: ignore[attr-defined]


def test_minutes_find_the_number_of_epochs_from_a_probe(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop._Training, "probe", lambda self: 12.0)
    monkeypatch.setattr(loop._Training, "_keep_time", lambda self, budget, joining: None)
    reports = run(planted, config=TrainConfig(minutes=1.0, batch_size=256))
    assert reports[-1].epoch == reports[-1].epochs == 4
    repeated = run(planted, config=TrainConfig(epochs=reports[-1].epochs, batch_size=256))
    assert same(reports[-1], repeated[-1])


def test_more_time_than_is_good_for_the_model_is_not_taken(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop._Training, "probe", lambda self: 1e-5)
    monkeypatch.setattr(loop, "default_epochs", lambda dataset: 2)
    reports = run(planted, config=TrainConfig(minutes=1.0, batch_size=256))
    assert reports[-1].epoch == reports[-1].epochs == 3  # half as many again as the rule
    assert estimate(planted, SMALL, TrainConfig(minutes=1000.0, batch_size=256)).epochs == 3


def test_a_machine_that_slows_down_gets_fewer_epochs(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop._Training, "probe", lambda self: 1e-5)
    monkeypatch.setattr(loop, "LONGEST", 1000)
    reports = run(planted, config=TrainConfig(minutes=0.01, batch_size=256))
    assert reports[-1].epoch == reports[-1].epochs < 1000 and reports[-1].seconds < 6


@pytest.mark.parametrize("objective", ["causal", "masked"])
def test_two_threads_learn_what_one_learns_to_the_bit(objective: str, planted: Dataset) -> None:
    config = AttentionConfig(objective=objective, embedding_size=16, max_length=12)  # type: ignore[arg-type]
    alone = run(planted, config)[-1]
    torch.set_num_threads(2)
    try:
        assert same(alone, run(planted, config)[-1])
    finally:
        torch.set_num_threads(1)


def test_patience_ends_a_training_that_no_longer_gains(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    split = leave_one_out(planted)
    config = TrainConfig(epochs=12, batch_size=256, patience=2)
    monkeypatch.setattr(loop, "schedule", lambda progress: 0.0)  # nothing is learned: no epoch beats the first
    reports = run(split.train, config=config, validation=split.validation)
    assert len(reports) == 3 and [r.best for r in reports] == [True, False, False]


def test_a_loss_that_is_no_number_stops_the_training_and_keeps_the_last_good_weights(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn, calls = SequenceLearner.learn, []

    def poisoned(self: SequenceLearner, *rest: object) -> float:
        calls.append(1)
        if len(calls) > 12:
            self.vectors.table[:] = float("nan")
        return learn(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(SequenceLearner, "learn", poisoned)
    last = None
    with pytest.raises(TrainingError, match="the loss must stay a number"):
        for report in train(planted, SMALL, SHORT):
            last = report
    assert last is not None and np.isfinite(last.model.scores(planted.histories([0]))[:, 1:]).all()


def test_out_of_memory_names_the_control_to_lower(planted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(self: SequenceLearner, *rest: object) -> float:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:119] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(SequenceLearner, "learn", greedy)
    with pytest.raises(TrainingError, match="Lower batch_size"):
        run(planted)


@pytest.mark.parametrize("histories", [[[1, 2]], [[1, 2], [2, 1]], [[1] * 9, [1] * 5], [[1], [1, 2, 1], [2]]])
def test_tiny_data_trains_and_scores(histories: list[list[int]]) -> None:
    model = run(dataset_of(histories, 2))[-1].model
    scores = model.scores([np.array([1]), np.array([2, 1, 2]), np.zeros(0, dtype=np.int32)])
    assert scores.shape == (3, 3) and np.isfinite(scores[:, 1:]).all()


def test_data_without_two_items_in_a_row_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 interactions"):
        run(dataset_of([[1], [2]], 2))


def test_features_place_an_item_without_interactions_near_similar_items(planted: Dataset) -> None:
    sequence = np.where(planted.sequence == 7, 6, planted.sequence).astype(np.int32)
    data = Dataset(planted.users, planted.items, planted.offsets, sequence, planted.catalogue)
    features = np.zeros((41, 2), dtype=np.float32)
    features[1:21, 0] = features[21:, 1] = 1.0
    features[[0, 15]] = np.nan
    model = run(data, features=features, config=TrainConfig(epochs=10, batch_size=256))[-1].model
    alike = model.item_vectors @ model.item_vectors[7]
    assert alike[[1, 2, 3, 4, 5]].mean() > alike[21:].mean()
    assert not run(data)[-1].model.item_vectors[7].any()
    with pytest.raises(InputError, match="features"):
        run(data, features=features[:5])


def test_the_learning_rate_falls_from_one_to_five_percent() -> None:
    rates = [schedule(step / 10) for step in range(11)]
    assert rates[0] == 1.0 and rates[-1] == pytest.approx(0.05) and rates == sorted(rates, reverse=True)


def test_an_estimate_before_the_start(planted: Dataset) -> None:
    found = estimate(planted, SMALL, SHORT)
    assert found.epochs == 4 and found.parameters == run(planted, SMALL, SHORT)[-1].model.parameters
    assert found.seconds_per_epoch > 0 and found.megabytes > 0
    assert found.minutes == pytest.approx(found.seconds_per_epoch * 4 / 60)


def test_a_training_that_had_ended_but_was_not_taken_is_reported_again(planted: Dataset, tmp_path: Path) -> None:
    config = TrainConfig(epochs=2)
    *_, last = train(planted, SMALL, config, checkpoint=tmp_path)
    (again,) = train(planted, SMALL, config, checkpoint=tmp_path)
    assert (again.epoch, again.loss, again.validation) == (last.epoch, last.loss, last.validation)
    history = [planted.history(0)]
    assert np.array_equal(again.model.scores(history), last.model.scores(history))
