"""Ranks and accuracy against hand-computed values and ir-measures, and properties that always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.errors import InputError
from recsys.metrics import MISSED, Ranks, accuracy, classification, mask_seen, rank_masked, ranks

ACCURACY = {
    "hr": accuracy.hit_rate,
    "precision": accuracy.precision,
    "recall": accuracy.recall,
    "mrr": accuracy.reciprocal_rank,
    "map": accuracy.average_precision,
    "ndcg": accuracy.ndcg,
}


def one(scores: list[float], history: list[int], positives: list[int]) -> Ranks:
    return ranks(np.array([[-np.inf, *scores]], np.float32), [np.array(history, int)], [np.array(positives)])


def test_rank_counts_unseen_items_only() -> None:
    assert one([0.9, 0.8, 0.7, 0.6], [1], [3]).rank.tolist() == [2]


def test_ties_count_against_the_model_but_not_among_held_out_items() -> None:
    found = one([1.0, 1.0, 1.0, 1.0, 0.0], [], [2, 4])  # items 1 and 3 tie and rank before item 2
    assert found.rank.tolist() == [3, 4]
    assert one([5.0] * 6, [], [1]).rank.tolist() == [6]


def test_a_held_out_item_in_the_history_is_a_miss() -> None:
    found = one([0.9, 0.1, 0.5], [1], [1, 3])
    assert found.rank.tolist() == [1, MISSED]
    assert accuracy.recall(found, 2).tolist() == [0.5]
    assert accuracy.hit_rate(found, 2).tolist() == [1.0]


def test_worked_example_with_two_held_out_items() -> None:
    found = one([0.9, 0.8, 0.7, 0.6, 0.5], [], [2, 4])  # ranks 2 and 4
    at = {name: float(metric(found, 5)[0]) for name, metric in ACCURACY.items()}
    assert at["hr"] == 1
    assert at["precision"] == pytest.approx(2 / 5)
    assert at["recall"] == 1
    assert at["mrr"] == pytest.approx(1 / 2)
    assert at["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert at["ndcg"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3)))
    assert accuracy.ndcg(found, 1).tolist() == [0.0]


def test_auc_is_the_share_of_unseen_items_below_with_ties_half() -> None:
    assert accuracy.auc(one([0.9, 0.5, 0.5, 0.1], [], [2])).tolist() == [pytest.approx((0 + 0.5 + 1) / 3)]


def test_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        one([0.1, float("nan")], [], [1])


@pytest.mark.parametrize("name", ACCURACY)
def test_k_below_one_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="k must be at least 1"):
        ACCURACY[name](one([0.1, 0.2], [], [1]), 0)


def random_ranking(
    seed: int, users: int = 40, items: int = 30
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Scores of few levels (many ties), some users with all but a few items seen (short lists)."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, size=(users, items + 1)).astype(np.float32)
    histories, positives = [], []
    for user in range(users):
        order = rng.permutation(np.arange(1, items + 1))
        wanted = rng.integers(1, 5)
        positives.append(order[:wanted])
        histories.append(order[wanted : wanted + (items - wanted - 2 if user % 3 == 0 else rng.integers(0, 10))])
    return scores, histories, positives


def without_ties(
    scores: np.ndarray, histories: list[np.ndarray], positives: list[np.ndarray]
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """The same rankings as qrels and runs without ties: at equal scores, held-out items come last."""
    qrels, runs = {}, {}
    for user, (row, history, wanted) in enumerate(zip(scores, histories, positives, strict=True)):
        left = [item for item in range(1, len(row)) if item not in set(history.tolist())]
        left.sort(key=lambda item: (-row[item], item in set(wanted.tolist())))
        qrels[f"u{user}"] = {f"i{item}": 1 for item in wanted}
        runs[f"u{user}"] = {f"i{item}": float(len(left) - position) for position, item in enumerate(left)}
    return qrels, runs


RANKINGS = [random_ranking(seed) for seed in range(3)]


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_equal_to_ir_measures(k: int) -> None:
    import ir_measures
    from ir_measures import AP, RR, P, R, Success, nDCG

    ours = {"hr": Success, "precision": P, "recall": R, "mrr": RR, "map": AP, "ndcg": nDCG}
    for scores, histories, positives in RANKINGS:
        qrels, runs = without_ties(scores, histories, positives)
        found = ranks(scores, histories, positives)
        for name, measure in ours.items():
            theirs = {m.query_id: m.value for m in ir_measures.iter_calc([measure @ k], qrels, runs)}
            expected = [theirs[f"u{user}"] for user in range(len(scores))]
            np.testing.assert_allclose(ACCURACY[name](found, k), expected, rtol=0, atol=1e-9, err_msg=name)


def test_concatenated_batches_equal_one_batch() -> None:
    scores, histories, positives = RANKINGS[0]
    whole = ranks(scores, histories, positives)
    parts = [ranks(scores[a:b], histories[a:b], positives[a:b]) for a, b in ((0, 7), (7, 8), (8, 40))]
    joined = Ranks.concatenate(parts)
    np.testing.assert_array_equal(joined.rows, whole.rows)
    np.testing.assert_array_equal(joined.rank, whole.rank)
    np.testing.assert_array_equal(joined.above, whole.above)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_longer_lists_never_lower_a_metric_and_values_are_shares(seed: int, k: int) -> None:
    found = ranks(*random_ranking(seed, users=6, items=12))
    for name, metric in ACCURACY.items():
        value, longer = metric(found, k), metric(found, k + 1)
        assert ((value >= 0) & (value <= 1 + 1e-12)).all(), name
        if name in ("hr", "recall", "mrr", "map"):
            assert (longer >= value - 1e-12).all(), name


def test_raising_the_held_out_score_never_lowers_a_metric() -> None:
    scores, histories, positives = RANKINGS[1]
    better = scores.copy()
    for row, wanted in zip(better, positives, strict=True):
        row[wanted] += 2
    before, after = (ranks(s, histories, positives) for s in (scores, better))
    assert all((metric(after, 10) >= metric(before, 10) - 1e-12).all() for metric in ACCURACY.values())


def test_like_calls_find_planted_interests_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(3)
    rows = np.arange(4000)
    informed = classification.call_likes(rows, rng.uniform(0.7, 1, 4000), rng.uniform(0, 1, 4000), 4000)
    random = classification.call_likes(rows, rng.uniform(0, 1, 4000), rng.uniform(0, 1, 4000), 4000)
    assert informed.balanced_accuracy.mean() == pytest.approx(0.85, abs=0.02)  # every like, and 70% of the rest
    assert informed.threshold == pytest.approx(0.7, abs=0.02)
    assert random.balanced_accuracy.mean() == pytest.approx(0.5, abs=0.025)


def test_auc_equals_sklearn_on_one_users_unseen_items() -> None:
    from sklearn.metrics import roc_auc_score

    for row, history, wanted in zip(*RANKINGS[2], strict=True):
        left = np.setdiff1d(np.arange(1, len(row)), history)
        expected = roc_auc_score(np.isin(left, wanted), row[left]) if len(left) > len(wanted) else 0.5
        assert accuracy.auc(ranks(row[None], [history], [wanted]))[0] == pytest.approx(expected, abs=1e-12)


def test_random_unseen_items_are_in_the_middle_on_average() -> None:
    scores = np.random.default_rng(0).normal(size=(500, 60)).astype(np.float32)
    masked = mask_seen(scores, [np.array([1, 2])] * 500)
    found = rank_masked(masked, [np.array([3])] * 500)
    shares = classification.sample_unseen(masked, found.rows, np.random.default_rng(1))
    assert shares.mean() == pytest.approx(0.5, abs=0.05)
    assert ((shares >= 0) & (shares <= 1)).all()
