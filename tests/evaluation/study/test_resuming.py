"""A study that is stopped continues where it was, and ends as an undisturbed one to the bit."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys.code_version import code_version
from recsys.data.dataset import Dataset
from recsys.errors import InputError
from recsys.evaluation.study import evaluate_fold, parts, plan
from recsys.evaluation.study import transfer_study as module
from recsys.evaluation.study.transfer_study import transfer_study
from tests.evaluation.study.test_transfer_study import FastEncoder, two_scenarios

ONLY = ["bridge", "target scenario alone"]


class Stopped(Exception):
    """The study is killed."""


@pytest.fixture(scope="module")
def data() -> Dataset:
    return two_scenarios(True, users=90)


def study(data: Dataset, keep: Path | None, stop_at: float = 2.0, only: list[str] | None = None) -> dict[str, Any]:
    def progress(fraction: float, *_: object, **__: object) -> None:
        if fraction > stop_at:
            raise Stopped

    found = transfer_study(
        data, "scenarios", scenarios=("a", "b"), folds=2, epochs=2, only=only or ONLY, keep=keep, progress=progress
    )
    return found.to_json()


@pytest.fixture(scope="module")
def undisturbed(data: Dataset) -> dict[str, Any]:
    return study(data, None)


def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs of every training that begins from now on, counted as they are trained."""
    counted: list[int] = []
    original = module.train_encoder

    def counting(rows: Dataset, epochs: int, seed: int, progress: Any, *rest: Any) -> Any:
        counted.append(0)

        def report(*args: Any, **more: Any) -> None:
            counted[-1] += 1
            progress(*args, **more)

        return original(rows, epochs, seed, report, *rest)

    monkeypatch.setattr(module, "train_encoder", counting)
    return counted


def without_training(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Encoders that need no training in place of trained ones; a number for each that is made."""
    made: list[int] = []

    def fast(rows: Dataset, *_: Any) -> Any:
        made.append(len(made))
        return FastEncoder(rows), {}

    monkeypatch.setattr(module, "train_encoder", fast)
    return made


def test_a_study_that_was_stopped_twice_equals_an_undisturbed_one(
    data: Dataset, undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Stopped):
        study(data, tmp_path, stop_at=0.2)  # in the first fold's training, after its first epoch
    with pytest.raises(Stopped):
        study(data, tmp_path, stop_at=0.8)  # while the second fold is evaluated
    trained = trainings(monkeypatch)
    assert study(data, tmp_path) == undisturbed
    assert trained == [1, 1], "of the second fold the last report of each training; the first fold not at all"
    assert study(data, tmp_path) == undisturbed and len(trained) == 2, "a finished study is read"
    assert not list(tmp_path.rglob("checkpoint*")), "the models are not kept"


def test_results_of_other_data_settings_or_code_are_not_taken_up(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = without_training(monkeypatch)
    undisturbed = study(data, None)
    other = two_scenarios(True, users=90, seed=1)
    study(other, tmp_path)
    trained.clear()
    assert study(data, tmp_path) == undisturbed and len(trained) == 4
    assert study(data, tmp_path) == undisturbed and len(trained) == 4
    code_version.cache_clear()
    monkeypatch.setattr("recsys.code_version.LIBRARIES", ("numpy",))
    study(data, tmp_path)
    assert len(trained) == 8
    code_version.cache_clear()


def test_a_damaged_result_is_computed_again_and_another_method_is_added(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_training(monkeypatch)
    undisturbed = study(data, None)
    first = study(data, tmp_path, only=["bridge"])
    assert "target scenario alone" in first["not_compared"]
    evaluated: list[str] = []
    original = evaluate_fold._evaluate_batch

    def recording(scorer: Any, compared: Any, cold: Any) -> Any:
        evaluated.extend(method.name for method in compared)
        return original(scorer, compared, cold)

    monkeypatch.setattr(evaluate_fold, "_evaluate_batch", recording)
    assert study(data, tmp_path) == undisturbed
    assert set(evaluated) == {"target scenario alone"}
    evaluated.clear()
    for file in tmp_path.rglob("known-0/popularity.safetensors"):
        file.write_bytes(file.read_bytes()[:40])
    assert study(data, tmp_path) == undisturbed
    assert set(evaluated) == {"popularity"}


def test_a_model_of_ones_own_has_no_key(data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keep must be left out"):
        transfer_study(data, "users", model=FastEncoder, keep=tmp_path)


def test_results_that_nobody_used_for_a_week_are_removed(tmp_path: Path) -> None:
    old, new = (parts.StudyParts.of(tmp_path, {"number": number}).folder for number in (1, 2))
    assert old is not None and new is not None
    before = time.time() - 8 * 86_400
    os.utime(old / "used", (before, before))
    parts.StudyParts.of(tmp_path, {"number": 3})
    assert not old.exists() and new.exists()


def test_a_fold_without_users_for_some_number_of_known_items_has_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    without_training(monkeypatch)
    data = two_scenarios(True, users=90)
    original = plan.plan_study

    def without_first(*args: Any, **how: Any) -> Any:
        found = original(*args, **how)
        first = found.folds[0]
        nobody = first.cold[0].part(slice(0, 0))
        return replace(found, folds=(replace(first, cold=(nobody, *first.cold[1:])), *found.folds[1:]))

    whole = study(data, None)
    monkeypatch.setattr(module, "plan_study", without_first)
    point, complete = (one["points"][0] for one in (study(data, None), whole))
    assert point["observed"] == 0 and point["people"] < complete["people"]
