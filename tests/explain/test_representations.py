"""What interests and next choice lean on: exact shares, leave-one-out, and what both list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.data.dataset import Catalogue, Dataset, History
from recsys.embeddings.interests import InterestModel, interest_model
from recsys.errors import InputError
from recsys.explain.history_influence import unseen_items
from recsys.explain.representations import MOST, like_newest, reliance, replaced
from recsys.models.attention.model import AttentionModel
from recsys.transfer import alpha_path


def test_shares_of_the_interest_are_its_item_weights(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    interests, history = interest_model(model, data), data.history(3)
    found = reliance(interests, model.scores, history, unseen_items(data.n_items, history))
    weights = interests.item_weights([history]).toarray()[0]
    assert np.allclose(found.interests, weights[history[::-1]])  # every item occurs once in this data
    vectors = interests.item_vectors[found.items]
    assert np.allclose(interests.scale * (found.interests @ vectors), interests.encode([history])[0], atol=1e-4)


def test_the_next_choice_leans_on_what_the_scores_change_without() -> None:
    def last_item_only(histories: Sequence[History]) -> np.ndarray:
        scores = np.zeros((len(histories), 9))
        for row, history in enumerate(histories):
            scores[row, int(history[-1])] = 1.0
        return scores

    class Even(InterestModel):
        def __init__(self) -> None:
            self.half_life = 20.0

    found = reliance(Even(), last_item_only, np.array([1, 2, 3]), np.ones(9, dtype=bool))
    assert found.items.tolist() == [3, 2, 1]
    assert found.next_choice.tolist() == [1.0, 0.0, 0.0]
    assert found.of_newest(1)[1] == 1.0 and found.of_newest(3)[0] == pytest.approx(1)


def test_long_histories_are_complete_with_the_older_items(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    history = np.resize(data.history(0), 90).astype(np.int32)
    found = reliance(interest_model(model, data), model.scores, history, unseen_items(data.n_items, history))
    assert len(found.items) == MOST
    totals = found.interests.sum() + found.older[0], found.next_choice.sum() + found.older[1]
    assert totals == pytest.approx((1, 1))
    empty = reliance(interest_model(model, data), model.scores, history[:0], unseen_items(data.n_items, history))
    assert len(empty.items) == 0 and empty.older == (0.0, 0.0)


def test_without_candidates_nothing_is_measured(walks: tuple[AttentionModel, Dataset]) -> None:
    model, data = walks
    nothing = np.zeros(data.n_items + 1, dtype=bool)
    with pytest.raises(InputError, match="must leave items that may be recommended"):
        reliance(interest_model(model, data), model.scores, data.history(3), nothing)


def test_lists_are_compared_with_the_newest_item() -> None:
    titles, tags = ("",) * 5, ((), ("film",), ("film", "new"), ("maps",), ())
    both = Catalogue(titles, titles, tags, ("", "shop", "shop", "social", "social"))
    found = like_newest(both, np.array([1, 3]), [3, 4, 1], [1, 2])
    assert (found.kind, found.history, found.interests) == ("social", 0.5, 0.0)
    assert found.next_choice == pytest.approx(2 / 3)
    one = Catalogue(titles, titles, tags, ("",) * 5)
    assert like_newest(one, np.array([3, 2]), [1], [3]).kind == "film"
    assert like_newest(one, np.array([4]), [1], [3]).kind == ""


def test_replaced_items_are_those_that_left_the_targets_list() -> None:
    target, source = np.array([-np.inf, 3.0, 2.0, 1.0]), np.array([-np.inf, 0.0, 2.0, 3.0])
    path = alpha_path(target, source, 2)
    assert replaced(path, [0.0, 0.3, 0.9, 1.0]).tolist() == [0, 0, 1, 1]
