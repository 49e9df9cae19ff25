"""Parts of a score add up, tags are counted, similar items and the main shared tag are the planted ones."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.explain.history_influence import influence, margins_and_ranks, unseen_items
from recsys.explain.score_parts import main_shared_tag, model_score_parts, shared_tags, similar_items, source_and_target
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines import fit_baseline


@pytest.mark.parametrize("alpha", [0.0, 0.35, 1.0])
def test_source_and_target_add_up_to_the_blends_margin(planted: Dataset, alpha: float) -> None:
    model = fit_baseline("markov", planted)
    target, source = model.scores([planted.history(0), planted.history(1)])
    candidates = unseen_items(model.n_items, planted.history(0))
    item = int(np.flatnonzero(candidates)[3])
    own, other = source_and_target(target, source, alpha, item, candidates)
    mixed = np.concatenate([[-np.inf], alpha * source[1:].astype(float) + (1 - alpha) * target[1:]])
    assert own.value + other.value == pytest.approx(margins_and_ranks(mixed[None], item, candidates)[0][0], abs=1e-5)
    assert (own.name, other.name) == ("target", "source")


def test_the_models_parts_add_up_to_the_margin(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    history = data.history(0)
    candidates = unseen_items(model.n_items, history)
    item = int(np.flatnonzero(candidates)[0])
    margin = margins_and_ranks(model.scores([history]), item, candidates)[0][0]
    assert sum(part.value for part in model_score_parts(model, history, item, candidates)) == pytest.approx(
        margin, abs=1e-4
    )
    popularity = fit_baseline("popularity", data)
    assert [part.name for part in model_score_parts(popularity, history, item, candidates)] == ["Most popular"]


def test_tags_are_counted_against_the_catalogue(planted: Dataset) -> None:
    history = np.array([1, 2, 30])
    (tag,) = shared_tags(planted.catalogue, history, 5)
    assert (tag.tag, tag.in_history) == ("even", 2)
    assert tag.share_of_history == pytest.approx(2 / 3)
    assert tag.share_of_catalogue == pytest.approx(0.5)


def test_similar_items_are_of_the_same_planted_half(planted: Dataset, walks: tuple[AttentionModel, Dataset]) -> None:
    network, data = walks
    for model in (network, fit_baseline("popularity", planted)):
        similar, compared = similar_items(model, data, 5, k=4)
        assert len(similar) == 4
        assert all(item != 5 and item > 0 for item, _ in similar)
        assert sum(item <= 20 for item, _ in similar) >= 3
        assert compared


def test_the_main_shared_tag_is_the_planted_cause(walks: tuple[AttentionModel, Dataset]) -> None:
    """Histories mix both planted tags; the recommendation follows the newer one, and so must the explanation."""
    model, data = walks
    right = 0
    for user in range(40):
        mixed = np.concatenate([data.history(user + 1)[:5], data.history(user)[-5:]])
        scores = model.scores([mixed])[0]
        scores[mixed] = -np.inf
        item = int(np.argmax(scores))
        found = influence(model.scores, mixed, item, unseen_items(model.n_items, mixed))
        named = main_shared_tag(data.catalogue, mixed, item, found.effects)
        right += named is not None and named.tag == data.catalogue.tags[item][0]
    assert right >= 36


def test_without_a_shared_tag_there_is_none(planted: Dataset) -> None:
    assert main_shared_tag(planted.catalogue, np.array([30]), 5, np.array([1.0])) is None
