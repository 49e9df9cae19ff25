"""Training, encoding and scoring on a device: nothing is left on the CPU, and the standard path learns the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.errors import InputError, TrainingError
from recsys.models.attention.config import AttentionConfig
from recsys.models.sequence import model as model_module
from recsys.models.sequence.device_learner import DeviceLearner
from recsys.models.sequence.model import SequenceModel
from recsys.models.table import TRAINABLE, model_entry
from recsys.models.training import device as devices
from recsys.models.training.config import TrainConfig
from recsys.models.training.device import choose_device, device_here, device_labels
from recsys.models.training.loop import train
from recsys.runs import train_run
from tests.models.fake_device import fake_device

SMALL = {"embedding_size": 16, "max_length": 12}
VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    *((name, {}) for name in TRAINABLE),
    ("attention", {"objective": "masked", "heads": 2}),
    ("attention", {"scenarios": "loss, adapters and weights"}),
)


def learner_of(dataset: Dataset, name: str, more: dict[str, Any], device: str, **train: Any) -> Any:
    """A learner of the path of a device, whose weights are on the CPU; sequence models have item features."""
    config: Any = model_entry(name).config_class
    values = {key: value for key, value in (SMALL | more).items() if key in config.options()}
    features = np.random.default_rng(0).normal(size=(dataset.n_items + 1, 5)).astype(np.float32)
    return model_entry(name).learner_on(device)(
        dataset, config.from_json(values).fitted(dataset), TrainConfig(batch_size=256, device="cpu", **train), features
    )


@pytest.mark.parametrize(
    ("device", "name", "more"),
    [(device, *one) for device in ("cuda:0", "meta") for one in VARIANTS if (device, one[0]) != ("cuda:0", "gru4rec")],
)
def test_a_step_encoding_and_scoring_leave_nothing_on_the_cpu(
    device: str, name: str, more: dict[str, Any], planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, there = learner_of(planted, name, more, "cuda"), torch.device(device)
    model, batch = learner.snapshot(), next(iter(learner.batches(planted, np.random.default_rng(0))))
    if isinstance(learner, DeviceLearner):
        learner.network.requires_grad_(device == "meta")
    if device == "meta":  # which has no fused optimiser
        monkeypatch.setattr(learner, "_new_optimiser", lambda: torch.optim.AdamW(learner.trained))
    monkeypatch.setattr(model_module, "deepcopy", lambda network: network)  # a copy made inside can't be moved
    with fake_device(device):
        learner.to(device)
        loss = learner.step(batch, 1e-3, np.random.default_rng(1))
        assert loss.device == there and loss.dtype == torch.float32 and loss.shape == ()
        state = learner.optimiser.state_dict()["state"]
        assert {value.device for one in state.values() for name, value in one.items() if name != "step"} == {there}
        if isinstance(learner, DeviceLearner):
            moments = [getattr(rows, part) for rows in (learner.vectors, learner.bias) for part in ("mean", "table")]
            assert {value.device for value in (*moments, *learner.trained)} == {there}
        if isinstance(model, SequenceModel):
            moved = model.on(device)
            states = moved.states(planted.histories([0, 1, 2]))
            scores = moved.state_scores(states)
            assert states.device == scores.device == there and scores.shape == (3, planted.n_items + 1)


@pytest.mark.parametrize("more", [one for name, one in VARIANTS if name == "attention"])
def test_without_dropout_both_paths_take_the_same_step(more: dict[str, Any], planted: Dataset) -> None:
    """The loss, and the weights after a step, of the CPU's path and of torch's own kernels, both on the CPU."""
    snapshots, losses = [], []
    for device in ("cpu", "cuda"):
        learner = learner_of(planted, "attention", more | {"dropout": 0.0}, device)
        batch = next(iter(learner.batches(planted, np.random.default_rng(0))))
        losses.append(learner.learn(batch, 1e-3, np.random.default_rng(1)))
        snapshots.append(learner.tensors())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    moments = [name for name in snapshots[0] if name.endswith(("exp_avg", ".mean"))]  # a tenth of the gradients
    assert len(moments) > 10
    for name in moments:
        np.testing.assert_allclose(snapshots[0][name], snapshots[1][name], atol=2e-7, rtol=2e-3, err_msg=name)


def test_the_standard_path_repeats_with_its_seed_and_leaves_torchs_generator_alone(planted: Dataset) -> None:
    losses = []
    for seed in (1, 1, 2):
        learner = learner_of(planted, "attention", {"dropout": 0.5}, "cuda")
        batch, before = next(iter(learner.batches(planted, np.random.default_rng(0)))), torch.get_rng_state()
        losses.append([learner.learn(batch, 1e-3, np.random.default_rng([seed, step])) for step in range(2)])
        assert torch.equal(torch.get_rng_state(), before)
    assert losses[0] == losses[1] != losses[2]


def test_mixed_precision_is_close_and_keeps_weights_in_float32(planted: Dataset) -> None:
    losses = []
    for precision in (None, torch.bfloat16):
        learner = learner_of(planted, "attention", {"dropout": 0.0}, "cuda")
        learner.precision = precision
        batch = next(iter(learner.batches(planted, np.random.default_rng(0))))
        losses.append(learner.learn(batch, 1e-3, np.random.default_rng(1)))
    assert losses[0] != losses[1] == pytest.approx(losses[0], rel=1e-2)
    assert {value.dtype for value in learner.tensors().values()} == {np.dtype("float32"), np.dtype("int64")}


def test_a_training_continues_on_another_device_and_its_run_opens_anywhere(planted: Dataset, tmp_path: Path) -> None:
    split = leave_one_out(planted)
    config: Any = AttentionConfig(**SMALL)  # type: ignore[arg-type]
    there, here = (TrainConfig(epochs=3, batch_size=256, device=name) for name in ("cuda", "auto"))
    reports = train(split.train, config, here, split.validation, checkpoint=tmp_path, learner=DeviceLearner)
    first = next(reports)
    saved = (tmp_path / "checkpoint.safetensors").read_bytes()
    assert b'\\"auto\\"' in saved
    (tmp_path / "checkpoint.safetensors").write_bytes(saved.replace(b'\\"auto\\"', b'\\"cuda\\"'))
    with pytest.raises(InputError, match=r"device must be one that this machine has \(got cuda\)\. Use auto or cpu"):
        next(train(split.train, config, there, split.validation, checkpoint=tmp_path))
    last = list(train(split.train, config, here, split.validation, checkpoint=tmp_path))
    assert first.epoch == 1 and [report.epoch for report in last] == [2, 3]
    assert first.model.device == "cpu" and not first.model.network.standard


def test_a_device_that_is_not_there_is_refused_before_anything_is_trained(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "found_accelerators", lambda: ())
    with pytest.raises(InputError, match=r"device must be one that this machine has \(got mps\)\. Use auto or cpu\."):
        train_run(planted, train_config=TrainConfig(device="mps"), progress=lambda *_, **__: pytest.fail("it began"))
    assert train_run(planted, train_config=TrainConfig(epochs=1), baselines=()).config["device"] == "cpu"


def test_an_accelerator_that_fails_is_an_error_with_a_way_out(
    planted: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: DeviceLearner, device: str) -> None:
        raise RuntimeError(f"CUDA error: no kernel image for {device}\nmore")

    monkeypatch.setattr(devices, "found_accelerators", lambda: ("cuda",))
    monkeypatch.setattr(DeviceLearner, "to", fails)
    expected = (
        r"the device cuda must be able to train \(got RuntimeError: CUDA error: .* for cuda\)\. Use the device cpu"
    )
    with pytest.raises(TrainingError, match=expected):
        next(train(planted, AttentionConfig(embedding_size=16)))


@pytest.mark.parametrize(
    ("found", "chosen", "label"),
    [
        ((), "cpu", "Automatic: CPU (no accelerator found)"),
        (("cuda",), "cuda", "Automatic: GPU (CUDA)"),
        (("mps",), "cpu", "Automatic: CPU"),
    ],
)
def test_the_device_is_what_was_found(
    found: tuple[str, ...], chosen: str, label: str, monkeypatch: pytest.MonkeyPatch, planted: Dataset
) -> None:
    monkeypatch.setattr(devices, "found_accelerators", lambda: found)
    assert choose_device("auto") == chosen == TrainConfig().fitted(planted).device and choose_device("cpu") == "cpu"
    assert device_labels()["auto"] == label and tuple(device_labels()) == ("auto", "cpu", *found)
    for name in ("cuda", "mps"):
        config = TrainConfig(device=name)  # a plan of another machine is still read
        assert device_here(name) == (name if name in found else "auto")
        if name not in found:
            with pytest.raises(InputError, match=rf"device must be one that this machine has \(got {name}\). Use auto"):
                config.fitted(planted)
