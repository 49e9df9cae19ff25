"""Attention sums to one, its numbers are the network's own; influence beats it and chance at finding what matters."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.explain.attention import attention_map, attention_order, deletion_study, trained_head
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines import fit_baseline


def test_maps_are_of_the_items_that_were_read(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    history = np.concatenate([data.history(u) for u in range(0, 20, 2)])
    found = attention_map(model, history)
    assert found.skipped == len(history) - len(found.items) > 0
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, rtol=1e-5)
    assert found.last.sum() == pytest.approx(1)
    order = attention_order(model, history)
    assert sorted(order.tolist()) == list(range(len(history)))
    assert set(order[: len(found.items)].tolist()) == set(range(found.skipped, len(history)))


@pytest.mark.parametrize("head", [0, 1])
def test_the_numbers_of_the_formula_are_the_networks_own(walks: tuple[AttentionModel, Dataset], head: int) -> None:
    model, data = walks
    history = data.history(3)
    numbers = trained_head(model, history, 0, head)
    assert numbers is not None
    np.testing.assert_allclose(numbers.weights, attention_map(model, history).weights[0, head, -1], atol=1e-5)
    scaled = np.array(numbers.products) / np.sqrt(numbers.d_k) + np.array(numbers.distance)
    np.testing.assert_allclose(np.exp(scaled) / np.exp(scaled).sum(), numbers.weights, atol=1e-5)
    np.testing.assert_allclose(np.array(numbers.weights) @ np.array(numbers.values), numbers.output, atol=1e-6)


def test_models_without_a_network_have_no_numbers(planted: Dataset) -> None:
    assert trained_head(fit_baseline("popularity", planted), planted.history(0)) is None


def test_influence_beats_chance_and_attention(real: tuple[AttentionModel, Dataset]) -> None:
    model, data = real
    some = np.flatnonzero((data.lengths >= 8) & (data.lengths <= 40))[:60]
    study = deletion_study(model, data.histories(some))
    assert study.cases == len(some)
    for other in ("random", "attention"):
        assert study.against[other].high < 0, study.sentence
        assert study.areas["influence"].value < study.areas[other].value
    assert "deleting by influence hurts sooner" in study.sentence
    for curve in study.curves.values():
        assert curve[0] == pytest.approx(1)
