"""The interests of a source: exact parts of its long-term interest, and their weighted sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recsys.data.dataset import Dataset
from recsys.embeddings import cluster, name_item_groups
from recsys.embeddings.interests import InterestModel, interest_model
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.transfer import alpha_path, party_of_group, party_of_items, party_of_user, party_scores
from recsys.transfer.parties import party_embedding
from recsys.transfer.source_interests import (
    MOST,
    REST,
    SourceInterests,
    interest_scores,
    read_weights,
    split_interests,
    write_weights,
)


@pytest.fixture(scope="module")
def interests(model: AttentionModel, planted: Dataset) -> InterestModel:
    return interest_model(model, planted)


@pytest.fixture(scope="module")
def groups(interests: InterestModel, planted: Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    labels = cluster(interests.item_vectors[1:], 9).labels
    return labels, name_item_groups(labels, planted)


@pytest.fixture(scope="module")
def one_user(interests: InterestModel, planted: Dataset, groups: tuple[np.ndarray, tuple[str, ...]]) -> SourceInterests:
    return split_interests(interests, party_of_user(planted, 3), *groups)


def weights_of(source: SourceInterests, values: list[float]) -> dict[int, float]:
    return {one.group: value for one, value in zip(source.interests, values, strict=False)}


weight_lists = st.lists(st.floats(0, 1), min_size=MOST, max_size=MOST)


@pytest.mark.parametrize("users", [[3], list(range(20))])
def test_with_all_weights_1_the_source_is_its_plain_interest(
    interests: InterestModel, planted: Dataset, groups: tuple[np.ndarray, tuple[str, ...]], users: list[int]
) -> None:
    party = party_of_group(planted, users, "some users", minimum=1)
    source = split_interests(interests, party, *groups)
    assert 2 <= len(source.interests) <= MOST
    assert sum(one.share for one in source.interests) == pytest.approx(1)
    assert np.allclose(source.vector({}), party_embedding(interests, party), rtol=1e-5, atol=1e-6)
    assert np.allclose(source.scores({})[1:], party_scores(interests, party)[1:], rtol=1e-5, atol=1e-5)


def test_the_largest_interest_comes_first_and_the_small_ones_are_one(one_user: SourceInterests) -> None:
    shares = [one.share for one in one_user.interests if one.group != REST]
    assert shares == sorted(shares, reverse=True)
    assert [one.group for one in one_user.interests].index(REST) == len(one_user.interests) - 1 == MOST - 1


def test_shares_are_the_recency_weights_of_the_items(
    interests: InterestModel, groups: tuple[np.ndarray, tuple[str, ...]]
) -> None:
    labels = groups[0]
    first, second = int(np.flatnonzero(labels == 0)[0]) + 1, int(np.flatnonzero(labels == 1)[0]) + 1
    source = split_interests(interests, party_of_items([second, first, first]), *groups)
    recent, older, oldest = 1, 2 ** (-1 / 20), 2 ** (-2 / 20)
    assert source.interests[0].share == pytest.approx((recent + older) / (recent + older + oldest))
    assert source.interests[0].items == (first,)


@given(weight_lists, st.floats(0.05, 1))
def test_only_the_relation_of_the_weights_counts(one_user: SourceInterests, values: list[float], factor: float) -> None:
    if sum(values) < 1e-3:
        return
    weights = weights_of(one_user, values)
    smaller = {group: factor * weight for group, weight in weights.items()}
    assert np.allclose(one_user.scores(weights)[1:], one_user.scores(smaller)[1:])


@given(weight_lists)
def test_scores_are_linear_in_the_weighted_interest(
    one_user: SourceInterests, interests: InterestModel, values: list[float]
) -> None:
    if sum(values) < 1e-3:
        return
    weights = weights_of(one_user, values)
    by_hand = interests.item_vectors @ one_user.vector(weights) + interests.item_bias
    assert np.allclose(one_user.scores(weights)[1:], by_hand[1:], rtol=1e-4, atol=1e-4)


@given(weight_lists)
def test_leaving_items_out_by_weight_equals_their_weights_in_the_history(
    one_user: SourceInterests, interests: InterestModel, planted: Dataset, values: list[float]
) -> None:
    if sum(values) < 1e-3:
        return
    weights = weights_of(one_user, values)
    again = interest_scores(interests, [planted.history(3)], one_user.item_weights(weights))
    assert np.allclose(again[0, 1:], one_user.scores(weights)[1:], rtol=1e-4, atol=1e-4)


def test_one_interest_alone_is_that_of_a_source_with_its_items_only(
    one_user: SourceInterests, interests: InterestModel
) -> None:
    only = one_user.interests[1]
    weights = {one.group: float(one is only) for one in one_user.interests}
    assert np.array_equal(one_user.scores(weights)[1:], only.scores[1:])


@given(weight_lists, st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_the_path_equals_sorting_at_every_alpha(
    one_user: SourceInterests, model: AttentionModel, planted: Dataset, values: list[float], alphas: list[float]
) -> None:
    if sum(values) < 1e-3:
        return
    target = party_scores(model, party_of_user(planted, 8)).astype(np.float64)
    source = one_user.scores(weights_of(one_user, values))
    path = alpha_path(target, source, 10)
    for alpha in alphas:
        blended = alpha * source[1:] + (1 - alpha) * target[1:]
        expected = np.argsort(-blended, kind="stable")[:10] + 1
        found = np.array(path.at(alpha))
        assert np.allclose(blended[found - 1], blended[expected - 1], rtol=1e-12, atol=1e-12)


def test_a_source_without_items_has_no_interests(
    interests: InterestModel, groups: tuple[np.ndarray, tuple[str, ...]]
) -> None:
    source = split_interests(interests, party_of_items([]), *groups)
    assert source.interests == ()
    assert np.array_equal(source.scores({})[1:], interests.item_bias[1:])


def test_an_empty_choice_and_weights_outside_0_to_1_are_refused(one_user: SourceInterests) -> None:
    with pytest.raises(InputError, match="at least one"):
        one_user.scores(dict.fromkeys((one.group for one in one_user.interests), 0.0))
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="between 0 and 1"):
            one_user.scores({0: wrong})


def test_the_groups_must_describe_the_items(interests: InterestModel, planted: Dataset) -> None:
    with pytest.raises(InputError, match="one label for each"):
        split_interests(interests, party_of_user(planted, 3), np.zeros(3, dtype=int), ("one",))


def test_weights_are_written_and_read_again() -> None:
    weights = {3: 0.0, 12: 0.5, REST: 0.25}
    assert write_weights({**weights, 4: 1.0}) == "rest:0.25,3:0,12:0.5"
    assert read_weights(write_weights(weights)) == weights
    assert read_weights("") == {}


@pytest.mark.parametrize("text", ["3", "3:2", "3:-1", "a:1", "3:1e9", "3:nan", "3:0;4:0", "٣:1"])
def test_other_texts_are_no_weights(text: str) -> None:
    with pytest.raises(InputError, match="number:weight"):
        read_weights(text)


def test_weighted_users_are_scored_from_their_own_items_alone(
    interests: InterestModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories = [np.array(items, dtype=np.int32) for items in ([3, 9, 3, 30], [], [5, 6], [7])]
    weights = np.linspace(0, 1, 41)
    weights[7] = 0.0
    of_items = interests.item_weights(histories).toarray() * weights
    of_items *= interests.scale / np.maximum(of_items.sum(axis=1, keepdims=True), 1e-12)
    wanted = of_items @ interests.item_vectors @ interests.item_vectors.T + interests.item_bias

    def refused(self: csr_array) -> np.ndarray:
        raise AssertionError("a table of all items was made")

    monkeypatch.setattr(csr_array, "toarray", refused)
    found = interest_scores(interests, histories, weights)
    np.testing.assert_allclose(found[:, 1:], wanted[:, 1:], rtol=1e-4, atol=1e-5)
    assert found.dtype == np.float32 and (found[:, 0] == -np.inf).all()
