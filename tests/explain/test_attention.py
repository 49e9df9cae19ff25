"""Attention weights sum to 1 and are the network's; deletion by influence beats deletion by attention and at random."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.explain.attention import attention_map, attention_order, deletion_study, trained_head
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines import fit_baseline
from recsys.models.gru4rec.config import GRU4RecConfig
from recsys.models.lightgcn.config import LightGCNConfig
from recsys.models.trainable import ModelConfig
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train


def test_attention_maps_cover_the_newest_items(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    history = np.concatenate([data.history(u) for u in range(0, 20, 2)])
    attention = attention_map(model, history)
    assert attention.n_truncated == len(history) - len(attention.items) > 0
    np.testing.assert_allclose(attention.weights.sum(axis=-1), 1, rtol=1e-5)
    assert attention.newest_row.sum() == pytest.approx(1)
    order = attention_order(model, history)
    assert sorted(order.tolist()) == list(range(len(history)))
    assert set(order[: len(attention.items)].tolist()) == set(range(attention.n_truncated, len(history)))


@pytest.mark.parametrize("head", [0, 1])
def test_the_computation_of_a_head_equals_the_networks(walks: tuple[AttentionModel, Dataset], head: int) -> None:
    model, data = walks
    history = data.history(3)
    computation = trained_head(model, history, 0, head)
    assert computation is not None
    np.testing.assert_allclose(computation.weights, attention_map(model, history).weights[0, head, -1], atol=1e-5)
    scaled = computation.products / np.sqrt(computation.d_k) + computation.distance
    np.testing.assert_allclose(np.exp(scaled) / np.exp(scaled).sum(), computation.weights, atol=1e-5)
    np.testing.assert_allclose(computation.weights @ computation.values, computation.output, atol=1e-6)


@pytest.mark.parametrize("config", [GRU4RecConfig(embedding_size=16), LightGCNConfig(embedding_size=16)])
def test_other_trained_models_have_no_attention_head(planted: Dataset, config: ModelConfig) -> None:
    *_, last = train(planted, config, TrainConfig(epochs=1, seed=1))
    assert trained_head(last.model, planted.history(0)) is None


def test_models_without_a_network_have_no_attention_head(planted: Dataset) -> None:
    assert trained_head(fit_baseline("popularity", planted), planted.history(0)) is None


def test_influence_finds_important_items_sooner_than_attention_and_random_order(
    real: tuple[AttentionModel, Dataset],
) -> None:
    model, data = real
    some = np.flatnonzero((data.lengths >= 8) & (data.lengths <= 40))[:60]
    study = deletion_study(model, data.histories(some))
    assert study.n_recommendations == len(some)
    for other in ("random", "attention"):
        assert study.differences[other].high < 0, study.sentence
        assert study.areas["influence"].value < study.areas[other].value
    assert "deletion by influence finds the important items sooner" in study.sentence
    for curve in study.curves.values():
        assert curve[0] == pytest.approx(1)
