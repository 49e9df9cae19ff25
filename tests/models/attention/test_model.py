from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.models.attention.config import AttentionConfig
from recsys.models.attention.model import AttentionModel
from recsys.models.recommender import Encoder
from recsys.models.training.config import TrainConfig
from recsys.models.training.loop import train

EMPTY = np.zeros(0, dtype=np.int32)


@pytest.fixture(scope="module", params=["causal", "masked"])
def model(request: pytest.FixtureRequest, planted: Dataset) -> AttentionModel:
    config = AttentionConfig(objective=request.param, embedding_size=16, heads=2, max_length=10)
    return list(train(planted, config, TrainConfig(epochs=16, batch_size=256)))[-1].model


def test_it_is_an_encoder(model: AttentionModel) -> None:
    assert isinstance(model, Encoder)
    assert model.item_vectors.shape == (41, 16) and not model.item_vectors[0].any()
    assert model.parameters == sum(p.numel() for p in model.network.parameters()) + 41 * 17
    with pytest.raises(ValueError, match="read-only"):
        model.item_vectors[1] = 0


def test_scores_are_the_sum_of_their_parts_and_linear_in_the_representation(
    model: AttentionModel, planted: Dataset
) -> None:
    histories = [*planted.histories(range(3)), EMPTY]
    parts = model.parts(histories)
    np.testing.assert_allclose(model.scores(histories)[:, 1:], sum(parts.values())[:, 1:], rtol=1e-5, atol=1e-5)
    states = model.encode(histories)
    np.testing.assert_allclose(
        parts["network"][:, 1:], (states @ model.item_vectors.T + model.item_bias)[:, 1:], rtol=1e-5, atol=1e-5
    )
    middle = model.representation_scores(0.3 * states[:1] + 0.7 * states[1:2])[:, 1:]
    apart = model.representation_scores(states[:2])[:, 1:]
    np.testing.assert_allclose(middle[0], 0.3 * apart[0] + 0.7 * apart[1], rtol=1e-4, atol=1e-4)


def test_an_embedding_does_not_depend_on_the_batch(model: AttentionModel, planted: Dataset) -> None:
    histories = [planted.history(0)[:length] for length in (1, 14, 3, 9, 0, 2)]
    together = model.encode(histories)
    for row, history in enumerate(histories):
        np.testing.assert_allclose(together[row], model.encode([history])[0], rtol=1e-4, atol=1e-5)


def test_only_the_newest_items_are_read(model: AttentionModel, planted: Dataset) -> None:
    history = planted.history(1)
    read = 10 if model.config.objective == "causal" else 9
    np.testing.assert_allclose(model.encode([history]), model.encode([history[-read:]]), rtol=1e-5, atol=1e-6)


def test_an_empty_history_is_the_zero_vector_and_unknown_items_are_not_read(
    model: AttentionModel, planted: Dataset
) -> None:
    history = planted.history(0)[:4]
    assert not model.encode([EMPTY]).any()
    np.testing.assert_array_equal(model.scores([EMPTY]), model.scores([np.array([999, -1, 0])]))
    strange = np.array([history[0], 999, *history[1:], 0])
    np.testing.assert_array_equal(model.scores([history]), model.scores([strange]))


def test_no_histories_give_no_rows(model: AttentionModel) -> None:
    assert model.encode([]).shape == (0, 16) and model.scores([]).shape == (0, 41)


def test_attention_weights_sum_to_one_over_what_was_read(model: AttentionModel, planted: Dataset) -> None:
    weights = model.attention(planted.history(0))
    assert weights.shape == (2, 2, 10, 10) and weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-5)
    if model.config.objective == "causal":
        assert not np.triu(weights, 1).any()
    assert model.attention(planted.history(0)[:1]).shape == (2, 2, 1, 1)


def test_planted_interests_are_found_by_the_network_alone(model: AttentionModel, planted: Dataset) -> None:
    clean = [h[:-1] for h in planted.histories() if abs(int(h[-2]) - int(h[-3])) == 1][:40]  # ends without noise
    network = model.parts(clean)["network"]
    left, right = network[:, 1:21].mean(axis=1), network[:, 21:].mean(axis=1)
    assert len(clean) == 40 and ((left > right) == [history[-1] <= 20 for history in clean]).mean() > 0.9


def test_tensors_and_back(model: AttentionModel, planted: Dataset) -> None:
    again = AttentionModel.from_tensors(model.tensors(), model.meta())
    histories = planted.histories(range(5))
    np.testing.assert_array_equal(again.scores(histories), model.scores(histories))
    assert again.config == model.config


def test_tensors_that_do_not_fit_are_refused(model: AttentionModel) -> None:
    tensors = model.tensors() | {"item_bias": np.zeros(7, dtype=np.float32)}
    with pytest.raises(ValueError, match="fit together"):
        AttentionModel.from_tensors(tensors, model.meta())


def test_many_threads_get_what_one_gets(model: AttentionModel, planted: Dataset) -> None:
    histories = planted.histories(range(30))
    alone = [model.scores([history]) for history in histories]
    with ThreadPoolExecutor(6) as pool:
        for one, other in zip(alone, pool.map(lambda h: model.scores([h]), histories), strict=True):
            np.testing.assert_array_equal(one, other)


def test_without_the_markov_scores_the_network_stands_alone(planted: Dataset) -> None:
    config = replace(AttentionConfig(embedding_size=16), markov=False)
    alone = list(train(planted, config, TrainConfig(epochs=2)))[-1].model
    assert alone.markov is None and list(alone.parts(planted.histories([0]))) == ["network"]
