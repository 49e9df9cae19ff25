"""Clusters: planted groups are found, any number may be requested, threads do not change the centres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from recsys.embeddings import cluster
from recsys.embeddings import clusters as clusters_module
from recsys.embeddings.clusters import fit_k_means
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
    assert len(pairs) == 6  # each planted group is one cluster
    assert clusters.silhouette > 0.6
    assert (np.diff(clusters.sizes) <= 0).all()
    assert clusters.members(0).tolist() == np.flatnonzero(clusters.labels == 0).tolist()


def test_where_finer_groups_are_separated_as_well_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {4: 0.17, 5: 0.20, 6: 0.18, 7: 0.191, 8: 0.15}
    monkeypatch.setattr(clusters_module, "_silhouette", lambda rows, labels, seed: values.get(len(set(labels)), 0.1))
    found = cluster(np.random.default_rng(0).normal(size=(200, 8)))
    assert (len(found), found.silhouette) == (7, 0.191)  # within 5% of 0.20


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 100))
@settings(max_examples=40)
def test_any_number_of_groups_can_be_requested(rows: int, n: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).integers(-1, 2, (rows, 3))  # many equal rows, some zero
    clusters = cluster(vectors, n)
    assert 1 <= len(clusters) <= n
    assert clusters.sizes.sum() == rows and (clusters.sizes > 0).all()
    assert sorted(set(clusters.labels.tolist())) == list(range(len(clusters)))


def test_only_the_direction_of_rows_matters() -> None:
    vectors, _ = planted_groups(100)
    np.testing.assert_array_equal(cluster(vectors, 5).labels, cluster(vectors * 7, 5).labels)


def test_centres_are_the_means_of_their_rows() -> None:
    rows = np.array([[0.0], [1.0], [10.0], [11.0], [11.0]], dtype=np.float32)
    model = fit_k_means(rows, 2, seed=0, sample=100)
    np.testing.assert_allclose(np.sort(model.cluster_centers_, axis=0), [[0.5], [32 / 3]], rtol=1e-6)
    assert len(fit_k_means(rows, 9, seed=0, sample=100).cluster_centers_) == 4  # as many as there are distinct rows
    assert len(fit_k_means(rows, 9, seed=0, sample=2).cluster_centers_) <= 2


def test_centres_do_not_depend_on_the_number_of_threads() -> None:
    vectors = planted_groups(3000)[0].astype(np.float32)
    answers = []
    for threads in (1, 4):
        with threadpool_limits(threads, "openmp"):
            answers.append(fit_k_means(vectors, 20, seed=1, sample=2000).cluster_centers_)
    np.testing.assert_array_equal(answers[0], answers[1])


def test_silhouette_of_one_group_is_zero() -> None:
    assert cluster(np.ones((5, 2))).silhouette == 0.0


@pytest.mark.parametrize(("vectors", "n"), [(np.empty((0, 2)), 2), (np.ones((4, 2)), 0), (np.array([[np.nan]]), 1)])
def test_invalid_arguments_are_refused(vectors: np.ndarray, n: int) -> None:
    with pytest.raises(InputError):
        cluster(vectors, n)


def test_the_silhouette_of_every_number_that_was_compared_is_kept() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(6)[np.arange(300) % 6]
    found = cluster(centres + rng.normal(0, 0.05, centres.shape))
    assert [number for number, _ in found.compared] == list(range(4, 17))
    assert len(found) == 6 and dict(found.compared)[6] == found.silhouette == max(value for _, value in found.compared)
    assert cluster(centres, 3).compared[0][0] == 3
