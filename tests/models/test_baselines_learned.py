"""ALS, BPR and the MLP on item means: the same as their library or formula, and trained indeed."""

from __future__ import annotations

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recsys.data.dataset import Dataset
from recsys.models.baselines.factorization import BPRItemMean, ImplicitALS
from recsys.models.baselines.mean_item_mlp import MeanItemMLP
from tests.models.test_conformance import checkerboard


def test_als_folds_a_user_in_as_the_library_does(planted: Dataset) -> None:
    model = ImplicitALS.fit(planted, factors=8, alpha=4.0, regularization=0.5)
    with threadpool_limits(1, "blas"):
        theirs = AlternatingLeastSquares(factors=8, regularization=0.5, alpha=1.0, num_threads=1)
        theirs.item_factors = np.array(model.items)
        history = planted.history(3)
        chosen = np.unique(history)
        row = csr_matrix((np.full(len(chosen), 4.0, np.float32), ([0] * len(chosen), chosen)), shape=(1, 41))
        expected = theirs.recalculate_user(0, row)
    assert np.allclose(model.encode([history])[0], expected, atol=1e-4)


def test_als_solves_its_equation(planted: Dataset) -> None:
    model, history = ImplicitALS.fit(planted, factors=6, alpha=3.0, regularization=1.0), planted.history(0)
    user_vector = model.encode([history])[0].astype(np.float64)
    items = model.items[1:].astype(np.float64)
    chosen = np.isin(np.arange(1, 41), history)
    weight = np.where(chosen, 3.0, 1.0)
    gradient = items.T @ (weight * (items @ user_vector - chosen)) + 1.0 * user_vector
    assert np.abs(gradient).max() < 1e-4


def test_a_user_of_bpr_is_the_scaled_mean_of_the_items() -> None:
    items = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32)
    model = BPRItemMean(items, np.array([0, 0.5, 0, 0], dtype=np.float32), scale=2.0)
    scores = model.scores([np.array([1, 2, 2]), np.zeros(0, dtype=np.int32)])
    user_vector = np.array([1.0, 1.0])  # 2 · mean of (1, 0) and (0, 1)
    assert np.allclose(scores[0, 1:], items[1:] @ user_vector + [0.5, 0, 0])
    assert np.allclose(scores[1, 1:], [0.5, 0, 0])


def test_the_mlp_scores_as_its_formula_says(planted: Dataset) -> None:
    model, history = MeanItemMLP.fit(planted, size=5, hidden=7, epochs=1), planted.history(2)
    w = model.weights
    user_vector = w["users"][np.unique(history)].mean(axis=0)
    joined = np.concatenate([w["hidden_users"], w["hidden_items"]])  # the dense layer over the concatenation
    for item in (1, 17, 40):
        hidden = np.maximum(np.concatenate([user_vector, w["items"][item]]) @ joined + w["hidden_bias"], 0)
        assert np.isclose(model.scores([history])[0, item], hidden @ w["out"] + w["out_bias"][0], atol=1e-5)


def test_the_mlp_learns_to_tell_interactions_from_other_items() -> None:
    dataset = checkerboard()
    short, long = MeanItemMLP.fit(dataset, epochs=1), MeanItemMLP.fit(dataset, epochs=30)
    chosen = dataset.matrix().toarray()[:, 1:] > 0

    def cross_entropy(model: MeanItemMLP) -> float:
        logits = model.scores(dataset.histories())[:, 1:].astype(np.float64)
        signed = np.where(chosen, logits, -logits)
        return float(np.log1p(np.exp(-signed))[chosen].mean())

    assert cross_entropy(long) < 0.6 < cross_entropy(short)
