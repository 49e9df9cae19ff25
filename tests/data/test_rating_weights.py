"""The weight of each interaction by its rating."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.rating_weights import disliked, rating_weights
from recsys.errors import InputError
from tests.conftest import planted_dataset


def rated(ratings: list[float]) -> Dataset:
    data = planted_dataset(users=2, items=5, length=len(ratings) // 2)
    return replace(data, ratings=np.array(ratings, dtype=np.float32))


def test_weights_follow_the_rank_of_the_rating_and_have_mean_one() -> None:
    weights = rating_weights(rated([1, 2, 3, 4, 5, 5, 1000, np.nan]), "weigh")
    assert weights is not None and weights.dtype == np.float32
    shares = np.array([0.5, 1.5, 2.5, 3.5, 5, 5, 6.5]) / 7
    assert weights[:7] == pytest.approx(0.25 + 1.5 * shares - 1.5 * (shares.mean() - 0.5))
    assert weights[7] == 1 and weights.mean() == pytest.approx(1, abs=1e-6)
    assert weights[4] == weights[5] < weights[6] < 1.75


def test_what_is_far_below_the_users_own_mean_is_disliked_and_has_no_weight() -> None:
    data = rated([5, 5, 5, 1, 2, 2, 1, 2])  # the second user is strict: a 2 is no dislike
    assert disliked(data).tolist() == [False, False, False, True, False, False, False, False]
    weights = rating_weights(data, "dislikes")
    assert weights is not None
    assert weights.tolist() == pytest.approx([8 / 7] * 3 + [0] + [8 / 7] * 4)


def test_without_ratings_they_can_only_be_ignored() -> None:
    data = replace(planted_dataset(users=3, items=4, length=3), ratings=None)
    assert rating_weights(data, "ignore") is None
    for mode in ("weigh", "dislikes"):
        with pytest.raises(InputError, match="must have ratings"):
            rating_weights(data, mode)
    with pytest.raises(InputError, match="must be one of"):
        rating_weights(rated([1, 2, 3, 4]), "other")
