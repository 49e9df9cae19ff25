"""Projections: equal to umap-learn where they must agree, the same for the same seed, PCA for a few rows."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsys.embeddings import align, pca, project
from recsys.embeddings.neighbours import all_neighbours
from recsys.embeddings.umap_graph import fuzzy_graph
from recsys.embeddings.umap_layout import fit_curve, optimize_layout
from recsys.errors import InputError

# umap-learn says at its first import that an extra of its own is not installed
TENSORFLOW = pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning")


def clouds(n: int = 300, groups: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % groups
    return (rng.normal(0, 4, (groups, 12))[labels] + rng.normal(0, 0.6, (n, 12))).astype(np.float32), labels


@TENSORFLOW
def test_the_graph_is_umap_learns() -> None:
    from umap.umap_ import fuzzy_simplicial_set

    vectors, _ = clouds(200)
    vectors[:3] = vectors[3]  # a few equal rows
    found, distances = all_neighbours(vectors, 12)
    ours = fuzzy_graph(found, distances)
    theirs, *_ = fuzzy_simplicial_set(
        vectors, 12, np.random.RandomState(0), "euclidean", knn_indices=found, knn_dists=distances
    )
    assert abs(ours - theirs).max() < 1e-4
    assert abs(ours - ours.T).max() < 1e-6


@TENSORFLOW
def test_the_curve_is_umap_learns() -> None:
    from umap.umap_ import find_ab_params

    for distance in (0.0, 0.1, 0.5, 0.99):
        assert fit_curve(distance) == pytest.approx(find_ab_params(1.0, distance), rel=1e-3)


def test_planted_groups_stay_apart_and_neighbours_stay_neighbours() -> None:
    vectors, labels = clouds()
    projection = project(vectors, seed=3)
    assert projection.method == "umap" and projection.points.shape == (300, 2)
    assert not projection.points.flags.writeable
    gaps = np.linalg.norm(projection.points[:, None] - projection.points[None], axis=2)
    nearest = np.argsort(gaps, axis=1)[:, 1:11]
    assert (labels[nearest] == labels[:, None]).mean() > 0.99
    assert projection.quality is not None and projection.quality.trustworthiness > 0.9


@TENSORFLOW
def test_a_projection_is_as_trustworthy_as_umap_learns() -> None:
    from sklearn.manifold import trustworthiness

    vectors, _ = clouds(260, groups=6, seed=5)
    ours = trustworthiness(vectors, project(vectors, quality=False).points, n_neighbors=15)
    theirs = trustworthiness(vectors, project(vectors, method="umap-learn", quality=False).points, n_neighbors=15)
    assert ours > theirs - 0.02


@pytest.mark.parametrize("dims", [2, 3])
def test_the_same_seed_gives_the_same_layout_on_any_number_of_threads(
    dims: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, _ = clouds(2500)  # more than one chunk
    graph = fuzzy_graph(*all_neighbours(vectors, 8))
    projections = []
    for cpus in (1, 4, 4):
        monkeypatch.setattr(os, "cpu_count", lambda cpus=cpus: cpus)
        projections.append(optimize_layout(graph, pca(vectors, dims), min_distance=0.1, epochs=10, seed=7))
    np.testing.assert_array_equal(projections[0], projections[1])
    np.testing.assert_array_equal(projections[1], projections[2])
    other = optimize_layout(graph, pca(vectors, dims), min_distance=0.1, epochs=10, seed=8)
    assert not np.array_equal(projections[0], other)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("dims", [2, 3])
def test_a_few_rows_are_projected_by_pca_with_a_note(n: int, dims: int) -> None:
    projection = project(np.random.default_rng(0).normal(size=(n, 8)), dims=dims)
    assert projection.method == "pca"
    assert "PCA instead of UMAP" in projection.note
    assert projection.points.shape == (n, dims) and np.isfinite(projection.points).all()
    assert projection.quality is None


@pytest.mark.parametrize("vectors", [np.zeros((30, 4)), np.repeat(np.eye(4), 20, axis=0), np.ones((12, 1))])
def test_equal_rows_have_finite_points(vectors: np.ndarray) -> None:
    assert np.isfinite(project(vectors, dims=3).points).all()


def test_pca_finds_the_principal_components_with_fixed_signs() -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(100, 2)) * [5, 2]
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    points = pca(plane @ turn[:2])
    assert np.abs(np.linalg.svd(points - points.mean(0))[1] - np.linalg.svd(plane - plane.mean(0))[1]).max() < 1e-3
    np.testing.assert_array_equal(points, pca(plane @ turn[:2]))
    assert pca(np.ones((3, 1)), 3).shape == (3, 3)


@given(st.floats(0, 6.3), st.booleans(), st.integers(0, 50))
@settings(max_examples=30)
def test_align_undoes_a_rotation_a_reflection_and_a_shift(angle: float, mirrored: bool, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(40, 2)).astype(np.float32)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn[:, 0] *= -1
    np.testing.assert_allclose(align(points @ turn + [3, -7], points), points, atol=1e-4)


def test_a_new_projection_is_aligned_with_an_earlier_one() -> None:
    vectors, _ = clouds(200)
    first = project(vectors, quality=False).points
    reference = first @ np.array([[0, 1], [-1, 0]]) + 5.0
    again = project(vectors, align_to=reference, quality=False).points
    np.testing.assert_allclose(again, reference, atol=0.01)
    with pytest.raises(InputError, match="shape"):
        align(first, reference[:, :1])


def test_progress_names_its_stages_grows_and_can_stop_the_work() -> None:
    vectors, _ = clouds(100)
    reports: list[tuple[float, str]] = []
    project(vectors, progress=lambda fraction, stage: reports.append((fraction, stage)))
    fractions, stages = zip(*reports, strict=True)
    assert list(fractions) == sorted(fractions) and fractions[-1] == 1.0
    assert len(set(stages)) >= 4

    def stop(fraction: float, stage: str) -> None:
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project(vectors, progress=stop)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"dims": 4}, "2 or 3"),
        ({"neighbours": 1}, "between 2 and 200"),
        ({"min_distance": 1.5}, "between 0 and 0.99"),
        ({"method": "tsne"}, "umap, pca or umap-learn"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        project(np.ones((20, 3)), **changes)  # type: ignore[arg-type]


def test_vectors_that_cannot_be_projected_are_refused() -> None:
    for vectors in (np.empty((0, 3)), np.ones(4), np.array([[1.0, np.inf]])):
        with pytest.raises(InputError):
            project(vectors)


def test_a_graph_without_edges_is_laid_out() -> None:
    empty = csr_matrix((10, 10), dtype=np.float32)
    assert np.isfinite(optimize_layout(empty, np.zeros((10, 2)), min_distance=0.1, epochs=3, seed=0)).all()
