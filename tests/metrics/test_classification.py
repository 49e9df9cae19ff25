"""Metrics against numbers worked out by hand, against ranx and ir-measures, and against what must always hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.errors import InputError
from recsys.metrics import MISSED, Ranks, accuracy_at, classification, place, ranks, unseen


def one(scores: list[float], history: list[int], positives: list[int]) -> Ranks:
    return ranks(np.array([[-np.inf, *scores]], np.float32), [np.array(history, int)], [np.array(positives)])


def test_rank_is_the_place_among_unseen_items() -> None:
    assert one([0.9, 0.8, 0.7, 0.6], [1], [3]).rank.tolist() == [2]


def test_ties_count_against_us_and_not_among_the_held_out() -> None:
    found = one([1.0, 1.0, 1.0, 1.0, 0.0], [], [2, 4])  # items 1 and 3 tie: both stand in front
    assert found.rank.tolist() == [3, 4]
    assert one([5.0] * 6, [], [1]).rank.tolist() == [6]


def test_a_held_out_item_that_was_seen_is_a_miss() -> None:
    found = one([0.9, 0.1, 0.5], [1], [1, 3])
    assert found.rank.tolist() == [1, MISSED]
    at = accuracy_at(found, 2)
    assert at["recall"].tolist() == [0.5]
    assert at["hr"].tolist() == [1.0]


def test_worked_example_with_two_held_out_items() -> None:
    found = one([0.9, 0.8, 0.7, 0.6, 0.5], [], [2, 4])  # ranks 2 and 4
    at = {name: float(value[0]) for name, value in accuracy_at(found, 5).items()}
    assert at["hr"] == 1
    assert at["precision"] == pytest.approx(2 / 5)
    assert at["recall"] == 1
    assert at["mrr"] == pytest.approx(1 / 2)
    assert at["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert at["ndcg"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3)))
    assert accuracy_at(found, 1)["ndcg"].tolist() == [0.0]


def test_auc_is_the_share_of_unseen_items_below_with_ties_half() -> None:
    assert classification.auc(one([0.9, 0.5, 0.5, 0.1], [], [2])).tolist() == [pytest.approx((0 + 0.5 + 1) / 3)]


def test_scores_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        one([0.1, float("nan")], [], [1])


def test_k_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="k must be at least 1"):
        accuracy_at(one([0.1, 0.2], [], [1]), 0)


def random_case(seed: int, people: int = 40, items: int = 30) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Scores of few levels (many ties), some people with all but a few items seen (short lists)."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, size=(people, items + 1)).astype(np.float32)
    histories, positives = [], []
    for person in range(people):
        order = rng.permutation(np.arange(1, items + 1))
        wanted = rng.integers(1, 5)
        positives.append(order[:wanted])
        histories.append(order[wanted : wanted + (items - wanted - 2 if person % 3 == 0 else rng.integers(0, 10))])
    return scores, histories, positives


def broken_ties(
    scores: np.ndarray, histories: list[np.ndarray], positives: list[np.ndarray]
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """The same rankings as judgements and runs without ties: at equal scores, held-out items come last."""
    evaluated, runs = {}, {}
    for person, (row, history, wanted) in enumerate(zip(scores, histories, positives, strict=True)):
        left = [item for item in range(1, len(row)) if item not in set(history.tolist())]
        left.sort(key=lambda item: (-row[item], item in set(wanted.tolist())))
        evaluated[f"u{person}"] = {f"i{item}": 1 for item in wanted}
        runs[f"u{person}"] = {f"i{item}": float(len(left) - place) for place, item in enumerate(left)}
    return evaluated, runs


CASES = [random_case(seed) for seed in range(3)]


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_equal_to_ir_measures(k: int) -> None:
    import ir_measures
    from ir_measures import AP, RR, P, R, Success, nDCG

    ours = {"hr": Success, "precision": P, "recall": R, "mrr": RR, "map": AP, "ndcg": nDCG}
    for scores, histories, positives in CASES:
        evaluated, runs = broken_ties(scores, histories, positives)
        at = accuracy_at(ranks(scores, histories, positives), k)
        for name, measure in ours.items():
            theirs = {m.query_id: m.value for m in ir_measures.iter_calc([measure @ k], evaluated, runs)}
            expected = [theirs[f"u{person}"] for person in range(len(scores))]
            np.testing.assert_allclose(at[name], expected, rtol=0, atol=1e-9, err_msg=name)


RANX = """
import json, sys
from ranx import Qrels, Run, evaluate
answers = []
for judged, runs, names in json.load(sys.stdin):
    run = Run(runs)
    values = evaluate(Qrels(judged), run, names, return_mean=False, make_comparable=True)
    answers.append({name: dict(zip(run.keys(), values[name].tolist())) for name in names})
print(json.dumps(answers))
"""


def test_equal_to_ranx() -> None:
    ours = {"hr": "hit_rate", "precision": "precision", "recall": "recall", "mrr": "mrr", "map": "map", "ndcg": "ndcg"}
    ks = (1, 5, 10, 20)
    names = [f"{named}@{k}" for named in ours.values() for k in ks]
    # In its own process, since ranx would compile for a minute where numba's compiler is on.
    answer = subprocess.run(
        [sys.executable, "-c", RANX],
        input=json.dumps([(*broken_ties(*case), names) for case in CASES]),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    for case, theirs in zip(CASES, json.loads(answer.stdout), strict=True):
        found = ranks(*case)
        for k in ks:
            for name, values in accuracy_at(found, k).items():
                expected = [theirs[f"{ours[name]}@{k}"][f"u{person}"] for person in range(len(values))]
                np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9, err_msg=f"{name}@{k}")


def test_batches_joined_are_the_whole() -> None:
    scores, histories, positives = CASES[0]
    whole = ranks(scores, histories, positives)
    parts = [ranks(scores[a:b], histories[a:b], positives[a:b]) for a, b in ((0, 7), (7, 8), (8, 40))]
    joined = Ranks.joined(parts)
    np.testing.assert_array_equal(joined.rows, whole.rows)
    np.testing.assert_array_equal(joined.rank, whole.rank)
    np.testing.assert_array_equal(joined.above, whole.above)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_more_places_never_hurt_and_everything_is_a_share(seed: int, k: int) -> None:
    found = ranks(*random_case(seed, people=6, items=12))
    now, more = accuracy_at(found, k), accuracy_at(found, k + 1)
    for name, value in now.items():
        assert ((value >= 0) & (value <= 1 + 1e-12)).all(), name
        if name in ("hr", "recall", "mrr", "map"):
            assert (more[name] >= value - 1e-12).all(), name


def test_raising_the_held_out_score_never_lowers_a_metric() -> None:
    scores, histories, positives = CASES[1]
    better = scores.copy()
    for row, wanted in zip(better, positives, strict=True):
        row[wanted] += 2
    before, after = (accuracy_at(ranks(s, histories, positives), 10) for s in (scores, better))
    assert all((after[name] >= before[name] - 1e-12).all() for name in before)


def test_like_not_like_finds_planted_taste_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(3)
    rows = np.arange(4000)
    knows = classification.like_not_like(rows, rng.uniform(0.7, 1, 4000), rng.uniform(0, 1, 4000), 4000)
    guesses = classification.like_not_like(rows, rng.uniform(0, 1, 4000), rng.uniform(0, 1, 4000), 4000)
    assert knows.per_person.mean() == pytest.approx(0.85, abs=0.02)  # every like, and 70% of the rest
    assert knows.threshold == pytest.approx(0.7, abs=0.02)
    assert guesses.per_person.mean() == pytest.approx(0.5, abs=0.025)
    assert knows.majority == 0.5


def test_auc_equals_sklearn_on_one_persons_unseen_items() -> None:
    from sklearn.metrics import roc_auc_score

    for row, history, wanted in zip(*CASES[2], strict=True):
        left = np.setdiff1d(np.arange(1, len(row)), history)
        expected = roc_auc_score(np.isin(left, wanted), row[left]) if len(left) > len(wanted) else 0.5
        assert classification.auc(ranks(row[None], [history], [wanted]))[0] == pytest.approx(expected, abs=1e-12)


def test_random_unseen_items_stand_in_the_middle_on_average() -> None:
    scores = np.random.default_rng(0).normal(size=(500, 60)).astype(np.float32)
    masked = unseen(scores, [np.array([1, 2])] * 500)
    found = place(masked, [np.array([3])] * 500)
    places = classification.random_places(masked, found.rows, np.random.default_rng(1))
    assert places.mean() == pytest.approx(0.5, abs=0.05)
    assert ((places >= 0) & (places <= 1)).all()
