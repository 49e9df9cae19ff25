"""No target-side future, validation or test row reaches a fit: a marker planted in them changes none.

The marker is an item that nobody else has; it takes the place of every held-out item and of all that follow it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.data.dataset import Dataset
from recsys.data.splits import leave_one_out
from recsys.evaluation.study.alpha_curves import ALPHAS, choose_alpha
from recsys.evaluation.study.certificate import PARTS, fit_certificate
from recsys.evaluation.study.fold_scorer import FoldScorer
from recsys.evaluation.study.new_items import draw_new_items, without_items
from recsys.evaluation.study.plan import StudyPlan, plan_study
from recsys.evaluation.study.text_items import TextItems
from recsys.models.item_text import item_text_vectors
from recsys.transfer.methods import METHODS, TransferMethod, fit_method
from tests.evaluation.study.test_certificate import planted_pairs
from tests.evaluation.study.test_new_items import titled
from tests.evaluation.study.test_transfer_study import FastEncoder

MARKER = 100


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Users who never choose the marker."""
    made = titled()
    return made.with_rows(made.sequence != MARKER)


def marked(data: Dataset, positions: dict[int, int]) -> Dataset:
    """The data with the marker in place of each user's items from a position on."""
    sequence = data.sequence.copy()
    for user, first in positions.items():
        sequence[data.offsets[user] + first : data.offsets[user + 1]] = MARKER
    changed = replace(data, sequence=sequence)
    assert changed.item_counts[MARKER] > 100
    return changed


def same(first: TransferMethod, second: TransferMethod) -> bool:
    tensors = [method.tensors() for method in (first, second)]
    equal = all(np.array_equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    return equal and first.meta() == second.meta() and set(tensors[0]) == set(tensors[1])


@pytest.mark.parametrize("method", METHODS)
def test_validation_and_test_items_reach_no_method(data: Dataset, method: str) -> None:
    changed = marked(data, {user: int(data.lengths[user]) - 2 for user in range(data.n_users)})
    fits = []
    for one in (data, changed):
        rows = leave_one_out(one).train
        fits.append(fit_method(method, rows, FastEncoder(rows), range(one.n_users), ("a", "b")))
    assert same(*fits)


@pytest.fixture(scope="module", params=[0, 1])
def scorers(data: Dataset, request: pytest.FixtureRequest) -> tuple[FoldScorer, FoldScorer]:
    """A fold of a study, and the same one where its cold users have the marker from their first held-out item on."""
    plan = plan_study(data, "scenarios", scenarios=("a", "b"), folds=2)
    fold, inside = plan.folds[request.param], data.catalogue.in_scenario("b")
    users = np.unique(np.concatenate([cold.users for cold in fold.cold]))
    changed = marked(data, {int(user): int(np.flatnonzero(inside[data.history(user)])[0]) for user in users})
    other = plan_of_same_users(plan, request.param, changed, users)
    return tuple(  # type: ignore[return-value]
        FoldScorer(FastEncoder(one.folds[0].train), one, one.folds[0], 0, FastEncoder)
        for one in (replace(plan, folds=(fold,)), other)
    )


def plan_of_same_users(plan: StudyPlan, number: int, changed: Dataset, users: np.ndarray) -> StudyPlan:
    """One fold of the plan, trained on the changed data without its cold users, as `plan_study` trains it."""
    train = changed.with_rows(~np.isin(changed.user_of, users))
    return replace(plan, folds=(replace(plan.folds[number], train=train),))


@pytest.mark.parametrize("method", METHODS)
def test_what_cold_users_choose_reaches_no_learned_method(scorers: tuple[FoldScorer, FoldScorer], method: str) -> None:
    first, second = (scorer.learned(method) for scorer in scorers)
    assert first is not None and second is not None and same(first, second)


def test_what_cold_users_choose_reaches_no_other_fit(scorers: tuple[FoldScorer, FoldScorer]) -> None:
    def fits(scorer: FoldScorer) -> list[Any]:
        texts = item_text_vectors(scorer.train.catalogue, ids=scorer.train.items.ids).vectors
        items = TextItems(scorer.model, scorer.train, texts)
        history = [np.array([1, 2, 60], np.int32)]
        return [
            scorer.model.item_vectors, scorer.scenario_model.item_vectors, scorer.markov.scores(history),
            scorer.interests.scale, scorer.popularity, scorer.early_popularity, scorer.mean_user,
            *(part for pair in scorer.neighbours.slices for part in pair), items.item_vectors, items.item_bias,
        ]  # fmt: skip

    for one, other in zip(*map(fits, scorers), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_of_new_items_reach_no_fit_for_new_items(data: Dataset) -> None:
    """Users who have more of the new items, or fewer, leave every fit as it is."""
    plan = plan_study(data, "scenarios", scenarios=("a", "b"), folds=2)
    new = draw_new_items(data, plan, 0)
    fold = plan.folds[0]
    kept = fold.train.with_rows(~new[fold.train.sequence] | (np.arange(fold.train.n_interactions) % 2 == 0))
    fits = []
    for train in (fold.train, kept):
        rows = without_items(replace(fold, train=train), new).train
        items = TextItems(FastEncoder(rows), rows, item_text_vectors(data.catalogue, ids=data.items.ids).vectors)
        fits.append((items.item_vectors, items.item_bias, items.popularity))
    assert kept.n_interactions < fold.train.n_interactions
    for one, other in zip(*fits, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_alpha_is_chosen_without_the_users_it_is_evaluated_on() -> None:
    rng = np.random.default_rng(0)
    curves, half = rng.random((60, len(ALPHAS))), np.arange(60) % 2
    changed = curves.copy()
    changed[half == 1] = rng.random((30, len(ALPHAS)))
    before, after = choose_alpha(curves, half)[1], choose_alpha(changed, half)[1]
    assert before[1] == after[1], "the α of half 1 is chosen on half 0"
    assert before[0] != after[0]


def test_a_certificate_is_fitted_without_the_users_it_is_reported_on() -> None:
    pairs = planted_pairs(6)
    users = np.random.default_rng([0, 41]).permutation(np.unique(pairs["transfer"].users))
    reported = users[int(sum(PARTS[:2]) * len(users)) :]
    changed = {}
    for name, one in pairs.items():
        rows, ndcg, features = np.isin(one.users, reported), one.ndcg.copy(), one.features.copy()
        ndcg[rows], features[rows] = 1 - ndcg[rows], 0.0
        changed[name] = replace(one, ndcg=ndcg, features=features)
    (first, check), (second, other) = fit_certificate(pairs), fit_certificate(changed)
    assert first.to_json() == second.to_json() and check.to_json() != other.to_json()
