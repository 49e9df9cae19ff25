"""Weights per scenario: they are found where they help, and change nothing elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.data.splits import Holdout, leave_one_out
from recsys.models.attention.model import AttentionModel
from recsys.models.recommender import Encoder
from recsys.models.sequence import scenario_weights
from recsys.models.sequence.item_parts import ItemParts, recency, similar_texts
from recsys.models.sequence.scenario_weights import weigh_scenarios
from recsys.models.validation import next_item_quality
from tests.conftest import planted_dataset
from tests.transfer.conftest import random_model


@pytest.fixture(scope="module")
def data() -> Dataset:
    return planted_dataset(users=300)


@pytest.fixture(scope="module")
def model(data: Dataset) -> AttentionModel:
    """A network of random numbers, whose Markov scores, which know the data, have too small a weight."""
    untrained = random_model(leave_one_out(data).train)
    return untrained.with_markov(untrained.markov, 0.05)


def test_the_weights_raise_the_accuracy_of_each_scenario(data: Dataset, model: AttentionModel) -> None:
    split = leave_one_out(data)
    weighted, found = weigh_scenarios(model, split.train, split.validation)
    assert found is not None and isinstance(weighted, Encoder)
    assert (found.after > found.before + 0.1).all() and (found.weights[:, 0] > 0.3).all()
    assert set(found.to_json()) == {"left", "right"}
    before, after = (next_item_quality(one, split.test)["ndcg@10"] for one in (model, weighted))
    assert after > before + 0.1
    again, same = weigh_scenarios(model, split.train, split.validation)
    assert same is not None and np.array_equal(same.weights, found.weights)
    histories = split.test.histories[:5]
    assert np.array_equal(again.scores(histories), weighted.scores(histories))
    back = AttentionModel.from_tensors(weighted.tensors(), weighted.meta())
    assert back.scores(histories).tobytes() == weighted.scores(histories).tobytes()


def test_one_scenario_no_markov_scores_and_no_users_change_nothing(data: Dataset, model: AttentionModel) -> None:
    split = leave_one_out(data)
    single = replace(split.train, catalogue=Catalogue.bare(data.items.ids))
    nobody = Holdout(np.zeros(0, np.int64), (), ())
    for one, rows, users in (
        (model, single, split.validation),
        (model.with_markov(None, 0.0), split.train, split.validation),
        (model, split.train, nobody),
    ):
        assert weigh_scenarios(one, rows, users) == (one, None)


def test_without_a_gain_on_users_left_out_of_the_fit_nothing_is_changed(data: Dataset, model: AttentionModel) -> None:
    split, rng = leave_one_out(data), np.random.default_rng(0)
    drawn = tuple(rng.integers(1, data.n_items + 1, 1).astype(np.int32) for _ in split.validation.histories)
    chance = replace(split.validation, positives=drawn)
    assert weigh_scenarios(model, split.train, chance) == (model, None)


def test_markov_scores_of_a_longer_memory_are_taken_where_they_are_better(data: Dataset, model: AttentionModel) -> None:
    split = leave_one_out(data)
    assert model.markov is not None
    last = model.with_markov(type(model.markov).fit(split.train, 1, 3.0, prior=0.1), 0.05)  # the last item alone
    fourth = tuple(history[-4:-3] for history in split.validation.histories)  # what came four items ago comes next
    repeated = Holdout(split.validation.users, tuple(h[-3:] for h in split.validation.histories), fourth)
    weighted, found = weigh_scenarios(last, split.train, repeated)
    assert found is not None and weighted.markov is not None and weighted.markov.power == 0.5


def test_weights_that_lower_the_accuracy_among_all_items_are_dropped(
    data: Dataset, model: AttentionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = leave_one_out(data)
    qualities = iter([0.1, 0.2])  # of the weighted model, of the model as it is
    monkeypatch.setattr(scenario_weights, "_quality", lambda *_: next(qualities))
    assert weigh_scenarios(model, split.train, split.validation) == (model, None)


def test_the_scores_are_the_weighted_parts_and_keep_the_level_of_each_scenario(
    data: Dataset, model: AttentionModel
) -> None:
    rows = leave_one_out(data).train
    assert model.markov is not None
    parts = ItemParts.of(rows, model.markov, similar_texts(rows))
    weights = np.array([[0.5, 2.0, 0.3, 0.4, -0.2], [0.9, 0.1, 0.0, -0.3, 0.6]])
    histories = rows.histories()[:40]
    weighted = scenario_weights._with_weights(model, parts, weights, histories)
    layers = [*parts.layers(histories), *(np.tile(one, (40, 1)) for one in (parts.recent, parts.age))]
    expected = model.representation_scores(model.encode(histories))[:, 1:] + sum(
        weights[parts.scenario[1:], place] * layer[:, 1:] for place, layer in enumerate(layers)
    )
    difference = weighted.scores(histories)[:, 1:] - expected
    for number in range(2):
        inside = parts.scenario[1:] == number
        assert np.ptp(difference[:, inside]) < 1e-3, "the same offset for all items of a scenario"
        levels = [
            np.log(np.exp(one.scores(histories)[:, 1:][:, inside].astype(float)).sum(axis=1)).mean()
            for one in (model, weighted)
        ]
        assert levels[0] == pytest.approx(levels[1], abs=1e-3)


def test_the_logit_recovers_planted_weights() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4000, 30, 6)).astype(np.float32)
    planted = np.array([1.0, 0.5, 0.0, 1.5, -0.7, 0.3])
    chosen = (values @ planted + rng.gumbel(size=(4000, 30))).argmax(axis=1)
    rows = np.arange(4000)
    values[rows, 0], values[rows, chosen] = values[rows, chosen].copy(), values[rows, 0].copy()
    assert scenario_weights._fit_logit(values) == pytest.approx(planted, abs=0.08)


def test_recency_and_similar_texts_by_hand() -> None:
    rows = planted_dataset(users=10, items=6, length=4)
    late = replace(rows, timestamps=np.arange(40.0), sequence=np.repeat([1, 2, 3, 4], 10).astype(np.int32))
    recent, age = recency(late)
    assert recent[4] > recent[3] > recent[2] > recent[1] and recent[5] == recent[6] == 0
    assert age[1] == pytest.approx(np.log(1.01 - 1 / 40)) and age[4] == pytest.approx(np.log(1.01 - 31 / 40))
    assert not any(part.any() for part in recency(replace(rows, timestamps=None)))
    titles = ("", "green tea bag", "black tea bag", "steel pan", "iron pan", "green tea tin", "pan lid")
    named = replace(rows, catalogue=replace(rows.catalogue, titles=titles, tags=((),) * 7))
    near = similar_texts(named).toarray()
    assert near[1, 5] > 0.3 and near[1, 3] == 0 and not near[0].any() and not np.diag(near).any()
    bare = replace(rows, catalogue=Catalogue.bare(rows.items.ids))
    assert similar_texts(bare).nnz == 0
