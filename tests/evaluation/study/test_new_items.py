"""New items are found by their texts where these say something, and no row of theirs reaches a fit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset
from recsys.evaluation.study.new_items import (
    BASELINES,
    NewItems,
    _by_chance,
    draw_new_items,
    saved_sentence,
    shuffled_texts,
    without_items,
)
from recsys.evaluation.study.plan import plan_study
from recsys.evaluation.study.text_items import TextItems
from recsys.evaluation.study.transfer_study import transfer_study
from recsys.models.item_text import item_text_vectors
from recsys.wording import Message
from tests.evaluation.study.test_transfer_study import FastEncoder, two_scenarios

WORDS = ("alpine", "bread", "copper", "drums", "ember", "ferns", "glass", "harbour", "iron", "jasmine")


def titled(telling: bool = True) -> Dataset:
    """Ten interests with five items in each of two scenarios; the titles tell the interest, or nothing."""
    data = two_scenarios(True, users=400)
    rng = np.random.default_rng(2)
    words = [WORDS[place % 50 // 5] if telling else WORDS[int(rng.integers(10))] for place in range(100)]
    titles = ("", *(f"{word} {word}s number{'ab'[place % 2]}" for place, word in enumerate(words)))
    known = data.catalogue
    return replace(data, catalogue=Catalogue(titles, known.texts, known.tags, known.scenarios))


def study(data: Dataset, trained: list[Dataset] | None = None) -> NewItems | None:
    def model(rows: Dataset) -> FastEncoder:
        if trained is not None:
            trained.append(rows)
        return FastEncoder(rows)

    return transfer_study(data, "scenarios", model=model, scenarios=("a", "b"), only=["new items"]).new_items


@pytest.fixture(scope="module")
def telling() -> NewItems:
    found = study(titled())
    assert found is not None
    return found


def test_titles_that_tell_the_interest_find_new_items(telling: NewItems) -> None:
    assert telling.items == 10 and telling.users >= 20
    assert telling.helps
    for name in BASELINES:
        assert telling.methods["transfer"].value > telling.methods[name].value + 0.1, name
    assert telling.differences["target alone"].low > 0, "with no item known, only the source tells the interest"
    assert telling.sentence.startswith("By their texts new items are found: NDCG@10 0.")
    assert "among 10 items that no training row holds" in telling.sentence
    content = json.loads(json.dumps(telling.to_json()))
    again = saved_sentence(content)
    assert again == telling.sentence and isinstance(again, Message)
    assert saved_sentence({"sentence": "of an earlier version"}) == "of an earlier version"


def test_titles_that_tell_nothing_are_not_shown_to_help() -> None:
    found = study(titled(telling=False))
    assert found is not None and not found.helps
    assert found.sentence.startswith("It is not shown that texts find new items")


def test_no_row_of_a_new_item_is_trained_on() -> None:
    data, trained = titled(), list[Dataset]()
    study(data, trained)
    plan = plan_study(data, "scenarios", scenarios=("a", "b"), folds=3)
    new = draw_new_items(data, plan, 0)
    assert new.sum() == 10 and not new[~plan.candidates].any()
    assert len(trained) == 4 and not trained[-1].item_counts[new].any()
    assert all(rows.item_counts[new].any() for rows in trained[:-1])
    fold = without_items(plan.folds[0], new)
    for cold, whole in zip(fold.cold, plan.folds[0].cold, strict=True):
        assert new[cold.positives].all() and len(cold) < len(whole)
        assert not any(new[history].any() for history in (*cold.target, *cold.source))
    assert any(new[history].any() for cold in fold.cold for history in cold.history), "they are not recommended again"


def test_without_texts_there_is_no_such_study() -> None:
    data = two_scenarios(True, users=90)
    found = transfer_study(data, "scenarios", model=FastEncoder, scenarios=("a", "b"), only=["new items"])
    assert found.new_items is None and "new items" in found.to_json()["not_compared"]


def test_the_result_is_in_the_json() -> None:
    found = transfer_study(titled(), "scenarios", model=FastEncoder, scenarios=("a", "b"), only=["new items"])
    content: dict[str, Any] = found.to_json()["new_items"]
    assert content["sentence"] == found.new_items.sentence  # type: ignore[union-attr]
    assert set(content["methods"]) == {"transfer", "text bridge", "target alone", *BASELINES}
    assert "new items" not in found.to_json()["not_compared"]


def test_texts_predict_vectors_of_items_without_interactions() -> None:
    data = titled()
    new = np.zeros(101, dtype=bool)
    new[[3, 52, 77]] = True
    rows = data.with_rows(~new[data.sequence])
    model, texts = FastEncoder(rows), item_text_vectors(data.catalogue, ids=data.items.ids).vectors
    items = TextItems(model, rows, texts)
    for item in np.flatnonzero(new):
        similar = model.item_vectors @ items.item_vectors[item]
        best = np.argsort(-similar)[:4]
        assert {(one - 1) // 5 % 10 for one in best} == {(int(item) - 1) // 5 % 10}
    histories: Sequence[np.ndarray] = [np.array([1, 3, 4], np.int32), np.array([1, 4], np.int32)]
    first, second = items.scores(histories)
    np.testing.assert_array_equal(first, second)
    assert first[0] == -np.inf and np.isfinite(first[1:]).all()
    mixed = shuffled_texts(texts, 0)
    assert sorted(map(tuple, mixed[1:])) == sorted(map(tuple, texts[1:])) and not np.array_equal(mixed[1:], texts[1:])


def test_popularity_is_a_random_order() -> None:
    data = titled()
    plan = plan_study(data, "scenarios", scenarios=("a", "b"), folds=3)
    new = draw_new_items(data, plan, 0)
    fold = without_items(plan.folds[0], new)
    expected = _by_chance(fold, new)
    rng, seen = np.random.default_rng(0), [h for cold in fold.cold for h in cold.history]
    left = 10 - np.array([len(np.unique(h[new[h]])) for h in seen])
    drawn = 1 / np.log2(1 + 1 + np.floor(rng.random((4000, len(left))) * left))
    np.testing.assert_allclose(expected, drawn.mean(axis=0), atol=0.02)
