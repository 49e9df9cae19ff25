from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from recsys.data.dataset import Dataset, History
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.models.baselines.popularity import Popularity
from recsys.transfer import fit_method, transfer
from recsys.transfer.methods import usable_methods
from recsys.transfer.parties import (
    TransferParty,
    average_party,
    blend_sentence,
    medoid_party,
    parties_before_and_after,
    party_embedding,
    party_in_scenario,
    party_of_group,
    party_of_items,
    party_of_neighbours,
    party_of_user,
    party_scores,
)


def test_a_groups_scores_and_vector_are_the_means_of_its_members(planted: Dataset, model: AttentionModel) -> None:
    group = party_of_group(planted, range(8), "the first eight")
    each = model.scores(planted.histories(range(8)))
    assert np.allclose(party_scores(model, group)[1:], each[:, 1:].mean(axis=0), atol=1e-5)
    assert party_scores(model, group)[0] == -np.inf
    assert np.allclose(party_embedding(model, group), model.encode(planted.histories(range(8))).mean(axis=0), atol=1e-6)


def test_no_member_of_a_group_is_scored_against_all_items(
    planted: Dataset, model: AttentionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, source = (party_of_group(planted, range(first, 60, 2), "every other user") for first in (0, 1))
    methods = [fit_method(name, planted, model, range(planted.n_users)) for name in usable_methods(planted, model)]
    wanted = [transfer(model, target, source, method=method) for method in methods]

    def refused(self: AttentionModel, histories: Sequence[History]) -> np.ndarray:
        raise AssertionError("users were scored one by one")

    monkeypatch.setattr(AttentionModel, "scores", refused)
    for method, one in zip(methods, wanted, strict=True):
        found = transfer(model, target, source, method=method)
        assert np.array_equal(found.target_scores, one.target_scores)
        assert np.array_equal(found.source_scores, one.source_scores)


def test_small_groups_are_refused(planted: Dataset) -> None:
    with pytest.raises(InputError, match="at least 5 users"):
        party_of_group(planted, [1, 2], "two friends")
    with pytest.raises(InputError, match="at least one user"):
        TransferParty("nobody", "group", ())


def test_neighbours_leave_the_target_out_and_are_the_nearest(planted: Dataset, model: AttentionModel) -> None:
    vectors = model.encode(planted.histories())
    party = party_of_neighbours(model, planted, party_of_user(planted, 4), 6)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = [int(u) for u in np.argsort(-(unit @ unit[4]), kind="stable") if u != 4]
    assert set(party.users) == set(order[:6])


def test_the_average_user_and_a_group_of_all_users_have_neighbours_too(planted: Dataset, model: AttentionModel) -> None:
    everyone = party_of_group(planted, range(planted.n_users), "everyone")
    for target in (average_party(planted), everyone):
        assert len(party_of_neighbours(model, planted, target, 6).users) == 6


def test_the_medoid_is_a_member_nearest_to_the_mean(planted: Dataset, model: AttentionModel) -> None:
    group = party_of_group(planted, range(0, 40, 2), "even users")
    vectors = model.encode(group.histories)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    wanted = group.users[int(np.argmax(unit @ vectors.mean(axis=0)))]
    assert medoid_party(model, group).users == (wanted,)


def test_a_moment_cuts_a_history_in_two(planted: Dataset) -> None:
    since, before = parties_before_and_after(party_of_user(planted, 3), 5, "5 May 2024")
    assert np.array_equal(np.concatenate([before.histories[0], since.histories[0]]), planted.history(3))
    assert len(before.histories[0]) == 5
    assert (since.label, before.label) == ("user u3 since 5 May 2024", "user u3 before 5 May 2024")
    assert since.users == before.users == (3,)
    for first in (0, 14):
        with pytest.raises(InputError, match="between two items"):
            parties_before_and_after(party_of_user(planted, 3), first, "never")


def test_a_scenario_keeps_its_items_only(planted: Dataset) -> None:
    left = party_in_scenario(planted, 0, "left")
    assert all(planted.catalogue.scenarios[item] == "left" for item in left.histories[0])
    with pytest.raises(InputError, match="left, right"):
        party_in_scenario(planted, 0, "up")


def test_the_sentence_says_what_is_blended(planted: Dataset) -> None:
    group = party_of_group(planted, range(8), "cluster “hiking, maps, trails”")
    sentence = blend_sentence(party_of_user(planted, 42), group, 0.3)
    assert sentence == "70% of user u42’s interests + 30% of the mean of cluster “hiking, maps, trails”"
    assert average_party(planted).phrase == "the average user"
    assert party_of_items([3, 4]).phrase == "the interests of a new user"
    with pytest.raises(InputError):
        blend_sentence(group, group, 1.4)


def test_a_model_without_embeddings_cannot_tell_the_most_typical_user(planted: Dataset) -> None:
    with pytest.raises(InputError, match="the most typical user of even users needs a model with user embeddings"):
        medoid_party(Popularity.fit(planted), party_of_group(planted, range(0, 40, 2), "even users"))
