"""Every trainable model of the table is trained, stopped, resumed and saved alike."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import Split, leave_one_out
from recsys.errors import InputError
from recsys.models.baselines import fit_baseline
from recsys.models.recommender import Encoder, Recommender
from recsys.models.storage import load_model, save_model, weights_digest
from recsys.models.table import DEFAULT_MODEL, FITTED, MODELS, TRAINABLE, current_name, model_entry
from recsys.models.trainable import MarkovBlend
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import default_config, estimate, train
from recsys.models.training.reports import EpochReport
from recsys.models.validation import next_item_quality
from recsys.runs import load_run, save_run, train_run

SHORT = TrainConfig(epochs=4, batch_size=256)


@pytest.fixture(params=TRAINABLE)
def config(request: pytest.FixtureRequest) -> Any:
    """A small config of each trainable model."""
    return model_entry(request.param).config_class.from_json({"embedding_size": 16})


@pytest.fixture
def split(planted: Dataset) -> Split:
    return leave_one_out(planted)


def digest(report: EpochReport) -> str:
    return weights_digest(report.model)


def test_names_agree_in_the_table_the_config_and_the_model(config: Any, split: Split) -> None:
    entry = model_entry(config.name)
    report = next(train(split.train, config, SHORT, split.validation))
    assert report.model.name == entry.name == config.name and type(report.model) is entry.model_class
    assert isinstance(report.model, Recommender) and report.model.config == config.fitted(split.train)


def test_each_epoch_is_reported_and_its_model_is_usable(config: Any, split: Split) -> None:
    reports = []
    for report in train(split.train, config, SHORT, split.validation):
        assert np.isfinite(report.model.scores(split.train.histories([0]))[:, 1:]).all()
        reports.append(report)
    assert [report.epoch for report in reports] == [1, 2, 3, 4] and {report.epochs for report in reports} == {4}
    assert reports[0].best and {"ndcg@10", "hr@10", "mrr"} <= set(reports[0].validation)
    assert reports[-1].loss < reports[0].loss and reports[-1].seconds_left == 0
    assert all(report.examples_per_second > 0 for report in reports)
    assert reports[0].per_user.shape == (len(split.validation),)
    with pytest.raises(FrozenInstanceError):
        reports[0].epoch = 9  # type: ignore[misc]


def test_validation_rises_above_popularity_on_planted_data(config: Any, split: Split) -> None:
    reports = list(train(split.train, config, TrainConfig(epochs=16, batch_size=256), split.validation))
    popular = next_item_quality(fit_baseline("popularity", split.train), split.test)["ndcg@10"]
    own = [report.validation.get("network", report.validation["ndcg@10"]) for report in reports]
    assert max(own) > own[0] and reports[-1].loss < reports[0].loss
    assert next_item_quality(reports[-1].model, split.test)["ndcg@10"] > popular + 0.1


def test_a_stop_keeps_the_best_model_so_far(config: Any, split: Split) -> None:
    stopped = list(islice(train(split.train, config, SHORT, split.validation), 2))[-1]
    best = max(stopped.validation["ndcg@10"], 0.0)
    assert next_item_quality(stopped.model, split.validation)["ndcg@10"] >= best - 1e-6


@pytest.mark.parametrize("validated", [True, False], ids=["validation", "all rows"])
def test_a_resumed_training_ends_with_the_same_weights(
    config: Any, split: Split, validated: bool, tmp_path: Path
) -> None:
    validation = split.validation if validated else None
    *_, whole = train(split.train, config, SHORT, validation)
    for report in train(split.train, config, SHORT, validation, checkpoint=tmp_path):
        if report.epoch == 2:
            break
    rest = list(train(split.train, config, SHORT, validation, checkpoint=tmp_path))
    assert [report.epoch for report in rest] == [3, 4]
    assert digest(rest[-1]) == digest(whole) and rest[-1].validation == whole.validation
    (again,) = train(split.train, resume=tmp_path)  # the configs are in the checkpoint
    assert digest(again) == digest(whole)


def test_the_seed_decides_the_weights(config: Any, split: Split) -> None:
    first, again = (digest(list(train(split.train, config, SHORT, split.validation))[-1]) for _ in range(2))
    other = list(train(split.train, config, replace(SHORT, seed=1), split.validation))[-1]
    assert first == again != digest(other)


def test_a_saved_model_comes_back_to_the_bit(config: Any, split: Split, tmp_path: Path) -> None:
    model = next(train(split.train, config, SHORT, split.validation)).model
    save_model(model, tmp_path / "model")
    back = load_model(tmp_path / "model")
    assert weights_digest(back) == weights_digest(model)
    histories = split.train.histories(range(5))
    assert np.array_equal(back.scores(histories), model.scores(histories))


def test_a_new_user_is_scored_as_a_known_one_with_the_same_history(config: Any, split: Split) -> None:
    model = next(train(split.train, config, SHORT, split.validation)).model
    known = split.train.history(0)
    new = np.array(known.tolist(), dtype=np.int64)
    assert np.array_equal(model.scores([known]), model.scores([new]))
    assert isinstance(model, Encoder)
    own = model.with_markov(None, 0.0) if isinstance(model, MarkovBlend) else model
    linear = model.encode([known]) @ model.item_vectors.T + model.item_bias
    np.testing.assert_allclose(own.scores([known])[:, 1:], linear[:, 1:], rtol=1e-4, atol=1e-5)


def test_configs_are_flat_frozen_and_round_trip_through_json(config: Any, planted: Dataset) -> None:
    assert type(config).from_json(config.to_json()) == config
    assert set(config.to_json()) == set(config.options()) and len(config.options()) <= 9
    fitted = config.fitted(planted)
    assert None not in fitted.to_json().values() and fitted.fitted(planted) == fitted
    assert all(option.label and option.help for option in config.options().values())
    with pytest.raises(FrozenInstanceError):
        config.embedding_size = 8
    with pytest.raises(InputError, match="fields of this version"):
        type(config).from_json({"embedding_sise": 16})
    with pytest.raises(InputError, match="embedding_size must be between"):
        type(config).from_json({"embedding_size": 1})


def test_parameters_are_counted_and_estimated(config: Any, split: Split) -> None:
    found = estimate(split.train, config, SHORT)
    assert found.parameters == next(train(split.train, config, SHORT, split.validation)).model.parameters > 0
    assert found.epochs == 4 and found.seconds_per_epoch > 0 and found.megabytes > 0


def test_a_run_is_trained_saved_and_opened(config: Any, planted: Dataset, tmp_path: Path) -> None:
    run = train_run(planted, model_config=config, epochs=2, threads=1, baselines=("popularity",))
    save_run(run, planted, tmp_path / "run")
    back, _ = load_run(tmp_path / "run")
    assert back.model.name == config.name and len(back.reports) == 2
    assert set(back.validation) == {config.name, "popularity"} and back.evidence["comparison"]
    assert np.array_equal(back.model.scores(planted.histories()), run.model.scores(planted.histories()))


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="device must be one of"):
        TrainConfig(device="tpu")


def test_the_table() -> None:
    assert default_config().name == DEFAULT_MODEL == TRAINABLE[0]
    assert len({entry.name for entry in MODELS}) == len({entry.label for entry in MODELS}) == len(MODELS)
    assert {*TRAINABLE, *FITTED} == {entry.name for entry in MODELS} and not {*TRAINABLE} & {*FITTED}
    assert all(entry.sentence.endswith(".") and entry.model_class.name == entry.name for entry in MODELS)
    assert model_entry("ncf").name == current_name("ncf") == "mean-item-mlp", "the names of earlier versions are known"
    with pytest.raises(InputError, match=r"the model must be one of attention, .* \(got magic\)"):
        model_entry("magic")
