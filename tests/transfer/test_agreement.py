"""Several users who agree on a list: the ways of agreeing, the exact path, and who is served how well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.repeats import ALLOW
from recsys.embeddings import cluster
from recsys.embeddings.interests import interest_model
from recsys.errors import InputError
from recsys.models.attention.model import AttentionModel
from recsys.transfer import (
    AGREEMENTS,
    Transfer,
    fit_method,
    items_left_out,
    measure_satisfaction,
    party_embedding,
    party_of_user,
    party_of_users,
    party_scores,
    recommend,
    split_interests,
    transfer,
)
from recsys.transfer.agreement import agree, comparable
from recsys.transfer.recommendations import collaborative, with_second
from recsys.transfer.satisfaction import Satisfaction, by_mean, least_served, satisfaction_rows, satisfaction_sentence

PAD = -np.inf
WAYS = {"mean": np.mean, "least-misery": np.min, "most-pleasure": np.max}


def test_scores_of_two_users_by_hand() -> None:
    """Both users order three items in opposite ways; the second one's scores are ten times as wide and 100 higher."""
    first, second = [PAD, 1.0, 2.0, 3.0], [PAD, 130.0, 120.0, 110.0]
    rows = comparable(np.array([first, second]))
    deviation = np.sqrt(2 / 3)  # of 1, 2, 3; the mean of both means is 61, that of the deviations 5.5 times it
    unit = 1 / deviation
    wanted = 61 + 5.5 * deviation * np.array([[-unit, 0, unit], [unit, 0, -unit]])
    assert np.allclose(rows[:, 1:], wanted) and np.allclose(wanted, [[55.5, 61, 66.5], [66.5, 61, 55.5]])
    assert (rows[:, 0] == PAD).all()
    assert np.allclose(agree(rows, "mean")[1:], [61, 61, 61])
    assert np.allclose(agree(rows, "least-misery")[1:], [55.5, 61, 55.5]), "the item that nobody minds"
    assert np.allclose(agree(rows, "most-pleasure")[1:], [66.5, 61, 66.5])
    assert np.allclose(comparable(np.array([first])), [first]), "one user alone stays on the model's scale"
    assert np.allclose(comparable(np.array([first, [PAD, 5, 5, 5]]))[1, 1:], 3.5), "no preference, no influence"
    with pytest.raises(InputError, match="mean, least-misery, most-pleasure"):
        agree(rows, "majority")


def test_several_users_are_named_once_and_are_not_many(planted: Dataset) -> None:
    party = party_of_users(planted, [3, 7, 12], agreement="least-misery")
    assert (party.label, party.users, party.kind) == ("users u3, u7 and u12", (3, 7, 12), "several")
    assert party.phrase == "the least misery of users u3, u7 and u12"
    for users in ([3], [3, 3], list(range(9))):
        with pytest.raises(InputError, match="from 2 to 8 different users"):
            party_of_users(planted, users)
    with pytest.raises(InputError, match="way of agreeing"):
        party_of_users(planted, [3, 7], agreement="vote")
    with pytest.raises(InputError, match="any, half, all"):
        party_of_users(planted, [3, 7], left_out_by="none")


def test_what_any_or_all_have_is_left_out_by_the_rule_of_the_data(planted: Dataset, model: AttentionModel) -> None:
    users, source = [0, 2, 4], party_of_user(planted, 1)
    histories = [set(planted.history(user).tolist()) for user in users]
    for left_out_by, wanted in (("any", set.union(*histories)), ("all", set.intersection(*histories))):
        party = party_of_users(planted, users, left_out_by=left_out_by)
        assert set(items_left_out(party).tolist()) == wanted
        allowed = transfer(model, party, source).allowed
        assert set(np.flatnonzero(~allowed).tolist()) == {0} | wanted
    assert not len(items_left_out(party_of_users(replace(planted, repeats=ALLOW), users)))


def brute_force(pair: Transfer, alpha: float, k: int) -> list[int]:
    """The list from each user's blended scores, without `agree` and without the path."""

    def standard(party: object) -> np.ndarray:
        rows = pair.model.scores(party.histories)[:, 1:].astype(np.float64)  # type: ignore[attr-defined]
        units = np.stack([(row - row.mean()) / row.std() for row in rows])
        return rows.mean() + np.mean([row.std() for row in rows]) * units

    targets = standard(pair.target)
    sources = standard(pair.source) if pair.source.agreement else pair.source_scores[None, 1:].astype(np.float64)
    way_of_source = WAYS[pair.source.agreement or "mean"]
    each = [way_of_source([alpha * s + (1 - alpha) * t for s in sources], axis=0) for t in targets]
    scores = np.append(PAD, WAYS[pair.target.agreement](each, axis=0))
    scores[~pair.allowed] = PAD
    return np.argsort(-scores, kind="stable")[:k].tolist()


@pytest.mark.parametrize("agreement", list(AGREEMENTS))
def test_the_path_is_exact_for_every_way_of_agreeing(planted: Dataset, model: AttentionModel, agreement: str) -> None:
    target = party_of_users(planted, [0, 1, 4, 9], agreement=agreement, left_out_by="all")
    others = (party_of_user(planted, 5), party_of_users(planted, [5, 8, 31], agreement=agreement))
    for source in others:
        pair = transfer(model, target, source)
        path = pair.path(5)
        assert len(path.steps) > 3
        for step in path.steps:
            if step.end - step.start > 1e-5:  # the scores are float32
                assert list(step.items) == brute_force(pair, (step.start + step.end) / 2, 5)
        assert recommend(pair, 0.3, 5).items.tolist() == brute_force(pair, 0.3, 5)


def test_the_ways_of_agreeing_differ(planted: Dataset, model: AttentionModel) -> None:
    def at_a_fifth(agreement: str) -> tuple[int, ...]:
        target = party_of_users(planted, [0, 1, 4, 9], agreement=agreement, left_out_by="all")
        return transfer(model, target, party_of_user(planted, 5)).path(8).at(0.2)

    assert len({at_a_fifth(agreement) for agreement in AGREEMENTS}) == 3


def test_a_second_score_and_a_method_are_applied_to_each_user_before_they_agree(
    planted: Dataset, model: AttentionModel
) -> None:
    users = [0, 1, 4]
    target = party_of_users(planted, users, agreement="least-misery")
    method = fit_method("bridge", planted, model, range(planted.n_users))
    each = [party_of_user(planted, user) for user in users]
    rows = [method.apply(model, party_scores(model, one), party_embedding(model, one)) for one in each]
    swapped = transfer(model, party_of_user(planted, 5), target, method=method)
    assert np.allclose(swapped.source_scores[1:], agree(np.stack(rows), "least-misery")[1:], atol=1e-4)
    second = collaborative(model)
    mixed = [with_second(party_scores(model, one), second(one), 0.4) for one in each]
    own = recommend(transfer(model, target, party_of_user(planted, 5)), 0.0, 5, second_scorer=second, weight=0.4)
    assert np.allclose(own.scores, agree(np.stack(mixed), "least-misery")[own.items], atol=1e-4)


@pytest.mark.parametrize("agreement", list(AGREEMENTS))
def test_users_agree_on_their_weighted_interests(planted: Dataset, model: AttentionModel, agreement: str) -> None:
    interests = interest_model(model, planted)
    labels = cluster(interests.item_vectors[1:], 4).labels
    source = party_of_users(planted, [0, 1, 4], agreement=agreement)
    split = split_interests(interests, source, labels, "abcd")
    weights = {split.interests[0].group: 0.25}
    each = []
    for user in source.users:
        alone = party_of_user(planted, user)
        rows = split_interests(interests, alone, labels, "abcd").scores(
            {group: 0.25 if group == split.interests[0].group else 1.0 for group in range(4)}
        )
        each.append(rows)
    pair = transfer(model, party_of_user(planted, 5), source, interests=split, weights=weights)
    assert np.allclose(pair.source_scores[1:], agree(np.stack(each), agreement)[1:], atol=1e-4)
    second = collaborative(model)
    others = [second(party_of_user(planted, user)) for user in source.users]
    mixed = [with_second(row, other, 0.4) for row, other in zip(each, others, strict=True)]
    listed = recommend(pair, 1.0, 5, second_scorer=second, weight=0.4)
    assert np.allclose(listed.scores, agree(np.stack(mixed), agreement)[listed.items], atol=1e-3)


class _Planted:
    """Scores by hand: user 0 likes items 1, 2, 3, … in this order, user 1 in the reverse order."""

    name, n_items = "planted", 6

    def scores(self, histories: list[np.ndarray]) -> np.ndarray:
        up = np.arange(6, 0, -1, dtype=np.float32)
        return np.stack([np.append(np.float32(PAD), up if history[0] == 1 else up[::-1]) for history in histories])


def test_satisfaction_by_hand(planted: Dataset) -> None:
    party = party_of_users(planted, [0, 1], left_out_by="all", histories=[np.array([1]), np.array([2])])
    pair = transfer(_Planted(), party, party_of_user(planted, 2, np.array([1])))  # type: ignore[arg-type]
    first, second = measure_satisfaction(pair, [1, 3])
    assert first == Satisfaction(0, 2, 1, (1 + 3) / 2, 1 - 1 / 5, 1)  # their own list is 1, 2
    assert second == Satisfaction(1, 2, 0, (6 + 4) / 2, 1 - 4 / 5, 0)  # their own list is 6, 5
    assert (first.share, least_served([first, second])) == (0.5, second)
    lowest = replace(first, found=2, percentile=0.1)
    assert least_served([first, second, lowest]) == lowest, "the whole list counts, not only its own best items"
    rows = satisfaction_rows(planted, [first, second], measure_satisfaction(pair, [6, 5]))
    assert [(row["user_id"], row["found"], row["found_by_mean"]) for row in rows] == [("u0", 1, 0), ("u1", 0, 2)]
    with pytest.raises(InputError, match="must be several users"):
        measure_satisfaction(replace(pair, target=party_of_user(planted, 0)), [1])


def test_the_sentence_says_what_the_mean_would_give(planted: Dataset) -> None:
    def served(*found: int) -> list[Satisfaction]:
        return [Satisfaction(user, 10, n, 20.0, 0.8, 0) for user, n in enumerate(found)]

    begin = "Served least: u1, with 3 of their own 10 best items in the list (mean rank 20.0)"
    assert satisfaction_sentence(planted, served(5, 3)) == f"{begin}."
    assert satisfaction_sentence(planted, served(5, 3), served(6, 1)) == (
        f"{begin}. The mean would serve the same user least, with 1 (mean rank 20.0)."
    )
    assert satisfaction_sentence(planted, served(5, 3), served(2, 6)) == (
        f"{begin}; the mean would give them 6 (20.0). The mean would serve u0 least, with 2 (20.0)."
    )


def test_least_misery_serves_the_least_served_no_worse_than_the_mean_here(
    planted: Dataset, model: AttentionModel
) -> None:
    """Planted: three users of one interest and one of the other; the mean goes to the three."""
    target = party_of_users(planted, [0, 2, 4, 1], agreement="least-misery", left_out_by="all")
    pair = transfer(model, target, party_of_user(planted, 6))
    compared = by_mean(pair)
    assert compared.target.agreement == "mean" and np.array_equal(compared.source_scores, pair.source_scores)
    lowest = [
        min(one.percentile for one in measure_satisfaction(each, each.path(10).at(0.0))) for each in (pair, compared)
    ]
    assert lowest[0] > lowest[1]
