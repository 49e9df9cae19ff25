"""Parts add up, tags are counted, alike items are the planted ones, and the planted reason is named."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.explain.history_influence import influence, places, unseen_items
from recsys.explain.score_parts import alike_items, model_score_parts, reason, shared_tags, source_and_target
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines import fit_baseline


@pytest.mark.parametrize("alpha", [0.0, 0.35, 1.0])
def test_source_and_target_add_up_to_the_blends_lead(planted: Dataset, alpha: float) -> None:
    model = fit_baseline("markov", planted)
    target, source = model.scores([planted.history(0), planted.history(1)])
    allowed = unseen_items(model.n_items, planted.history(0))
    item = int(np.flatnonzero(allowed)[3])
    own, other = source_and_target(target, source, alpha, item, allowed)
    mixed = np.concatenate([[-np.inf], alpha * source[1:].astype(float) + (1 - alpha) * target[1:]])
    assert own.value + other.value == pytest.approx(places(mixed[None], item, allowed)[0][0], abs=1e-5)
    assert (own.name, other.name) == ("target", "source")


def test_voices_add_up_to_the_models_lead(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    history = data.history(0)
    allowed = unseen_items(model.n_items, history)
    item = int(np.flatnonzero(allowed)[0])
    lead = places(model.scores([history]), item, allowed)[0][0]
    assert sum(part.value for part in model_score_parts(model, history, item, allowed)) == pytest.approx(lead, abs=1e-4)
    popularity = fit_baseline("popularity", data)
    assert [part.name for part in model_score_parts(popularity, history, item, allowed)] == ["popularity"]


def test_tags_are_counted_against_the_catalogue(planted: Dataset) -> None:
    history = np.array([1, 2, 30])
    (tag,) = shared_tags(planted.catalogue, history, 5)
    assert (tag.tag, tag.in_history) == ("even", 2)
    assert tag.share_of_history == pytest.approx(2 / 3)
    assert tag.share_of_catalogue == pytest.approx(0.5)


def test_alike_items_are_of_the_same_planted_half(planted: Dataset, walks: tuple[AttentionModel, Dataset]) -> None:
    network, data = walks
    for model in (network, fit_baseline("popularity", planted)):
        alike, by = alike_items(model, data, 5, k=4)
        assert len(alike) == 4
        assert all(item != 5 and item > 0 for item, _ in alike)
        assert sum(item <= 20 for item, _ in alike) >= 3
        assert by


def test_the_planted_taste_that_made_the_pick_is_named(walks: tuple[AttentionModel, Dataset]) -> None:
    """People have both tastes in their history; the pick follows the last one, and so must the reason."""
    model, data = walks
    right = 0
    for user in range(40):
        mixed = np.concatenate([data.history(user + 1)[:5], data.history(user)[-5:]])
        scores = model.scores([mixed])[0]
        scores[mixed] = -np.inf
        item = int(np.argmax(scores))
        found = influence(model.scores, mixed, item, unseen_items(model.n_items, mixed))
        named = reason(data.catalogue, mixed, item, found.effects)
        right += named is not None and named.tag == data.catalogue.tags[item][0]
    assert right >= 36


def test_without_shared_tags_there_is_no_reason(planted: Dataset) -> None:
    assert reason(planted.catalogue, np.array([30]), 5, np.array([1.0])) is None
