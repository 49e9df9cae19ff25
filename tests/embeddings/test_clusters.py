"""Groups: planted ones are found, however many are asked for, and they are named by what they choose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.embeddings import cluster
from recsys.embeddings.k_means import assign, centres_of, k_means
from recsys.errors import InputError


def planted_groups(n: int = 400, groups: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, groups, n)
    centres = np.linalg.qr(rng.normal(size=(16, 16)))[0][:groups]
    return (3 * centres[labels] + rng.normal(0, 0.15, (n, 16))) * rng.uniform(0.5, 4, (n, 1)), labels


def test_planted_groups_are_found_and_so_is_their_number() -> None:
    vectors, planted = planted_groups()
    clusters = cluster(vectors)
    assert len(clusters) == 6
    pairs = set(zip(planted.tolist(), clusters.labels.tolist(), strict=True))
    assert len(pairs) == 6  # each planted group is one found group
    assert clusters.separation > 0.6
    assert (np.diff(clusters.sizes) <= 0).all()
    assert clusters.members(0).tolist() == np.flatnonzero(clusters.labels == 0).tolist()


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_any_number_can_be_asked_for(rows: int, n: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).integers(-1, 2, (rows, 3))  # many equal rows, some zero
    clusters = cluster(vectors, n)
    assert 1 <= len(clusters) <= n
    assert clusters.sizes.sum() == rows and (clusters.sizes > 0).all()
    assert sorted(set(clusters.labels.tolist())) == list(range(len(clusters)))


def test_length_does_not_matter_only_direction() -> None:
    vectors, _ = planted_groups(100)
    np.testing.assert_array_equal(cluster(vectors, 5).labels, cluster(vectors * 7, 5).labels)


def test_k_means_by_hand() -> None:
    rows = np.array([[0.0], [1.0], [10.0], [11.0]], dtype=np.float32)
    centres = np.sort(k_means(rows, 2, spread=True), axis=0)
    np.testing.assert_allclose(centres, [[0.5], [10.5]])
    assert assign(rows, centres).tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(centres_of(rows, np.array([0, 0, 2, 2])), [[0.5], [10.5]])  # group 1 has nobody


@pytest.mark.parametrize(("vectors", "n"), [(np.empty((0, 2)), 2), (np.ones((4, 2)), 0), (np.array([[np.nan]]), 1)])
def test_what_cannot_be_grouped_is_refused(vectors: np.ndarray, n: int) -> None:
    with pytest.raises(InputError):
        cluster(vectors, n)
