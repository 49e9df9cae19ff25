from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.data.dataset import Dataset
from recsys.embeddings import cluster
from recsys.embeddings.interests import interest_model
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.transfer.blend import blend_ways, interpolate, items_left_out, merged_party, transfer
from recsys.transfer.methods.linear import LinearBlend
from recsys.transfer.parties import party_of_group, party_of_items, party_of_user
from recsys.transfer.privacy import PrivacyParameters, make_private, private_transfer
from recsys.transfer.source_interests import split_interests


def test_the_worked_example() -> None:
    source, target = [[0.6, 0.8], [0.7, 0.9], [0.5, 0.6]], [[0.3, 0.4], [0.2, 0.5], [0.8, 0.7]]
    wanted = [[0.45, 0.6], [0.45, 0.7], [0.65, 0.65]]
    assert np.allclose(interpolate(np.array(source), np.array(target), 0.5), wanted, rtol=0, atol=1e-15)


@pytest.mark.parametrize("alpha", [-0.01, 1.4, float("nan")])
def test_alpha_outside_is_refused(alpha: float) -> None:
    with pytest.raises(InputError, match="alpha must be between 0 and 1"):
        interpolate(np.zeros(2), np.zeros(2), alpha)


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="shape"):
        interpolate(np.zeros((2, 3)), np.zeros(2), 0.5)


@settings(max_examples=25)
@given(alpha=st.floats(0, 1), target=st.integers(0, 119), source=st.integers(0, 119))
def test_blending_representations_is_blending_scores(
    planted: Dataset, plain_model: AttentionModel, alpha: float, target: int, source: int
) -> None:
    """For dot products: (α·s + (1 − α)·t)·item = α·(s·item) + (1 − α)·(t·item)."""
    vectors = plain_model.encode(planted.histories([target, source])).astype(np.float64)
    mixed = alpha * vectors[1] + (1 - alpha) * vectors[0]
    of_mix = plain_model.item_vectors[1:].astype(np.float64) @ mixed + plain_model.item_bias[1:]
    pair = transfer(plain_model, party_of_user(planted, target), party_of_user(planted, source))
    of_scores = interpolate(pair.source_scores[1:], pair.target_scores[1:], alpha)
    assert np.allclose(of_mix, of_scores, atol=1e-4)


def test_ways_agree_where_they_must_and_differ_where_they_may(planted: Dataset, model: AttentionModel) -> None:
    pair = transfer(model, party_of_user(planted, 0), party_of_user(planted, 1))
    ways = blend_ways(pair, 0.4)
    assert list(ways) == ["scores", "representations", "normalised", "ranks", "histories"]
    allowed = pair.allowed
    assert np.allclose(ways["scores"][allowed], ways["representations"][allowed], atol=1e-4)
    assert not np.allclose(ways["scores"][allowed], ways["ranks"][allowed], atol=0.1)
    assert all((scores[~allowed] == -np.inf).all() and np.isfinite(scores[allowed]).all() for scores in ways.values())
    for name in ("scores", "representations", "normalised", "ranks"):
        order = np.argsort(-blend_ways(pair, 0.0)[name], kind="stable")[:5]
        assert np.array_equal(order, np.argsort(-pair.scores(0.0), kind="stable")[:5]), name


def test_a_merged_history_takes_shares_newest_last() -> None:
    target, source = party_of_items(range(1, 21)), party_of_items(range(101, 121))
    merged = merged_party(target, source, 0.25).histories[0]
    assert (merged > 100).sum() == 10
    assert np.array_equal(merged[merged <= 100], np.arange(1, 21))
    assert np.array_equal(merged_party(target, source, 0.0).histories[0], target.histories[0])
    assert np.array_equal(merged_party(target, source, 1.0).histories[0], source.histories[0])


def test_what_may_be_recommended(planted: Dataset, model: AttentionModel) -> None:
    target, source = party_of_user(planted, 0), party_of_user(planted, 1)
    pair = transfer(model, target, source, catalogue=planted.catalogue, scenario="right", without_sources=True)
    right = planted.catalogue.in_scenario("right")
    assert not pair.allowed[0]
    assert not pair.allowed[planted.history(0)].any()
    assert not pair.allowed[planted.history(1)].any()
    assert not (pair.allowed & ~right).any()
    assert transfer(model, target, source).allowed[np.setdiff1d(planted.history(1), planted.history(0))].all()
    few = np.zeros(planted.n_items + 1, dtype=bool)
    few[[0, 3, 30]] = True
    assert set(np.flatnonzero(transfer(model, target, source, among=few).allowed)) <= {3, 30}
    with pytest.raises(InputError, match=r"filters .* \(got left, odd\)"):
        transfer(model, target, source, catalogue=planted.catalogue, scenario="left", tag="odd")
    with pytest.raises(InputError, match="got only some items, without the items of the source"):
        transfer(model, target, source, among=~few & few, without_sources=True)
    everything = party_of_items(range(1, planted.n_items + 1))
    with pytest.raises(InputError, match=r"the target must not have every item already\. Choose"):
        transfer(model, everything, source)


def test_of_a_group_what_half_have_is_left_out(planted: Dataset) -> None:
    group = party_of_group(planted, range(10), "ten")
    counts = np.bincount(np.concatenate([np.unique(h) for h in group.histories]), minlength=planted.n_items + 1)
    assert set(items_left_out(group).tolist()) == set(np.flatnonzero(counts >= 5).tolist())


def test_the_path_is_of_allowed_items_and_agrees_with_the_scores(planted: Dataset, model: AttentionModel) -> None:
    pair = transfer(model, party_of_user(planted, 0), party_of_user(planted, 1))
    for step in pair.path(5).steps:
        scores = pair.scores((step.start + step.end) / 2)
        assert tuple(np.argsort(-scores, kind="stable")[:5].tolist()) == step.items


def test_interests_replace_the_source_and_leave_alpha_0_alone(planted: Dataset, model: AttentionModel) -> None:
    target, source = party_of_user(planted, 0), party_of_user(planted, 1)
    interests = interest_model(model, planted)
    labels = cluster(interests.item_vectors[1:], 4).labels
    split = split_interests(interests, source, labels, "abcd")
    next_choice = transfer(model, target, source)
    pair = transfer(model, target, source, interests=split, weights={split.interests[0].group: 0.0})
    assert np.array_equal(pair.scores(0.0), next_choice.scores(0.0))
    assert np.array_equal(pair.allowed, next_choice.allowed)
    assert np.array_equal(pair.source_scores, split.scores({split.interests[0].group: 0.0}))
    with pytest.raises(InputError, match="ways of blending"):
        blend_ways(pair, 0.5)


def test_interests_are_refused_where_a_method_or_noise_needs_the_next_choice(
    planted: Dataset, model: AttentionModel
) -> None:
    target, source = party_of_user(planted, 0), party_of_user(planted, 1)
    interests = interest_model(model, planted)
    split = split_interests(interests, source, np.zeros(planted.n_items, dtype=int), ("all",))

    class Learned(LinearBlend):
        name = "learned"

    with pytest.raises(InputError, match="must be the linear blend where interests are transferred"):
        transfer(model, target, source, interests=split, method=Learned())
    private = make_private(model, source, PrivacyParameters(4.0, 120), b"secret")
    with pytest.raises(InputError, match="can't be split into interests"):
        private_transfer(transfer(model, target, source, interests=split), private)
