"""Nearest neighbours: by hand, equal to scikit-learn, and the recall of the approximate search."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.embeddings import neighbours as module
from recsys.embeddings.neighbours import all_neighbours, nearest
from recsys.errors import InputError


def clouds(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 2, (12, 16))
    return (centres[np.arange(n) % 12] + rng.normal(0, 0.5, (n, 16))).astype(np.float32)


def test_nearest_by_hand() -> None:
    vectors = np.array([[1, 0], [2, 0.1], [0, 1], [-1, 0], [0, 0]], dtype=np.float32)
    rows, similarity = nearest(vectors, 0, 3)
    assert rows.tolist() == [1, 2, 4]  # same direction, orthogonal, zero; the opposite is last
    assert similarity == pytest.approx([2 / np.hypot(2, 0.1), 0, 0], abs=1e-6)
    rows, similarity = nearest(vectors, np.array([0.0, 3.0]), 1)
    assert (rows.tolist(), similarity.tolist()) == ([2], [1.0])


def test_nearest_are_the_first_of_a_stable_sort_with_ties_and_with_known_lengths() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.integers(-1, 2, (300, 3)).astype(np.float32)  # many equal directions, and zero vectors
    lengths = np.linalg.norm(vectors, axis=1)
    for query in (7, 200, vectors[12] + 0.5, np.zeros(3, np.float32)):
        rows, similarity = nearest(vectors, query, 300)
        for k in (1, 10, 299):
            found = nearest(vectors, query, k, lengths)
            np.testing.assert_array_equal(found[0], rows[:k])
            np.testing.assert_array_equal(found[1], similarity[:k])


@pytest.mark.parametrize(("query", "k"), [(9, 3), (-1, 3), (0, 0), (np.zeros(3), 2)])
def test_nearest_refuses_invalid_arguments(query: object, k: int) -> None:
    with pytest.raises(InputError):
        nearest(np.ones((4, 2), dtype=np.float32), query, k)  # type: ignore[arg-type]


@given(st.integers(5, 60), st.integers(0, 1000))
@settings(max_examples=25)
def test_exact_neighbours_equal_sklearns(n: int, seed: int) -> None:
    from sklearn.neighbors import NearestNeighbors

    vectors = np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
    found, distances = all_neighbours(vectors, 4)
    theirs, _ = NearestNeighbors(n_neighbors=4).fit(vectors).kneighbors(vectors)
    np.testing.assert_allclose(distances, theirs, atol=1e-4)
    assert found[:, 0].tolist() == list(range(n))


def test_equal_rows_are_at_distance_zero_and_each_row_is_its_own_first_neighbour() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32) * 1000, 4, axis=0)
    found, distances = all_neighbours(vectors, 4)
    assert (distances == 0).all()
    assert (found[:, 0] == np.arange(12)).all()
    assert (found // 4 == np.arange(12)[:, None] // 4).all()


def test_approximate_search_finds_nearly_all_and_the_same_at_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clouds(3000)
    exact, _ = all_neighbours(vectors, 10)
    monkeypatch.setattr(module, "EXACT_UP_TO", 100)
    approximate, distances = all_neighbours(vectors, 10)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, approximate, strict=True)])
    assert recall > 0.95
    assert (np.diff(distances, axis=1) >= 0).all()
    assert (approximate[:, 0] == np.arange(3000)).all()
    assert all(len(set(row)) == 10 for row in approximate.tolist())
    np.testing.assert_array_equal(approximate, all_neighbours(vectors, 10)[0])


def test_approximate_search_works_on_equal_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXACT_UP_TO", 100)
    found, distances = all_neighbours(np.ones((500, 5), dtype=np.float32), 8)
    assert (distances == 0).all()
    assert (found[:, 0] == np.arange(500)).all()


@pytest.mark.parametrize(("rows", "exact_up_to"), [(1500, 16_000), (3000, 100)])
def test_the_answer_does_not_depend_on_the_number_of_processors(
    rows: int, exact_up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.round(clouds(rows), 1)  # many equal distances
    vectors[:1000] = vectors[:100].repeat(10, axis=0)
    monkeypatch.setattr(module, "EXACT_UP_TO", exact_up_to)
    answers = []
    for processors in (1, 4):
        monkeypatch.setattr(os, "cpu_count", lambda processors=processors: processors)
        answers.append(all_neighbours(vectors, 8)[0])
    np.testing.assert_array_equal(answers[0], answers[1])
